"""Gaussian expectations of a nonlinearity: of one unit, and of one unit for two inputs.

u, u1 and u2 have mean 0 and variance q, and u1 and u2 have the correlation c.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from trainability.nonlinearities import Nonlinearity

_LINE_END = 12.0  # the density beyond is below 1e-32
_RADIUS_END = 9.0  # the probability beyond is below 1e-17
_MOST_LEVELS = 24
_BLOCK = 32_000  # torch hands larger tensors to threads, which costs more than it saves


@dataclass(frozen=True)
class Homogeneous:
    """Expectations, exact, of g(z) = a·z for z > 0 and b·z for z < 0.

    These are all functions with g(k·z) = k·g(z) for k > 0: linear (a = b), ReLU (b = 0),
    leaky ReLU, the absolute value (b = -a). ReLU's are the kernels of Cho and Saul
    (2009), "Kernel methods for deep learning", section 2.

    Examples
    --------
    >>> Homogeneous(1.0, 0.0).mean_square(3.0)  # half of q
    1.5
    """

    positive: float
    negative: float

    @property
    def gain(self) -> float:
        """E g(u)² / q, which is E g'(u)² as well."""
        return (self.positive**2 + self.negative**2) / 2

    def mean_square(self, q: float) -> float:
        """Return E g(u)²."""
        return self.gain * q

    def mean_square_slope(self, q: float) -> float:
        """Return E g'(u)², the same for every q."""
        return self.gain

    def half_distance(self, q: float, c: float) -> float:
        """Return ½ E (g(u1) - g(u2))² = E g(u)² - E g(u1)g(u2)."""
        angle = _angle(c)
        bend = (self.positive - self.negative) ** 2 / (2 * math.pi)
        return q * (self.gain * (1 - c) - bend * (math.sin(angle) - angle * math.cos(angle)))

    def slope_product(self, q: float, c: float) -> float:
        """Return E g'(u1)g'(u2)."""
        bend = (self.positive - self.negative) ** 2 / (2 * math.pi)
        return self.gain - bend * _angle(c)


class Quadrature:
    """Expectations of any other elementwise function, by Gauss-Legendre panels.

    The panels shrink towards 0, where the named nonlinearities bend: on the line for one
    unit, in polar coordinates for two, with the panels shrinking towards the radius 0 and
    towards the angles at which u1 or u2 is 0. Smooth functions and those that bend only at
    0 come out to about 1e-12 (relative). A kink elsewhere, as in ReLU6 or hard tanh, costs
    more: means are good to about 1e-3, means of slopes to a few percent.

    Examples
    --------
    >>> from trainability.nonlinearities import resolve_nonlinearity
    >>> tanh = Quadrature(resolve_nonlinearity("tanh"))
    >>> round(tanh.mean_square(0.01), 5)  # q - 2q² + …
    0.00981
    """

    def __init__(self, function: Nonlinearity) -> None:
        self._function = function

    def mean_squares(self, q: Tensor) -> Tensor:
        """Return E g(u)² for each of a vector of variances."""
        nodes, weights = _line()
        return self._activation(q.sqrt().outer(nodes)).square_() @ weights

    def mean_square(self, q: float) -> float:
        """Return E g(u)²."""
        return self.mean_squares(torch.tensor([q], dtype=torch.float64)).item()

    def mean_square_slope(self, q: float) -> float:
        """Return E g'(u)², for q = 0 the limit, which looks at both sides of a bend at 0."""
        if q == 0:
            sides = torch.tensor([-1e-200, 1e-200], dtype=torch.float64)
            return self._derivative(sides).square_().mean().item()
        nodes, weights = _line()
        return (self._derivative(nodes * math.sqrt(q)).square_() @ weights).item()

    def half_distance(self, q: float, c: float) -> float:
        """Return ½ E (g(u1) - g(u2))², not taken as a difference: it stays accurate as c → 1."""
        total: float = sum(
            (first - second).square_().flatten().dot(weights).item() / 2
            for points, weights in _plane(q, c)
            for first, second in [self._activation(points)]
        )
        return total

    def slope_product(self, q: float, c: float) -> float:
        """Return E g'(u1)g'(u2)."""
        total: float = sum(
            (first * second).flatten().dot(weights).item()
            for points, weights in _plane(q, c)
            for first, second in [self._derivative(points)]
        )
        return total

    def _activation(self, points: Tensor) -> Tensor:
        return self._function.forward_(points.clone())[0]

    def _derivative(self, points: Tensor) -> Tensor:
        _, saved = self._function.forward_(points.clone())
        return self._function.backward_(torch.ones_like(points), saved)


