"""The loss along the first steps of several optimizers, against what the gradient promises."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import OPTIMIZERS, REFERENCE
from trainability.figures.traces import DASHES, LOWER_PANEL, SYMBOLS, axis, curve

HALF = 0.5
LONG, SHORT = 0.1, 1e-3  # relative steps
_TOP = 1.5  # times the loss at the start
_LEAST = -0.5  # share that is shown


def read_trust(
    start: Tensor, losses: Tensor, promises: Tensor, lengths: Tensor
) -> dict[str, Tensor]:
    """Measure how far each step keeps half of what it promises.

    Parameters
    ----------
    start : Tensor, shape ()
        Loss before the step.
    losses, promises : Tensor, shape (R, T)
        Of R rules after steps of T lengths: the loss, and by how much it would fall if the gradient
        stayed what it is at the start.
    lengths : Tensor, shape (T,)
        Relative lengths, rising.

    Returns
    -------
    dict
        ``loss`` and ``line``, losses and what the gradient promises, cut at what is shown;
        ``kept``, the share of the promise that comes true; ``radius`` of each rule, the longest
        step up to which half is kept, 0 where none is; ``lowest``, the lowest loss of each;
        ``least`` and ``most``, the extremes of the radii; ``long`` and ``short``, whether all radii
        are above 0.1 or below 0.001; and ``top``, where the axis ends.

    Examples
    --------
    A parabola: half of the promise is kept up to its minimum.

    >>> t = torch.tensor([0.5, 1.0, 1.5])
    >>> read = read_trust(torch.tensor(1.0), (1 - t).square().view(1, 3), 2 * t.view(1, 3), t)
    >>> read["kept"].tolist(), read["radius"].tolist()
    ([[0.75, 0.5, 0.25]], [1.0])
    """
    fallen = start - losses
    kept = fallen / promises.clamp(min=1e-30)
    none = torch.full_like(lengths, torch.inf)
    broken = (kept < HALF) | (kept != kept)
    breaks = torch.where(broken, lengths, none).amin(1, keepdim=True)
    radius = torch.where(lengths < breaks, lengths, torch.zeros_like(lengths)).amax(1)
    top = _TOP * start
    high = torch.zeros_like(losses) + top
    shown = torch.where(losses == losses, torch.minimum(losses, high), high)
    share = torch.where(kept == kept, kept, torch.full_like(kept, _LEAST))
    return {
        "loss": shown,
        "line": (start - promises).clamp(min=0),
        "kept": share.clamp(min=_LEAST, max=_TOP),
        "radius": radius,
        "lowest": shown.amin(1),
        "least": radius.amin(),
        "most": radius.amax(),
        "long": radius.amin() > LONG,
        "short": radius.amax() < SHORT,
        "start": start,
        "top": top,
    }


def by_rule(read: dict[str, Tensor], rules: Sequence[str]) -> dict[str, Tensor]:
    """Add to what :func:`read_trust` returns an entry for each rule, which marks can name.

    Examples
    --------
    >>> by_rule({"radius": torch.tensor([0.1])}, ["SGD"])["radius_sgd"].item() > 0
    True
    """
    parts = ("loss", "line", "kept", "radius", "lowest")
    return read | {
        f"{part}_{name.lower()}": read[part][k]
        for part in parts
        if part in read
        for k, name in enumerate(rules)
    }


_VERDICTS = ("holds far", "holds for very short steps only", "holds for short steps")


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("long", "short", None), parts, strict=True))


def trust_radius(rules: Sequence[str], lengths: Sequence[float]) -> dict[str, Any]:
    """Return the figure, with marks for what :func:`by_rule` returns.

    ``meta`` holds each rule's ``radius_…``, and the ``verdict``.

    Parameters
    ----------
    rules : sequence of str
        R names.
    lengths : sequence of float
        T relative lengths.

    Examples
    --------
    >>> trust_radius(["SGD"], [0.1, 1.0])["layout"]["meta"]["radius_sgd"]
    {'$': 'radius_sgd'}
    """
    lines: list[dict[str, Any]] = []
    for k, name in enumerate(rules):
        look = {"color": OPTIMIZERS[name], "dash": DASHES[k], "width": 2}
        key = name.lower()
        marker = {"symbol": SYMBOLS[k], "size": 5}
        common: dict[str, Any] = {"line": look, "marker": marker, "mode": "lines+markers"}
        lines.append(curve(list(lengths), mark(f"loss_{key}"), name, **common))
        lines.append(
            curve(list(lengths), mark(f"line_{key}"), f"{name}, promised")
            | {"line": {"color": OPTIMIZERS[name], "dash": "dot", "width": 1.5}}
            | {"showlegend": False}
        )
        lines.append(
            curve(list(lengths), mark(f"kept_{key}"), f"{name}, kept", **common)
            | {"showlegend": False, **LOWER_PANEL}
        )
    radii = ", ".join(f"{name} {{radius_{name.lower()}:2}}" for name in rules)
    story = (
        "{depth} {nonlinearity} layers of {width}, scale {init_scale:3}, skip {skip:2}, "
        f"norm {{norm}}: half of what the gradient promises is kept up to relative steps of "
        f"{radii}: the gradient"
    )
    half = {"type": "line", "xref": "x2 domain", "yref": "y2", "x0": 0, "x1": 1}
    half |= {"y0": HALF, "y1": HALF, "line": {"dash": "dot", "color": REFERENCE}}
    names = {"type": "log", "exponentformat": "power", "dtick": 1}
    return {
        "data": lines,
        "layout": {
            "title": {
                "text": _judged(
                    sentence("The gradient holds far: to steps of {least:2} of the weights"),
                    sentence("The gradient holds to {most:1} of the weights, no further"),
                    sentence("The gradient holds to {least:1}–{most:1} of the weights"),
                )
            },
            "meta": {
                "summary": _judged(*(sentence(f"{story} {word}.") for word in _VERDICTS)),
                "verdict": _judged(*_VERDICTS),
                **{f"radius_{n.lower()}": mark(f"radius_{n.lower()}") for n in rules},
            },
            "height": 720,
            "dragmode": False,
            "shapes": [half],
            "xaxis": axis("relative step ‖ΔW‖ / ‖W‖", anchor="y", **names),
            "yaxis": axis("loss (nats)", domain=[0.5, 1], range=[0, mark("top")]),
            "xaxis2": axis("relative step ‖ΔW‖ / ‖W‖", anchor="y2", **names),
            "yaxis2": axis("share of the promise kept", domain=[0, 0.34], anchor="x2")
            | {"range": [_LEAST, 1.25]},
        },
    }
