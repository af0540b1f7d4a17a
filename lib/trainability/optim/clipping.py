"""Gradients clipped unit by unit, in proportion to the weights they belong to."""

from collections.abc import Iterable

import torch
from torch import Tensor

from trainability.arguments import checked_nonnegative
from trainability.norms import scaled_norms


@torch.no_grad()
def adaptive_clip_grad_(
    parameters: Tensor | Iterable[Tensor], clipping: float = 0.01, eps: float = 1e-3
) -> None:
    """Clip the gradient of each unit to a multiple of the length of its weights (AGC).

    Where ‖g_i‖ > c·max(‖w_i‖, ε), g_i becomes g_i · c·max(‖w_i‖, ε)/‖g_i‖. The units are the
    first dimension of a tensor: rows of a matrix, filters of a convolution. A tensor with
    fewer than two dimensions is one unit. A unit whose gradient holds inf or nan becomes nan.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over. Their gradients are changed in place.
    clipping : float
        c, not negative.
    eps : float
        ε, which lets units that are zero move; not negative.

    Raises
    ------
    TypeError, ValueError
        Naming the setting out of range.

    References
    ----------
    Brock et al. (2021), "High-performance large-scale image recognition without
    normalization", section 4, https://arxiv.org/abs/2102.06171.

    Examples
    --------
    Two units of length 5. The gradient of the first is cut to 0.05, the other is small enough:

    >>> weight = torch.tensor([[3.0, 4.0], [4.0, 3.0]], requires_grad=True)
    >>> weight.grad = torch.tensor([[6.0, 8.0], [0.0, 0.01]])
    >>> adaptive_clip_grad_(weight)
    >>> weight.grad
    tensor([[0.0300, 0.0400],
            [0.0000, 0.0100]])
    """
    clipping, eps = checked_nonnegative("clipping", clipping), checked_nonnegative("eps", eps)
    for param in [parameters] if isinstance(parameters, Tensor) else parameters:
        if param.grad is None:
            continue
        allowed = clipping * _unit_norms(param).clamp(min=eps)
        norms = _unit_norms(param.grad)
        factors = torch.where(norms > allowed, allowed / norms, 1.0)
        factors = torch.where(torch.isfinite(norms), factors, torch.nan)
        param.grad.copy_(param.grad * factors)


def _unit_norms(tensor: Tensor) -> Tensor:
    # Squares must neither overflow nor vanish; MPS has no float64.
    values = tensor.float() if tensor.device.type == "mps" else tensor.double()
    dims = tuple(range(1 if tensor.ndim > 1 else 0, tensor.ndim))
    if dims and tensor.device.type == "mps":
        return scaled_norms(values, dims)
    return torch.linalg.vector_norm(values, dim=dims, keepdim=True) if dims else values.abs()
