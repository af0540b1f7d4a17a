"""The recursions of mean-field theory from one layer to the next, and their fixed points."""

import math
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from trainability.mean_field.gaussian import Homogeneous, Moments

_ROUNDING = 1e-13  # what an expectation may be off by, relatively


def gradient_factor(moments: Moments, sigma_w2: float, q: float) -> float:
    """Return σ_w² E g'(u)², what a layer multiplies a gradient's mean square by."""
    return sigma_w2 * moments.mean_square_slope(min(q, 1e300))


def fixed_length(moments: Moments, sigma_w2: float, sigma_b2: float) -> float:
    """Return the limit of q ← σ_w² E g(u)² + σ_b² from q = 1."""
    if isinstance(moments, Homogeneous):
        gain = sigma_w2 * moments.gain
        if abs(gain - 1) < 1e-12:
            return 1.0 if sigma_b2 == 0 else math.inf
        return sigma_b2 / (1 - gain) if gain < 1 else math.inf
    if sigma_w2 == 0:
        return sigma_b2

    def change(q: Tensor) -> Tensor:
        return (sigma_w2 * moments.mean_squares(q) + sigma_b2 - q) / q

    start = change(torch.ones(1, dtype=torch.float64)).item()
    # Where q is tiny only what g(0) and the bias add can hold it up.
    smallest = sigma_w2 * moments.mean_square(0.0) + sigma_b2
    bracket = _bracket(change, up=start > 0, smallest=smallest)
    if bracket is None:
        return math.inf if start > 0 else smallest
    return _bisected(change, *bracket)


def _bracket(
    change: Callable[[Tensor], Tensor], *, up: bool, smallest: float
) -> tuple[float, float] | None:
    """Neighbors in the powers of 2 between which ``change`` falls through 0, counted from 1."""
    end = 1e300 if up else max(1e-300, min(smallest, 1.0) * 1e-6) if smallest else 1e-40
    powers, q = torch.arange(17, dtype=torch.float64), 1.0
    while q < end if up else q > end:
        grid = q * torch.exp2(powers if up else -powers)
        values = change(grid)
        crossed = (values < -_ROUNDING if up else values > _ROUNDING).nonzero()
        if len(crossed):
            first = crossed[0].item()
            return tuple(sorted(grid[first - 1 : first + 1].tolist()))
        q = grid[-1].item()
    return None


def _bisected(change: Callable[[Tensor], Tensor], low: float, high: float) -> float:
    """Halve until float64 has no number between."""
    while low < (middle := (low + high) / 2) < high:
        if change(torch.tensor([middle], dtype=torch.float64)).item() > 0:
            low = middle
        else:
            high = middle
    return middle


class CorrelationMap:
    """The correlation map at q, the fixed point of the lengths.

    Parameters
    ----------
    moments : Homogeneous or Quadrature
        Gaussian expectations of the nonlinearity.
    sigma_w2, sigma_b2 : float
        Variances of weights, times fan_in, and of biases.
    q : float
        The length; 0 and inf stand for the limits.

    Raises
    ------
    ValueError
        Where the nonlinearity's mean square leaves float64.

    Examples
    --------
    A ReLU layer makes two inputs at right angles more alike:

    >>> relu = CorrelationMap(Homogeneous(1.0, 0.0), sigma_w2=2.0, sigma_b2=0.0, q=1.0)
    >>> round(relu.map(0.0), 4)
    0.3183
    """

    def __init__(self, moments: Moments, sigma_w2: float, sigma_b2: float, q: float) -> None:
        if math.isinf(q):
            q, sigma_b2 = 1e40, 0.0
        self.moments, self.q = moments, q if q > 0 else 1e-40
        # σ_w² divided out, so that without bias it may be 0, the limit of small ones.
        bias = 0.0 if sigma_b2 == 0 else math.inf if sigma_w2 == 0 else sigma_b2 / sigma_w2
        self.length = moments.mean_square(self.q) + bias
        if not (self.length > 0 and moments.mean_square(self.q) < math.inf):
            raise ValueError("nonlinearity: its mean square leaves float64 where the length does")

    def map(self, c: float) -> float:
        """Return the correlation after one layer."""
        if c == 1:
            return 1.0
        return min(1.0, max(-1.0, 1 - self.moments.half_distance(self.q, c) / self.length))

    @cached_property
    def stable_point(self) -> tuple[float, float]:
        """The root c of the map in [0, 1), and E g'(u1)g'(u2) there.

        The map is convex there, so Newton's steps from 0 climb to the root and not beyond.
        """
        c = 0.0
        for _ in range(100):
            slope = self.moments.slope_product(self.q, c)
            before, c = c, c + (self.map(c) - c) / (1 - slope * self.q / self.length)
            if not before < c < 1:
                break
        return min(1.0, max(0.0, c)), slope
