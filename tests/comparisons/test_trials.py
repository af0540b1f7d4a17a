"""The stored trials of remedies: read, judged, made by rules that agree with the optimizers."""

import math
import runpy

import numpy as np
import pytest
import torch

from conftest import ROOT
from trainability.comparisons import Trial, judged, read_trials
from trainability.optim import LAMB, LARS

FOLDER = ROOT / "data" / "remedies"
TRIALS = read_trials((FOLDER / "remedies.json").read_text(encoding="utf-8"))
CHANCE = math.log(10)


@pytest.fixture(scope="module")
def rules():
    return runpy.run_path(str(FOLDER / "rules.py"))


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ([0.4, 0.4, 2.3], "heals"),
        ([0.4, 2.3, 2.3], "does not help"),
        ([1.7, 1.7, 1.9], "helps"),
        ([1.85], "does not help"),
        ([math.nan, math.inf, 0.1], "does not help"),
        ([1e9, 0.3, 0.2], "heals"),
    ],
)
def test_a_remedy_is_judged_by_the_median_of_its_draws_against_guessing(ends, verdict):
    assert judged(ends, chance=2.3) == verdict


def test_a_draw_ends_with_its_own_best_rate_and_overflow_is_none():
    loss = [[[2.3, math.nan], [2.3, 0.5]], [[2.3, 0.2], [2.3, 0.9]], [[2.3, math.nan]] * 2]
    trial = Trial((0.1, 1.0), np.array(loss))
    assert trial.ends().tolist() == [0.5, 0.2, math.inf]
    assert trial.best_rates()[:2] == [1.0, 0.1]
    assert trial.ends(0).tolist() == [2.3] * 3


def test_medians_and_judgments_stand_in_the_order_of_failures_and_remedies():
    assert TRIALS.failures[0] == "vanishing" and TRIALS.remedies[0] == "SGD"
    for at in (0, 2, -1):
        medians, verdicts = TRIALS.median_losses(at), TRIALS.judgments(at, chance=CHANCE)
        assert medians.shape == (9, 16)
        assert list(verdicts) == TRIALS.failures
        for failure, row in zip(TRIALS.failures, medians, strict=True):
            assert list(verdicts[failure]) == TRIALS.remedies
            for remedy, middle in zip(TRIALS.remedies, row, strict=True):
                three = sorted(TRIALS.cells[failure][remedy].ends(at))
                assert three[1] == middle
                low = "heals" if middle < 0.5 else "helps" if middle < CHANCE - 0.5 else None
                assert verdicts[failure][remedy] == (low or "does not help")
    assert {v for row in TRIALS.judgments(0, chance=CHANCE).values() for v in row.values()} == {
        "does not help"
    }


def test_no_trials_have_no_remedies():
    empty = read_trials('{"record": {}, "cells": {}}')
    assert empty.failures == empty.remedies == [] and empty.judgments(chance=CHANCE) == {}


def test_the_best_rate_of_each_draw_lies_inside_its_grid_wherever_anything_learns():
    for failure, row in TRIALS.cells.items():
        for remedy, trial in row.items():
            assert list(trial.rates) == sorted(trial.rates)
            best = zip(trial.ends(), trial.best_rates(), strict=True)
            for end, rate in best:
                if end < CHANCE - 0.05:
                    assert trial.rates[0] < rate < trial.rates[-1], (failure, remedy, rate)


def test_every_cell_has_three_draws_and_losses_at_all_counts_of_steps():
    assert len(TRIALS.cells) == 9 and {len(row) for row in TRIALS.cells.values()} == {16}
    for failure, row in TRIALS.cells.items():
        for trial in row.values():
            assert trial.loss.shape == (3, len(trial.rates), len(TRIALS.record[failure]))


@pytest.mark.claims("S0-4")
def test_the_table_holds_what_the_lesson_says_of_layerwise_rates():
    def word(failure, remedy):
        return judged(TRIALS.cells[failure][remedy].ends(), chance=CHANCE)

    for strong in ("exploding", "exploding, strong"):
        assert {word(strong, name) for name in TRIALS.cells[strong]} == {"heals"}
    assert word("vanishing", "LARS") == "heals" != word("vanishing", "LARS, decay")
    assert word("saturated", "LARS, decay") == "heals" != word("saturated", "LARS")
    tied = [word("wrong direction: tied units", name) for name in TRIALS.cells["vanishing"]]
    assert "heals" not in tied


@pytest.mark.parametrize("name", ["sgd", "lars", "adam", "lamb", "muon"])
def test_a_stacked_rule_of_the_script_takes_the_steps_of_the_optimizer(rules, name):
    build = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "lars": lambda p: LARS(p, lr=0.1),
        "adam": lambda p: torch.optim.Adam(p, lr=0.1),
        "lamb": lambda p: LAMB(p, lr=0.1),
        "muon": lambda p: torch.optim.Muon(p, lr=0.1, weight_decay=0.0),
    }[name]
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(2, 10, 6, generator=generator)
    members = [part.clone().requires_grad_() for part in start]
    optimizers, stacked, state = [build([part]) for part in members], start.clone(), {}
    rate = torch.full((2, 1, 1), 0.1)
    for count in range(1, 4):
        gradient = torch.randn(2, 10, 6, generator=generator)
        stacked = rules[name](stacked, gradient, rate, state, count)
        for member, optimizer, part in zip(members, optimizers, gradient, strict=True):
            member.grad = part.clone()
            optimizer.step()
    loose = 2e-2 if name == "muon" else 1e-5  # Muon computes in bfloat16
    torch.testing.assert_close(torch.stack(members).detach(), stacked, rtol=loose, atol=loose)
