"""Norms and trust ratios of many tensors at once, for layerwise optimizers."""

from collections.abc import Sequence

import torch
from torch import Tensor

# Squares of numbers outside leave float32; float64 is held to the same, which is harmless.
_LEAST, _MOST = 1e-18, 1e18


def euclidean_norms(tensors: Sequence[Tensor]) -> Tensor:
    """Return ‖t‖ of tensors of one device and dtype, without waiting for the device.

    Norms whose squares would underflow or overflow are right as well: the norm of
    (1e20, 1e20) in float32 is 1.41e20, not inf.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of any shapes, floating; at least one. Unchanged.

    Returns
    -------
    Tensor, shape (n,)
        In float64, on the tensors' device; in float32 on MPS, which has no float64.

    Examples
    --------
    >>> euclidean_norms([torch.tensor([3.0, 4.0]), torch.full((2,), 1e20)])
    tensor([5.0000e+00, 1.4142e+20], dtype=torch.float64)
    """
    device, dtype = tensors[0].device.type, tensors[0].dtype
    if device != "cpu":
        wide = torch.float32 if device == "mps" else torch.float64
        return torch.stack(torch._foreach_norm(tensors, 2, dtype=wide))
    if dtype in (torch.float32, torch.float64):
        # On a CPU this takes two thirds of the time of the kernel for norms, which has one core.
        flat = [tensor.reshape(-1) for tensor in tensors]
        norms = torch.stack([torch.dot(vector, vector) for vector in flat]).double().sqrt_()
    else:
        norms = torch.stack(torch._foreach_norm(tensors, 2, dtype=torch.float32)).double()
    for index in (~((norms > _LEAST) & (norms < _MOST))).nonzero().flatten().tolist():
        norms[index] = _careful_norm(tensors[index])
    return norms


def _careful_norm(tensor: Tensor) -> Tensor:
    values = tensor.double()
    largest = values.abs().amax() if values.numel() else values.new_zeros(())
    if largest == 0 or not torch.isfinite(largest):
        return largest
    return torch.linalg.vector_norm(values / largest) * largest


def trust_ratios(weights: Tensor, steps: Tensor, coefficient: float = 1.0) -> Tensor:
    """Return η‖w‖/‖u‖ from norms: 1 where either is 0, nan where either is not finite.

    Parameters
    ----------
    weights, steps : Tensor, shape (n,)
        Norms of the weights, and of what would be subtracted from them.
    coefficient : float
        η.

    Examples
    --------
    >>> trust_ratios(torch.tensor([5.0, 0.0, 5.0]), torch.tensor([2.0, 2.0, torch.inf]))
    tensor([2.5000, 1.0000,    nan])
    """
    ratios = torch.where((weights > 0) & (steps > 0), coefficient * weights / steps, 1.0)
    return torch.where(torch.isfinite(weights) & torch.isfinite(steps), ratios, torch.nan)


def as_factors(ratios: Tensor, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Return ratios as numbers on the device in ``dtype``, none beyond its largest.

    What a factor multiplies is tiny where the factor is huge; inf times 0 would be nan.
    """
    return ratios.clamp(max=torch.finfo(dtype).max).to(dtype).unbind()
