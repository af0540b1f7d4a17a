"""Batch sizes at equal epochs: the data, the schedule, and the comparison."""

import math
from functools import partial

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from trainability.comparisons import Tuning, split_digits, tune_at_batch
from trainability.comparisons.batch_size import warm_up_and_decay
from trainability.training import random_start

DIGITS = split_digits()


def test_the_three_parts_hold_every_digit_once():
    images, classes = load_digits(return_X_y=True)
    labels = torch.cat([part.labels for part in DIGITS])
    assert torch.bincount(labels).tolist() == torch.bincount(torch.tensor(classes)).tolist()
    rows = {tuple(row) for part in DIGITS for row in part.inputs.tolist()}
    assert len(rows) == len({tuple(row) for row in images.tolist()})
    train = DIGITS.train.inputs
    assert train.mean(0).abs().max() < 1e-5 and train.square().mean().item() == pytest.approx(1)


def test_a_schedule_rises_to_the_rate_and_falls_to_nothing():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    schedule, rates = warm_up_and_decay(optimizer, 100, warm_up=0.2), []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[:20] == pytest.approx([0.1 * k for k in range(1, 21)])
    assert rates[60] == pytest.approx(2 * (1 - 40 / 80) ** 2)
    assert max(rates) == rates[19] == 2.0 and 0 < rates[-1] < 0.001
    with pytest.raises(ValueError, match="warm_up"):
        warm_up_and_decay(optimizer, 10, warm_up=1.5)


def test_the_comparison_trains_each_network_as_torch_would_alone():
    sgd = partial(torch.optim.SGD, momentum=0.9)
    found = tune_at_batch(DIGITS, {"SGD": (sgd, (0.05, 0.2))}, batch=256, epochs=2, draws=2)["SGD"]
    for column, rate in ((0, 0.05), (1, 0.2)):
        weights = random_start([64, 64, 10], 2.0, torch.Generator().manual_seed(1))
        model = nn.Sequential(
            nn.Linear(64, 64, bias=False), nn.ReLU(), nn.Linear(64, 10, bias=False)
        )
        model[0].weight.data, model[2].weight.data = weights
        optimizer = sgd(model.parameters(), lr=rate)
        schedule = warm_up_and_decay(optimizer, 8)
        generator = torch.Generator().manual_seed(0)
        for _ in range(2):
            for chosen in torch.randperm(1024, generator=generator).split(256):
                optimizer.zero_grad()
                logits = model(DIGITS.train.inputs[chosen])
                nn.functional.cross_entropy(logits, DIGITS.train.labels[chosen]).backward()
                optimizer.step()
                schedule.step()
        right = model(DIGITS.test.inputs).argmax(1) == DIGITS.test.labels
        assert found.test[column, 1].item() == pytest.approx(right.double().mean().item(), abs=0.01)


def test_tuned_with_the_same_care_no_optimizer_wins_by_much_at_a_large_batch():
    from trainability.optim import LARS

    tuned = {
        "SGD": (partial(torch.optim.SGD, momentum=0.9, nesterov=True), (0.25, 0.5, 1.0, 2.0)),
        "Adam": (torch.optim.Adam, (0.01, 0.02, 0.04, 0.08)),
        "LARS": (partial(LARS, lr=1.0), (32.0, 64.0, 128.0, 256.0)),
    }
    found = tune_at_batch(DIGITS, tuned, batch=512, epochs=5, draws=3)
    best = {name: tuning.test[tuning.best].mean().item() for name, tuning in found.items()}
    assert min(best.values()) > 0.85 and max(best.values()) - min(best.values()) < 0.05


def test_what_overflows_counts_as_a_guess():
    sgd = partial(torch.optim.SGD, momentum=0.9)
    found = tune_at_batch(DIGITS, {"SGD": (sgd, (1e30,))}, batch=512, epochs=2, draws=1)["SGD"]
    assert found.test.item() == pytest.approx(0.1)


def test_a_batch_of_more_than_there_is_is_refused():
    with pytest.raises(ValueError, match="batch=2000 is more than the 1024"):
        tune_at_batch(DIGITS, {}, batch=2000, epochs=1)


def test_the_accuracy_that_counts_is_that_of_the_rate_chosen_on_other_digits():
    tune = torch.tensor([[0.9, 0.9], [0.2, 0.2], [0.1, 0.1]])
    test = torch.tensor([[0.25, 0.75], [1.0, 1.0], [0.5, 0.5]])
    tuning = Tuning((0.1, 0.2, 0.4), tune, test)
    assert tuning.accuracy == tuning.accuracy_at(0.1) == 0.5
    assert tuning.accuracy_at(2 * 0.1) == 1.0
    assert math.isnan(tuning.accuracy_at(0.3))
