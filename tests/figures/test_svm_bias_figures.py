"""The figures of lesson 7: the lifted plane, shifted data, clusters."""

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from trainability.figures.clusters import two_clusters
from trainability.figures.palette import CLASSES
from trainability.figures.svm_bias import lifted_plane, shifted_data
from trainability.svm_bias import boundary, solve_augmented, solve_explicit, two_point_solution

PLACES = ([0.0, 1.0], [2.0, 3.0, 4.0])
CURVES = {"a": np.array([0.0, 20]), "augmented": np.ones(2), "explicit": np.zeros(2)}


@pytest.mark.parametrize(("a", "verdict"), [(2.0, "same"), (3.0, "same"), (4.0, "differ")])
def test_the_lifted_plane_says_whether_the_programs_agree(a, verdict):
    both = [two_point_solution(a, program) for program in ("augmented", "explicit")]
    places = *map(boundary, both), -0.9
    figure = go.Figure(lifted_plane(a, 1.0, *both, places, curves=CURVES, setting="Said."))
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and meta["threshold"] == 3
    assert meta["boundary_1"] == pytest.approx(boundary(both[0]))
    assert meta["margin_2"] == pytest.approx((a + 1) / 2)
    assert f"{verdict}. They part at a = 1+2B² = 3. Said." in meta["summary"]


@pytest.mark.parametrize("B", [0.5, 1.0, 2.0, 4.0])
def test_the_lower_panel_marks_the_threshold_and_what_the_objectives_tend_to(B):
    both = [two_point_solution(4.0, program, B) for program in ("augmented", "explicit")]
    places = *map(boundary, both), -1.0
    figure = go.Figure(lifted_plane(4.0, B, *both, places, curves=CURVES, setting=""))
    lines = {trace.name: trace for trace in figure.data}
    assert set(lines["1+2B²"].x) == {1 + 2 * B**2} and "1+2B²" in lines["1+2B²"].text
    assert lines["1+2B²"].line.dash == "dash" and lines["1+2B²"].yaxis == "y2"
    far = [two_point_solution(1e6, program, B).objective for program in ("augmented", "explicit")]
    for name, value in zip(("limit of ½‖u‖²", "limit of ½‖v‖²"), far, strict=True):
        np.testing.assert_allclose(lines[name].y, value, atol=1e-9)
    assert f"They part at a = 1+2B² = {1 + 2 * B**2:g}." in figure.layout.meta["summary"]
    assert list(figure.layout.xaxis2.range) == [0, 20]


def test_the_line_through_the_origin_crosses_the_data_at_the_boundary():
    both = [two_point_solution(4.0, program, 2.0) for program in ("augmented", "explicit")]
    places = *map(boundary, both), -1.0
    figure = go.Figure(lifted_plane(4.0, 2.0, *both, places, curves=CURVES, setting=""))
    lines = {trace.name: trace for trace in figure.data}
    penalized, free = lines["penalized bias"], lines["free bias"]
    slope = np.diff(penalized.x)[0] / np.diff(penalized.y)[0]
    assert slope * 2.0 == pytest.approx(boundary(both[0]))
    assert penalized.x[0] / penalized.y[0] == pytest.approx(slope)  # through the origin
    assert set(free.x) == {boundary(both[1])}
    assert len({trace.line.dash for trace in (penalized, free, lines["logistic descent"])}) == 3


def test_shifted_data_mark_the_place_and_compare():
    shifts = np.array([-1.0, 0, 1])
    boundaries = {"penalized bias": np.array([-1.5, -1, -1.5]), "free bias": np.full(3, -1.5)}
    for shift, verdict in ((0.0, "differ"), (1.0, "same")):
        figure = go.Figure(shifted_data(shift, shifts, boundaries, setting="a = 4"))
        assert figure.layout.meta["verdict"] == verdict
        assert list(figure.data[2].x) == [shift] * 2
        assert figure.data[2].y[1] == -1.5
    assert figure.layout.meta["pick"] == {"set": {"shift": "x"}}


def test_clusters_draw_each_boundary_between_two_lines_through_the_nearest_points():
    points = np.array([[1.0, 0.5], [-6, 0], [2.0, 2.0]])
    labels = np.array([1, -1, 1])
    X, y = torch.from_numpy(points), torch.from_numpy(labels)
    found = {"penalized bias": solve_augmented(X, y), "free bias": solve_explicit(X, y)}
    figure = go.Figure(two_clusters(points, labels, found, places=PLACES, setting="here"))
    meta = figure.layout.meta
    assert meta["verdict"] == "differ" and meta["margin_2"] > meta["margin_1"] > 0
    w, b = found["free bias"].w.numpy(), found["free bias"].b
    ends = [np.array([trace.x, trace.y]) for trace in figure.data[6:9]]
    for end, offset in zip(ends, (0, -1, 1), strict=True):
        np.testing.assert_allclose(w @ end + b, offset, atol=1e-9)
    assert list(figure.data[2].x) == [2.0]
    assert len(figure.data[-1].x) == 6
    assert [trace.showlegend for trace in figure.data[3:9]] == [True, False, False] * 2


@pytest.mark.parametrize("label", [1, -1])
def test_the_readers_point_may_have_either_label(label):
    points, labels = np.array([[1.0, 0.5], [-6, 0], [2.0, 2.0]]), np.array([1, -1, label])
    found = {"penalized bias": None, "free bias": None}
    figure = go.Figure(two_clusters(points, labels, found, places=PLACES, setting="here"))
    star = figure.data[2]
    assert (star.name, star.marker.color) == (f"yours, label {label}", CLASSES[label])
    assert [list(trace.x) for trace in figure.data[:3]] == [[1.0], [-6.0], [2.0]]


def test_clusters_that_nothing_separates_say_so():
    points, labels = np.array([[0.0, 0], [0, 0], [1, 1]]), np.array([1, -1, 1])
    none = {"penalized bias": None, "free bias": None}
    figure = go.Figure(two_clusters(points, labels, none, places=PLACES, setting="here"))
    assert figure.layout.meta["verdict"] == "inseparable"
    assert figure.layout.title.text == "No line separates the classes"
    assert np.isnan(figure.data[3].x).all()
