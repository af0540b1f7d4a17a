"""A network with many layers while it trains, as a figure that a page fills in by itself.

It is written once, with marks for what :func:`read_training_run` returns.
"""

import math
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import MEASURED, REFERENCE, WARNING
from trainability.figures.traces import LOWER_PANEL, axis, curve, powers_of_ten

LEARNED = 0.9  # share of the examples classified right
FIRST_SPAN = 100  # steps that an axis of steps shows at first; then twice as many, and so on
_TIED = 1e-9
_LOSSES = (-4, 4)  # decades that are shown
_SIZES = (-20, 4)
_MOST_TICKS = 10


def span_of_steps(step: float, *, like: Tensor) -> Tensor:
    """Return how many steps an axis shows, so that it moves only now and then.

    Parameters
    ----------
    step : float
        Steps made so far.
    like : Tensor
        Of the type that is wished.

    Examples
    --------
    >>> [span_of_steps(step, like=torch.tensor(0.0)).item() for step in (0, 100, 101)]
    [100.0, 100.0, 200.0]
    """
    doublings = torch.log(torch.full_like(like, 1.0) * step / FIRST_SPAN) / math.log(2) - 1e-9
    return FIRST_SPAN * torch.pow(2, torch.ceil(doublings).clamp(min=0))


def earlier_kin(near: Tensor) -> Tensor:
    """Return which rows before each are near it, from which rows are near at all.

    Parameters
    ----------
    near : Tensor of bool, shape (H, H)

    Examples
    --------
    >>> earlier_kin(torch.ones(2, 2, dtype=torch.bool)).tolist()
    [[False, False], [True, False]]
    """
    place = torch.arange(near.shape[0])
    return torch.logical_and(near, place.view(1, -1) < place.view(-1, 1))


def count_kinds(near: Tensor) -> Tensor:
    """Return how many rows are near none before them.

    Parameters
    ----------
    near : Tensor of bool, shape (H, H)

    Examples
    --------
    >>> count_kinds(torch.tensor([[True, True, False], [True, True, False], [False, False, True]]))
    tensor(2., dtype=torch.float64)
    """
    return (1 - earlier_kin(near).double().amax(1)).sum()


def count_distinct(units: Tensor) -> Tensor:
    """Return how many rows differ by more than 1e-9 from each row before them.

    Examples
    --------
    >>> count_distinct(torch.tensor([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0]])).item()
    2.0
    """
    return count_kinds((units.unsqueeze(1) - units.unsqueeze(0)).abs().amax(2) <= _TIED)


def mean_cosine(rows: Tensor) -> Tensor:
    """Return the cosine between two rows, the mean over all pairs.

    Parameters
    ----------
    rows : Tensor, shape (n, H)

    Examples
    --------
    >>> mean_cosine(torch.tensor([[3.0, 0.0], [0.0, 2.0]])).item()
    0.0
    """
    count = rows.shape[0]
    lengths = rows.square().sum(1, keepdim=True).sqrt().clamp(min=1e-30)
    together = (rows / lengths).sum(0).square().sum()
    return (together - count) / (count * (count - 1))


