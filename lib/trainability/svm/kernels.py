"""Polynomial and Gaussian kernels."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from trainability.arguments import checked_count, checked_nonnegative

Kernel = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class _Broadcasting:
    """A kernel that says that it takes many points at once, and has a fast way for all pairs."""

    function: Kernel
    matrix: Kernel
    broadcasts: bool = True

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        return self.function(x, y)


def poly(degree: int) -> Kernel:
    """Return the polynomial kernel (1 + x·y)^degree.

    Parameters
    ----------
    degree : int
        At least 1.

    Returns
    -------
    callable
        Of two tensors of shape (..., d) that broadcast, to one of shape (...).

    Examples
    --------
    >>> poly(2)(torch.tensor([1.0, 1.0]), torch.tensor([[1.0, 1.0], [1.0, -1.0]]))
    tensor([9., 1.])
    """
    degree = checked_count("degree", degree, least=1)

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (1 + (x * y).sum(dim=-1)) ** degree

    return _Broadcasting(kernel, lambda a, b: (1 + a @ b.T) ** degree)


def rbf(sigma: float) -> Kernel:
    """Return the Gaussian kernel exp(-‖x - y‖²/(2σ²)).

    Parameters
    ----------
    sigma : float
        σ, positive and finite, in the units of x.

    Returns
    -------
    callable
        Of two tensors of shape (..., d) that broadcast, to one of shape (...).

    Examples
    --------
    >>> rbf(1.0)(torch.zeros(2), torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    tensor([1.0000e+00, 3.7267e-06])
    """
    sigma = checked_nonnegative("sigma", sigma)
    if sigma == 0:
        raise ValueError("sigma is 0; a width must be positive")

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return torch.exp(-((x - y) / sigma).square().sum(dim=-1) / 2)

    def matrix(a: Tensor, b: Tensor) -> Tensor:
        # By differences: lengths and products would cancel where points are near each other.
        way = "donot_use_mm_for_euclid_dist"
        return torch.exp(-torch.cdist(a / sigma, b / sigma, compute_mode=way).square() / 2)

    return _Broadcasting(kernel, matrix)
