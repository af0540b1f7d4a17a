"""Slopes and gradients of networks without a skip, with one, and with small branches, by a page."""

import torch
from torch import Tensor

from trainability.programs import scan
from trainability.skip.blocks import he_weights

KINDS = ("no skip", "skip, α = 1", "skip, your α")
PLACES = torch.arange(-2.0, 2.001, 0.02)
LENGTHS = 10 ** torch.arange(-5.0, -0.99, 0.25)
_TINY = 1e-30


def slopes_side_by_side(
    depth: int = 50, width: int = 64, branch_scale: float = 0.14, *, generator: torch.Generator
) -> dict[str, Tensor]:
    """Return output and slope along a line, and how gradients turn, of three networks.

    All three have the same weights, of He's variance 2/width, and blocks h ← s·h + a·W relu(h):
    s, a are 0, 1; 1, 1; and 1, ``branch_scale``. The input enters as W_0 (x, 1), the output is v·h,
    as in :func:`trainability.skip.slope_along_a_line`.

    Parameters
    ----------
    depth, width : int
        Blocks, and units in each.
    branch_scale : float
        α of the third.
    generator : torch.Generator
        Source of the weights.

    Returns
    -------
    dict
        ``value`` and ``slope``, shape (3, places), f and f' at ``PLACES``; ``cosine``, shape
        (3, lengths): between the gradient of f(1) in the blocks' weights before and after a step
        against it, in which each block's weights move by a share of their length, ``LENGTHS``.

    Examples
    --------
    >>> made = slopes_side_by_side(depth=5, generator=torch.Generator().manual_seed(0))
    >>> tuple(made["slope"].shape), bool(made["cosine"][:, 0].min() > 0.99)
    ((3, 201), True)
    """
    entry = torch.randn(width, 2, generator=generator)
    weights = he_weights(depth, width, generator)
    readout = torch.randn(1, width, generator=generator) / width**0.5
    one = torch.ones(1, 1, 1)
    keep = torch.cat([0 * one, one, one])
    add = torch.cat([one, one, one * branch_scale])

    def along(
        carry: tuple[Tensor, Tensor], weight: Tensor
    ) -> tuple[tuple[Tensor, Tensor], tuple[()]]:
        h, slope = carry
        branch, tilt = h.relu() @ weight.T, (slope * (h > 0)) @ weight.T
        return (keep * h + add * branch, keep * slope + add * tilt), ()

    places = PLACES.view(-1, 1)
    start = places @ entry[:, :1].T + entry[:, 1:].T
    flat = 0 * places + entry[:, :1].T
    three = torch.zeros(3, 1, 1)
    (h, slope), _ = scan(along, (start + three, flat + three), weights)
    return {
        "value": (h @ readout.T)[:, :, 0],
        "slope": (slope @ readout.T)[:, :, 0],
        "cosine": _cosines(entry, weights, readout, keep, add),
    }


def _cosines(entry: Tensor, weights: Tensor, readout: Tensor, keep: Tensor, add: Tensor) -> Tensor:
    """Between gradients before and after a step, without forming them: each block's has rank 1."""
    start = (entry[:, :1] + entry[:, 1:]).T + torch.zeros(3, 1, 1)  # the input 1
    signals, arrivings = _both_ways(start, weights, readout, keep, add, None)
    count = LENGTHS.shape[0]

    def many(values: Tensor) -> Tensor:
        """From (blocks, kinds, 1, width) to one row for each length."""
        return values + torch.zeros(count, 1)

    sent = signals.relu()
    moved = (many(sent), many(arrivings))
    after = _both_ways(start + torch.zeros(count, 1), weights, readout, keep, add, moved)
    new_sent, new_arrivings = after[0].relu(), after[1]

    def inner(one: Tensor, other: Tensor) -> Tensor:
        return (one * other).sum(-1)

    together = inner(arrivings, new_arrivings) * inner(sent, new_sent)
    before = inner(arrivings, arrivings) * inner(sent, sent)
    later = inner(new_arrivings, new_arrivings) * inner(new_sent, new_sent)
    sizes = (before.sum(0) * later.sum(0)).sqrt().clamp(min=_TINY)
    return together.sum(0) / sizes


def _both_ways(
    start: Tensor,
    weights: Tensor,
    readout: Tensor,
    keep: Tensor,
    add: Tensor,
    moved: tuple[Tensor, Tensor] | None,
) -> tuple[Tensor, Tensor]:
    """What enters each block, and the slope of the output in what its weights put out."""
    sizes = weights.square().sum((-2, -1), keepdim=True).sqrt()

    def shift(values: Tensor, reads: Tensor, writes: Tensor, size: Tensor) -> Tensor:
        """By how much a step changes W·values: it goes along −writes readsᵀ, of length 1."""
        norm = (reads.square().sum(-1, keepdim=True) * writes.square().sum(-1, keepdim=True)).sqrt()
        share = LENGTHS.view(-1, 1) * size / norm.clamp(min=_TINY)
        return share * (values * reads).sum(-1, keepdim=True) * writes

    def forward(h: Tensor, block: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        weight, *step = block
        out = h.relu() @ weight.T
        if step:
            size, sent, written = step
            out = out - shift(h.relu(), sent, written, size)
        return keep * h + add * out, h

    def backward(arriving: Tensor, block: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        h, weight, *step = block
        back = arriving @ weight
        if step:
            size, sent, written = step
            back = back - shift(arriving, written, sent, size)
        return keep * arriving + add * back * (h > 0), arriving

    step = () if moved is None else (sizes, *moved)
    _, signals = scan(forward, start, (weights, *step))
    top = readout + 0 * start
    _, arrivings = scan(backward, top, (signals, weights, *step), reverse=True)
    return signals, arrivings
