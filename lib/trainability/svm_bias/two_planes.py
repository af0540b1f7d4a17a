"""Both programs for two points on a line, in the plane of their solutions, for a page."""

import torch
from torch import Tensor

_CIRCLE = 73
_FAR = 40.0  # how far lines and the wedge are drawn
_TINY = 1e-12


def solution_plane(
    positive: float = 1.0, negative: float = -6.0, bias_feature: float = 1.0, origin: float = 0.0
) -> dict[str, Tensor]:
    """Solve both programs for two points on a line, and draw the plane of (w, b/B).

    The points are ``positive`` with label 1 and ``negative`` with label −1, and x is measured from
    ``origin``. A constraint y (w x + b) ≥ 1 is u·p ≥ 1 for u = (w, b/B) and p = y (x, B): a half
    plane. Two of them leave a wedge. Program 1 takes its point nearest to 0: a circle that grows
    until it touches. Program 2 takes the least |w|: a vertical line that sweeps until it touches.

    Parameters
    ----------
    positive, negative : float
        Different numbers.
    bias_feature : float
        B > 0.
    origin : float
        Where the features are 0, on the line of the data.

    Returns
    -------
    dict
        ``u``, shape (2,), of program 1, ``corner``, (w, b/B) of program 2, where both constraints
        are tight; ``multipliers``, shape (2,), of program 1; ``boundary_1``, ``boundary_2``, places
        on the line of the data, as the points are; ``margin_1``, ``margin_2``; ``radius``, ‖u‖;
        ``points``, the two places, and ``zero``, the origin's;
        ``edge_x`` and ``edge_y``, shape (2, 2), a piece of each half plane's edge; ``wedge_x`` and
        ``wedge_y``; ``circle_x`` and ``circle_y``; ``pushes_x`` and ``pushes_y``, shape (3,), from
        0 along λ₁p₁ and λ₂p₂ to u. float64.

    Examples
    --------
    Beyond a = 3 only the near point pushes, and the boundary stays at −1:

    >>> found = solution_plane(positive=1.0, negative=-4.0)
    >>> found["multipliers"].tolist(), found["boundary_1"].item(), found["boundary_2"].item()
    ([0.5, 0.0], -1.0, -1.5)
    """
    one = torch.ones((), dtype=torch.float64)
    zero = 0 * one
    first, second = one * positive - origin, one * negative - origin
    constant = one * bias_feature
    p = torch.stack([torch.stack([first, constant]), torch.stack([-second, -constant])])
    squares = p.square().sum(1)
    mixed = (p[0] * p[1]).sum()
    determinant = (squares[0] * squares[1] - mixed * mixed).clamp(min=_TINY)
    both = torch.stack([squares[1] - mixed, squares[0] - mixed]) / determinant
    alone = 1 / squares
    # One alone is enough where its answer satisfies the other constraint.
    only_first = (mixed * alone[0] >= 1).double()
    only_second = (mixed * alone[1] >= 1).double() * (1 - only_first)
    neither = 1 - only_first - only_second
    multipliers = (
        neither * both
        + only_first * torch.stack([alone[0], zero])
        + only_second * torch.stack([zero, alone[1]])
    )
    pushes = multipliers.view(2, 1) * p
    u = pushes.sum(0)
    gap = first - second
    w = 2 / gap
    corner = torch.stack([w, (1 - w * first) / constant])
    # Along each edge, away from the corner, to the side that the other constraint allows.
    along = torch.stack([torch.stack([-p[0, 1], p[0, 0]]), torch.stack([-p[1, 1], p[1, 0]])])
    along = along / along.square().sum(1, keepdim=True).sqrt()
    side = torch.stack([(along[0] * p[1]).sum(), (along[1] * p[0]).sum()]).sign().view(2, 1)
    ends = corner + _FAR * side * along
    starts = corner - _FAR * side * along
    angles = torch.arange(_CIRCLE).double() * (2 * torch.pi / (_CIRCLE - 1))
    radius = u.square().sum().sqrt()
    inside = torch.stack([ends[0], corner, ends[1]])
    return {
        "u": u,
        "corner": corner,
        "multipliers": multipliers,
        "boundary_1": origin - u[1] * constant / u[0],
        "boundary_2": origin + (first + second) / 2,
        "margin_1": 1 / u[0].abs(),
        "margin_2": gap.abs() / 2,
        "radius": radius,
        "points": torch.stack([first, second]) + origin,
        "zero": one * origin,
        "edge_x": torch.stack([starts[:, 0], ends[:, 0]], 1),
        "edge_y": torch.stack([starts[:, 1], ends[:, 1]], 1),
        "wedge_x": inside[:, 0],
        "wedge_y": inside[:, 1],
        "circle_x": radius * torch.cos(angles),
        "circle_y": radius * torch.sin(angles),
        "pushes_x": torch.cat([zero.view(1), pushes[0, :1], u[:1]]),
        "pushes_y": torch.cat([zero.view(1), pushes[0, 1:], u[1:]]),
    }
