"""Draw what networks learn on the plane of weight scale and depth, beside theory."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import GRADIENT_REACH, SIGNAL_REACH
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

TRAINABLE_SCALES = 6  # depth scales that training reaches through: Schoenholz et al. 2017
LEARNED = 0.9  # share of the examples classified right


def trainability_map(
    accuracy: np.ndarray,
    *,
    sigma_w: Sequence[float],
    depths: Sequence[int],
    depth_scale: Sequence[float],
    gradient_scale: Sequence[float],
    setting: str,
    pick: Mapping[str, Any] | list[Any] | None = None,
) -> dict[str, Any]:
    """Draw which scales and depths learned, and how deep theory says that they can.

    ``meta`` holds ``trained``, the share of the networks with at least 90%, and ``deepest``,
    the greatest depth at which any has.

    Parameters
    ----------
    accuracy : array, shape (depths, scales)
        The share of examples classified right, 0 to 1.
    sigma_w : sequence of float
        Weight scales, increasing; the axis is labeled with their squares.
    depths : sequence of int
        Increasing.
    depth_scale, gradient_scale : sequence of float
        ξ_c and 1/abs(log χ₁) of each scale, inf at criticality; six of each are drawn.
    setting : str
        How they were trained, in words.
    pick : mapping or list, optional
        What a click sets.
    """
    scales, layers = np.asarray(sigma_w, dtype=float), np.asarray(depths)
    heat = {
        "type": "heatmap",
        "x": scales,
        "y": layers.astype(float),
        "z": 100 * np.asarray(accuracy),
        "zmin": 0,
        "zmax": 100,
        "colorscale": "Viridis",
        "colorbar": {"title": {"text": "right (%)"}, "thickness": 14},
        "hovertemplate": "σ_w %{x:.3g}, %{y} layers: %{z:.0f}%<extra></extra>",
    }
    signal = _reach("six depth scales of the signal", scales, depth_scale)
    gradient = _reach("six of the gradient", scales, gradient_scale)
    ends = [math.log10(layers[0] * 0.8), math.log10(layers[-1] * 1.15)]
    return figure(
        read_map(accuracy, sigma_w=sigma_w, depths=depths, setting=setting),
        [
            heat,
            signal | {"line": {"color": SIGNAL_REACH, "width": 3, "dash": "dash"}},
            gradient | {"line": {"color": GRADIENT_REACH, "width": 3, "dash": "dot"}},
        ],
        pick=pick,
        xaxis=axis("weight variance σ_w² (times 1/fan-in)", type="log", showgrid=False)
        | _variance_ticks(scales),
        yaxis=axis("depth (layers)", type="log", showgrid=False)
        | {"tickvals": layers.tolist(), "range": ends},
    )


def learning_edge(sigma_w: Sequence[float], deepest: Sequence[float]) -> dict[str, Any]:
    """Draw the greatest depth that learned at each scale, to be guessed before the map is seen.

    Parameters
    ----------
    sigma_w : sequence of float
        Weight scales, increasing.
    deepest : sequence of float
        Layers, at least 1.

    Examples
    --------
    >>> learning_edge([0.5, 1.0, 2.0], [4, 64, 20])["layout"]["meta"]["best"]
    1.0
    """
    best = sigma_w[int(np.argmax(deepest))]
    deep = int(max(deepest))
    reading = Reading(
        "",
        "The deepest networks that learn",
        f"Deepest are {deep} layers, first at a scale of {two_digits(best)}.",
        {"best": best},
    )
    return figure(
        reading,
        [curve(list(sigma_w), [float(depth) for depth in deepest], "deepest that learns")],
        xaxis=axis("initial scale σ_w", range=[sigma_w[0], sigma_w[-1]]),
        yaxis=axis("depth (layers)", type="log", range=[0, 2], tickvals=[1, 3, 10, 30, 100]),
    )


def read_map(
    accuracy: np.ndarray, *, sigma_w: Sequence[float], depths: Sequence[int], setting: str
) -> Reading:
    """Count the networks that learned, and say how deep the deepest of them are.

    The arguments are those of :func:`trainability_map`.

    Examples
    --------
    >>> plane = {"sigma_w": [1.0, 2.0], "depths": [8, 32], "setting": "After 300 steps"}
    >>> read_map(np.array([[0.95, 0.2], [0.1, 0.9]]), **plane).numbers
    {'trained': 0.5, 'deepest': 32}
    """
    scales, layers = np.asarray(sigma_w, dtype=float), np.asarray(depths)
    good = np.asarray(accuracy) >= LEARNED
    trained, deepest = float(good.mean()), int(layers[good.any(axis=1)].max(initial=0))
    where = "none reaches 90%"
    if deepest:
        best = [f"{scale**2:.2g}" for scale in scales[good[layers == deepest][0]]]
        range_ = f"variance {best[0]}" if len(best) == 1 else f"variances {best[0]} to {best[-1]}"
        where = f"the deepest that reach 90% have {deepest} layers, at weight {range_}"
    share = f"{two_digits(100 * trained)}% of the networks"
    return Reading(
        "",
        f"Trained: {share}, up to {deepest} layers",
        f"{setting}: {share} classify 90% right; {where}.",
        {"trained": rounded(trained), "deepest": deepest},
    )


def _variance_ticks(scales: np.ndarray) -> dict[str, Any]:
    low, high = scales[0] ** 2 / 1.001, scales[-1] ** 2 * 1.001
    ticks = [variance for variance in (0.25, 0.5, 1, 2, 4, 8) if low <= variance <= high]
    return {
        "tickvals": [math.sqrt(variance) for variance in ticks],
        "ticktext": [f"{variance:g}" for variance in ticks],
    }


def _reach(name: str, scales: np.ndarray, layers: Sequence[float]) -> dict[str, Any]:
    most = 1e4  # beyond the picture, and finite, so that the line runs out of it
    reach = np.minimum(TRAINABLE_SCALES * np.asarray(layers, dtype=float), most)
    return curve(scales, reach, name, hoverinfo="skip")
