"""A network as a ribbon: each layer a column, above it signal and gradient, below it the loss.

Written with marks for what :func:`read_ribbon` returns.
"""

from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import DIVERGING, MEASURED, REFERENCE, WARNING
from trainability.figures.traces import axis, curve, powers_of_ten
from trainability.figures.training_run import LEARNED, mean_cosine, span_of_steps

UNITS = 8  # of each layer that are drawn
EXAMPLES = 10  # that are drawn for each of them
FAR = 100.0  # how far the gradient's size may change on its way and be called healthy
_SIZES = (-12, 4)  # decades that are shown
_LOSSES = (-3, 2)
_TINY = 1e-38


def read_ribbon(
    loss: Tensor, right: Tensor, signals: Tensor, slopes: Tensor, step: float
) -> dict[str, Tensor]:
    """Measure what the figure shows of a network at one moment of its training.

    Parameters
    ----------
    loss, right : Tensor, shape ()
        Over all examples, and the share of them classified right.
    signals : Tensor, shape (L, n, H)
        What each hidden layer puts out; the first 10 examples and 8 units are drawn.
    slopes : Tensor, shape (L,)
        Mean squares of the loss's gradient with respect to that.
    step : float
        Steps made so far.

    Returns
    -------
    dict
        ``layer``, numbers from 1; ``signal`` and ``gradient``, root mean squares by layer, with
        ``signal_first``, ``signal_last``, and ``gradient_first`` and ``gradient_last``; ``ratio``,
        that of the gradient at the first layer to that at the last, and ``vanishing``,
        ``exploding``; ``ribbon``, (80, L), outputs over the size of the first layer's; ``cosine``
        between the last layer's outputs for two examples, the mean over all pairs; ``now``,
        ``percent``, ``learned``; ``loss_here``, ``step_here``; ``span`` and ``end``, where the axes
        of steps and of layers end.

    Examples
    --------
    >>> signals = torch.ones(3, 10, 8)
    >>> fading = torch.tensor([1e-12, 1e-6, 1.0])
    >>> read = read_ribbon(torch.tensor(1.0), torch.tensor(0.5), signals, fading, step=0)
    >>> read["vanishing"].item(), round(read["cosine"].item(), 6), tuple(read["ribbon"].shape)
    (True, 1.0, (80, 3))
    """
    sizes = signals.square().mean((1, 2)).sqrt()
    gradient = slopes.sqrt()
    drawn = signals[:, :EXAMPLES, :UNITS] / sizes[0].clamp(min=_TINY)
    ratio = gradient[0] / gradient[-1].clamp(min=_TINY)
    here = torch.zeros_like(loss)
    return {
        "layer": torch.arange(signals.shape[0]) + 1,
        "end": here + 0.5 + signals.shape[0],
        "signal": sizes,
        "gradient": gradient,
        "signal_first": sizes[0],
        "signal_last": sizes[-1],
        "gradient_first": gradient[0],
        "gradient_last": gradient[-1],
        "ratio": ratio,
        "vanishing": ratio * FAR < 1,
        "exploding": ratio > FAR,
        "ribbon": drawn.permute(2, 1, 0).reshape(UNITS * EXAMPLES, signals.shape[0]),
        "cosine": mean_cosine(signals[-1]),
        "now": loss,
        "percent": (100 * right + 0.5).floor(),
        "learned": right > LEARNED,
        "loss_here": loss.view(1),
        "step_here": (here + step).view(1),
        "span": span_of_steps(step, like=loss),
    }


def _judged(learned: Any, vanishing: Any, exploding: Any, rest: Any) -> dict[str, Any]:
    return first_of(
        ("learned", learned), ("vanishing", vanishing), ("exploding", exploding), (None, rest)
    )


def _by_layer(name: str, dash: str, symbol: str, color: str) -> dict[str, Any]:
    marker = {"symbol": symbol, "size": 5, "color": color}
    look = {"color": color, "dash": dash}
    values = mark("layer"), mark(name)
    return curve(*values, name, mode="lines+markers", line=look, marker=marker)


