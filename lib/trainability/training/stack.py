"""Networks side by side in one pass, each open to an optimizer that looks at its layers."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainability.arguments import checked_nonnegative
from trainability.nonlinearities import as_function


class NetworkStack:
    """S networks of one shape, without biases: h_l = g(W_l h_{l-1}), logits W_L h_{L-1}.

    All weights of a layer lie in one tensor, so that a pass is one product a layer. Each
    network also has its own leaf tensors, which share that memory, as do their gradients.
    So any optimizer can be given some networks and not others, and sees single layers.
    :meth:`backward` clears the gradients; an optimizer's ``zero_grad`` would part them.

    Parameters
    ----------
    weights : sequence of Tensor, each of shape (S, fan_out, fan_in)
        Where the networks start, layer by layer; copied.
    nonlinearity : str or callable
        g; see :func:`trainability.nonlinearities.as_function`.
    normalize : bool
        Divide each example's preactivations by their root mean square, in every layer but
        the last: RMSNorm without a gain, and with the type's epsilon added to the mean square.

    Attributes
    ----------
    weights : list of Tensor
        As given, and following what optimizers do to the members.
    members : list of list of Tensor
        For each network its matrices, first layer first.

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
        normalize: bool = False,
    ) -> None:
        _check_shapes(weights)
        self.function, self.normalize = as_function(nonlinearity), normalize
        self.weights = [
            weight.detach().clone(memory_format=torch.contiguous_format).requires_grad_()
            for weight in weights
        ]
        gradients = [torch.zeros_like(weight) for weight in self.weights]
        for weight, gradient in zip(self.weights, gradients, strict=True):
            weight.grad = gradient
        self.members = [
            [_shared(*pair, index) for pair in zip(self.weights, gradients, strict=True)]
            for index in range(len(weights[0]))
        ]

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the logits, shape (S, N, classes), of inputs of shape (N, d)."""
        signal = inputs.expand(len(self.weights[0]), -1, -1)
        for weight in self.weights[:-1]:
            preactivation = torch.bmm(signal, weight.mT)
            if self.normalize:
                preactivation = functional.rms_norm(preactivation, preactivation.shape[-1:])
            signal = self.function(preactivation)
        return torch.bmm(signal, self.weights[-1].mT)

    @property
    def gradients(self) -> list[Tensor]:
        """The gradients of ``weights``, in the memory of those of the members.

        Raises
        ------
        RuntimeError
            Where something has taken them from the weights.
        """
        found = [weight.grad for weight in self.weights if weight.grad is not None]
        if len(found) < len(self.weights):
            raise RuntimeError(
                "weights have lost the gradients that they share with the members; leave "
                "clearing to backward, and zero_grad alone"
            )
        return found

    def backward(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Fill in every network's gradients; return the mean cross entropies, shape (S,)."""
        for gradient in self.gradients:
            gradient.zero_()
        loss = _cross_entropy(self(inputs), labels)
        loss.sum().backward()
        return loss.detach()

    @torch.no_grad()
    def measure(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean cross entropy and share of right answers, both of shape (S,)."""
        logits = self(inputs)
        right = (logits.argmax(dim=-1) == labels).to(inputs.dtype).mean(dim=-1)
        return _cross_entropy(logits, labels), right


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


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    wanted = labels.expand(len(logits), -1)
    return functional.cross_entropy(logits.mT, wanted, reduction="none").mean(dim=1)


def _check_shapes(weights: Sequence[Tensor]) -> None:
    if len(weights) == 0 or any(weight.ndim != 3 for weight in weights):
        raise ValueError("weights must be tensors of shape (networks, fan_out, fan_in)")
    for below, above in pairwise(weights):
        if above.shape[0] != below.shape[0] or above.shape[2] != below.shape[1]:
            shapes = [tuple(weight.shape) for weight in weights]
            raise ValueError(f"weights of shapes {shapes} do not follow one another")
