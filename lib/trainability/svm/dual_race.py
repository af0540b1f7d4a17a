"""Three ways to the same dual, for the reader's points, kernel, price and bias; for a page."""

import torch
from torch import Tensor

from trainability.programs import scan
from trainability.svm.page_kernels import PAGE_POINTS, best_offset, kernel_between

_POWER_TURNS = 100
_HALVINGS = 70
_TINY = 1e-12


def begin_race(
    points: Tensor = PAGE_POINTS["two clouds"],
    kernel: str = "RBF",
    sigma: float = 1.0,
    bias: str = "none",
) -> dict[str, Tensor]:
    """Return the state before the first step: all multipliers are 0.

    Parameters
    ----------
    points : Tensor, shape (n, 3), float64
        Two coordinates and a label, 1 or -1.
    kernel, sigma, bias
        As for :func:`kernel_between`.

    Returns
    -------
    dict
        ``q``, shape (n, n), y_i y_j K(x_i, x_j); ``peak``, its largest eigenvalue, by power
        iteration; ``plain``, ``fast``, ``ahead`` and ``single``, shape (n,), the multipliers of
        projected gradient, of its accelerated form with the point it looks from, and of
        coordinate ascent; ``pull``, how far acceleration has come. float64.

    Examples
    --------
    >>> state = begin_race(PAGE_POINTS["XOR"], "degree 2")
    >>> round(state["peak"].item(), 6), state["plain"].tolist()
    (12.0, [0.0, 0.0, 0.0, 0.0])
    """
    labels = points[:, 2]
    gram = kernel_between(points[:, :2], points[:, :2], kernel, sigma, bias)
    q = labels.view(-1, 1) * gram * labels.view(1, -1)
    vector = (labels * (1 + 0.1 * torch.arange(points.shape[0]).double())).view(-1, 1)

    def turn(v: Tensor, _: tuple[()]) -> tuple[Tensor, tuple[()]]:
        following = q @ v
        return following / following.abs().amax().clamp(min=_TINY), ()

    vector, _ = scan(turn, vector, length=_POWER_TURNS)
    peak = (vector * (q @ vector)).sum() / vector.square().sum().clamp(min=_TINY)
    nothing = torch.zeros_like(labels)
    multipliers = dict.fromkeys(("plain", "fast", "ahead", "single"), nothing)
    return {"q": q, "peak": peak.clamp(min=_TINY), "pull": torch.ones_like(peak), **multipliers}


