"""One point of the phase diagram of infinitely wide random networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from torch import Tensor

from trainability.arguments import checked_nonnegative
from trainability.mean_field.gaussian import Moments, expectations
from trainability.mean_field.recursions import CorrelationMap, fixed_length, gradient_factor
from trainability.nonlinearities import resolve_nonlinearity

NonlinearityLike = str | Callable[[Tensor], Tensor]

_CRITICAL = 1e-9  # |χ - 1| below this counts as critical


@dataclass(frozen=True)
class Phase:
    """What depth does to signals and gradients, for one nonlinearity and two variances.

    Each quantity is computed when it is first asked for, and kept.

    Parameters
    ----------
    nonlinearity : str or callable
        ``"tanh"``, ``"relu"``, ``"sigmoid"``, ``"linear"`` or an elementwise callable.
    sigma_w2, sigma_b2 : float
        Variances of weights, times fan_in, and of biases: finite and not negative.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside the ranges above.

    Examples
    --------
    The gain 5/3 that is often advised for tanh is chaotic; two inputs end up less alike:

    >>> phase = Phase("tanh", (5 / 3) ** 2, 0.05)
    >>> round(phase.length, 2), round(phase.chi, 2), round(phase.correlation, 2)
    (1.26, 1.18, 0.35)
    """

    nonlinearity: NonlinearityLike
    sigma_w2: float
    sigma_b2: float

    def __post_init__(self) -> None:
        """Check the arguments, and keep the variances as floats."""
        resolve_nonlinearity(self.nonlinearity)
        for name in ("sigma_w2", "sigma_b2"):
            object.__setattr__(self, name, checked_nonnegative(name, getattr(self, name)))

    @cached_property
    def moments(self) -> Moments:
        """Gaussian expectations of the nonlinearity."""
        return expectations(resolve_nonlinearity(self.nonlinearity))

    @cached_property
    def length(self) -> float:
        """q*, where the lengths settle; see :func:`~trainability.mean_field.fixed_point`."""
        return fixed_length(self.moments, self.sigma_w2, self.sigma_b2)

    @cached_property
    def chi(self) -> float:
        """χ₁ at q*: what a layer multiplies the gradient's mean square by."""
        return gradient_factor(self.moments, self.sigma_w2, self.length)

    @cached_property
    def correlations(self) -> CorrelationMap:
        """The correlation map at q*."""
        return CorrelationMap(self.moments, self.sigma_w2, self.sigma_b2, self.length)

    @property
    def correlation(self) -> float:
        """c*, where the correlation of two inputs settles."""
        return 1.0 if self._ordered else self.correlations.stable_point[0]

    @property
    def depth_scale(self) -> float:
        """ξ_c, the layers in which a correlation's distance from c* falls by a factor e."""
        if math.isinf(self.length):
            return math.inf
        slope = self.chi
        if not self._ordered:
            slope = self.sigma_w2 * self.correlations.stable_point[1]
        if slope > 1 - _CRITICAL:
            return math.inf
        return -1 / math.log(slope) if slope > 0 else 0.0

    @property
    def gradient_depth_scale(self) -> float:
        """The layers in which the gradient's mean square changes by a factor e."""
        if abs(self.chi - 1) < _CRITICAL:
            return math.inf
        return 1 / abs(math.log(self.chi)) if self.chi > 0 else 0.0

    @property
    def _ordered(self) -> bool:
        return math.isinf(self.length) or self.chi <= 1 + _CRITICAL


_kept = lru_cache(maxsize=2048)(Phase)


def phase(nonlinearity: NonlinearityLike, sigma_w2: float, sigma_b2: float) -> Phase:
    """Return a :class:`Phase`, the one from before where the nonlinearity has a name.

    A name means the same function for good; what a callable does may change.
    """
    make = _kept if isinstance(nonlinearity, str) else Phase
    # Checked before the cache, to which True is 1 and a list no key.
    variances = {"sigma_w2": sigma_w2, "sigma_b2": sigma_b2}
    return make(nonlinearity, *(checked_nonnegative(*pair) for pair in variances.items()))
