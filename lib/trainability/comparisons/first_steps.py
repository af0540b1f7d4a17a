"""The first steps of several optimizers, measured layer by layer."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.optim import Optimizer

from trainability.arguments import checked_count
from trainability.training import NetworkStack, relative_steps


@runtime_checkable
class _HasTrustRatios(Protocol):
    def trust_ratios(self) -> list[float]: ...


class FirstSteps(NamedTuple):
    """What the steps of one optimizer did to K networks.

    Attributes
    ----------
    relative_step : Tensor, shape (K, T, L)
        ‖ΔW‖/‖W‖ of each layer in step 1, 2, …, T.
    trust_ratio : Tensor or None, shape (K, T, L)
        What multiplied the rate there, for optimizers that tell.
    """

    relative_step: Tensor
    trust_ratio: Tensor | None


def first_steps(
    weights: Sequence[Tensor],
    inputs: Tensor,
    labels: Tensor,
    optimizers: Mapping[str, Callable[[list[Tensor]], Optimizer]],
    *,
    nonlinearity: str | Callable[[Tensor], Tensor],
    steps: int,
) -> dict[str, FirstSteps]:
    """Let each optimizer take its first steps from the same K starts.

    Every step uses all examples and the mean cross entropy.

    Parameters
    ----------
    weights : sequence of Tensor, each of shape (K, fan_out, fan_in)
        The starts, layer by layer; unchanged.
    inputs : Tensor, shape (N, d)
    labels : Tensor, shape (N,), int64
    optimizers : mapping of str to callable
        Each takes a list of matrices and returns an optimizer.
    nonlinearity : str or callable
        Of all layers but the last.
    steps : int
        T, at least 1.

    Returns
    -------
    dict of str to FirstSteps

    Examples
    --------
    LARS moves every layer by the same share, SGD does not:

    >>> from functools import partial
    >>> from trainability.optim import LARS
    >>> generator = torch.Generator().manual_seed(0)
    >>> start = [torch.randn(1, *shape, generator=generator) for shape in [(9, 4), (2, 9)]]
    >>> start[0] *= 10
    >>> data = torch.randn(8, 4, generator=generator), torch.tensor([0, 1] * 4)
    >>> optimizers = {"SGD": partial(torch.optim.SGD, lr=0.1), "LARS": partial(LARS, lr=10)}
    >>> first = first_steps(start, *data, optimizers, nonlinearity="tanh", steps=1)
    >>> {name: [round(s, 3) for s in first[name].relative_step[0, 0].tolist()] for name in first}
    {'SGD': [0.0, 0.024], 'LARS': [0.01, 0.01]}
    """
    steps = checked_count("steps", steps, least=1)
    starts = len(weights[0])
    stack = NetworkStack([w.repeat(len(optimizers), 1, 1) for w in weights], nonlinearity)
    made = {
        name: build([w for m in stack.members[i * starts : (i + 1) * starts] for w in m])
        for i, (name, build) in enumerate(optimizers.items())
    }
    moved: list[Tensor] = []
    adaptive = {name: one for name, one in made.items() if isinstance(one, _HasTrustRatios)}
    ratios: dict[str, list[Tensor]] = {name: [] for name in adaptive}
    for _ in range(steps):
        stack.backward(inputs, labels)
        before = [weight.detach().clone() for weight in stack.weights]
        for optimizer in made.values():
            optimizer.step()
        moved.append(relative_steps(before, stack.weights))
        for name, recorded in ratios.items():
            recorded.append(torch.tensor(adaptive[name].trust_ratios()).view(starts, -1))
    parts = dict(zip(made, torch.stack(moved, dim=1).split(starts), strict=True))
    trust = {name: torch.stack(recorded, dim=1) for name, recorded in ratios.items()}
    return {name: FirstSteps(parts[name], trust.get(name)) for name in made}
