"""Many deep networks trained at once, to see which of them learn at all."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from trainability.arguments import (
    checked_count,
    checked_device,
    checked_nonnegative,
    checked_record,
    checked_scales,
    checked_tensor,
    drawn,
)
from trainability.training.history import ClassifierHistory
from trainability.training.stack import NetworkStack

Measured = tuple[Tensor, Tensor]


def train_networks(
    inputs: Tensor,
    labels: Tensor,
    *,
    depth: int,
    width: int,
    sigma_w: float | Sequence[float] | Tensor,
    sigma_b: float = 0.0,
    nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
    steps: int,
    lr: float,
    batch: int = 64,
    generator: torch.Generator,
    record: Sequence[int] = (),
) -> ClassifierHistory:
    """Train networks of one depth side by side, one for each weight scale.

    A network is z_1 = W_1 x + b_1 and z_l = W_l g(z_{l-1}) + b_l for l up to ``depth``, and a
    linear readout V g(z_depth) + c into as many classes as ``labels`` name. W_l starts with
    independent N(0, σ_w²/fan_in) entries and b_l with N(0, σ_b²); V starts with
    N(0, 1/width) and c with 0 whatever σ_w is. All of them are trained by plain gradient
    descent on the mean cross entropy of minibatches: one ``lr``, no momentum, no decay.

    All values of ``sigma_w`` share one draw of the numbers behind W_l, b_l and V, and the
    minibatches: the data in shuffled order, shuffled anew at the end of every pass. So
    what differs between two networks is the scale alone, and a network learns the same
    whichever others are trained with it. A longer run begins with a shorter one.

    Parameters
    ----------
    inputs : Tensor, shape (N, d), floating
        Features of mean square about 1. The networks are trained in this type.
    labels : Tensor, shape (N,), int64
        Classes 0, 1, …; the largest says how many classes there are.
    depth, width : int
        Layers with a nonlinearity, and units in each: at least 1.
    sigma_w : float, sequence or tensor of shape () or (S,)
        Weight scales, finite and not negative.
    sigma_b : float
        Standard deviation of the biases in the beginning. They are trained as well.
    nonlinearity : str or callable
        ``"tanh"``, ``"relu"``, ``"sigmoid"``, ``"linear"`` or an elementwise callable.
    steps : int
        Steps of gradient descent, at least 0.
    lr : float
        Step size, finite and not negative, the same for all parameters.
    batch : int
        Examples a step, from 1 to N.
    generator : torch.Generator
        Source of every random number; advanced by the call. It lives where the data do.
    record : sequence of int
        Increasing step counts, from 0 to ``steps``, after which all N examples are
        classified; after the last one alone where none is given.

    Returns
    -------
    ClassifierHistory
        ``accuracy`` and ``loss`` on all inputs, each of shape ``(S, R)`` for R counts in
        ``record``, or ``(R,)`` for one scale. A network whose numbers have overflowed has
        loss inf and the accuracy of a guess, one over the number of classes.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside the ranges above.

    References
    ----------
    Schoenholz et al. (2017), "Deep information propagation", section 5,
    https://arxiv.org/abs/1611.01232: networks train up to some six depth scales deep.

    Examples
    --------
    Thirty layers learn a plain rule at σ_w = 1. At half that scale they cannot:

    >>> generator = torch.Generator().manual_seed(0)
    >>> inputs = torch.randn(200, 5, generator=generator)
    >>> labels = (inputs[:, 0] > 0).long()
    >>> setting = {"depth": 30, "width": 32, "steps": 200, "lr": 0.03, "sigma_w": [0.5, 1.0]}
    >>> trained = train_networks(inputs, labels, generator=generator, **setting)
    >>> [round(accuracy, 1) for accuracy in trained.accuracy[:, -1].tolist()]
    [0.5, 1.0]
    """
    _check_data(inputs, labels, generator)
    depth, width = checked_count("depth", depth, least=1), checked_count("width", width, least=1)
    batch = checked_count("batch", batch, least=1)
    if batch > len(inputs):
        raise ValueError(f"batch={batch} is more than the {len(inputs)} examples there are")
    sigma_b, lr = checked_nonnegative("sigma_b", sigma_b), checked_nonnegative("lr", lr)
    steps = checked_count("steps", steps, least=0)
    record = checked_record(record, steps)
    scales = checked_scales(sigma_w)
    classes = int(labels.max()) + 1
    sizes = (inputs.shape[1], *[width] * depth, classes)
    stack = _drawn_stack(sizes, scales.view(-1).to(inputs), sigma_b, nonlinearity, generator)
    measured = [_measured(stack, inputs, labels, classes)] if 0 in record else []
    for count, chosen in enumerate(_minibatches(len(inputs), batch, steps, generator), start=1):
        chosen = chosen.to(inputs.device)
        stack.backward(inputs[chosen], labels[chosen])
        torch._foreach_add_(stack.parameters, stack.gradients, alpha=-lr)
        if count in record:
            measured.append(_measured(stack, inputs, labels, classes))
    loss, accuracy = (torch.stack(part, dim=1) for part in zip(*measured, strict=True))
    if scales.ndim == 0:
        loss, accuracy = loss[0], accuracy[0]
    return ClassifierHistory(loss=loss, accuracy=accuracy)


def _drawn_stack(
    sizes: tuple[int, ...],
    scales: Tensor,
    sigma_b: float,
    nonlinearity: str | Callable[[Tensor], Tensor],
    generator: torch.Generator,
) -> NetworkStack:
    """Draw one network, and give each copy a scale of its own."""

    def normal(*shape: int) -> Tensor:
        single = drawn(
            torch.randn, *shape, generator=generator, device=scales.device, dtype=torch.float32
        )
        return single.to(scales)

    weights: list[Tensor] = []
    biases: list[Tensor] = []
    one = torch.ones_like(scales)
    for fan_in, fan_out in pairwise(sizes):
        readout = len(weights) == len(sizes) - 2
        scale = (one if readout else scales).view(-1, 1, 1)
        weights.append(scale * normal(fan_in, fan_out).div_(fan_in**0.5).mT)
        biases.append(one.view(-1, 1) * normal(fan_out).mul_(0.0 if readout else sigma_b))
    return NetworkStack(weights, nonlinearity, biases=biases)


def _measured(stack: NetworkStack, inputs: Tensor, labels: Tensor, classes: int) -> Measured:
    """Return loss and accuracy; those of a guess where the numbers have overflowed."""
    loss, accuracy = stack.measure(inputs, labels)
    diverged = ~torch.isfinite(loss)
    return loss.masked_fill(diverged, torch.inf), accuracy.masked_fill(diverged, 1 / classes)


def _minibatches(
    count: int, batch: int, steps: int, generator: torch.Generator
) -> Iterator[Tensor]:
    waiting = torch.empty(0, dtype=torch.int64, device=generator.device)
    for _ in range(steps):
        if len(waiting) < batch:
            shuffled = torch.randperm(count, generator=generator, device=generator.device)
            waiting = torch.cat([waiting, shuffled])
        yield waiting[:batch]
        waiting = waiting[batch:]


def _check_data(inputs: Tensor, labels: Tensor, generator: torch.Generator) -> None:
    for name, value in (("inputs", inputs), ("labels", labels)):
        checked_tensor(name, value, finite=False)
        checked_device(generator, value.device)
    if inputs.device != labels.device:
        raise ValueError(
            f"inputs is on {inputs.device} and labels on {labels.device}; move one of them"
        )
    checked_tensor("inputs", inputs, shape="(examples, features)", floating=True)
    if labels.dtype != torch.int64:
        raise TypeError(f"labels must be torch.int64, not {labels.dtype}; use labels.long()")
    checked_tensor("labels", labels, shape=f"({len(inputs)},)")
    if labels.min() < 0:
        raise ValueError(f"labels holds {labels.min().item()}; classes count from 0")
