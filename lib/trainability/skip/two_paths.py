"""Regressors with a deep and a linear path, trained side by side, and what each path learns."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from trainability.arguments import checked_count, checked_nonnegative, drawn

NONLINEARITIES = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}


@dataclass(frozen=True)
class PathSettings:
    """What the two paths are, and how each is trained.

    Attributes
    ----------
    nonlinearity : str
        Of the hidden layers: ``"tanh"``, ``"sigmoid"`` or ``"relu"``.
    depth, hidden : int
        Hidden layers of the deep path, and units in each, at least 1.
    skip : bool
        Whether there is a linear path from the inputs to the output.
    zero_output : bool
        Start the last layer of the deep path, and the linear path, at 0.
    rate, deep_rate_factor : float
        Learning rate of the linear path, and what multiplies it for the deep path.
    deep_weight_decay : float
        Weight decay of the deep path.

    Raises
    ------
    TypeError, ValueError
        Naming the argument at fault.
    """

    nonlinearity: str = "tanh"
    depth: int = 1
    hidden: int = 20
    skip: bool = True
    zero_output: bool = False
    rate: float = 0.1
    deep_rate_factor: float = 1.0
    deep_weight_decay: float = 0.0

    def __post_init__(self) -> None:
        """Check every argument."""
        if self.nonlinearity not in NONLINEARITIES:
            names = ", ".join(map(repr, NONLINEARITIES))
            raise ValueError(f"nonlinearity={self.nonlinearity!r} is unknown; use one of {names}")
        for name in ("depth", "hidden"):
            checked_count(name, getattr(self, name), least=1)
        for name in ("rate", "deep_rate_factor", "deep_weight_decay"):
            checked_nonnegative(name, getattr(self, name))


class TwoPaths:
    """D networks with one output each, started at random: a deep path and a linear one.

    The weights have variance one over fan-in, the biases are 0.

    Parameters
    ----------
    features : int
        How many numbers an input has.
    settings : PathSettings
    networks : int
        D, at least 1.
    generator : torch.Generator
        Source of the weights.
    device : str or torch.device
        Where the networks are put.

    Attributes
    ----------
    weights, biases : list of Tensor, shapes (D, fan_out, fan_in) and (D, 1, fan_out)
        Of the deep path, first layer first.
    direct : Tensor, shape (D, 1, features)
        Weights of the linear path.

    Examples
    --------
    Sigmoid layers shrink the differences between inputs:

    >>> generator = torch.Generator().manual_seed(0)
    >>> x = torch.randn(50, 3, generator=generator)
    >>> network = TwoPaths(3, PathSettings("sigmoid", depth=2), networks=1, generator=generator)
    >>> first, second = (layer.std(dim=1).mean() for layer in network.hidden(x))
    >>> bool(second < first / 2)
    True
    """

    def __init__(
        self,
        features: int,
        settings: PathSettings,
        *,
        networks: int,
        generator: torch.Generator,
        device: str | torch.device = "cpu",
    ) -> None:
        networks = checked_count("networks", networks, least=1)
        place, self.settings = torch.device(device), settings

        def normal(out: int, fan_in: int) -> Tensor:
            shape = networks, out, fan_in
            return drawn(torch.randn, *shape, generator=generator, device=place) / math.sqrt(fan_in)

        widths = [features, *[settings.hidden] * settings.depth, 1]
        self.weights = [normal(out, fan_in) for fan_in, out in pairwise(widths)]
        self.direct = normal(1, features)
        self.biases = [torch.zeros(networks, 1, out, device=place) for out in widths[1:]]
        if settings.zero_output:
            self.weights[-1] = torch.zeros_like(self.weights[-1])
            self.direct = torch.zeros_like(self.direct)

    def hidden(self, x: Tensor) -> list[Tensor]:
        """Return the output of each hidden layer, shape (D, N, units), for x of (N, features)."""
        signal, layers = x.expand(len(self.direct), -1, -1), []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            nonlinearity = NONLINEARITIES[self.settings.nonlinearity]
            signal = nonlinearity(torch.baddbmm(bias, signal, weight.mT))
            layers.append(signal)
        return layers

    def deep(self, x: Tensor) -> Tensor:
        """Return the output of the deep path, shape (D, N, 1)."""
        return torch.baddbmm(self.biases[-1], self.hidden(x)[-1], self.weights[-1].mT)

    def linear(self, x: Tensor) -> Tensor:
        """Return the output of the linear path, shape (D, N, 1); zeros without one."""
        output: Tensor = int(self.settings.skip) * x @ self.direct.mT
        return output

    def optimizer(self) -> torch.optim.Optimizer:
        """Return gradient descent on both paths, each with its own rate and decay."""
        options = self.settings
        deep = [part.requires_grad_() for part in (*self.weights, *self.biases)]
        deep_rate, decay = options.rate * options.deep_rate_factor, options.deep_weight_decay
        groups = [
            {"params": deep, "lr": deep_rate, "weight_decay": decay},
            {"params": [self.direct.requires_grad_()], "lr": options.rate * int(options.skip)},
        ]
        return torch.optim.SGD(groups)


class PathHistory(NamedTuple):
    """What D networks had learned after each of T recorded numbers of steps.

    Attributes
    ----------
    r2 : dict of str to Tensor, shape (T, D)
        R² on each part of the examples: 1 is perfect, 0 as good as the part's mean.
    linear_share : Tensor, shape (T, D)
        The linear path's share of the variance of the two paths' outputs on the part learned
        from; nan where both are constant.
    """

    r2: dict[str, Tensor]
    linear_share: Tensor


def train_two_paths(
    inputs: Tensor,
    targets: Tensor,
    parts: Mapping[str, Tensor],
    settings: PathSettings,
    *,
    steps: int,
    every: int = 20,
    networks: int = 8,
    generator: torch.Generator,
) -> PathHistory:
    """Train D networks with gradient descent on half the mean square error.

    Parameters
    ----------
    inputs, targets : Tensor, shapes (N, features) and (N, 1)
        On the device to train on.
    parts : mapping of str to Tensor of int64
        Examples of each part, two at least in each. Those of ``"learned"`` are learned from.
    settings : PathSettings
    steps, every : int
        How many steps to take, and after how many to record.
    networks : int
        D, how many are drawn and trained side by side.
    generator : torch.Generator
        Source of the starts.

    Returns
    -------
    PathHistory
        On the CPU.

    Raises
    ------
    ValueError
        Where ``parts`` names no examples to learn from, or too few.

    Examples
    --------
    Targets that are linear in the inputs: the linear path soon makes most of the output.

    >>> generator = torch.Generator().manual_seed(0)
    >>> x = torch.randn(60, 3, generator=generator)
    >>> y = x.sum(dim=1, keepdim=True)
    >>> parts = {"learned": torch.arange(40), "held out": torch.arange(40, 60)}
    >>> settings = PathSettings("tanh", depth=2, zero_output=True)
    >>> history = train_two_paths(x, y, parts, settings, steps=40, generator=generator)
    >>> bool(history.r2["held out"][-1].min() > 0.95), bool(history.linear_share[-1].min() > 0.5)
    (True, True)
    """
    if "learned" not in parts or any(len(part) < 2 for part in parts.values()):
        raise ValueError('parts must name "learned", and give each part two examples at least')
    steps, every = checked_count("steps", steps, least=0), checked_count("every", every, least=1)
    network = TwoPaths(
        inputs.shape[1], settings, networks=networks, generator=generator, device=inputs.device
    )
    optimizer = network.optimizer()
    x, wanted = (part[parts["learned"].to(inputs.device)] for part in (inputs, targets))
    r2: dict[str, list[Tensor]] = {name: [] for name in parts}
    shares = []
    for step in range(steps + 1):
        if step % every == 0:
            with torch.no_grad():
                through, straight = network.deep(inputs).cpu(), network.linear(inputs).cpu()
            for name, part in parts.items():
                r2[name].append(_r2(through + straight, targets.cpu(), part))
            shares.append(_share(straight[:, parts["learned"]], through[:, parts["learned"]]))
        optimizer.zero_grad()
        output = network.deep(x) + network.linear(x)
        (output - wanted).square().mean(dim=(1, 2)).sum().div(2).backward()
        optimizer.step()
    return PathHistory({name: torch.stack(rows) for name, rows in r2.items()}, torch.stack(shares))


def _r2(output: Tensor, targets: Tensor, part: Tensor) -> Tensor:
    missed = (output - targets)[:, part].square().mean(dim=(1, 2))
    spread = (targets[part] - targets[part].mean()).square().mean()
    return 1 - missed / spread


def _share(straight: Tensor, through: Tensor) -> Tensor:
    linear, deep = straight.var(dim=(1, 2)), through.var(dim=(1, 2))
    return linear / (deep + linear)
