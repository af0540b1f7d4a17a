"""The figure of lesson 1: the lines of units in training, and verdicts."""

import math

import plotly.graph_objects as go
import pytest
import torch

from trainability.figures.symmetry_breaking import (
    UNITS_IN_TRAINING,
    log_distance,
    read_units_in_training,
)
from trainability.programs.figure import filled
from trainability.symmetry import count_distinct_units, unit_spread

POINTS = torch.tensor([[1.0, 1.0, 1.0], [-1.0, -1.0, 1.0], [1.0, -1.0, -1.0]]).double()
SETTINGS = {
    "spread": 0.01,
    "width": 2,
    "lr": 0.1,
    "optimizer": "SGD",
    "dropout": "none",
    "glue": 0.0,
}


def measured(w_in, w_out=None, bias=0.0, points=POINTS, nonlinearity=torch.tanh, step=10):
    w_in = torch.as_tensor(w_in, dtype=torch.float64)
    w_out = torch.ones(1, len(w_in)).double() if w_out is None else torch.as_tensor(w_out).double()
    return read_units_in_training(
        w_in, w_out, torch.tensor([bias]).double(), points, nonlinearity, step
    )


def drawn(**change):
    read = measured([[1.0, 0.0, -0.5], [0.0, 1.0, 1.0]]) | change
    run = {"steps": [0, 1, 2], "loss": [1.0, 0.5, 0.1], "distance": [-17.0, -6.0, -0.3]}
    given = SETTINGS | {"step": 10, "nonlinearity": "tanh"} | run | read
    return go.Figure(filled(UNITS_IN_TRAINING, given))


@pytest.mark.parametrize("angle", [i * math.pi / 12 for i in range(13)])
def test_the_two_ends_of_a_units_line_lie_on_it_and_beyond_the_square(angle):
    read = measured([[math.cos(angle), math.sin(angle), 0.3]])
    ends = torch.stack([read["lines_x"], read["lines_y"]], dim=1)
    assert ends[2].isnan().all()  # between one line and the next
    for x, y in ends[:2].tolist():
        assert math.cos(angle) * x + math.sin(angle) * y + 0.3 == pytest.approx(0, abs=1e-9)
        assert max(abs(x), abs(y)) > 2
    middle = ends[:2].mean(0)
    assert middle.norm() == pytest.approx(0.3)  # both sides of the place nearest to the origin


@pytest.mark.parametrize("count", [2, 8, 32])
def test_equal_units_are_drawn_side_by_side(count):
    read = measured([[0.6, 0.8, -0.5]] * count)
    starts = torch.stack([read["lines_x"], read["lines_y"]], dim=1)[::3]
    across = starts @ torch.tensor([0.6, 0.8]).double()  # the place along the lines' normal
    gaps = across.diff()
    torch.testing.assert_close(gaps, gaps[:1].expand(count - 1))
    assert 0.5 / 32 - 1e-9 <= gaps[0] <= 0.04 + 1e-9
    assert across.mean().item() == pytest.approx(0.5)  # around where the line is


def test_a_unit_that_is_like_no_other_is_drawn_where_it_is():
    alone = measured([[0.6, 0.8, -0.5]])
    among = measured([[0.6, 0.8, -0.5], [0.6, 0.85, -0.5], [0.6, 0.851, -0.5]])
    torch.testing.assert_close(among["lines_x"][:2], alone["lines_x"][:2])


def test_a_unit_without_weights_has_no_line():
    read = measured([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert read["lines_x"][:3].isnan().all()
    assert not read["lines_x"][3:5].isnan().any()


@pytest.mark.parametrize("copies", [0, 1, 3])
def test_units_are_counted_as_elsewhere(copies):
    generator = torch.Generator().manual_seed(copies)
    units = torch.randn(4, 4, generator=generator).double()
    units = torch.cat([units, units[:copies]])
    read = measured(units[:, :3], units[:, 3:].T)
    assert read["distinct"] == count_distinct_units(units, 1e-9) == 4
    wanted = torch.log10(unit_spread(units))
    torch.testing.assert_close(log_distance(units[:, :3], units[:, 3:].T), wanted)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_the_surface_is_what_the_network_says_at_each_place(nonlinearity):
    w_in, w_out = [[1.0, -0.5, 0.25], [0.3, 2.0, -1.0]], [[1.5, -0.5]]
    read = measured(w_in, w_out, 0.2, nonlinearity=getattr(torch, nonlinearity))
    side = read["side"].tolist()
    assert side[0] == -2 and side[-1] == 2 and read["surface"].shape == (len(side), len(side))
    g = {"tanh": math.tanh, "relu": lambda z: max(z, 0.0)}[nonlinearity]
    for row, column in ((0, 0), (3, 20), (32, 1)):
        x, y = side[column], side[row]
        hidden = [g(a * x + b * y + c) for a, b, c in w_in]
        said = math.tanh(1.5 * hidden[0] - 0.5 * hidden[1] + 0.2)
        assert read["surface"][row, column] == pytest.approx(said)


@pytest.mark.parametrize(
    ("distinct", "right", "verdict", "title"),
    [
        (1, 0.75, "tied", "All 2 units are one: one line, 75% right"),
        (2, 0.75, "not solved", "2 different units, 75% right"),
        (2, 0.9, "not solved", "2 different units, 90% right"),
        (2, 0.95, "solved", "2 different units, 95% right"),
    ],
)
def test_the_title_and_the_reading_say_how_many_units_there_are(distinct, right, verdict, title):
    given = {"distinct": torch.tensor(float(distinct)), "percent": torch.tensor(100 * right)}
    flags = {"tied": torch.tensor(distinct == 1), "solved": torch.tensor(right > 0.9)}
    figure = drawn(**given, **flags)
    assert figure.layout.title.text == title
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and meta["distinct"] == distinct
    assert meta["summary"].startswith(
        "tanh, SGD, rate 0.1, dropout none, spread 0.01, pull 0, step 10: "
    )
    assert meta["summary"].endswith(f": {verdict}.")


def test_shares_are_of_the_points_and_a_point_on_the_border_is_wrong():
    right = measured([[1.0, 1.0, 0.0]])  # the third point lies on the line
    assert right["right"] == pytest.approx(1 / 3) and right["percent"] == 33
    assert not right["solved"] and right["tied"]


@pytest.mark.parametrize(
    ("step", "span"), [(0, 100), (1, 100), (100, 100), (101, 200), (200, 200), (801, 1600)]
)
def test_the_axis_of_steps_doubles_as_they_become_more(step, span):
    assert measured([[1.0, 0.0, 0.0]], step=step)["span"] == pytest.approx(span)


def test_equal_units_are_drawn_at_the_lowest_tick():
    assert log_distance(torch.ones(3, 2).double(), torch.ones(1, 3).double()) == -17
    axis = drawn().layout.yaxis3
    assert axis.ticktext[0] == "0" and axis.tickvals[0] == -17
    assert axis.title.text and drawn().layout.xaxis.title.text


def test_the_two_labels_differ_by_more_than_color():
    plus, minus = drawn().data[1:3]
    assert plus.marker.symbol != minus.marker.symbol
    shown = [[x for x in trace.x if not math.isnan(x)] for trace in (plus, minus)]
    assert shown == [[1.0, -1.0], [1.0]]
