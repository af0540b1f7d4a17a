"""The figures of lesson 1: the lines of units, and verdicts."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from trainability.figures.symmetry_breaking import unit_lines, units_in_the_plane

POINTS = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
LABELS = np.array([1.0, 1.0, -1.0])


def plane(**change):
    arguments = {
        "w_in": torch.tensor([[1.0, 0.0, -0.5], [0.0, 1.0, 1.0]]),
        "surface": np.linspace(-1, 1, 25).reshape(5, 5),
        "history": (np.array([0, 10, 20]), np.array([0.0, 1e-6, 0.5])),
        "step": 10,
        "distinct": 2,
        "right": 1.0,
        "setting": "tanh",
    } | change
    return go.Figure(units_in_the_plane(POINTS, LABELS, **arguments))


@pytest.mark.parametrize("angle", np.linspace(0, math.pi, 13))
def test_the_two_ends_of_a_units_line_lie_on_it_and_on_the_squares_border(angle):
    w = torch.tensor([[math.cos(angle), math.sin(angle), 0.3]], dtype=torch.float64)
    ends = unit_lines(w)[0, :2]
    for x, y in ends:
        assert w[0, 0] * x + w[0, 1] * y + 0.3 == pytest.approx(0, abs=1e-9)
        assert max(abs(x), abs(y)) == pytest.approx(2)
    assert np.linalg.norm(ends[0] - ends[1]) > 3


def test_a_line_through_corners_has_two_ends_and_one_that_misses_the_square_has_none():
    diagonal, away, nothing = unit_lines(
        torch.tensor([[1.0, -1.0, 0.0], [1.0, 0.0, 5.0], [0.0, 0.0, 1.0]])
    )
    assert sorted(map(tuple, diagonal[:2])) == [(-2.0, -2.0), (2.0, 2.0)]
    assert np.isnan(away).all() and np.isnan(nothing).all()


@pytest.mark.parametrize(
    ("distinct", "right", "verdict", "title"),
    [
        (1, 0.75, "tied", "All 2 units are one: one line, 75% right"),
        (2, 0.75, "not solved", "2 different units, 75% right"),
        (2, 0.95, "solved", "2 different units, 95% right"),
    ],
)
def test_the_title_and_the_reading_say_how_many_units_there_are(distinct, right, verdict, title):
    figure = plane(distinct=distinct, right=right)
    assert figure.layout.title.text == title
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and meta["distinct"] == distinct
    assert meta["summary"].startswith("tanh, step 10: ") and f": {verdict}." in meta["summary"]


def test_a_spread_of_zero_is_drawn_at_the_lowest_tick_and_the_mark_is_where_the_step_is():
    curve, mark = plane().data[4:6]
    assert list(curve.y) == pytest.approx([-17, -6, math.log10(0.5)])
    assert mark.x[0] == 10 and mark.y[0] == pytest.approx(-6)
    axis = plane().layout.yaxis2
    assert axis.ticktext[0] == "0" and axis.tickvals[0] == -17
    assert axis.title.text and plane().layout.xaxis.title.text


def test_the_two_labels_differ_by_more_than_color():
    figure = plane()
    symbols = [trace.marker.symbol for trace in figure.data[1:3]]
    assert len(set(symbols)) == 2
    assert len(figure.data[1].x) == 2 and len(figure.data[2].x) == 1
