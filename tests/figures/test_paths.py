"""Paths over a loss: where two weights end, and how sharp it is on the way."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.paths import same_start_path
from trainability.figures.sharpness import sharpness_against_steps


def walk(end, closed_form, is_limit=True):
    return go.Figure(
        same_start_path(
            np.array([[1.0, 1.0], end]),
            closed_form=np.array(closed_form),
            is_limit=is_limit,
            loss=np.ones((5, 5)),
            minimizers=np.full((2, 2), np.nan),
            c=1.0,
            setting="linear",
        )
    )


@pytest.mark.parametrize(
    ("end", "closed_form", "verdict", "gap"),
    [
        ([2.0, 3.0], [2.0, 3.001], "as predicted", 0.001),
        ([2.0, 3.0], [2.0, 4.0], "elsewhere", 1.0),
        ([2.0, 3.0], [math.nan, math.nan], "no minimum", math.inf),
    ],
)
def test_a_path_says_whether_it_ends_where_theory_does(end, closed_form, verdict, gap):
    meta = walk(end, closed_form).layout.meta
    assert meta["verdict"] == verdict and meta["gap"] == pytest.approx(gap)
    assert (meta["end_1"], meta["end_2"]) == (2.0, 3.0)
    assert meta["summary"].endswith(f"{verdict}.")


def test_another_optimizer_is_not_said_to_follow_theory():
    figure = walk([2.0, 3.0], [2.0, 3.0], is_limit=False)
    assert "gradient descent ends" in figure.layout.title.text


def test_sharpness_is_drawn_with_the_edge_of_each_step_size():
    curves = np.array([[3.0, 30.0, 39.0], [3.0, 12.0, 9.5]])
    figure = go.Figure(sharpness_against_steps(np.array([0, 1, 2]), curves, rates=[0.05, 0.2]))
    assert [mark.y0 for mark in figure.layout.shapes] == pytest.approx([40, 10])
    assert [list(trace.y) for trace in figure.data] == curves.tolist()
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == 2
    assert figure.layout.meta["over_edge"] == [0.97, 0.95]
    assert "0.97 for η = 0.05, 0.95 for η = 0.2" in figure.layout.meta["summary"]
