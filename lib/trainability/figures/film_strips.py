"""Strips of small pictures, one a layer: a circle's images, and the arrows of ten gradients.

They are written once, with marks for what the functions here return.
"""

import math
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import HERE, MEASURED, MUTED, PREDICTED, WARNING
from trainability.figures.traces import LOWER_PANEL, axis, curve

NEEDLE = 100.0  # an aspect ratio beyond which a circle's image looks like a line
ROUND = 0.005  # decades; a ratio below still prints as 1
COLUMNS = 8  # pictures in a row
_PITCH = 2.5  # from one picture to the next
_ROWS = 4


def _laid_out(pictures: Tensor, place: Tensor) -> Tensor:
    """Put pictures (T, P, 2) into rows at places (T,), each ended by NaN: (T · (P + 1), 2)."""
    place = place.double()
    row = torch.floor(place / COLUMNS)
    offsets = torch.stack([(place - COLUMNS * row) * _PITCH, -row * _PITCH], dim=1)
    shifted = pictures + offsets.unsqueeze(1)
    gaps = torch.full_like(shifted[:, :1], math.nan)
    return torch.cat([shifted, gaps], dim=1).reshape(-1, 2)


def read_circle(images: Tensor, radii: Tensor, log_aspect: Tensor) -> dict[str, Tensor]:
    """Lay the images of a circle out in rows, and say what has become of it.

    Parameters
    ----------
    images : Tensor, shape (L + 1, P, 2)
    radii : Tensor, shape (L + 1, 2, 2)
        Images of two radii at right angles.
    log_aspect : Tensor, shape (L + 1,)
        log10 of length over width.

    Returns
    -------
    dict
        ``strip_x``, ``strip_y``, and the same of ``first`` and ``second``, the radii with their
        opposites; ``layer``; ``log_aspect``; ``doubling``, the line on which the ratio doubles;
        ``aspect`` at the end, ``needle`` and ``round``; ``sine``, of the angle between the radii.

    Examples
    --------
    >>> still = torch.eye(2).double().expand(3, 2, 2)
    >>> read = read_circle(torch.zeros(3, 5, 2).double(), still, torch.zeros(3).double())
    >>> read["round"].item(), read["sine"].item()
    (True, 1.0)
    """
    layer = torch.arange(images.shape[0])
    lines = {
        name: _laid_out(torch.stack([-radii[:, i], radii[:, i]], dim=1), layer)
        for i, name in enumerate(("first", "second"))
    }
    last = radii[-1]
    lengths = last.square().sum(1).sqrt().clamp(min=1e-300)
    area = (last[0, 0] * last[1, 1] - last[0, 1] * last[1, 0]).abs()
    strips = {"strip": _laid_out(images, layer), **lines}
    ends = log_aspect[-1]
    return {f"{name}_{c}": xy[:, i] for name, xy in strips.items() for i, c in enumerate("xy")} | {
        "layer": layer,
        "log_aspect": log_aspect,
        "doubling": layer.double() * math.log10(2),
        "aspect": torch.exp(ends * math.log(10)),
        "needle": ends >= math.log10(NEEDLE),
        "round": ends < ROUND,
        "sine": area / (lengths[0] * lengths[1]).clamp(min=1e-300),
    }


def read_gradients(rank: Tensor, of_ten: Tensor, cosines: Tensor) -> dict[str, Tensor]:
    """Draw ten arrows in the plane of the first two, layer by layer, and count directions.

    Parameters
    ----------
    rank, of_ten : Tensor, shape (L + 1,)
        Effective ranks of the Jacobian and of the ten gradients, in the order of the layers; the
        last before the first step back.
    cosines : Tensor, shape (L + 1, 10, 10)

    Returns
    -------
    dict
        ``arrows_x``, ``arrows_y`` and ``rim_x``, ``rim_y``; ``back``, layers gone back; ``rank``,
        ``of_ten``; ``linear``, n / (k + 1), the rank behind k linear Gaussian layers; ``rank_end``,
        ``of_ten_end``, ``width``, and ``lost``, whether fewer than 2 of ten directions are left.

    Examples
    --------
    >>> read = read_gradients(torch.tensor([9.0]), torch.tensor([10.0]), torch.eye(10)[None])
    >>> read["lost"].item(), tuple(read["arrows_x"].shape)
    (False, (21,))
    """
    along = cosines[:, 0].double()
    with_second = cosines[:, 1].double()
    between = along[:, 1:2]
    across = (with_second - between * along) / (1 - between.square()).clamp(min=1e-9).sqrt()
    tips = torch.stack([along, across], dim=2)
    star = torch.stack([torch.zeros_like(tips), tips], dim=2).reshape(cosines.shape[0], 20, 2)
    turn = torch.arange(37).double() * (2 * math.pi / 36)
    rim = torch.stack([turn.cos(), turn.sin()], dim=1).expand(cosines.shape[0], 37, 2)
    count = rank.shape[0]
    back = count - 1 - torch.arange(count)
    strips = {"arrows": _laid_out(star, back), "rim": _laid_out(rim, back)}
    return {f"{name}_{c}": xy[:, i] for name, xy in strips.items() for i, c in enumerate("xy")} | {
        "back": back,
        "rank": rank,
        "of_ten": of_ten,
        "linear": rank[-1] / (back + 1),
        "rank_end": rank[0],
        "of_ten_end": of_ten[0],
        "lost": of_ten[0] < 2,
    }


