"""Draw the phase diagram of mean-field theory, and the correlation map of one point."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import DIVERGING, HERE, INK, MEASURED, PAPER, REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, curve

Line = tuple[Sequence[float], Sequence[float]]

_QUIET: dict[str, Any] = {"hoverinfo": "skip", "showlegend": False}
_ON_MAP = {"xref": "x2 domain", "yref": "y2 domain", "showarrow": False}
_NO_MAP = _ON_MAP | {"text": "no positive, finite length: no map", "x": 0.5, "y": 0.9}


def phase_diagram(
    chi: np.ndarray,
    *,
    sigma_w: Sequence[float],
    sigma_b: Sequence[float],
    critical: Line,
    here: Mapping[str, float],
    correlation: Line,
    measured: Sequence[float],
    followed: Sequence[float],
    width: int,
    setting: str,
    pick: Mapping[str, Any] | list[Any] | None = None,
) -> dict[str, Any]:
    """Draw χ₁ over (σ_w, σ_b) with the critical line, and the correlation map of one point.

    ``meta`` holds ``verdict`` (``"ordered"``, ``"critical"``, ``"chaotic"`` or
    ``"divergent"``), ``q``, ``chi`` and ``depth_scale``.

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
    followed : sequence of float
        The correlation of one pair of inputs after 0, 1, … layers; drawn as stairs.
    setting : str
        The nonlinearity, in words.
    pick : mapping or list, optional
        What a click sets.
    """
    has_map = 0 < here["q"] < math.inf
    point = curve([here["sigma_w"]], [here["sigma_b"]], mode="markers", **_QUIET)
    return figure(
        read_phase(here, setting=setting),
        [
            _plane(chi, sigma_w, sigma_b),
            _critical(critical),
            point | {"marker": {"symbol": "x", "size": 13, "color": INK}},
            *_correlations(correlation, measured, here["c"], followed, has_map=has_map),
        ],
        pick=pick,
        height=720,
        annotations=[*_sides(chi), _key(width) if has_map else _NO_MAP],
        xaxis=axis(f"weight scale σ_w ({_named(critical)})", showgrid=False),
        yaxis=axis("bias scale σ_b", domain=[0.5, 1], showgrid=False),
        xaxis2=axis(f"correlation of two inputs before a {setting} layer")
        | {"anchor": "y2", "range": [0, 1.02]},
        yaxis2=axis("correlation after it", domain=[0, 0.36], anchor="x2", range=[0, 1.04]),
    )


def read_phase(here: Mapping[str, float], *, setting: str) -> Reading:
    """Say in which phase a point lies, and how far information travels there.

    The arguments are those of :func:`phase_diagram`.

    Examples
    --------
    >>> here = {"sigma_w": 1.0, "sigma_b": 0.3, "q": 0.4, "chi": 0.7, "depth_scale": 2.8, "c": 1.0}
    >>> read_phase(here, setting="tanh").verdict
    'ordered'
    >>> read_phase(here | {"chi": 1.7}, setting="tanh").verdict
    'chaotic'
    """
    verdict, title = _phase(here)
    numbers = {key: rounded(here[key], 4) for key in ("q", "chi", "depth_scale")}
    return Reading(verdict, title, _story(here, verdict, setting), numbers)


def _phase(here: Mapping[str, float]) -> tuple[str, str]:
    """Return verdict and title."""
    if math.isinf(here["q"]):
        return "divergent", "The signal itself grows without bound"
    if math.isinf(here["depth_scale"]):
        return "critical", "On the critical line information travels far"
    if here["chi"] > 1:
        return "chaotic", "Chaotic phase: similar inputs grow apart"
    return "ordered", "Ordered phase: different inputs become alike"


def _story(here: Mapping[str, float], verdict: str, setting: str) -> str:
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


def _plane(chi: np.ndarray, sigma_w: Sequence[float], sigma_b: Sequence[float]) -> dict[str, Any]:
    with np.errstate(divide="ignore"):
        color = np.clip(np.log2(np.asarray(chi, dtype=float)), -2, 2)
    ticks = {"tickvals": [-2, -1, 0, 1, 2], "ticktext": ["≤ ¼", "½", "1", "2", "≥ 4"]}
    bar = {"title": {"text": "χ₁"}, **ticks, "thickness": 14, "y": 0.75, "len": 0.5}
    return {
        "type": "heatmap",
        "x": np.asarray(sigma_w, dtype=float),
        "y": np.asarray(sigma_b, dtype=float),
        "z": color,
        "zmin": -2,
        "zmax": 2,
        "colorscale": DIVERGING,
        "hovertemplate": "σ_w %{x:.2f}, σ_b %{y:.2f}<extra></extra>",
        "colorbar": bar,
    }


def _critical(critical: Line) -> dict[str, Any]:
    # NaN where there is nothing to draw: an array of numbers in every state packs best.
    x, y = (np.append(np.asarray(line, dtype=float), math.nan) for line in critical)
    look: dict[str, Any] = {
        "line": {"color": INK, "width": 3},
        "marker": {"color": INK, "size": 12},
    }
    return curve(x, y, mode="markers" if _is_point(critical) else "lines", **look, **_QUIET)


def _correlations(
    correlation: Line,
    measured: Sequence[float],
    settled: float,
    followed: Sequence[float],
    *,
    has_map: bool,
) -> list[dict[str, Any]]:
    """Return the diagonal, the correlation map, where it settles, and what a layer measured."""
    before, after, rings = (np.asarray(c, dtype=float) for c in (*correlation, measured))
    if not has_map:
        after, rings = (np.full_like(values, math.nan) for values in (after, rings))
        settled, followed = math.nan, [math.nan] * len(followed)
    # From the diagonal to the map, and across to the diagonal again.
    across, up = np.repeat(followed, 2)[:-1], np.repeat(followed, 2)[1:]
    below = {**_QUIET, **LOWER_PANEL}
    diagonal = {"color": REFERENCE, "dash": "dot"}
    ring = {"symbol": "circle-open", "size": 9, "line": {"width": 2}, "color": MEASURED}
    return [
        curve([0, 1], [0, 1], line=diagonal, **below),
        curve(before, after, **below),
        curve(across, up, line={"color": HERE, "width": 2}, **below),
        curve([settled], [settled], mode="markers", marker={"size": 11}, **below),
        curve(before, rings, mode="markers", marker=ring, **below),
    ]


def _is_point(critical: Line) -> bool:
    return len(critical[0]) > 0 and np.ptp(critical[0]) < 1e-9 and np.ptp(critical[1]) < 1e-9


def _sides(chi: np.ndarray) -> list[dict[str, Any]]:
    """Label the two sides of the line, so that color is not needed."""
    rows, columns = np.subtract(np.shape(chi), 1)
    height = round(0.92 * rows)  # where y is, on the upper half of the paper
    left, right = (np.asarray(chi)[height, round(x * columns)] > 1 for x in (0.12, 0.88))
    labels = {False: "χ₁ < 1", True: "χ₁ > 1"}
    place = {"xref": "paper", "yref": "paper", "y": 0.96, "showarrow": False}
    look = {"font": {"size": 16, "color": INK}, "bgcolor": PAPER}
    places = [(0.12, left), (0.88, right)] if left != right else [(0.5, left)]
    return [{"text": labels[bool(above)], "x": x, **place, **look} for x, above in places]


def _key(width: int) -> dict[str, Any]:
    text = f"line: infinite width<br>rings: width {width}<br>stairs: a pair, layer by layer"
    return _ON_MAP | {"text": text, "x": 0.03, "y": 0.97, "align": "left"} | {"xanchor": "left"}


def _named(critical: Line) -> str:
    """Say how the critical line is drawn."""
    if _is_point(critical):
        return "black dot: critical"
    return "solid black line: critical" if len(critical[0]) else "no critical line in this range"
