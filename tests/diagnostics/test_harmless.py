"""A diagnosis leaves everything as it was, bit by bit, also when the model raises."""

import copy
import random

import numpy as np
import pytest
import torch
from samples import classifier, points, seeded
from torch import nn

from trainability import diagnose


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


class Delicate(nn.Module):
    """Has much that a diagnosis could spoil, and raises where it is told to."""

    def __init__(self, raises: bool) -> None:
        super().__init__()
        self.first, self.norm = nn.Linear(10, 16), nn.BatchNorm1d(16)
        self.spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(16, 16))
        self.drop, self.last = nn.Dropout(0.5), nn.Linear(16, 4)
        self.raises, self.calls = raises, 0

    def forward(self, x):
        self.calls += 1
        random.random()
        np.random.rand()  # noqa: NPY002
        x = self.drop(torch.relu_(self.norm(self.first(x.add_(0)))))
        if self.raises:
            raise RuntimeError("the model's own error")
        return self.last(self.spectral(x) + torch.randn_like(x))


def everything(model, optimizer, inputs, targets):
    """All that a caller could find changed, as values that compare exactly."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return {
        "tensors": {name: (id(t), t._version, t.detach().clone()) for name, t in tensors},
        "gradients": {
            name: None if p.grad is None else (id(p.grad), p.grad.clone())
            for name, p in model.named_parameters()
        },
        "wanted": {name: p.requires_grad for name, p in model.named_parameters()},
        "modes": {name: module.training for name, module in model.named_modules()},
        "hooks": {
            name: (list(module._forward_hooks), list(module._forward_pre_hooks))
            for name, module in model.named_modules()
        },
        "attributes": (model.calls, sorted(vars(model))),
        "optimizer": copy.deepcopy(optimizer.state_dict()),
        "data": (inputs.clone(), inputs._version, targets.clone(), targets._version),
        "random": random.getstate(),
        "numpy": repr(np.random.get_state()),  # noqa: NPY002
        "torch": torch.get_rng_state(),
        "switches": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
    }


def same(first, second) -> bool:
    """Whether nested values agree, bit by bit, nan included."""
    if isinstance(first, torch.Tensor):
        return first.dtype == second.dtype and first.numpy().tobytes() == second.numpy().tobytes()
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


def prepared(raises: bool):
    """A model after one step, with gradients, a frozen layer and mixed modes."""
    model = Delicate(False)
    model.first.weight.requires_grad_(False)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    inputs, targets = torch.randn(16, 10), torch.arange(16) % 4
    nn.functional.cross_entropy(model(inputs.clone()), targets).backward()
    optimizer.step()
    model.norm.eval()
    model.raises = raises
    return model, optimizer, inputs, targets


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("raises", [False, True])
def test_nothing_is_changed(raises, training):
    model, optimizer, inputs, targets = prepared(raises)
    if not training:
        model.eval()
    before = everything(model, optimizer, inputs, targets)
    if raises:
        with pytest.raises(RuntimeError, match="the model's own error"):
            diagnose(model, inputs, targets, optimizer=optimizer)
    else:
        diagnose(model, inputs, targets, optimizer=optimizer)
    after = everything(model, optimizer, inputs, targets)
    assert [name for name in before if not same(before[name], after[name])] == []


def test_the_comparison_can_fail():
    model, optimizer, inputs, targets = prepared(raises=False)
    before = everything(model, optimizer, inputs, targets)
    model(inputs.clone())
    after = everything(model, optimizer, inputs, targets)
    changed = {name for name in before if not same(before[name], after[name])}
    assert {"attributes", "random", "numpy", "torch", "tensors"} <= changed


def test_trials_with_severe_findings_change_nothing_either():
    model = nn.Sequential(nn.Linear(10, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 4))
    model.calls = 0
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.1)
    optimizer = torch.optim.SGD(model.parameters(), lr=100.0, momentum=0.9)
    inputs, targets = 200 * torch.randn(16, 10), torch.arange(16) % 4
    before = everything(model, optimizer, inputs, targets)
    report = diagnose(model, inputs, targets, optimizer=optimizer)
    assert any(finding.trial for finding in report.findings)
    after = everything(model, optimizer, inputs, targets)
    assert [name for name in before if not same(before[name], after[name])] == []


def test_only_the_generator_that_was_passed_is_drawn_from(network, batch):
    generator = torch.Generator().manual_seed(3)
    untouched = generator.get_state()
    first = diagnose(network, *batch, generator=generator)
    assert not torch.equal(generator.get_state(), untouched)
    generator.manual_seed(3)
    assert diagnose(network, *batch, generator=generator) == first


def test_it_works_under_no_grad_and_inference_mode(network, batch):
    expected = diagnose(network, *batch)
    with torch.no_grad():
        assert diagnose(network, *batch) == expected


def test_a_schedule_goes_on_as_before(network, batch):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 10))
    diagnose(network, *batch, optimizer=optimizer)
    optimizer.step()
    schedule.step()
    assert schedule.get_last_lr() == [pytest.approx(0.01)]
