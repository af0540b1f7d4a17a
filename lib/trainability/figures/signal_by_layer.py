"""Signal and gradient in each layer, as a figure that a page fills in by itself.

The picture is that of :func:`trainability.figures.initialization_variance.signal_profile`; it is
written once, with marks for what :func:`trainability.signal.layer_by_layer` returns.
"""

import math
from typing import Any

import torch
from torch import Tensor

from trainability.figures.initialization_variance import (
    DECADES_SHOWN,
    EXPLODING,
    UNIT_LINE,
    VANISHING,
)
from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.traces import axis, curve


def read_signal(forward: Tensor, backward: Tensor) -> dict[str, Tensor]:
    """Measure what the reading rests on.

    Parameters
    ----------
    forward, backward : Tensor, shape (L,)
        Mean squares of each layer, as :func:`trainability.signal.layer_by_layer` returns them.

    Returns
    -------
    dict
        ``layer``, ``signal`` and ``gradient`` (the roots) for the curves; ``gradient_ratio`` and
        ``signal_ratio`` (first layer against last, last against first); and the layers where
        numbers leave their type, 0 where none does: ``signal_overflow``, the first from the
        input, ``gradient_overflow`` and ``gradient_underflow``, the first from the output.

    Examples
    --------
    >>> fading = torch.tensor([1e-6, 1e-3, 1.0], dtype=torch.float64)
    >>> read = read_signal(torch.ones(3, dtype=torch.float64), fading)
    >>> read["gradient_ratio"].item(), read["vanishing"].item()
    (0.001, True)
    """
    signal, gradient = forward.sqrt(), backward.sqrt()
    depth = forward.shape[0]
    layer = torch.arange(1, depth + 1, dtype=torch.float64)
    nowhere = torch.zeros_like(layer)
    beyond = torch.where(signal < math.inf, nowhere, depth + 1 - layer).amax()
    signal_overflow = torch.where(beyond > 0, depth + 1 - beyond, beyond)
    overflow = torch.where(gradient < math.inf, nowhere, layer).amax()
    underflow = torch.where(gradient == 0, layer, nowhere).amax()
    event = torch.where(signal_overflow > 0, signal_overflow, torch.maximum(overflow, underflow))
    ratio = gradient[0] / gradient[-1]
    return {
        "layer": layer,
        "signal": signal,
        "gradient": gradient,
        "gradient_ratio": ratio,
        "signal_ratio": signal[-1] / signal[0],
        "signal_overflow": signal_overflow,
        "gradient_overflow": torch.where(overflow > underflow, overflow, 0.0),
        "gradient_underflow": torch.where(underflow > overflow, underflow, 0.0),
        "exploding": ratio > EXPLODING,
        "vanishing": ratio < VANISHING,
        "shrinking": 1 / ratio,
        "few": layer.amax() <= 10,
        "left": 1 - layer.amax() / 40,
        "right": layer.amax() * 41 / 40,
        "late": event >= depth / 2,
    }


def _judged(
    signal: Any, overflow: Any, underflow: Any, exploding: Any, vanishing: Any, fine: Any
) -> Any:
    names = ("signal_overflow", "gradient_overflow", "gradient_underflow", "exploding", "vanishing")
    parts = (signal, overflow, underflow, exploding, vanishing)
    return first_of(*zip(names, parts, strict=True), (None, fine))


def _event(name: str, what: str) -> list[Any]:
    """The line and the note at a layer where numbers leave their type."""
    line = UNIT_LINE | {
        "xref": "x",
        "yref": "paper",
        "x0": mark(name),
        "x1": mark(name),
        "y0": 0,
    }
    note = {
        "text": sentence(f"{what} at layer {{{name}:3}}"),
        "x": mark(name),
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "xanchor": first_of(("late", "right"), (None, "left")),
        "showarrow": False,
    }
    return [line, note]


