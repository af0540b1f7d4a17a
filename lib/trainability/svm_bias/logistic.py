"""Where gradient descent on the logistic loss puts the boundary of separable points on a line."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

from trainability.arguments import checked_nonnegative, checked_record

# Beyond this margin the loss and its slope are nearly 0; their ratio tends to a softmax.
_LARGE_MARGIN = 30


def logistic_boundaries(
    points: Tensor,
    labels: Tensor,
    bias_feature: float,
    record: Sequence[int],
    *,
    divide_by_loss: bool = True,
) -> Tensor:
    r"""Minimize Σ_i ln(1 + exp(-y_i u·(x_i, B))) from u = 0 by gradient descent, for K data sets.

    On separable data u grows without end, and its direction tends to that of the shortest u with
    y_i u·(x_i, B) ≥ 1: the hard-margin SVM with a penalized bias.

    Parameters
    ----------
    points : Tensor, shape (K, n), floating
        K data sets of n points on a line; computed in their type, where they are.
    labels : Tensor, shape (n,)
        1 or -1, the same in every data set.
    bias_feature : float
        B, the appended constant, positive.
    record : sequence of int
        Increasing counts of steps, each at least 1.
    divide_by_loss : bool
        Divide each step by the loss, which makes the direction converge like one over the steps
        and not like one over their logarithm.

    Returns
    -------
    Tensor, shape (T, K)
        The boundary -B u_2/u_1 after each recorded number of steps.

    Raises
    ------
    ValueError
        Naming the argument at fault.

    References
    ----------
    Soudry et al. (2018), "The implicit bias of gradient descent on separable data",
    https://arxiv.org/abs/1710.10345

    Examples
    --------
    Points at 1 and -4, with the labels 1 and -1: the shortest u has its boundary at -1.

    >>> points, labels = torch.tensor([[1.0, -4.0]]).double(), torch.tensor([1.0, -1.0])
    >>> far, near = logistic_boundaries(points, labels, 1.0, record=[10, 1000])[:, 0].tolist()
    >>> abs(far + 1) > 10 * abs(near + 1), round(near, 1)
    (True, -1.0)
    """
    if points.ndim != 2 or labels.shape != points.shape[1:]:
        raise ValueError(
            f"points {tuple(points.shape)} and labels {tuple(labels.shape)} must have shapes "
            "(K, n) and (n,)"
        )
    bias = checked_nonnegative("bias_feature", bias_feature)
    if bias == 0:
        raise ValueError("bias_feature is 0, so there would be no bias; use a positive one")
    counts = checked_record(record, max(record, default=0))
    if counts[0] < 1:
        raise ValueError(f"record={record!r} must hold counts of 1 or more; at 0 u has no boundary")
    signed = labels.to(points)[:, None] * torch.stack([points, torch.full_like(points, bias)], -1)
    rate = 1 / signed.square().sum(dim=(-2, -1))[:, None]
    u, boundaries = torch.zeros(len(points), 2).to(signed), []
    for count in range(1, counts[-1] + 1):
        push = _push((signed @ u[:, :, None]).squeeze(-1), divide_by_loss)
        u = u + rate * (push[..., None] * signed).sum(dim=-2)
        if count in counts:
            boundaries.append(-bias * u[:, 1] / u[:, 0])
    return torch.stack(boundaries)


def _push(margins: Tensor, divide_by_loss: bool) -> Tensor:
    """Return how hard each point pushes: minus the slope of its loss in its margin."""
    push = torch.sigmoid(-margins)
    if not divide_by_loss:
        return push
    push = push / softplus(-margins).sum(dim=-1, keepdim=True)
    large = margins.amin(dim=-1, keepdim=True) > _LARGE_MARGIN
    return torch.where(large, torch.softmax(-margins, -1), push)
