"""What a picture shows of a kernel SVM in training."""

import torch
from torch import Tensor

from trainability.svm.page_kernels import PAGE_POINTS, best_offset, kernel_between

_REACH = 4.0  # the grid goes from minus this to this
_GRID = 41
_CONVERGED = 1e-4  # of the primal value
_AT_THE_END = 1e-9
_HIGHEST = 3.0  # of a score, in the picture


def look_at_race(
    state: dict[str, Tensor],
    points: Tensor = PAGE_POINTS["two clouds"],
    kernel: str = "RBF",
    sigma: float = 1.0,
    bias: str = "none",
    price: float = 1.0,
    bump: int = 0,
) -> dict[str, Tensor]:
    """Return what a picture shows of a state.

    Parameters
    ----------
    state : dict
        As :func:`trainability.svm.begin_race` and ``step_of_race`` return it.
    points, kernel, sigma, bias, price
        As there.
    bump : int
        The number of a point, from 1, whose part of the score alone is shown; 0 for all.

    Returns
    -------
    dict
        ``places``, shape (41,), of the grid, and ``scores``, shape (41, 41), of projected
        gradient's multipliers, a row for each second feature; places of both classes, of the
        support vectors inside the box and of those at its end, nan for the others; how many are
        such, ``supports`` and ``bounded``, and how many none, ``idle``; ``errors``, points on the
        wrong side; ``offset``, the free bias; ``converged``, whether its gap is at most 1e-4 of
        the primal value; ``total``, Σ alpha_i y_i.

    Examples
    --------
    >>> from trainability.svm import begin_race, step_of_race
    >>> xor = PAGE_POINTS["XOR"]
    >>> state, _ = step_of_race(begin_race(xor, "degree 2"), xor)
    >>> seen = look_at_race(state, xor, "degree 2")
    >>> seen["supports"].item(), seen["errors"].item(), tuple(seen["scores"].shape)
    (4.0, 0.0, (41, 41))
    """
    labels, alpha, q = points[:, 2], state["plain"], state["q"]
    top = torch.ones_like(state["peak"]) * price
    numbers = torch.arange(points.shape[0]) + 1
    own = labels * (q @ alpha.view(-1, 1))[:, 0]
    offset, violations = best_offset(own, labels, bias)
    square = (alpha * labels * own).sum()
    primal = square / 2 + top * violations
    places = (torch.arange(_GRID).double() / (_GRID - 1) * 2 - 1) * _REACH
    grid = torch.stack(
        [
            places.view(1, _GRID).expand(_GRID, _GRID).reshape(-1),
            places.view(_GRID, 1).expand(_GRID, _GRID).reshape(-1),
        ],
        1,
    )
    chosen = torch.zeros_like(state["peak"]) + bump
    all_of_them = (chosen == 0).double()
    part = torch.where(numbers == chosen, torch.ones_like(alpha), all_of_them)
    weights = (part * alpha * labels).view(-1, 1)
    scores = kernel_between(grid, points[:, :2], kernel, sigma, bias) @ weights
    scores = (scores[:, 0] + offset * all_of_them).clamp(-_HIGHEST, _HIGHEST)
    none = torch.full_like(alpha, float("nan"))
    at_end = alpha >= top * (1 - _AT_THE_END)
    held = (alpha > _AT_THE_END * alpha.amax()) & (alpha > 0)
    seen: dict[str, Tensor] = {}
    for name, there in (
        ("plus", labels > 0),
        ("minus", labels < 0),
        ("inside", held & ~at_end),
        ("end", held & at_end),
    ):
        seen |= {f"{name}_{c}": torch.where(there, points[:, i], none) for i, c in enumerate("xy")}
    return seen | {
        "places": places,
        "scores": scores.view(_GRID, _GRID),
        "supports": held.double().sum(),
        "idle": (~held).double().sum(),
        "bounded": (held & at_end).double().sum(),
        "errors": (labels * (own + offset) <= 0).double().sum(),
        "offset": offset,
        "total": (alpha * labels).sum(),
        "converged": primal - alpha.sum() + square / 2 <= _CONVERGED * primal,
        "alone": chosen > 0,
        "missing": chosen > points.shape[0],
        "untrained": alpha.amax() == 0,
        "many": torch.ones_like(state["peak"]) * points.shape[0],
    }
