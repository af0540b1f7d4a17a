"""Networks that fail, each in one way."""

from typing import NamedTuple

import torch
from torch import Tensor

from trainability.training import random_start

DEPTH, WIDTH = 20, 32


class Failure(NamedTuple):
    """A network that fails, ready to be trained.

    Attributes
    ----------
    weights : list of Tensor
        Matrices (fan_out, fan_in), first layer first.
    inputs : Tensor, shape (N, d)
        What it is to learn from.
    nonlinearity : str
        Of all layers but the last.
    """

    weights: list[Tensor]
    inputs: Tensor
    nonlinearity: str


# σ_w² and nonlinearity of the start.
_SCALES = {
    "none": (1.0, "tanh"),
    "vanishing": (0.25, "tanh"),
    "exploding": (4.0, "relu"),
    "exactly zero": (1e-5, "relu"),
    "infinite": (3e4, "relu"),
    "saturated": (100.0, "tanh"),
    "wrong direction: tied units": (1.0, "tanh"),
    "ill-conditioned layer": (1.0, "tanh"),
    "uneven layers": (2.0, "relu"),
}
FAILURES = tuple(_SCALES)
CONTRAST, UNEVEN = 0.04, 2.0


def failing_network(
    failure: str, inputs: Tensor, classes: int, generator: torch.Generator
) -> Failure:
    """Return a network of 20 layers of 32 units that fails in one way.

    ``"none"`` is tanh at σ_w = 1, which trains. ``"vanishing"``, ``"exploding"``,
    ``"exactly zero"``, ``"infinite"`` and ``"saturated"`` differ from it by the variance of
    the start or by relu. ``"wrong direction: tied units"`` gives all units of a layer the same
    weights. ``"ill-conditioned layer"`` is ``"none"`` with gray inputs, (1 + x/25) over its root
    mean square: one direction, shared by all examples, dwarfs what tells them apart, in the
    first layer and so in those that follow. No unit saturates. ``"uneven layers"`` is relu with
    He's variance, so that every layer has the scale it should have; then the weights of one layer
    in the middle are divided by 2²⁰ and those of the 20 others doubled, which leaves the function
    as it is.

    Parameters
    ----------
    failure : str
        One of ``FAILURES``.
    inputs : Tensor, shape (N, d)
        Centered features of mean square about 1; not changed. The weights are put where
        they are.
    classes : int
        How many logits the network has.
    generator : torch.Generator
        Source of the weights.

    Raises
    ------
    ValueError
        For another name.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> name = "wrong direction: tied units"
    >>> inputs = torch.randn(8, 5, generator=generator)
    >>> tied = failing_network(name, inputs, 3, generator)
    >>> all(torch.equal(weight[0], weight[1]) for weight in tied.weights[:-1])
    True
    """
    if failure not in _SCALES:
        names = ", ".join(map(repr, FAILURES))
        raise ValueError(f"failure={failure!r} is unknown; use one of {names}")
    variance, nonlinearity = _SCALES[failure]
    drawn = random_start([inputs.shape[1], *[WIDTH] * DEPTH, classes], variance, generator)
    weights = [weight.to(inputs.device) for weight in drawn]
    if failure == "wrong direction: tied units":
        # One row for all units, one entry for all of a unit's inputs, one for all of a logit's.
        weights = [
            weights[0][:1].expand(WIDTH, -1),
            *(torch.full_like(weight, 1 / WIDTH) for weight in weights[1:-1]),
            weights[-1][:, :1].expand(-1, WIDTH),
        ]
    if failure == "ill-conditioned layer":
        inputs = 1 + CONTRAST * inputs
        inputs = inputs / inputs.square().mean().sqrt()
    if failure == "uneven layers":
        weights = [UNEVEN * weight for weight in weights]
        weights[DEPTH // 2] /= UNEVEN ** len(weights)
    return Failure(weights, inputs, nonlinearity)
