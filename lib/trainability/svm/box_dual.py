"""The dual of an SVM without a bias: ½ αᵀQα - Σα, to be least in the box 0 ≤ α ≤ c."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from trainability.svm.gram import largest_step


def iterates(q: Tensor, lr: float, c: float | None, num_iters: int) -> Iterator[tuple[int, Tensor]]:
    """Yield counts of steps and α, from 0; its memory is used again, so clone what is kept."""
    # α - lr(Qα - 1) = (I - lr·Q)α + lr, one product a step.
    linear = torch.eye(len(q), dtype=q.dtype, device=q.device) - lr * q
    constant = torch.full_like(q[0], lr)
    alpha, following = torch.zeros_like(constant), torch.empty_like(constant)
    yield 0, alpha
    for count in range(1, num_iters + 1):
        torch.addmv(constant, linear, alpha, out=following)
        alpha, following = following.clamp_(min=0, max=c), alpha
        yield count, alpha


def gap_between(alpha: Tensor, q: Tensor, c: float | None) -> float:
    """Return primal minus dual value; inf where a hard margin is not met at any scale."""
    margins = q @ alpha
    square, total = (alpha @ margins).item(), alpha.sum().item()
    if c is not None:
        return square + c * (1 - margins).clamp(min=0).sum().item() - total
    least = margins.min().item()
    return 0.5 * (square / least) / least + 0.5 * square - total if least > 0 else math.inf


def check_finite(alpha: Tensor, q: Tensor, lr: float) -> None:
    """Raise ``ValueError`` with the fix where α is not finite any more."""
    if torch.isfinite(alpha).all():
        return
    most = largest_step(q)
    fix = (
        f"use lr below 2/λ_max(Q) = {most:.4g}"
        if lr > most
        else "use a kernel that is positive semidefinite, or a price c"
    )
    raise ValueError(f"alpha did not stay finite; {fix}")
