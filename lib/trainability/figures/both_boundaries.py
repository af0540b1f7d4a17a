"""Points of two classes in the plane, with the boundaries of both biases; filled in by a page."""

from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import BIASES, CLASSES, INK, REFERENCE
from trainability.figures.traces import CLASS_SYMBOLS, axis, curve

ALIKE = 0.05  # of the weights and of the bias
_BROKEN = 1e-3  # from here on a point stands within the margin
_PUSHES = 1e-4  # of the largest multiplier
_FAR = 60.0
_PENALIZED, _FREE, _ = BIASES


def read_both_boundaries(points: Tensor, **solved: Tensor) -> dict[str, Tensor]:
    """Measure what the figure shows of both programs.

    Parameters
    ----------
    points, **solved
        What :func:`trainability.svm_bias.both_boundaries` returns.

    Returns
    -------
    dict
        Places of both classes and of the points that push in either program, nan for the others;
        ends of the lines w·x + b = −1, 0, 1, as ``line_x_1_0`` …; ``broken``, whether a point
        stands within either margin, ``alike``, whether weights and biases differ by less than 5
        percent; ``pushing_1`` and ``pushing_2``, how many points push;
        ``least_plus`` and ``least_minus``, the least y(w·x + b) of the first program in each
        class; ``sum_1`` and ``sum_2``, Σ alpha_i y_i; ``w1``, ``w2``, ``v1``, ``v2``, the entries
        of the normals.

    Examples
    --------
    >>> from trainability.svm_bias import both_boundaries
    >>> two = torch.tensor([[1.0, 0.0, 1.0], [-4.0, 0.0, -1.0]], dtype=torch.float64)
    >>> read = read_both_boundaries(**both_boundaries(two))
    >>> read["alike"].item(), read["pushing_1"].item(), read["pushing_2"].item()
    (False, 1.0, 2.0)
    """
    x, y, labels = points[:, 0], points[:, 1], points[:, 2]
    none = torch.full_like(x, float("nan"))
    seen: dict[str, Tensor] = {}
    for name, label in (("plus", 1), ("minus", -1)):
        there = labels == label
        seen |= {f"{name}_x": torch.where(there, x, none), f"{name}_y": torch.where(there, y, none)}
    ends = torch.arange(2).double() * 2 - 1
    for k in (1, 2):
        w, b, alpha = solved[f"w_{k}"], solved[f"b_{k}"], solved[f"alpha_{k}"]
        pushes = alpha > _PUSHES * alpha.amax()
        seen |= {
            f"ring_x_{k}": torch.where(pushes, x, none),
            f"ring_y_{k}": torch.where(pushes, y, none),
            f"pushing_{k}": pushes.double().sum(),
            f"sum_{k}": (alpha * labels).sum(),
        }
        square = w.square().sum()
        for at, level in enumerate((0.0, -1.0, 1.0)):
            foot = (level - b) / square
            along = _FAR / square.sqrt() * ends
            seen |= {f"line_x_{k}_{at}": foot * w[0] - along * w[1]}
            seen |= {f"line_y_{k}_{at}": foot * w[1] + along * w[0]}
    scores = labels * ((points[:, :2] @ solved["w_1"].view(2, 1))[:, 0] + solved["b_1"])
    far = torch.full_like(x, float("inf"))
    apart = (solved["w_1"] - solved["w_2"]).square().sum().sqrt()
    offset = (solved["b_1"] - solved["b_2"]).abs()
    length = solved["w_2"].square().sum().sqrt()
    names = ("w1", "w2", "v1", "v2")
    entries = [solved[w][i] for w in ("w_1", "w_2") for i in (0, 1)]
    return (
        seen
        | dict(zip(names, entries, strict=True))
        | {
            "broken": torch.maximum(solved["violation_1"], solved["violation_2"]) > _BROKEN,
            "alike": (apart <= ALIKE * length)
            & (offset <= ALIKE * solved["b_2"].abs().clamp(min=1)),
            "least_plus": torch.where(labels > 0, scores, far).amin(),
            "least_minus": torch.where(labels < 0, scores, far).amin(),
        }
    )


