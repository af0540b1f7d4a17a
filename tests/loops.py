"""The loop of training as every textbook has it, for the tests and the benchmarks."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def textbook(
    net: nn.Module,
    x: Tensor,
    y: Tensor,
    epochs: int,
    build: Callable[[Iterable[Tensor]], torch.optim.Optimizer] = torch.optim.Adam,
) -> list[float]:
    """Train with autograd and an optimizer of torch; return the loss before each step."""
    optimizer, losses = build(net.parameters()), []
    for _ in range(epochs):
        loss = cross_entropy(net(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses
