"""Draw what happens inside one layer: its activations, and what a matrix does to a norm."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

SILENT = 0.01  # activations that differ by less tell inputs apart by rounding alone
SATURATED = 0.9
BINS = 31
_BEYOND = {"relu": " (last bar: all beyond)", "linear": " (outer bars: all beyond)"}


def layer_distribution(
    activations: Tensor, *, nonlinearity: str, scale: float, layer: int
) -> dict[str, Any]:
    """Draw how the activations of a layer are spread, and say whether they can carry a signal.

    ``meta`` holds the reading (``summary``), its ``verdict`` (``"silent"``, ``"saturated"``,
    ``"exploding"`` or ``"alive"``) and ``spread``, the standard deviation (of each unit over
    its inputs where the shape tells them apart).

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
    """
    values = activations.double()
    finite = values[values.isfinite()]
    low, high = _ends(finite, nonlinearity)
    reading = read_activations(values, nonlinearity=nonlinearity, scale=scale, layer=layer)
    counts = torch.histc(finite.clamp(low, high), BINS, low, high).cpu().numpy()
    middles = (2 * np.arange(BINS) + 1) / (2 * BINS)  # exactly 0 in the middle of -1 to 1
    shares = {
        "type": "bar",
        "x": low + (high - low) * middles,
        "y": 100 * counts / max(1, values.numel()),
        "width": (high - low) / BINS,
        "name": "share of activations",
    }
    edge = 0.02 * (high - low)
    title = f"activation {nonlinearity}(z){_BEYOND.get(nonlinearity, '')}"
    return figure(
        reading,
        [shares],
        xaxis=axis(title, range=[low - edge, high + edge], exponentformat="power"),
        yaxis=axis("share of activations (%)", rangemode="tozero"),
        bargap=0,
    )


def read_activations(
    activations: Tensor, *, nonlinearity: str, scale: float, layer: int
) -> Reading:
    """Say whether the activations of a layer can carry a signal.

    The arguments are those of :func:`layer_distribution`.

    Examples
    --------
    >>> layer = {"nonlinearity": "tanh", "scale": 1.0, "layer": 3}
    >>> read_activations(torch.full((4, 2), 0.5), **layer).verdict
    'silent'
    """
    values = activations.double()
    finite = values[values.isfinite()]
    lost = values.numel() - len(finite)
    spread = _spread(finite if lost else values)
    verdict, title, story = _judge(values.numel(), finite, nonlinearity, spread)
    if not lost:  # of a part it would mislead
        title = f"{title} (spread {two_digits(spread)})"
    where = f"{nonlinearity}, scale {scale:.3g}, layer {layer}"
    numbers = {"spread": rounded(spread)}
    return Reading(verdict, f"Layer {layer}: {title}", f"{where}: {story}", numbers)


def norm_fluctuation(
    ratios: Tensor, *, fan_out: int, nonlinearity: str, setting: str
) -> dict[str, Any]:
    """Draw how ‖g(Wx)‖² / E‖g(Wx)‖² scatters from one random matrix W to the next.

    ``meta`` holds ``variance`` (measured), ``theory`` and the ``verdict``: ``"luck"`` where
    theory's standard deviation is above 0.3, else ``"reliable"``.

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
    """
    reading = read_fluctuation(ratios, fan_out=fan_out, nonlinearity=nonlinearity, setting=setting)
    edges = np.linspace(0, 3, 61)
    counts = torch.histc(ratios.double().clamp(max=3), 60, 0, 3).cpu().numpy()
    bars = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": 100 * counts / len(ratios),
        "name": "random matrices",
    }
    return figure(
        reading,
        [bars, _normal_curve(_norm_variance(fan_out, nonlinearity), edges)],
        xaxis=axis("norm² / mean (last bar: beyond)", range=[0, 3]),
        yaxis=axis("share of matrices (%)", rangemode="tozero"),
        bargap=0,
        shapes=[_unit_mark()],
    )


def read_fluctuation(ratios: Tensor, *, fan_out: int, nonlinearity: str, setting: str) -> Reading:
    """Say how much the squared norm scatters from one random matrix to the next.

    The arguments are those of :func:`norm_fluctuation`.

    Examples
    --------
    >>> ratios, wide = torch.tensor([0.5, 1.5]), {"nonlinearity": "linear", "setting": "normal"}
    >>> [read_fluctuation(ratios, fan_out=n, **wide).verdict for n in (10, 100)]
    ['luck', 'reliable']
    """
    theory = _norm_variance(fan_out, nonlinearity)
    variance = ratios.double().var(correction=0).item()
    verdict = "luck" if theory**0.5 > 0.3 else "reliable"
    units = "unit" if fan_out == 1 else "units"
    return Reading(
        verdict,
        f"{fan_out} {units}: the squared norm scatters by {100 * variance**0.5:.0f}%",
        f"{fan_out} {units}, {nonlinearity}, {setting}: from matrix to matrix the squared norm has "
        f"variance {variance:.3g} around its mean; theory says {theory:.2g}: {verdict}.",
        {"variance": rounded(variance), "theory": rounded(theory)},
    )


def _norm_variance(fan_out: int, nonlinearity: str) -> float:
    return (2 if nonlinearity == "linear" else 5) / fan_out


def _normal_curve(variance: float, edges: np.ndarray) -> dict[str, Any]:
    """Return the bell curve that large widths tend to."""
    x = np.linspace(0, 3, 121)
    density = np.exp(-((x - 1) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
    share = 100 * density * (edges[1] - edges[0])
    return curve(x, share, "bell curve of the same variance")


def _unit_mark() -> dict[str, Any]:
    line = {"width": 1, "dash": "dot", "color": REFERENCE}
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


def _judge(count: int, finite: Tensor, nonlinearity: str, spread: float) -> tuple[str, str, str]:
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
