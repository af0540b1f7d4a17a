"""Kernel matrices of points, and the step sizes that they allow."""

import inspect
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from trainability.svm.kernels import Kernel
from trainability.svm.points import checked_points

# As many numbers as a broadcast kernel may make at once; they fit into a cache.
AT_ONCE = 2**16
# So few pairs are not worth the trouble of batching a reader's kernel.
FEW_PAIRS = 100
# Up to here all eigenvalues are found in no time.
FEW = 500
_NEGATIVE = 1e-5  # of the largest eigenvalue: what rounding may leave below 0
# Up to here a second thread costs more, in waiting for it, than it saves.
SMALL = 1000


@contextmanager
def few_threads(*sets: Tensor) -> Iterator[None]:
    """Let torch use one thread within, where the matrices of these sets of points are small."""
    points = max(len(one) if isinstance(one, Tensor) and one.ndim else 0 for one in sets)
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if points <= SMALL else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def gram_matrix(a: Tensor, b: Tensor, kernel: Kernel, given: torch.dtype) -> Tensor:
    """Return K(a_i, b_j), shape (len(a), len(b)), in the type of ``a``."""
    if not callable(kernel):
        raise TypeError(f"kernel must be callable, not {type(kernel).__name__}")
    _check_takes_two(kernel)
    gram = _filled(a, b, kernel, given)
    if not torch.isfinite(gram).all():
        raise ValueError("kernel returned inf or nan; scale the points")
    return gram


def _filled(a: Tensor, b: Tensor, kernel: Kernel, given: torch.dtype) -> Tensor:
    matrix: Kernel | None = getattr(kernel, "matrix", None)
    if matrix is not None and len(a) * len(b) > AT_ONCE:
        gram = matrix(a, b)
    elif getattr(kernel, "broadcasts", False):
        rows = max(1, AT_ONCE // max(1, b.numel()))
        gram = torch.cat([kernel(part[:, None], b[None]) for part in a.split(rows)])
    else:
        # A reader's own kernel knows two points, in the reader's own type.
        own = given if given.is_floating_point else a.dtype
        batched = _batched(a.to(own), b.to(own), kernel)
        gram = _one_by_one(a, b, kernel, own) if batched is None else batched
    return gram.detach().to(a)


def _one_by_one(a: Tensor, b: Tensor, kernel: Kernel, own: torch.dtype) -> Tensor:
    pairs = [[_entry(kernel(p, q)) for q in b.to(own)] for p in a.to(own)]
    rows = [torch.stack([entry.reshape(()).to(a) for entry in row]) for row in pairs]
    return torch.stack(rows) if rows else a.new_empty(0, len(b))


def _batched(a: Tensor, b: Tensor, kernel: Kernel) -> Tensor | None:
    """Call a kernel of two points for all pairs at once; None where it must be called for each."""
    if len(a) * len(b) <= FEW_PAIRS:
        return None
    of_all = torch.vmap(torch.vmap(kernel, in_dims=(None, 0)), in_dims=(0, None))
    rows = max(1, AT_ONCE // max(1, b.numel()))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gram = torch.cat([of_all(part.clone(), b.clone()) for part in a.split(rows)])
        places = [(0, 0), (0, len(b) - 1), (len(a) - 1, 0), (len(a) // 2, len(b) // 3)]
        seen = torch.stack([gram[i, j] for i, j in places])
        alone = torch.stack([kernel(a[i].clone(), b[j].clone()) for i, j in places])
        torch.testing.assert_close(seen, alone)
    except Exception:  # of any kind: the pairs, one by one, will show the reader
        return None
    return gram if gram.shape == (len(a), len(b)) and not gram.is_complex() else None


def _check_takes_two(kernel: Kernel) -> None:
    try:
        inspect.signature(kernel).bind(None, None)
    except TypeError:
        name = getattr(kernel, "__name__", type(kernel).__name__)
        raise TypeError(
            f"kernel={name} does not take two points; poly and rbf make a kernel when called, "
            "as in poly(2) or rbf(1.0)"
        ) from None
    except ValueError:  # a builtin without a signature
        return


def _entry(value: object) -> Tensor:
    try:
        entry = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        message = (
            f"kernel returned {type(value).__name__}; it must return one number for two points"
        )
        raise TypeError(message) from None
    if entry.is_complex():
        raise TypeError(f"kernel must return real numbers, not {entry.dtype}")
    if entry.numel() != 1:
        raise ValueError("kernel must return one number for two points")
    return entry


def signed_gram(x: Tensor, y: Tensor, kernel: Kernel) -> Tensor:
    """Return Q_ij = y_i y_j K(x_i, x_j), shape (n, n), of labeled points."""
    points, labels = checked_points(x, y, ("x_train", "y_train"))
    gram = gram_matrix(points, points, kernel, x.dtype)
    if (gram - gram.T).abs().max() > 1e-5 * gram.abs().max():
        raise ValueError("kernel is not symmetric: K(x, x') must be K(x', x)")
    return labels[:, None] * ((gram + gram.T) / 2) * labels


def _spectrum_end(q: Tensor) -> tuple[float, bool]:
    """Return λ_max, and whether no eigenvalue is far below 0, beside the largest size of one."""
    if len(q) > FEW and q.device.type == "cpu":
        # A few products find the end; a factorization, a tenth of all eigenvalues' cost, the rest.
        begin = torch.cos(torch.arange(len(q), dtype=q.dtype))[:, None]  # the same each time
        values, _ = torch.lobpcg(q, k=1, X=begin, largest=True, niter=300, tol=1e-12)
        if (largest := values[0].item()) > 0:
            lifted = q + _NEGATIVE * largest * torch.eye(len(q), dtype=q.dtype)
            return largest, torch.linalg.cholesky_ex(lifted).info.item() == 0
    eigenvalues = torch.linalg.eigvalsh(q)
    smallest, largest = eigenvalues[0].item(), eigenvalues[-1].item()
    return largest, smallest >= -_NEGATIVE * max(abs(largest), abs(smallest))


def largest_step(q: Tensor) -> float:
    """Return 2/λ_max(Q), inf if that is not positive; warn if Q is not semidefinite."""
    largest, semidefinite = _spectrum_end(q)
    if not semidefinite:
        warnings.warn(
            "the kernel is not positive semidefinite on these points; the dual is not convex",
            RuntimeWarning,
            stacklevel=4,
        )
    return 2 / largest if largest > 0 else math.inf