def read_training_run(
    loss: Tensor,
    right: Tensor,
    signals: Tensor,
    slopes: Tensor,
    units: Tensor,
    step: float,
) -> dict[str, Tensor]:
    """Measure what the figure shows of a network at one moment of its training.

    Parameters
    ----------
    loss : Tensor, shape ()
        Over all examples.
    right : Tensor, shape ()
        Share of the examples classified right.
    signals : Tensor, shape (L, n, H)
        What each hidden layer puts out, for n examples.
    slopes : Tensor, shape (L,)
        Mean squares of the loss's gradient with respect to each hidden layer's output.
    units : Tensor, shape (H, d)
        The weights of the first hidden layer.
    step : float
        Steps made so far.

    Returns
    -------
    dict
        ``layer``, numbers from 1; ``signal`` and ``gradient``, root mean squares by layer, with
        their first and last as ``signal_first``, ``signal_last``, ``gradient_first``,
        ``gradient_last``; ``dead``, the percentage of units that are 0 for every example;
        ``distinct``, how many units of the first layer differ; ``cosine``, between the last
        layer's outputs for two examples, the mean over all pairs; ``now``, the loss;
        ``percent`` and ``learned``; ``span`` and ``end``, where the axes of steps and of layers
        end; and ``ticks``, how far apart those of the layers are.

    Examples
    --------
    >>> signals = torch.tensor([[[3.0, 0.0], [4.0, 0.0]]])
    >>> given = {"slopes": torch.ones(1), "units": torch.eye(2), "step": 0}
    >>> read = read_training_run(torch.tensor(1.0), torch.tensor(1.0), signals, **given)
    >>> read["dead"].item(), round(read["cosine"].item(), 6), read["signal"].item()
    (50.0, 1.0, 2.5)
    """
    sizes = signals.square().mean((1, 2)).sqrt()
    last = signals[-1]
    dead = (signals == 0).double().amin(1).mean()
    gradient = slopes.sqrt()
    return {
        "layer": torch.arange(signals.shape[0]) + 1,
        "end": torch.full_like(loss, 0.5) + signals.shape[0],
        "ticks": ((torch.zeros_like(loss) + signals.shape[0]) / _MOST_TICKS).ceil(),
        "signal": sizes,
        "gradient": gradient,
        "signal_first": sizes[0],
        "signal_last": sizes[-1],
        "gradient_first": gradient[0],
        "gradient_last": gradient[-1],
        "dead": (100 * dead + 0.5).floor(),
        "distinct": count_distinct(units),
        "cosine": mean_cosine(last),
        "now": loss,
        "percent": (100 * right + 0.5).floor(),
        "learned": right > LEARNED,
        "span": span_of_steps(step, like=loss),
    }


def _judged(learned: Any, rest: Any) -> dict[str, Any]:
    return first_of(("learned", learned), (None, rest))


def _by_layer(name: str, look: dict[str, Any], symbol: str, color: str) -> dict[str, Any]:
    marker = {"symbol": symbol, "size": 6, "color": color}
    values = mark("layer"), mark(name)
    return curve(*values, name, mode="lines+markers", line=look, marker=marker, **LOWER_PANEL)


_STORY = (
    "{depth} layers of {width}, {nonlinearity}, {trained} trained by {optimizer}, rate {lr:3}, "
    "step {step}: loss {now:3}, {percent:3}% right. From the first hidden layer to the last the "
    "signal goes from {signal_first:2} to {signal_last:2}, the gradient from {gradient_first:2} to "
    "{gradient_last:2}. {dead:3}% of the units are silent; {distinct:3} of {width} in the first "
    "layer differ; two examples have a cosine of {cosine:3} in the last: "
)

TRAINING_RUN: dict[str, Any] = {
    "data": [
        curve(mark("steps"), mark("loss"), "loss", line={"color": WARNING}),
        _by_layer("signal", {"color": MEASURED}, "circle", MEASURED),
        _by_layer("gradient", {"color": REFERENCE, "dash": "dash"}, "square", REFERENCE),
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("It has learned: loss {now:2}, {percent:3}% right"),
                sentence("Step {step}: loss {now:2}, {percent:3}% right"),
            )
        },
        "meta": {
            "summary": _judged(sentence(f"{_STORY}learned."), sentence(f"{_STORY}not learned.")),
            "verdict": _judged("learned", "not learned"),
            "loss": mark("now"),
            "percent": mark("percent"),
            "dead": mark("dead"),
            "distinct": mark("distinct"),
            "cosine": mark("cosine"),
            "step": mark("step"),
        },
        "height": 600,
        "dragmode": False,
        "xaxis": axis("step", anchor="y", range=[0, mark("span")], zeroline=False),
        "yaxis": powers_of_ten("loss", [0.62, 1], range=list(_LOSSES), dtick=2, automargin=True),
        "xaxis2": axis(
            "hidden layer",
            anchor="y2",
            range=[0.5, mark("end")],
            zeroline=False,
            tick0=1,
            dtick=mark("ticks"),
        ),
        "yaxis2": powers_of_ten(
            "root mean square", [0, 0.42], range=list(_SIZES), dtick=4, automargin=True
        ),
    },
}
