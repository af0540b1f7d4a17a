"""Pictures for the lesson on the two biases: the lifted plane, shifted data, clusters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures import two_digits
from trainability.figures.lines import DASHES, marked_line
from trainability.svm_bias import Separator

AUGMENTED, EXPLICIT = "penalized bias", "free bias"


def boundary(found: Separator) -> float:
    """Return where w·x + b = 0 on a line."""
    return -found.b / float(found.w)


def lifted_plane(
    a: float,
    bias_feature: float,
    augmented: Separator,
    explicit: Separator,
    descent: float,
    *,
    curves: Mapping[str, np.ndarray],
    setting: str,
) -> dict[str, Any]:
    """Draw two points on a line, lifted to height B, with both boundaries; and the objectives.

    Parameters
    ----------
    a : float
        The points are 1, labeled 1, and -a, labeled -1.
    bias_feature : float
        B.
    augmented, explicit : Separator
        Solutions of the two programs.
    descent : float
        The boundary where logistic descent stands.
    curves : mapping of str to array, shape (K,)
        ``"a"`` and the objectives of ``"augmented"`` and ``"explicit"`` along it.
    setting : str
        What else is to be said.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds both boundaries and both margins,
        ``threshold`` = 1 + 2B², ``descent`` and the ``verdict``: ``"same"`` up to the
        threshold, else ``"differ"``.
    """
    first, second = boundary(augmented), boundary(explicit)
    threshold = 1 + 2 * bias_feature**2
    differ = abs(first - second) > 1e-9
    verdict = "differ" if differ else "same"
    title = (
        f"Margins {two_digits(augmented.margin)} and {two_digits(explicit.margin)}: "
        "the penalized bias stays behind"
        if differ
        else f"Both programs say the same: margin {two_digits(explicit.margin)}"
    )
    reach = np.array([-0.25, 1.5])
    bars = {"mode": "lines", "type": "scatter", "showlegend": False}
    data = [
        {"type": "scatter", "x": [-a - 3, 4], "y": [bias_feature] * 2, "mode": "lines"}
        | {"name": "the line of the data", "line": {"width": 1, "color": "#808080"}},
        _points([1.0], [bias_feature], "label 1", "circle", "#0072b2"),
        _points([-a], [bias_feature], "label -1", "square", "#d55e00"),
        _edge(first * reach, bias_feature * reach, AUGMENTED, 2),
        _edge([second] * 2, bias_feature * reach, EXPLICIT, 1),
        _edge(descent * reach, bias_feature * reach, "logistic descent", 4),
        bars
        | {"x": [first - augmented.margin, first + augmented.margin], "name": "its margin"}
        | {"y": [1.12 * bias_feature] * 2, "line": {"width": 6, "color": "#009e73"}},
        bars
        | {"x": [second - explicit.margin, second + explicit.margin], "name": "its margin"}
        | {"y": [0.88 * bias_feature] * 2, "line": {"width": 6, "color": "#d55e00"}},
        *_objectives(a, augmented, explicit, curves),
        *_limits(curves["a"], bias_feature),
    ]
    return {
        "data": data,
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"a = {a:g}, B = {bias_feature:g}: boundary {first:.2f}, margin "
                f"{augmented.margin:.2f} with the penalized bias; {second:.2f} and "
                f"{explicit.margin:.2f} with the free one: {verdict}. They part at a = 1+2B² = "
                f"{threshold:g}. {setting}",
                "verdict": verdict,
                "boundary_1": round(first, 4),
                "boundary_2": round(second, 4),
                "margin_1": round(augmented.margin, 4),
                "margin_2": round(explicit.margin, 4),
                "threshold": round(threshold, 4),
                "descent": round(descent, 4),
            },
            "height": 700,
            "xaxis": {"title": {"text": "x"}, "range": [-a - 2, 3]},
            "yaxis": {"title": {"text": "appended coordinate"}, "domain": [0.42, 1]}
            | {"range": [-0.3 * bias_feature, 1.55 * bias_feature]},
            "xaxis2": {"title": {"text": "a"}, "anchor": "y2"}
            | {"range": [float(curves["a"][0]), float(curves["a"][-1])]},
            "yaxis2": {"title": {"text": "objective"}, "domain": [0, 0.26], "anchor": "x2"}
            | {"range": [0, 1.05]},
        },
    }


def _objectives(
    a: float, augmented: Separator, explicit: Separator, curves: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    lower = {"xaxis": "x2", "yaxis": "y2", "mode": "lines", "showlegend": False}
    here = {"type": "scatter", "x": [a, a], "y": [augmented.objective, explicit.objective]}
    return [
        marked_line(curves["a"], curves["augmented"], "½‖u‖²", 2) | lower,
        marked_line(curves["a"], curves["explicit"], "½‖v‖²", 1) | lower,
        here
        | lower
        | {"mode": "markers", "name": "here", "marker": {"size": 10, "symbol": "diamond"}},
    ]


def _limits(a: np.ndarray, bias_feature: float) -> list[dict[str, Any]]:
    """Mark where the programs part, and what their objectives tend to, ½/(1 + B²) and 0."""
    lower = {"type": "scatter", "xaxis": "x2", "yaxis": "y2", "showlegend": False}
    threshold, limit = 1 + 2 * bias_feature**2, 0.5 / (1 + bias_feature**2)
    gray = {"width": 1.5, "dash": "dash", "color": "#606060"}
    thin = {"width": 1, "dash": "dot"}
    ends = [float(a[0]), float(a[-1])]
    return [
        lower
        | {"x": [threshold] * 2, "y": [0, 0.9], "mode": "lines+text", "name": "1+2B²"}
        | {"text": ["", "1+2B²"], "textposition": "top center", "line": gray},
        lower
        | {"x": ends, "y": [limit] * 2, "mode": "lines", "name": "limit of ½‖u‖²"}
        | {"line": thin | {"color": "#009e73"}},
        lower
        | {"x": ends, "y": [0, 0], "mode": "lines", "name": "limit of ½‖v‖²"}
        | {"line": thin | {"color": "#d55e00"}},
    ]


def shifted_data(
    shift: float,
    shifts: np.ndarray,
    boundaries: Mapping[str, np.ndarray],
    *,
    setting: str,
) -> dict[str, Any]:
    """Draw where each program's boundary lies relative to data that are moved along the line.

    Parameters
    ----------
    shift : float
        The shift that is marked; one of ``shifts``.
    shifts : array, shape (K,)
        By how much both points are moved.
    boundaries : mapping of two str to array, shape (K,)
        Each program's boundary minus the shift.
    setting : str
        What else was set.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds both values at the shift as
        ``boundary_1`` and ``boundary_2``, and the ``verdict``: ``"same"`` or ``"differ"``.
    """
    at = int(np.abs(shifts - shift).argmin())
    first, second = (float(values[at]) for values in boundaries.values())
    verdict = "differ" if abs(first - second) > 1e-6 else "same"
    lines = [
        marked_line(shifts, values, name, index) | {"mode": "lines"}
        for (name, values), index in zip(boundaries.items(), (2, 1), strict=True)
    ]
    mark = {"type": "scatter", "x": [shift, shift], "y": [first, second], "mode": "markers"}
    return {
        "data": [
            *lines,
            mark | {"name": "here", "marker": {"size": 11, "symbol": "diamond"}},
        ],
        "layout": {
            "title": {"text": f"Shifted by {shift:g}: boundaries {first:.2f} and {second:.2f}"},
            "meta": {
                "summary": f"{setting}, shifted by {shift:g}: relative to the data the penalized "
                f"bias puts the boundary at {first:.2f}, the free one at {second:.2f}: {verdict}.",
                "verdict": verdict,
                "boundary_1": round(first, 4),
                "boundary_2": round(second, 4),
                "pick": {"set": {"shift": "x"}},
            },
            "xaxis": {"title": {"text": "shift of both points"}},
            "yaxis": {"title": {"text": "boundary minus shift"}},
        },
    }


def two_clusters(
    points: np.ndarray,
    labels: np.ndarray,
    found: Mapping[str, Separator | None],
    *,
    places: tuple[Sequence[float], Sequence[float]],
    setting: str,
) -> dict[str, Any]:
    """Draw points of two classes in the plane, the last one movable, and both boundaries.

    Parameters
    ----------
    points : array, shape (n, 2)
        The last is the reader's.
    labels : array, shape (n,)
        1 or -1.
    found : mapping of two str to Separator or None
        The solutions, None where nothing separates.
    places : pair of sequence of float
        Where the reader's point may be, in either direction: dots that can be clicked.
    setting : str
        Which set.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``margin_1``, ``margin_2``, the
        ``angle`` between the normals in degrees, and the ``verdict``: ``"inseparable"``,
        ``"alike"`` where the margins agree within 2 percent, else ``"differ"``.
    """
    first, second = found.values()
    margins = [part.margin if part else 0.0 for part in (first, second)]
    angle, verdict = 0.0, "inseparable"
    title = "No line separates the classes"
    if first and second:
        cosine = float(first.w @ second.w / (first.w.norm() * second.w.norm()))
        angle = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
        verdict = "alike" if margins[0] > 0.98 * margins[1] else "differ"
        title = f"Margins {margins[0]:.2f} and {margins[1]:.2f}"
    span, color = np.array([-40.0, 40.0]), "#0072b2" if labels[-1] > 0 else "#d55e00"
    given, yours = points[:-1], points[-1:]
    one, other = given[labels[:-1] > 0], given[labels[:-1] < 0]
    data = [
        _points(one[:, 0], one[:, 1], "label 1", "circle", "#0072b2"),
        _points(other[:, 0], other[:, 1], "label -1", "square", "#d55e00"),
        _points(yours[:, 0], yours[:, 1], f"yours, label {labels[-1]}", "star", color, size=16),
    ]
    for (name, part), index in zip(found.items(), (2, 1), strict=True):
        for offset in (0.0, -1.0, 1.0):
            x, y = _line(part, offset, span)
            line = _edge(x, y, name, index) | {"showlegend": offset == 0}
            line["line"] |= {"width": 1} if offset else {}
            data.append(line)
    x, y = (part.ravel() for part in np.meshgrid(*places))
    dots = {"size": 3, "color": "#808080", "opacity": 0.5, "symbol": "circle"}
    data.append(_points(x, y, "places for yours", "circle", "#808080") | {"marker": dots})
    return {
        "data": data,
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}: margin {margins[0]:.2f} with the penalized bias, "
                f"{margins[1]:.2f} with the free one, normals {angle:.0f}° apart: {verdict}.",
                "verdict": verdict,
                "margin_1": round(margins[0], 4),
                "margin_2": round(margins[1], 4),
                "angle": round(angle, 2),
                "pick": {"set": {"point_x": "x", "point_y": "y"}},
            },
            "height": 560,
            "hovermode": "closest",
            "xaxis": {"title": {"text": "first feature"}, "range": [-7, 11]},
            "yaxis": {"title": {"text": "second feature"}, "range": [-6, 6], "scaleanchor": "x"},
        },
    }


def _line(part: Separator | None, offset: float, span: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two far ends of w·x + b = offset, or nan where there is no line."""
    if part is None or not float(part.w.norm()):
        return np.full(2, np.nan), np.full(2, np.nan)
    w, b = part.w.cpu().numpy(), part.b
    foot = (offset - b) * w / (w @ w)
    along = np.array([-w[1], w[0]]) / np.linalg.norm(w)
    return foot[0] + span * along[0], foot[1] + span * along[1]


def _points(
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    name: str,
    symbol: str,
    color: str,
    size: int = 12,
) -> dict[str, Any]:
    marker = {"symbol": symbol, "size": size, "color": color}
    return {"type": "scatter", "x": x, "y": y, "mode": "markers", "name": name, "marker": marker}


_COLORS = {1: "#d55e00", 2: "#009e73", 4: "#cc79a7"}


def _edge(
    x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, name: str, index: int
) -> dict[str, Any]:
    look = {"dash": DASHES[index], "color": _COLORS[index], "width": 3}
    return {"type": "scatter", "x": x, "y": y, "mode": "lines", "name": name, "line": look}