def _strip(name: str, words: str, **line: Any) -> dict[str, Any]:
    return curve(mark(f"{name}_x"), mark(f"{name}_y"), words, line=line, hoverinfo="skip")


def _layout(below: dict[str, Any], across: str) -> dict[str, Any]:
    bare = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False}
    width, height = COLUMNS * _PITCH, _ROWS * _PITCH
    first, up = -_PITCH / 2, _PITCH / 2
    return {
        "height": 640,
        "dragmode": False,
        "xaxis": axis("", range=[first, first + width], anchor="y", **bare)
        | {"constrain": "domain", "fixedrange": True},
        "yaxis": axis("", range=[up - height, up], domain=[0.45, 1], scaleanchor="x", **bare)
        | {"constrain": "domain", "constraintoward": "top", "fixedrange": True},
        "xaxis2": axis(across, anchor="y2", rangemode="tozero", zeroline=False)
        | {"automargin": True},
        "yaxis2": below | {"anchor": "x2", "automargin": True},
    }


_CIRCLE = (
    "{kind}, share {share:2}, {layers} layers: length over width is {aspect:2}, the sine of the "
    "angle between two radii is {sine:2}: "
)
_SHAPES = ("needle", "round", "oval")


def _shaped(needle: Any, still: Any, rest: Any) -> dict[str, Any]:
    return first_of(("needle", needle), ("round", still), (None, rest))


CIRCLE: dict[str, Any] = {
    "data": [
        _strip("strip", "images of the circle", color=MUTED, width=2),
        _strip("first", "one radius", color=HERE, width=3),
        _strip("second", "another", color=MEASURED, width=3, dash="dot"),
        curve(mark("layer"), mark("log_aspect"), "length over width", mode="lines+markers")
        | {"line": {"color": WARNING}, "marker": {"size": 5}, **LOWER_PANEL},
        curve(mark("layer"), mark("doubling"), "doubling in each layer")
        | {"line": {"color": PREDICTED, "dash": "dash"}, **LOWER_PANEL},
    ],
    "layout": _layout(axis("log₁₀ (length / width)", domain=[0, 0.26]), "layer")
    | {
        "title": {
            "text": _shaped(
                sentence("After {layers} layers a needle: {aspect:2} times as long as wide"),
                sentence("After {layers} layers it is still a circle"),
                sentence("After {layers} layers: {aspect:2} times as long as wide"),
            )
        },
        "meta": {
            "summary": _shaped(*(sentence(f"{_CIRCLE}{word}.") for word in _SHAPES)),
            "verdict": _shaped(*_SHAPES),
            "aspect": mark("aspect"),
            "sine": mark("sine"),
        },
    },
}

_GRADIENTS = (
    "{depth} layers of {width}, {nonlinearity}, {weights}, norm {norm}, skip {skip:2}: the "
    "effective rank of the Jacobian falls to {rank_end:2}, ten gradients have {of_ten_end:2} "
    "directions: "
)


def _left(lost: Any, rest: Any) -> dict[str, Any]:
    return first_of(("lost", lost), (None, rest))


GRADIENTS: dict[str, Any] = {
    "data": [
        _strip("rim", "length 1", color=MUTED, width=1),
        _strip("arrows", "ten gradients", color=HERE, width=2),
        curve(mark("back"), mark("rank"), "effective rank of the Jacobian", mode="lines+markers")
        | {"line": {"color": MEASURED}, "marker": {"size": 5}, **LOWER_PANEL},
        curve(mark("back"), mark("linear"), "n / (k + 1), linear Gaussian layers")
        | {"line": {"color": PREDICTED, "dash": "dash"}, **LOWER_PANEL},
        curve(mark("back"), mark("of_ten"), "directions of the ten", mode="lines+markers")
        | {"line": {"color": HERE, "dash": "dot"}, "marker": {"size": 5}, **LOWER_PANEL},
    ],
    "layout": _layout(
        axis("directions", type="log", domain=[0, 0.26], rangemode="tozero"),
        "layers gone back, k",
    )
    | {
        "title": {
            "text": _left(
                sentence("Ten losses come back along one line"),
                sentence("Of ten directions {of_ten_end:2} are left"),
            )
        },
        "meta": {
            "summary": _left(sentence(f"{_GRADIENTS}one line."), sentence(f"{_GRADIENTS}several.")),
            "verdict": _left("one line", "several"),
            "rank": mark("rank_end"),
            "of_ten": mark("of_ten_end"),
        },
    },
}
