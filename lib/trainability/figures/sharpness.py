"""Draw the sharpness during training, and the edge that each step size sets."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded
from trainability.figures.palette import SERIES
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

_STROKES = (
    (SERIES[3], "solid"),
    (SERIES[1], "dash"),
    (SERIES[2], "dashdot"),
    (SERIES[5], "longdash"),
)


def sharpness_against_steps(
    steps: np.ndarray, sharpness: np.ndarray, *, rates: Sequence[float]
) -> dict[str, Any]:
    """Draw the largest curvature during training, and the edge 2/η of each step size.

    ``meta`` holds ``over_edge``, the last sharpness of each step size over its 2/η, and a
    ``summary``.

    Parameters
    ----------
    steps : array, shape (T,)
        Numbers of steps, rising.
    sharpness : array, shape (len(rates), T)
        Largest eigenvalue of the Hessian.
    rates : sequence of float
        Step sizes η, at most four.
    """
    curves, marks = [], []
    for rate, values, (color, dash) in zip(rates, sharpness, _STROKES, strict=False):
        curves.append(curve(steps, values, f"η = {rate:g}", line={"color": color, "dash": dash}))
        ends = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 2 / rate, "y1": 2 / rate}
        marks.append(ends | {"line": {"color": color, "width": 1, "dash": "dot"}})
    return figure(
        read_sharpness(sharpness, rates=rates),
        curves,
        shapes=marks,
        xaxis=axis("steps of gradient descent", dtick=1000),
        yaxis=axis("sharpness", type="log", tickvals=[1, 2, 5, 10, 20, 40, 80]),
    )


def read_sharpness(sharpness: np.ndarray, *, rates: Sequence[float]) -> Reading:
    """Say how near the edge 2/η training ends; see :func:`sharpness_against_steps`.

    Examples
    --------
    >>> read_sharpness(np.array([[3.0, 39.0]]), rates=[0.05]).numbers
    {'over_edge': [0.97]}
    """
    ends = zip(rates, sharpness[:, -1], strict=False)
    over = [rounded(end / (2 / rate), 2) for rate, end in ends]
    ratios = [f"{ratio:.2g} for η = {rate:g}" for rate, ratio in zip(rates, over, strict=True)]
    title = "Sharpness against steps, and 2/η (dotted)"
    sentence = f"Sharpness over 2/η at the end: {', '.join(ratios)}."
    return Reading("", title, sentence, {"over_edge": over})
