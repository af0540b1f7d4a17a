"""Tell from gaps and iterates whether projected gradient converges, cycles or diverges."""

import math

from torch import Tensor

CONVERGED_GAP = 1e-4  # of the sum of alpha
NEAR = 0.02  # of the optimum
_ROUNDING = 1e-9


def judge_gaps(alpha: Tensor, gaps: Tensor, share: float) -> str:
    """Say what the duality gaps recorded up to here do.

    A step size up to 2/λ_max lets them fall, however slowly. Beyond it the last four are
    compared with the four before: an iterate that leaps over the optimum and back may show two
    different gaps in turns while both fall.

    Parameters
    ----------
    alpha : Tensor, shape (n,)
        Dual variables, where the solver stands.
    gaps : Tensor, shape (T,)
        Recorded duality gaps, the last of them that of ``alpha``; inf where nothing is known.
    share : float
        The step size in units of 2/λ_max(Q).

    Returns
    -------
    str
        ``"converged"`` where the last gap is at most a ten-thousandth of Σα, else ``"still
        falling"``, and only for a ``share`` above 1 ``"cycles"``, or ``"diverges"`` where the
        largest of the last four gaps is more than twice that of the four before.

    Examples
    --------
    >>> import torch
    >>> alpha, swinging = torch.ones(2), torch.tensor([9.0, 1.0]).repeat(4)
    >>> [judge_gaps(alpha, swinging, share) for share in (0.9, 1.4)]
    ['still falling', 'cycles']
    >>> judge_gaps(alpha, 2.0 ** torch.arange(8), 1.4)
    'diverges'
    """
    if float(gaps[-1]) <= CONVERGED_GAP * float(alpha.sum()):
        return "converged"
    last, before = gaps[-4:].double(), gaps[-8:-4].double()
    if share <= 1 or len(before) == 0 or last.min() < before.min() * (1 - _ROUNDING):
        return "still falling"
    return "diverges" if 2 * before.max() < last.max() < math.inf else "cycles"


def judge_iterates(alpha: Tensor, limit: float, share: float) -> str:
    """Say what iterates of a dual without an upper bound do, of which all entries have one optimum.

    Parameters
    ----------
    alpha : Tensor, shape (T, n)
        The iterates, at least six of them.
    limit : float
        The optimum, the same in all entries.
    share : float
        The step size in units of 2/λ_max(Q).

    Returns
    -------
    str
        Up to a ``share`` of 1 ``"converges"`` where the last two iterates are within 2% of the
        limit, or ``"slow"``. Beyond, where nothing is promised: ``"converges, so far"``,
        ``"cycles"`` where it is back at the last point but one, ``"diverges"`` where the swings
        grow faster and faster, else ``"unsettled"``.

    Examples
    --------
    >>> import torch
    >>> swings = (-1.0) ** torch.arange(9)[:, None]
    >>> [judge_iterates(1 + size * swings, 1.0, 1.1) for size in (0.01, 0.5)]
    ['converges, so far', 'cycles']
    """
    miss = float((alpha[-2:] - limit).abs().max())
    if miss < NEAR * limit:
        return "converges" if share <= 1 else "converges, so far"
    return "slow" if share <= 1 else _judge_swings(alpha)


def _judge_swings(alpha: Tensor) -> str:
    """Say what iterates do that have not come near the optimum."""
    back, leap = (float((alpha[-1] - alpha[at]).abs().max()) for at in (-3, -2))
    if back <= 1e-6 * float(alpha[-2:].abs().max()) < leap:
        return "cycles"
    # Two steps are an affine map as long as the same entries are at the wall.
    walls = (alpha[[-1, -2]] == 0) == (alpha[[-5, -6]] == 0)
    grown = back > (1 + 1e-6) * float((alpha[-3] - alpha[-5]).abs().max())
    return "diverges" if grown and walls.all() and (alpha[-2:] == 0).any() else "unsettled"
