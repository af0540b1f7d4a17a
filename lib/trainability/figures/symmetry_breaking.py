"""Draw symmetry breaking: units as lines in the plane of inputs."""

import math
from typing import Any

import numpy as np
from torch import Tensor

from trainability.figures.numbers import rounded, superscript
from trainability.figures.palette import HIDDEN_UNIT, INK, OUTPUT, REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, class_points, curve

PLANE = 2.0  # half the side of the square of inputs that is shown
LOWEST = -17.0  # decades; below it a spread is drawn as zero
SOLVED = 0.9  # share of the examples classified right


def units_in_the_plane(
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    w_in: Tensor,
    surface: np.ndarray,
    history: tuple[np.ndarray, np.ndarray],
    step: int,
    distinct: int,
    right: float,
    setting: str,
) -> dict[str, Any]:
    """Draw the line of each hidden unit, what the network says, and how far units are apart.

    ``meta`` holds ``distinct``, ``right`` and the ``verdict``: ``"tied"`` where one unit is
    left, ``"not solved"`` where units differ and a tenth of the examples or more is wrong, else
    ``"solved"``.

    Parameters
    ----------
    inputs, labels : array, shapes (n, 2) and (n,)
        The examples; labels are ±1.
    w_in : Tensor, shape (units, 3)
        Weights for the two inputs, and the bias. A unit's line is where they give 0.
    surface : array, shape (K, K)
        What the network says on a grid of the square, from -1 to 1; rows are the second
        input.
    history : pair of array, shape (T,)
        Counts of steps, and the spread of the units after each.
    step : int
        The count that is shown.
    distinct : int
        How many units differ then.
    right : float
        Share of the examples classified right then.
    setting : str
        What else was set, in words.
    """
    steps, spread = history
    decades = np.log10(np.maximum(spread, 10**LOWEST))
    now = math.log10(max(float(spread[np.flatnonzero(steps == step)[0]]), 10**LOWEST))
    lines = unit_lines(w_in)
    mark = {"size": 12, "symbol": "diamond", "line": {"color": INK, "width": 1}}
    below = {"showlegend": False, **LOWER_PANEL}
    examples = [
        class_points(inputs[labels == label], label, size=9) | {"name": name, "hoverinfo": "skip"}
        for label, name in ((1, "label +1"), (-1, "label −1"))
    ]
    return figure(
        read_units(len(w_in), step=step, distinct=distinct, right=right, setting=setting),
        [
            _regions(surface),
            *examples,
            curve(lines[..., 0].ravel(), lines[..., 1].ravel(), "hidden units: where z = 0")
            | {"line": {"color": HIDDEN_UNIT, "width": 2.5}, "hoverinfo": "skip"},
            curve(steps, decades, "log10 of the spread", **below),
            curve([step], [now], "now", mode="markers", marker=mark, **below),
        ],
        height=760,
        **_two_panels(steps),
    )


def read_units(count: int, *, step: int, distinct: int, right: float, setting: str) -> Reading:
    """Say whether hidden units differ, and whether the task is solved.

    Parameters
    ----------
    count : int
        How many units there are.
    step, distinct, right, setting
        As for :func:`units_in_the_plane`.

    Examples
    --------
    >>> now = {"step": 800, "right": 0.95, "setting": "tanh"}
    >>> [read_units(8, distinct=distinct, **now).verdict for distinct in (1, 8)]
    ['tied', 'solved']
    """
    share = f"{100 * right:.0f}% right"
    if distinct == 1:
        verdict, title = "tied", f"All {count} units are one: one line, {share}"
        story = f"1 unit of {count}, {share}"
    else:
        verdict = "solved" if right > SOLVED else "not solved"
        title = f"{distinct} different units, {share}"
        story = f"{distinct} different units of {count}, {share}"
    sentence = f"{setting}, step {step}: {story}: {verdict}."
    return Reading(verdict, title, sentence, {"distinct": distinct, "right": rounded(right)})


def unit_lines(w_in: Tensor, side: float = PLANE) -> np.ndarray:
    """Return where the line w·x + b = 0 of each unit enters and leaves the square.

    Parameters
    ----------
    w_in : Tensor, shape (units, 3)
        Two weights and a bias.
    side : float
        Half the side of the square around the origin.

    Returns
    -------
    array, shape (units, 3, 2)
        Two points, and NaN between one line and the next; all NaN where a line misses
        the square.

    Examples
    --------
    >>> import torch
    >>> unit_lines(torch.tensor([[1.0, 0.0, -0.5]])).tolist()
    [[[0.5, -2.0], [0.5, 2.0], [nan, nan]]]
    """
    w, v, b = w_in.double().numpy().T
    with np.errstate(divide="ignore", invalid="ignore"):
        candidates = [(np.full_like(w, x), -(w * x + b) / v) for x in (-side, side)]
        candidates += [(-(v * y + b) / w, np.full_like(w, y)) for y in (-side, side)]
        points = np.stack([np.stack(point, axis=-1) for point in candidates], axis=1)
        inside = (np.abs(points) <= side * (1 + 1e-9)).all(axis=-1)
    lines = np.full((len(w), 3, 2), np.nan)
    for line, crossings, ok in zip(lines, points, inside, strict=True):
        if ok.sum() >= 2:
            # The two farthest apart: a line through a corner meets it twice.
            near = crossings[ok]
            gaps = np.linalg.norm(near[:, None] - near[None], axis=-1)
            line[:2] = near[list(np.unravel_index(gaps.argmax(), gaps.shape))]
    return lines


def _regions(surface: np.ndarray) -> dict[str, Any]:
    side = np.linspace(-PLANE, PLANE, len(surface))
    return {
        "type": "contour",
        "x": side,
        "y": side,
        "z": surface,
        "zmin": -1,
        "zmax": 1,
        "colorscale": OUTPUT,
        "contours": {"start": -0.5, "end": 0.5, "size": 0.5},
        "line": {"width": 1, "color": REFERENCE},
        "showscale": False,
        "name": "what the network says",
        "hovertemplate": "(%{x:.2f}, %{y:.2f}): %{z:.2f}<extra></extra>",
    }


def distance_axis(**more: Any) -> dict[str, Any]:
    """Return the axis of log10 of the distance of units, whose lowest tick stands for zero.

    Examples
    --------
    >>> distance_axis(anchor="x3")["ticktext"]
    ['0', '10⁻¹²', '10⁻⁸', '10⁻⁴', '1']
    """
    ticks = [LOWEST, -12, -8, -4, 0]
    labels = ["0", *(f"10{superscript(int(tick))}" for tick in ticks[1:-1]), "1"]
    shown = {"range": [LOWEST - 1, 1.5], "tickvals": ticks, "ticktext": labels}
    return axis("distance of the units", **more) | shown


def _two_panels(steps: np.ndarray) -> dict[str, Any]:
    """Return the axes: the square of inputs above, the spread through training below."""
    inputs = {"range": [-PLANE, PLANE], "zeroline": False}
    shown = [-0.02 * steps[-1], 1.02 * steps[-1]]
    return {
        "xaxis": axis("first input", **inputs),
        "yaxis": axis("second input", domain=[0.4, 1], **inputs),
        "xaxis2": axis("step of training", anchor="y2", range=shown),
        "yaxis2": distance_axis(domain=[0, 0.27], anchor="x2"),
    }
