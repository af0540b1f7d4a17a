"""The figures of lesson 5: slopes on a line, and who learns what when."""

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.skip_layers import slopes_on_a_line, who_learns

X = np.linspace(-1, 1, 5)


@pytest.mark.parametrize(
    ("correlation", "verdict"), [(0.9, "smooth"), (0.6, "rough"), (0.1, "shattered")]
)
def test_slopes_are_judged_by_the_correlation_of_neighbors(correlation, verdict):
    slope = np.array([2.0, -2, 2, -2, 2])
    figure = go.Figure(
        slopes_on_a_line(X, slope, correlation=correlation, lag=0.1, setting="50 blocks")
    )
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and meta["summary"].endswith(f"{verdict}.")
    assert meta["size"] == 2 and list(figure.data[0].y) == [1, -1, 1, -1, 1]
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text


@pytest.mark.parametrize(
    ("held_out", "verdict", "best_step"),
    [
        ([0, 0.5, 0.55], "learns", 40),
        ([0, 0.5, 0.3], "overfits", 20),
        ([0, 0, 0.02], "stalled", 40),
    ],
)
def test_a_course_stalls_learns_or_overfits(held_out, verdict, best_step):
    curves = {"learned": np.array([0, 0.6, 0.9]), "held out": np.array(held_out)}
    steps = np.array([0, 20, 40])
    figure = go.Figure(
        who_learns(steps, curves, np.array([1, 0.5, 0.2]), linear=0.5, setting="tanh")
    )
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and meta["best_step"] == best_step
    assert meta["last"] == pytest.approx(held_out[-1])
    assert list(figure.data[3].y) == [100, 50, 20] and set(figure.data[2].y) == {0.5}
    assert len({trace.line.dash for trace in figure.data[:3]}) == 3
    without = go.Figure(who_learns(steps, curves, None, linear=0.5, setting="tanh"))
    assert set(without.data[3].y) == {0}
