"""Projected gradient on XOR's dual where opposite points have equal multipliers, for a page."""

import torch
from torch import Tensor

from trainability.programs import scan

PLANE_KERNELS = ("poly 2", "poly 3", "RBF, σ = 1", "RBF, σ = 2")
_STEPS, _PATH = 240, 60
_GRID = 31
_NEAR, _STILL = 1e-2, 1e-6  # in units of the optimum


def box_plane(
    kernel: str = "poly 2",
    step: float = 1.1,
    wall: float = 12.0,
    first: float = 2.0,
    second: float = 0.5,
) -> dict[str, Tensor]:
    """Follow one start, and a grid of starts, of projected gradient descent in a box.

    XOR's dual is ½αᵀQα − Σα. Where α₁ = α₃ and α₂ = α₄ it stays so, and two numbers tell all. They
    are given in units of the optimum, which is 1 in both. There Q has the eigenvalues s − m along
    (1, 1) and s + m along (1, −1), with s = k(x, x) + k(x, −x) and m = 2 k(x, x′) for neighbors.

    Parameters
    ----------
    kernel : {"poly 2", "poly 3", "RBF, σ = 1", "RBF, σ = 2"}
    step : float
        Step size in units of 2/(s + m), beyond which the plain iteration is unstable.
    wall : float
        Upper bound of both, in units of the optimum.
    first, second : float
        Where the path starts.

    Returns
    -------
    dict
        ``path_x`` and ``path_y``, shape (61,); ``energy``, shape (60,), the sum that never rises,
        V_t = ½‖x_t‖² + ½‖x_{t+1}‖² − x_{t+1}·Wx_t − ηc·(x_t + x_{t+1}); ``places``, shape (31,),
        and ``upward``, shape (30,), of the grid; ``fate``, shape (30, 31), a row for each second
        number: 0 where that start
        arrives, 1 where it ends in a cycle of two, 2 where neither is so after 240 steps;
        ``share``, of starts that arrive; ``arrives`` and ``cycles``, of the path's start after as
        many steps; ``ratio``, (s − m)/(s + m); ``best``, where the minimum in the box is; ``lr``,
        the step size. float64.

    Examples
    --------
    >>> box_plane(step=0.9)["share"].item(), box_plane(step=0.9)["cycles"].item()
    (1.0, False)
    """
    if kernel not in PLANE_KERNELS:
        names = ", ".join(map(repr, PLANE_KERNELS))
        raise ValueError(f"kernel={kernel!r} is unknown; use one of {names}")
    one = torch.ones((), dtype=torch.float64)
    if kernel.startswith("RBF"):
        wide = one * (1 if kernel.endswith("1") else 4)
        itself, opposite, neighbor = one, torch.exp(-4 / wide), torch.exp(-2 / wide)
    else:
        odd = kernel == "poly 3"
        itself, opposite, neighbor = one * (27 if odd else 9), one * (-1 if odd else 1), one
    s, m = itself + opposite, 2 * neighbor
    lr = step * 2 / (s + m)

    def move(x: Tensor) -> Tensor:
        away = x - 1
        slope = s * away - m * torch.stack([away[1], away[0]])
        return torch.minimum((x - lr * slope).clamp(min=0), one * wall)

    def turn(x: Tensor, _: tuple[()]) -> tuple[Tensor, Tensor]:
        return move(x), x

    start = torch.minimum(torch.stack([one * first, one * second]).clamp(min=0), one * wall)
    last, path = scan(turn, start.view(2, 1), length=_PATH)
    path = torch.cat([path[:, :, 0], last.view(1, 2)])
    before, after = path[:-1], path[1:]
    swapped = torch.stack([before[:, 1], before[:, 0]], 1)
    held = before - lr * (s * before - m * swapped)
    energy = (before.square() + after.square()).sum(1) / 2 - (after * held).sum(1)
    energy = energy - lr * (s - m) * (before + after).sum(1)

    places = torch.arange(_GRID).double() * (one * wall / (_GRID - 1))
    # Half a cell apart: equal numbers are a line, which a grid of squares would show as an area.
    upward = (places[:-1] + places[1:]) / 2
    grid = torch.stack(
        [
            places.view(1, _GRID).expand(_GRID - 1, _GRID).reshape(-1),
            upward.view(_GRID - 1, 1).expand(_GRID - 1, _GRID).reshape(-1),
        ]
    )
    starts = torch.cat([start.view(2, 1), grid], 1)

    def keep(x: Tensor, _: tuple[()]) -> tuple[Tensor, tuple[()]]:
        return move(x), ()

    then, _ = scan(keep, starts, length=_STEPS)
    later = move(move(then))
    best = torch.minimum(one, one * wall)
    arrived = (later - best).abs().amax(0) < _NEAR
    same = (later - then).abs().amax(0) < _STILL
    cycles = same & ~arrived
    fate = torch.where(arrived, 0 * one, torch.where(cycles, one, 2 * one))
    return {
        "path_x": path[:, 0],
        "path_y": path[:, 1],
        "energy": energy,
        "places": places,
        "upward": upward,
        "fate": fate[1:].view(_GRID - 1, _GRID),
        "share": arrived[1:].double().mean(),
        "arrives": arrived[0],
        "cycles": cycles[0],
        "ratio": (s - m) / (s + m),
        "best": best,
        "lr": lr,
    }
