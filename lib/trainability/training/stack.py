"""Networks side by side: one product a layer for all of them."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from trainability.arguments import checked_nonnegative
from trainability.nonlinearities import resolve_nonlinearity
from trainability.training.losses import resolve_loss


class _Pass(NamedTuple):
    """What a forward pass leaves for the backward pass, layer by layer."""

    signals: list[Tensor]
    slopes: list[Tensor]
    norms: list[tuple[Tensor, Tensor]]


class NetworkStack:
    """S networks of one shape: z_l = W_l h_{l-1} + b_l, h_l = g(z_l), with outputs z_L.

    All weights of a layer lie in one tensor. Each network also has its own leaf tensors, which
    share that memory, as do their gradients. So any optimizer can be given some networks and
    not others, and sees single layers; one that treats every entry by itself, as SGD and Adam
    do, can be given ``parameters``. The gradients are written by hand: autograd takes 1.7
    times as long for deep and narrow networks. :meth:`backward` overwrites them; an optimizer's
    ``zero_grad`` would part them.

    Parameters
    ----------
    weights : sequence of Tensor, each of shape (S, fan_out, fan_in)
        Where the networks start, layer by layer; copied.
    nonlinearity : str or callable
        g; see :func:`trainability.nonlinearities.resolve_nonlinearity`.
    biases : sequence of Tensor or None, optional
        For each layer (S, fan_out), or None where it has no bias; no biases by default.
    loss : str
        ``"cross entropy"`` of labels, ``"logistic"`` or ``"squared"``; see
        :mod:`trainability.training.losses`.
    normalize : bool
        Divide each example's preactivations by their root mean square, in every layer but
        the last: RMSNorm without a gain, and with the type's epsilon added to the mean square.

    Attributes
    ----------
    weights : list of Tensor
        As given, and following what optimizers do to the members.
    biases : list of Tensor or None
        One a layer.

    Raises
    ------
    ValueError
        For weights whose shapes do not fit together.

    Examples
    --------
    Two equal networks. Only the second is trained:

    >>> generator = torch.Generator().manual_seed(0)
    >>> shapes = [(5, 3), (2, 5)]
    >>> start = [torch.randn(shape, generator=generator).expand(2, -1, -1) for shape in shapes]
    >>> stack = NetworkStack(start, "tanh")
    >>> optimizer = torch.optim.SGD(stack.members[1], lr=1.0)
    >>> inputs, labels = torch.randn(8, 3, generator=generator), torch.tensor([0, 1] * 4)
    >>> first = stack.backward(inputs, labels)
    >>> optimizer.step()
    >>> (stack.backward(inputs, labels) < first).tolist()
    [False, True]
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        nonlinearity: str | Callable[[Tensor], Tensor],
        *,
        biases: Sequence[Tensor | None] = (),
        loss: str = "cross entropy",
        normalize: bool = False,
    ) -> None:
        biases = list(biases) or [None] * len(weights)
        _check_shapes(weights, biases)
        self.function, self.normalize = resolve_nonlinearity(nonlinearity), normalize
        self.loss = resolve_loss(loss)
        self.weights = [_copied(weight) for weight in weights]
        self.biases = [None if bias is None else _copied(bias) for bias in biases]
        self._gradients = [torch.zeros_like(part) for part in self.parameters]
        for part, gradient in zip(self.parameters, self._gradients, strict=True):
            part.grad = gradient

    @property
    def parameters(self) -> list[Tensor]:
        """All weights, and then all biases, of all networks."""
        return [*self.weights, *(bias for bias in self.biases if bias is not None)]

    @cached_property
    def members(self) -> list[list[nn.Parameter]]:
        """For each network its matrices, first layer first, and then its biases."""
        pairs = list(zip(self.parameters, self.gradients, strict=True))
        return [[_shared(*pair, index) for pair in pairs] for index in range(len(self.weights[0]))]

    @property
    def gradients(self) -> list[Tensor]:
        """The gradients of ``parameters``, in the memory of those of the members.

        Raises
        ------
        RuntimeError
            Where something has taken them from the parameters.
        """
        pairs = zip(self.parameters, self._gradients, strict=True)
        if any(part.grad is not gradient for part, gradient in pairs):
            raise RuntimeError(
                "weights have lost the gradients that they share with the members; leave "
                "clearing to backward, and zero_grad alone"
            )
        return self._gradients

    @torch.no_grad()
    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the outputs, shape (S, N, K), of inputs of shape (N, d)."""
        return self._outputs(self._forward(inputs).signals[-1])

    @torch.no_grad()
    def backward(self, inputs: Tensor, targets: Tensor, mask: Tensor | None = None) -> Tensor:
        """Fill in every network's gradients; return the mean losses, shape (S,).

        Parameters
        ----------
        inputs, targets : Tensor, shapes (N, d) and (N,) for labels, else (N, K)
            The same for all networks.
        mask : Tensor, shape (S, N, H), optional
            Factors of the last hidden layer's activations, as dropout draws them.
        """
        *weights_grad, last_grad = self.gradients[: len(self.weights)]
        made = self._forward(inputs)
        signal = made.signals[-1] if mask is None else made.signals[-1] * mask
        value, gradient = self.loss(self._outputs(signal), targets)
        gradient /= len(inputs)
        torch.bmm(gradient.mT, signal, out=last_grad)
        self._bias_gradient(-1, gradient)
        for layer in reversed(range(len(weights_grad))):
            gradient = torch.bmm(gradient, self.weights[layer + 1])
            if mask is not None and layer == len(weights_grad) - 1:
                gradient *= mask
            gradient = self.function.backward_(gradient, made.slopes[layer])
            if self.normalize:
                gradient = _normalized_backward(gradient, *made.norms[layer])
            torch.bmm(gradient.mT, made.signals[layer], out=weights_grad[layer])
            self._bias_gradient(layer, gradient)
        return value.mean(dim=1)

    @torch.no_grad()
    def mean_loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean losses, shape (S,), without touching the gradients."""
        return self.loss(self(inputs), targets)[0].mean(dim=1)

    @torch.no_grad()
    def measure(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean loss and share of examples that get their label, each (S,), in float64."""
        networks = len(self.weights[0])
        loss, correct = torch.zeros(2, networks, dtype=torch.float64)
        # In pieces that stay in the cache.
        for piece, wanted in zip(inputs.split(256), labels.split(256), strict=True):
            outputs = self(piece)
            loss += self.loss(outputs, wanted)[0].sum(dim=1).cpu()
            correct += (outputs.argmax(dim=-1) == wanted).sum(dim=1).cpu()
        return loss / len(inputs), correct / len(inputs)

    def _forward(self, inputs: Tensor) -> _Pass:
        """Return the inputs and all hidden activations, with what their derivatives need."""
        made = _Pass([inputs.expand(len(self.weights[0]), -1, -1)], [], [])
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            preactivation = _affine(made.signals[-1], weight, bias)
            if self.normalize:
                preactivation, scale = _normalized(preactivation)
                made.norms.append((preactivation.clone(), scale))
            signal, slope = self.function.forward_(preactivation)
            made.signals.append(signal)
            made.slopes.append(slope)
        return made

    def _outputs(self, signal: Tensor) -> Tensor:
        return _affine(signal, self.weights[-1], self.biases[-1])

    def _bias_gradient(self, layer: int, gradient: Tensor) -> None:
        bias = self.biases[layer]
        if bias is not None and bias.grad is not None:
            torch.sum(gradient, dim=1, out=bias.grad)


def random_start(
    widths: Sequence[int], sigma_w2: float, generator: torch.Generator
) -> list[Tensor]:
    """Return matrices of independent N(0, σ_w²/fan_in) entries, N(0, 1/fan_in) in the last.

    Examples
    --------
    >>> first, last = random_start([64, 32, 10], 4.0, torch.Generator().manual_seed(0))
    >>> first.shape, last.shape
    (torch.Size([32, 64]), torch.Size([10, 32]))
    >>> round(64 * first.var().item()), round(32 * last.var().item())
    (4, 1)
    """
    sigma_w2 = checked_nonnegative("sigma_w2", sigma_w2)
    weights = []
    for index, (fan_in, fan_out) in enumerate(pairwise(widths)):
        variance = (1 if index == len(widths) - 2 else sigma_w2) / fan_in
        drawn = torch.randn(fan_out, fan_in, generator=generator, device=generator.device)
        weights.append(variance**0.5 * drawn)
    return weights


def relative_steps(before: Sequence[Tensor], after: Sequence[Tensor]) -> Tensor:
    """Return ‖ΔW‖/‖W‖ of every network and layer, shape (S, L).

    Parameters
    ----------
    before, after : sequence of Tensor, each of shape (S, fan_out, fan_in)
        Weights of a stack around a step.

    Examples
    --------
    >>> relative_steps([torch.ones(1, 2, 2)], [torch.full((1, 2, 2), 1.5)])
    tensor([[0.5000]])
    """
    norm = partial(torch.linalg.vector_norm, dim=(1, 2))
    pairs = zip(before, after, strict=True)
    return torch.stack([norm(new.detach() - old) / norm(old) for old, new in pairs], dim=1)


def _shared(weight: Tensor, gradient: Tensor, index: int) -> nn.Parameter:
    member = nn.Parameter(weight.detach()[index])
    member.grad = gradient[index]
    return member


def _copied(part: Tensor) -> Tensor:
    return part.detach().clone(memory_format=torch.contiguous_format)


def _affine(signal: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if bias is None:
        return torch.bmm(signal, weight.mT)
    return torch.baddbmm(bias.unsqueeze(1), signal, weight.mT)


def _normalized(preactivation: Tensor) -> tuple[Tensor, Tensor]:
    """Return preactivations of root mean square 1, in place, and what they were multiplied by."""
    mean_square = preactivation.square().mean(dim=-1, keepdim=True)
    scale = mean_square.add_(torch.finfo(preactivation.dtype).eps).rsqrt_()
    return preactivation.mul_(scale), scale


def _normalized_backward(gradient: Tensor, normalized: Tensor, scale: Tensor) -> Tensor:
    along = (gradient * normalized).mean(dim=-1, keepdim=True)
    return gradient.sub_(normalized * along).mul_(scale)


def _check_shapes(weights: Sequence[Tensor], biases: Sequence[Tensor | None]) -> None:
    if len(weights) == 0 or any(weight.ndim != 3 for weight in weights):
        raise ValueError("weights must be tensors of shape (networks, fan_out, fan_in)")
    for below, above in pairwise(weights):
        if above.shape[0] != below.shape[0] or above.shape[2] != below.shape[1]:
            shapes = [tuple(weight.shape) for weight in weights]
            raise ValueError(f"weights of shapes {shapes} do not follow one another")
    if len(biases) != len(weights):
        raise ValueError(f"biases has {len(biases)} parts for {len(weights)} layers")
    for weight, bias in zip(weights, biases, strict=True):
        if bias is not None and bias.shape != weight.shape[:2]:
            raise ValueError(
                f"biases holds shape {tuple(bias.shape)}; it must be {tuple(weight.shape[:2])}"
            )
