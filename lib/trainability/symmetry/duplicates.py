"""Hidden units that are copies of one another: how to count them, and what parts them."""

import math

import torch
from torch import Tensor

from trainability.arguments import (
    checked_count,
    checked_nonnegative,
    checked_number,
    checked_probability,
    checked_tensor,
)
from trainability.symmetry.units import unit_labels


def tied_units(w_in: Tensor, w_out: Tensor | None = None, atol: float = 1e-6) -> int:
    """Count the hidden units that have a twin: another unit with the same weights.

    Units are twins when they agree in their incoming *and* their outgoing weights. Then
    they receive equal gradients, and no step of gradient descent parts them.

    Parameters
    ----------
    w_in : Tensor, shape (units, inputs)
        Incoming weights, a row a unit; append the biases as a column.
    w_out : Tensor, shape (outputs, units), optional
        Outgoing weights, a column a unit. Left out, incoming weights alone decide.
    atol : float
        How far two weights may be apart and still count as equal. Never 0 after
        training: rounding parts what arithmetic keeps together.

    Returns
    -------
    int
        0 where all units differ, ``units`` where each has a twin. The inputs are unchanged.

    Raises
    ------
    TypeError, ValueError
        For weights that are no real tensors of these shapes, or that are not finite.

    References
    ----------
    Chen, Lu and Hecht-Nielsen (1993), "On the geometry of feedforward neural network error
    surfaces", https://doi.org/10.1162/neco.1993.5.6.910

    Examples
    --------
    The first two units agree in what they read, but not in what they write:

    >>> w_in = torch.tensor([[1.0, 2.0], [1.0, 2.0], [0.0, 3.0]])
    >>> tied_units(w_in), tied_units(w_in, torch.tensor([[5.0, 6.0, 5.0]]))
    (2, 0)
    """
    sizes = unit_labels(_stacked(w_in, w_out), atol).bincount()
    return int(sizes[sizes > 1].sum())


def distinct_units(w_in: Tensor, w_out: Tensor | None = None, atol: float = 1e-6) -> int:
    """Count the hidden units that a layer really has: one for each group of twins.

    Parameters
    ----------
    w_in, w_out, atol
        As in :func:`tied_units`. Twins of twins are twins.

    Returns
    -------
    int
        1 where all units are equal, ``units`` where all differ.

    Raises
    ------
    TypeError, ValueError
        As in :func:`tied_units`.

    Examples
    --------
    One hundred units that start equal are one unit:

    >>> distinct_units(torch.full((100, 3), 0.1), torch.ones(2, 100))
    1
    """
    return int(unit_labels(_stacked(w_in, w_out), atol).unique().numel())


def expected_distinct_units(n_units: int, keep_prob: float, steps: int) -> float:
    """Return the expected number of distinct units after some steps of dropout from equal units.

    One mask a step is shared by the whole batch, and keeps each unit with probability p.
    Units with the same history of masks stay equal. With H units and k steps

        E = Σ_j C(k, j) [1 − (1 − p^j (1−p)^(k−j))^H],

    the expected number of different histories: 2^k [1 − (1 − 2^−k)^H] for p = ½. Units
    with different histories are taken to differ: a kept unit's gradient must not be zero.

    Parameters
    ----------
    n_units : int
        H, at least 1.
    keep_prob : float
        p, from 0 to 1: torch's ``Dropout(1 - keep_prob)``, were its mask shared.
    steps : int
        k, at least 0.

    Returns
    -------
    float
        From 1 (no steps, or nothing left to chance) to ``n_units``.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside these ranges.

    Examples
    --------
    >>> [round(expected_distinct_units(8, 0.5, steps), 3) for steps in (0, 1, 3, 10)]
    [1.0, 1.992, 5.251, 7.973]
    """
    n_units = checked_count("n_units", n_units, least=1)
    p, steps = checked_probability("keep_prob", keep_prob), checked_count("steps", steps, least=0)
    if p in (0, 1) or steps == 0:
        return 1.0
    kept = torch.arange(steps + 1, dtype=torch.float64)
    log_count = math.lgamma(steps + 1) - (kept + 1).lgamma() - (steps - kept + 1).lgamma()
    log_history = kept * math.log(p) + (steps - kept) * math.log1p(-p)
    # In logarithms: there are more histories than floats can count, each rarer than they go.
    seen = (-torch.special.expm1(n_units * torch.log1p(-log_history.exp()))).log()
    seen = torch.where(log_history > -600, seen, math.log(n_units) + log_history)
    return min((log_count + seen).exp().sum().item(), float(n_units))


