"""Chains of random matrices, drawn as they are needed."""

from collections.abc import Iterator

import torch
from torch import Tensor

from trainability.arguments import checked_count, checked_device, drawn

ENSEMBLES = ("gaussian", "orthogonal")
_CHUNK = 64  # matrices drawn at once: a batch is faster, all of them may not fit


def random_matrices(
    n: int,
    depth: int,
    ensemble: str,
    generator: torch.Generator,
    count: int | None = None,
    device: str | torch.device | None = None,
) -> Iterator[Tensor]:
    """Yield independent random matrices, one a layer.

    Parameters
    ----------
    n, depth : int
        Rows and columns, and the number of matrices, at least 1.
    ensemble : {"gaussian", "orthogonal"}
        Independent N(0, 1/n) entries, or rotations and reflections, uniformly.
    generator : torch.Generator
        Source of the matrices; advanced as they are drawn.
    count : int, optional
        Independent chains at once: matrices of shape (count, n, n) instead of (n, n).
    device : str or torch.device, optional
        Where to compute; the generator's device by default.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, when the first matrix is asked for.

    Examples
    --------
    >>> rotation, _ = random_matrices(3, 2, "orthogonal", torch.Generator().manual_seed(0))
    >>> torch.allclose(rotation @ rotation.T, torch.eye(3, dtype=torch.float64))
    True
    """
    n, depth = checked_count("n", n, least=1), checked_count("depth", depth, least=1)
    if ensemble not in ENSEMBLES:
        known = ", ".join(map(repr, ENSEMBLES))
        raise ValueError(f"ensemble={ensemble!r} is unknown; use one of {known}")
    device = checked_device(generator, device)
    several = () if count is None else (count,)
    for start in range(0, depth, _CHUNK):
        size = (min(_CHUNK, depth - start), *several, n, n)
        normal = drawn(torch.randn, *size, generator=generator, device=device, dtype=torch.float64)
        yield from _orthogonal(normal) if ensemble == "orthogonal" else normal / n**0.5


def _orthogonal(normal: Tensor) -> Tensor:
    """Return orthogonal matrices, uniformly: QR's, with the signs that make it unique."""
    q, r = torch.linalg.qr(normal)
    rotations: Tensor = q * r.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
    return rotations
