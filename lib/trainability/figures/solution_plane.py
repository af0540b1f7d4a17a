"""The plane of solutions of two bias programs, and the line of the data, filled in by a page."""

from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import ALLOWED, BIASES, CLASSES, INK, MUTED, REFERENCE
from trainability.figures.traces import CLASS_SYMBOLS, axis, curve

SAME = 1e-6  # of two boundaries
_PENALIZED, _FREE, _ = BIASES
_FEW = 1e-9  # of a multiplier that pushes


def read_solution_plane(
    u: Tensor,
    corner: Tensor,
    multipliers: Tensor,
    boundary_1: Tensor,
    boundary_2: Tensor,
    margin_1: Tensor,
    margin_2: Tensor,
    radius: Tensor,
    points: Tensor,
    zero: Tensor,
    **drawn: Tensor,
) -> dict[str, Tensor]:
    """Measure what the figure shows of both programs.

    Parameters
    ----------
    u, corner, multipliers, boundary_1, boundary_2, margin_1, margin_2, radius
        As below.
    points, zero, **drawn
        What :func:`trainability.svm_bias.solution_plane` returns.

    Returns
    -------
    dict
        ``same``, whether the boundaries agree, ``alone``, whether one constraint pushes alone;
        ``lambda_1`` and ``lambda_2``; ``first_x``, ``second_x`` and ``zero_x``, the points and
        the origin; the rows of the edges, ``edge_x_0`` …; ``u_x``, ``u_y``, ``corner_x``,
        ``corner_y``, of one entry; ``line_x``, twice the corner's w, and ``line_y``; ``bar_1``
        and ``bar_2``, ends of the margins; ``push_x_0`` … of each push, nan for none;
        ``objective_1`` and ``objective_2``; ``times``, the second margin over the first.

    Examples
    --------
    >>> one, two = torch.ones(()), torch.ones(2)
    >>> same = {"boundary_1": one, "boundary_2": one, "margin_1": one, "margin_2": one}
    >>> rows = {"edge_x": torch.ones(2, 2), "edge_y": torch.ones(2, 2)}
    >>> given = {"u": two, "corner": two, "multipliers": two, "radius": one, "points": two}
    >>> pushes = {"pushes_x": torch.ones(3), "pushes_y": torch.ones(3)}
    >>> read_solution_plane(zero=one, **pushes, **given, **same, **rows)["same"].item()
    True
    """
    edges = {f"edge_{c}_{k}": drawn[f"edge_{c}"][k] for c in ("x", "y") for k in range(2)}
    ends = torch.arange(2).double() * 2 - 1
    # From 0 along the first push, then along the second; one that is none has no arrow.
    none = torch.full_like(ends, float("nan"))
    pushes = {
        f"push_{c}_{k}": torch.where(multipliers[k] > _FEW, drawn[f"pushes_{c}"][k : k + 2], none)
        for c in ("x", "y")
        for k in range(2)
    }
    return (
        edges
        | pushes
        | {
            "times": margin_2 / margin_1,
            "same": (boundary_1 - boundary_2).abs() < SAME,
            "alone": multipliers.amin() < _FEW,
            "lambda_1": multipliers[0],
            "lambda_2": multipliers[1],
            "first_x": points[:1],
            "second_x": points[1:],
            "zero_x": zero.view(1),
            "u_x": u[:1],
            "u_y": u[1:],
            "corner_x": corner[:1],
            "corner_y": corner[1:],
            "line_x": corner[:1].expand(2),
            "line_y": 40.0 * ends,
            "edge_1": boundary_1.view(1).expand(2),
            "edge_2": boundary_2.view(1).expand(2),
            "bar_1": boundary_1 + margin_1 * ends,
            "bar_2": boundary_2 + margin_2 * ends,
            "objective_1": radius.square() / 2,
            "objective_2": corner[0].square() / 2,
        }
    )


_WORDS = ("one boundary", "one constraint pushes alone", "two boundaries")


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("same", "alone", None), parts, strict=True))


def _point(x: str, y: Any, name: str, label: int, **more: Any) -> dict[str, Any]:
    marker = {"symbol": CLASS_SYMBOLS[label], "size": 13, "color": CLASSES[label]}
    marker["line"] = {"width": 1, "color": INK}
    return curve(mark(x), y, name, mode="markers", marker=marker, cliponaxis=False, **more)


def _push(k: int, **more: Any) -> dict[str, Any]:
    arrow = {"angleref": "previous", "symbol": "arrow", "size": 12, "color": REFERENCE}
    path = curve(mark(f"push_x_{k}"), mark(f"push_y_{k}"), "pushes λ₁p₁, λ₂p₂", **more)
    return path | {"mode": "lines+markers", "line": {"color": MUTED, "width": 3}, "marker": arrow}


