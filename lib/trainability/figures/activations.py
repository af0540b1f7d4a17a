"""Pictures of what happens inside one layer: its activations, and what a matrix does to a norm."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainability.figures import two_digits

SILENT = 0.01  # activations that differ by less tell inputs apart by rounding alone
SATURATED = 0.9
BINS = 31
_BEYOND = {"relu": " (last bar: all beyond)", "linear": " (outer bars: all beyond)"}


def layer_distribution(
    activations: Tensor, *, nonlinearity: str, scale: float, layer: int
) -> dict[str, Any]:
    """Draw how the activations of a layer are spread, and say whether they can carry a signal.

    Parameters
    ----------
    activations : Tensor, shape (inputs, units) or (N,)
        g(z) of all units and inputs of the layer. Of a vector it is not known which
        activations are of one unit: constants that differ between units pass for a signal.
    nonlinearity : {"tanh", "sigmoid", "relu", "linear"}
        Which g: it decides the axis.
    scale : float
        σ_w, for the reading.
    layer : int
        Its number, for title and reading.

    Returns
    -------
    dict
        The plain data of a plotly figure.
        ``meta`` holds the reading (``summary``), its ``verdict`` (``"silent"``,
        ``"saturated"``, ``"exploding"`` or ``"alive"``) and ``spread``, the standard
        deviation (of each unit over its inputs where the shape tells them apart).
    """
    values = activations.double()
    finite = values[values.isfinite()]
    low, high = _ends(finite, nonlinearity)
    spread = _spread(values if len(finite) == values.numel() else finite)
    verdict, title, story = _read(values.numel(), finite, nonlinearity, spread)
    if len(finite) == values.numel():  # of a part it would mislead
        title = f"{title} (spread {two_digits(spread)})"
    counts = torch.histc(finite.clamp(low, high), BINS, low, high).cpu().numpy()
    middles = (2 * np.arange(BINS) + 1) / (2 * BINS)  # exactly 0 in the middle of -1 to 1
    where = f"{nonlinearity}, scale {scale:.3g}, layer {layer}"
    return {
        "data": [
            {
                "type": "bar",
                "x": low + (high - low) * middles,
                "y": 100 * counts / max(1, values.numel()),
                "width": (high - low) / BINS,
                "name": "share of activations",
            }
        ],
        "layout": {
            "title": {"text": f"Layer {layer}: {title}"},
            "meta": {
                "summary": f"{where}: {story}",
                "verdict": verdict,
                "spread": float(f"{spread:.3g}"),
            },
            "xaxis": {
                "title": {"text": f"activation {nonlinearity}(z){_BEYOND.get(nonlinearity, '')}"},
                "range": [low - 0.02 * (high - low), high + 0.02 * (high - low)],
                "exponentformat": "power",
            },
            "yaxis": {"title": {"text": "share of activations (%)"}, "rangemode": "tozero"},
            "bargap": 0,
        },
    }


def norm_fluctuation(
    ratios: Tensor, *, fan_out: int, nonlinearity: str, setting: str
) -> dict[str, Any]:
    """Draw how ‖g(Wx)‖² / E‖g(Wx)‖² scatters from one random matrix W to the next.

    Parameters
    ----------
    ratios : Tensor, shape (K,)
        One ratio a matrix; their mean should be 1.
    fan_out : int
        Rows of W.
    nonlinearity : {"linear", "relu"}
        g: theory gives the variance 2/fan_out for the first, 5/fan_out for the second.
    setting : str
        How the weights were drawn, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure.
        ``meta`` holds ``variance`` (measured), ``theory`` and the ``verdict``: ``"luck"`` where
        theory's standard deviation is above 0.3, else ``"reliable"``.
    """
    theory = (2 if nonlinearity == "linear" else 5) / fan_out
    variance = ratios.double().var(correction=0).item()
    verdict = "luck" if theory**0.5 > 0.3 else "reliable"
    edges = np.linspace(0, 3, 61)
    counts = torch.histc(ratios.double().clamp(max=3), 60, 0, 3).cpu().numpy()
    units = "unit" if fan_out == 1 else "units"
    story = (
        f"{fan_out} {units}, {nonlinearity}, {setting}: from matrix to matrix the squared norm has "
        f"variance {variance:.3g} around its mean; theory says {theory:.2g}: {verdict}."
    )
    title = f"{fan_out} {units}: the squared norm scatters by {100 * variance**0.5:.0f}%"
    bars = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": 100 * counts / len(ratios),
        "name": "random matrices",
    }
    return {
        "data": [bars, *_normal_curve(theory, edges)],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": story,
                "verdict": verdict,
                "variance": float(f"{variance:.3g}"),
                "theory": float(f"{theory:.3g}"),
            },
            "xaxis": {
                "title": {"text": "norm² / mean (last bar: beyond)"},
                "range": [0, 3],
            },
            "yaxis": {"title": {"text": "share of matrices (%)"}, "rangemode": "tozero"},
            "bargap": 0,
            "shapes": [_unit_mark()],
        },
    }


def _normal_curve(variance: float, edges: np.ndarray) -> list[dict[str, Any]]:
    """Return the bell curve that large widths tend to."""
    x = np.linspace(0, 3, 121)
    density = np.exp(-((x - 1) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
    share = 100 * density * (edges[1] - edges[0])
    name = "bell curve of the same variance"
    return [{"type": "scatter", "x": x, "y": share, "mode": "lines", "name": name}]


def _unit_mark() -> dict[str, Any]:
    line = {"width": 1, "dash": "dot", "color": "#808080"}
    return {"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _ends(finite: Tensor, nonlinearity: str) -> tuple[float, float]:
    if nonlinearity == "tanh":
        return -1.0, 1.0
    if nonlinearity == "sigmoid":
        return 0.0, 1.0
    unit = _largest(finite)
    size = unit * (finite / unit).square().mean().sqrt().item() if len(finite) else 1.0
    size = float(f"{size:.1g}")
    high = 4 * min(max(size, 1e-30), 1e37)  # within what a page's float32 can place
    return (0.0 if nonlinearity == "relu" else -high), high


def _largest(finite: Tensor) -> float:
    """Return what to divide by before squares are taken, so that none leaves float64."""
    return (finite.abs().max().item() if finite.numel() else 0.0) or 1.0


def _spread(values: Tensor) -> float:
    """Return the standard deviation along the first axis, its mean square over the second."""
    if not values.numel():
        return math.nan
    unit = _largest(values)
    return unit * (values / unit).var(dim=0, correction=0).mean().sqrt().item()


def _read(count: int, finite: Tensor, nonlinearity: str, spread: float) -> tuple[str, str, str]:
    """Return verdict, title and story."""
    lost = count - len(finite)
    if lost:
        title = "numbers have overflowed"
        return "exploding", title, f"{lost} of {count} activations have overflowed: exploding."
    if spread < SILENT:
        title = "the units say the same to every input"
        return "silent", title, f"the activations differ by only {spread:.1g}: silent."
    if nonlinearity in ("tanh", "sigmoid"):
        ends = finite.abs() if nonlinearity == "tanh" else (2 * finite - 1).abs()
        share = (ends > SATURATED).double().mean().item()
        if share > 0.5:
            title = "most units are saturated"
            story = f"{share:.0%} of the activations lie near the ends, where the slope is small"
            return "saturated", title, f"{story}: saturated."
    elif spread > 1 / SILENT:
        title = "the activations explode"
        return "exploding", title, f"the activations spread by {two_digits(spread)}: exploding."
    return "alive", "the activations differ", f"the activations spread by {spread:.2g}: alive."
