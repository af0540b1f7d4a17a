"""Infinitely wide random networks: lengths, correlations, and how deep a signal gets.

In wide layers with weights of variance σ_w²/fan_in and biases of variance σ_b², a
preactivation is Gaussian. Its variance q, the length, follows the length map

    q ← V(q) = σ_w² E g(√q z)² + σ_b²,  z ~ N(0, 1),

and the correlation c of two inputs follows the correlation map. Everything is float64,
and good to about 1e-12 for nonlinearities that bend at 0 only, as the named ones do.
Homogeneous ones, such as ReLU, leaky ReLU and linear, are done in closed form. They have
one degenerate critical point instead of a line, (2, 0) for ReLU: every length is fixed
there, and lengths diverge above it and with any bias.
"""

from trainability.arguments import checked_count, checked_nonnegative, checked_number
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
        Naming the argument, for anything outside the ranges above.

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


def correlation_map(
    nonlinearity: NonlinearityLike,
    c: float,
    sigma_w2: float,
    sigma_b2: float = 0.0,
    layers: int = 1,
) -> float:
    """Return the correlation of two inputs after some layers.

    One layer takes c to (σ_w² E g(u1)g(u2) + σ_b²) / (σ_w² E g(u1)² + σ_b²), where u1 and
    u2 have the variance q* and the correlation c. If q* is 0 this is the limit q → 0. If
    lengths diverge it is the limit of long signals, for which the bias does not matter.

    Parameters
    ----------
    nonlinearity : str or callable
        As for :class:`Phase`.
    c : float
        From -1 to 1.
    sigma_w2, sigma_b2 : float
        Finite and not negative.
    layers : int
        0 or more.

    Returns
    -------
    float
        From -1 to 1, and exactly 1 for c = 1.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside the ranges above.

    References
    ----------
    Poole et al. (2016), equation 5, https://arxiv.org/abs/1606.05340; for ReLU Cho and
    Saul (2009), "Kernel methods for deep learning".

    Examples
    --------
    To a deep ReLU network all inputs look the same, 1 - c ≈ 9π²/(2l²):

    >>> [round(correlation_map("relu", 0.0, 2.0, layers=layers), 4) for layers in (1, 10, 100)]
    [0.3183, 0.8715, 0.9964]
    """
    c = checked_number("c", c)
    if not -1 <= c <= 1:
        raise ValueError(f"c={c!r} must be a correlation, from -1 to 1")
    layers = checked_count("layers", layers, least=0)
    layer = phase(nonlinearity, sigma_w2, sigma_b2).correlations
    for _ in range(layers):
        before, c = c, layer.map(c)
        if c == before:
            break
    return c


def fixed_correlation(nonlinearity: NonlinearityLike, sigma_w2: float, sigma_b2: float) -> float:
    """Return c*, the stable fixed point of the correlation map.

    It is 1 where χ₁ ≤ 1: all inputs become alike. In the chaotic phase it lies below.
    Where lengths diverge the nonlinearity is homogeneous, and it is 1. Where lengths
    vanish, q* = 0, it is 1 by convention: the distance of two signals shrinks like their
    lengths, and their correlation hardly moves.

    Parameters
    ----------
    nonlinearity, sigma_w2, sigma_b2
        As for :class:`Phase`, which raises for what is outside its ranges.

    Returns
    -------
    float
        From 0 to 1.

    References
    ----------
    Poole et al. (2016), section 2, https://arxiv.org/abs/1606.05340.

    Examples
    --------
    >>> [round(fixed_correlation("tanh", sigma_w2, 0.05), 3) for sigma_w2 in (1.0, 2.5)]
    [1.0, 0.447]
    """
    return phase(nonlinearity, sigma_w2, sigma_b2).correlation


def depth_scale(nonlinearity: NonlinearityLike, sigma_w2: float, sigma_b2: float) -> float:
    """Return ξ_c: correlations approach their limit like exp(-l/ξ_c) in l layers.

    ξ_c = -1/log χ, with χ = σ_w² E g'(u1)g'(u2) at the stable fixed correlation c*. In the
    ordered phase, χ₁ ≤ 1, c* is 1 and χ is χ₁. In the chaotic phase c* is the root below 1
    of the correlation map, and -1/log χ₁ would be negative. If lengths shrink to 0 the
    formula stays, and it is the distance of two signals that shrinks on this scale.

    Parameters
    ----------
    nonlinearity, sigma_w2, sigma_b2
        As for :class:`Phase`, which raises for what is outside its ranges.

    Returns
    -------
    float
        Layers, 0 or more: 0 if nothing passes (χ = 0), inf at criticality (|χ - 1| below
        1e-9) and where lengths diverge. Long signals see a homogeneous function, whose
        correlation map has slope 1 at c = 1: no exponential describes the approach.

    References
    ----------
    Schoenholz et al. (2017), equation 9, https://arxiv.org/abs/1611.01232.

    Examples
    --------
    Signals get deep only near the edge of chaos, here σ_w² = 1.76:

    >>> [round(depth_scale("tanh", sigma_w2, 0.05), 1) for sigma_w2 in (1.0, 1.7, 1.8, 2.5)]
    [3.6, 74.9, 125.8, 11.8]
    """
    return phase(nonlinearity, sigma_w2, sigma_b2).depth_scale


def gradient_depth_scale(nonlinearity: NonlinearityLike, sigma_w2: float, sigma_b2: float) -> float:
    """Return 1/|log χ₁|, the layers in which gradients change by a factor e, χ₁ taken at q*.

    Parameters
    ----------
    nonlinearity, sigma_w2, sigma_b2
        As for :class:`Phase`, which raises for what is outside its ranges.

    Returns
    -------
    float
        Layers, 0 or more: 0 if no gradient passes, inf at criticality (|χ₁ - 1| below
        1e-9). Also where lengths diverge: ReLU's χ₁ does not depend on q.

    References
    ----------
    Schoenholz et al. (2017), section 4, https://arxiv.org/abs/1611.01232.

    Examples
    --------
    A ReLU layer of variance 2.2/fan_in instead of 2/fan_in multiplies by 1.1:

    >>> round(gradient_depth_scale("relu", 2.2, 0.0), 1)
    10.5
    """
    return phase(nonlinearity, sigma_w2, sigma_b2).gradient_depth_scale


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