_WORDS = ("one class", "an interval", "points within the margin", "alike", "differ")
_CASES = ("one_class", "interval", "broken", "alike", None)


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(_CASES, parts, strict=True))


_SETTING = "{loss}, C = {price:3}, B = {bias_feature:2}: "
_STORY = _SETTING + (
    "with the penalized bias w = ({w1:3}, {w2:3}), b = {b_1:3}, margin {margin_1:3}, points that "
    "push: {pushing_1}; with the free bias w = ({v1:3}, {v2:3}), b = {b_2:3}, margin {margin_2:3}, "
    "points that push: {pushing_2}; the normals are {angle:2}° apart"
)


def _lines(k: int, name: str, dash: str) -> list[dict[str, Any]]:
    look = {"color": BIASES[name], "dash": dash}
    return [
        curve(mark(f"line_x_{k}_{at}"), mark(f"line_y_{k}_{at}"), f"{name}{words}")
        | {"line": look | {"width": 3 if at == 0 else 1}, "showlegend": at == 0}
        | {"hoverinfo": "skip"}
        for at, words in enumerate(("", ", −1", ", +1"))
    ]


def _class(name: str, label: int) -> dict[str, Any]:
    marker = {"symbol": CLASS_SYMBOLS[label], "size": 12, "color": CLASSES[label]}
    marker["line"] = {"width": 1, "color": INK}
    words = "label 1" if label > 0 else "label −1"
    return curve(mark(f"{name}_x"), mark(f"{name}_y"), words, mode="markers", marker=marker)


def _ring(k: int, name: str, size: int) -> dict[str, Any]:
    marker = {"symbol": "circle-open", "size": size, "color": BIASES[name]}
    marker["line"] = {"width": 2.5}
    there = curve(mark(f"ring_x_{k}"), mark(f"ring_y_{k}"), f"pushes, {name}", mode="markers")
    return there | {"marker": marker, "showlegend": False, "hoverinfo": "skip"}


BOTH_BOUNDARIES: dict[str, Any] = {
    "data": [
        *_lines(1, _PENALIZED, "dot"),
        *_lines(2, _FREE, "dash"),
        curve([0], [0], "origin", mode="markers")
        | {"marker": {"symbol": "cross", "size": 12, "color": REFERENCE}, "hoverinfo": "skip"},
        _ring(2, _FREE, 24),
        _ring(1, _PENALIZED, 18),
        _class("plus", 1),
        _class("minus", -1),
    ],
    "layout": {
        "title": {
            "text": _judged(
                "One class alone: the free bias has no single answer",
                "All multipliers of the free bias are at C: it may lie in an interval",
                sentence(
                    "C = {price:3}: points stand within a margin; the normals are {angle:2}° apart"
                ),
                sentence("C = {price:3}, alike: margins {margin_1:3} and {margin_2:3}"),
                sentence(
                    "C = {price:3}: margins {margin_1:3} and {margin_2:3}, normals {angle:2}° apart"
                ),
            )
        },
        "meta": {
            "summary": _judged(
                sentence(_SETTING + "one class alone; every b ≥ 1 does, or every b ≤ −1."),
                *(sentence(f"{_STORY}: {word}.") for word in _WORDS[1:]),
            ),
            "verdict": _judged(*_WORDS),
            "angle": mark("angle"),
            "violation": mark("violation_2"),
            "pushing_1": mark("pushing_1"),
            "pushing_2": mark("pushing_2"),
        },
        "height": 500,
        "dragmode": False,
        "hovermode": "closest",
        "xaxis": axis("first feature", range=[-9, 9], fixedrange=True),
        "yaxis": axis("second feature", range=[-6, 6], fixedrange=True)
        | {"scaleanchor": "x", "constrain": "domain"},
    },
}
