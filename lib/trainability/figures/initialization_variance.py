"""Draw signal and gradient through the layers: the hero of lesson 3 and of the landing page."""

import math
from typing import Any

import numpy as np
from torch import Tensor

from trainability.figures.numbers import rounded, superscript, two_digits
from trainability.figures.palette import REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

VANISHING, EXPLODING = 1e-2, 1e2
DECADES_SHOWN = 12
MOST_LAYERS_DRAWN = 26  # more are closer than a curve is wide, and cost the page its weight
UNIT_LINE = {
    "type": "line",
    "xref": "paper",
    "x0": 0,
    "x1": 1,
    "y0": 1,
    "y1": 1,
    "line": {"width": 1, "dash": "dot", "color": REFERENCE},
}


def signal_profile(
    forward: Tensor,
    backward: Tensor,
    *,
    scale: float,
    setting: str,
    pick: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Draw how large signal and gradient are in each layer, on a logarithmic axis.

    ``meta`` holds the reading (``summary``), its ``verdict`` (``"vanishing"``, ``"exploding"``
    or ``"healthy"``), ``gradient_ratio`` and ``signal_ratio`` (first layer against last, last
    against first).

    Parameters
    ----------
    forward, backward : Tensor, shape (L,)
        Mean squares as :func:`trainability.signal.propagate` returns them, for one
        scale. Drawn are their roots, the size of a typical entry: of every layer up to
        26, of as many spread evenly where there are more.
    scale : float
        σ_w, for the reading.
    setting : str
        What else was set, in words, for the reading and for the picture.
    pick : mapping, optional
        What a click on a layer sets; see :func:`trainability.explore.explore`.
    """
    signal, gradient = forward.sqrt().tolist(), backward.sqrt().tolist()
    depth = len(signal)
    layers = np.unique(np.linspace(1, depth, min(depth, MOST_LAYERS_DRAWN)).round().astype(int))
    mode = "lines+markers" if depth <= 10 else "lines"
    back = curve(layers, np.array(gradient)[layers - 1], "gradient, backward", mode=mode)
    return figure(
        read_profile(forward, backward, scale=scale, setting=setting),
        [
            curve(layers, np.array(signal)[layers - 1], "signal, forward", mode=mode),
            back | {"line": {"dash": "dash"}},
        ],
        pick=pick,
        hovermode="x",  # a click anywhere above a layer means that layer
        xaxis=axis("layer", range=[1 - depth / 40, depth * 41 / 40]),
        yaxis=axis("typical size (root mean square)", type="log", exponentformat="power")
        | {"range": [-DECADES_SHOWN, DECADES_SHOWN], "dtick": 4},
        **_marks(signal, gradient, setting),
    )


def read_profile(forward: Tensor, backward: Tensor, *, scale: float, setting: str) -> Reading:
    """Say whether the gradient reaches the first layers.

    The arguments are those of :func:`signal_profile`.

    Examples
    --------
    >>> import torch
    >>> steady, fading = torch.ones(3), torch.tensor([1e-6, 1e-3, 1.0])
    >>> [read_profile(steady, g, scale=1.0, setting="").verdict for g in (steady, fading)]
    ['healthy', 'vanishing']
    """
    signal, gradient = forward.sqrt().tolist(), backward.sqrt().tolist()
    verdict, title, story = _judge(signal, gradient)
    numbers = {
        "gradient_ratio": rounded(gradient[0] / gradient[-1]),
        "signal_ratio": rounded(signal[-1] / signal[0] if signal[0] else math.nan),
    }
    return Reading(verdict, title, f"Scale {scale:.3g}, {setting}: {story}", numbers)


def _event(signal: list[float], gradient: list[float]) -> tuple[int, str, str, str] | None:
    """Return layer, what happens there, verdict and title, where numbers leave their type."""
    layers = range(1, len(signal) + 1)
    events = [
        (k, "the signal overflows", "exploding", "The signal explodes until its numbers overflow")
        for k in layers
        if not math.isfinite(signal[k - 1])
    ]
    for k in reversed(layers):
        size = gradient[k - 1]
        if not math.isfinite(size):
            title = "The gradient explodes until its numbers overflow"
            events.append((k, "the gradient overflows", "exploding", title))
        elif size == 0:
            title = "The gradient vanishes: it underflows to exactly zero"
            events.append((k, "the gradient underflows to exactly 0", "vanishing", title))
    return events[0] if events else None


def _judge(signal: list[float], gradient: list[float]) -> tuple[str, str, str]:
    """Return verdict, title and story of a profile."""
    depth = len(signal)
    if event := _event(signal, gradient):
        layer, what, verdict, title = event
        return verdict, title, f"{what} at layer {layer} of {depth}: {verdict}."
    ratio = gradient[0] / gradient[-1]
    if ratio > EXPLODING:
        return (
            "exploding",
            "The gradient explodes on its way back",
            f"the gradient grows by a factor of {_factor(ratio)} on its way back: exploding.",
        )
    if ratio < VANISHING:
        return (
            "vanishing",
            "The gradient vanishes before it reaches the first layers",
            f"the gradient shrinks by a factor of {_factor(1 / ratio)} on its way back: vanishing.",
        )
    return (
        "healthy",
        "The gradient reaches the first layers",
        f"the gradient reaches the first layer at {ratio:.2g} times its size: healthy.",
    )


def _marks(
    signal: list[float], gradient: list[float], setting: str
) -> dict[str, list[dict[str, Any]]]:
    """Return shapes and annotations: unit line, setting, and where numbers leave their type."""
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 1, "yanchor": "top", "yshift": -20}
    label = {"text": setting, "showarrow": False, **place}
    event = _event(signal, gradient)
    if event is None:
        return {"shapes": [UNIT_LINE], "annotations": [label]}
    layer, what, *_ = event
    line = UNIT_LINE | {"xref": "x", "yref": "paper", "x0": layer, "x1": layer, "y0": 0}
    note = {
        "text": f"{what.removeprefix('the ')} at layer {layer}",
        "x": layer,
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "xanchor": "left" if layer < len(signal) / 2 else "right",
        "showarrow": False,
    }
    return {"shapes": [UNIT_LINE, line], "annotations": [label, note]}


def _factor(ratio: float) -> str:
    """Write a factor with two digits, as in 3.9·10³.

    Examples
    --------
    >>> _factor(3870.0)
    '3.9·10³'
    """
    if math.isinf(ratio):
        return "more than 10³⁰⁰"
    if ratio < 1e3:
        return two_digits(ratio)
    mantissa, exponent = f"{ratio:.1e}".split("e")
    return f"{mantissa}·10{superscript(int(exponent))}"
