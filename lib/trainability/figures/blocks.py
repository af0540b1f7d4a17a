"""Signal, gradient, and what is left of the input, block by block, of five stacks."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import SERIES
from trainability.figures.traces import DASHES, axis, curve, powers_of_ten

_SIZES = (-3, 6)  # decades that are shown
_LARGE = 30.0  # how far a size may change and be called level


def read_blocks(signal: Tensor, gradient: Tensor, kept: Tensor) -> dict[str, Tensor]:
    """Measure what the figure shows of five stacks.

    Parameters
    ----------
    signal, gradient : Tensor, shape (5, depth)
        Sizes after each block: of the signal, and of the gradient over that at the end.
    kept : Tensor, shape (5, depth)
        Cosine between what a block puts out and the input.

    Returns
    -------
    dict
        ``block``, numbers from 1; ``signal_…``, ``gradient_…`` and ``kept_…`` by stack; ``last_…``,
        ``first_…`` and ``left_…``, the signal at the end, the gradient at the first block, and
        the cosine at the end; ``grows`` and ``clear``, whether the third's signal grows more than
        thirtyfold, and whether it keeps at least half of the input; and ``end``, where the axes
        end.

    Examples
    --------
    >>> rows = torch.ones(5, 3)
    >>> read = read_blocks(rows, rows, 0.2 * rows)
    >>> read["clear"].item(), read["block"].tolist()
    (False, [1, 2, 3])
    """
    count = range(5)
    numbers = {f"signal_{k}": signal[k] for k in count}
    numbers |= {f"gradient_{k}": gradient[k] for k in count}
    numbers |= {f"kept_{k}": kept[k] for k in count}
    numbers |= {f"last_{k}": signal[k, -1] for k in count}
    numbers |= {f"first_{k}": gradient[k, 0] for k in count}
    numbers |= {f"left_{k}": kept[k, -1] for k in count}
    return numbers | {
        "block": torch.arange(signal.shape[1]) + 1,
        "grows": signal[2, -1] > _LARGE,
        "clear": kept[2, -1] > 0.5,
        "end": torch.zeros(()) + 0.5 + signal.shape[1],
    }


_WORDS = ("explodes", "stays clear", "fades")


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("grows", "clear", None), parts, strict=True))


def block_by_block(stacks: Sequence[str]) -> dict[str, Any]:
    """Return the figure, with marks for what :func:`read_blocks` returns.

    ``meta`` holds ``signal``, ``gradient`` and ``kept`` of the third stack, and the ``verdict`` on
    it.

    Parameters
    ----------
    stacks : sequence of 5 str
        Names.

    Examples
    --------
    >>> block_by_block("abcde")["data"][0]["name"]
    'a'
    """
    data = []
    for k, name in enumerate(stacks):
        look = {"line": {"color": SERIES[k], "dash": DASHES[k], "width": 4 if k == 2 else 2}}
        for at, what in (("", "signal"), ("2", "gradient"), ("3", "kept")):
            own = {"xaxis": f"x{at}", "yaxis": f"y{at}"}
            label = name if not at else f"{name}, {what}"
            line = curve(mark("block"), mark(f"{what}_{k}"), label, **own)
            data.append(line | look | ({"showlegend": False} if at else {}))
    ends = "; ".join(
        f"{name} {{last_{k}:2}}, {{first_{k}:2}}, {{left_{k}:2}}" for k, name in enumerate(stacks)
    )
    story = (
        "{depth} blocks of {width}, α {branch_scale:2}. Size of the signal at the end, of the "
        f"gradient at the first block, and cosine with the input: {ends}. With your α it"
    )
    span = {"range": [0.5, mark("end")], "zeroline": False}
    sizes = {"range": list(_SIZES), "dtick": 3}
    return {
        "data": data,
        "layout": {
            "title": {
                "text": _judged(
                    sentence("With your α the signal grows to {last_2:2}"),
                    sentence("With your α the input stays clear: cosine {left_2:2}"),
                    sentence("With your α the input fades: cosine {left_2:2}"),
                )
            },
            "meta": {
                "summary": _judged(*(sentence(f"{story} {word}.") for word in _WORDS)),
                "verdict": _judged(*_WORDS),
                "signal": mark("last_2"),
                "gradient": mark("first_2"),
                "kept": mark("left_2"),
            },
            "height": 760,
            "dragmode": False,
            "xaxis": axis("", anchor="y", **span),
            "yaxis": powers_of_ten("signal", [0.72, 1], **sizes) | {"anchor": "x"},
            "xaxis2": axis("", anchor="y2", **span),
            "yaxis2": powers_of_ten("gradient / last", [0.38, 0.66], **sizes) | {"anchor": "x2"},
            "xaxis3": axis("block", anchor="y3", **span),
            "yaxis3": axis("cosine with input", domain=[0.04, 0.32], range=[-0.15, 1.02])
            | {"anchor": "x3"},
        },
    }
