"""What one pass of a model leaves: numbers by product, module, activation and parameter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor

from trainability.diagnostics.weights import Weight
from trainability.norms import euclidean_norms


class Scales(NamedTuple):
    """Of data: largest size, |mean|/std, and the largest std of a feature over the median."""

    largest: float
    offset: float
    uneven: float


@dataclass
class Signal:
    """What went into and came out of one product with weights, or of one module."""

    name: str
    function: str
    reads_data: bool
    shape: tuple[int, ...]
    rms_in: float
    rms_out: float
    distinct_in: float | None
    distinct_out: float | None
    scales: Scales | None = None
    gradient: float | None = None


@dataclass
class Activation:
    """What one call of an activation function returned."""

    name: str
    feeder: str
    function: str
    rows: int
    choices: int
    saturated: float | None
    dead: float | None
    call: int
    node: Any = field(repr=False)


@dataclass
class Measurement:
    """Everything measured in one pass; modules and products in the order they were called.

    ``closed`` names modules that take no hooks.
    """

    signals: list[Signal] = field(default_factory=list)
    modules: list[Signal] = field(default_factory=list)
    activations: list[Activation] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    normalizing_one: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    nonfinite: list[str] = field(default_factory=list)
    ended_by: Activation | None = None
    output: Tensor | None = None
    loss: float | None = None
    loss_reaches: bool = True
    operations: float = 0.0


def rms(values: Tensor) -> float:
    """Return the root mean square of a tensor, right where squares leave the type.

    Examples
    --------
    >>> import torch
    >>> [f"{rms(torch.tensor(values)):.3g}" for values in ([3.0, 4.0], [1e30])]
    ['3.54', '1e+30']
    """
    if values.numel() == 0:
        return 0.0
    norm: float = euclidean_norms([values.detach()])[0].item()
    return float(norm / values.numel() ** 0.5)
