"""Stacks of hidden units, each with its weights in a row: how far apart, and which are twins."""

import torch
from torch import Tensor

from trainability.arguments import checked_nonnegative


def unit_spread(units: Tensor) -> Tensor:
    """Root mean square distance of units from their mean, over the last two dimensions.

    Parameters
    ----------
    units : Tensor, shape (..., units, weights)
        All weights of a unit in a row: incoming, bias, outgoing.

    Returns
    -------
    Tensor, shape (...)
        0 where all units are equal, up to rounding.

    Examples
    --------
    >>> unit_spread(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    tensor(1.)
    """
    return (units - units.mean(dim=-2, keepdim=True)).square().sum(dim=-1).mean(dim=-1).sqrt()


def unit_labels(units: Tensor, atol: float = 1e-6) -> Tensor:
    """Return for each unit the number of the first unit that it is a twin of.

    Parameters
    ----------
    units : Tensor, shape (..., units, weights)
        All weights of a unit in a row.
    atol : float
        How far two weights may be apart and still count as equal.

    Returns
    -------
    Tensor, shape (..., units), int64

    Examples
    --------
    >>> unit_labels(torch.tensor([[1.0], [2.0], [1.0]])).tolist()
    [0, 1, 0]
    """
    atol = checked_nonnegative("atol", atol)
    near = (units.unsqueeze(-2) - units.unsqueeze(-3)).abs().amax(dim=-1) <= atol
    count = units.shape[-2]
    labels = torch.arange(count, device=units.device).expand(units.shape[:-1])
    while True:  # a group takes the smallest number in it, and so do the twins of twins
        smaller = torch.where(near, labels.unsqueeze(-2), count).amin(dim=-1)
        if torch.equal(smaller, labels):
            return labels
        labels = smaller
