"""The two weights of one ReLU unit: names of one function, and the way of gradient descent.

It is written once, with marks for what :func:`read_orbits` returns.
"""

import math
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import HERE, MEASURED, MUTED, PREDICTED, REFERENCE
from trainability.figures.traces import axis, clickable, curve

SIDE = 4.0  # of the square of positive weights that is shown
_POINTS = 61  # of each curve
_PRODUCTS, _DIFFERENCES = (0.25, 0.5, 2.0, 4.0, 7.0), (-9.0, -4.0, -1.0, 0.0, 1.0, 4.0, 9.0)
_ARRIVED = 0.01  # of the product from 1


def orbit_of(product: Tensor) -> Tensor:
    """Return places (w, v) with one product, which a ReLU unit's function depends on alone.

    Parameters
    ----------
    product : Tensor, shape ()

    Returns
    -------
    Tensor, shape (61, 2)

    Examples
    --------
    >>> products = orbit_of(torch.tensor(2.0).double()).prod(dim=1)
    >>> round(products.min().item(), 6), round(products.max().item(), 6)
    (2.0, 2.0)
    """
    turns = (torch.arange(_POINTS) / (_POINTS - 1) * 2 - 1).double() * math.log(4 * SIDE)
    size = product.sqrt()
    return torch.stack([size * turns.exp(), size * (-turns).exp()], dim=1)


def flow_line_of(difference: float) -> Tensor:
    """Return places with one value of w² − v², which gradient flow keeps, shape (61, 2).

    Examples
    --------
    >>> w, v = flow_line_of(1.0)[5].tolist()
    >>> round(w**2 - v**2, 6)
    1.0
    """
    along = (torch.arange(_POINTS) / (_POINTS - 1)).double() * SIDE
    other = (along.square() + abs(difference)).sqrt()
    return torch.stack([other, along] if difference > 0 else [along, other], dim=1)


def _line_through(start: Tensor) -> Tensor:
    """Places with the start's w² − v², whichever of the two is the larger."""
    along = (torch.arange(_POINTS) / (_POINTS - 1)).double() * SIDE
    kept = start[0].square() - start[1].square()
    w = (along.square() + kept.clamp(min=0)).sqrt()
    v = (along.square() - kept.clamp(max=0)).sqrt()
    return torch.stack([w, v], dim=1)


def read_orbits(path: Tensor) -> dict[str, Tensor]:
    """Arrange a path, the orbit through its start, and both families of curves.

    Parameters
    ----------
    path : Tensor, shape (T, 2)
        The weights w and v, both positive at the start; the unit is right where w·v = 1.

    Returns
    -------
    dict
        The path, the orbit, the minimizers and both families by coordinate; where the path
        begins and ends; ``kept_before`` and ``kept_after``, w² − v²; ``product``, w·v at the
        end; ``sharpness``, the largest curvature there; ``arrived``; and ``dead``, whether w ended
        where ReLU passes nothing on.

    Examples
    --------
    >>> read = read_orbits(torch.tensor([[2.0, 0.25], [2.0, 0.5]]).double())
    >>> read["arrived"].item(), read["sharpness"].item(), read["product"].item()
    (True, 4.25, 1.0)
    """
    start, end = path[0], path[-1]
    gap = torch.full((1, 2), math.nan).double()
    product = end[0].clamp(min=0) * end[1]

    def joined(curves: list[Tensor]) -> Tensor:
        return torch.cat([part for each in curves for part in (each, gap)])

    curves = {
        "path": path,
        "orbit": orbit_of(start[0] * start[1]),
        "right": orbit_of(torch.ones_like(product)),
        "orbits": joined([orbit_of(torch.ones_like(product) * each) for each in _PRODUCTS]),
        "flow": joined([flow_line_of(each) for each in _DIFFERENCES]),
        "line": _line_through(start),
        "start": path[:1],
        "end": path[-1:],
    }
    size = end.square().sum()
    # Of (w·v − 1)² / 2 in both weights.
    sharpness = (
        size / 2 + ((size / 2).square() - product.square() + (2 * product - 1).square()).sqrt()
    )
    return {
        f"{name}_{c}": each[:, i] for name, each in curves.items() for i, c in enumerate("xy")
    } | {
        "w_start": start[0],
        "v_start": start[1],
        "w_end": end[0],
        "v_end": end[1],
        "kept_before": start[0].square() - start[1].square(),
        "kept_after": end[0].square() - end[1].square(),
        "product": product,
        "sharpness": sharpness,
        "arrived": (product - 1).abs() <= _ARRIVED,
        "dead": end[0] <= 0,
    }


def _judged(arrived: Any, dead: Any, rest: Any) -> dict[str, Any]:
    return first_of(("arrived", arrived), ("dead", dead), (None, rest))


def _drawn(name: str, words: str, **line: Any) -> dict[str, Any]:
    return curve(mark(f"{name}_x"), mark(f"{name}_y"), words, line=line, hoverinfo="skip")


def _marked(name: str, words: str, **marker: Any) -> dict[str, Any]:
    places = mark(f"{name}_x"), mark(f"{name}_y")
    return curve(*places, words, mode="markers", marker=marker, hoverinfo="skip")


_STORY = (
    "From w = {w_start:3}, v = {v_start:3} at rate {lr:3} to w = {w_end:3}, v = {v_end:3}: w·v is "
    "{product:3}, w² − v² was {kept_before:3} and is {kept_after:3}, the sharpness {sharpness:3}: "
)
_VERDICTS = ("arrived", "dead", "not arrived")
_SHOWN = {"range": [0, SIDE], "dtick": 1, "constrain": "domain", "automargin": True}

ORBITS: dict[str, Any] = {
    "data": [
        clickable(0.1, SIDE, 40),
        _drawn("orbits", "one function each: w·v = const", color=MUTED, width=1.5),
        _drawn("flow", "kept by small steps: w² − v²", color=REFERENCE, width=1, dash="dot"),
        _drawn("line", "the start's w² − v²", color=HERE, width=2, dash="dot"),
        _drawn("right", "no loss: w·v = 1", color=PREDICTED, width=3),
        _drawn("orbit", "the start's function", color=HERE, width=3, dash="dash"),
        _drawn("path", "gradient descent", color=MEASURED, width=3),
        _marked("start", "start", color=MEASURED, size=12),
        _marked("end", "end", color=MEASURED, size=11, symbol="x"),
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("It arrives with sharpness {sharpness:3}"),
                sentence("It dies: w is {w_end:3}"),
                sentence("It does not arrive: w·v is {product:3}"),
            )
        },
        "meta": {
            "summary": _judged(*(sentence(f"{_STORY}{words}.") for words in _VERDICTS)),
            "verdict": _judged(*_VERDICTS),
            "sharpness": mark("sharpness"),
            "kept": mark("kept_after"),
            "pick": {"set": {"w": "x", "v": "y"}},
        },
        "height": 600,
        "dragmode": False,
        "xaxis": axis("incoming weight w", **_SHOWN),
        "yaxis": axis("outgoing weight v", scaleanchor="x", **_SHOWN),
    },
}
