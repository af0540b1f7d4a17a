"""Euclidean norms that neither overflow nor wait for a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, cast

import torch
from torch import Tensor

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor

# What torch takes as many tensors at once: it refuses other sequences.
Tensors: TypeAlias = list[Tensor] | tuple[Tensor, ...]
# Squares of numbers outside leave float32; float64 is held to the same, which is harmless.
_LEAST, _MOST = 1e-15, 1e18
# One running sum in float32 over more squares than this would lose digits.
_TINY = 1e-30
_LONGEST = 2**18


def euclidean_norms(tensors: Tensors) -> Tensor:
    """Return ‖t‖ of tensors of one device and dtype, without waiting for the device.

    Norms whose squares would underflow or overflow are right as well: the norm of
    (1e20, 1e20) in float32 is 1.41e20, not inf.

    Parameters
    ----------
    tensors : list or tuple of Tensor
        Of any shapes, floating; at least one. Unchanged. DTensors of one mesh and placement
        count whole: their shards' norms are joined in one reduction.

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
    if is_sharded(tensors[0]):
        return _norms_of_shards(cast("Sequence[DTensor]", tensors))
    if device == "mps":
        return torch.stack([scaled_norms(tensor.flatten().float(), (0,))[0] for tensor in tensors])
    if device != "cpu":
        return torch.stack(torch._foreach_norm(tensors, 2, dtype=torch.float64))
    if is_short(dtype):
        norms = torch.stack(torch._foreach_norm(tensors, 2, dtype=torch.float32)).double()
    else:
        norms = torch.stack([_square(tensor.reshape(-1)) for tensor in tensors]).double().sqrt_()
    for index in (~((norms > _LEAST) & (norms < _MOST))).nonzero().flatten().tolist():
        norms[index] = scaled_norms(tensors[index].double().flatten(), (0,))[0]
    return norms


def is_sharded(tensor: Tensor) -> TypeGuard[DTensor]:
    """Say whether the tensor is a DTensor, of which each process holds a part."""
    return hasattr(tensor, "to_local")  # a DTensor, whose module takes a second to import


def _norms_of_shards(tensors: Sequence[DTensor]) -> Tensor:
    from torch.distributed.tensor import DTensor, Replicate, Shard

    row = euclidean_norms([tensor.to_local() for tensor in tensors])[None]  # one a process
    mesh, placements = tensors[0].device_mesh, tensors[0].placements
    rows = [Replicate() if place.is_replicate() else Shard(0) for place in placements]
    joined: DTensor = torch.linalg.vector_norm(DTensor.from_local(row, mesh, rows), dim=0)
    return joined.full_tensor()


def scaled_norms(values: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Return norms along ``dims``, which stay, of entries whose squares the type cannot hold.

    Examples
    --------
    >>> scaled_norms(torch.tensor([[3e30, 4e30], [3e-30, 4e-30]]), (1,))
    tensor([[5.0000e+30],
            [5.0000e-30]])
    """
    norms: Tensor
    if values.numel() == 0:
        norms = torch.linalg.vector_norm(values, dim=dims, keepdim=True)
        return norms
    largest = values.abs().amax(dim=dims, keepdim=True)
    scale = torch.where((largest > 0) & torch.isfinite(largest), largest, 1.0)
    norms = torch.linalg.vector_norm(values / scale, dim=dims, keepdim=True) * scale
    return norms


def matrix_norms(matrices: Tensor) -> Tensor:
    """Return the Frobenius norm of each matrix, whose squares may leave the type.

    A page can compute it, too. Of zeros it is 0.

    Parameters
    ----------
    matrices : Tensor, shape (..., m, n)

    Returns
    -------
    Tensor, shape (..., 1, 1)

    Examples
    --------
    >>> matrix_norms(torch.tensor([[[3e30, 4e30]], [[3e-30, 4e-30]]])).flatten()
    tensor([5.0000e+30, 5.0000e-30])
    """
    largest = matrices.abs().amax((-2, -1), keepdim=True).clamp(min=_TINY)
    scaled = (matrices / largest).square().sum((-2, -1), keepdim=True)
    norms: Tensor = largest * scaled.sqrt()
    return norms


def _square(vector: Tensor) -> Tensor:
    # On a CPU dot takes two thirds of the time of the kernel for norms, which has one core.
    if len(vector) <= _LONGEST:
        return torch.dot(vector, vector)
    return torch.stack([torch.dot(piece, piece) for piece in vector.split(_LONGEST)]).sum()


def is_short(dtype: torch.dtype) -> bool:
    """Say whether numbers of the type have 16 bits."""
    return dtype in (torch.float16, torch.bfloat16)
