"""Losses of networks side by side, each with its derivative in the outputs."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

Loss = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def cross_entropy(outputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the cross entropies, shape (S, N), and their derivative, shape (S, N, K).

    Parameters
    ----------
    outputs : Tensor, shape (S, N, K)
        Logits of K classes.
    labels : Tensor of int64, shape (N,)
        Classes from 0 to K - 1.

    Examples
    --------
    >>> import torch
    >>> value, slope = cross_entropy(torch.zeros(1, 1, 2), torch.tensor([1]))
    >>> value.exp(), slope
    (tensor([[2.]]), tensor([[[ 0.5000, -0.5000]]]))
    """
    scores = outputs.log_softmax(dim=-1)
    wanted = labels.expand(len(outputs), -1).unsqueeze(-1)
    value = scores.gather(-1, wanted).squeeze(-1).neg_()
    slope = scores.exp_()
    return value, slope.scatter_add_(-1, wanted, torch.tensor(-1.0).to(slope).expand(wanted.shape))


def logistic(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return log(1 + exp(−y f)), summed over the K outputs, and its derivative in f.

    Parameters
    ----------
    outputs : Tensor, shape (S, N, K)
        f.
    targets : Tensor, shape (N, K)
        y, each −1 or 1.

    Examples
    --------
    >>> import torch
    >>> value, slope = logistic(torch.zeros(1, 1, 1), torch.ones(1, 1))
    >>> value.exp(), slope
    (tensor([[2.]]), tensor([[[-0.5000]]]))
    """
    margin = targets * outputs
    return softplus(-margin).sum(dim=-1), -targets * (-margin).sigmoid()


def squared(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return (f − y)²/2, summed over the K outputs, and its derivative in f.

    Parameters
    ----------
    outputs : Tensor, shape (S, N, K)
        f.
    targets : Tensor, shape (N, K)
        y.

    Examples
    --------
    >>> import torch
    >>> squared(torch.full((1, 1, 1), 3.0), torch.ones(1, 1))
    (tensor([[2.]]), tensor([[[2.]]]))
    """
    difference = outputs - targets
    return difference.square().sum(dim=-1) / 2, difference


LOSSES: dict[str, Loss] = {
    "cross entropy": cross_entropy,
    "logistic": logistic,
    "squared": squared,
}


def resolve_loss(loss: str) -> Loss:
    """Return the loss of that name.

    Raises
    ------
    ValueError
        For a name that is not in the list.
    """
    if loss not in LOSSES:
        raise ValueError(f"loss={loss!r} is unknown; use one of {', '.join(map(repr, LOSSES))}")
    return LOSSES[loss]
