"""The value of a dual point, and by how much it may miss the optimum."""

from torch import Tensor

from trainability.svm.box_dual import gap_between
from trainability.svm.gram import few_threads, signed_gram
from trainability.svm.kernels import Kernel, poly
from trainability.svm.solver import checked_alpha, checked_c


def dual_value(
    alpha: Tensor,
    x: Tensor,
    y: Tensor,
    kernel: Kernel = poly(degree=1),  # noqa: B008
) -> float:
    """Return Σα_i - ½αᵀQα, which is largest at the optimum.

    Parameters
    ----------
    alpha : Tensor, shape (n,)
        Dual variables.
    x, y, kernel
        As for :func:`~trainability.svm.svm_solver`.

    Examples
    --------
    >>> import torch
    >>> from trainability.svm import xor_data
    >>> x, y = xor_data()
    >>> [dual_value(torch.full((4,), entry), x, y, poly(2)) for entry in (0.0, 0.125, 0.25)]
    [0.0, 0.25, 0.0]
    """
    with few_threads(x):
        q = signed_gram(x, y, kernel)
        alpha = checked_alpha(alpha, len(q)).to(q)
        return (alpha.sum() - alpha @ q @ alpha / 2).item()


def duality_gap(
    alpha: Tensor,
    x: Tensor,
    y: Tensor,
    kernel: Kernel = poly(degree=1),  # noqa: B008
    c: float | None = None,
) -> float:
    r"""Return by how much α may miss the optimum: primal minus dual value.

    The primal point is w = Σ α_i y_i φ(x_i). Soft margins: ½‖w‖² + cΣmax(0, 1 - y_i f(x_i)).
    Hard ones: w is scaled until every margin is 1, and the gap is inf where that is
    impossible because some point is on the wrong side.

    Parameters
    ----------
    alpha, x, y, kernel, c
        As for :func:`~trainability.svm.svm_solver`; α must lie in the box.

    Examples
    --------
    >>> import torch
    >>> from trainability.svm import xor_data
    >>> x, y = xor_data()
    >>> duality_gap(torch.full((4,), 0.125), x, y, poly(2))
    0.0
    >>> round(duality_gap(torch.full((4,), 0.0625), x, y, poly(2)), 4)
    0.0625
    """
    with few_threads(x):
        q, c = signed_gram(x, y, kernel), checked_c(c)
        alpha = checked_alpha(alpha, len(q)).to(q)
        slack = 1e-6 * (alpha.abs().max() if c is None else c)
        if (alpha < -slack).any() or (c is not None and (alpha > c + slack).any()):
            raise ValueError("alpha lies outside of its box; project it with project_box first")
        return gap_between(alpha, q, c)
