"""Hidden units as lines in the plane while they train, as a figure that a page fills in by itself.

It is written once, with marks for what :func:`read_units_in_training` returns.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.numbers import superscript
from trainability.figures.palette import CLASSES, HIDDEN_UNIT, INK, OUTPUT, REFERENCE
from trainability.figures.traces import CLASS_SYMBOLS, LOWER_PANEL, axis, curve
from trainability.figures.training_run import count_distinct, earlier_kin, span_of_steps

PLANE = 2.0  # half the side of the square of inputs that is shown
LOWEST = -17.0  # decades; below it a distance is drawn as zero
SOLVED = 0.9  # share of the points classified right
SIDE = 33  # points of the grid on which the network's answers are shown, along each axis
_LOOKS_EQUAL = 0.02  # in each weight
_BUNDLE, _WIDEST_GAP = 0.5, 0.04  # of lines that are drawn side by side, in units of the plane
_LOSSES = (-5, 1)  # decades of the loss that are shown


def read_units_in_training(
    w_in: Tensor,
    w_out: Tensor,
    bias: Tensor,
    points: Tensor,
    nonlinearity: Callable[[Tensor], Tensor],
    step: float,
) -> dict[str, Tensor]:
    """Measure what the figure shows of a network with one hidden layer.

    Parameters
    ----------
    w_in, w_out, bias : Tensor, shapes (H, 3), (1, H) and (1,)
        The network; the third input of a unit is 1, for its bias.
    points : Tensor, shape (n, 3)
        Two inputs and a label of ±1 a row.
    nonlinearity : callable
        That of the hidden units.
    step : float
        Steps made so far.

    Returns
    -------
    dict
        ``lines_x`` and ``lines_y``, where each unit's weighted sum is 0, those of units that look
        equal side by side; ``surface``, what the
        network says on a grid of the plane, from -1 to 1, with ``side``, its coordinates; the
        points of each class; ``distinct``, how many units differ; ``percent``, the share of the
        points classified right, with ``tied`` and ``solved``; and ``span``, how many steps the
        axes show.

    Examples
    --------
    >>> equal = torch.ones(4, 3).double()
    >>> points = torch.tensor([[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]]).double()
    >>> given = {"points": points, "nonlinearity": torch.tanh, "step": 0}
    >>> read = read_units_in_training(equal, equal[:, :1].T, equal[0, :1], **given)
    >>> read["distinct"].item(), read["percent"].item()
    (1.0, 100.0)
    """
    side = (torch.arange(SIDE) / (SIDE - 1) * 2 - 1).double() * PLANE
    across, up = side.expand(SIDE, SIDE), side.view(-1, 1).expand(SIDE, SIDE)
    grid = torch.stack([across, up], dim=-1).view(SIDE * SIDE, 2)

    def answers(inputs: Tensor) -> Tensor:
        hidden = nonlinearity(inputs @ w_in[:, :2].T + w_in[:, 2])
        return (hidden @ w_out.T)[:, 0] + bias

    nan = torch.full_like(w_in[:, 0], math.nan)
    size = w_in[:, :2].square().sum(1, keepdim=True)
    nearest = -w_in[:, 2:] * w_in[:, :2] / size
    along = torch.stack([-w_in[:, 1], w_in[:, 0]], dim=1) / size.sqrt() * (3 * PLANE)
    units = torch.cat([w_in, w_out.T], dim=1)
    aside = side_by_side(units).unsqueeze(1) * w_in[:, :2] / size.sqrt()
    ends = [nearest + aside - along, nearest + aside + along]
    label = points[:, 2]
    right = ((answers(points[:, :2]) * label) > 0).double().mean()
    distinct = count_distinct(units)
    absent = torch.full_like(label, math.nan)
    classes = {
        f"{name}_{c}": torch.where(label == each, points[:, i], absent)
        for each, name in ((1, "plus"), (-1, "minus"))
        for i, c in enumerate("xy")
    }
    return {
        "lines_x": torch.stack([*(end[:, 0] for end in ends), nan], dim=1).view(-1),
        "lines_y": torch.stack([*(end[:, 1] for end in ends), nan], dim=1).view(-1),
        "side": side,
        "surface": answers(grid).tanh().view(SIDE, SIDE),
        **classes,
        "distinct": distinct,
        "percent": (100 * right + 0.5).floor(),
        "right": right,
        "tied": distinct == 1,
        "solved": right > SOLVED,
        "span": span_of_steps(step, like=right),
    }


def side_by_side(units: Tensor) -> Tensor:
    """Return how far to shift the line of each unit, so that eight equal ones are seen to be eight.

    Parameters
    ----------
    units : Tensor, shape (H, 4)

    Returns
    -------
    Tensor, shape (H,)
        0 for a unit that no other is close to; for the others equal steps around 0, in all no
        wider than the figure's bundle.

    Examples
    --------
    >>> units = torch.tensor([[1.0, 0.0], [1.0, 0.0], [5.0, 0.0]])
    >>> (side_by_side(units) / side_by_side(units).max()).tolist()
    [-1.0, 1.0, 0.0]
    """
    near = (units.unsqueeze(1) - units.unsqueeze(0)).abs().amax(2) <= _LOOKS_EQUAL
    before = earlier_kin(near).double().sum(1)
    together = near.double().sum(1)
    gap = torch.clamp(_BUNDLE / together, max=_WIDEST_GAP)
    return (before - (together - 1) / 2) * gap


def log_distance(w_in: Tensor, w_out: Tensor) -> Tensor:
    """Return log10 of how far units are from their mean, root mean square.

    Parameters
    ----------
    w_in, w_out : Tensor, shapes (H, d) and (K, H)

    Returns
    -------
    Tensor
        A number, not below what the figure draws as zero.

    Examples
    --------
    >>> log_distance(torch.tensor([[1.0], [-1.0]]), torch.zeros(1, 2)).item()
    0.0
    """
    units = torch.cat([w_in, w_out.T], dim=1)
    size = (units - units.mean(0, keepdim=True)).square().sum(1).mean().sqrt()
    return torch.log(size.clamp(min=10**LOWEST)) / math.log(10)


def _distance_axis(**more: Any) -> dict[str, Any]:
    """The axis of log10 of the distance of units, whose lowest tick stands for zero."""
    ticks = [LOWEST, -12, -8, -4, 0]
    labels = ["0", *(f"10{superscript(int(tick))}" for tick in ticks[1:-1]), "1"]
    shown = {"range": [LOWEST - 1, 1.5], "tickvals": ticks, "ticktext": labels}
    return axis("distance of the units", **more) | shown


def _judged(tied: Any, solved: Any, rest: Any) -> Any:
    return first_of(("tied", tied), ("solved", solved), (None, rest))


def _class(name: str, label: int, words: str) -> dict[str, Any]:
    marker = {"symbol": CLASS_SYMBOLS[label], "size": 9, "color": CLASSES[label]}
    marker["line"] = {"width": 1, "color": INK}
    points = mark(f"{name}_x"), mark(f"{name}_y")
    return curve(*points, words, mode="markers", marker=marker) | {"hoverinfo": "skip"}


_SETTING = (
    "{nonlinearity}, {optimizer}, rate {lr:3}, dropout {dropout}, spread {spread:3}, "
    "pull {glue:3}, step {step}"
)
_STORY = f"{_SETTING}: {{distinct:3}} different units of {{width}}, {{percent:3}}% right: "
_DIFFERENT = sentence("{distinct:3} different units, {percent:3}% right")
_BELOW: dict[str, Any] = {"showlegend": False}
_THIRD: dict[str, Any] = {"xaxis": "x3", "yaxis": "y3"}
_PLANE = {"range": [-PLANE, PLANE], "zeroline": False}
_STEPS = {"range": [0, mark("span")], "zeroline": False}

UNITS_IN_TRAINING: dict[str, Any] = {
    "data": [
        {
            "type": "contour",
            "x": mark("side"),
            "y": mark("side"),
            "z": mark("surface"),
            "zmin": -1,
            "zmax": 1,
            "colorscale": OUTPUT,
            "contours": {"start": -0.5, "end": 0.5, "size": 0.5},
            "line": {"width": 1, "color": REFERENCE},
            "showscale": False,
            "name": "what the network says",
            "hovertemplate": "(%{x:.2f}, %{y:.2f}): %{z:.2f}<extra></extra>",
        },
        _class("plus", 1, "label +1"),
        _class("minus", -1, "label −1"),
        curve(mark("lines_x"), mark("lines_y"), "hidden units: where z = 0")
        | {"line": {"color": HIDDEN_UNIT, "width": 2}, "hoverinfo": "skip"},
        curve(mark("steps"), mark("loss"), "loss", **_BELOW, **LOWER_PANEL),
        curve(mark("steps"), mark("distance"), "log10 of the distance", **_BELOW, **_THIRD),
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("All {width} units are one: one line, {percent:3}% right"),
                _DIFFERENT,
                _DIFFERENT,
            )
        },
        "meta": {
            "summary": _judged(
                sentence(f"{_SETTING}: 1 unit of {{width}}, {{percent:3}}% right: tied."),
                sentence(f"{_STORY}solved."),
                sentence(f"{_STORY}not solved."),
            ),
            "verdict": _judged("tied", "solved", "not solved"),
            "distinct": mark("distinct"),
            "right": mark("right"),
            "step": mark("step"),
        },
        "height": 860,
        "dragmode": False,
        "xaxis": axis("first input", **_PLANE),
        "yaxis": axis("second input", domain=[0.47, 1], **_PLANE),
        "xaxis2": axis("", anchor="y2", **_STEPS),
        "yaxis2": axis("loss", domain=[0.22, 0.36], anchor="x2", type="log", dtick=2)
        | {"range": list(_LOSSES), "exponentformat": "power"},
        "xaxis3": axis("step of training", anchor="y3", **_STEPS),
        "yaxis3": _distance_axis(domain=[0, 0.16], anchor="x3"),
    },
}
