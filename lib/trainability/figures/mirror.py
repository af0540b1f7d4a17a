"""The plane of two hidden units' weights with its mirror, as a figure that a page fills in.

It is written once, with marks for what :func:`read_mirror` returns.
"""

import math
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import HERE, LOSS, MEASURED, PREDICTED, REFERENCE
from trainability.figures.traces import axis, curve

LOW, HIGH = -1.0, 4.0  # of both weights
_ON = 1e-9
_LONGEST = 0.3  # of an arrow, in units of the axes
_BRIGHTEST = 0.4  # root of the loss; all above looks alike
_HEAD, _OPENING = 0.35, 0.5  # of an arrow's length; in radians


def plane(side: int) -> Tensor:
    """Return a grid over the plane that is shown, shape (side, side, 2); rows are the second.

    Examples
    --------
    >>> plane(3)[0, :, 0].tolist()
    [-1.0, 1.5, 4.0]
    """
    each = torch.arange(side).double() / (side - 1) * (HIGH - LOW) + LOW
    return torch.stack([each.expand(side, side), each.view(-1, 1).expand(side, side)], dim=-1)


def read_mirror(loss: Tensor, slopes: Tensor, paths: Tensor) -> dict[str, Tensor]:
    """Arrange a landscape, its downhill directions and two paths for the figure.

    Parameters
    ----------
    loss : Tensor, shape (k, k)
        On :func:`plane`, rows for the second weight.
    slopes : Tensor, shape (m, m, 2)
        The gradient on a coarser plane.
    paths : Tensor, shape (T, 2, 2)
        Of two runs, the second from the mirror image of the first's start; the two weights last.

    Returns
    -------
    dict
        ``side`` and ``levels``, the root of the loss; ``arrows_x`` and ``arrows_y``, lines that
        point downhill, their lengths by the fourth root of the slope; both paths by coordinate;
        where the first ends, and how far from the mirror; ``gap``, how far the second ever was
        from the first's mirror image; ``stays`` and ``mirrored``, whether the first never left
        the mirror and the gap is 0; and ``mirror``, a diagonal's ends.

    Examples
    --------
    >>> paths = torch.tensor([[[1.0, 1.0], [1.0, 1.0]], [[2.0, 2.0], [2.0, 2.0]]]).double()
    >>> read = read_mirror(torch.ones(3, 3), torch.ones(2, 2, 2).double(), paths)
    >>> read["stays"].item(), read["gap"].item(), read["end_1"].item()
    (True, 0.0, 2.0)
    """
    places = plane(slopes.shape[0]).view(-1, 2)
    down = -slopes.view(-1, 2)
    length = down.square().sum(1, keepdim=True).sqrt()
    size = _LONGEST * (length / length.amax(0, keepdim=True)).sqrt().sqrt()
    step = down / length.clamp(min=1e-300) * size
    tips = places + step

    def barb(angle: float) -> Tensor:
        turn = torch.tensor(
            [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
        )
        return tips - _HEAD * (step @ turn.double())

    nothing = torch.full_like(tips, math.nan)
    strokes = [places, tips, barb(_OPENING), tips, barb(-_OPENING), nothing]
    arrows = torch.stack(strokes, dim=1).view(-1, 2)
    first, second = paths[:, 0], paths[:, 1]
    apart = (first[:, 0] - first[:, 1]).abs()
    gap = (torch.stack([second[:, 1], second[:, 0]], dim=1) - first).abs().amax(1).amax(0)
    side = plane(loss.shape[0])[0, :, 0]
    return {
        "side": side,
        "levels": loss.clamp(min=0).sqrt(),
        "arrows_x": arrows[:, 0],
        "arrows_y": arrows[:, 1],
        "first_x": first[:, 0],
        "first_y": first[:, 1],
        "second_x": second[:, 0],
        "second_y": second[:, 1],
        "start_x": first[:1, 0],
        "start_y": first[:1, 1],
        "end_1": first[-1, 0],
        "end_2": first[-1, 1],
        "apart": apart[-1],
        "gap": gap,
        "stays": apart.amax(0) <= _ON,
        "mirrored": gap <= _ON,
        "mirror": torch.stack([side[0], side[-1]]),
    }


def _judged(stays: Any, mirrored: Any, rest: Any) -> dict[str, Any]:
    return first_of(
        ("stays", sentence(stays)), ("mirrored", sentence(mirrored)), (None, sentence(rest))
    )


_SETTING = "{optimizer}, rate {lr:3}, dropout {dropout}, from ({w1:3}, {w2:3})"
_STORY = f"{_SETTING} to ({{end_1:3}}, {{end_2:3}}), loss {{end_loss:2}}, "
_SHOWN = {
    "range": [LOW, HIGH],
    "zeroline": False,
    "dtick": 1,
    "constrain": "domain",
    "automargin": True,
}
_STILL: dict[str, Any] = {"hoverinfo": "skip"}

MIRROR: dict[str, Any] = {
    "data": [
        {
            "type": "contour",
            "x": mark("side"),
            "y": mark("side"),
            "z": mark("levels"),
            "colorscale": LOSS,
            "zmin": 0,
            "zmax": _BRIGHTEST,
            "contours": {"coloring": "heatmap", "start": 0.05, "end": 1.5, "size": 0.05},
            "line": {"width": 0.7, "color": REFERENCE},
            "showscale": False,
            "name": "root of the loss",
            "hovertemplate": "(%{x:.2f}, %{y:.2f}): root of the loss %{z:.2f}<extra></extra>",
        },
        curve(mark("arrows_x"), mark("arrows_y"), "downhill", **_STILL)
        | {"line": {"width": 1.2, "color": REFERENCE}},
        curve(mark("mirror"), mark("mirror"), "the mirror w₁ = w₂", **_STILL)
        | {"line": {"width": 2, "color": PREDICTED, "dash": "dash"}},
        curve(mark("second_x"), mark("second_y"), "from the mirror image", **_STILL)
        | {"line": {"width": 3, "color": HERE, "dash": "dot"}},
        curve(mark("first_x"), mark("first_y"), "path of the weights", **_STILL)
        | {"line": {"width": 3, "color": MEASURED}},
        curve(mark("start_x"), mark("start_y"), "start", mode="markers", **_STILL)
        | {"marker": {"size": 12, "color": MEASURED}},
    ],
    "layout": {
        "title": {
            "text": _judged(
                "On the mirror: the two units stay one",
                "Two starts, two paths, one the mirror image of the other",
                "Off the mirror: a mask treats the two units differently",
            )
        },
        "meta": {
            "summary": _judged(
                f"{_STORY}never off the mirror: one unit.",
                f"{_STORY}{{apart:2}} from the mirror: two units, and the other path is its image.",
                f"{_STORY}{{apart:2}} from the mirror; the other path is no image, {{gap:2}} off.",
            ),
            "verdict": _judged("one unit", "mirrored", "not mirrored"),
            "apart": mark("apart"),
            "gap": mark("gap"),
            "end_loss": mark("end_loss"),
            "pick": {"set": {"w1": "x", "w2": "y"}},
        },
        "height": 600,
        "dragmode": False,
        "xaxis": axis("weight w₁ of unit 1", **_SHOWN),
        "yaxis": axis("weight w₂ of unit 2", scaleanchor="x", **_SHOWN),
    },
}
