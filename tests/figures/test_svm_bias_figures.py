"""The figures of lesson 7: shifted data, and where logistic descent goes."""

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.svm_bias import distance_of_descent, shifted_data


def test_shifted_data_mark_the_place_and_compare():
    shifts = np.array([-1.0, 0, 1])
    boundaries = {"penalized bias": np.array([-1.5, -1, -1.5]), "free bias": np.full(3, -1.5)}
    for shift, verdict in ((0.0, "differ"), (1.0, "same")):
        figure = go.Figure(shifted_data(shift, shifts, boundaries, setting="a = 4"))
        assert figure.layout.meta["verdict"] == verdict
        assert list(figure.data[2].x) == [shift] * 2
        assert figure.data[2].y[1] == -1.5
    assert figure.layout.meta["pick"] == {"set": {"shift": "x"}}


@pytest.mark.parametrize(
    ("free", "ends", "verdict"),
    [
        (-1.5, (-1.25, -1.001), "nearer to the penalized bias"),
        (-1.5, (-1.4, -1.4), "nearer to the free bias"),
        (-1.0, (-1.1, -1.001), "one boundary"),
    ],
)
def test_descent_is_drawn_by_its_distance_from_the_penalized_boundary(free, ends, verdict):
    counts = np.array([10, 100])
    lines = {
        name: np.array([-0.5, end])
        for name, end in zip(("plain steps", "divided by the loss"), ends, strict=True)
    }
    figure = go.Figure(
        distance_of_descent(counts, lines, penalized=-1.0, free=free, setting="a = 4")
    )
    meta = figure.layout.meta
    assert meta["verdict"] == verdict
    np.testing.assert_allclose(figure.data[0].y, [0.5, abs(ends[0] + 1)])
    assert (meta["plain"], meta["divided"]) == pytest.approx([abs(end + 1) for end in ends])
    others = [trace for trace in figure.data if trace.name == "distance of the free bias"]
    assert len(others) == (free != -1.0)
    assert all(np.isclose(trace.y, 0.5).all() for trace in others)
