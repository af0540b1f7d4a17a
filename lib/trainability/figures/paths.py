"""Pictures of an optimizer's path over a loss of two weights."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

_GRAY = "#808080"
_STROKES = (
    ("#0072b2", "solid"),
    ("#d55e00", "dash"),
    ("#007a5a", "dashdot"),
    ("#6f4e9c", "longdash"),
)


def same_start_path(
    path: np.ndarray,
    *,
    closed_form: np.ndarray,
    is_limit: bool,
    loss: np.ndarray,
    minimizers: np.ndarray,
    c: float,
    setting: str,
) -> dict[str, Any]:
    """Draw the way of two weights that start at one value, over the loss.

    Parameters
    ----------
    path : array, shape (T, 2)
        The weights, from the start to the end.
    closed_form : array, shape (2,)
        Where theory says that gradient descent ends; NaN where it never does.
    is_limit : bool
        Whether the end of this path is to be there too.
    loss : array, shape (K, K)
        Root of the loss above its least value on a grid from -4 to 4; rows are the second
        weight. Darker is lower.
    minimizers : array, shape (2, 2)
        Ends of the line of all minimizers, or NaN where there is one or none.
    c : float
        The value that both weights start at.
    setting : str
        What else was set, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``end_1``, ``end_2``, ``gap`` (from
        the closed form; inf where there is none) and the ``verdict``: ``"as predicted"``,
        ``"elsewhere"`` or ``"no minimum"``.
    """
    gap = float(np.linalg.norm(path[-1] - closed_form))
    verdict = "no minimum" if math.isnan(gap) else "as predicted" if gap < 0.02 else "elsewhere"
    titles = {
        "no minimum": "No minimum: the weights grow, slower and slower",
        "as predicted": f"From ({c:.2g}, {c:.2g}) to where theory says",
        "elsewhere": "It ends elsewhere than gradient descent would",
    }
    end = f"({path[-1, 0]:.2f}, {path[-1, 1]:.2f})"
    stories = {
        "no minimum": f"after all steps at {end}, and still on its way",
        "as predicted": f"it ends at {end}",
        "elsewhere": f"it ends at {end}, {gap:.2g} from gradient descent's end",
    }
    if not is_limit and verdict == "as predicted":
        titles[verdict] = "Here it ends where gradient descent ends"
        stories[verdict] = f"it ends at {end}, where gradient descent ends too"
    side = np.linspace(-4, 4, len(loss))
    mark = {"type": "scatter", "mode": "markers"}
    return {
        "data": [
            {
                "type": "contour",
                "x": side,
                "y": side,
                "z": loss,
                "colorscale": [[0, "#9a9a9a"], [1, "#f7f7f7"]],
                "zmin": 0,
                "zmax": 8,
                "contours": {"start": 1, "end": 8, "size": 1},
                "line": {"width": 0.5, "color": _GRAY},
                "showscale": False,
                "name": "root of the loss above its least",
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "x": minimizers[:, 0],
                "y": minimizers[:, 1],
                "mode": "lines",
                "line": {"dash": "dash", "width": 2, "color": "#007a5a"},
                "name": "all minimizers",
            },
            {
                "type": "scatter",
                "x": path[:, 0],
                "y": path[:, 1],
                "mode": "lines",
                "line": {"width": 3, "color": "#d55e00"},
                "name": "path of the weights",
            },
            mark
            | {"x": path[:1, 0], "y": path[:1, 1], "name": "start"}
            | {"marker": {"size": 11, "symbol": "circle", "color": "#d55e00"}},
            mark
            | {"x": closed_form[:1], "y": closed_form[1:], "name": "gradient descent's end"}
            | {"marker": {"size": 14, "symbol": "x", "color": "#0072b2"}},
        ],
        "layout": {
            "title": {"text": titles[verdict]},
            "meta": {
                "summary": f"{setting}, start {c:.3g}: {stories[verdict]}: {verdict}.",
                "verdict": verdict,
                "end_1": float(f"{path[-1, 0]:.3g}"),
                "end_2": float(f"{path[-1, 1]:.3g}"),
                "gap": math.inf if math.isnan(gap) else float(f"{gap:.2g}"),
            },
            "height": 520,
            "xaxis": {"title": {"text": "weight w₁"}, "range": [-4, 4], "zeroline": False},
            "yaxis": {"title": {"text": "weight w₂"}, "range": [-4, 4], "zeroline": False},
        },
    }


def descent_on_a_quadratic(
    path: np.ndarray, *, condition: float, rate: float, momentum: float
) -> dict[str, Any]:
    """Draw gradient descent on ½(κx² + y²): its path over level lines, and how far it is off.

    Parameters
    ----------
    path : array, shape (T + 1, 2)
        The points, from the start on.
    condition : float
        κ, the curvature along x; along y it is 1.
    rate : float
        Step size times κ; beyond 2 (1 + momentum) it diverges.
    momentum : float
        The share of the last step that is kept.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``steps`` until the distance from
        the minimum is below a tenth of its start (inf where it is not) and the ``verdict``:
        ``"diverges"``, ``"arrives"`` or ``"crawls"``.
    """
    distance = np.linalg.norm(path, axis=1) / np.linalg.norm(path[0])
    above = distance > 0.1
    steps = math.inf if above[-1] else float(np.flatnonzero(above)[-1] + 1)
    verdict = "arrives" if math.isfinite(steps) else "crawls"
    verdict = "diverges" if not distance[-1] < 1.5 else verdict
    title = {
        "diverges": "The step is too long for the steep direction: it diverges",
        "crawls": f"Not there after {len(path) - 1} steps: it crawls along the valley",
        "arrives": f"A tenth of the distance is left after {steps:.0f} steps",
    }[verdict]
    turn = np.linspace(0, 2 * np.pi, 61)
    levels = np.concatenate(
        [
            np.vstack([level * np.column_stack([np.cos(turn) / condition**0.5, np.sin(turn)]), nan])
            for level in (0.3, 0.6, 1.0, 1.5)
            for nan in [[np.nan, np.nan]]
        ]
    )
    shown = np.clip(path, -9, 9)  # beyond the picture
    second = {"type": "scatter", "xaxis": "x2", "yaxis": "y2", "mode": "lines", "name": "distance"}
    return {
        "data": [
            {"type": "scatter", "x": levels[:, 0], "y": levels[:, 1], "mode": "lines"}
            | {"name": "level lines of the loss", "hoverinfo": "skip"}
            | {"line": {"color": _GRAY, "width": 1}},
            {"type": "scatter", "x": shown[:, 0], "y": shown[:, 1], "mode": "lines+markers"}
            | {"name": "path", "marker": {"size": 5}},
            second
            | {"x": np.arange(len(path)), "y": np.log10(np.clip(distance, 1e-6, 1e6))}
            | {"line": {"dash": "dash"}, "showlegend": False},
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"κ = {condition:.3g}, step {rate:.3g}/κ, momentum {momentum:g}: "
                f"{title[0].lower()}{title[1:]}: {verdict}.",
                "verdict": verdict,
                "steps": steps,
            },
            "height": 680,
            "xaxis": {"title": {"text": "steep direction"}, "range": [-1.2, 1.2]},
            "yaxis": {
                "title": {"text": "flat direction"},
                "domain": [0.42, 1],
                "range": [-1.2, 1.6],
            },
            "xaxis2": {"title": {"text": "step"}, "anchor": "y2"},
            "yaxis2": {
                "title": {"text": "log₁₀ (distance / start)"},
                "domain": [0, 0.28],
                "anchor": "x2",
                "range": [-3, 1.5],
            },
        },
    }


def sharpness_against_steps(
    steps: np.ndarray, sharpness: np.ndarray, *, rates: Sequence[float]
) -> dict[str, Any]:
    """Draw the largest curvature during training, and the edge 2/η of each step size.

    Parameters
    ----------
    steps : array, shape (T,)
        Numbers of steps, rising.
    sharpness : array, shape (len(rates), T)
        Largest eigenvalue of the Hessian.
    rates : sequence of float
        Step sizes η, at most four.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``over_edge``, the last sharpness of
        each step size over its 2/η, and a ``summary``.
    """
    curves, marks, over = [], [], []
    for rate, curve, (color, dash) in zip(rates, sharpness, _STROKES, strict=False):
        edge = 2 / rate
        over.append(float(f"{curve[-1] / edge:.2g}"))
        line = {"type": "scatter", "x": steps, "y": curve, "mode": "lines"}
        curves.append(line | {"name": f"η = {rate:g}", "line": {"color": color, "dash": dash}})
        ends = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": edge, "y1": edge}
        marks.append(ends | {"line": {"color": color, "width": 1, "dash": "dot"}})
    said = [f"{ratio:.2g} for η = {rate:g}" for rate, ratio in zip(rates, over, strict=True)]
    return {
        "data": curves,
        "layout": {
            "title": {"text": "Sharpness against steps, and 2/η (dotted)"},
            "meta": {
                "summary": f"Sharpness over 2/η at the end: {', '.join(said)}.",
                "over_edge": over,
            },
            "shapes": marks,
            "xaxis": {"title": {"text": "steps of gradient descent"}, "dtick": 1000},
            "yaxis": {
                "title": {"text": "sharpness"},
                "type": "log",
                "tickvals": [1, 2, 5, 10, 20, 40, 80],
            },
        },
    }
