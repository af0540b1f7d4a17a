"""The SVM solvers against the textbook's loop, scikit-learn, and the products they cannot avoid."""

import time
from collections.abc import Callable, Iterator

import torch
from sklearn.svm import SVC
from torch import Tensor

from benchmarks.measures import Measure
from trainability.svm import Kernel, max_step_size, poly, rbf, svm_solver, xor_data
from trainability.svm_bias import solve_explicit

# A step reads the whole matrix once, and no machine does that in less than a product's time.
STEPS = 300


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
    yield from _against_the_limit()
    yield from _against_scikit_learn()


def _against_the_limit() -> Iterator[Measure]:
    """Yield what 2,000 points cost beside products with their matrix, and all its eigenvalues."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2000, 10, generator=generator).double()
    y, kernel = x[:, 0].sign(), rbf(2.0)
    q = y[:, None] * kernel(x[:, None], x[None]) * y
    alpha = torch.rand(2000, generator=generator).double()

    def products() -> Tensor:
        for _ in range(STEPS):
            out = q @ alpha
        return out

    lr = 0.9 * max_step_size(x, y, kernel)
    setting_up, _ = _timed(lambda: svm_solver(x, y, lr, 1, kernel, 1.0), 2)
    ours, _ = _timed(lambda: svm_solver(x, y, lr, STEPS + 1, kernel, 1.0), 2)
    limit, _ = _timed(products, 2)
    name = f"svm_solver, 2,000 points / {STEPS} products with their matrix"
    yield Measure(name, (ours - setting_up) / limit, 1.6)
    largest, _ = _timed(lambda: torch.tensor(max_step_size(x, y, kernel)), 2)
    everything, _ = _timed(lambda: torch.linalg.eigvalsh(q), 2)
    yield Measure("max_step_size, 2,000 points / all eigenvalues", largest / everything, 1.0)


def _against_scikit_learn() -> Iterator[Measure]:
    """Yield the time of hard margins beside an SVC of a high price, to the same margin."""
    for points, features in ((2000, 150), (5000, 50)):
        generator = torch.Generator().manual_seed(0)
        normal = torch.randn(features, generator=generator).double()
        x = torch.randn(points, features, generator=generator).double()
        y = (x @ normal).sign()
        x = x + 0.5 * y[:, None] * normal / normal.norm()
        machine = SVC(kernel="linear", C=1e10, tol=1e-6, cache_size=1000)
        ours, margin = _timed(lambda: torch.tensor(solve_explicit(x, y).margin), 2)  # noqa: B023
        theirs, w = _timed(lambda: torch.tensor(machine.fit(x, y).coef_), 2)  # noqa: B023
        name = f"solve_explicit / SVC ({points:,} points, {features} features)"
        yield Measure(name, ours / theirs, 1.5)
        yield Measure(
            f"difference of their margins ({points:,})", abs(margin * w.norm() - 1).item(), 1e-4
        )
