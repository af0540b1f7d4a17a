"""Trust ratios and scaled steps of many tensors at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from trainability.norms import Tensors, is_sharded, is_short

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor


def no_ratios(tensors: Sequence[Tensor]) -> Tensor:
    """Return a ratio of 1 for each tensor, as :func:`trust_ratios` would."""
    device = tensors[0].device
    return torch.ones(len(tensors), device=device, dtype=_wide(device.type))


def _wide(device: str) -> torch.dtype:
    return torch.float32 if device == "mps" else torch.float64


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


def add_scaled_(targets: Tensors, tensors: Tensors, factors: Tensor) -> None:
    """Add to each target its tensor times its factor, in place, without waiting for the device.

    Numbers of 16 bits are multiplied in 32, since a factor may lie outside what 16 hold. A
    factor is cut to the largest number of the type it is multiplied in, 3.4e38 unless that is
    float64. LARS's factor is γη‖w‖/‖g‖, so its step is shorter than γη‖w‖ only where that
    ratio is above 3.4e38.

    Parameters
    ----------
    targets, tensors : list or tuple of n Tensor
        Of one device and dtype, and of equal shapes pair by pair. Of DTensors each process
        changes its own shards.
    factors : Tensor, shape (n,)

    Examples
    --------
    >>> weight = torch.ones(2)
    >>> add_scaled_([weight], [torch.tensor([1.0, 2.0])], torch.tensor([0.5]))
    >>> weight
    tensor([1.5000, 2.0000])
    """
    if is_sharded(tensors[0]):
        targets, tensors = _shards(targets), _shards(tensors)
    dtype = torch.float32 if is_short(tensors[0].dtype) else tensors[0].dtype
    most = torch.finfo(dtype).max
    scales = factors.to(dtype).clamp(min=-most, max=most).unbind()
    if not is_short(tensors[0].dtype):
        torch._foreach_addcmul_(targets, tensors, scales)
        return
    widened = [tensor.float() for tensor in tensors]
    torch._foreach_mul_(widened, scales)
    torch._foreach_add_(targets, widened)


def _shards(tensors: Tensors) -> list[Tensor]:
    return [tensor.to_local() for tensor in cast("Sequence[DTensor]", tensors)]
