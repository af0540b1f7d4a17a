"""Two paths that learn together: the drawn network, and what it predicts, filled in by a page."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import HIDDEN_UNIT, INK, MEASURED, PREDICTED, REFERENCE, WARNING
from trainability.figures.traces import axis, curve
from trainability.figures.training_run import span_of_steps

STALLED, OVERFITS, LEADS = 0.1, 0.05, 0.5
_THICKEST = 16.0  # pixels
_THICKNESS = 32.0  # of an edge that adds one standard deviation of the target
_TRUNK = 1.2  # height of the deep path, in heights of the column of inputs


def read_race(
    deep: Tensor,
    linear: Tensor,
    layers: Tensor,
    direct: Tensor,
    skip: float,
    measured: dict[str, Tensor],
    best: Tensor,
    step: float,
) -> dict[str, Tensor]:
    """Measure what the figure shows of a network at one moment of its training.

    Parameters
    ----------
    deep, linear : Tensor, shape (n,)
        Outputs of the two paths, in standard deviations of the target.
    layers : Tensor, shape (L, n, H)
        What each hidden layer puts out.
    direct : Tensor, shape (d,)
        Weights of the linear path.
    skip : float
        How much of that path counts.
    measured : dict of str to Tensor
        ``learned``, ``held`` and ``share`` now.
    best : Tensor, shape ()
        The highest ``held`` so far.
    step : float
        Steps made so far.

    Returns
    -------
    dict
        ``plus`` and ``minus``, thickness of the linear path's edges by sign, ``thin``, that of the
        lines below them; ``trunk``, that of the deep path; ``box_x``, ``box_y`` and ``box``,
        places and sizes of the hidden layers, whose size is the root of their outputs' spread
        over examples; ``spread_last``, that of the last layer; ``trunk_x`` and ``trunk_y``;
        ``r2``, ``r2_learned``, ``percent``, the linear share now, 0 where both paths are silent,
        ``best_now``; ``stalled``, ``overfits`` and ``linear_leads``; ``span``.

    Examples
    --------
    >>> one = torch.ones(4)
    >>> measured = {"learned": torch.tensor(0.5), "held": torch.tensor(0.4)}
    >>> measured["share"] = torch.tensor(0.9)
    >>> read = read_race(
    ...     one, 0 * one, torch.ones(2, 4, 3), torch.tensor([0.1, -0.2]), 1.0, measured,
    ...     best=torch.tensor(0.5), step=10,
    ... )
    >>> read["overfits"].item(), read["minus"].tolist()[1] > read["plus"].tolist()[0] > 0
    (True, True)
    """
    count = layers.shape[0]
    place = torch.arange(count) + 1
    spread = _deviation(layers, 1).mean(1)
    boxes_x = place / (count + 1.0)
    high = torch.full_like(boxes_x, _TRUNK)
    thick = _THICKNESS * skip * direct
    held = torch.maximum(measured["held"], best)
    return {
        "plus": thick.clamp(min=0, max=_THICKEST),
        "minus": (-thick).clamp(min=0, max=_THICKEST),
        "thin": 0.7 * skip + torch.zeros_like(best),
        "trunk": (_THICKNESS * _deviation(deep, 0)).clamp(min=0.5, max=_THICKEST),
        "box_x": boxes_x,
        "box_y": high,
        "box": 5 + 30 * spread.clamp(max=1).sqrt(),
        "spread_last": spread[-1],
        "trunk_x": torch.cat([boxes_x, torch.ones(1)]),
        "trunk_y": torch.cat([high, torch.full((1,), 0.5)]),
        "fan_x": boxes_x[:1],
        "r2": measured["held"],
        "r2_learned": measured["learned"],
        "percent": (100 * measured["share"] + 0.5).floor(),
        "best_now": held,
        "stalled": held < STALLED,
        "overfits": held - measured["held"] > OVERFITS,
        "linear_leads": measured["share"] > LEADS,
        "span": span_of_steps(step, like=deep[0]),
    }


def _deviation(values: Tensor, dim: int) -> Tensor:
    """The standard deviation over examples, of all of them."""
    apart = values - values.mean(dim, keepdim=True)
    return apart.square().mean(dim).sqrt()


_WORDS = ("not begun", "overfits", "the linear path leads", "the deep path leads")


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("stalled", "overfits", "linear_leads", None), parts, strict=True))


_STORY = (
    "{depth} {nonlinearity} layers of {width}, skip {skip:2}, outputs start at {output_scale:2}; "
    "rates {deep_lr:2} deep and {linear_lr:2} linear, decays {deep_decay:2} and {linear_decay:2}; "
    "step {step}: R² {r2_learned:2} on what is learned from, {r2:2} held out (best {best_now:2}); "
    "the linear share is {percent:3}%; the last layer's spread is {spread_last:2}"
)


def path_race(features: Sequence[str], *, linear: float) -> dict[str, Any]:
    """Return the figure, with marks for what :func:`read_race` returns.

    ``meta`` holds ``r2``, held out, ``best``, ``share``, the linear path's in percent, ``step`` and
    the ``verdict``.

    Parameters
    ----------
    features : sequence of str
        Names of the d inputs.
    linear : float
        R² of linear regression on the examples held out.

    Examples
    --------
    >>> figure = path_race(["age", "bmi"], linear=0.5)
    >>> [trace["name"] for trace in figure["data"]][:2]
    ['age to the output', 'bmi to the output']
    """
    top = max(len(features) - 1, 1)
    heights = [1 - i / top for i in range(len(features))]
    edges = [
        curve([0, 1], [height, 0.5], f"{name}, {word}", hoverinfo="skip", showlegend=False)
        | {"line": {"color": color, "width": {"$": f"{key}_{i}"}}}
        for i, (name, height) in enumerate(zip(features, heights, strict=True))
        for word, key, color in (("positive", "plus", MEASURED), ("negative", "minus", WARNING))
    ]
    thin = {"color": REFERENCE, "width": mark("thin")}
    straight: list[dict[str, Any]] = [
        curve([0, 1], [height, 0.5], f"{name} to the output", hoverinfo="skip", showlegend=False)
        | {"line": thin}
        for name, height in zip(features, heights, strict=True)
    ]
    fan: list[dict[str, Any]] = [
        curve([0, mark("first_x")], [height, _TRUNK], f"{name} to the first layer")
        | {"line": {"color": REFERENCE, "width": 0.5}, "hoverinfo": "skip", "showlegend": False}
        for name, height in zip(features, heights, strict=True)
    ]
    names = curve([0] * len(features), heights, "inputs", mode="markers+text", showlegend=False)
    names |= {"text": list(features), "textposition": "middle left", "cliponaxis": False}
    names |= {"marker": {"size": 8, "color": REFERENCE}}
    trunk = curve(mark("trunk_x"), mark("trunk_y"), "deep path")
    trunk |= {"line": {"color": HIDDEN_UNIT, "width": mark("trunk")}, "hoverinfo": "skip"}
    boxes = curve(mark("box_x"), mark("box_y"), "hidden layers", mode="markers", showlegend=False)
    boxes |= {
        "marker": {"symbol": "square", "size": mark("box"), "color": HIDDEN_UNIT, "opacity": 1}
    }
    end = curve([1], [0.5], "output", mode="markers", showlegend=False)
    end |= {"marker": {"size": 14, "color": INK, "line": {"width": 1, "color": REFERENCE}}}
    middle: dict[str, Any] = {"xaxis": "x2", "yaxis": "y2"}
    below: dict[str, Any] = {"xaxis": "x3", "yaxis": "y3"}
    steps = mark("steps")
    curves = [
        curve(steps, mark("held"), "R² held out", **middle)
        | {"line": {"color": MEASURED, "width": 3}},
        curve(steps, mark("learned"), "R² learned from", **middle)
        | {"line": {"color": MEASURED, "dash": "dash", "width": 1.5}},
        curve([0, mark("span")], [linear, linear], "linear regression, held out", **middle)
        | {"line": {"color": PREDICTED, "dash": "dot", "width": 1.5}},
        curve(steps, mark("share"), "linear path's share", showlegend=False, **below)
        | {"line": {"color": MEASURED}},
    ]
    bare = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False}
    in_time = {"range": [0, mark("span")], "zeroline": False}
    return {
        "data": [*straight, *edges, *fan, names, trunk, boxes, end, *curves],
        "layout": {
            "title": {
                "text": _judged(
                    sentence("Step {step}: no better than the mean so far"),
                    sentence("Step {step}: best was R² {best_now:2}, now {r2:2}"),
                    sentence("Step {step}: R² {r2:2}, linear share {percent:3}%"),
                    sentence(
                        "Step {step}: R² {r2:2}, linear share {percent:3}%: the deep path leads"
                    ),
                )
            },
            "meta": {
                "summary": _judged(*(sentence(f"{_STORY}: {word}.") for word in _WORDS)),
                "verdict": _judged(*_WORDS),
                "r2": mark("r2"),
                "best": mark("best_now"),
                "share": mark("percent"),
                "step": mark("step"),
            },
            "height": 800,
            "dragmode": False,
            "annotations": [
                _note(0.5, _TRUNK + 0.14, "deep path, spread of its last layer {spread_last:2}"),
                _note(0.35, -0.09, "linear path × {skip:2}"),
                _note(0.98, 0.3, "R² {r2:2}"),
            ],
            "xaxis": axis("", range=[-0.14, 1.06], anchor="y") | bare,
            "yaxis": axis("", domain=[0.56, 1], range=[-0.18, 1.44]) | bare,
            "xaxis2": axis("", anchor="y2", **in_time),
            "yaxis2": axis("R²", domain=[0.22, 0.5], anchor="x2", range=[-0.2, 1.02]),
            "xaxis3": axis("step of gradient descent", anchor="y3", **in_time),
            "yaxis3": axis("linear share", domain=[0, 0.14], anchor="x3")
            | {"range": [-0.03, 1.03]},
        },
    }


def _note(x: float, y: float, text: str) -> dict[str, Any]:
    return {"x": x, "y": y, "text": sentence(text), "showarrow": False}


def edge_by_edge(read: dict[str, Tensor], count: int) -> dict[str, Tensor]:
    """Add to what :func:`read_race` returns an entry for each edge, which marks can name.

    Examples
    --------
    >>> read = {"plus": torch.ones(2), "minus": torch.zeros(2), "fan_x": torch.ones(1)}
    >>> edge_by_edge(read, 2)["plus_1"].item()
    1.0
    """
    signs = ("plus", "minus")
    each = {f"{sign}_{i}": read[sign][i] for sign in signs for i in range(count)}
    return read | each | {"first_x": read["fan_x"][0]}
