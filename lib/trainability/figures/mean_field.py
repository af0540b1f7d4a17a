"""Pictures of mean-field theory: the phase diagram, and what networks really learn on it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures import DIVERGING, two_digits

TRAINABLE_SCALES = 6  # depth scales that training reaches through: Schoenholz et al. 2017
_LINE = "#808080"
_ON_MAP = {"xref": "x2 domain", "yref": "y2 domain", "showarrow": False}
_NO_MAP = _ON_MAP | {"text": "no positive, finite length: no map", "x": 0.5, "y": 0.9}


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

    Returns
    -------
    dict
        The plain data of a plotly figure.
        ``meta`` holds ``trained``, the share of the networks with at least 90%, and
        ``deepest``, the greatest depth at which any has.
    """
    scales, layers = np.asarray(sigma_w, dtype=float), np.asarray(depths)
    good = np.asarray(accuracy) >= 0.9
    trained, deepest = float(good.mean()), int(layers[good.any(axis=1)].max(initial=0))
    where = "none reaches 90%"
    if deepest:
        best = [f"{scale**2:.2g}" for scale in scales[good[layers == deepest][0]]]
        range_ = f"variance {best[0]}" if len(best) == 1 else f"variances {best[0]} to {best[-1]}"
        where = f"the deepest that reach 90% have {deepest} layers, at weight {range_}"
    share = f"{two_digits(100 * trained)}% of the networks"
    low, high = scales[0] ** 2 / 1.001, scales[-1] ** 2 * 1.001
    ticks = [variance for variance in (0.25, 0.5, 1, 2, 4, 8) if low <= variance <= high]
    meta = {
        "summary": f"{setting}: {share} classify 90% right; {where}.",
        "trained": float(f"{trained:.3g}"),
        "deepest": deepest,
    }
    if pick:
        meta["pick"] = pick
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
    return {
        "data": [
            heat,
            _reach("six depth scales of the signal", scales, depth_scale, "#ff5ad0", "dash"),
            _reach("six of the gradient", scales, gradient_scale, "#e8003d", "dot"),
        ],
        "layout": {
            "title": {"text": f"Trained: {share}, up to {deepest} layers"},
            "meta": meta,
            "xaxis": {
                "title": {"text": "weight variance σ_w² (times 1/fan-in)"},
                "type": "log",
                "tickvals": [math.sqrt(v) for v in ticks],
                "ticktext": [f"{v:g}" for v in ticks],
                "showgrid": False,
            },
            "yaxis": {
                "title": {"text": "depth (layers)"},
                "type": "log",
                "tickvals": layers.tolist(),
                "range": [math.log10(layers[0] * 0.8), math.log10(layers[-1] * 1.15)],
                "showgrid": False,
            },
        },
    }


def _reach(
    name: str, scales: np.ndarray, layers: Sequence[float], color: str, dash: str
) -> dict[str, Any]:
    most = 1e4  # beyond the picture, and finite, so that the line runs out of it
    reach = np.minimum(TRAINABLE_SCALES * np.asarray(layers, dtype=float), most)
    line = {"color": color, "width": 3, "dash": dash}
    curve = {"type": "scatter", "x": scales, "y": reach, "mode": "lines", "line": line}
    return curve | {"name": name, "hoverinfo": "skip"}


def phase_diagram(
    chi: np.ndarray,
    *,
    sigma_w: Sequence[float],
    sigma_b: Sequence[float],
    critical: tuple[Sequence[float], Sequence[float]],
    here: dict[str, float],
    correlation: tuple[Sequence[float], Sequence[float]],
    measured: Sequence[float],
    width: int,
    setting: str,
    pick: Mapping[str, Any] | list[Any] | None = None,
) -> dict[str, Any]:
    """Draw χ₁ over (σ_w, σ_b) with the critical line, and the correlation map of one point.

    Parameters
    ----------
    chi : array, shape (biases, weights)
        χ₁ at each point of the plane; inf and 0 are shown as themselves.
    sigma_w, sigma_b : sequence of float
        The two axes.
    critical : pair of sequences
        σ_w and σ_b along the critical line; empty where there is none.
    here : mapping
        The point chosen and what theory says of it: ``sigma_w``, ``sigma_b``, ``q``, ``chi``,
        ``depth_scale`` and ``c``, the stable fixed correlation.
    correlation : pair of sequences
        The correlation before and after one layer. Drawn where q is positive and finite.
    measured : sequence of float
        What a layer of ``width`` units made of the same correlations. Drawn in the same places.
    setting : str
        The nonlinearity, in words.
    pick : mapping or list, optional
        What a click sets.

    Returns
    -------
    dict
        The plain data of a plotly figure.
        ``meta`` holds ``verdict`` (``"ordered"``, ``"critical"``, ``"chaotic"`` or
        ``"divergent"``), ``q``, ``chi`` and ``depth_scale``.
    """
    verdict, title = _phase(here)
    with np.errstate(divide="ignore"):
        color = np.clip(np.log2(np.asarray(chi, dtype=float)), -2, 2)
    skip = {"hoverinfo": "skip", "showlegend": False}
    second = {"xaxis": "x2", "yaxis": "y2", "type": "scatter", **skip}
    mapped = 0 < here["q"] < math.inf
    # NaN where there is nothing to draw: an array of numbers in every state packs best.
    before, after, rings = (np.asarray(c, dtype=float) for c in (*correlation, measured))
    after, rings = (c if mapped else np.full_like(c, math.nan) for c in (after, rings))
    settled = [here["c"] if mapped else math.nan]
    edge = [np.append(np.asarray(line, dtype=float), math.nan) for line in critical]
    data = [
        {
            "type": "heatmap",
            "x": np.asarray(sigma_w, dtype=float),
            "y": np.asarray(sigma_b, dtype=float),
            "z": color,
            "zmin": -2,
            "zmax": 2,
            "colorscale": DIVERGING,
            "hovertemplate": "σ_w %{x:.2f}, σ_b %{y:.2f}<extra></extra>",
            "colorbar": {
                "title": {"text": "χ₁"},
                "tickvals": [-2, -1, 0, 1, 2],
                "ticktext": ["≤ ¼", "½", "1", "2", "≥ 4"],
                "thickness": 14,
                "y": 0.75,
                "len": 0.5,
            },
        },
        {"type": "scatter", "x": edge[0], "y": edge[1], **skip}
        | {"mode": "markers" if _is_point(critical) else "lines"}
        | {"line": {"color": "#000000", "width": 3}, "marker": {"color": "#000000", "size": 12}},
        {"type": "scatter", "x": [here["sigma_w"]], "y": [here["sigma_b"]], "mode": "markers"}
        | {"marker": {"symbol": "x", "size": 13, "color": "#000000"}, **skip},
        second
        | {"x": [0, 1], "y": [0, 1], "mode": "lines", "line": {"color": _LINE, "dash": "dot"}},
        second | {"x": before, "y": after, "mode": "lines"},
        second | {"x": settled, "y": settled, "mode": "markers", "marker": {"size": 11}},
        second
        | {"x": before, "y": rings, "mode": "markers"}
        | {
            "marker": {"symbol": "circle-open", "size": 9, "line": {"width": 2}, "color": "#d55e00"}
        },
    ]
    meta = {
        "summary": _phase_story(here, verdict, setting),
        "verdict": verdict,
        **{key: float(f"{here[key]:.4g}") for key in ("q", "chi", "depth_scale")},
    }
    if pick:
        meta["pick"] = pick
    notes = [*_sides(chi), _key(width) if mapped else _NO_MAP]
    return {
        "data": data,
        "layout": _phase_layout(title, meta, setting, critical, notes),
    }


