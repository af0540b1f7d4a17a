"""Faults that a student meets are named, with a remedy that the trial confirms."""

import math

import pytest
import torch
from samples import classifier, points, seeded
from torch import nn

from trainability import diagnose
from trainability.diagnostics import KINDS


@pytest.fixture(autouse=True)
def drawn_from_a_seed():
    with seeded():
        yield


@pytest.fixture
def batch():
    return points()


@pytest.fixture
def network():
    return classifier()


def confirmed(report, kind, severity="severe"):
    """Return the first finding, which must be of this kind and helped by its remedy."""
    found = report.findings[0]
    assert (found.kind, found.severity) == (kind, severity)
    assert found.trial is not None and found.trial.after < found.trial.before
    return found


def test_the_constant_start_of_lesson_1(batch):
    model = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 4))
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.1)
    found = confirmed(diagnose(model, *batch), "duplicate_units")
    assert found.where == ("0",) and found.measured == 32


def test_fifty_default_layers(batch):
    layers = [layer for _ in range(49) for layer in (nn.Linear(32, 32), nn.ReLU())]
    model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), *layers, nn.Linear(32, 4))
    report = diagnose(model, *batch)
    confirmed(report, "inputs_indistinguishable")
    # What follows from it is said, and is not counted as a fault of its own.
    assert {f.kind: f.severity for f in report.findings[1:]} == {"vanishing_gradient": "remark"}
    assert "follows from" in report.findings[1].sentence


def test_softmax_before_cross_entropy(network, batch):
    model = nn.Sequential(*network, nn.Softmax(dim=1))
    assert confirmed(diagnose(model, *batch), "double_softmax", "warning").where == ("5",)


@pytest.mark.parametrize("optimizer", [None, torch.optim.Adam, torch.optim.SGD])
def test_raw_pixels(network, batch, optimizer):
    pixels = (batch[0].sigmoid() * 255).round()
    own = optimizer and optimizer(network.parameters(), lr=1e-3)
    report = diagnose(network, pixels, batch[1], optimizer=own)
    assert report.findings[0].kind == "unscaled_inputs" and report.findings[0].where == ("0",)
    expected = pixels.square().mean().sqrt().item()
    assert report.findings[0].measured == pytest.approx(expected, rel=1e-5)


def test_a_rate_a_thousand_times_too_high_and_too_low(network, batch):
    for rate, kind in ((1.0, "rate_too_high"), (1e-8, "rate_too_low")):
        optimizer = torch.optim.Adam(network.parameters(), lr=rate)
        confirmed(diagnose(network, *batch, optimizer=optimizer), kind)


def test_an_encoder_left_out_of_the_optimizer(network, batch):
    optimizer = torch.optim.Adam(network[4].parameters(), lr=1e-3)
    found = confirmed(diagnose(network, *batch, optimizer=optimizer), "not_optimized")
    assert found.where == ("0", "2")
    left_out = sum(p.numel() for p in network[:4].parameters())
    assert found.measured == left_out / sum(p.numel() for p in network.parameters())


def test_a_frozen_encoder_is_a_remark(network, batch):
    network[:4].requires_grad_(False)
    optimizer = torch.optim.Adam(network[4].parameters(), lr=1e-3)
    report = diagnose(network, *batch, optimizer=optimizer)
    found = [(f.kind, f.severity, f.where) for f in report.findings]
    assert found == [("frozen_parameters", "remark", ("0", "2"))]


def test_float16_with_adam_s_default_eps(network, batch):
    network.half()
    optimizer = torch.optim.Adam(network.parameters())
    found = confirmed(
        diagnose(network, batch[0].half(), batch[1], optimizer=optimizer), "underflow"
    )
    assert found.trial.before == math.inf


def test_zeros_everywhere(network, batch):
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    kinds = {f.kind for f in diagnose(network, *batch).findings if f.severity != "remark"}
    assert kinds == {"duplicate_units", "vanishing_gradient"}


def test_a_layer_that_forward_does_not_call(network, batch):
    class Host(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.forgotten = network, nn.Linear(4, 4)

        def forward(self, x):
            return self.used(x)

    (found,) = diagnose(Host(), *batch).findings
    assert (found.kind, found.where) == ("unused_parameters", ("forgotten",))


def test_a_loss_without_a_path_to_any_parameter_is_severe(network, batch):
    def loss(output, targets):
        return nn.functional.cross_entropy(output.detach(), targets)

    found = diagnose(network, *batch, loss=loss).findings[0]
    assert (found.kind, found.severity) == ("unused_parameters", "severe")


def test_batch_normalization_of_one_example_is_named_where_torch_raises(batch):
    model = nn.Sequential(nn.Linear(10, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 4))
    found = diagnose(model, batch[0][:1], batch[1][:1]).findings[0]
    assert (found.kind, found.severity, found.where) == ("normalization_of_one", "severe", ("1",))


@pytest.mark.parametrize("where", ["inputs", "weights"])
def test_what_is_not_finite_is_named_where_it_begins(network, batch, where):
    if where == "inputs":
        batch[0][0, 0] = math.nan
    else:
        with torch.no_grad():
            network[2].weight[0, 0] = math.inf
    found = diagnose(network, *batch).findings[0]
    assert (found.kind, found.severity) == ("nonfinite", "severe")
    assert found.where == (() if where == "inputs" else ("2",))


def test_without_targets_what_needs_none_is_judged(network, batch):
    report = diagnose(network, batch[0] * 1000)
    assert [f.kind for f in report.findings] == ["unscaled_inputs"]
    assert report.findings[0].trial is None
    assert "targets" in " ".join(report.cannot_say)


def test_findings_are_ranked_and_of_known_kinds(network, batch):
    model = nn.Sequential(*network, nn.Sigmoid())
    report = diagnose(model, batch[0] * 300, batch[1])
    ranks = [("severe", "warning", "remark").index(f.severity) for f in report.findings]
    assert len(ranks) >= 2 and ranks == sorted(ranks)
    assert {f.kind for f in report.findings} <= set(KINDS)
    modules = dict(model.named_modules())
    assert all(name in modules for f in report.findings for name in f.where)