def tie_probability(keep_prob: float, steps: int) -> float:
    """Return the probability that two units have the same masks through some steps of dropout.

    It is (p² + (1−p)²)^steps, for one mask a step that is shared by the batch and keeps
    each unit with probability p: the two are kept together or dropped together each time.

    Parameters
    ----------
    keep_prob, steps
        As for :func:`expected_distinct_units`.

    Returns
    -------
    float
        From 1 down to 2^−steps at p = ½, where ties break fastest.

    Raises
    ------
    TypeError, ValueError
        As :func:`expected_distinct_units`.

    Examples
    --------
    >>> tie_probability(0.5, 3), round(tie_probability(0.9, 3), 3)
    (0.125, 0.551)
    """
    p, steps = checked_probability("keep_prob", keep_prob), checked_count("steps", steps, least=0)
    return (p**2 + (1 - p) ** 2) ** steps


def constant_init_limit(X: Tensor, y: Tensor, c: float, l2: float = 0.0) -> Tensor:  # noqa: N803
    """Return the weights that gradient descent reaches in least squares from equal ones, c.

    The objective is ½‖Xw − y‖² + ½·l2·‖w‖². Each step adds a combination of rows of X, so
    without l2 the part of the start at right angles to all rows stays:

        w = X⁺y + (I − X⁺X) c·1,

    the solution nearest the start. Where X has full column rank that is the only
    solution, whatever c. With l2 > 0 it is (XᵀX + l2·I)⁻¹Xᵀy, and the start is forgotten.

    Parameters
    ----------
    X : Tensor, shape (n, d)
        Inputs; no intercept is added. Integers are taken as float64.
    y : Tensor, shape (n,)
        Targets.
    c : float
        The value that all weights start at.
    l2 : float
        Strength of the penalty, at least 0.

    Returns
    -------
    Tensor, shape (d,)
        For step sizes below 2 / (λ_max(XᵀX) + l2). The inputs are unchanged.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for other shapes, numbers that are not finite, or l2 < 0.

    References
    ----------
    Ben-Israel and Greville (2003), "Generalized inverses", chapter 3,
    https://doi.org/10.1007/b97366

    Examples
    --------
    One equation, w_1 + 2·w_2 = 5, for two weights:

    >>> X, y = torch.tensor([[1.0, 2.0]]), torch.tensor([5.0])
    >>> [constant_init_limit(X, y, c).round(decimals=3).tolist() for c in (0.0, 5.0)]
    [[1.0, 2.0], [3.0, 1.0]]
    """
    X, y = _checked_data(X, y)  # noqa: N806
    c, l2 = checked_number("c", c), checked_nonnegative("l2", l2)
    if not math.isfinite(c):
        raise ValueError(f"c={c} must be finite")
    left, sizes, right = torch.linalg.svd(X, full_matrices=False)
    limit: Tensor
    if l2:
        limit = right.mT @ (sizes / (sizes.square() + l2) * (left.mT @ y))
        return limit
    rank = sizes > sizes.max() * max(X.shape) * torch.finfo(X.dtype).eps
    start = torch.full_like(X[0], c)
    missing = left[:, rank].mT @ (y - X @ start)
    limit = start + right[rank].mT @ (missing / sizes[rank])
    return limit


def _checked_data(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:  # noqa: N803
    checked_tensor("X", X, shape="(examples, weights)")
    checked_tensor("y", y, shape=f"({len(X)},), a target for each row of X")
    dtype = torch.promote_types(X.dtype, y.dtype)
    if dtype not in (torch.float32, torch.float64):
        dtype = torch.float32 if dtype.is_floating_point else torch.float64
    return X.to(dtype), y.to(dtype)


def _stacked(w_in: Tensor, w_out: Tensor | None) -> Tensor:
    """Return all weights of a unit in a row, in float64."""
    checked_tensor("w_in", w_in, shape="(units, inputs)")
    if w_out is None:
        return w_in.detach().double()
    checked_tensor("w_out", w_out, shape="(outputs, units)")
    if w_out.shape[1] != len(w_in):
        raise ValueError(
            f"w_out has {w_out.shape[1]} columns for {len(w_in)} units; it must be "
            "(outputs, units), as torch.nn.Linear keeps it"
        )
    return torch.cat([w_in.detach().double(), w_out.detach().double().T], dim=1)
