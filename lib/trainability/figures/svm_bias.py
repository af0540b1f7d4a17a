"""Draw what the penalized and the free bias do: the lifted plane, and shifted data."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures.linear_classifier import LinearClassifier
from trainability.figures.numbers import two_digits
from trainability.figures.palette import BIASES, REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, Values, axis, class_points, curve, marked_line

AUGMENTED, EXPLICIT, DESCENT = BIASES
_DASH = {AUGMENTED: "dot", EXPLICIT: "dash", DESCENT: "longdash"}
SAME_BOUNDARY = 1e-6  # from where on two boundaries differ by more than solvers do


def lifted_plane(
    a: float,
    bias_feature: float,
    augmented: LinearClassifier,
    explicit: LinearClassifier,
    boundaries: tuple[float, float, float],
    *,
    curves: Mapping[str, np.ndarray],
    setting: str,
) -> dict[str, Any]:
    """Draw two points on a line, lifted to height B, with both boundaries; and the objectives.

    ``meta`` holds both boundaries and both margins, ``threshold`` = 1 + 2B², ``descent`` and
    the ``verdict``: ``"same"`` up to the threshold, else ``"differ"``.

    Parameters
    ----------
    a : float
        The points are 1, labeled 1, and -a, labeled -1.
    bias_feature : float
        B.
    augmented, explicit : LinearClassifier
        Solutions of the two programs.
    boundaries : tuple of 3 float
        Where these two, and logistic descent, have their boundaries on the line.
    curves : mapping of str to array, shape (K,)
        ``"a"`` and the objectives of ``"augmented"`` and ``"explicit"`` along it.
    setting : str
        What else is to be said.
    """
    first, second, descent = boundaries
    reach, line = np.array([-0.25, 1.5]), [bias_feature] * 2
    level = curve([-a - 3, 4], line, "the line of the data")
    return figure(
        read_lifted(a, bias_feature, augmented, explicit, boundaries, setting=setting),
        [
            level | {"line": {"width": 1, "color": REFERENCE}},
            class_points(np.array([[1.0, bias_feature]]), 1, size=12),
            class_points(np.array([[-a, bias_feature]]), -1, size=12),
            boundary_line(first * reach, bias_feature * reach, AUGMENTED),
            boundary_line([second] * 2, bias_feature * reach, EXPLICIT),
            boundary_line(descent * reach, bias_feature * reach, DESCENT),
            _margin(first, augmented, 1.12 * bias_feature, AUGMENTED),
            _margin(second, explicit, 0.88 * bias_feature, EXPLICIT),
            *_objectives(a, augmented, explicit, curves),
            *_limits(curves["a"], bias_feature),
        ],
        height=700,
        xaxis=axis("x", range=[-a - 2, 3]),
        yaxis=axis("appended coordinate", domain=[0.42, 1])
        | {"range": [-0.3 * bias_feature, 1.55 * bias_feature]},
        xaxis2=axis("a", anchor="y2", range=[float(curves["a"][0]), float(curves["a"][-1])]),
        yaxis2=axis("objective", domain=[0, 0.26], anchor="x2", range=[0, 1.05]),
    )


def read_lifted(
    a: float,
    bias_feature: float,
    augmented: LinearClassifier,
    explicit: LinearClassifier,
    boundaries: tuple[float, float, float],
    *,
    setting: str,
) -> Reading:
    """Say whether the two programs have one boundary; see :func:`lifted_plane`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> both = SimpleNamespace(margin=2.0), SimpleNamespace(margin=2.5)
    >>> read_lifted(4.0, 1.0, *both, (-1.0, -1.5, -1.2), setting="").verdict
    'differ'
    """
    first, second, descent = boundaries
    threshold = 1 + 2 * bias_feature**2
    verdict = "differ" if abs(first - second) > 1e-9 else "same"
    margin = two_digits(explicit.margin)
    title = {
        "differ": f"Margins {two_digits(augmented.margin)} and {margin}: the penalized bias stays "
        "behind",
        "same": f"Both programs say the same: margin {margin}",
    }[verdict]
    return Reading(
        verdict,
        title,
        f"a = {a:g}, B = {bias_feature:g}: boundary {first:.2f}, margin {augmented.margin:.2f} "
        f"with the penalized bias; {second:.2f} and {explicit.margin:.2f} with the free one: "
        f"{verdict}. They part at a = 1+2B² = {threshold:g}. {setting}",
        {
            "boundary_1": round(first, 4),
            "boundary_2": round(second, 4),
            "margin_1": round(augmented.margin, 4),
            "margin_2": round(explicit.margin, 4),
            "threshold": round(threshold, 4),
            "descent": round(descent, 4),
        },
    )


def boundary_line(x: Values, y: Values, name: str, *, width: int = 3) -> dict[str, Any]:
    """Return the line of a program's boundary, in the program's color and dash.

    Examples
    --------
    >>> boundary_line([0, 0], [-1, 1], "free bias")["line"]["dash"]
    'dash'
    """
    return curve(x, y, name, line={"dash": _DASH[name], "color": BIASES[name], "width": width})


def _margin(
    boundary: float, classifier: LinearClassifier, height: float, name: str
) -> dict[str, Any]:
    ends = [boundary - classifier.margin, boundary + classifier.margin]
    bar = curve(ends, [height] * 2, "its margin", showlegend=False)
    return bar | {"line": {"width": 6, "color": BIASES[name]}}


def _objectives(
    a: float,
    augmented: LinearClassifier,
    explicit: LinearClassifier,
    curves: Mapping[str, np.ndarray],
) -> list[dict[str, Any]]:
    below = {"showlegend": False, **LOWER_PANEL}
    here = curve([a, a], [augmented.objective, explicit.objective], "here", mode="markers")
    return [
        marked_line(curves["a"], curves["augmented"], "½‖u‖²", 2, BIASES[AUGMENTED])
        | {"mode": "lines", **below},
        marked_line(curves["a"], curves["explicit"], "½‖v‖²", 1, BIASES[EXPLICIT])
        | {"mode": "lines", **below},
        here | {"marker": {"size": 10, "symbol": "diamond"}, **below},
    ]


def _limits(a: np.ndarray, bias_feature: float) -> list[dict[str, Any]]:
    """Mark where the programs part, and what their objectives tend to, ½/(1 + B²) and 0."""
    below = {"showlegend": False, **LOWER_PANEL}
    threshold, limit = 1 + 2 * bias_feature**2, 0.5 / (1 + bias_feature**2)
    part = curve([threshold] * 2, [0, 0.9], "1+2B²", mode="lines+text", text=["", "1+2B²"])
    part |= {"line": {"width": 1.5, "dash": "dash", "color": REFERENCE}}
    ends, thin = [float(a[0]), float(a[-1])], {"width": 1, "dash": "dot"}
    return [
        part | {"textposition": "top center", **below},
        curve(ends, [limit] * 2, "limit of ½‖u‖²", line=thin | {"color": BIASES[AUGMENTED]})
        | below,
        curve(ends, [0, 0], "limit of ½‖v‖²", line=thin | {"color": BIASES[EXPLICIT]}) | below,
    ]


def shifted_data(
    shift: float,
    shifts: np.ndarray,
    boundaries: Mapping[str, np.ndarray],
    *,
    setting: str,
) -> dict[str, Any]:
    """Draw where each program's boundary lies relative to data that are moved along the line.

    ``meta`` holds both values at the shift as ``boundary_1`` and ``boundary_2``, and the
    ``verdict``: ``"same"`` or ``"differ"``.

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
    """
    here = _at(shift, shifts, boundaries)
    lines = [
        marked_line(shifts, values, name, index, BIASES.get(name)) | {"mode": "lines"}
        for (name, values), index in zip(boundaries.items(), (2, 1), strict=True)
    ]
    mark = curve([shift, shift], list(here), "here", mode="markers")
    return figure(
        read_shift(shift, shifts, boundaries, setting=setting),
        [*lines, mark | {"marker": {"size": 11, "symbol": "diamond"}}],
        pick={"set": {"shift": "x"}},
        xaxis=axis("shift of both points"),
        yaxis=axis("boundary minus shift"),
    )


def read_shift(
    shift: float, shifts: np.ndarray, boundaries: Mapping[str, np.ndarray], *, setting: str
) -> Reading:
    """Say where both programs put the boundary of shifted data; see :func:`shifted_data`.

    Examples
    --------
    >>> shifts = np.array([0.0, 3.0])
    >>> moved = {AUGMENTED: np.array([-1.0, -1.5]), EXPLICIT: np.array([-1.5, -1.5])}
    >>> [read_shift(shift, shifts, moved, setting="a = 4").verdict for shift in shifts]
    ['differ', 'same']
    """
    first, second = _at(shift, shifts, boundaries)
    verdict = "differ" if abs(first - second) > SAME_BOUNDARY else "same"
    return Reading(
        verdict,
        f"Shifted by {shift:g}: boundaries {first:.2f} and {second:.2f}",
        f"{setting}, shifted by {shift:g}: relative to the data the penalized bias puts the "
        f"boundary at {first:.2f}, the free one at {second:.2f}: {verdict}.",
        {"boundary_1": round(first, 4), "boundary_2": round(second, 4)},
    )


def _at(
    shift: float, shifts: np.ndarray, boundaries: Mapping[str, np.ndarray]
) -> tuple[float, float]:
    """Return both boundaries at a shift."""
    at = int(np.abs(shifts - shift).argmin())
    first, second = (float(values[at]) for values in boundaries.values())
    return first, second
