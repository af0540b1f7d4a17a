"""What optimizers, clipping and normalization can do for a network that fails."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from trainability.arguments import checked_count, checked_record
from trainability.comparisons.failing_networks import Failure
from trainability.optim import LAMB, LARS, adaptive_clip_grad_
from trainability.training import NetworkStack, relative_steps


@dataclass(frozen=True)
class Remedy:
    """A way to take steps, and the rates it is tried with.

    Attributes
    ----------
    optimizer : callable
        Takes parameter groups, each with an ``lr``, and returns an optimizer.
    rates : tuple of float
        Rates to try.
    clip : callable, optional
        Changes the gradients of one network's parameters in place before each step.
    normalize : bool
        Whether the network's preactivations are normalized.
    """

    optimizer: Callable[[list[dict[str, Any]]], Optimizer]
    rates: tuple[float, ...]
    clip: Callable[[Iterable[Tensor]], Any] | None = None
    normalize: bool = False


def _sgd(groups: list[dict[str, Any]]) -> Optimizer:
    return torch.optim.SGD(groups, momentum=0.9, foreach=True)


def _lars(groups: list[dict[str, Any]]) -> Optimizer:
    return LARS(groups, lr=1.0)


SGD_RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
REMEDIES: dict[str, Remedy] = {
    "SGD": Remedy(_sgd, SGD_RATES),
    "clipping": Remedy(_sgd, SGD_RATES, clip=lambda params: clip_grad_norm_(params, 1.0)),
    "AGC": Remedy(_sgd, SGD_RATES, clip=adaptive_clip_grad_),
    "LARS": Remedy(_lars, (0.3, 1, 3, 10, 30)),
    "LAMB": Remedy(lambda groups: LAMB(groups, lr=1.0), (0.001, 0.003, 0.01, 0.03, 0.1)),
    "Adam": Remedy(torch.optim.Adam, (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)),
    "Muon": Remedy(lambda groups: torch.optim.Muon(groups, weight_decay=0.0), (0.003, 0.01, 0.03)),
    "RMSNorm": Remedy(_sgd, SGD_RATES, normalize=True),
    "RMSNorm + LARS": Remedy(_lars, (0.3, 1, 3, 10, 30), normalize=True),
}


class Attempts(NamedTuple):
    """What one remedy did with each of its R rates.

    Attributes
    ----------
    rates : tuple of float
        R rates.
    loss : Tensor, shape (R, T)
        Mean cross entropy in nats after each recorded number of steps; nan after overflow.
    relative_step : Tensor, shape (R, T, L)
        ‖ΔW‖/‖W‖ of each layer in the step that follows; nan after overflow and at the end.
    """

    rates: tuple[float, ...]
    loss: Tensor
    relative_step: Tensor

    @property
    def best(self) -> int:
        """Index of the rate with the lowest last loss; nan counts as infinite."""
        return int(self.loss[:, -1].nan_to_num(nan=torch.inf).argmin())


def attempt(
    network: Failure,
    labels: Tensor,
    *,
    remedies: Mapping[str, Remedy] = REMEDIES,
    steps: int,
    record: Sequence[int] = (),
) -> dict[str, Attempts]:
    """Train copies of one network, with every remedy and each of its rates, side by side.

    Every step uses all examples, so that nothing is random. So networks that overflowed, or
    whose first step met a gradient of zeros and moved nothing, stay as they are; where all
    are such, the remaining steps are not taken.

    Parameters
    ----------
    network : Failure
        The start, unchanged.
    labels : Tensor, shape (N,), int64
        Classes of the inputs.
    remedies : mapping of str to Remedy
        What to try.
    steps : int
        Steps of every optimizer, at least 0.
    record : sequence of int
        Increasing counts of steps after which losses are kept; the last alone if empty.

    Returns
    -------
    dict of str to Attempts
        In the order of ``remedies``.

    Examples
    --------
    Thirty steps of Adam, from a start that is not broken:

    >>> from trainability.comparisons import failing_network
    >>> generator = torch.Generator().manual_seed(0)
    >>> inputs, labels = torch.randn(16, 5, generator=generator), torch.arange(16) % 2
    >>> network = failing_network("none", inputs, 2, generator)
    >>> tried = attempt(network, labels, remedies={"Adam": REMEDIES["Adam"]}, steps=30)
    >>> bool(tried["Adam"].loss.min() < 0.1)
    True
    """
    steps = checked_count("steps", steps, least=0)
    record = checked_record(record, steps)
    attempts: dict[str, Attempts] = {}
    for normalize in (False, True):
        chosen = {name: r for name, r in remedies.items() if r.normalize == normalize}
        if chosen:
            attempts |= _attempt(network, labels, chosen, steps, record, normalize)
    return {name: attempts[name] for name in remedies}


def _attempt(
    network: Failure,
    labels: Tensor,
    remedies: Mapping[str, Remedy],
    steps: int,
    record: Sequence[int],
    normalize: bool,
) -> dict[str, Attempts]:
    count = sum(len(remedy.rates) for remedy in remedies.values())
    start = [weight.expand(count, -1, -1) for weight in network.weights]
    stack = NetworkStack(start, network.nonlinearity, normalize=normalize)
    runs = _runs(stack, remedies)
    losses, moved = [], []
    still = torch.zeros(count, dtype=torch.bool, device=network.inputs.device)
    for done in range(steps + 1):
        if not still.all():
            loss = stack.backward(network.inputs, labels)
            before = [w.detach().clone() for w in stack.weights] if done in {0, *record} else []
            if done < steps:
                for where, step in runs.values():
                    if not loss[where].isnan().all():
                        step()
            if before:
                ratio = relative_steps(before, stack.weights)
            if done == 0:
                stuck = _without_gradient(stack) & (ratio == 0).all(dim=1)
            still = stuck | loss.isnan()
        if done in record:
            losses.append(loss)
            stands = loss.isnan() | (done == steps)
            moved.append(ratio.masked_fill(stands[:, None], torch.nan))
    history, ratios = torch.stack(losses, dim=1), torch.stack(moved, dim=1)
    return {
        name: Attempts(remedies[name].rates, history[where], ratios[where])
        for name, (where, _) in runs.items()
    }


def _without_gradient(stack: NetworkStack) -> Tensor:
    largest = [gradient.abs().amax(dim=(1, 2)) for gradient in stack.gradients]
    return torch.stack(largest).amax(dim=0) == 0


Runs = dict[str, tuple[slice, Callable[[], None]]]


def _runs(stack: NetworkStack, remedies: Mapping[str, Remedy]) -> Runs:
    """Give each remedy its networks, one for each of its rates."""
    runs, first = {}, 0
    for name, remedy in remedies.items():
        where = slice(first, first + len(remedy.rates))
        first = where.stop
        runs[name] = where, _stepper(remedy, stack.members[where])
    return runs


def _stepper(remedy: Remedy, members: list[list[nn.Parameter]]) -> Callable[[], None]:
    groups = [{"params": m, "lr": rate} for m, rate in zip(members, remedy.rates, strict=True)]
    optimizer = remedy.optimizer(groups)

    def step() -> None:
        if remedy.clip:
            for member in members:
                remedy.clip(member)
        optimizer.step()

    return step
