"""Both programs with soft margins for the reader's points in the plane, for a page."""

from typing import NamedTuple

import torch
from torch import Tensor

from trainability.programs import scan

HINGES = ("hinge", "squared hinge")
STEPS = 40
_SHORTEN = 0.99  # of a step that would leave the inside
_SMALLEST_BARRIER = 1e-13
_LARGEST_CHANGE = 1e200
_FEW = 1e-6
# A row of the first set is a point and its label.
NEAR_AND_FAR = torch.tensor(
    [
        *([1.2, 0.5, 1.0], [0.6, 0.9, 1.0], [1.0, -0.2, 1.0], [1.6, 1.1, 1.0], [0.7, 0.2, 1.0]),
        *([-5.8, 0.4, -1.0], [-6.3, -0.4, -1.0], [-5.5, -0.6, -1.0], [-6.6, 0.3, -1.0]),
    ],
    dtype=torch.float64,
)


class _Inside(NamedTuple):
    """Strictly inside of all constraints: (v, b), multipliers, rooms to their ends, violations."""

    z: Tensor
    alpha: Tensor
    left: Tensor  # C - alpha, which rounding would take from the difference
    room: Tensor
    violation: Tensor


def both_boundaries(
    points: Tensor = NEAR_AND_FAR,
    price: float = 1e4,
    bias_feature: float = 1.0,
    loss: str = "hinge",
) -> dict[str, Tensor]:
    r"""Solve the programs with a penalized and with a free bias, both with soft margins.

    Minimized is ½‖w‖² + ½(b/B)² + C Σ ℓ(1 − y(w·x + b)), and the same without the square of b, by
    an interior-point method: Newton's steps on the KKT conditions with a barrier that shrinks.
    ℓ(ξ) = max(0, ξ) for the hinge, and its square for the squared hinge.

    Parameters
    ----------
    points : Tensor, shape (n, 3), float64
        Two coordinates and a label, 1 or -1.
    price : float
        C, positive. A large one makes the margins of separable points hard.
    bias_feature : float
        B, positive.
    loss : {"hinge", "squared hinge"}

    Returns
    -------
    dict
        Of the first program ``w_1``, shape (2,), ``b_1``, the multipliers ``alpha_1``, shape (n,),
        ``violation_1``, the largest 1 − y(w·x + b), and ``margin_1`` = 1/‖w‖; of the second the
        same with 2; ``points`` as they were given; ``angle``, between both normals, in degrees;
        ``one_class``, whether a class is missing; ``interval``, whether no multiplier of the
        second program is strictly inside of its box, so that its bias may have an interval.
        float64.

    Examples
    --------
    The squared hinge, scikit-learn's default, leaves no margin hard:

    >>> two = torch.tensor([[1.0, 0.0, 1.0], [-10.0, 0.0, -1.0]], dtype=torch.float64)
    >>> hard = both_boundaries(two, price=1.0)
    >>> soft = both_boundaries(two, price=1.0, loss="squared hinge")
    >>> [round(each["w_1"][0].item(), 6) for each in (hard, soft)]
    [0.5, 0.4]
    """
    if loss not in HINGES:
        raise ValueError(f"loss={loss!r} is unknown; use one of {', '.join(map(repr, HINGES))}")
    one = torch.ones((), dtype=torch.float64)
    labels = points[:, 2:]
    lifted = labels * torch.cat([points[:, :2], torch.ones_like(labels)], 1)
    penalty = 1 / (one * bias_feature).square()
    zero = torch.zeros_like(penalty)
    first = _solved(lifted, torch.stack([one, one, penalty]), one * price, loss == HINGES[1])
    second = _solved(lifted, torch.stack([one, one, zero]), one * price, loss == HINGES[1])
    found: dict[str, Tensor] = {}
    for k, (z, alpha, _) in ((1, first), (2, second)):
        length = z[:2].square().sum().sqrt()
        found |= {
            f"w_{k}": z[:2],
            f"b_{k}": z[2],
            f"alpha_{k}": alpha,
            f"violation_{k}": 1 - _products(lifted, z).amin(),
            f"margin_{k}": 1 / length,
        }
    cosine = (found["w_1"] * found["w_2"]).sum() * found["margin_1"] * found["margin_2"]
    angle = torch.acos(cosine.clamp(-1, 1)) * (180 / torch.pi)
    return found | {
        "points": points,
        "angle": angle,
        "one_class": labels.amin() * labels.amax() > 0,
        "interval": _at_its_ends(*second[1:], price) if loss == HINGES[0] else zero > 0,
    }


