"""Stacks of two-layer networks against torch's own modules, one at a time."""

import re

import pytest
import torch
from torch import nn

from trainability.training import outputs, train_two_layer

OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.2),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.02),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.1),
}


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


X, Y = normal(12, 3), normal(12, 2, seed=1).sign()
START = normal(4, 5, 3, seed=2), normal(4, 2, 5, seed=3), normal(4, 2, seed=4)


def module(run: int, nonlinearity: nn.Module) -> nn.Sequential:
    network = nn.Sequential(
        nn.Linear(3, 5, bias=False), nonlinearity, nn.Linear(5, 2), nn.Identity()
    ).double()
    for parameter, start in zip(network.parameters(), (part[run] for part in START), strict=True):
        parameter.data = start.clone()
    return network


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", ["logistic", "squared"])
@pytest.mark.parametrize(
    ("name", "layer"), [("tanh", nn.Tanh()), ("relu", nn.ReLU()), ("sigmoid", nn.Sigmoid())]
)
def test_a_stack_learns_what_torchs_modules_learn_one_by_one(optimizer, loss, name, layer):
    make = OPTIMIZERS[optimizer]
    options = {"nonlinearity": name, "loss": loss, "optimizer": make, "generator": seeded()}
    course = train_two_layer(X, Y, *START, steps=30, record=[0, 30], **options)
    for run in range(4):
        network = module(run, layer)
        stepping = make(network.parameters())

        def mean_loss(network=network):
            f = network(X)
            value = nn.functional.softplus(-Y * f) if loss == "logistic" else (f - Y) ** 2 / 2
            return value.sum(dim=1).mean()

        for _ in range(30):
            stepping.zero_grad()
            mean_loss().backward()
            stepping.step()
        expected = [parameter.detach() for parameter in network.parameters()]
        found = course.w_in[run, -1], course.w_out[run, -1], course.bias[run, -1]
        for mine, theirs in zip(found, expected, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-9)
        assert course.loss[run, -1].item() == pytest.approx(mean_loss().item(), rel=1e-9)


def test_the_start_is_left_as_it_was_and_is_recorded():
    before = [part.clone() for part in START]
    course = train_two_layer(
        X, Y, *START, optimizer=OPTIMIZERS["SGD"], steps=3, record=[0, 1, 3], generator=seeded()
    )
    for part, kept, name in zip(START, before, ("w_in", "w_out", "bias"), strict=True):
        assert torch.equal(part, kept)
        assert torch.equal(getattr(course, name)[:, 0], kept)
    assert course.units.shape == (4, 3, 5, 5)


def test_outputs_of_a_stack_are_those_of_each_network():
    together = outputs(X, *START, nonlinearity="relu")
    for run in range(4):
        torch.testing.assert_close(together[run], module(run, nn.ReLU())(X).detach())


def test_dropout_masks_have_the_rate_and_the_sharing_that_they_are_asked_for():
    # Linear units that read 1 and a squared loss: the update of v shows the mask.
    ones, runs, units = torch.ones(6, 1).double(), 300, 8
    start = torch.ones(runs, units, 1).double(), torch.zeros(runs, 1, units).double()
    targets = torch.arange(6.0).double()[:, None]
    found = {}
    for kind in ("none", "shared mask", "per example"):
        course = train_two_layer(
            ones,
            targets,
            *start,
            nonlinearity="linear",
            loss="squared",
            optimizer=lambda p: torch.optim.SGD(p, lr=1.0),
            dropout=kind,
            keep_prob=0.8,
            steps=1,
            generator=seeded(),
        )
        found[kind] = course.w_out[:, -1, 0]  # the mean of mask times target over examples
    mean = targets.mean()
    assert torch.allclose(found["none"], mean)
    kept = found["shared mask"] > 0
    torch.testing.assert_close(found["shared mask"], kept * mean / 0.8)
    assert abs(kept.double().mean() - 0.8) < 4 * (0.8 * 0.2 / (runs * units)) ** 0.5
    each = found["per example"]
    error = (targets.square().sum() / 36 * 0.2 / 0.8 / (runs * units)).sqrt()
    assert abs(each.mean() - mean) < 4 * error
    assert each.round(decimals=6).unique().numel() >= 14  # sums of some of 1 to 5, not two values


def test_each_network_of_a_stack_keeps_its_own_kind_of_dropout():
    course = train_two_layer(
        X,
        Y,
        *START,
        optimizer=OPTIMIZERS["SGD"],
        dropout=["none", "shared mask", "none", "per example"],
        steps=5,
        generator=seeded(),
    )
    plain = train_two_layer(X, Y, *START, optimizer=OPTIMIZERS["SGD"], steps=5, generator=seeded())
    same = [torch.allclose(a, b) for a, b in zip(course.w_in, plain.w_in, strict=True)]
    assert same == [True, False, True, False]


def test_minibatches_are_drawn_from_the_generator_and_reach_all_networks_alike():
    start = [part[:1].repeat(2, *[1] * (part.ndim - 1)) for part in START]
    options = {"optimizer": OPTIMIZERS["SGD"], "steps": 5}
    course = train_two_layer(X, Y, *start, batch=3, generator=seeded(), **options)
    torch.testing.assert_close(course.w_in[0], course.w_in[1])
    other = train_two_layer(X, Y, *start, batch=3, generator=seeded(1), **options)
    assert not torch.allclose(course.w_in, other.w_in)
    state = torch.random.get_rng_state()
    train_two_layer(X, Y, *start, batch=3, dropout="per example", generator=seeded(), **options)
    assert torch.equal(state, torch.random.get_rng_state())  # the global seed is not touched


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"inputs": X[0]}, ValueError, "inputs has shape (3,); it must be (n, d)"),
        ({"targets": Y[:5]}, ValueError, "these do not fit together"),
        ({"w_in": [1]}, TypeError, "w_in must be a floating tensor"),
        ({"w_out": START[1].mT}, ValueError, "these do not fit together"),
        ({"bias": torch.zeros(3)}, ValueError, "bias has shape (3,); it must be (S, K)"),
        ({"loss": "hinge"}, ValueError, "loss='hinge' is unknown"),
        ({"nonlinearity": "selu"}, ValueError, "nonlinearity='selu' is unknown"),
        ({"dropout": "all"}, ValueError, "dropout='all' is unknown"),
        ({"dropout": ["none"]}, ValueError, "dropout names 1 kinds for 4 networks"),
        ({"keep_prob": 0.0}, ValueError, "keep_prob=0 drops every unit"),
        ({"keep_prob": 2.0}, ValueError, "keep_prob=2.0 must be a probability"),
        ({"batch": 0}, ValueError, "batch=0"),
        ({"steps": -1}, ValueError, "steps=-1"),
        ({"record": [3, 2]}, ValueError, "must increase"),
        ({"record": [9]}, ValueError, "goes beyond steps=2"),
        ({"generator": 0}, TypeError, "generator must be a torch.Generator"),
    ],
)
def test_wrong_arguments_are_named(change, error, message):
    arguments = {"inputs": X, "targets": Y, "w_in": START[0], "w_out": START[1], "steps": 2}
    arguments |= {"optimizer": OPTIMIZERS["SGD"], "generator": seeded()} | change
    with pytest.raises(error, match=re.escape(message)):
        train_two_layer(**arguments)
