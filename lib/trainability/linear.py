"""A linear layer whose start comes from a generator that the caller passes."""

import torch
from torch import nn


def linear(
    fan_in: int, fan_out: int, *, bias: bool = True, generator: torch.Generator | None = None
) -> nn.Linear:
    """Make a ``torch.nn.Linear`` whose weights and biases the generator draws.

    They are uniform within ±1/√fan_in, as ``torch.nn.Linear`` draws them itself.

    Parameters
    ----------
    fan_in, fan_out : int
        Inputs and outputs.
    bias : bool
        Whether there is one.
    generator : torch.Generator, optional
        Where none is given torch's own generator draws; otherwise that one is left alone.

    Examples
    --------
    >>> first, second = (linear(3, 2, generator=torch.Generator().manual_seed(0)) for _ in "ab")
    >>> torch.equal(first.weight, second.weight)
    True
    """
    if generator is None:
        return nn.Linear(fan_in, fan_out, bias=bias)
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out, bias=bias)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -(fan_in**-0.5), fan_in**-0.5, generator=generator)
    return layer
