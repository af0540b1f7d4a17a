"""Lengths of signals in infinitely wide random networks, and where gradients keep their size.

In wide layers with weights of variance σ_w²/fan_in and biases of variance σ_b², a
preactivation is Gaussian. Its variance q, the length, follows the length map

    q ← V(q) = σ_w² E g(√q z)² + σ_b²,  z ~ N(0, 1).

Everything is float64, and good to about 1e-12 for nonlinearities that bend at 0 only, as the
named ones do. Homogeneous ones, such as ReLU, leaky ReLU and linear, are done in closed form.
They have one degenerate critical point instead of a line, (2, 0) for ReLU: every length is
fixed there, and lengths diverge above it and with any bias.
"""

from trainability.arguments import checked_nonnegative, checked_number
from trainability.mean_field.gaussian import Homogeneous, expectations
from trainability.mean_field.phase import NonlinearityLike, phase
from trainability.mean_field.recursions import gradient_factor
from trainability.nonlinearities import resolve_nonlinearity


def fixed_point(nonlinearity: NonlinearityLike, sigma_w2: float, sigma_b2: float) -> float:
    """Return the limit q* of the length map, started from q = 1: lengths settle.

    Without bias tanh has q* = 0 for σ_w² ≤ 1, its ordered phase. Homogeneous
    nonlinearities have the gain σ_w² E g(z)² (half of σ_w² for ReLU): below 1 the limit
    is σ_b²/(1 - gain), above 1 lengths diverge, and at 1 they diverge with any bias.
    Without bias every length is then fixed, and the start, 1, is returned.

    Parameters
    ----------
    nonlinearity, sigma_w2, sigma_b2
        As for :class:`Phase`, which raises for what is outside its ranges.

    Returns
    -------
    float
        q*, 0 or more, and inf where lengths diverge. It is the first root of V(q) - q
        in the direction that V moves q = 1, found by bisection: iteration would crawl
        (for tanh at σ_w² = 1 it is at 1/(2l) after l steps).

    References
    ----------
    Poole et al. (2016), equation 3, https://arxiv.org/abs/1606.05340; ReLU: Hayou et al.
    (2019), https://arxiv.org/abs/1902.06853.

    Examples
    --------
    >>> [round(fixed_point("tanh", sigma_w2, 0.0), 3) for sigma_w2 in (0.5, 1.0, 1.5, 2.0)]
    [0.0, 0.0, 0.287, 0.618]
    """
    return phase(nonlinearity, sigma_w2, sigma_b2).length


def chi(nonlinearity: NonlinearityLike, sigma_w2: float, q: float) -> float:
    """Return χ₁ = σ_w² E g'(√q z)², by which a layer multiplies the gradient's mean square.

    Two nearby signals move apart by χ₁ as well, so χ₁ > 1 is chaos and χ₁ < 1 is order.

    Parameters
    ----------
    nonlinearity : str or callable
        As for :class:`Phase`.
    sigma_w2 : float
        Finite and not negative.
    q : float
        The length, 0 or more. 0 and inf stand for the limits.

    Returns
    -------
    float
        χ₁, 0 or more; at most σ_w² for tanh, σ_w²/2 at every q for ReLU.

    Raises
    ------
    TypeError, ValueError
        As :class:`Phase`, and for a length below 0.

    References
    ----------
    Poole et al. (2016), equation 6, https://arxiv.org/abs/1606.05340; Schoenholz et al.
    (2017), section 4, https://arxiv.org/abs/1611.01232.

    Examples
    --------
    The gain 5/3 that is often advised for tanh is chaotic:

    >>> round(chi("tanh", (5 / 3) ** 2, fixed_point("tanh", (5 / 3) ** 2, 0.0)), 3)
    1.21
    """
    moments = expectations(resolve_nonlinearity(nonlinearity))
    sigma_w2 = checked_nonnegative("sigma_w2", sigma_w2)
    q = checked_number("q", q)
    if q < 0:
        raise ValueError(f"q={q!r} is negative; a length is 0 or more")
    return gradient_factor(moments, sigma_w2, q)


def critical_line(nonlinearity: NonlinearityLike, q: float) -> tuple[float, float]:
    """Return the variances for which q is a fixed length and gradients keep their size.

    χ₁ = 1 gives σ_w² = 1/E g'(√q z)², and V(q) = q gives σ_b² = q - σ_w² E g(√q z)².

    Parameters
    ----------
    nonlinearity : str or callable
        As for :class:`Phase`.
    q : float
        The length, finite and not negative; 0 stands for the limit.

    Returns
    -------
    sigma_w2, sigma_b2 : float
        The point of the critical line; (2, 0) for ReLU and (1, 0) for linear at every q.

    Raises
    ------
    ValueError
        Where σ_b² would be negative. So it is for sigmoid below q = 45.6, where its line
        begins at σ_w = 10.15, deep in saturation. Or where no gradient passes at all.
    TypeError, ValueError
        Naming the argument, for anything outside the range above.

    References
    ----------
    Schoenholz et al. (2017), section 3, https://arxiv.org/abs/1611.01232; Hayou et al.
    (2019), https://arxiv.org/abs/1902.06853.

    Examples
    --------
    Larger biases need larger weights:

    >>> for q in (0.0, 0.1, 1.0):
    ...     print("{:.3f} {:.3f}".format(*critical_line("tanh", q)))
    1.000 0.000
    1.178 0.001
    2.153 0.151
    """
    moments = expectations(resolve_nonlinearity(nonlinearity))
    q = checked_nonnegative("q", q)
    slope = gradient_factor(moments, 1.0, q)
    if slope == 0:
        raise ValueError(f"q={q!r} has no critical point: no gradient passes at this length")
    sigma_w2 = 1 / slope
    sigma_b2 = q - sigma_w2 * moments.mean_square(q)
    if isinstance(moments, Homogeneous) or abs(sigma_b2) <= 1e-13 * q:
        return sigma_w2, 0.0
    if sigma_b2 < 0:
        raise ValueError(
            f"q={q!r} has no critical point: with sigma_w2={sigma_w2:.6g} for chi 1, the length "
            f"could stay only with a negative sigma_b2={sigma_b2:.6g}; try another q"
        )
    return sigma_w2, sigma_b2
