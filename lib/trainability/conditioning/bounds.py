"""Condition numbers, bounds on products, and the singular values of a Jacobian."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from trainability.arguments import checked_tensor


def condition_number(A: Tensor) -> float:  # noqa: N803
    """Return κ(A) = σ_max / σ_min, the largest singular value over the smallest.

    It is how much longer A makes one direction than another: 1 for a rotation, infinite for a
    matrix that sends some direction to zero. It is the ratio of eigenvalues only for
    symmetric positive definite matrices (and, in absolute value, for normal ones).

    Parameters
    ----------
    A : Tensor, shape (m, n)
        Real or complex; integers are taken as float64. Of a rectangular matrix all
        min(m, n) singular values count.

    Returns
    -------
    float
        At least 1; inf where σ_min is 0, and for zero matrices. A singular matrix that is
        not exactly so in floating point has a huge one.

    Raises
    ------
    TypeError, ValueError
        For what is no matrix of finite numbers.

    References
    ----------
    Golub and Van Loan (2013), "Matrix Computations", section 2.6.2,
    https://doi.org/10.56021/9781421407944

    Examples
    --------
    Both eigenvalues of a shear are 1, and yet:

    >>> round(condition_number(torch.tensor([[1.0, 1000.0], [0.0, 1.0]])))
    1000002
    """
    values = torch.linalg.svdvals(_checked_matrix("A", A))
    largest, smallest = values[0].item(), values[-1].item()
    return max(1.0, largest / smallest) if smallest > 0 else math.inf


def singular_value_bounds(A: Tensor, B: Tensor) -> dict[str, float]:  # noqa: N803
    """Bound the singular values and the condition number of the product AB.

    Always σ_max(AB) ≤ σ_max(A) σ_max(B). The others ask that widths do not fall and rise
    again, or rise and fall: with A (m, k) and B (k, n), that m ≥ k ≥ n or m ≤ k ≤ n.

    Parameters
    ----------
    A, B : Tensor, shapes (m, k) and (k, n)
        Real or complex matrices of finite numbers.

    Returns
    -------
    dict of str to float
        ``sigma_max_upper``, and where they are valid ``sigma_min_lower`` =
        σ_min(A) σ_min(B), ``condition_upper`` = κ(A) κ(B), and ``condition_lower`` = the
        larger of κ(A)/κ(B) (for k ≤ n) and κ(B)/κ(A) (for m ≥ k), and at least 1. A key is absent
        where no bound is valid. A bottleneck, m > k < n, has the bounds inf on κ.

    Raises
    ------
    TypeError, ValueError
        For what are no matrices of finite numbers, or matrices that cannot be multiplied.

    References
    ----------
    Horn and Johnson (1991), "Topics in Matrix Analysis", section 3.3,
    https://doi.org/10.1017/CBO9780511840371

    Examples
    --------
    >>> bounds = singular_value_bounds(torch.diag(torch.tensor([2.0, 1.0])), torch.eye(2))
    >>> bounds["condition_lower"], bounds["condition_upper"]
    (2.0, 2.0)
    >>> sorted(singular_value_bounds(torch.ones(1, 2), torch.ones(2, 1)))  # a bulge
    ['sigma_max_upper']
    """
    A, B = _checked_matrix("A", A), _checked_matrix("B", B)  # noqa: N806
    if A.shape[1] != B.shape[0]:
        shapes = f"A has shape {tuple(A.shape)} and B {tuple(B.shape)}"
        raise ValueError(f"{shapes}; A needs as many columns as B has rows")
    (m, k), n = A.shape, B.shape[1]
    a, b = torch.linalg.svdvals(A), torch.linalg.svdvals(B)
    bounds = {"sigma_max_upper": (a[0] * b[0]).item()}
    falls, rises = m >= k >= n, m <= k <= n
    if falls or rises:
        first, second = condition_number(A), condition_number(B)
        bounds["sigma_min_lower"] = (a[-1] * b[-1]).item()
        bounds["condition_upper"] = first * second
        bounds["condition_lower"] = max(
            1.0,
            _ratio(first, second) if rises or k == n else 1.0,
            _ratio(second, first) if falls or m == k else 1.0,
        )
    elif m > k < n:
        bounds |= {"sigma_min_lower": 0.0, "condition_upper": math.inf, "condition_lower": math.inf}
    return bounds


def jacobian_singular_values(model: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the singular values of the Jacobian ∂ model(x) / ∂x at one input.

    Parameters
    ----------
    model : callable
        A module or function that autograd can differentiate. Modules are taken in the mode
        they are in; put dropout and batch normalization into evaluation mode first.
    x : Tensor, floating, any shape
        One input; it is flattened to d numbers, and the output to m. Unchanged.

    Returns
    -------
    Tensor, shape (min(m, d),)
        Descending.

    Raises
    ------
    TypeError, ValueError
        For an input that is not floating or not finite, or a model that returns no tensor.

    References
    ----------
    Pennington, Schoenholz and Ganguli (2017), "Resurrecting the sigmoid in deep learning
    through dynamical isometry", https://arxiv.org/abs/1711.04735

    Examples
    --------
    >>> jacobian_singular_values(lambda x: x**2, torch.tensor([1.0, 3.0]))
    tensor([6., 2.])
    """
    checked_tensor("x", x, floating=True, finite=False)
    if x.numel() == 0 or not torch.isfinite(x).all():
        raise ValueError("x must hold finite numbers, at least one")

    def flat(x: Tensor) -> Tensor:
        output = model(x)
        if not isinstance(output, Tensor):
            raise TypeError(f"model must return a tensor, not {type(output).__name__}")
        return output.flatten()

    jacobian = torch.autograd.functional.jacobian(flat, x.detach())
    sizes: Tensor = torch.linalg.svdvals(jacobian.reshape(len(jacobian), -1))
    return sizes


def _ratio(first: float, second: float) -> float:
    """Return first over second; inf where the first is, which makes the product singular."""
    return first if math.isinf(first) else first / second


def _checked_matrix(name: str, matrix: Tensor) -> Tensor:
    checked_tensor(name, matrix, shape="one matrix, (rows, columns)", real=False)
    wide = matrix.is_complex() or matrix.dtype in (torch.float32, torch.float64)
    return matrix.detach() if wide else matrix.detach().double()
