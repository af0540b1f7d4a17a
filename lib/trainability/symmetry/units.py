"""Stacks of hidden units, each with its weights in a row: how far apart, which are equal."""

import torch
from torch import Tensor

from trainability.arguments import checked_count, checked_nonnegative


def unit_spread(units: Tensor) -> Tensor:
    """Return the root mean square distance of units from their mean, over the last two dimensions.

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
    """Return for each unit the number of the first unit that it duplicates.

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
    while True:  # a group takes the smallest number in it, and so do the duplicates of duplicates
        smaller = torch.where(near, labels.unsqueeze(-2), count).amin(dim=-1)
        if torch.equal(smaller, labels):
            return labels
        labels = smaller


def count_distinct_units(units: Tensor, atol: float = 1e-6) -> Tensor:
    """Count the different units of each network in a stack.

    It is :func:`trainability.symmetry.distinct_units` for many networks at once.

    Parameters
    ----------
    units, atol
        As for :func:`unit_labels`.

    Returns
    -------
    Tensor, shape (...), int64
        From 1, where all units are equal, to the number of units.

    Examples
    --------
    >>> equal, different = torch.zeros(3, 2), torch.eye(3, 2)
    >>> count_distinct_units(torch.stack([equal, different])).tolist()
    [1, 3]
    """
    first = torch.arange(units.shape[-2], device=units.device)
    return (unit_labels(units, atol) == first).sum(dim=-1)


def split_units(units: Tensor, n_outputs: int = 1) -> tuple[Tensor, Tensor]:
    """Split the weights of units into what they read and what they write.

    Parameters
    ----------
    units : Tensor, shape (..., H, d + K)
        All weights of a unit in a row: d that it reads, then K that it writes.
    n_outputs : int
        K, at least 1 and less than the weights of a unit.

    Returns
    -------
    tuple of Tensor, shapes (..., H, d) and (..., K, H)
        Incoming and outgoing weights, as :func:`trainability.symmetry.distinct_units` takes
        them.

    Raises
    ------
    TypeError, ValueError
        For a number of outputs outside this range.

    Examples
    --------
    >>> w_in, w_out = split_units(torch.tensor([[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]))
    >>> w_in.tolist(), w_out.tolist()
    ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]])
    """
    n_outputs = checked_count("n_outputs", n_outputs, least=1)
    n_inputs = units.shape[-1] - n_outputs
    if n_inputs < 1:
        raise ValueError(
            f"n_outputs={n_outputs} leaves no weight to read with; it must be less than the "
            f"{units.shape[-1]} weights of a unit"
        )
    return units[..., :n_inputs], units[..., n_inputs:].mT