ALL_SETTINGS = (
    "{nonlinearity}, weights {init}, biases {bias_scale:2}, skip {skip:2}, norm {norm}, "
    "{number_type}, loss times {loss_scale:2}"
)
_STORY = (
    "{depth} layers of {width}, scale {init_scale:3}, %s, rate {lr:3}, step {step}: loss {now:3}, "
    "{percent:3}%% right. From the first hidden layer to the last the signal goes from "
    "{signal_first:2} to {signal_last:2}; on the way back the gradient goes from "
    "{gradient_last:2} to {gradient_first:2}; two digits have a cosine of {cosine:3} in the last "
    "layer: "
)
_WORDS = ("learned", "vanishing", "exploding", "healthy")
_BORDERS = [
    {"type": "line", "xref": "x2 domain", "yref": "y2", "x0": 0, "x1": 1, "y0": y, "y1": y}
    | {"line": {"color": REFERENCE, "width": 1}}
    for y in (EXAMPLES * unit - 0.5 for unit in range(1, UNITS))
]

_RIBBON: dict[str, Any] = {
    "data": [
        _by_layer("signal", "solid", "circle", MEASURED),
        _by_layer("gradient", "dash", "square", REFERENCE),
        {
            "type": "heatmap",
            "x": mark("layer"),
            "z": mark("ribbon"),
            "name": "outputs",
            "xaxis": "x2",
            "yaxis": "y2",
            "zmin": -2,
            "zmax": 2,
            "colorscale": DIVERGING,
            "showscale": False,
        },
        curve(
            mark("steps"),
            mark("loss"),
            "loss",
            line={"color": WARNING},
            xaxis="x3",
            yaxis="y3",
            showlegend=False,
        ),
        curve(
            mark("step_here"),
            mark("loss_here"),
            "now",
            mode="markers",
            marker={"size": 8, "color": WARNING},
            xaxis="x3",
            yaxis="y3",
            showlegend=False,
            cliponaxis=False,
        ),
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("It has learned: {percent:3}% right"),
                sentence("The gradient vanishes: {ratio:2} of it reaches layer 1"),
                sentence("The gradient explodes: {ratio:2} of it reaches layer 1"),
                sentence("The gradient arrives: {ratio:2} of it at layer 1"),
            )
        },
        "meta": {
            "verdict": _judged(*_WORDS),
            "ratio": mark("ratio"),
            "cosine": mark("cosine"),
            "percent": mark("percent"),
            "loss": mark("now"),
            "step": mark("step"),
        },
        "height": 780,
        "dragmode": False,
        "shapes": _BORDERS,
        "xaxis": axis("", anchor="y", range=[0.5, mark("end")], zeroline=False)
        | {"showticklabels": False},
        "yaxis": powers_of_ten("size", [0.72, 1], range=list(_SIZES), dtick=4, automargin=True),
        "xaxis2": axis("hidden layer", anchor="y2", range=[0.5, mark("end")], zeroline=False),
        "yaxis2": axis("8 units × 10 digits", domain=[0.29, 0.68], anchor="x2")
        | {"range": [UNITS * EXAMPLES - 0.5, -0.5], "showticklabels": False, "ticks": ""}
        | {"showgrid": False, "zeroline": False},
        "xaxis3": axis("step", anchor="y3", range=[0, mark("span")], zeroline=False),
        "yaxis3": powers_of_ten("loss", [0, 0.16], range=list(_LOSSES), dtick=2, automargin=True)
        | {"anchor": "x3"},
    },
}


def ribbon(settings: str = ALL_SETTINGS) -> dict[str, Any]:
    """Return the figure, with what its reading tells of further settings.

    Parameters
    ----------
    settings : str
        Words, with fields for settings besides depth, width, scale and rate.

    Examples
    --------
    >>> ribbon("tanh")["layout"]["meta"]["summary"]["$first"][0][1]["$text"][:57]
    '{depth} layers of {width}, scale {init_scale:3}, tanh, ra'
    """
    story = _STORY % settings
    summary = _judged(*(sentence(f"{story}{word}.") for word in _WORDS))
    layout = _RIBBON["layout"]
    return _RIBBON | {"layout": layout | {"meta": {"summary": summary, **layout["meta"]}}}