def step_of_race(
    state: dict[str, Tensor],
    points: Tensor = PAGE_POINTS["two clouds"],
    price: float = 1.0,
    rate: float = 0.9,
    bias: str = "none",
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Make one step of projected gradient, one of its accelerated form, one pass over coordinates.

    Each costs about n² products. Where the bias is free the projection is onto the box and the
    plane Σ alpha_i y_i = 0, and a pass changes n pairs of multipliers, each the pair that violates
    the optimality conditions most.

    Parameters
    ----------
    state : dict
        As :func:`begin_race` returns it.
    points, bias
        As there.
    price : float
        C, the end of the box.
    rate : float
        Step size of projected gradient in units of 2/λ_max. The accelerated form takes 1/λ_max.

    Returns
    -------
    dict
        The next state.
    dict
        ``gap``, ``gap_fast`` and ``gap_single``, primal minus dual value over the primal value, of
        all three before the step; ``loss``, the primal value of projected gradient.

    Examples
    --------
    >>> state = begin_race(PAGE_POINTS["XOR"], "degree 2")
    >>> state, kept = step_of_race(state, PAGE_POINTS["XOR"])
    >>> kept["gap"].item(), [round(entry, 3) for entry in state["plain"].tolist()]
    (1.0, [0.15, 0.15, 0.15, 0.15])
    """
    q, labels = state["q"], points[:, 2]
    top = torch.ones_like(state["peak"]) * price

    def projected(alpha: Tensor) -> Tensor:
        return _on_plane(alpha, labels, top) if bias == "free" else _in_box(alpha, top)

    def moved(alpha: Tensor, size: Tensor) -> Tensor:
        return projected(alpha - size * (_image(q, alpha) - 1))

    fast = moved(state["ahead"], 1 / state["peak"])
    # Momentum begins anew where it points uphill (O'Donoghue and Candès 2015).
    uphill = ((state["ahead"] - fast) * (fast - state["fast"])).sum() > 0
    pull = torch.where(uphill, torch.ones_like(state["pull"]), state["pull"])
    following = (1 + (1 + 4 * pull.square()).sqrt()) / 2
    ahead = fast + (pull - 1) / following * (fast - state["fast"])
    single = (_pairs if bias == "free" else _coordinates)(q, state["single"], labels, top)
    gaps = {
        name: _gap(q, state[alpha], labels, top, bias)
        for name, alpha in (("gap", "plain"), ("gap_fast", "fast"), ("gap_single", "single"))
    }
    kept = {name: gap / primal for name, (gap, primal) in gaps.items()}
    return {
        "q": q,
        "peak": state["peak"],
        "pull": following,
        "plain": moved(state["plain"], rate * 2 / state["peak"]),
        "fast": fast,
        "ahead": ahead,
        "single": single,
    }, kept | {"loss": gaps["gap"][1]}


def _image(q: Tensor, alpha: Tensor) -> Tensor:
    return (q @ alpha.view(-1, 1))[:, 0]


def _in_box(alpha: Tensor, top: Tensor) -> Tensor:
    return torch.minimum(alpha.clamp(min=0), top)


def _on_plane(alpha: Tensor, labels: Tensor, top: Tensor) -> Tensor:
    """The nearest point of the box with Σ alpha_i y_i = 0: clip(alpha − t y), with t by halving."""
    reach = alpha.abs().amax() + top

    def halve(ends: tuple[Tensor, Tensor], _: tuple[()]) -> tuple[tuple[Tensor, Tensor], tuple[()]]:
        low, high = ends
        middle = (low + high) / 2
        above = (_in_box(alpha - middle * labels, top) * labels).sum() > 0
        return (torch.where(above, middle, low), torch.where(above, high, middle)), ()

    (low, high), _ = scan(halve, (-reach, reach), length=_HALVINGS)
    return _in_box(alpha - (low + high) / 2 * labels, top)


def _coordinates(q: Tensor, alpha: Tensor, labels: Tensor, top: Tensor) -> Tensor:
    """Bring each multiplier in turn to its best place, the others held."""
    places = torch.arange(labels.shape[0])
    each = (places.view(-1, 1) == places.view(1, -1)).double()

    def turn(
        carry: tuple[Tensor, Tensor], row: tuple[Tensor, Tensor]
    ) -> tuple[tuple[Tensor, Tensor], tuple[()]]:
        alpha, image = carry
        products, here = row
        own, old = (products * here).sum(), (alpha * here).sum()
        best = _in_box(old + (1 - (image * here).sum()) / own.clamp(min=_TINY), top)
        return (alpha + (best - old) * here, image + (best - old) * products), ()

    (alpha, _), _ = scan(turn, (alpha, _image(q, alpha)), (q, each))
    return alpha


def _pairs(q: Tensor, alpha: Tensor, labels: Tensor, top: Tensor) -> Tensor:
    """As often as there are points, move the pair of multipliers that is worst placed."""
    places = torch.arange(labels.shape[0]).double()
    far = torch.full_like(labels, 1e300)
    positive = labels > 0

    def first(chosen: Tensor) -> Tensor:
        least = torch.where(chosen, places, far).amin()
        return (places == least).double()

    def turn(carry: tuple[Tensor, Tensor], _: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[()]]:
        alpha, image = carry
        slopes = labels * (1 - image)
        below, above = alpha < top, alpha > 0
        can_rise = torch.where(positive, below, above)
        can_fall = torch.where(positive, above, below)
        high = torch.where(can_rise, slopes, -far).amax()
        low = torch.where(can_fall, slopes, far).amin()
        i = first(can_rise & (slopes == high))
        j = first(can_fall & (slopes == low))
        ends = torch.stack([i, j])
        rows = ends @ q
        signs = ends @ labels.view(-1, 1)
        across = (rows[0] * j).sum() * signs[0, 0] * signs[1, 0]
        curvature = (rows[0] * i).sum() + (rows[1] * j).sum() - 2 * across
        room = torch.where(positive, top - alpha, alpha)
        back = torch.where(positive, alpha, top - alpha)
        size = torch.minimum(
            (high - low).clamp(min=0) / curvature.clamp(min=_TINY),
            torch.minimum((room * i).sum(), (back * j).sum()),
        )
        change = size * labels * (i - j)
        return (_in_box(alpha + change, top), image + _image(q, change)), ()

    (alpha, _), _ = scan(turn, (alpha, _image(q, alpha)), places)
    return alpha


def _gap(q: Tensor, alpha: Tensor, labels: Tensor, top: Tensor, bias: str) -> tuple[Tensor, Tensor]:
    """Primal minus dual value, and the primal value."""
    image = _image(q, alpha)
    square = (alpha * image).sum()
    _, violations = best_offset(labels * image, labels, bias)
    primal = square / 2 + top * violations
    return primal - alpha.sum() + square / 2, primal