Moments = Homogeneous | Quadrature


def expectations(function: Nonlinearity) -> Moments:
    """Return the expectations of ``function``, in closed form if it is homogeneous.

    Doubling is exact in binary floating point, so g(2z) = 2g(z) can be asked exactly.
    """
    nodes, _ = _line()
    quadrature = Quadrature(function)
    doubled = quadrature._activation(2 * nodes)
    if not torch.equal(doubled, 2 * quadrature._activation(nodes)):
        return quadrature
    positive, negative = quadrature._activation(nodes.new_tensor([1.0, -1.0])).tolist()
    return Homogeneous(positive, 0.0 - negative)


def _angle(c: float) -> float:
    """Return arccos(c), accurate also where c is close to 1."""
    return 2 * math.asin(math.sqrt((1 - c) / 2))


def _graded(levels: int, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights on (0, 1), on panels that halve ``levels`` times towards 0."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    ends = np.concatenate([[0.0], 0.5 ** np.arange(levels, -1, -1)])
    middle, half = (ends[1:, None] + ends[:-1, None]) / 2, np.diff(ends)[:, None] / 2
    return (middle + half * nodes).ravel(), (half * weights).ravel()


@cache
def _line() -> tuple[Tensor, Tensor]:
    """Return nodes z of both signs and weights of the standard normal density."""
    nodes, weights = _graded(levels=40, order=16)
    nodes, weights = _LINE_END * nodes, _LINE_END * weights
    weights = weights * np.exp(-(nodes**2) / 2)
    weights = np.concatenate([weights, weights])
    nodes = np.concatenate([-nodes, nodes])
    return torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum())


@cache
def _disk(levels: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return radii with Rayleigh weights, and fractions of an angle with theirs."""
    radii, radial = _graded(levels, order=12)
    radii, radial = _RADIUS_END * radii, _RADIUS_END * radial
    radial = radial * radii * np.exp(-(radii**2) / 2)
    fractions, angular = _graded(levels, order=8)
    return (
        torch.from_numpy(radii),
        torch.from_numpy(radial / radial.sum()),
        torch.from_numpy(fractions),
        torch.from_numpy(angular),
    )


def _plane(q: float, c: float) -> Iterator[tuple[Tensor, Tensor]]:
    """Return blocks of points, first u1 and then u2, with their weights.

    With u1 = √q r cos(θ) and u2 = √q r cos(θ - α), reflections of the plane swap u1 and
    u2 or -u1 and -u2. A quarter of the circle is left, cut where u2 = 0 at an angle s:
    u1 ∝ sin(α + s), u2 ∝ sin(s) on one side, u1 ∝ sin(α - s), u2 ∝ -sin(s) on the other.
    """
    # The bend of g(√q r cos) is 1/√q wide, so a larger q needs finer panels.
    levels = math.ceil(2 + math.log2(q) / 2) if q > 4 else 3
    radii, radial, fractions, angular = _disk(min(levels, _MOST_LEVELS))
    angle = _angle(c)
    same, opposite = (math.pi - angle) / 2, angle / 2
    s, t = same * fractions, opposite * fractions
    first = torch.cat([torch.sin(angle + s), torch.sin(angle - t)])
    second = torch.cat([torch.sin(s), -torch.sin(t)])
    weights = radial.outer(torch.cat([same * angular, opposite * angular])).flatten() / math.pi
    radii = math.sqrt(q) * radii
    rows = max(1, _BLOCK // (2 * len(first)))
    pairs = torch.stack([first, second])
    for block, weight in zip(radii.split(rows), weights.split(rows * len(first)), strict=True):
        points = block.view(1, -1, 1) * pairs.view(2, 1, -1)
        yield points, weight
        yield points.neg_(), weight
