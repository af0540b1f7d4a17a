"""How far a signal gets: mean squares forward and gradients backward, layer by layer."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from trainability.arguments import checked_layers, checked_scales, checked_widths
from trainability.nonlinearities import resolve_nonlinearity
from trainability.signal.random_network import RandomNetwork


class Propagation(NamedTuple):
    """What :func:`propagate` measures in each layer.

    Attributes
    ----------
    forward : Tensor, shape (*sigma_w.shape, L)
        q_l, the mean square of the preactivations z_l, over units and batch.
    backward : Tensor, shape (*sigma_w.shape, L)
        The mean square of the gradients ∂R/∂z_l, over units and batch.
    """

    forward: Tensor
    backward: Tensor


def propagate(
    widths: Sequence[int],
    *,
    sigma_w: float | Sequence[float] | Tensor,
    sigma_b: float = 0.0,
    nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
    batch: int = 64,
    generator: torch.Generator,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> Propagation:
    """Measure forward and backward mean squares of random networks, for all scales in one pass.

    Random networks keep, lose or blow up their signal. The network here is
    z_1 = σ_w W_1 x + σ_b b_1 and z_l = σ_w W_l g(z_{l-1}) + σ_b b_l, with W_l of
    independent N(0, 1/fan_in) entries, b_l of N(0, 1) and x of N(0, 1). The gradient
    that enters at the last layer, ∂R/∂z_L, is drawn from N(0, 1) as well, so
    ``backward`` reads as a gain relative to the output.

    All values of ``sigma_w`` share the same draw of W, b, x and ∂R/∂z_L, and a deeper
    network starts with the layers of a shallower one. So curves move smoothly with
    the scale, and what differs between two of them is the scale alone.

    Parameters
    ----------
    widths : sequence of int
        Units a layer, the input first: L + 1 positive numbers for L layers.
    sigma_w : float, sequence or tensor of shape () or (S,)
        Weight scales, finite and not negative: the weights' standard deviation is
        ``sigma_w / sqrt(fan_in)``. One batched pass serves them all.
    sigma_b : float
        Standard deviation of the biases.
    nonlinearity : str or callable
        ``"tanh"``, ``"relu"``, ``"sigmoid"``, ``"linear"`` or an elementwise callable.
    batch : int
        Input vectors a network sees.
    generator : torch.Generator
        Source of every random number; advanced by the call. Numbers are drawn in
        float32 whatever ``dtype`` is, so precisions can be compared on one network.
    device : str or torch.device, optional
        Where to compute; the generator's device by default. A generator on the CPU gives
        the same network on every device; one on the device itself draws large ones faster.
    dtype : torch.dtype, optional
        Floating type of the pass, ``torch.float32`` by default. Overflow to inf and
        underflow to 0 happen in this type. The mean squares are float64, on the
        device; on the CPU for MPS, which has no float64.

    Returns
    -------
    Propagation
        ``forward`` and ``backward``, each of shape ``(S, L)``, or ``(L,)`` for one
        scale. Memory is about 2·S·batch·Σ widths numbers of ``dtype``.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside the ranges above.

    References
    ----------
    Poole et al. (2016), "Exponential expressivity in deep neural networks through
    transient chaos", section 2, https://arxiv.org/abs/1606.05340; Schoenholz et al.
    (2017), "Deep information propagation", https://arxiv.org/abs/1611.01232.

    Examples
    --------
    Linear layers multiply the mean square by σ_w² each, in both directions:

    >>> generator = torch.Generator().manual_seed(0)
    >>> q, gradient = propagate(
    ...     [256] * 11, sigma_w=[0.5, 1.0, 2.0], nonlinearity="linear", generator=generator
    ... )
    >>> torch.log2(q[:, -1] / q[:, 0]).round().tolist()  # nine layers, so 4⁻⁹, 1, 4⁹
    [-18.0, 0.0, 18.0]
    """
    scales, function = checked_scales(sigma_w), resolve_nonlinearity(nonlinearity)
    network = RandomNetwork(widths, sigma_b, batch, generator, device, dtype)
    with torch.no_grad():
        measured = network.mean_squares(function, scales.view(-1).to(network.inputs))
    return Propagation(*(part.view(*scales.shape, -1) for part in measured))


def layer_activations(
    widths: Sequence[int],
    *,
    sigma_w: float | Sequence[float] | Tensor,
    layers: Sequence[int],
    sigma_b: float = 0.0,
    nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
    batch: int = 64,
    generator: torch.Generator,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, ...]:
    """Return all activations of the layers asked for: what stands behind one mean square.

    They are g(z_l) of the networks that :func:`propagate` measures when it is given the
    same arguments and an equally seeded generator. There is no backward pass.

    Parameters
    ----------
    layers : sequence of int
        Layer numbers, from 1 to L.
    widths, sigma_w, sigma_b, nonlinearity, batch, generator, device, dtype
        As for :func:`propagate`. The whole network is drawn whatever ``layers`` is.

    Returns
    -------
    tuple of Tensor
        A tensor of ``dtype`` for each number in ``layers``, in that order, of shape
        ``(S, batch * units)``, or ``(batch * units,)`` for one scale.

    Raises
    ------
    TypeError, ValueError
        As :func:`propagate`, and for layers that the network does not have.

    References
    ----------
    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward
    neural networks", figures 2 to 4, https://proceedings.mlr.press/v9/glorot10a.html.

    Examples
    --------
    Large weights drive tanh into saturation, and at once:

    >>> generator = torch.Generator().manual_seed(0)
    >>> first, last = layer_activations(
    ...     [256] * 11, sigma_w=[1.0, 4.0], layers=[1, 10], generator=generator
    ... )
    >>> (last.abs() > 0.99).double().mean(dim=1).gt(0.4).tolist()
    [False, True]
    """
    scales, function = checked_scales(sigma_w), resolve_nonlinearity(nonlinearity)
    layers = checked_layers(layers, len(checked_widths(widths)) - 1)
    network = RandomNetwork(widths, sigma_b, batch, generator, device, dtype)
    with torch.no_grad():
        activations = network.activations(function, scales.view(-1).to(network.inputs), set(layers))
    return tuple(activations[layer].view(*scales.shape, -1) for layer in layers)


def variance_factors(widths: Sequence[int], scheme: str) -> tuple[float, float]:
    """Return what linear layers multiply the variance by, forward and backward.

    A layer multiplies it by n_in σ² forward and by n_out σ² backward. So forward is
    ∏ n_in σ², from the first of ``widths`` to the last; backward is ∏ n_out σ², the same
    for the gradient on its way back. Both hold for independent weights of mean zero and
    variance σ², and no bias. One layer keeps both only when it is square.

    Parameters
    ----------
    widths : sequence of int
        Units a layer, the input first: two or more positive numbers.
    scheme : str
        The weights' variance: ``"lecun"`` 1/n_in, ``"xavier"`` 2/(n_in + n_out),
        ``"he"`` 2/n_in, ``"fan_out"`` 1/n_out.

    Returns
    -------
    forward, backward : float

    Raises
    ------
    TypeError, ValueError
        For widths that are no positive whole numbers, or another scheme.

    References
    ----------
    LeCun et al. (1998), "Efficient backprop"; Glorot and Bengio (2010), equations 5 to
    12, https://proceedings.mlr.press/v9/glorot10a.html; He et al. (2015), "Delving deep
    into rectifiers", https://arxiv.org/abs/1502.01852.

    Examples
    --------
    Where a layer narrows a hundredfold, Xavier keeps neither direction:

    >>> forward, backward = variance_factors([1000, 10], "xavier")
    >>> print(f"{forward:.3f} {backward:.4f}")
    1.980 0.0198
    """
    widths = checked_widths(widths)
    if not isinstance(scheme, str) or scheme not in ("lecun", "xavier", "he", "fan_out"):
        raise ValueError(f"scheme={scheme!r} must be 'lecun', 'xavier', 'he' or 'fan_out'")
    forward = backward = 1.0
    for fan_in, fan_out in pairwise(widths):
        numerator, denominator = {
            "lecun": (1, fan_in),
            "xavier": (2, fan_in + fan_out),
            "he": (2, fan_in),
            "fan_out": (1, fan_out),
        }[scheme]
        forward *= fan_in * numerator / denominator
        backward *= fan_out * numerator / denominator
    return forward, backward


def second_moment(layer_widths: Sequence[int], nonlinearity: str) -> float:
    """Return E (q_L/q_0)², the second moment of what random layers do to the mean square.

    Layers that keep the mean square on average let it fluctuate more with each layer.
    q_l is the mean square of the activations g(z_l) of one random network for one input,
    and E q_L = q_0. Then E (q_L/q_0)² = ∏ (1 + 2/n_l) for linear layers with weights of
    variance 1/n_in, and ∏ (1 + 5/n_l) for ReLU layers with 2/n_in. It is 1 only without
    fluctuation. Where it is large, a typical network has far less than the mean.

    Parameters
    ----------
    layer_widths : sequence of int
        Units n_1, …, n_L of the layers, one or more; the input is not counted.
    nonlinearity : str
        ``"linear"`` or ``"relu"``.

    Returns
    -------
    float
        E (q_L/q_0)², at least 1; inf where it is beyond float64.

    Raises
    ------
    TypeError, ValueError
        For a nonlinearity or widths other than these.

    References
    ----------
    Hanin (2018), "Which neural net architectures give rise to exploding and vanishing
    gradients?", https://arxiv.org/abs/1801.03744: growth like exp(const · Σ 1/n_l).

    Examples
    --------
    Depth can be paid for with width:

    >>> [round(second_moment([n] * 50, "relu"), 2) for n in (50, 500, 5000)]
    [117.39, 1.64, 1.05]
    """
    widths = checked_widths(layer_widths, "layer_widths", least=1)
    if not isinstance(nonlinearity, str) or nonlinearity not in ("linear", "relu"):
        raise ValueError(
            f"nonlinearity={nonlinearity!r} has no such closed form; use 'linear' or 'relu'"
        )
    excess = 2 if nonlinearity == "linear" else 5
    return math.prod(1 + excess / width for width in widths)
