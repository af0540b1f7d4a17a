"""One draw of a random network, run for many weight scales at once."""

from collections.abc import Collection, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from trainability.arguments import (
    checked_count,
    checked_device,
    checked_dtype,
    checked_nonnegative,
    checked_widths,
    drawn,
)
from trainability.nonlinearities import Nonlinearity
from trainability.norms import scaled_norms


class RandomNetwork:
    """One draw of inputs, weights, biases and output gradient, shared by all scales.

    The network is z_1 = σ_w W_1 x + σ_b b_1 and z_l = σ_w W_l g(z_{l-1}) + σ_b b_l.
    Tensors of a layer are (scales · batch, units). The scales multiply activations,
    not weights, so that a layer stays one large matrix product for all of them.

    Parameters
    ----------
    widths : sequence of int
        Units a layer, the input first: two or more positive numbers.
    sigma_b : float
        Standard deviation of the biases, finite and not negative.
    batch : int
        Input vectors, at least 1.
    generator : torch.Generator
        Source of every number, drawn in float32.
    device : str or torch.device, optional
        Where to compute; the generator's device by default. A generator on the CPU serves
        every device.
    dtype : torch.dtype, optional
        Type that the numbers are rounded to and computed in; float32 by default.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside the ranges above.

    Examples
    --------
    A deeper network begins with the layers of a shallower one:

    >>> def network(*widths):
    ...     generator = torch.Generator().manual_seed(0)
    ...     return RandomNetwork(widths, sigma_b=0.0, batch=1, generator=generator)
    >>> torch.equal(network(5, 3, 2).weights[0], network(5, 3, 4, 4).weights[0])
    True
    """

    def __init__(
        self,
        widths: Sequence[int],
        sigma_b: float,
        batch: int,
        generator: torch.Generator,
        device: str | torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        widths = checked_widths(widths)
        self.sigma_b = checked_nonnegative("sigma_b", sigma_b)
        batch = checked_count("batch", batch, least=1)
        device, dtype = checked_device(generator, device), checked_dtype(dtype)

        def normal(*shape: int) -> Tensor:
            return drawn(
                torch.randn, *shape, generator=generator, device=device, dtype=torch.float32
            )

        # The order of the draws is what lets a deep network begin with a shallow one.
        self.inputs = normal(batch, widths[0]).to(dtype)
        self.weights, self.biases = [], []
        for fan_in, fan_out in pairwise(widths):
            self.weights.append(normal(fan_out, fan_in).div_(fan_in**0.5).to(dtype))
            self.biases.append(normal(fan_out).mul_(self.sigma_b).to(dtype))
        self.output_gradient = normal(batch, widths[-1]).to(dtype)

    def mean_squares(self, function: Nonlinearity, scales: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean squares forward and backward, each (scales, layers)."""
        count, batch = len(scales), len(self.inputs)
        scales = scales.view(-1, 1, 1)
        # Buffers made once: a fresh one a step costs more than the sums it would hold.
        layers = [self._buffer(scales, len(weight)) for weight in self.weights]
        widest = max(weight.shape[1] for weight in self.weights)
        spare = [self._buffer(scales, widest) for _ in range(2)]
        mean_square = _MeanSquare(scales, batch * max(widest, len(self.weights[-1])))

        signal, forward, saved = self.inputs.repeat(count, 1), [], []
        for index, preactivation in enumerate(layers):
            self._preactivate(index, signal, scales, out=preactivation)
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
        return torch.stack(forward, dim=1), torch.stack(backward[::-1], dim=1)

    def activations(
        self, function: Nonlinearity, scales: Tensor, layers: Collection[int]
    ) -> dict[int, Tensor]:
        """Return g(z_l) of the layers asked for, counted from 1, each (scales, batch · units)."""
        count, activations = len(scales), {}
        scales = scales.view(-1, 1, 1)
        signal = self.inputs.repeat(count, 1)
        for index in range(max(layers)):
            preactivation = self._buffer(scales, len(self.weights[index]))
            self._preactivate(index, signal, scales, out=preactivation)
            signal, _ = function.forward_(preactivation)
            if index + 1 in layers:
                activations[index + 1] = signal.view(count, -1)
        return activations

    def _preactivate(self, index: int, signal: Tensor, scales: Tensor, *, out: Tensor) -> None:
        torch.mm(signal, self.weights[index].T, out=out)
        scaled = out.view(len(scales), len(self.inputs), -1).mul_(scales)
        if self.sigma_b:
            scaled.add_(self.biases[index])

    def _buffer(self, scales: Tensor, units: int) -> Tensor:
        return scales.new_empty(len(scales) * len(self.inputs), units)


class _MeanSquare:
    """Mean squares per scale, summed in float64 through one reused buffer.

    MPS has no float64. There norms are taken in units of the largest entry, and squared on
    the CPU: squares that float32 cannot hold are the network's gradients of ordinary depths.
    """

    def __init__(self, scales: Tensor, most: int) -> None:
        self.narrow, self.count = scales.device.type == "mps", len(scales)
        if not self.narrow:
            self.wide = scales.new_empty(len(scales) * most, dtype=torch.float64)

    def __call__(self, values: Tensor) -> Tensor:
        if self.narrow:
            rows = values.view(self.count, -1)
            norms: Tensor = scaled_norms(rows, dims=(1,)).flatten().cpu().double()
            return norms.square_().div_(rows.shape[1])
        wide = self.wide[: values.numel()].view_as(values).copy_(values).view(self.count, -1)
        norms = torch.linalg.vector_norm(wide, dim=1)
        return norms.square_().div_(wide.shape[1])
