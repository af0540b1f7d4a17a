"""The smallest skip-layer network, drawn, with the gradient beside its edges."""

from typing import Any

from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import HIDDEN_UNIT, INK, MEASURED, REFERENCE, WARNING
from trainability.figures.traces import axis, curve

STILL = 0.01  # slopes that count as none
_THICKNESS = 8.0  # pixels of a weight of 1
_EDGES = {"w_xh": ((0.0, 0.5), (0, 1)), "w_hy": ((0.5, 1.0), (1, 0)), "w_xy": ((0.0, 1.0), (0, 0))}


def read_smallest(
    h: Tensor,
    s: Tensor,
    y: Tensor,
    through: Tensor,
    end: Tensor,
    d_xh: Tensor,
    d_hy: Tensor,
    d_xy: Tensor,
    weights: Tensor,
) -> dict[str, Tensor]:
    """Measure what the figure shows.

    Parameters
    ----------
    h, s, y, through, end, d_xh, d_hy, d_xy, weights : Tensor
        What :func:`trainability.skip.smallest_network` returns.

    Returns
    -------
    dict
        ``plus_…`` and ``minus_…``, thickness of each edge by sign; ``none``, whether no weight has
        a slope above 0.01; ``skip_alone``, whether only that of the skip is; ``first_still``,
        whether that of the first weight is not.

    Examples
    --------
    >>> import torch
    >>> zero, one = torch.zeros(()), torch.ones(())
    >>> values = dict.fromkeys(("h", "s", "y", "through", "end", "d_hy", "d_xy"), one)
    >>> read = read_smallest(**values, d_xh=zero, weights=torch.ones(3))
    >>> read["first_still"].item(), read["skip_alone"].item()
    (True, False)
    """
    thick = _THICKNESS * weights
    plus, minus = thick.clamp(min=0), (-thick).clamp(min=0)
    numbers = {f"plus_{name}": plus[k] for k, name in enumerate(_EDGES)}
    numbers |= {f"minus_{name}": minus[k] for k, name in enumerate(_EDGES)}
    first, second, skip = (slope.abs() < STILL for slope in (d_xh, d_hy, d_xy))
    return numbers | {
        "none": first & second & skip,
        "skip_alone": first & second,
        "first_still": first,
    }


_WORDS = ("no weight learns", "the skip learns alone", "the first weight stands still", "it learns")


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("none", "skip_alone", "first_still", None), parts, strict=True))


def _note(x: float, y: float, text: Any, anchor: str = "center") -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "showarrow": False, "xanchor": anchor}


_STORY = (
    "{nonlinearity}, output {output}, x = {x:2}, weights {w_xh:2}, {w_hy:2}, {w_xy:2}: h = {h:3}, "
    "y = {y:3}; the gradient is ({d_xh:3}, {d_hy:3}, {d_xy:3}): "
)

SMALLEST_SKIP: dict[str, Any] = {
    "data": [
        *(
            curve(list(xs), list(ys), f"{name}, {word}", hoverinfo="skip", showlegend=False)
            | {"line": {"color": color, "width": mark(f"{key}_{name}")}}
            for name, (xs, ys) in _EDGES.items()
            for word, key, color in (("positive", "plus", MEASURED), ("negative", "minus", WARNING))
        ),
        curve([0, 0.5, 1], [0, 1, 0], "units", mode="markers", showlegend=False)
        | {
            "marker": {
                "size": 34,
                "color": [REFERENCE, HIDDEN_UNIT, MEASURED],
                "line": {"width": 1, "color": INK},
            },
            "cliponaxis": False,
        },
    ],
    "layout": {
        "title": {
            "text": _judged(
                sentence("y = {y:3}: no weight has a slope here"),
                sentence("y = {y:3}: only the skip's weight has a slope"),
                sentence("y = {y:3}: the first weight has slope {d_xh:2}"),
                sentence("y = {y:3}: the first weight has slope {d_xh:2}"),
            )
        },
        "meta": {
            "summary": _judged(*(sentence(f"{_STORY}{word}.") for word in _WORDS)),
            "verdict": _judged(*_WORDS),
            "y": mark("y"),
            "d_xh": mark("d_xh"),
            "d_xy": mark("d_xy"),
        },
        "height": 400,
        "dragmode": False,
        "annotations": [
            _note(0, -0.24, sentence("x = {x:2}")),
            _note(0.5, 1.2, sentence("h = {h:3}")),
            _note(1.18, -0.24, sentence("y = {y:3}"), "right"),
            _note(0.2, 0.62, sentence("w_xh = {w_xh:2}<br>slope {d_xh:3}"), "right"),
            _note(0.78, 0.62, sentence("w_hy = {w_hy:2}<br>slope {d_hy:3}"), "left"),
            _note(0.5, -0.24, sentence("w_xy = {w_xy:2}<br>slope {d_xy:3}")),
        ],
        "xaxis": axis("", range=[-0.12, 1.2], fixedrange=True, showgrid=False, zeroline=False)
        | {"showticklabels": False, "ticks": ""},
        "yaxis": axis("", range=[-0.45, 1.4], fixedrange=True, showgrid=False, zeroline=False)
        | {"showticklabels": False, "ticks": ""},
    },
}
