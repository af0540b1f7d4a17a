"""Draw what a random matrix does to a norm."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainability.figures.numbers import rounded
from trainability.figures.palette import REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve


def norm_fluctuation(
    ratios: Tensor, *, fan_out: int, nonlinearity: str, setting: str
) -> dict[str, Any]:
    """Draw how ‖g(Wx)‖² / E‖g(Wx)‖² scatters from one random matrix W to the next.

    ``meta`` holds ``variance`` (measured), ``theory`` and the ``verdict``: ``"luck"`` where
    theory's standard deviation is above 0.3, else ``"reliable"``.

    Parameters
    ----------
    ratios : Tensor, shape (K,)
        One ratio a matrix; their mean should be 1.
    fan_out : int
        Rows of W.
    nonlinearity : {"linear", "relu"}
        g: theory gives the variance 2/fan_out for the first, 5/fan_out for the second.
    setting : str
        How the weights were drawn, in words.
    """
    reading = read_fluctuation(ratios, fan_out=fan_out, nonlinearity=nonlinearity, setting=setting)
    edges = np.linspace(0, 3, 61)
    counts = torch.histc(ratios.double().clamp(max=3), 60, 0, 3).cpu().numpy()
    bars = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": 100 * counts / len(ratios),
        "name": "random matrices",
    }
    return figure(
        reading,
        [bars, _exact(fan_out, nonlinearity, edges)],
        xaxis=axis("norm² / mean (last bar: beyond)", range=[0, 3]),
        yaxis=axis("share of matrices (%)", rangemode="tozero"),
        bargap=0,
        shapes=[_unit_mark()],
    )


def read_fluctuation(ratios: Tensor, *, fan_out: int, nonlinearity: str, setting: str) -> Reading:
    """Say how much the squared norm scatters from one random matrix to the next.

    The arguments are those of :func:`norm_fluctuation`.

    Examples
    --------
    >>> ratios, wide = torch.tensor([0.5, 1.5]), {"nonlinearity": "linear", "setting": "normal"}
    >>> [read_fluctuation(ratios, fan_out=n, **wide).verdict for n in (10, 100)]
    ['luck', 'reliable']
    """
    theory = _norm_variance(fan_out, nonlinearity)
    variance = ratios.double().var(correction=0).item()
    verdict = "luck" if theory**0.5 > 0.3 else "reliable"
    units = "unit" if fan_out == 1 else "units"
    return Reading(
        verdict,
        f"{fan_out} {units}: the squared norm scatters by {100 * variance**0.5:.0f}%",
        f"{fan_out} {units}, {nonlinearity}, {setting}: from matrix to matrix the squared norm has "
        f"variance {variance:.3g} around its mean; theory says {theory:.2g}: {verdict}.",
        {"variance": rounded(variance), "theory": rounded(theory)},
    )


def _norm_variance(fan_out: int, nonlinearity: str) -> float:
    return (2 if nonlinearity == "linear" else 5) / fan_out


def _exact(fan_out: int, nonlinearity: str, edges: np.ndarray) -> dict[str, Any]:
    """Return the expected height of each bar for normal weights; the last holds all beyond."""
    n, below = fan_out, torch.tensor(edges[:-1])
    if nonlinearity == "linear":
        share = torch.special.gammainc(torch.tensor(n / 2).double(), n * below / 2)
    else:  # k of the n units are positive, and the rest are 0
        active = torch.arange(n + 1).double()
        logs = [
            math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)
        ]
        chance = torch.tensor(logs).double().sub(n * math.log(2)).exp()
        within = torch.special.gammainc(active[1:, None] / 2, n * below / 4)
        share = (chance[1:, None] * within).sum(0) + chance[0] * (below > 0)
    heights = 100 * torch.diff(share, append=torch.ones(1).double()).clamp(min=0)
    middles = (edges[1:] + edges[:-1]) / 2
    return curve(middles, heights.numpy(), "exact, for normal weights")


def _unit_mark() -> dict[str, Any]:
    line = {"width": 1, "dash": "dot", "color": REFERENCE}
    return {"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1, "line": line}
