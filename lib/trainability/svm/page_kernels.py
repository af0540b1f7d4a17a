"""Kernels and points for a page, which takes many points at once and no functions."""

import math

import torch
from torch import Tensor

PAGE_KERNELS = ("linear", "degree 2", "degree 3", "RBF")
PAGE_BIASES = ("none", "penalized", "free")


def _tables() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    xor = torch.tensor([[1, 1, 1], [-1, 1, -1], [-1, -1, 1], [1, -1, -1]]).double()

    def table(inner: Tensor, outer: Tensor) -> Tensor:
        ends = [
            torch.cat([part, sign * torch.ones(len(part), 1).double()], 1)
            for part, sign in ((inner, 1), (outer, -1))
        ]
        return (torch.cat(ends) * 100).round() / 100

    def around(count: int, radius: float, spread: float) -> Tensor:
        angles = torch.arange(count).double() * (2 * math.pi / count)
        circle = radius * torch.stack([angles.cos(), angles.sin()], 1)
        return circle + spread * torch.randn(count, 2, generator=generator).double()

    ring = table(around(9, 0.7, 0.2), around(15, 2.6, 0.25))
    clouds = table(
        torch.tensor([0.9, 0.6]) + 1.0 * torch.randn(14, 2, generator=generator).double(),
        torch.tensor([-0.9, -0.5]) + 1.0 * torch.randn(14, 2, generator=generator).double(),
    )
    half = torch.arange(12).double() * (math.pi / 11)
    upper = torch.stack([1.8 * half.cos() - 0.9, 1.8 * half.sin() - 0.4], 1)
    lower = torch.stack([0.9 - 1.8 * half.cos(), 0.4 - 1.8 * half.sin()], 1)
    return {"XOR": xor, "two clouds": clouds, "a ring": ring, "two arcs": table(upper, lower)}


PAGE_POINTS = _tables()


def kernel_between(a: Tensor, b: Tensor, kernel: str, sigma: float, bias: str) -> Tensor:
    """Return K(a_i, b_j), and 1 more where the bias is penalized.

    Parameters
    ----------
    a, b : Tensor, shapes (m, 2) and (n, 2)
    kernel : {"linear", "degree 2", "degree 3", "RBF"}
    sigma : float
        Width, for RBF alone.
    bias : {"none", "penalized", "free"}

    Examples
    --------
    >>> one = torch.ones(1, 2)
    >>> [kernel_between(one, one, "linear", 1.0, bias).item() for bias in ("none", "penalized")]
    [2.0, 3.0]
    """
    if kernel not in PAGE_KERNELS or bias not in PAGE_BIASES:
        raise ValueError(
            f"kernel={kernel!r} and bias={bias!r} must be among {PAGE_KERNELS} and {PAGE_BIASES}"
        )
    products = a @ b.T
    if kernel == "RBF":
        lengths = a.square().sum(1).view(-1, 1) + b.square().sum(1).view(1, -1)
        values = torch.exp((products - lengths / 2) / (sigma * sigma))
    elif kernel == "linear":
        values = products
    else:
        values = (1 + products) * (1 + products)
        values = values * (1 + products) if kernel == "degree 3" else values
    return values + 1 if bias == "penalized" else values


def best_offset(scores: Tensor, labels: Tensor, bias: str) -> tuple[Tensor, Tensor]:
    """Return the free bias that violates the margins least, and the sum of violations with it.

    It is one of those that bring a point to its margin; 0 where no bias is free.

    Parameters
    ----------
    scores, labels : Tensor, shape (n,)
        Without a bias.
    bias : {"none", "penalized", "free"}

    Examples
    --------
    >>> scores, labels = torch.tensor([3.0, 1.0]).double(), torch.tensor([1.0, -1.0]).double()
    >>> [part.item() for part in best_offset(scores, labels, "free")]
    [-2.0, 0.0]
    """
    if bias != "free":
        violations = (1 - labels * scores).clamp(min=0).sum()
        return torch.zeros_like(violations), violations
    offsets = labels - scores
    totals = (1 - labels.view(1, -1) * (scores.view(1, -1) + offsets.view(-1, 1))).clamp(min=0)
    totals = totals.sum(1)
    least = totals.amin()
    best = (totals <= least * (1 + 1e-9) + 1e-12).double()
    return (best * offsets).sum() / best.sum(), least
