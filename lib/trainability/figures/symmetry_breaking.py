"""Pictures for the lesson on symmetry breaking: units as lines in the plane of inputs."""

import math
from typing import Any

import numpy as np
from torch import Tensor

PLANE = 2.0  # half the side of the square of inputs that is shown
LOWEST = -17.0  # decades; below it a spread is drawn as zero
_GRAY = "#808080"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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

    Returns
    -------
    dict
        The plain data of a plotly figure.
        ``meta`` holds ``distinct``, ``right`` and the ``verdict``: ``"tied"``
        where one unit is left, ``"not solved"`` where units differ and a tenth of the
        examples or more is wrong, else ``"solved"``.
    """
    steps, spread = history
    now = float(spread[np.flatnonzero(steps == step)[0]])
    verdict, title, story = _read_units(len(w_in), distinct, right)
    ends = unit_lines(w_in)
    decades = np.log10(np.maximum(spread, 10**LOWEST))
    side = np.linspace(-PLANE, PLANE, len(surface))
    second = {"type": "scatter", "xaxis": "x2", "yaxis": "y2", "showlegend": False}
    dark = {"color": "#000000", "width": 1}
    return {
        "data": [
            _regions(side, surface),
            _examples(inputs[labels > 0], "label +1", "circle", "#0072b2"),
            _examples(inputs[labels < 0], "label −1", "square", "#e69f00"),
            {
                "type": "scatter",
                "x": ends[..., 0].ravel(),
                "y": ends[..., 1].ravel(),
                "mode": "lines",
                "line": {"color": "#8a2be2", "width": 2.5},
                "name": "hidden units: where z = 0",
                "hoverinfo": "skip",
            },
            second | {"x": steps, "y": decades, "mode": "lines", "name": "log10 of the spread"},
            second
            | {"x": [step], "y": [math.log10(max(now, 10**LOWEST))], "mode": "markers"}
            | {"marker": {"size": 12, "symbol": "diamond", "line": dark}, "name": "now"},
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}, step {step}: {story}: {verdict}.",
                "verdict": verdict,
                "distinct": distinct,
                "right": float(f"{right:.3g}"),
            },
            "height": 760,
            **_two_panels(steps),
        },
    }


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
        Two points, and NaN to part one line from the next; all NaN where a line misses
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
    for line, found, ok in zip(lines, points, inside, strict=True):
        if ok.sum() >= 2:
            # The two farthest apart: a line through a corner meets it twice.
            near = found[ok]
            gaps = np.linalg.norm(near[:, None] - near[None], axis=-1)
            line[:2] = near[list(np.unravel_index(gaps.argmax(), gaps.shape))]
    return lines


def _regions(side: np.ndarray, surface: np.ndarray) -> dict[str, Any]:
    return {
        "type": "contour",
        "x": side,
        "y": side,
        "z": surface,
        "zmin": -1,
        "zmax": 1,
        "colorscale": [[0, "#f5d9a8"], [0.5, "#ffffff"], [1, "#a9cfe8"]],
        "contours": {"start": -0.5, "end": 0.5, "size": 0.5},
        "line": {"width": 1, "color": _GRAY},
        "showscale": False,
        "name": "what the network says",
        "hovertemplate": "(%{x:.2f}, %{y:.2f}): %{z:.2f}<extra></extra>",
    }


def _examples(points: np.ndarray, name: str, symbol: str, color: str) -> dict[str, Any]:
    edge = {"color": "#000000", "width": 1}
    marker = {"symbol": symbol, "size": 9, "color": color, "line": edge}
    where = {"x": points[:, 0], "y": points[:, 1], "mode": "markers", "marker": marker}
    return {"type": "scatter", **where, "name": name, "hoverinfo": "skip"}


def _two_panels(steps: np.ndarray) -> dict[str, Any]:
    """Return the axes: the square of inputs above, the spread through training below."""
    ticks = [LOWEST, -12, -8, -4, 0]
    words = ["0", *(f"10{str(int(tick)).translate(_SUPERSCRIPTS)}" for tick in ticks[1:-1]), "1"]
    return {
        "xaxis": {"title": {"text": "first input"}, "range": [-PLANE, PLANE], "zeroline": False},
        "yaxis": {
            "title": {"text": "second input"},
            "domain": [0.4, 1],
            "range": [-PLANE, PLANE],
            "zeroline": False,
        },
        "xaxis2": {
            "title": {"text": "step of training"},
            "anchor": "y2",
            "range": [-0.02 * steps[-1], 1.02 * steps[-1]],
        },
        "yaxis2": {
            "title": {"text": "distance of the units"},
            "domain": [0, 0.27],
            "anchor": "x2",
            "range": [LOWEST - 1, 1.5],
            "tickvals": ticks,
            "ticktext": words,
        },
    }


def _read_units(count: int, distinct: int, right: float) -> tuple[str, str, str]:
    share = f"{100 * right:.0f}% right"
    if distinct == 1:
        return (
            "tied",
            f"All {count} units are one: one line, {share}",
            f"1 unit of {count}, {share}",
        )
    story = f"{distinct} different units of {count}, {share}"
    title = f"{distinct} different units, {share}"
    return ("solved" if right > 0.9 else "not solved"), title, story
