"""The plane of two units: arrows that point downhill, paths, and whether they mirror each other."""

import math

import plotly.graph_objects as go
import pytest
import torch

from trainability.figures.mirror import HIGH, LOW, MIRROR, plane, read_mirror
from trainability.programs.figure import filled

SETTINGS = {"optimizer": "SGD", "lr": 0.1, "dropout": "none", "w1": 0.0, "w2": 1.0, "end_loss": 0.5}


def read(first, second, slopes=None):
    paths = torch.stack([torch.tensor(first), torch.tensor(second)], dim=1).double()
    slopes = torch.ones(3, 3, 2).double() if slopes is None else slopes
    return read_mirror(torch.ones(5, 5).double(), slopes, paths)


def drawn(first, second):
    return go.Figure(filled(MIRROR, SETTINGS | read(first, second)))


ON = [[1.0, 1.0], [2.0, 2.0]]
OFF, IMAGE = [[0.0, 1.0], [0.5, 2.0]], [[1.0, 0.0], [2.0, 0.5]]


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (ON, ON, "one unit"),
        (OFF, IMAGE, "mirrored"),
        (OFF, OFF, "not mirrored"),
        ([[1.0, 1.0], [1.5, 1.0], [2.0, 2.0]], [[1.0, 1.0]] * 3, "not mirrored"),  # and back
    ],
)
def test_the_verdict_asks_the_whole_path(first, second, verdict):
    shown = drawn(first, second)
    assert shown.layout.meta["verdict"] == verdict
    assert shown.layout.meta["summary"].startswith("SGD, rate 0.1, dropout none, from (0, 1) to (")


def test_arrows_begin_on_the_grid_and_point_downhill():
    generator = torch.Generator().manual_seed(0)
    slopes = torch.randn(4, 4, 2, generator=generator).double()
    found = read(ON, ON, slopes)
    arrows = torch.stack([found["arrows_x"], found["arrows_y"]], dim=1).view(16, 6, 2)
    places, tips, left, again, right, between = arrows.unbind(1)
    assert torch.equal(places, plane(4).view(-1, 2)) and torch.equal(tips, again)
    assert between.isnan().all()
    down = -slopes.view(-1, 2)
    shafts = tips - places
    cosine = torch.cosine_similarity(shafts, down)
    torch.testing.assert_close(cosine, torch.ones(16).double())
    # The barbs are as long as each other and lie behind the tip, one on each side.
    for barb in (left, right):
        back = barb - tips
        wanted = 0.35 * shafts.norm(dim=1)
        torch.testing.assert_close(back.norm(dim=1), wanted)
        torch.testing.assert_close(
            torch.cosine_similarity(-back, shafts), torch.full((16,), math.cos(0.5)).double()
        )
    sides = [
        (b - tips)[:, 0] * shafts[:, 1] - (b - tips)[:, 1] * shafts[:, 0] for b in (left, right)
    ]
    assert (sides[0] * sides[1] < 0).all()


def test_a_place_without_a_slope_has_no_arrow():
    found = read(ON, ON, torch.zeros(2, 2, 2).double())
    x = found["arrows_x"].view(4, 6)[:, :5]
    assert x.isnan().any() or (x - x[:, :1]).abs().max() == 0


def test_the_plane_is_a_square_that_the_axes_show():
    assert plane(7)[0, 0].tolist() == [LOW, LOW] and plane(7)[-1, 0].tolist() == [LOW, HIGH]
    shown = drawn(OFF, IMAGE)
    assert shown.layout.yaxis.scaleanchor == "x"
    assert tuple(shown.layout.xaxis.range) == tuple(shown.layout.yaxis.range) == (LOW, HIGH)
