"""Three hidden layers while they train: the loss, and how many units of each layer differ.

It is written once, with marks for what :func:`read_ties` returns.
"""

from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import HERE, SERIES, WARNING
from trainability.figures.traces import DASHES, LOWER_PANEL, axis, curve, powers_of_ten
from trainability.figures.training_run import count_kinds, span_of_steps

LAYERS = 3
_LOSSES = (-6, 1)  # decades that are shown
_EQUAL = 1e-6  # rounding parts units, too, and what it parts may grow


def effective_units(reads: Tensor, writes: Tensor) -> Tensor:
    """Count units of a layer that differ in what they read or write, up to a flip of all signs.

    Parameters
    ----------
    reads : Tensor, shape (H, d)
        A row of incoming weights for each unit.
    writes : Tensor, shape (K, H)
        A column of outgoing weights for each.

    Examples
    --------
    >>> reads = torch.tensor([[1.0], [1.0], [-1.0], [1.0]])
    >>> effective_units(reads, torch.tensor([[2.0, 2.0, -2.0, 3.0]])).item()
    2.0
    """
    units = torch.cat([reads, writes.T], dim=1)
    one, other = units.unsqueeze(1), units.unsqueeze(0)
    apart = torch.minimum((one - other).abs().amax(2), (one + other).abs().amax(2))
    return count_kinds(apart <= _EQUAL)


def read_ties(loss: Tensor, counts: Tensor, width: int, step: float) -> dict[str, Tensor]:
    """Say how many units each layer has, and whether any layer has fewer than its width.

    Parameters
    ----------
    loss : Tensor, shape ()
    counts : Tensor, shape (3,)
        Effective units by layer.
    width : int
        Units in each layer.
    step : float
        Steps made so far.

    Returns
    -------
    dict
        ``now``, the loss; ``width``; ``first``, ``second``, ``third``, the counts; ``tied``,
        whether one is less than the width; ``learned``, whether the loss is below 0.01;
        ``step_here``, ``losses_here``, ``steps_here`` and ``counts_here``, where the present state
        is drawn; ``top`` and ``span``, where the axes of units and of steps end.

    Examples
    --------
    >>> counts = torch.tensor([4.0, 2.0, 4.0])
    >>> read_ties(torch.tensor(0.5), counts, 4, step=10)["tied"].item()
    True
    """
    return {
        "now": loss,
        "width": torch.full_like(loss, width),
        "first": counts[0],
        "second": counts[1],
        "third": counts[2],
        "tied": counts.amin(0) < width,
        "learned": loss < 0.01,
        "steps_here": torch.zeros_like(counts) + step,
        "step_here": (torch.zeros_like(loss) + step).view(1),
        "losses_here": loss.view(1),
        "counts_here": counts,
        "top": torch.full_like(loss, width + 0.5),
        "span": span_of_steps(step, like=loss),
    }


def _here(steps: str, values: str, **panel: Any) -> dict[str, Any]:
    marker = {"size": 9, "color": HERE}
    return curve(mark(steps), mark(values), "now", mode="markers", marker=marker, **panel) | {
        "showlegend": not panel,
        "cliponaxis": False,
    }


def _judged(tied: Any, learned: Any, rest: Any) -> dict[str, Any]:
    return first_of(("tied", tied), ("learned", learned), (None, rest))


def _count(place: int, name: str) -> dict[str, Any]:
    look = {"color": SERIES[place], "dash": DASHES[place], "width": 3 - place / 2}
    return curve(mark("steps"), mark(f"units_{place}"), name, line=look, **LOWER_PANEL)


_STORY = (
    "{start}, norm {norm}, {optimizer}, rate {lr:3}, step {step}: loss {now:2}; {first:3}, "
    "{second:3} and {third:3} different units of {width:3} in layers 1, 2 and 3: "
)
_COUNTS = sentence("Layers 1, 2, 3: {first:3}, {second:3}, {third:3} units of {width:3} differ")

TIES: dict[str, Any] = {
    "data": [
        curve(mark("steps"), mark("loss"), "loss", line={"color": WARNING}),
        *(_count(i, f"different units, layer {i + 1}") for i in range(LAYERS)),
        _here("step_here", "losses_here"),
        _here("steps_here", "counts_here", **LOWER_PANEL),
    ],
    "layout": {
        "title": {"text": _COUNTS},
        "meta": {
            "summary": _judged(
                *(sentence(f"{_STORY}{words}.") for words in ("tied", "free, and learned", "free"))
            ),
            "verdict": _judged("tied", "learned", "free"),
            "loss": mark("now"),
            "step": mark("step"),
        },
        "height": 560,
        "dragmode": False,
        "xaxis": axis("", anchor="y", range=[0, mark("span")], zeroline=False),
        "yaxis": powers_of_ten("loss", [0.55, 1], range=list(_LOSSES), dtick=2, automargin=True),
        "xaxis2": axis("step", anchor="y2", range=[0, mark("span")], zeroline=False),
        "yaxis2": axis(
            "different units", domain=[0, 0.42], range=[0, mark("top")], automargin=True
        ),
    },
}
