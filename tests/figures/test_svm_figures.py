"""The figures of lesson 8: contours, iterates, and a library beside ours."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.svm import SHOWN, Progress, contour
from trainability.figures.svm_accuracy import against_library
from trainability.figures.svm_iterates import iterates

X = np.linspace(-5, 5, 3)
POINTS, LABELS = np.array([[1.0, 1], [-1, 1]]), np.array([1, -1])


@pytest.mark.parametrize("verdict", ["converged", "still falling", "cycles", "diverges"])
def test_a_contour_marks_support_vectors_and_shows_the_gaps_with_their_verdict(verdict):
    gaps = np.array([math.inf, 4.0, 2.0])
    now = Progress([3, 4, 10], gaps, 10, dual=1.5, share=1.4, verdict=verdict)
    alpha = np.array([2.0, 0.0])
    scores = np.outer(X, X)
    figure = go.Figure(contour(X, scores, POINTS, LABELS, alpha, progress=now, setting="poly 2"))
    meta = figure.layout.meta
    assert (meta["verdict"], meta["largest"], meta["dual"]) == (verdict, 2.0, 1.5)
    assert (meta["gap"], meta["share"]) == (2.0, 1.4)
    assert np.abs(figure.data[0].z).max() == SHOWN
    assert list(figure.data[1].marker.line.width) == [3]  # a support vector
    assert list(figure.data[2].marker.line.width) == [1]
    np.testing.assert_allclose(figure.data[3].y, [math.nan, math.log10(4), math.log10(2)])
    assert list(figure.data[4].x) == [10]


def test_each_verdict_on_the_gaps_has_a_title_of_its_own():
    titles = set()
    for verdict in ("converged", "still falling", "cycles", "diverges"):
        now = Progress([1], np.ones(1), 1, dual=0.1, share=1.4, verdict=verdict)
        drawn = contour(X, np.eye(3), POINTS, LABELS, np.ones(2), progress=now, setting="")
        titles.add(drawn["layout"]["title"]["text"])
    assert len(titles) == 4


def test_an_unknown_gap_is_left_out_and_said_to_be_unknown():
    gaps = np.array([math.inf, 2.0])
    now = Progress([1, 10], gaps, 1, dual=0.1, share=0.5, verdict="still falling")
    alpha = np.array([0.1, 0.1])
    figure = go.Figure(contour(X, np.eye(3), POINTS, LABELS, alpha, progress=now, setting=""))
    assert "the gap unknown" in figure.layout.meta["summary"]
    assert math.isnan(figure.data[3].y[0]) and math.isnan(figure.data[4].y[0])


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(0.5, "converges"), (0.97, "slow"), (-1.0, "cycles"), (-1.005, "unsettled")],
)
def test_iterates_are_drawn_with_their_optimum_and_verdict(factor, verdict):
    steps = np.arange(31)
    alpha = 0.1 + 0.05 * np.column_stack([factor**steps, factor**steps])
    words = {"limit": 0.1, "share": 0.9, "verdict": verdict, "setting": "poly 2"}
    figure = go.Figure(iterates(steps, alpha, **words))
    assert figure.layout.meta["verdict"] == verdict
    miss = 0.05 * max(abs(factor) ** 29, abs(factor) ** 30)
    assert figure.layout.meta["miss"] == pytest.approx(miss, rel=5e-3)
    assert len({trace.line.dash for trace in figure.data[:2]}) == 2
    assert list(figure.data[2].y) == [0.1, 0.1]


def test_iterates_are_cut_off_where_they_leave_the_picture():
    steps = np.arange(4)
    alpha = 10.0 ** steps[:, None]
    words = {"limit": 0.1, "share": 2.0, "verdict": "diverges", "setting": "poly 2"}
    figure = go.Figure(iterates(steps, alpha, **words))
    top = figure.layout.yaxis.range[1]
    assert top == pytest.approx(4) and max(figure.data[0].y) == pytest.approx(2 * top)
    assert figure.layout.title.text == "Diverges: α up to 1000 after 3 steps"


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
