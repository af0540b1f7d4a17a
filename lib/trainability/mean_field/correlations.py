"""Correlations in infinitely wide random networks, and how deep a signal gets.

In wide layers the preactivations of two inputs are jointly Gaussian, and their correlation
follows the correlation map from layer to layer. Everything is float64, and as accurate as in
:mod:`trainability.mean_field.lengths`.
"""

from trainability.arguments import checked_count, checked_number
from trainability.mean_field.phase import NonlinearityLike, phase


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
        As :class:`Phase`, and for a correlation that leaves -1 to 1, or a count of layers below 0.

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
