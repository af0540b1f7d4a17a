"""The figures of lesson 8: contours, iterates, and a library beside ours."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.svm import SHOWN, against_library, contour, iterates

X = np.linspace(-5, 5, 3)
POINTS, LABELS = np.array([[1.0, 1], [-1, 1]]), np.array([1, -1])


@pytest.mark.parametrize(
    ("gaps", "share", "verdict"),
    [([1.0, 1e-6], 0.5, "converged"), ([9.0, 1.0], 0.5, "on its way"), ([9.0, 1.0], 1.4, "cycles")],
)
def test_a_contour_says_how_far_the_solver_is(gaps, share, verdict):
    scores = np.outer(X, X)
    found = {"counts": [1, 10], "gaps": np.array(gaps), "steps": 10, "share": share}
    found["dual"] = 1.5
    alpha = np.array([2.0, 0.0])
    figure = go.Figure(contour(X, scores, POINTS, LABELS, alpha, **found, setting="poly 2"))
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and meta["largest"] == 2.0 and meta["dual"] == 1.5
    assert np.abs(figure.data[0].z).max() == SHOWN
    assert list(figure.data[1].marker.line.width) == [3]  # a support vector
    assert list(figure.data[2].marker.line.width) == [1]
    np.testing.assert_allclose(figure.data[3].y, np.log10(gaps))
    assert list(figure.data[4].x) == [10]


def test_an_unknown_gap_is_left_out_and_told():
    found = {
        "counts": [1, 10],
        "gaps": np.array([math.inf, 2.0]),
        "steps": 1,
        "share": 0.5,
        "dual": 0.1,
    }
    alpha = np.array([0.1, 0.1])
    figure = go.Figure(contour(X, np.eye(3), POINTS, LABELS, alpha, **found, setting="poly 2"))
    assert "the gap unknown" in figure.layout.meta["summary"]
    assert math.isnan(figure.data[3].y[0]) and math.isnan(figure.data[4].y[0])


@pytest.mark.parametrize(
    ("factor", "verdict"), [(0.5, "converges"), (-1.0, "cycles"), (-0.97, "slow")]
)
def test_iterates_converge_cycle_or_are_slow(factor, verdict):
    steps = np.arange(31)
    alpha = 0.1 + 0.05 * np.column_stack([factor**steps, factor**steps])
    figure = go.Figure(iterates(steps, alpha, limit=0.1, share=0.9, setting="poly 2"))
    assert figure.layout.meta["verdict"] == verdict
    assert len({trace.line.dash for trace in figure.data[:2]}) == 2
    assert list(figure.data[2].y) == [0.1, 0.1]


@pytest.mark.parametrize(
    ("ours", "svc", "trained", "verdict"),
    [(0.95, 0.62, 1.0, "part"), (0.97, 0.96, 0.98, "alike"), (0.62, 0.62, 0.63, "underfits")],
)
def test_two_machines_part_or_agree(ours, svc, trained, verdict):
    names = ["ours, in training", "ours, held out", "SVC, held out"]
    curves = {n: np.array([v, 0.5]) for n, v in zip(names, (trained, ours, svc), strict=True)}
    scores = np.array([1.0, -1]), np.array([1.0, 1])
    figure = go.Figure(against_library(np.array([1.0, 2]), curves, *scores, at=0, setting="C = 1"))
    meta = figure.layout.meta
    assert (meta["verdict"], meta["ours"], meta["svc"], meta["agree"]) == (verdict, ours, svc, 0.5)
    assert figure.layout.title.text == f"Held out: ours {100 * ours:.1f}%, SVC {100 * svc:.1f}%"
