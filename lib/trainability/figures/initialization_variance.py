"""Pictures for the lesson on initialization variance, and the landing page's hero."""

import math

import numpy as np
import plotly.graph_objects as go
from torch import Tensor

VANISHING, EXPLODING = 1e-2, 1e2
DECADES_SHOWN = 12
UNIT_LINE = {
    "type": "line",
    "xref": "paper",
    "x0": 0,
    "x1": 1,
    "y0": 1,
    "y1": 1,
    "line": {"width": 1, "dash": "dot", "color": "#808080"},
}


def signal_profile(forward: Tensor, backward: Tensor, *, scale: float, setting: str) -> go.Figure:
    """Draw how large signal and gradient are in each layer, on a logarithmic axis.

    Parameters
    ----------
    forward, backward : Tensor, shape (L,)
        Mean squares as :func:`trainability.signal.propagate` returns them, for one
        scale. Drawn are their roots: the size of a typical entry.
    scale : float
        σ_w, for the reading.
    setting : str
        What else was set, in words, for the reading.

    Returns
    -------
    Figure
        ``meta`` holds the reading (``summary``), its ``verdict`` (``"vanishing"``,
        ``"exploding"`` or ``"healthy"``), ``gradient_ratio`` and ``signal_ratio``
        (first layer against last, last against first).
    """
    signal, gradient = forward.sqrt().tolist(), backward.sqrt().tolist()
    depth = len(signal)
    verdict, title, story = _read(signal, gradient)
    meta = {
        "summary": f"Scale {scale:.3g}, {setting}: {story}",
        "verdict": verdict,
        "gradient_ratio": _rounded(gradient[0] / gradient[-1]),
        "signal_ratio": _rounded(signal[-1] / signal[0] if signal[0] else math.nan),
        "device": str(forward.device),
    }
    layers = np.arange(1, depth + 1)
    curve = {"type": "scatter", "x": layers, "mode": "lines+markers" if depth <= 10 else "lines"}
    # One call with plain data: plotly's update methods would take most of the build.
    return go.Figure(
        data=[
            curve | {"y": signal, "name": "signal, forward"},
            curve | {"y": gradient, "name": "gradient, backward", "line": {"dash": "dash"}},
        ],
        layout={
            "title": {"text": title},
            "meta": meta,
            "xaxis": {"title": {"text": "layer"}, "range": [1 - depth / 40, depth * 41 / 40]},
            "yaxis": {
                "title": {"text": "typical size (root mean square)"},
                "type": "log",
                "range": [-DECADES_SHOWN, DECADES_SHOWN],
                "dtick": 4,
                "exponentformat": "power",
            },
            "shapes": [UNIT_LINE],
        },
    )


def _read(signal: list[float], gradient: list[float]) -> tuple[str, str, str]:
    """Return verdict, title and story of a profile."""
    depth = len(signal)
    burst = next((k for k, size in enumerate(signal, 1) if not math.isfinite(size)), None)
    if burst is not None:
        return (
            "exploding",
            "The signal explodes until its numbers overflow",
            f"the signal overflows at layer {burst} of {depth}: exploding.",
        )
    burst = next((k for k in range(depth, 0, -1) if not math.isfinite(gradient[k - 1])), None)
    if burst is not None:
        return (
            "exploding",
            "The gradient explodes until its numbers overflow",
            f"on its way back the gradient overflows at layer {burst} of {depth}: exploding.",
        )
    lost = next((k for k in range(depth, 0, -1) if gradient[k - 1] == 0), None)
    if lost is not None:
        return (
            "vanishing",
            "The gradient vanishes: it underflows to exactly zero",
            f"on its way back the gradient underflows to exactly 0 at layer {lost}: vanishing.",
        )
    ratio = gradient[0] / gradient[-1]
    if ratio > EXPLODING:
        return (
            "exploding",
            "The gradient explodes on its way back",
            f"the gradient grows {_power(ratio)} times over {depth} layers: exploding.",
        )
    if ratio < VANISHING:
        return (
            "vanishing",
            "The gradient vanishes before it reaches the first layers",
            f"the gradient falls to {_power(ratio)} of itself over {depth} layers: vanishing.",
        )
    return (
        "healthy",
        "The gradient arrives: every layer can learn",
        f"the gradient reaches the first of {depth} layers at {ratio:.2g} times its size: healthy.",
    )


def _rounded(number: float) -> float:
    return float(f"{number:.3g}")


def _power(ratio: float) -> str:
    exponent = str(round(math.log10(ratio)))
    return "10" + exponent.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
