"""Batch size against accuracy at equal epochs, for optimizers tuned with the same care."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from trainability.arguments import checked_count, checked_nonnegative, checked_probability
from trainability.training import NetworkStack, random_start


class Examples(NamedTuple):
    """Inputs of shape (N, d) and the classes they belong to, of shape (N,)."""

    inputs: Tensor
    labels: Tensor


class Digits(NamedTuple):
    """The digits that ship with scikit-learn, in three parts that share no image."""

    train: Examples
    tune: Examples
    test: Examples

    def to(self, device: str | torch.device) -> "Digits":
        """Return the same digits on ``device``."""
        return Digits(*(Examples(*(part.to(device) for part in one)) for one in self))


TRAIN_COUNT, TUNE_COUNT, TEST_COUNT = 1024, 386, 387


def split_digits(seed: int = 0) -> Digits:
    """Return 1,024 digits to train on, 386 to choose a rate by and 387 to report.

    The 64 pixels are centered and scaled by one number, both taken from the first part.

    Examples
    --------
    >>> digits = split_digits()
    >>> [len(part.labels) for part in digits]
    [1024, 386, 387]
    """
    from sklearn.datasets import load_digits

    images, classes = load_digits(return_X_y=True)
    order = torch.randperm(len(classes), generator=torch.Generator().manual_seed(seed))
    inputs = torch.tensor(images, dtype=torch.float32)[order]
    labels = torch.tensor(classes)[order]
    inputs = inputs - inputs[:TRAIN_COUNT].mean(dim=0)
    inputs = inputs / inputs[:TRAIN_COUNT].square().mean().sqrt()
    counts = [TRAIN_COUNT, TUNE_COUNT, TEST_COUNT]
    parts = zip(inputs.split(counts), labels.split(counts), strict=True)
    return Digits(*(Examples(*part) for part in parts))


def warm_up_and_decay(
    optimizer: Optimizer, steps: int, *, warm_up: float = 0.1, power: float = 2.0
) -> LambdaLR:
    """Return a schedule: the rate rises in a straight line, then falls as (1 − t/T)^power.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Its rates are the highest ones of the schedule.
    steps : int
        How many steps there will be, at least 1.
    warm_up : float
        Share of the steps that rise, from 0 to 1.
    power : float
        2 in LARS's paper; 0 keeps the rate.

    References
    ----------
    Goyal et al. (2017), section 2.2, https://arxiv.org/abs/1706.02677, for the warm-up;
    You, Gitman, Ginsburg (2017), section 5, https://arxiv.org/abs/1708.03888, for the decay.

    Examples
    --------
    >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule, rates = warm_up_and_decay(optimizer, 6, warm_up=1 / 3), []
    >>> for _ in range(6):
    ...     rates.append(optimizer.param_groups[0]["lr"])
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [0.5, 1.0, 1.0, 0.5625, 0.25, 0.0625]
    """
    steps = checked_count("steps", steps, least=1)
    rising = round(checked_probability("warm_up", warm_up) * steps)
    power = checked_nonnegative("power", power)

    def factor(done: int) -> float:
        if done < rising:
            return (done + 1) / rising
        left = max(0.0, 1 - (done - rising) / max(1, steps - rising))
        return float(left**power)

    return LambdaLR(optimizer, factor)


class Tuning(NamedTuple):
    """Accuracies of one optimizer, for each of R rates and D draws of the start.

    Attributes
    ----------
    rates : tuple of float
        R rates.
    tune, test : Tensor, shape (R, D)
        Share of right answers; a network whose numbers overflowed guesses.
    """

    rates: tuple[float, ...]
    tune: Tensor
    test: Tensor

    @property
    def best(self) -> int:
        """Index of the rate whose mean accuracy on the tuning part is highest."""
        return int(self.tune.mean(dim=1).argmax())

    @property
    def accuracy(self) -> float:
        """Mean over draws of the test accuracy at the best rate."""
        return self.test[self.best].mean().item()

    def accuracy_at(self, rate: float) -> float:
        """Return the mean over draws of the test accuracy at a rate; nan if it was not tried.

        Examples
        --------
        >>> right = torch.tensor([[0.5, 0.7], [0.8, 1.0]])
        >>> tuning = Tuning((0.1, 0.2), tune=right, test=right)
        >>> round(tuning.accuracy_at(0.1), 2), round(tuning.accuracy, 2), tuning.accuracy_at(9.0)
        (0.6, 0.9, nan)
        """
        if rate not in self.rates:
            return math.nan
        return self.test[self.rates.index(rate)].mean().item()


def tune_at_batch(
    digits: Digits,
    optimizers: Mapping[str, tuple[Callable[[list[dict[str, Any]]], Optimizer], tuple[float, ...]]],
    *,
    batch: int,
    epochs: int,
    warm_up: float = 0.1,
    power: float = 2.0,
    width: int = 64,
    draws: int = 4,
) -> dict[str, Tuning]:
    """Train a network of one hidden layer with every optimizer, rate and draw, side by side.

    All see the same minibatches: the training part in shuffled order, shuffled anew in
    every epoch, what does not fill a batch left out.

    Parameters
    ----------
    digits : Digits
        See :func:`split_digits`. The networks are trained where they are, from the same
        starts everywhere.
    optimizers : mapping of str to (callable, tuple of float)
        What makes an optimizer from parameter groups, and the rates to try.
    batch, epochs : int
        Examples a step, and passes over the training part.
    warm_up, power : float
        See :func:`warm_up_and_decay`.
    width, draws : int
        Hidden relu units, and starts.

    Returns
    -------
    dict of str to Tuning

    Examples
    --------
    >>> sgd = lambda groups: torch.optim.SGD(groups, momentum=0.9)
    >>> tuned = tune_at_batch(split_digits(), {"SGD": (sgd, (1e-4, 0.1))}, batch=64, epochs=2)
    >>> tuned["SGD"].best
    1
    """
    train, device = digits.train, digits.train.inputs.device
    batch = checked_count("batch", batch, least=1)
    if batch > len(train.labels):
        raise ValueError(f"batch={batch} is more than the {len(train.labels)} examples there are")
    epochs, draws = checked_count("epochs", epochs, least=1), checked_count("draws", draws, least=1)
    widths = [train.inputs.shape[1], checked_count("width", width, least=1), 10]
    generators = (torch.Generator().manual_seed(draw) for draw in range(draws))
    starts = zip(*(random_start(widths, 2.0, generator) for generator in generators), strict=True)
    tried = sum(len(rates) for _, rates in optimizers.values())
    start = [torch.stack(layer).repeat(tried, 1, 1).to(device) for layer in starts]
    stack = NetworkStack(start, "relu")
    made = _optimizers(stack, optimizers, draws)
    steps = len(train.labels) // batch * epochs
    schedules = [warm_up_and_decay(o, steps, warm_up=warm_up, power=power) for o in made]
    generator = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        order = torch.randperm(len(train.labels), generator=generator).to(device)
        for chosen in order[: len(order) // batch * batch].split(batch):
            stack.backward(train.inputs[chosen], train.labels[chosen])
            for optimizer, schedule in zip(made, schedules, strict=True):
                optimizer.step()
                schedule.step()
    return _tunings(stack, digits, optimizers, draws)


def _optimizers(stack: NetworkStack, optimizers: Mapping[str, Any], draws: int) -> list[Optimizer]:
    made, first = [], 0
    for build, rates in optimizers.values():
        groups = []
        for rate in rates:
            members = stack.members[first : first + draws]
            groups.append({"params": [w for member in members for w in member], "lr": rate})
            first += draws
        made.append(build(groups))
    return made


def _tunings(
    stack: NetworkStack, digits: Digits, optimizers: Mapping[str, Any], draws: int
) -> dict[str, Tuning]:
    measured = []
    for part in (digits.tune, digits.test):
        loss, right = stack.measure(*part)
        measured.append(torch.where(torch.isfinite(loss), right, 0.1).view(-1, draws))
    counts = [len(rates) for _, rates in optimizers.values()]
    parts = zip(*(accuracy.split(counts) for accuracy in measured), strict=True)
    named = zip(optimizers.items(), parts, strict=True)
    return {name: Tuning(rates, tune, test) for (name, (_, rates)), (tune, test) in named}
