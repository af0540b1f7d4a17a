"""Optimizers' steps for a stack of networks, each with its own rate.

Each rule takes weights (S, out, in), gradients, rates (S, 1, 1), the state of one layer and the
count of steps, and returns the new weights. The tests compare them with the optimizers.
"""

import torch
from torch import Tensor


def _norm(x: Tensor, dims: tuple[int, ...] = (1, 2)) -> Tensor:
    return torch.linalg.vector_norm(x, dim=dims, keepdim=True, dtype=torch.float64)


def _momentum(state: dict[str, Tensor], g: Tensor, keep: float) -> Tensor:
    state["buffer"] = g.clone() if "buffer" not in state else state["buffer"].mul_(keep).add_(g)
    return state["buffer"]


def sgd(w: Tensor, g: Tensor, rate: Tensor, state: dict[str, Tensor], count: int) -> Tensor:
    """Momentum SGD."""
    return w - rate * _momentum(state, g, 0.9)


def agc(w: Tensor, g: Tensor, rate: Tensor, state: dict[str, Tensor], count: int) -> Tensor:
    """Momentum SGD of the gradient that is clipped unit by unit."""
    allowed, norms = 0.01 * _norm(w, (2,)).clamp(min=1e-3), _norm(g, (2,))
    factors = torch.where(norms > allowed, allowed / norms, 1.0)
    return sgd(w, g * factors.to(g), rate, state, count)


def lars(
    w: Tensor,
    g: Tensor,
    rate: Tensor,
    state: dict[str, Tensor],
    count: int,
    decay: float = 0.0,
) -> Tensor:
    """LARS, with decay inside its norms."""
    size, slope = _norm(w), _norm(g)
    ratio = 1e-3 * size / (slope + decay * size)
    ratio = torch.where((size == 0) | ((slope == 0) & (decay == 0)), 1.0, ratio)
    return w - _momentum(state, (rate * ratio).to(g) * (g + decay * w), 0.9)


def _adams(g: Tensor, state: dict[str, Tensor], count: int, eps: float) -> Tensor:
    if not state:
        state |= {"mean": torch.zeros_like(g), "square": torch.zeros_like(g)}
    state["mean"].lerp_(g, 0.1)
    state["square"].mul_(0.999).addcmul_(g, g, value=0.001)
    below = (state["square"] / (1 - 0.999**count)).sqrt_().add_(eps)
    return state["mean"] / (1 - 0.9**count) / below


def adam(w: Tensor, g: Tensor, rate: Tensor, state: dict[str, Tensor], count: int) -> Tensor:
    """Adam."""
    return w - rate * _adams(g, state, count, 1e-8)


def lamb(w: Tensor, g: Tensor, rate: Tensor, state: dict[str, Tensor], count: int) -> Tensor:
    """LAMB."""
    update = _adams(g, state, count, 1e-6)
    size, length = _norm(w), _norm(update)
    ratio = torch.where((size == 0) | (length == 0), 1.0, size / length)
    return w - (rate * ratio).to(w) * update


def muon(w: Tensor, g: Tensor, rate: Tensor, state: dict[str, Tensor], count: int) -> Tensor:
    """Muon, as torch has it: Nesterov's momentum, five rounds in bfloat16."""
    if not state:
        state["mean"] = torch.zeros_like(g)
    state["mean"].lerp_(g, 0.05)
    x = g.lerp(state["mean"], 0.95).bfloat16()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    x = x.mT if tall else x
    return w - rate * max(1, w.shape[1] / w.shape[2]) ** 0.5 * x


def clipped(gradients: list[Tensor]) -> list[Tensor]:
    """Return gradients clipped to a norm of 1, taken over all layers of a network."""
    size = torch.stack([_norm(g) for g in gradients]).square().sum(dim=0).sqrt()
    factor = (1 / (size + 1e-6)).clamp(max=1).to(gradients[0])
    return [g * factor for g in gradients]
