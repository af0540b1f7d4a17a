"""Projected gradient in a box: which starts arrive, and the path of one, filled in by a page."""

from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import FATES, HERE, INK, MEASURED, MUTED, REFERENCE
from trainability.figures.traces import axis, curve

_RING = 49
_PALE = {"width": 1, "color": MUTED}
_STOPS = [[[k / 3, color], [(k + 1) / 3, color]] for k, color in enumerate(FATES)]


def read_box_plane(
    path_x: Tensor,
    path_y: Tensor,
    ratio: Tensor,
    places: Tensor,
    share: Tensor,
    best: Tensor,
    **rest: Tensor,
) -> dict[str, Tensor]:
    """Measure what the figure shows.

    Parameters
    ----------
    path_x, path_y, ratio, places, share, best, **rest
        What :func:`trainability.svm.box_plane` returns.

    Returns
    -------
    dict
        ``ring_x_0`` to ``ring_y_2``, level lines of the dual, about the optimum; ``start_x``,
        ``start_y``, ``end_x``, ``end_y`` and ``best_xy``, of one entry; ``top``, where the axes
        end; ``percent`` of starts that arrive; ``count``, numbers of the steps but the last;
        ``end_1`` and ``end_2``, where the path ends.

    Examples
    --------
    >>> one, path = torch.ones(()), torch.arange(3.0)
    >>> read = read_box_plane(path, path, one, torch.arange(5.0), one, one)
    >>> read["percent"].item(), read["end_x"].tolist(), tuple(read["ring_x_0"].shape)
    (100.0, [2.0], (49,))
    """
    angles = torch.arange(_RING).double() * (2 * torch.pi / (_RING - 1))
    rings: dict[str, Tensor] = {}
    for k, radius in enumerate((0.6, 1.4, 3.0)):
        # Curvatures s − m along (1, 1), s + m along (1, −1); in units of s + m.
        along = radius * torch.cos(angles) / ratio.sqrt()
        across = radius * torch.sin(angles)
        rings |= {f"ring_x_{k}": 1 + (along + across) / 2**0.5}
        rings |= {f"ring_y_{k}": 1 + (along - across) / 2**0.5}
    return rings | {
        "start_x": path_x[:1],
        "start_y": path_y[:1],
        "end_x": path_x[-1:],
        "end_y": path_y[-1:],
        "end_1": path_x[-1],
        "end_2": path_y[-1],
        "best_xy": best.view(1),
        "top": places[-1],
        "percent": (100 * share + 0.5).floor(),
        "count": torch.arange(path_x.shape[0] - 1),
    }


_WORDS = ("arrives", "cycle of two", "still moving")


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("arrives", "cycles", None), parts, strict=True))


_STORY = (
    "{kernel}, step {step:3} times what is safe, wall at {wall:3}: from ({first:3}, {second:3}) "
    "the path is at ({end_1:3}, {end_2:3}) after 60 steps; {percent:3}% of the starts arrive"
)

BOX_PLANE: dict[str, Any] = {
    "data": [
        {
            "type": "heatmap",
            "x": mark("places"),
            "y": mark("upward"),
            "z": mark("fate"),
            "name": "fate of a start (0 arrives, 1 cycle, 2 moves on)",
            "colorscale": [stop for pair in _STOPS for stop in pair],
            "zmin": 0,
            "zmax": 2,
            "showscale": False,
            "hoverinfo": "x+y",
        },
        *(
            curve(mark(f"ring_x_{k}"), mark(f"ring_y_{k}"), f"level line {k + 1}")
            | {"line": {"color": REFERENCE, "width": 1}, "hoverinfo": "skip"}
            | {"showlegend": False}
            for k in range(3)
        ),
        curve(mark("path_x"), mark("path_y"), "path", mode="lines+markers")
        | {"line": {"color": MEASURED, "width": 1.5}, "marker": {"size": 5}},
        curve(mark("start_x"), mark("start_y"), "start", mode="markers")
        | {"marker": {"size": 13, "color": HERE, "line": {"width": 1, "color": INK}}},
        curve(mark("best_xy"), mark("best_xy"), "minimum in the box", mode="markers")
        | {"marker": {"size": 14, "symbol": "star", "color": INK, "line": _PALE}},
        *(
            curve([-1], [-1], words, mode="markers")  # beside the plane: for the legend
            | {"marker": {"symbol": "square", "size": 12, "color": color}, "showlegend": True}
            for words, color in zip(_WORDS, FATES, strict=True)
        ),
        curve(mark("count"), mark("energy"), "V", showlegend=False, xaxis="x2", yaxis="y2")
        | {"line": {"color": MEASURED}},
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("This start arrives; {percent:3}% of all do"),
                sentence("A jump to and fro; {percent:3}% of the starts arrive"),
                sentence("Not there, and not yet in a cycle; {percent:3}% arrive"),
            )
        },
        "meta": {
            "summary": _judged(*(sentence(f"{_STORY}: {word}.") for word in _WORDS)),
            "verdict": _judged(*_WORDS),
            "percent": mark("percent"),
            "pick": {"set": {"first": "x", "second": "y"}},
        },
        "height": 760,
        "dragmode": False,
        "xaxis": axis("α₁ = α₃, in optima", range=[0, mark("top")], fixedrange=True),
        "yaxis": axis("α₂ = α₄, in optima", domain=[0.34, 1], range=[0, mark("top")])
        | {"fixedrange": True},
        "xaxis2": axis("step", anchor="y2", zeroline=False),
        "yaxis2": axis("V, which never rises", domain=[0, 0.2], anchor="x2", zeroline=False),
    },
}
