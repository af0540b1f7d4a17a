"""How far a signal gets: mean squares forward and gradients backward, layer by layer."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral
from typing import NamedTuple

import torch
from torch import Tensor

from trainability.nonlinearities import Nonlinearity, resolve_nonlinearity


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
    """Random networks keep, lose or blow up their signal: one pass measures all scales.

    The network is z_1 = σ_w W_1 x + σ_b b_1 and z_l = σ_w W_l g(z_{l-1}) + σ_b b_l,
    with W_l of independent N(0, 1/fan_in) entries, b_l of N(0, 1) and x of N(0, 1).
    The gradient that enters at the last layer, ∂R/∂z_L, is drawn from N(0, 1) as
    well, so ``backward`` reads as a gain relative to the output.

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
        Where to compute; the generator's device by default, and it must be that one.
    dtype : torch.dtype, optional
        Floating type of the pass, ``torch.float32`` by default. Overflow to inf and
        underflow to 0 happen in this type. The mean squares are taken in float64
        (float32 on MPS, which has no float64).

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
    widths = _checked_widths(widths)
    scales = _checked_scales(sigma_w)
    _check_nonnegative("sigma_b", sigma_b)
    if not _is_integer(batch) or batch < 1:
        raise ValueError(f"batch={batch!r} must be a whole number of at least 1")
    device = _checked_device(generator, device)
    dtype = torch.float32 if dtype is None else dtype
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise TypeError(f"dtype={dtype!r} must be a floating torch.dtype such as torch.float32")
    function = resolve_nonlinearity(nonlinearity)
    network = _Network(widths, float(sigma_b), batch, generator, dtype)
    with torch.no_grad():
        measured = network.measure(function, scales.view(-1).to(device, dtype))
    if scales.ndim == 0:
        return Propagation(measured.forward[0], measured.backward[0])
    return measured


class _Network:
    """One draw of inputs, weights, biases and output gradient, shared by all scales.

    Tensors of a layer are (scales · batch, units). The scales multiply activations,
    not weights, so that a layer stays one large matrix product for all of them.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        sigma_b: float,
        batch: int,
        generator: torch.Generator,
        dtype: torch.dtype,
    ) -> None:
        def normal(*shape: int) -> Tensor:
            return torch.randn(
                *shape, generator=generator, device=generator.device, dtype=torch.float32
            )

        self.sigma_b = sigma_b
        # The order of the draws is what lets a deep network begin with a shallow one.
        self.inputs = normal(batch, widths[0]).to(dtype)
        self.weights, self.biases = [], []
        for fan_in, fan_out in pairwise(widths):
            self.weights.append(normal(fan_out, fan_in).div_(fan_in**0.5).to(dtype))
            self.biases.append(normal(fan_out).mul_(sigma_b).to(dtype))
        self.output_gradient = normal(batch, widths[-1]).to(dtype)

    def measure(self, function: Nonlinearity, scales: Tensor) -> Propagation:
        """Return mean squares forward and backward, each (scales, layers)."""
        count, batch = len(scales), len(self.inputs)
        scales = scales.view(-1, 1, 1)
        # Buffers made once: a fresh one a step costs more than the sums it would hold.
        layers = [self._buffer(scales, len(weight)) for weight in self.weights]
        widest = max(weight.shape[1] for weight in self.weights)
        spare = [self._buffer(scales, widest) for _ in range(2)]
        mean_square = _MeanSquare(scales, batch * max(widest, len(self.weights[-1])))

        signal, forward, saved = self.inputs.repeat(count, 1), [], []
        for weight, bias, preactivation in zip(self.weights, self.biases, layers, strict=True):
            torch.mm(signal, weight.T, out=preactivation)
            scaled = preactivation.view(count, batch, -1).mul_(scales)
            if self.sigma_b:
                scaled.add_(bias)
            forward.append(mean_square(preactivation))
            if preactivation is not layers[-1]:
                signal, kept = function.forward_(preactivation)
                saved.append(kept)

        gradient, backward = self.output_gradient.repeat(count, 1), []
        backward.append(mean_square(gradient))
        for weight in reversed(self.weights[1:]):
            spare.reverse()
            product = spare[0].flatten()[: count * batch * weight.shape[1]]
            product = product.view(count * batch, -1)
            torch.mm(gradient, weight, out=product)
            product.view(count, batch, -1).mul_(scales)
            gradient = function.backward_(product, saved.pop())
            backward.append(mean_square(gradient))
        return Propagation(torch.stack(forward, dim=1), torch.stack(backward[::-1], dim=1))

    def _buffer(self, scales: Tensor, units: int) -> Tensor:
        return scales.new_empty(len(scales) * len(self.inputs), units)


class _MeanSquare:
    """Mean squares per scale, summed in float64 through one reused buffer."""

    def __init__(self, scales: Tensor, most: int) -> None:
        dtype = torch.float32 if scales.device.type == "mps" else torch.float64
        self.wide = scales.new_empty(len(scales) * most, dtype=dtype)
        self.count = len(scales)

    def __call__(self, values: Tensor) -> Tensor:
        wide = self.wide[: values.numel()].view_as(values).copy_(values).view(self.count, -1)
        return torch.linalg.vector_norm(wide, dim=1).square_().div_(wide.shape[1])


def _is_integer(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _checked_widths(widths: Sequence[int]) -> tuple[int, ...]:
    if isinstance(widths, str | bytes) or not isinstance(widths, Sequence):
        raise TypeError(f"widths={widths!r} must be a sequence of whole numbers, the input first")
    if len(widths) < 2:
        raise ValueError(f"widths={widths!r} needs an input and at least one layer")
    for width in widths:
        if not _is_integer(width) or width < 1:
            raise ValueError(f"widths holds {width!r}; every width must be a positive whole number")
    return tuple(int(width) for width in widths)


def _checked_scales(sigma_w: float | Sequence[float] | Tensor) -> Tensor:
    try:
        given = torch.as_tensor(sigma_w, device="cpu")
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise TypeError(f"sigma_w must be a number or a vector of numbers: {error}") from None
    if given.dtype == torch.bool or given.is_complex():
        raise TypeError(f"sigma_w must hold real numbers, not {given.dtype}")
    scales = torch.as_tensor(sigma_w, device="cpu", dtype=torch.float64)
    if scales.ndim > 1 or scales.numel() == 0:
        raise ValueError(f"sigma_w has shape {tuple(scales.shape)}; use a number or a vector")
    bad = scales[~(torch.isfinite(scales) & (scales >= 0))]
    if bad.numel():
        raise ValueError(f"sigma_w holds {bad[0].item()}; scales must be finite and not negative")
    return scales


def _check_nonnegative(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}={value!r} must be a number")
    if not 0 <= value <= torch.finfo(torch.float64).max:
        raise ValueError(f"{name}={value!r} must be finite and not negative")


def _checked_device(generator: torch.Generator, device: str | torch.device | None) -> torch.device:
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator, not {type(generator).__name__}")
    try:
        wanted = generator.device if device is None else torch.device(device)
    except (TypeError, RuntimeError) as error:
        raise ValueError(f"device={device!r} is no device of torch: {error}") from None
    if wanted.type != generator.device.type or wanted.index not in (None, generator.device.index):
        raise ValueError(
            f"generator lives on {generator.device}, but device={str(wanted)!r} was asked for; "
            f"make it with torch.Generator(device={str(wanted)!r})"
        )
    return generator.device
