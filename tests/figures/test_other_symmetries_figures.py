"""The figures of lesson 2: barriers between networks, and functions along an orbit."""

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.other_symmetries import along_orbit, between_networks
from trainability.figures.palette import DIVERGING

PLACES = np.linspace(0, 1, 5)
HILL, FLAT = np.array([0.2, 0.6, 1.0, 0.6, 0.4]), np.array([0.2, 0.25, 0.3, 0.35, 0.4])


def between(**change):
    arguments = {
        "places": PLACES,
        "place": 0.5,
        "here": (1.0, 0.5),
        "features": np.arange(18.0).reshape(2, 3, 3),
        "other": "hill",
        "setting": "32 hidden units",
    } | change
    return go.Figure(between_networks({"hill": HILL, "flat": FLAT}, **arguments))


def test_the_barrier_is_the_height_above_the_straight_line_between_the_ends():
    meta = between().layout.meta
    assert meta["barrier"] == pytest.approx(0.7)  # 1.0 above 0.3
    assert meta["verdict"] == "barrier" and meta["accuracy"] == 0.5
    assert "a barrier." in meta["summary"] and "50% right" in meta["summary"]
    flat = between(other="flat").layout.meta
    assert flat["barrier"] == pytest.approx(0, abs=1e-9) and flat["verdict"] == "open"
    assert flat["summary"].endswith("no barrier.")


def test_all_ways_are_drawn_and_the_mark_stands_on_the_one_that_is_followed():
    figure = between(other="flat", place=0.3, here=(0.26, 0.9))
    hill, flat, mark = figure.data[:3]
    assert (hill.name, flat.name) == ("hill", "flat")
    assert flat.line.width > hill.line.width and flat.line.dash != hill.line.dash
    assert (mark.x[0], mark.y[0]) == (0.3, 0.26)
    assert figure.layout.meta["pick"] == {"set": {"place": "x"}}


def test_the_images_stand_side_by_side_with_gaps_and_blue_is_low():
    heat = between().data[3]
    assert np.shape(heat.z) == (3, 7)
    assert np.isnan(np.array(heat.z)[:, 3]).all() and heat.z[0][4] == 9
    assert heat.colorscale[0][1] == DIVERGING[0][1] == "#2166ac"


ALPHAS = np.array([0.5, 1.0, 2.0])


def orbit(after, alpha=2.0):
    return go.Figure(
        along_orbit(
            np.linspace(-1, 1, 4),
            np.zeros(4),
            np.array(after, dtype=float),
            alphas=ALPHAS,
            sharpness=np.array([10.0, 2.0, 30.0]),
            gradient=np.array([1.0, 0.5, 3.0]),
            alpha=alpha,
            setting="relu",
        )
    )


def test_a_function_that_stands_still_is_told_from_one_that_moves():
    still, other = orbit([0, 0, 0, 1e-9]).layout, orbit([0, 0.25, 0, 0]).layout
    assert still.meta["verdict"] == "same function" and other.meta["verdict"] == "another function"
    assert "stands still, sharpness 30, gradient 3" in still.meta["summary"]
    assert other.meta["moved"] == 0.25 and "moved by up to 0.25" in other.title.text
    assert still.meta["sharpness"] == 30 and orbit([0] * 4, 1.0).layout.meta["sharpness"] == 2


def test_the_curves_differ_by_dash_and_their_axes_are_labeled():
    figure = orbit([0] * 4)
    assert figure.data[0].line.width > 4 and figure.data[1].line.dash == "dash"
    assert figure.data[3].line.dash == "dot"
    for axis in ("xaxis", "yaxis", "xaxis2", "yaxis2"):
        assert figure.layout[axis].title.text
