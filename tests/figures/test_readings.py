"""Readings: verdicts on both sides of each threshold, without a figure."""

import math
import re
from typing import Any

import numpy as np
import pytest
import torch

from trainability.figures.cafe import Learned, read_epochs
from trainability.figures.gradient_conditioning import read_spectrum
from trainability.figures.initialization_variance import read_profile
from trainability.figures.lars import read_batch, read_steps
from trainability.figures.left_out import read_person
from trainability.figures.loss_spike import read_losses
from trainability.figures.many_faces import read_portraits
from trainability.figures.norm_fluctuation import read_fluctuation
from trainability.figures.other_symmetries import read_barrier, read_orbit
from trainability.figures.paths import read_end
from trainability.figures.phase_diagram import read_phase
from trainability.figures.reading import Reading
from trainability.figures.remedies import read_remedy
from trainability.figures.repairs import read_cell, read_rates
from trainability.figures.sharpness import read_sharpness
from trainability.figures.svm_accuracy import read_accuracy
from trainability.figures.svm_bias import read_shift
from trainability.figures.two_matrices import read_bound


def fluctuation(fan_out: int, nonlinearity: str) -> Reading:
    ratios = torch.tensor([0.5, 1.5])
    return read_fluctuation(ratios, fan_out=fan_out, nonlinearity=nonlinearity, setting="normal")


