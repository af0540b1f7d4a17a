"""Gradient descent in a valley ½(Ka² + b²), from where the reader clicks.

It is written once, with marks for what :func:`read_valley` returns.
"""

import math
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import MEASURED, REFERENCE, WARNING
from trainability.figures.traces import LOWER_PANEL, axis, clickable, curve

ARRIVED = 0.1  # of the distance at the start
DIVERGED = 1.5
SIDE = 2.0  # of the square that is shown, from its middle
_LEVELS = (0.02, 0.1, 0.3, 0.7, 1.3, 2.0)


def read_valley(path: Tensor, condition: Tensor) -> dict[str, Tensor]:
    """Say how far a path is off, and when it has come near.

    Parameters
    ----------
    path : Tensor, shape (T + 1, 2)
        Along the first the curvature is K, along the second it is 1.
    condition : Tensor, shape ()
        K.

    Returns
    -------
    dict
        ``path_x``, ``path_y``, inside the picture; ``level_x``, ``level_y``, level lines of the
        loss; ``step``, ``distance``, log10 of that from the minimum over that at the start;
        ``steps``, until it stays below a tenth; ``arrives`` and ``diverges``; ``start_x``,
        ``start_y``.

    Examples
    --------
    >>> path = torch.tensor([[1.0, 0.0], [0.5, 0.0], [0.05, 0.0]]).double()
    >>> read = read_valley(path, torch.tensor(10.0).double())
    >>> read["steps"].item(), read["arrives"].item(), read["diverges"].item()
    (2.0, True, False)
    """
    distance = path.square().sum(1).sqrt()
    share = distance / distance[0].clamp(min=1e-12)
    step = torch.arange(path.shape[0])
    far = (share > ARRIVED).double()
    turn = torch.arange(61).double() * (2 * math.pi / 60)
    gap = torch.full((1, 2), math.nan).double()
    circle = torch.cat([torch.stack([turn.cos(), turn.sin()], dim=1), gap])
    levels = torch.cat([circle * (2 * level) ** 0.5 for level in _LEVELS])
    shown = path.clamp(-9, 9)
    return {
        "path_x": shown[:, 0],
        "path_y": shown[:, 1],
        "start_x": path[:1, 0],
        "start_y": path[:1, 1],
        "level_x": levels[:, 0] / condition.sqrt(),
        "level_y": levels[:, 1],
        "step": step,
        "distance": (torch.log(share.clamp(min=1e-9, max=1e9)) / math.log(10)),
        "steps": (far * (step + 1)).amax(),
        "arrives": share[-1] <= ARRIVED,
        "diverges": (share[-1] < DIVERGED) == 0,
    }


def _judged(diverges: Any, arrives: Any, rest: Any) -> dict[str, Any]:
    return first_of(("diverges", diverges), ("arrives", arrives), (None, rest))


_STORY = "From ({a:3}, {b:3}), K = {condition:3}, step {rate:3} over K, momentum {momentum:2}: "
_ENDS = (
    "the step is too long for the steep direction: diverges",
    "a tenth of the distance is left after {steps:3} steps: arrives",
    "not there after 200 steps: crawls",
)

VALLEY: dict[str, Any] = {
    "data": [
        clickable(-SIDE, SIDE),
        curve(mark("level_x"), mark("level_y"), "level lines of the loss", hoverinfo="skip")
        | {"line": {"color": REFERENCE, "width": 1}},
        curve(mark("path_x"), mark("path_y"), "descent", mode="lines+markers")
        | {"line": {"color": MEASURED}, "marker": {"size": 5}},
        curve(mark("start_x"), mark("start_y"), "start", mode="markers")
        | {"marker": {"size": 12, "color": MEASURED}},
        curve(mark("step"), mark("distance"), "distance", line={"color": WARNING})
        | {"showlegend": False, **LOWER_PANEL},
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("The step is too long for the steep direction: it diverges"),
                sentence("A tenth of the distance is left after {steps:3} steps"),
                sentence("Not there after 200 steps: it crawls along the valley"),
            )
        },
        "meta": {
            "summary": _judged(*(sentence(f"{_STORY}{end}.") for end in _ENDS)),
            "verdict": _judged("diverges", "arrives", "crawls"),
            "steps": mark("steps"),
            "pick": {"set": {"a": "x", "b": "y"}},
        },
        "height": 700,
        "dragmode": False,
        "xaxis": axis("steep direction a", range=[-SIDE, SIDE], fixedrange=True),
        "yaxis": axis("flat direction b", domain=[0.4, 1], range=[-SIDE, SIDE], fixedrange=True),
        "xaxis2": axis("step", anchor="y2", zeroline=False),
        "yaxis2": axis("log₁₀ (distance / start)", domain=[0, 0.26], anchor="x2", range=[-4, 1.5]),
    },
}