_EVENTS = {
    "signal_overflow": "signal overflows",
    "gradient_overflow": "gradient overflows",
    "gradient_underflow": "gradient underflows to exactly 0",
}
_MARKED = {name: _event(name, what) for name, what in _EVENTS.items()}
_SETTING = "{nonlinearity}, {depth} layers of {width}, {number_type}"
_LABEL = {
    "text": sentence(_SETTING),
    "showarrow": False,
    "xref": "paper",
    "yref": "paper",
    "x": 0.5,
    "y": 1,
    "yanchor": "top",
    "yshift": -20,
}


def _story(rest: str) -> Any:
    biased = f"Scale {{init_scale:3}}, bias scale {{bias_scale:3}}, {_SETTING}: {rest}"
    plain = f"Scale {{init_scale:3}}, {_SETTING}: {rest}"
    return first_of(("bias_scale", sentence(biased)), (None, sentence(plain)))


def _happens(name: str, verdict: str) -> Any:
    return _story(f"the {_EVENTS[name]} at layer {{{name}:3}} of {{depth}}: {verdict}.")


_MODE: Any = first_of(("few", "lines+markers"), (None, "lines"))
_SIGNAL = curve(mark("layer"), mark("signal"), "signal, forward", mode=_MODE)
_GRADIENT = curve(mark("layer"), mark("gradient"), "gradient, backward", mode=_MODE)

SIGNAL_BY_LAYER: dict[str, Any] = {
    "data": [_SIGNAL, _GRADIENT | {"line": {"dash": "dash"}}],
    "layout": {
        "title": {
            "text": _judged(
                "The signal explodes until its numbers overflow",
                "The gradient explodes until its numbers overflow",
                "The gradient vanishes: it underflows to exactly zero",
                "The gradient explodes on its way back",
                "The gradient vanishes before it reaches the first layers",
                "The gradient reaches the first layers",
            )
        },
        "meta": {
            "summary": _judged(
                _happens("signal_overflow", "exploding"),
                _happens("gradient_overflow", "exploding"),
                _happens("gradient_underflow", "vanishing"),
                _story(
                    "the gradient grows by a factor of {gradient_ratio:2} on its way back: "
                    "exploding."
                ),
                _story(
                    "the gradient shrinks by a factor of {shrinking:2} on its way back: vanishing."
                ),
                _story(
                    "the gradient reaches the first layer at {gradient_ratio:2} times its size: "
                    "healthy."
                ),
            ),
            "verdict": _judged(
                "exploding", "exploding", "vanishing", "exploding", "vanishing", "healthy"
            ),
            "gradient_ratio": mark("gradient_ratio"),
            "signal_ratio": mark("signal_ratio"),
        },
        "hovermode": "x",  # a click anywhere above a layer means that layer
        "xaxis": axis("layer") | {"range": [mark("left"), mark("right")]},
        "yaxis": axis("typical size (root mean square)", type="log", exponentformat="power")
        | {"range": [-DECADES_SHOWN, DECADES_SHOWN], "dtick": 4},
        "shapes": first_of(
            *((name, [UNIT_LINE, line]) for name, (line, _) in _MARKED.items()),
            (None, [UNIT_LINE]),
        ),
        "annotations": first_of(
            *((name, [_LABEL, note]) for name, (_, note) in _MARKED.items()), (None, [_LABEL])
        ),
    },
}


def signal_by_layer(pick: Any = None) -> dict[str, Any]:
    """Return the figure, with what a click on a layer sets.

    Parameters
    ----------
    pick : mapping, optional
        See :func:`trainability.explore.explore`.

    Examples
    --------
    >>> signal_by_layer({"set": {"layer": "x"}})["layout"]["meta"]["pick"]
    {'set': {'layer': 'x'}}
    """
    layout = SIGNAL_BY_LAYER["layout"]
    meta = layout["meta"] | ({"pick": pick} if pick else {})
    return SIGNAL_BY_LAYER | {"layout": layout | {"meta": meta}}
