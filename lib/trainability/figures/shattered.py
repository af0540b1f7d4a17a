"""Output and slope along a line of three networks, and how far a step keeps their gradients."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import MEASURED, SERIES
from trainability.figures.traces import DASHES, axis, curve

SHATTERED, SMOOTH = 0.4, 0.75  # correlations
_LAG = 4  # places
_THOUSANDTH = 1e-3
_HIGH = 3.5  # typical sizes
_COLORS = SERIES[:3]


def read_slopes(value: Tensor, slope: Tensor, cosine: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """Measure how smooth three slopes are, and how long their gradients hold.

    Parameters
    ----------
    value, slope : Tensor, shape (3, N)
        f and f' at evenly spaced places.
    cosine : Tensor, shape (3, T)
        Between the gradients in the weights before and after steps of T relative lengths.
    lengths : Tensor, shape (T,)

    Returns
    -------
    dict
        ``value_0`` to ``value_2`` and ``slope_0`` to ``slope_2``, over their root mean square;
        ``cosine_…``; ``size_…``, the root mean square of the slope; ``alike_…``, its correlation
        with itself four places on; ``holds_…``, the cosine after a step of a thousandth;
        ``shattered`` and ``smooth``, of the third.

    Examples
    --------
    >>> noise = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0, -1.0] * 5).repeat(3, 1)
    >>> read = read_slopes(noise, noise, torch.ones(3, 2), torch.tensor([1e-3, 1.0]))
    >>> read["shattered"].item(), read["holds_2"].item()
    (True, 1.0)
    """
    count = slope.shape[1] - _LAG
    pair = torch.stack([slope[:, :count], slope[:, _LAG:]])
    pair = pair - pair.mean(2, keepdim=True)
    # Sizes may be beyond the root of what float32 holds.
    pair = pair / pair.abs().amax(2, keepdim=True).clamp(min=1e-30)
    norms = pair.square().sum(2).clamp(min=1e-30).sqrt()
    alike = (pair[0] * pair[1]).sum(1) / (norms[0] * norms[1])
    near = ((lengths.log() - torch.log(torch.full_like(lengths, _THOUSANDTH))).abs() < 0.01).float()
    told = torch.where(cosine == cosine, cosine, torch.zeros_like(cosine))
    holds = (told * near).sum(1) / near.sum().clamp(min=1)
    drawn = {"value": _in_sizes(value), "slope": _in_sizes(slope), "cosine": told}
    sizes = {"size": _size(slope)[:, 0], "alike": alike, "holds": holds}
    numbers = {f"{name}_{k}": rows[k] for name, rows in (drawn | sizes).items() for k in range(3)}
    return numbers | {"shattered": alike[2] < SHATTERED, "smooth": alike[2] > SMOOTH}


def _size(rows: Tensor) -> Tensor:
    largest = rows.abs().amax(1, keepdim=True).clamp(min=1e-30)
    return largest * (rows / largest).square().mean(1, keepdim=True).sqrt()


def _in_sizes(rows: Tensor) -> Tensor:
    return rows / _size(rows).clamp(min=1e-30)


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("shattered", "smooth", None), parts, strict=True))


_WORDS = ("shattered", "smooth", "rough")


def slopes_side_by_side(
    kinds: Sequence[str], places: Sequence[float], lengths: Sequence[float]
) -> dict[str, Any]:
    """Return the figure, with marks for what :func:`read_slopes` returns.

    ``meta`` holds ``correlation``, ``size`` and ``cosine``, all of the third network, and the
    ``verdict`` on it.

    Parameters
    ----------
    kinds : sequence of 3 str
        Names of the networks.
    places : sequence of float
        Of the inputs.
    lengths : sequence of float
        Of the steps.

    Examples
    --------
    >>> figure = slopes_side_by_side(["a", "b", "c"], [0.0, 1.0], [0.1])
    >>> [trace["name"] for trace in figure["data"]][:3]
    ['a: f(x)', 'a: slope', 'a: cosine']
    """
    domains = [[0.78, 0.97], [0.55, 0.74], [0.32, 0.51]]
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    for k, name in enumerate(kinds):
        at = "" if k == 0 else str(k + 1)
        own = {"xaxis": f"x{at}", "yaxis": f"y{at}"}
        data += [
            curve(list(places), mark(f"value_{k}"), f"{name}: f(x)", showlegend=False, **own)
            | {"line": {"color": MEASURED, "width": 1.5, "dash": "dot"}},
            curve(list(places), mark(f"slope_{k}"), f"{name}: slope", showlegend=False, **own)
            | {"line": {"color": _COLORS[k], "width": 1.5}},
            curve(list(lengths), mark(f"cosine_{k}"), f"{name}: cosine", mode="lines+markers")
            | {"line": {"color": _COLORS[k], "dash": DASHES[k]}, "marker": {"size": 5}}
            | {"xaxis": "x4", "yaxis": "y4", "showlegend": False},
        ]
        layout[f"yaxis{at}"] = axis("", domain=domains[k], range=[-_HIGH, _HIGH], dtick=2)
        layout[f"yaxis{at}"] |= {"anchor": f"x{at}", "zeroline": True}
        layout[f"xaxis{at}"] = axis("input x" if k == 2 else "", anchor=f"y{at}", zeroline=False)
        layout[f"xaxis{at}"] |= {"showticklabels": k == 2}
    notes = [
        {"xref": "paper", "yref": "paper", "x": 0, "y": domains[k][1], "showarrow": False}
        | {"xanchor": "left", "yanchor": "bottom"}
        | {"text": sentence(f"{name}: correlation {{alike_{k}:2}}, size {{size_{k}:2}}")}
        for k, name in enumerate(kinds)
    ]
    story = (
        "{depth} blocks of {width}, α {branch_scale:2}: slopes 0.08 apart have correlation "
        "{alike_0:2} without a skip, {alike_1:2} with α = 1, {alike_2:2} with yours; typical sizes "
        "{size_0:2}, {size_1:2}, {size_2:2}. After a step of a thousandth of the weights the "
        "gradient's cosine is {holds_0:2}, {holds_1:2}, {holds_2:2}: yours is"
    )
    return {
        "data": data,
        "layout": {
            "title": {
                "text": _judged(
                    sentence("With your α the slope is shattered: it looks like noise"),
                    sentence("With your α the slope changes slowly along the line"),
                    sentence("With your α the slope is getting rough"),
                )
            },
            "meta": {
                "summary": _judged(*(sentence(f"{story} {word}.") for word in _WORDS)),
                "verdict": _judged(*_WORDS),
                "correlation": mark("alike_2"),
                "size": mark("size_2"),
                "cosine": mark("holds_2"),
            },
            "height": 840,
            "dragmode": False,
            "annotations": notes,
            **layout,
            "xaxis4": axis("relative step in the weights", type="log", exponentformat="power")
            | {"anchor": "y4", "dtick": 1},
            "yaxis4": axis("cosine", domain=[0, 0.2], anchor="x4", range=[-0.3, 1.05]),
        },
    }
