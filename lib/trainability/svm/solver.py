"""Kernel SVMs without a bias, by projected gradient descent on the dual."""

import sys
import warnings
from collections.abc import Sequence

import torch
from torch import Tensor

from trainability.arguments import (
    checked_count,
    checked_nonnegative,
    checked_number,
    checked_record,
    checked_tensor,
    listed,
)
from trainability.svm.box_dual import check_finite, gap_between, iterates
from trainability.svm.gram import few_threads, gram_matrix, largest_step, signed_gram
from trainability.svm.kernels import Kernel, poly
from trainability.svm.points import checked_points


def xor_data() -> tuple[Tensor, Tensor]:
    """Return the four points (±1, ±1), and as labels the products of their entries.

    Examples
    --------
    >>> x, y = xor_data()
    >>> x.tolist(), y.tolist()
    ([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]], [1.0, -1.0, 1.0, -1.0])
    """
    x = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    return x, x.prod(dim=1)


def project_box(alpha: Tensor, c: float | None = None) -> Tensor:
    """Return the point of the box nearest to alpha: each entry clipped by itself.

    Parameters
    ----------
    alpha : Tensor, any shape
        Not changed.
    c : float, optional
        The box is [0, c] in every entry, [0, ∞) without.

    Examples
    --------
    >>> project_box(torch.tensor([-1.0, 0.5, 3.0]), c=2.0)
    tensor([0.0000, 0.5000, 2.0000])
    """
    checked_tensor("alpha", alpha, finite=False)
    return alpha.clamp(min=0, max=checked_c(c))


def svm_solver(
    x_train: Tensor,
    y_train: Tensor,
    lr: float,
    num_iters: int,
    kernel: Kernel = poly(degree=1),  # noqa: B008
    c: float | None = None,
    *,
    gap: float | None = None,
) -> Tensor:
    r"""Minimize ½αᵀQα - Σα_i over the box, Q_ij = y_i y_j K(x_i, x_j), by projected gradient.

    α starts at 0 and moves by α ← Π[α - lr·(Qα - 1)], with Π the projection on [0, c]ⁿ. This
    is the dual of the SVM without a bias, hard without ``c`` and soft with it.

    Parameters
    ----------
    x_train : Tensor, shape (n, d)
        Points; not changed.
    y_train : Tensor, shape (n,)
        Labels, 1 or -1.
    lr : float
        Step size, positive. Above 2/λ_max(Q) the iterates may cycle or diverge; see
        :func:`max_step_size`.
    num_iters : int
        Steps, at least 0.
    kernel : callable, optional
        K of two points, 1 + x·y by default. One that does not say, as those here do,
        that it ``broadcasts`` is called for each pair of points, in their own type.
    c : float, optional
        Price of a violated margin, positive.
    gap : float, optional
        Stop early once :func:`duality_gap` is at most this; looked at every ten steps.

    Returns
    -------
    Tensor, shape (n,)
        α, in the type of ``x_train`` if that is floating; computed in float64 (on MPS, which
        has none, in float32).

    Warns
    -----
    RuntimeWarning
        If ``lr`` exceeds 2/λ_max(Q), or the kernel is not positive semidefinite on the points;
        if the steps end before ``gap`` is reached; if a hard margin is asked for and two
        points contradict each other.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside the ranges above, a kernel that is not
        symmetric or not finite on the points, or an α that has not stayed finite.

    Examples
    --------
    >>> x, y = xor_data()
    >>> svm_solver(x, y, lr=0.1, num_iters=100, kernel=poly(2))
    tensor([0.1250, 0.1250, 0.1250, 0.1250])
    """
    num_iters = checked_count("num_iters", num_iters, least=0)
    stop = None if gap is None else checked_nonnegative("gap", gap)
    with few_threads(x_train):
        q, lr, c = _problem(x_train, y_train, lr, kernel, c)
        for count, alpha in iterates(q, lr, c, num_iters):
            if stop is not None and count % 10 == 0 and gap_between(alpha, q, c) <= stop:
                break
        check_finite(alpha, q, lr)
        if stop is not None and (left := gap_between(alpha, q, c)) > stop:
            warnings.warn(
                f"the gap is still {left:.3g} after num_iters={num_iters} steps, above "
                f"gap={stop:g}; take more steps or a larger lr",
                RuntimeWarning,
                stacklevel=2,
            )
    result = alpha.to(x_train.dtype) if x_train.is_floating_point() else alpha
    if not torch.isfinite(result).all():
        raise ValueError(f"alpha is too large for {x_train.dtype}; pass x_train.double()")
    return result