def _at_its_ends(alpha: Tensor, left: Tensor, price: float) -> Tensor:
    inside = (alpha > _FEW * alpha.amax()) & (left > _FEW * price)
    return inside.double().sum() == 0


def _products(rows: Tensor, z: Tensor) -> Tensor:
    return (rows @ z.view(3, 1))[:, 0]


def _solved(
    rows: Tensor, curvature: Tensor, price: Tensor, squared: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return (v, b), the multipliers, and what C leaves of them."""
    ones = torch.ones_like(rows[:, 0])
    half = ones * price / 2
    start = _Inside(torch.zeros_like(curvature), half, half, ones, ones)

    def newton(here: _Inside, _: tuple[()]) -> tuple[_Inside, tuple[()]]:
        return _step(here, rows, curvature, price, squared), ()

    last, _ = scan(newton, start, length=STEPS)
    return last.z, last.alpha, last.left


def _step(here: _Inside, rows: Tensor, curvature: Tensor, price: Tensor, squared: bool) -> _Inside:
    """Go as far inside as a trial step without a barrier tells (Mehrotra 1992)."""
    barrier = (here.alpha * here.room).mean()
    if not squared:
        barrier = (barrier + (here.left * here.violation).mean()) / 2
    _, trial = _newton(here, rows, curvature, price, squared, torch.zeros_like(barrier))
    aim = barrier * (1 - trial) * (1 - trial) * (1 - trial)
    change, share = _newton(here, rows, curvature, price, squared, aim)
    size = change.z.abs().sum() + change.alpha.abs().sum() + change.room.abs().sum()
    # Where rounding leaves no direction, this is as near as it comes.
    goes_on = (barrier > _SMALLEST_BARRIER) & (size < _LARGEST_CHANGE)
    moved = zip(here, change, strict=True)
    return _Inside(*(torch.where(goes_on, old + share * part, old) for old, part in moved))


def _newton(
    here: _Inside,
    rows: Tensor,
    curvature: Tensor,
    price: Tensor,
    squared: bool,
    barrier: Tensor,
) -> tuple[_Inside, Tensor]:
    """Return Newton's change for products equal to the barrier, and the share that stays inside."""
    z, alpha, left, room, violation = here
    off = _products(rows, z) - 1 - room + (alpha / (2 * price) if squared else violation)
    inner, outer = barrier - alpha * room, barrier - left * violation
    give = room / alpha + (1 / (2 * price) if squared else violation / left)
    pull = (inner / alpha - off - (0 if squared else outer / left)) / give
    matrix = rows.T @ (rows / give.view(-1, 1))
    slope = curvature * z - (rows.T @ alpha.view(-1, 1))[:, 0]
    dz = _three_by_three(matrix, curvature, (rows.T @ pull.view(-1, 1))[:, 0] - slope)
    d_alpha = pull - _products(rows, dz) / give
    d_room = (inner - room * d_alpha) / alpha
    share = torch.minimum(_inside(alpha, d_alpha), _inside(room, d_room))
    d_violation = torch.zeros_like(violation)
    if not squared:
        d_violation = (outer + violation * d_alpha) / left
        share = torch.minimum(share, _inside(left, -d_alpha))
        share = torch.minimum(share, _inside(violation, d_violation))
    return _Inside(dz, d_alpha, -d_alpha, d_room, d_violation), share


def _inside(value: Tensor, change: Tensor) -> Tensor:
    """The largest share of a change that keeps values positive, at most 1."""
    falling = change < 0
    room = torch.where(
        falling, -value / torch.where(falling, change, -torch.ones_like(change)), 2.0
    )
    return (_SHORTEN * room.amin()).clamp(max=1.0)


def _three_by_three(matrix: Tensor, diagonal: Tensor, aim: Tensor) -> Tensor:
    """Solve (matrix + diag(diagonal)) x = aim for a symmetric positive definite matrix."""
    a = matrix[0, 0] + diagonal[0]
    b, c = matrix[0, 1], matrix[0, 2]
    d = matrix[1, 1] + diagonal[1] - b * b / a
    e = matrix[1, 2] - b * c / a
    f = matrix[2, 2] + diagonal[2] - c * c / a - e * e / d
    p = aim[0]
    q = aim[1] - p * b / a
    r = aim[2] - p * c / a - q * e / d
    z = r / f
    y = (q - e * z) / d
    x = (p - b * y - c * z) / a
    return torch.stack([x, y, z])
