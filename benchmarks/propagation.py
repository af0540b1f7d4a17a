"""`propagate` against its own matrix products, and against autograd scale by scale."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from benchmarks.measures import Measure, interleaved
from trainability.signal import propagate

SCALES, DEPTH, WIDTH, BATCH = 25, 100, 128, 64


def measure(device: str = "cpu", rounds: int = 15) -> Iterator[Measure]:
    """Yield the two ratios for 25 scales and 100 layers of tanh, and that the numbers agree."""
    scales = torch.logspace(-0.5, 0.5, SCALES).tolist()
    products = _products(device)

    def finish() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    def batched() -> None:
        generator = torch.Generator(device).manual_seed(0)
        propagate([WIDTH] * (DEPTH + 1), sigma_w=scales, batch=BATCH, generator=generator)
        finish()

    def multiply() -> None:
        products()
        finish()

    def one_by_one() -> None:
        _autograd_loop(scales, device)
        finish()

    seconds = interleaved({"batched": batched, "products": multiply, "loop": one_by_one}, rounds)
    where = f"{SCALES} scales, {DEPTH} tanh layers of {WIDTH}, batch {BATCH}, {device}"
    ratio = seconds["batched"] / seconds["products"]
    yield Measure(f"propagate / its matrix products ({where})", ratio, 2.2)
    ratio = seconds["loop"] / seconds["batched"]
    yield Measure(f"autograd loop over scales / propagate ({where})", ratio, 2.0, at_least=True)
    difference = largest_disagreement(device)
    yield Measure(f"largest relative difference of the two ({where})", difference, 1e-4)


def _products(device: str) -> Callable[[], None]:
    """Return a call that makes the pass's matrix products, forward and backward, alone."""
    weights = [torch.randn(WIDTH, WIDTH, device=device) / WIDTH**0.5 for _ in range(DEPTH)]
    signal = torch.randn(SCALES * BATCH, WIDTH, device=device)
    target = torch.empty_like(signal)

    def run() -> None:
        for weight in weights:
            torch.mm(signal, weight.T, out=target)
        for weight in weights[1:]:
            torch.mm(signal, weight, out=target)

    return run


def _autograd_loop(scales: list[float], device: str) -> list[tuple[Tensor, Tensor]]:
    results = []
    for scale in scales:
        generator = torch.Generator(device).manual_seed(0)

        def normal(*shape: int, generator: torch.Generator = generator) -> Tensor:
            return torch.randn(*shape, generator=generator, device=device)

        signal = normal(BATCH, WIDTH)
        weights = []
        for _ in range(DEPTH):
            weights.append(normal(WIDTH, WIDTH) / WIDTH**0.5)
            normal(WIDTH)
        layers = []
        for weight in weights:
            preactivation = (scale * (signal @ weight.T)).requires_grad_()
            preactivation.retain_grad()
            layers.append(preactivation)
            signal = torch.tanh(preactivation)
        layers[-1].backward(normal(BATCH, WIDTH))
        results.append(
            (
                torch.stack([z.detach().double().square().mean() for z in layers]),
                torch.stack([z.grad.double().square().mean() for z in layers]),
            )
        )
    return results


def largest_disagreement(device: str = "cpu") -> float:
    """Return the largest relative difference between the two, over scales and layers."""
    # In the chaotic phase, above 1, any two roundings part exponentially with depth.
    scales = [0.8, 1.0]
    generator = torch.Generator(device).manual_seed(0)
    widths = [WIDTH] * (DEPTH + 1)
    mine = propagate(widths, sigma_w=scales, batch=BATCH, generator=generator)
    worst = 0.0
    for i, (forward, backward) in enumerate(_autograd_loop(scales, device)):
        for ours, theirs in ((mine.forward[i], forward), (mine.backward[i], backward)):
            worst = max(worst, ((ours - theirs) / theirs).abs().max().item())
    return worst
