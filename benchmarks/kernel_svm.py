"""`svm_solver` against the textbook's double loop with autograd, to the same alpha."""

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from benchmarks.measures import Measure
from trainability.svm import Kernel, max_step_size, poly, rbf, svm_solver, xor_data


def textbook(x: Tensor, y: Tensor, lr: float, num_iters: int, kernel: Kernel) -> Tensor:
    """Fill the kernel matrix pair by pair, then let autograd find each gradient."""
    n = len(x)
    gram = torch.empty(n, n, dtype=x.dtype)
    for i in range(n):
        for j in range(n):
            gram[i, j] = y[i] * y[j] * kernel(x[i], x[j])
    alpha = torch.zeros(n, dtype=x.dtype, requires_grad=True)
    for _ in range(num_iters):
        loss = 0.5 * (torch.outer(alpha, alpha) * gram).sum() - alpha.sum()
        loss.backward()
        with torch.no_grad():
            assert alpha.grad is not None  # backward has just filled it in
            alpha -= lr * alpha.grad
            alpha.clamp_(min=0)
            alpha.grad.zero_()
    return alpha.detach()


def _timed(call: Callable[[], Tensor], rounds: int) -> tuple[float, Tensor]:
    result, seconds = call(), []
    for _ in range(rounds):
        begin = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), result


def measure() -> Iterator[Measure]:
    """Yield the ratios for 500 points and for XOR, and that the two agree."""
    generator = torch.Generator().manual_seed(0)
    # In double precision, as the solver computes: then both find the same alpha.
    many = torch.randn(500, 2, generator=generator).double()
    four, signs = (part.double() for part in xor_data())
    labels = many.prod(dim=1).sign()
    settings = {
        "500 points, RBF, 2,000 steps": (many, labels, rbf(1.0), 2000, 20.0, 2),
        "XOR, 10,000 steps": (four, signs, poly(2), 10_000, 3.0, 3),
    }
    for name, (x, y, kernel, steps, bound, rounds) in settings.items():
        lr = 0.5 * max_step_size(x, y, kernel)
        ours, alpha = _timed(lambda: svm_solver(x, y, lr, steps, kernel), rounds)  # noqa: B023
        theirs, other = _timed(lambda: textbook(x, y, lr, steps, kernel), rounds)  # noqa: B023
        yield Measure(f"textbook SVM / svm_solver ({name})", theirs / ours, bound, at_least=True)
        difference = ((alpha - other).abs().max() / other.abs().max()).item()
        yield Measure(f"largest relative difference of the two ({name})", difference, 1e-4)