_STORY = (
    "Points {positive:3} (+) and {negative:3} (−), origin at {origin:2}, B = {bias_feature:2}: "
    "with the penalized bias the boundary is at {boundary_1:3}, margin {margin_1:3}, objective "
    "{objective_1:3}, multipliers {lambda_1:2} and {lambda_2:2}; with the free bias at "
    "{boundary_2:3}, margin {margin_2:3}, objective {objective_2:3}"
)
_BELOW: dict[str, Any] = {"xaxis": "x2", "yaxis": "y2"}
_BELOW_ALL = -1.4  # where the origin is held, apart from the points
_HANDLE: dict[str, Any] = {"subplot": "x2y2"}
_ONE = {"color": BIASES[_PENALIZED], "width": 3}
_TWO = {"color": BIASES[_FREE], "width": 3, "dash": "dash"}
_EDGE = {"color": REFERENCE, "width": 1.5}

SOLUTION_PLANE: dict[str, Any] = {
    "data": [
        curve(mark("wedge_x"), mark("wedge_y"), "both constraints hold", hoverinfo="skip")
        | {"fill": "toself", "fillcolor": ALLOWED, "line": {"width": 0}},
        curve(mark("edge_x_0"), mark("edge_y_0"), "u·p₁ = 1")
        | {"line": {**_EDGE, "color": CLASSES[1]}, "hoverinfo": "skip"},
        curve(mark("edge_x_1"), mark("edge_y_1"), "u·p₂ = 1")
        | {"line": {**_EDGE, "color": CLASSES[-1]}, "hoverinfo": "skip"},
        curve(mark("circle_x"), mark("circle_y"), "as long as the shortest u")
        | {"line": {**_ONE, "width": 2}, "showlegend": False, "hoverinfo": "skip"},
        curve(mark("line_x"), mark("line_y"), "least |w|")
        | {"line": {**_TWO, "width": 2}, "showlegend": False, "hoverinfo": "skip"},
        _push(0, showlegend=True),
        _push(1, showlegend=False),
        curve(mark("u_x"), mark("u_y"), "penalized bias", mode="markers")
        | {"marker": {"size": 13, "color": BIASES[_PENALIZED], "symbol": "diamond"}},
        curve(mark("corner_x"), mark("corner_y"), "free bias", mode="markers")
        | {"marker": {"size": 13, "color": BIASES[_FREE], "symbol": "x"}},
        _point("first_x", [0], "label 1", 1, showlegend=False, **_BELOW),
        _point("second_x", [0], "label −1", -1, showlegend=False, **_BELOW),
        curve(mark("zero_x"), [_BELOW_ALL], "origin", mode="markers", showlegend=False, **_BELOW)
        | {"marker": {"symbol": "cross", "size": 13, "color": REFERENCE}, "cliponaxis": False},
        curve(mark("edge_1"), [-1, 1.2], "boundary, penalized", showlegend=False, **_BELOW)
        | {"line": _ONE},
        curve(mark("edge_2"), [-1.2, 1], "boundary, free", showlegend=False, **_BELOW)
        | {"line": _TWO},
        curve(mark("bar_1"), [0.8, 0.8], "margin, penalized", showlegend=False, **_BELOW)
        | {"line": {**_ONE, "width": 5}},
        curve(mark("bar_2"), [-0.8, -0.8], "margin, free", showlegend=False, **_BELOW)
        | {"line": {**_TWO, "width": 5, "dash": "solid"}},
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("The circle touches the wedge at its corner: one boundary"),
                sentence("The circle touches an edge: margins {margin_1:3} and {margin_2:3}"),
                sentence("Margins {margin_1:3} and {margin_2:3}"),
            )
        },
        "meta": {
            "summary": _judged(*(sentence(f"{_STORY}: {word}.") for word in _WORDS)),
            "verdict": _judged(*_WORDS),
            "boundary_1": mark("boundary_1"),
            "boundary_2": mark("boundary_2"),
            "margin_1": mark("margin_1"),
            "margin_2": mark("margin_2"),
            "times": mark("times"),
            "handles": [
                _HANDLE | {"x": mark(axis), "y": y, "set": {axis: "x"}}
                for axis, y in (("positive", 0), ("negative", 0), ("origin", _BELOW_ALL))
            ],
        },
        "height": 760,
        "dragmode": False,
        "xaxis": axis("slope w", range=[-1.3, 1.7], fixedrange=True),
        "yaxis": axis("bias over B, b/B", domain=[0.34, 1], range=[-1.3, 1.7], fixedrange=True)
        | {"scaleanchor": "x", "constrain": "domain"},
        "xaxis2": axis("the line of the data", anchor="y2", range=[-13, 4.5], fixedrange=True),
        "yaxis2": axis("", domain=[0, 0.2], anchor="x2", range=[-1.7, 1.4], fixedrange=True)
        | {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False},
    },
}