def svm_path(
    x_train: Tensor,
    y_train: Tensor,
    lr: float,
    record: Sequence[int],
    kernel: Kernel = poly(degree=1),  # noqa: B008
    c: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return α after each recorded number of steps of :func:`svm_solver`, and its gap.

    Parameters
    ----------
    record : sequence of int
        Increasing counts of steps, not negative, at least one.
    x_train, y_train, lr, kernel, c
        As for :func:`svm_solver`.

    Returns
    -------
    alpha : Tensor, shape (T, n), float64
    gap : Tensor, shape (T,), float64
        :func:`duality_gap` of each.

    Examples
    --------
    >>> x, y = xor_data()
    >>> alpha, gap = svm_path(x, y, lr=0.1, record=[0, 1, 2, 3], kernel=poly(2))
    >>> [round(entry, 3) for entry in alpha[:, 0].tolist()]
    [0.0, 0.1, 0.12, 0.124]
    >>> bool((gap.diff()[1:] < 0).all())
    True
    """
    record = listed(record)
    if isinstance(record, Sequence) and len(record) == 0:
        raise ValueError("record names no step; give at least one count")
    record = checked_record(record, sys.maxsize)
    with few_threads(x_train):
        q, lr, c = _problem(x_train, y_train, lr, kernel, c)
        recorded = [a.clone() for count, a in iterates(q, lr, c, record[-1]) if count in record]
        gaps = [gap_between(alpha, q, c) for alpha in recorded]
        check_finite(recorded[-1], q, lr)
    return torch.stack(recorded), torch.tensor(gaps, dtype=torch.float64)


def _problem(
    x_train: Tensor, y_train: Tensor, lr: float, kernel: Kernel, c: float | None
) -> tuple[Tensor, float, float | None]:
    lr, c = checked_nonnegative("lr", lr), checked_c(c)
    if lr == 0:
        raise ValueError("lr is 0, so nothing would move; use a positive step size")
    q = signed_gram(x_train, y_train, kernel)
    if c is None:
        _warn_of_contradictions(q)
    most = largest_step(q)
    if lr > most:
        warnings.warn(
            f"lr={lr:g} exceeds 2/λ_max(Q) = {most:.4g}; the iterates may cycle or diverge",
            RuntimeWarning,
            stacklevel=3,
        )
    return q, lr, c


def _warn_of_contradictions(q: Tensor) -> None:
    """Warn of opposite vectors y_i φ(x_i) and y_j φ(x_j): a hard margin has no solution then."""
    own = q.diagonal()
    sums = own[:, None] + own + 2 * q  # the squared lengths of their sums
    if (sums.abs().min() <= 4 * torch.finfo(q.dtype).eps * q.abs().max()).item():
        warnings.warn(
            "two points contradict each other, as the same point with both labels does: no hard "
            "margin exists and alpha grows without end; use a price c",
            RuntimeWarning,
            stacklevel=4,
        )


def svm_predictor(
    alpha: Tensor,
    x_train: Tensor,
    y_train: Tensor,
    x_test: Tensor,
    kernel: Kernel = poly(degree=1),  # noqa: B008
) -> Tensor:
    """Return the scores f(x) = Σ_i α_i y_i K(x_i, x); their signs are the predictions.

    Parameters
    ----------
    alpha, y_train : Tensor, shape (n,)
        Dual variables, and labels 1 or -1.
    x_train : Tensor, shape (n, d)
        Points that α belongs to.
    x_test : Tensor, shape (m, d)
        Points to score.
    kernel : callable, optional
        As for :func:`svm_solver`.

    Returns
    -------
    Tensor, shape (m,)
        In the type of ``x_test``.

    Examples
    --------
    >>> x, y = xor_data()
    >>> svm_predictor(torch.full((4,), 0.125), x, y, torch.tensor([[2.0, 3.0]]), poly(2))
    tensor([6.])
    """
    points, labels = checked_points(x_train, y_train, ("x_train", "y_train"))
    if not isinstance(x_test, Tensor) or x_test.ndim != 2 or x_test.shape[1] != points.shape[1]:
        raise ValueError(f"x_test must be a tensor of shape (m, {points.shape[1]})")
    if x_test.layout is not torch.strided:
        raise TypeError("x_test is sparse; pass x_test.to_dense()")
    alpha = checked_alpha(alpha, len(points))
    tested = x_test.detach().to(points)
    if not torch.isfinite(tested).all():
        raise ValueError("x_test holds inf or nan; every feature must be finite")
    with few_threads(x_train, x_test):
        gram = gram_matrix(tested, points, kernel, x_train.dtype)
        scores = gram @ (alpha.to(points) * labels)
    return scores.to(x_test.dtype) if x_test.is_floating_point() else scores


def max_step_size(
    x: Tensor,
    y: Tensor,
    kernel: Kernel = poly(degree=1),  # noqa: B008
) -> float:
    """Return 2/λ_max(Q): projected gradient converges for every smaller step size.

    That is, if the kernel is positive semidefinite and the dual has a minimum.

    Examples
    --------
    >>> x, y = xor_data()
    >>> round(max_step_size(x, y, poly(2)), 4)
    0.1667
    """
    with few_threads(x):
        return largest_step(signed_gram(x, y, kernel))


def checked_alpha(alpha: Tensor, count: int) -> Tensor:
    """Return finite dual variables of ``count`` points."""
    if not isinstance(alpha, Tensor) or alpha.shape != (count,):
        raise ValueError(f"alpha must be a tensor of shape ({count},), one number a point")
    if alpha.is_complex() or not torch.isfinite(alpha).all():
        raise ValueError("alpha must hold finite real numbers")
    return alpha.detach()


def checked_c(c: float | None) -> float | None:
    """Return a positive price, or None."""
    if c is None:
        return None
    if not checked_number("c", c) > 0:
        raise ValueError(f"c={c!r} must be positive, or None for a hard margin")
    return float(c)
