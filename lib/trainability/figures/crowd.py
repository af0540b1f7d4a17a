"""What few and many people teach, as a figure that a page fills in by itself."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.mosaic import picture_axes
from trainability.figures.palette import DIVERGING, MEASURED, WARNING
from trainability.figures.traces import axis, curve
from trainability.figures.training_run import span_of_steps

MASK, PORTRAIT = 12, 20  # percent of the weight outside the inner face
_ROWS, _COLUMNS = 19, 12
_BETWEEN, _BELOW = 1, 6  # blocks beside a weight image, and below a row of them
_STORY = (
    "{people} people, rate {lr:2}, step {step}. True labels: {right_0:3}% of the faces learned "
    "from are right, {others_right_0:3}% of {asked:2} other people's, and {outside_0:2}% of the "
    "weight lies outside the inner face. Shuffled labels: {right_1:3}%, {others_right_1:3}%, "
    "{outside_1:2}%"
)
_WORDS = ("not begun", "portraits", "masks", "between")


def read_crowd(looked: dict[str, Tensor], step: float) -> dict[str, Tensor]:
    """Lay the weight images side by side, and judge them.

    Parameters
    ----------
    looked : dict of str to Tensor
        Of ``Crowd.look`` in ``cafe/crowd.py``.
    step : float
        Steps made so far.

    Returns
    -------
    dict
        What was given less the images, and ``laid``, the mosaic, the true labels above;
        ``fresh``, ``portrait`` and ``mask``, 1 for what the weights of the true labels are;
        ``span`` of the axis of steps.

    Examples
    --------
    >>> looked = {f"images_{k}": torch.zeros(6, 228) for k in range(2)}
    >>> read = read_crowd(looked | {"outside_0": torch.tensor(8.0)}, step=1)
    >>> read["laid"].shape, read["mask"].item()
    (torch.Size([44, 77]), True)
    """
    images = [looked[f"images_{k}"].view(6, _ROWS, _COLUMNS) for k in range(2)]
    rest = {name: value for name, value in looked.items() if not name.startswith("images")}
    beside = torch.full((6, _ROWS, _BETWEEN), float("nan"))
    wide = 6 * (_COLUMNS + _BETWEEN)
    rows = [torch.cat([each, beside], 2).transpose(0, 1).reshape(_ROWS, wide) for each in images]
    below = torch.full((_BELOW, wide), float("nan"))
    outside = rest["outside_0"]
    return rest | {
        "laid": torch.cat([rows[0], below, rows[1]])[:, :-_BETWEEN],
        "fresh": torch.zeros_like(outside) + step == 0,
        "portrait": outside > PORTRAIT,
        "mask": outside < MASK,
        "span": span_of_steps(step, like=outside),
    }


def crowd(classes: Sequence[str]) -> dict[str, Any]:
    """Return the figure, with marks for what :func:`read_crowd` returns.

    Above are the losses, below the weight images less their mean: red above it, blue below.
    ``meta`` holds ``step``, ``right``, ``others`` and ``outside`` (percent, true labels),
    ``right_shuffled`` and ``others_shuffled``, and the ``verdict``: ``"portraits"`` where more
    than 20% of the weight lies outside the inner face, ``"masks"`` where less than 12% does,
    else ``"between"``; ``"not begun"`` before the first step.

    Parameters
    ----------
    classes : sequence of str
        Names of the six.

    Examples
    --------
    >>> figure = crowd(["anger", "disgusted", "happy", "maudlin", "fear", "surprise"])
    >>> [trace["name"] for trace in figure["data"]][:2]
    ['true labels', 'shuffled labels']
    """
    place = {"xref": "x2", "yref": "y2", "showarrow": False, "font": {"size": 12}}
    place |= {"yanchor": "bottom"}
    names = [
        place | {"text": name[:3], "x": k * (_COLUMNS + _BETWEEN) + _COLUMNS / 2 - 0.5, "y": -1}
        for k, name in enumerate(classes)
    ]
    heads = [
        place | {"text": sentence(template), "x": 0, "y": at, "yshift": shift, "xanchor": "left"}
        for template, at, shift in (
            ("true labels: {right_0:3}% right, others {others_right_0:3}%", -1, 16),
            ("shuffled: {right_1:3}% right, others {others_right_1:3}%", _ROWS + _BELOW - 1, 0),
        )
    ]
    axes = picture_axes("2", [0, 0.6])
    axes["yaxis2"] |= {"constraintoward": "top"}
    lines = [
        curve(mark("steps"), mark(key), name, line={"color": color, "dash": dash})
        for key, name, color, dash in (
            ("loss", "true labels", MEASURED, "solid"),
            ("loss_shuffled", "shuffled labels", WARNING, "dash"),
        )
    ]
    return {
        "data": [
            *lines,
            {
                "type": "heatmap",
                "z": mark("laid"),
                "zmin": -1,
                "zmax": 1,
                "name": "weights",
                "colorscale": DIVERGING,
                "showscale": False,
                "hoverinfo": "skip",
                "xaxis": "x2",
                "yaxis": "y2",
            },
        ],
        "layout": {
            "title": {
                "text": _judged(
                    *(sentence(f"Step {{step}}, {{people}} people: {word}") for word in _WORDS)
                )
            },
            "height": 600,
            "meta": {
                "summary": _judged(*(sentence(f"{_STORY}: {word}.") for word in _WORDS)),
                "verdict": _judged(*_WORDS),
                "step": mark("step"),
                "right": mark("right_0"),
                "others": mark("others_right_0"),
                "outside": mark("outside_0"),
                "right_shuffled": mark("right_1"),
                "others_shuffled": mark("others_right_1"),
            },
            "annotations": [*names, *heads],
            "xaxis": axis("step", anchor="y", range=[0, mark("span")]),
            "yaxis": axis("loss", domain=[0.78, 1], rangemode="tozero"),
            **axes,
        },
    }


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("fresh", "portrait", "mask", None), parts, strict=True))