def _phase(here: dict[str, float]) -> tuple[str, str]:
    if math.isinf(here["q"]):
        return "divergent", "The signal itself grows without bound"
    if math.isinf(here["depth_scale"]):
        return "critical", "On the critical line information travels far"
    if here["chi"] > 1:
        return "chaotic", "Chaotic phase: similar inputs grow apart"
    return "ordered", "Ordered phase: different inputs become alike"


def _phase_story(here: dict[str, float], verdict: str, setting: str) -> str:
    point = f"{setting}, σ_w = {here['sigma_w']:.3g}, σ_b = {here['sigma_b']:.3g}"
    if verdict == "divergent":
        return f"{point}: χ₁ = {here['chi']:.3g} and the mean square grows forever: divergent."
    scale = here["depth_scale"]
    if here["q"] == 0 and math.isfinite(scale):
        return (
            f"{point}: q* = 0, χ₁ = {here['chi']:.3g}, signals shrink to nothing with a depth "
            f"scale of {two_digits(scale)} layers: {verdict}."
        )
    reach = "without end" if math.isinf(scale) else f"of {two_digits(scale)} layers"
    return (
        f"{point}: q* = {here['q']:.3g}, χ₁ = {here['chi']:.3g}, correlations settle at "
        f"{here['c']:.2g} with a depth scale {reach}: {verdict}."
    )


def _is_point(critical: tuple[Sequence[float], Sequence[float]]) -> bool:
    return len(critical[0]) > 0 and np.ptp(critical[0]) < 1e-9 and np.ptp(critical[1]) < 1e-9


def _sides(chi: np.ndarray) -> list[dict[str, Any]]:
    """Return words for the two sides of the line, so that color is not needed."""
    rows, columns = np.subtract(np.shape(chi), 1)
    height = round(0.92 * rows)  # where y is, on the upper half of the paper
    left, right = (np.asarray(chi)[height, round(x * columns)] > 1 for x in (0.12, 0.88))
    words = {False: "χ₁ < 1", True: "χ₁ > 1"}
    place = {"xref": "paper", "yref": "paper", "y": 0.96, "showarrow": False}
    look = {"font": {"size": 16, "color": "#000000"}, "bgcolor": "rgba(255,255,255,0.7)"}
    places = [(0.12, left), (0.88, right)] if left != right else [(0.5, left)]
    return [{"text": words[bool(above)], "x": x, **place, **look} for x, above in places]


def _key(width: int) -> dict[str, Any]:
    text = f"line: infinite width<br>rings: width {width}<br>dot: where it settles"
    return _ON_MAP | {"text": text, "x": 0.03, "y": 0.97, "align": "left"} | {"xanchor": "left"}


def _phase_layout(
    title: str,
    meta: dict[str, Any],
    setting: str,
    critical: tuple[Sequence[float], Sequence[float]],
    notes: list[dict[str, Any]],
) -> dict[str, Any]:
    line = "solid black line: critical" if len(critical[0]) else "no critical line in this range"
    line = "black dot: critical" if _is_point(critical) else line
    return {
        "title": {"text": title},
        "meta": meta,
        "height": 720,
        "xaxis": {"title": {"text": f"weight scale σ_w ({line})"}, "showgrid": False},
        "yaxis": {"title": {"text": "bias scale σ_b"}, "domain": [0.5, 1], "showgrid": False},
        "annotations": notes,
        "xaxis2": {
            "title": {"text": f"correlation of two inputs before a {setting} layer"},
            "anchor": "y2",
            "range": [0, 1.02],
        },
        "yaxis2": {
            "title": {"text": "correlation after it"},
            "domain": [0, 0.36],
            "anchor": "x2",
            "range": [0, 1.04],
        },
    }
