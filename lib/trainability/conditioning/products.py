"""Singular values of long products, in logarithms, so that no depth overflows."""

from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor

_DECOUPLED = 1e-14
_MOST_SWEEPS = 300
_SVD_RANGE = 9.0  # a ratio of e⁹ costs four of the sixteen digits


def log_singular_values(factors: Iterable[Tensor]) -> Tensor:
    """Return the logarithms of the singular values of a product A_L ⋯ A_2 A_1, largest first.

    The product is kept as Q D T: Q orthogonal, D diagonal and stored as logarithms, T
    upper triangular with ones on its diagonal. One QR decomposition a factor; nothing is
    ever as large or as small as the product itself. QR steps on D T, from its two sides
    in turn, then part singular values of different size; those of like size come
    together from an ordinary decomposition of their block.

    Parameters
    ----------
    factors : iterable of Tensor, shape (..., n, n)
        A_1 first. Leading dimensions are separate products.

    Returns
    -------
    Tensor, shape (..., n), float64
        −inf for singular values that are exactly zero.

    Raises
    ------
    ValueError
        For no factors, other shapes, or numbers that are not finite.

    References
    ----------
    Stewart (1995), "On graded QR decompositions of products of matrices",
    https://etna.math.kent.edu/vol.3.1995/pp39-49.dir/pp39-49.pdf

    Examples
    --------
    One hundred layers, each of which multiplies one direction by 10⁴ and another by 10⁻⁴:

    >>> layer = torch.tensor([[1e4, 0.0], [0.0, 1e-4]])
    >>> (log_singular_values([layer] * 100) / torch.log(torch.tensor(10.0))).round().tolist()
    [400.0, -400.0]
    """
    state = None
    for factor in factors:
        factor = _checked(factor, state)
        if state is None:
            state = _start(factor)
        q, log_d, t = state
        q, r = torch.linalg.qr(factor @ q)
        log_d, t = _absorb(r, log_d, t)
        state = q, log_d, t
    if state is None:
        raise ValueError("factors is empty; a product needs at least one matrix")
    _, log_d, t = state
    size = log_d.shape[-1]
    logarithms = _of_graded(log_d.reshape(-1, size), t.reshape(-1, size, size))
    return logarithms.view(log_d.shape)


def _start(factor: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return Q, log D and T of a product of no factors.

    Q is a random rotation, always the same: it leaves the singular values alone, and no
    product that one meets is arranged so that the largest would come last.
    """
    size = factor.shape[-1]
    generator = torch.Generator().manual_seed(0)
    gaussian = torch.randn(size, size, dtype=torch.float64, generator=generator)
    rotation = torch.linalg.qr(gaussian)[0].to(factor.device).expand_as(factor)
    identity = torch.eye(size, dtype=torch.float64, device=factor.device).expand_as(factor)
    return rotation, factor.new_zeros(factor.shape[:-1]), identity


def _absorb(r: Tensor, log_d: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Write R D T as D' T' with ones on the diagonal of T'."""
    diagonal = r.diagonal(dim1=-2, dim2=-1)
    grown = log_d + diagonal.abs().log()
    # R_ij d_j / d'_i: at most of the order of R_ij / R_ii where d falls.
    lead = torch.where(grown.isfinite(), grown, 0.0)
    scaled = r * (log_d.unsqueeze(-2) - lead.unsqueeze(-1)).exp()
    scaled = torch.where(grown.isfinite().unsqueeze(-1), scaled, torch.eye(r.shape[-1]).to(r))
    return grown, torch.triu(scaled) @ t


def _of_graded(log_d: Tensor, t: Tensor) -> Tensor:
    """Return the logarithms of the singular values of a stack of D T: (B, n)."""
    identity = torch.eye(t.shape[-1]).to(t)
    for sweep in range(_MOST_SWEEPS):
        if sweep % 10 == 0 and not _too_wide(log_d, t):
            break
        # (D T)ᵀ = Tᵀ D = Q (R D): the same singular values, and closer to diagonal.
        _, r = torch.linalg.qr(t.mT)
        log_d, t = _absorb(r, log_d, identity)
    rows = []
    for starts, d, u in zip(_block_starts(t).tolist(), log_d, t, strict=True):
        ends = sorted({*starts, len(d)})
        blocks = [_of_block(d[i:j], u[i:j, i:j]) for i, j in pairwise(ends)]
        rows.append(torch.cat(blocks).sort(descending=True).values)
    return torch.stack(rows)


def _block_starts(t: Tensor) -> Tensor:
    """Return for each row of T where the block begins that it is coupled with: (B, n)."""
    place = torch.arange(t.shape[-1], device=t.device)
    farthest = torch.where(t.abs() > _DECOUPLED, place, 0).amax(dim=-1).maximum(place)
    reached = farthest.cummax(dim=-1).values
    begins = torch.ones_like(reached, dtype=torch.bool)
    begins[:, 1:] = reached[:, :-1] < place[1:]
    return torch.where(begins, place, 0).cummax(dim=-1).values


def _too_wide(log_d: Tensor, t: Tensor) -> bool:
    """Whether a block holds sizes so different that an SVD would lose the small ones."""
    finite = log_d.clamp(min=-1e300)
    return bool((finite.gather(-1, _block_starts(t)) - finite > _SVD_RANGE).any())


def _of_block(log_d: Tensor, t: Tensor) -> Tensor:
    largest = log_d.max()
    if not largest.isfinite():
        return log_d
    sizes: Tensor = torch.linalg.svdvals((log_d - largest).exp().unsqueeze(-1) * t)
    return sizes.log() + largest


def _checked(factor: Tensor, state: tuple[Tensor, ...] | None) -> Tensor:
    if not isinstance(factor, Tensor) or factor.is_complex():
        raise ValueError("factors must hold real tensors")
    if factor.ndim < 2 or factor.shape[-1] != factor.shape[-2] or 0 in factor.shape:
        raise ValueError(f"a factor has shape {tuple(factor.shape)}; it must be (..., n, n)")
    if state is not None and factor.shape != state[0].shape:
        shapes = f"{tuple(state[0].shape)} and {tuple(factor.shape)}"
        raise ValueError(f"factors have shapes {shapes}; they must agree")
    if not torch.isfinite(factor).all():
        raise ValueError("a factor holds inf or nan; every number must be finite")
    return factor.double()
