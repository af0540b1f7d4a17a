"""Loss against learning rate, a line for each remedy, as a figure that a page fills in."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import HIDDEN_UNIT, MUTED, OPTIMIZERS, REFERENCE, WARNING
from trainability.figures.traces import DASHES, SYMBOLS, axis, curve

HEALED = 0.5  # nats
CEILING = 3.0  # losses above, and overflow, are drawn here
_COLORS = OPTIMIZERS | {"clipping": MUTED, "RMSNorm": WARNING, "RMSNorm + LARS": HIDDEN_UNIT}


def read_sweep(losses: Tensor, rates: Tensor, rate: float, *, forward: int) -> dict[str, Tensor]:
    """Measure what the figure shows of remedies at their rates.

    Parameters
    ----------
    losses : Tensor, shape (M, R)
        Of M remedies at R rates, in nats; nan after overflow.
    rates : Tensor, shape (R,)
        Rising by equal factors.
    rate : float
        The reader's; the nearest of ``rates`` is read.
    forward : int
        How many of the remedies, the last, change the forward pass.

    Returns
    -------
    dict
        ``losses``, with 3 for what is above or not a number; ``best``, the lowest of each remedy,
        ``at``, its rate, ``here``, that at the reader's rate; ``decades``, how many factors of ten
        the rates span that heal, below 0.5; ``healed``, how many remedies have such a rate;
        ``first_heals``, ``step_heals`` and ``forward_heals``, whether the first does, one of those
        after it, and one of the last; ``winner``, the lowest loss; ``x`` and ``y`` of the line at
        the reader's rate.

    Examples
    --------
    >>> losses = torch.tensor([[2.3, 0.4, torch.nan], [0.1, 0.2, 9.0]])
    >>> read = read_sweep(losses, torch.tensor([0.1, 1.0, 10.0]), rate=0.9, forward=1)
    >>> read["here"].tolist(), read["decades"].tolist(), read["first_heals"].item()
    ([0.4000000059604645, 0.20000000298023224], [1.0, 2.0], True)
    """
    large = torch.full_like(losses, CEILING)
    shown = torch.where(losses == losses, torch.minimum(losses, large), large)
    best = shown.amin(1)
    at = torch.where(shown == best.unsqueeze(1), rates, torch.full_like(rates, torch.inf)).amin(1)
    far = (torch.log(rates) - torch.log(torch.ones_like(rates) * rate)).abs()
    chosen = (far == far.amin()).float()
    step = (torch.log(rates[1]) - torch.log(rates[0])) / torch.log(torch.full((), 10.0))
    heals = best < HEALED
    behind = heals.float()[1 : losses.shape[0] - forward]
    return {
        "losses": shown,
        "best": best,
        "at": at,
        "here": (shown * chosen).sum(1) / chosen.sum(),
        "decades": step * (shown < HEALED).float().sum(1),
        "healed": heals.float().sum(),
        "first_heals": heals[0],
        "step_heals": behind.sum() > 0,
        "forward_heals": heals.float()[losses.shape[0] - forward :].sum() > 0,
        "winner": best.amin(),
        "line_x": torch.ones(2) * rate,
        "line_y": torch.arange(2) * CEILING,
    }


_VERDICTS = (
    "plain SGD heals",
    "the step can be repaired",
    "only the forward pass heals",
    "nothing heals yet",
)


def _judged(*parts: Any) -> dict[str, Any]:
    names = ("first_heals", "step_heals", "forward_heals", None)
    return first_of(*zip(names, parts, strict=True))


def _name(remedy: str) -> str:
    return remedy.lower().replace(" + ", "_")


def rate_sweep(remedies: Sequence[str], rates: Sequence[float], *, chance: float) -> dict[str, Any]:
    """Return the figure, with marks for what :func:`read_sweep` returns, entry by entry.

    One more mark is ``unevenness``, the largest over the smallest layer's weights.

    ``meta`` holds each remedy's lowest loss (``best_sgd``, ``best_rmsnorm_lars``, …) and that at
    the reader's rate (``here_sgd``, …), ``healed``, how many have healed, and the ``verdict``.

    Parameters
    ----------
    remedies : sequence of str
        M names, the first that of plain SGD.
    rates : sequence of float
        R rates.
    chance : float
        The loss of a uniform guess.

    Examples
    --------
    >>> figure = rate_sweep(["SGD", "LARS"], [0.1, 1.0], chance=2.3)
    >>> [trace["name"] for trace in figure["data"]][:2], figure["layout"]["meta"]["best_sgd"]
    (['SGD', 'LARS'], {'$': 'best_sgd'})
    """
    story = (
        "{depth} {nonlinearity} layers of {width}, scale {init_scale:2}, share drawn {spread:2}, "
        "uneven by {uneven:3} (largest layer over smallest {unevenness:4}), inputs moved by "
        "{shared:2}, decay {weight_decay:2}, step {step}. "
        "Lowest loss over all rates, in brackets that at rate {rate:2}: "
        + ", ".join(
            f"{name} {{best_{_name(name)}:2}} ({{here_{_name(name)}:2}})" for name in remedies
        )
    )
    lines = [
        curve(list(rates), mark(f"line_{_name(name)}"), name, mode="lines+markers")
        | {
            "line": {
                "color": _COLORS[name],
                "dash": DASHES[k % len(DASHES)],
                "width": 3 if k in (0, 7) else 2,
            }
        }
        | {"marker": {"symbol": SYMBOLS[k % len(SYMBOLS)], "size": 5}}
        for k, name in enumerate(remedies)
    ]
    yours = curve(mark("line_x"), mark("line_y"), "your rate", hoverinfo="skip")
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": mark("decades"),
        "y": [-k for k in range(len(remedies))],
        "text": list(remedies),
        "textposition": "outside",
        "cliponaxis": False,
        "name": "decades of rates that heal",
        "marker": {"color": [_COLORS[name] for name in remedies]},
        "showlegend": False,
        "xaxis": "x2",
        "yaxis": "y2",
    }
    count = len(remedies)
    guess = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": chance, "y1": chance}
    note = {"xref": "x domain", "x": 0, "y": chance, "text": "a guess", "showarrow": False}
    return {
        "data": [*lines, yours | {"line": {"color": REFERENCE, "dash": "dot", "width": 1}}, bars],
        "layout": {
            "title": {
                "text": _judged(
                    sentence(f"Step {{step}}: {{healed:1}} of {count} heal, plain SGD among them"),
                    sentence(f"Step {{step}}: {{healed:1}} of {count} heal, plain SGD does not"),
                    sentence("Step {step}: only normalizing the forward pass heals"),
                    sentence("Step {step}: none has healed; the lowest loss is {winner:2}"),
                )
            },
            "meta": {
                "summary": _judged(*(sentence(f"{story}: {word}.") for word in _VERDICTS)),
                "verdict": _judged(*_VERDICTS),
                "healed": mark("healed"),
                "step": mark("step"),
                **{f"best_{_name(name)}": mark(f"best_{_name(name)}") for name in remedies},
                **{f"here_{_name(name)}": mark(f"here_{_name(name)}") for name in remedies},
            },
            "height": 760,
            "dragmode": False,
            "shapes": [guess | {"line": {"dash": "dot", "color": REFERENCE}}],
            "annotations": [
                note | {"xanchor": "left", "yanchor": "bottom"},
                {"xref": "paper", "yref": "paper", "x": 1, "y": 0.26, "showarrow": False}
                | {"xanchor": "right", "yanchor": "bottom"}
                | {"text": sentence("largest layer over smallest: {unevenness:2}")},
            ],
            "xaxis": axis("learning rate", type="log", exponentformat="power", dtick=4),
            "yaxis": axis("loss (nats)", domain=[0.44, 1], range=[-0.1, CEILING + 0.1]),
            "xaxis2": axis("decades of rates that heal", range=[0, 5], anchor="y2"),
            "yaxis2": axis("", domain=[0, 0.3], anchor="x2", range=[0.4 - len(remedies), 0.6])
            | {"showticklabels": False, "ticks": "", "zeroline": False, "showgrid": False},
        },
    }


def entries(read: dict[str, Tensor], remedies: Sequence[str]) -> dict[str, Tensor]:
    """Add to what :func:`read_sweep` returns an entry for each remedy, which marks can name.

    Examples
    --------
    >>> losses = torch.tensor([[2.0, 1.0], [0.5, 0.25]])
    >>> read = read_sweep(losses, torch.tensor([0.1, 1.0]), rate=0.1, forward=1)
    >>> entries(read, ["SGD", "RMSNorm + LARS"])["here_rmsnorm_lars"].item()
    0.5
    """
    parts = {"line": read["losses"], "best": read["best"], "here": read["here"]}
    return read | {
        f"{part}_{_name(name)}": values[k]
        for part, values in parts.items()
        for k, name in enumerate(remedies)
    }
