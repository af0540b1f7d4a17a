"""Equal units in coarse numbers while they train: how far apart they come.

It is written once, with marks for what :func:`read_apart` returns.
"""

import math
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import HIDDEN_UNIT, WARNING
from trainability.figures.traces import LOWER_PANEL, axis, curve, powers_of_ten
from trainability.figures.training_run import span_of_steps

LOWEST = 1e-18  # of what is drawn; below it nothing differs
SEEN = 0.1  # a distance at which the units' lines are seen to differ


def apart(units: Tensor) -> Tensor:
    """Return the root mean square distance of units from the first of them, in float64.

    From their mean even equal units would differ, by rounding.

    Parameters
    ----------
    units : Tensor, shape (H, d)

    Examples
    --------
    >>> apart(torch.tensor([[0.1], [0.1], [0.1]])).item()
    0.0
    """
    wide = units.double()
    return (wide - wide[:1]).square().mean().sqrt()


def read_apart(loss: Tensor, distance: Tensor, step: float) -> dict[str, Tensor]:
    """Say whether units are still equal, and how far apart they are.

    Parameters
    ----------
    loss, distance : Tensor, shape ()
    step : float
        Steps made so far.

    Examples
    --------
    >>> read = read_apart(torch.tensor(0.7), torch.tensor(0.0).double(), step=0)
    >>> read["equal"].item(), read["seen"].item()
    (True, False)
    """
    return {
        "now": loss.double(),
        "far": distance,
        "equal": distance < LOWEST,
        "seen": distance > SEEN,
        "step_here": (torch.zeros_like(distance) + step).view(1),
        "far_here": distance.clamp(min=LOWEST).view(1),
        "loss_here": loss.double().view(1),
        "span": span_of_steps(step, like=distance),
    }


def _judged(equal: Any, seen: Any, rest: Any) -> dict[str, Any]:
    return first_of(("equal", equal), ("seen", seen), (None, rest))


_STORY = (
    "{units} units, {number_type}, one weight nudged {nudged}, by 10 to the {nudge:3}, rate "
    "{lr:3}, step {step}: loss {now:3}, the units are {far:2} apart: "
)
_WORDS = ("equal", "parted", "parting")


def _now(values: str, color: str, **panel: Any) -> dict[str, Any]:
    look = {"size": 8, "color": color}
    return curve(mark("step_here"), mark(values), "now", mode="markers", marker=look, **panel) | {
        "showlegend": False,
        "cliponaxis": False,
    }


ROUNDING: dict[str, Any] = {
    "data": [
        curve(mark("steps"), mark("loss"), "loss", line={"color": WARNING}),
        curve(
            mark("steps"),
            mark("distance"),
            "units apart",
            line={"color": HIDDEN_UNIT, "dash": "dash"},
        )
        | LOWER_PANEL,
        _now("loss_here", WARNING),
        _now("far_here", HIDDEN_UNIT, **LOWER_PANEL),
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("Step {step}: all {units} units are equal"),
                sentence("Step {step}: the units have parted"),
                sentence("Step {step}: the units are {far:2} apart"),
            )
        },
        "meta": {
            "summary": _judged(*(sentence(f"{_STORY}{word}.") for word in _WORDS)),
            "verdict": _judged(*_WORDS),
            "far": mark("far"),
            "step": mark("step"),
        },
        "height": 520,
        "dragmode": False,
        "xaxis": axis("", anchor="y", range=[0, mark("span")], zeroline=False),
        "yaxis": powers_of_ten("loss", [0.62, 1], range=[-3, 0.5], dtick=1, automargin=True),
        "xaxis2": axis("step", anchor="y2", range=[0, mark("span")], zeroline=False),
        "yaxis2": powers_of_ten(
            "units apart", [0, 0.48], range=[math.log10(LOWEST), 1], dtick=4, automargin=True
        ),
    },
}