def epochs(trained: int, tested: int, shuffled: int = 6) -> Reading:
    """Read matrices of 36 answers of which so many are right."""

    def counts(right: int) -> np.ndarray:
        matrix = np.diag([6, 6, 6, 6, 6, 6])
        for k in range(36 - right):
            matrix[k // 6, k // 6] -= 1
            matrix[k // 6, (k // 6 + 1) % 6] += 1
        return matrix

    true, other = (
        Learned(np.ones(3), np.zeros((6, 1, 1)), counts(trained), counts(right))
        for right in (tested, shuffled)
    )
    return read_epochs(true, other, epoch=2, setting="Drawn faces")


def spectrum(decades: float) -> Reading:
    spectra = np.array([[0.0, -decades]])
    return read_spectrum(np.array([20]), spectra, at=20, setting="gaussian")


def bound(here: float) -> Reading:
    return read_bound(here, folklore=2.0, angle=45.0, setting="not symmetric")


def profile(ratio: float) -> Reading:
    """Read a gradient that is so many times as large at the first layer as at the last."""
    backward = torch.tensor([ratio**2, ratio, 1.0], dtype=torch.float64)
    return read_profile(torch.ones(3), backward, scale=1.0, setting="tanh")


def sgd(*steps: float) -> Reading:
    relative = {"SGD": np.array(steps), "LARS": np.full(len(steps), 0.003)}
    return read_steps(relative, setting="tanh")


def batch(gap: float) -> Reading:
    words: dict[str, Any] = {
        "batch": 64,
        "optimizer": "LAMB",
        "rate": 0.1,
        "right": 90.0,
        "setting": "with warm-up",
    }
    return read_batch(90.0, gap, 0.5, **words)


def person(difference: float) -> Reading:
    """Read a person of whom half is right, against a mean so much lower."""
    accuracy = np.full(2, 0.5 - difference)
    asked: dict[str, Any] = {
        "labels": [0] * 6,
        "answers": [0, 0, 0, 1, 1, 1],
        "person": 11,
        "setting": "Raw",
    }
    return read_person([11, 36], accuracy, (0.2, 0.8), **asked)


def losses(*values: float) -> Reading:
    words: dict[str, Any] = {"predicted": 2.0, "share": None, "jump": 44.0, "setting": "Adam"}
    return read_losses(np.array(values), **words)


def portrait(outside: float) -> Reading:
    return read_portraits(outside, 0.5, people=6, draw=0, rank=36, dimensions=228)


def barrier(height: float) -> Reading:
    """Read a way whose ends differ: only what lies above the line between them counts."""
    loss = np.array([0.1, 0.2 + height, 0.3])
    words: dict[str, Any] = {"places": np.array([0, 0.5, 1]), "place": 0.5, "right": 0.9}
    return read_barrier(loss, setting="32 hidden units, matched", **words)


def orbit(moved: float) -> Reading:
    ends, f = np.array([0.1, 10.0]), np.zeros(3)
    curves: dict[str, Any] = {"alphas": ends, "sharpness": ends, "gradient": ends, "alpha": 1.0}
    return read_orbit(f, f + moved, setting="relu", **curves)


def end(gap: float) -> Reading:
    theory: dict[str, Any] = {
        "closed_form": np.array([1.0, 1.0]),
        "is_limit": True,
        "c": 1.0,
        "setting": "linear",
    }
    return read_end(np.array([1.0 + gap, 1.0]), **theory)


def phase(**change: float) -> Reading:
    here = {"sigma_w": 1.0, "sigma_b": 0.3, "q": 0.4, "chi": 0.7, "depth_scale": 2.8, "c": 1.0}
    return read_phase(here | change, setting="tanh")


def remedy(gap: float) -> Reading:
    return read_remedy([gap] * 8, [0.5] * 8, remedy="decay")


def accuracy(ours: float, svc: float, trained: float) -> Reading:
    shares = {"ours, in training": trained, "ours, held out": ours, "SVC, held out": svc}
    curves = {name: np.array([share]) for name, share in shares.items()}
    return read_accuracy(np.ones(1), curves, np.ones(2), np.ones(2), at=0, setting="C = 1")


def shifted(difference: float) -> Reading:
    boundaries = {"penalized bias": np.zeros(1), "free bias": np.array([difference])}
    return read_shift(1.0, np.ones(1), boundaries, setting="a = 4")


BOUNDARIES = [
    (fluctuation(22, "linear"), "luck"),
    (fluctuation(23, "linear"), "reliable"),
    (fluctuation(55, "relu"), "luck"),
    (fluctuation(56, "relu"), "reliable"),
    (epochs(36, 13), "fit alike, know differently"),
    (epochs(36, 12), "fit alike"),  # twice chance, and not more
    (epochs(36, 13, shuffled=13), "fit alike"),
    (epochs(35, 36), "not both fitted"),
    (spectrum(0.99), "well conditioned"),
    (spectrum(1.0), "ill conditioned"),
    (spectrum(7.0), "ill conditioned"),
    (spectrum(7.01), "beyond float32"),
    (bound(2.0), "kept"),
    (bound(2.0 + 1e-8), "broken"),
    (bound(math.nan), "complex"),
    (profile(0.0099), "vanishing"),
    (profile(0.0101), "healthy"),
    (profile(99.0), "healthy"),
    (profile(101.0), "exploding"),
    (sgd(0.9e-6, 0.1), "frozen"),
    (sgd(1.1e-6, 0.1), "moves"),
    (sgd(1.1e-6, 1.0), "moves"),
    (sgd(0.9e-6, 1.01), "overwrites"),
    (sgd(0.1, math.nan), "overwrites"),
    (batch(0.51), "ahead of SGD"),
    (batch(0.49), "not apart from SGD"),
    (batch(-0.51), "behind SGD"),
    (person(0.084), "above the mean"),
    (person(0.083), "at the mean"),
    (person(-0.083), "at the mean"),
    (person(-0.084), "below the mean"),
    (losses(1.8, 2.81, 0.5), "spike"),
    (losses(1.8, 2.79, 0.5), "small rise"),
    (losses(1.8, 1.851, 0.5), "small rise"),
    (losses(1.8, 1.849, 1.69), "falls"),
    (losses(1.8, 1.849, 1.71), "slow"),
    (losses(1.8, 1.7, math.nan), "spike"),
    (portrait(0.201), "portrait"),
    (portrait(0.2), "between"),
    (portrait(0.12), "between"),
    (portrait(0.119), "mask"),
    (barrier(0.251), "barrier"),
    (barrier(0.249), "open"),
    (orbit(0.9e-6), "same function"),
    (orbit(1.1e-6), "another function"),
    (end(0.0199), "as predicted"),
    (end(0.0201), "elsewhere"),
    (end(math.nan), "no minimum"),
    (phase(), "ordered"),
    (phase(chi=1.01), "chaotic"),
    (phase(depth_scale=math.inf), "critical"),
    (phase(q=math.inf, depth_scale=math.inf), "divergent"),
    (remedy(-0.021), "below"),
    (remedy(-0.019), "near"),
    (remedy(0.019), "near"),
    (remedy(0.021), "above"),
    (accuracy(0.951, 0.9, 1.0), "part"),
    (accuracy(0.949, 0.9, 1.0), "alike"),
    (accuracy(0.949, 0.9, 0.9), "alike"),
    (accuracy(0.949, 0.9, 0.89), "underfits"),
    (shifted(0.9e-6), "same"),
    (shifted(1.1e-6), "differ"),
]


@pytest.mark.parametrize(("reading", "verdict"), BOUNDARIES)
def test_a_verdict_turns_at_its_threshold_and_is_in_the_sentence(reading, verdict):
    assert reading.verdict == verdict
    assert f"{verdict}." in reading.sentence.replace("no barrier", "open").replace(
        "a barrier", "barrier"
    )
    assert reading.title and not reading.title.endswith(".")
    assert all(re.fullmatch(r"[a-z_0-9]+", name) for name in reading.numbers)


def test_a_remedy_s_verdict_is_passed_on_and_what_it_heals_is_counted():
    loss = np.array([[2.3, 0.2], [2.3, 0.4], [2.3, math.nan]])
    words = {"steps": 400, "setting": "LARS against b"}
    reading = read_rates(loss, verdict="heals", **words)
    assert reading.numbers == {"loss": 0.4, "low": 0.2, "high": 2.3}
    assert reading.sentence.endswith("is 0.4, 0.2 to 2.3 over 3 draws.")
    lost = read_rates(np.full((3, 2), math.nan), verdict="does not help", **words)
    assert lost.sentence.endswith("after 400 steps is overflow.")
    cell = read_cell(0.1, ["heals", "helps", "heals"], at=1, here=("b", "LARS"), steps=400)
    assert (cell.verdict, cell.numbers["healed"]) == ("helps", 2)


def test_sharpness_is_read_in_units_of_the_edge():
    reading = read_sharpness(np.array([[1.0, 20.0], [1.0, 40.0]]), rates=[0.1, 0.1])
    assert reading.numbers == {"over_edge": [1.0, 2.0]}
