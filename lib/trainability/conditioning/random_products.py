"""What long products of random matrices do to lengths: drawn, and in the limit."""

import math

import torch
from torch import Tensor

from trainability.arguments import checked_count, checked_number
from trainability.conditioning.products import log_singular_values
from trainability.conditioning.random_matrices import random_matrices


def lyapunov_exponents(n: int, variance: float | None = None) -> Tensor:
    """Return the growth rates of the singular values of a product of Gaussian n × n matrices.

    After many layers log σ_i ≈ L μ_i with

        μ_i = ½ [log(2 σ²) + ψ((n − i + 1) / 2)],   i = 1, …, n,

    where ψ is the digamma function and σ² the variance of an entry.

    Parameters
    ----------
    n : int
        Rows and columns, at least 1.
    variance : float, optional
        σ² > 0; 1/n by default, which keeps ‖Wx‖² on average.

    Returns
    -------
    Tensor, shape (n,), float64
        Descending. Their differences do not depend on the variance.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside these ranges.

    References
    ----------
    Newman (1986), "The distribution of Lyapunov exponents: exact results for random
    matrices", Communications in Mathematical Physics 103, 121–126; derived anew by Akemann,
    Burda and Kieburg (2014), https://arxiv.org/abs/1406.0803

    Examples
    --------
    At n = 2 the aspect ratio of a circle's image grows by log 2 a layer:

    >>> top, bottom = lyapunov_exponents(2)
    >>> round((top - bottom).item(), 4)
    0.6931
    """
    n = checked_count("n", n, least=1)
    variance = 1 / n if variance is None else checked_number("variance", variance)
    if not 0 < variance < math.inf:
        raise ValueError(f"variance={variance} must be positive and finite")
    halves = torch.arange(n, 0, -1, dtype=torch.float64) / 2
    return (math.log(2 * variance) + torch.digamma(halves)) / 2


def random_product_log_singular_values(
    n: int, depth: int, ensemble: str, generator: torch.Generator
) -> Tensor:
    """Draw one product of random n × n matrices; return the logs of its singular values.

    Parameters
    ----------
    n, depth : int
        Width of the layers and their number, at least 1.
    ensemble : {"gaussian", "orthogonal"}
        Independent N(0, 1/n) entries, or rotations and reflections, uniformly.
    generator : torch.Generator
        Source of the matrices; advanced by the call.

    Returns
    -------
    Tensor, shape (n,), float64
        Descending, finite at any depth. log κ is the first minus the last.

    Raises
    ------
    TypeError, ValueError
        For other sizes or ensembles, or what is no generator.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> values = random_product_log_singular_values(8, 1000, "gaussian", generator)
    >>> values = values / 1000  # close to the Lyapunov exponents
    >>> (values - lyapunov_exponents(8)).abs().max().item() < 0.1
    True
    """
    return log_singular_values(random_matrices(n, depth, ensemble, generator))


def random_products_log_singular_values(
    count: int,
    n: int,
    depth: int,
    ensemble: str,
    generator: torch.Generator,
    device: str | torch.device | None = None,
) -> Tensor:
    """Draw ``count`` independent products; return their log singular values, (count, n).

    As :func:`random_product_log_singular_values` for each, in one pass.

    Examples
    --------
    Twenty Gaussian layers of width 8 spread by far more than a factor of e, in every draw:

    >>> generator = torch.Generator().manual_seed(0)
    >>> logs = random_products_log_singular_values(5, 8, 20, "gaussian", generator)
    >>> logs.shape, bool((logs[:, 0] - logs[:, -1] > 10).all())
    (torch.Size([5, 8]), True)
    """
    count = checked_count("count", count, least=1)
    return log_singular_values(random_matrices(n, depth, ensemble, generator, count, device))


def squared_singular_edge(depth: int) -> float:
    """Return the largest squared singular value of a product of wide Gaussian layers.

    (L+1)^(L+1) / L^L is the limit for width to infinity at fixed depth L, with entries of
    variance 1/n: the right edge of the Fuss–Catalan law. It grows like e·(L + ½), linearly,
    while the mean square stays 1.

    Parameters
    ----------
    depth : int
        L, at least 1.

    Returns
    -------
    float
        4 for one layer (the Marchenko–Pastur edge), 6.75 for two.

    Raises
    ------
    TypeError, ValueError
        For a depth that is no whole number of at least 1.

    References
    ----------
    Banica, Belinschi, Capitaine and Collins (2011), "Free Bessel laws",
    https://arxiv.org/abs/0710.5931

    Examples
    --------
    >>> squared_singular_edge(1), squared_singular_edge(2)
    (4.0, 6.75)
    """
    depth = checked_count("depth", depth, least=1)
    return (depth + 1) * (1 + 1 / depth) ** depth
