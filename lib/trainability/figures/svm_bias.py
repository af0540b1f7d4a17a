"""Draw the boundaries of both biases for shifted data, and where logistic descent goes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures.numbers import two_digits
from trainability.figures.palette import BIASES, MEASURED
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve, marked_line

AUGMENTED, EXPLICIT, DESCENT = BIASES
_DECADES: dict[str, Any] = {"type": "log", "exponentformat": "power", "dtick": 1}
SAME_BOUNDARY = 1e-6  # from where on two boundaries differ by more than solvers do


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


def distance_of_descent(
    counts: np.ndarray,
    boundaries: Mapping[str, np.ndarray],
    *,
    penalized: float,
    free: float,
    setting: str,
) -> dict[str, Any]:
    """Draw how far logistic descent's boundary is from that of the penalized bias, step by step.

    ``meta`` holds the distances at the end, ``plain`` and ``divided``, and the ``verdict``:
    ``"nearer to the penalized bias"``, ``"nearer to the free bias"`` or, where both programs
    agree, ``"one boundary"``, of the second way.

    Parameters
    ----------
    counts : array, shape (T,)
        Numbers of steps.
    boundaries : mapping of two str to array, shape (T,)
        After plain steps, and after steps that are divided by the loss.
    penalized, free : float
        Boundaries of the two programs.
    setting : str
        What was set.
    """
    colors = (MEASURED, BIASES[DESCENT])
    lines = [
        marked_line(counts, np.abs(values - penalized), name, k, color)
        for k, ((name, values), color) in enumerate(zip(boundaries.items(), colors, strict=True))
    ]
    gap = abs(free - penalized)
    other = curve([counts[0], counts[-1]], [gap, gap], "distance of the free bias")
    look = {"line": {"color": BIASES[EXPLICIT], "dash": "dash", "width": 2}}
    return figure(
        read_descent(boundaries, penalized=penalized, free=free, setting=setting),
        [*lines, *([other | look] if gap > SAME_BOUNDARY else [])],
        xaxis=axis("steps", **_DECADES),
        yaxis=axis("distance from the penalized boundary", **_DECADES),
    )


def read_descent(
    boundaries: Mapping[str, np.ndarray], *, penalized: float, free: float, setting: str
) -> Reading:
    """Say which program logistic descent goes to; see :func:`distance_of_descent`.

    Examples
    --------
    >>> ends = {"plain steps": np.array([-1.25]), "divided by the loss": np.array([-1.001])}
    >>> read_descent(ends, penalized=-1.0, free=-1.5, setting="a = 4").verdict
    'nearer to the penalized bias'
    """
    plain, divided = (abs(float(values[-1]) - penalized) for values in boundaries.values())
    last = float([*boundaries.values()][1][-1])
    verdict = "nearer to the penalized bias"
    if abs(free - penalized) <= SAME_BOUNDARY:
        verdict = "one boundary"
    elif abs(last - free) < divided:
        verdict = "nearer to the free bias"
    return Reading(
        verdict,
        f"After the last step {two_digits(plain)} and {two_digits(divided)} are left",
        f"{setting}: boundary {penalized:.3f} with the penalized bias, {free:.3f} with the free "
        f"one; logistic descent is {plain:.2g} from the first after plain steps, {divided:.2g} "
        f"after steps divided by the loss: {verdict}.",
        {"plain": float(f"{plain:.3g}"), "divided": float(f"{divided:.3g}")},
    )
