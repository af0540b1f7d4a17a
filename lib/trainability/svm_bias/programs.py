"""Hard-margin SVMs with a bias, in the two ways that it is written: penalized or free."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from trainability.arguments import checked_nonnegative
from trainability.svm.points import checked_points
from trainability.svm_bias.classifier import TOLERANCE, LinearClassifier, linear_classifier
from trainability.svm_bias.least_distance import InseparableError, shortest_vector

# A constant so large against the data leaves nothing of them in float64.
_LARGEST_BIAS_FEATURE = 1e8
# So many points are taken in at once; fewer take more rounds, more make each of them slower.
_AT_ONCE = 32
# The squares of sizes between one over this and this are floats.
_LARGEST_SIZE = 1e152


def solve_augmented(X: Tensor, y: Tensor, bias_feature: float = 1.0) -> LinearClassifier:
    r"""Minimize ½‖u‖² subject to y_i u·(x_i, B) ≥ 1: the bias is a weight, and penalized.

    Parameters
    ----------
    X : Tensor, shape (n, d)
        Points. Computed in float64 where they are, on the CPU for MPS; not changed.
    y : Tensor, shape (n,)
        Labels, 1 or -1; one class alone will do.
    bias_feature : float
        B, the appended constant, positive, and at most 1e8 times as large as the largest
        feature. As it grows the bias becomes free.

    Returns
    -------
    LinearClassifier
        With ``b`` = B·u_{d+1}. The solution is unique.

    Raises
    ------
    TypeError, ValueError
        For shapes, labels or numbers that are not as above, features whose squares are
        beyond floats, data that no hyperplane separates, or that lie so far from the
        origin that rounding hides whether one does.

    Examples
    --------
    Two points on a line, at 1 and at -4. The boundary stays at -1:

    >>> X, y = torch.tensor([[1.0], [-4.0]]), torch.tensor([1, -1])
    >>> classifier = solve_augmented(X, y)
    >>> round(classifier.w.item(), 6), round(classifier.b, 6), round(classifier.margin, 6)
    (0.5, 0.5, 2.0)
    """
    points, labels = _points(X, y)
    B = checked_nonnegative("bias_feature", bias_feature)
    if B == 0:
        raise ValueError("bias_feature is 0, so there is no bias; use a positive constant")
    size = _checked_size(points.abs().max().item() or B)
    if _LARGEST_BIAS_FEATURE * size < B:
        raise ValueError(
            f"bias_feature={B:g} dwarfs the data, of size {size:g}; solve_explicit has a free bias"
        )
    lifted = torch.column_stack([points / size, torch.full_like(labels, B / size)])
    signed = labels[:, None] * lifted

    def worst(u: np.ndarray) -> list[tuple[int, float]]:
        [least] = _extremes(signed @ torch.from_numpy(u).to(signed.device))
        return [(index, value) for value, index in least]

    with _explained(points, labels):
        u, multipliers = shortest_vector(lambda index: _row(signed, index), worst, start=0)
        alpha = np.zeros(len(points))
        for index, multiplier in multipliers.items():
            alpha[index] = multiplier / size**2
        u = u / size
        if (labels == labels[0]).all():
            # Around the origin w = Σ alpha_i y_i x_i cancels, up to the violations that are left.
            terms = torch.from_numpy(alpha).to(points)[:, None] * points
            blur = min(1e-11 * max(1.0, B / size) ** 2, 1e-3)
            left = np.linalg.norm(u[:-1]) * points.norm(dim=1).max().item()
            cancels = terms.sum(dim=0).norm() <= blur * terms.norm(dim=1).sum()
            if cancels or left <= 1e-13 * abs(B * u[-1]):
                u[:-1] = 0.0
        return linear_classifier(points, labels, u[:-1], alpha, B * u[-1], penalty=u[-1] ** 2)


def solve_explicit(X: Tensor, y: Tensor) -> LinearClassifier:
    r"""Minimize ½‖v‖² subject to y_i (v·x_i + b) ≥ 1: the bias is free.

    Parameters
    ----------
    X : Tensor, shape (n, d)
        Points. Computed in float64 where they are, on the CPU for MPS; not changed.
    y : Tensor, shape (n,)
        Labels, 1 or -1, both of them present.

    Returns
    -------
    LinearClassifier
        The boundary with the largest margin in R^d. The solution is unique.

    Raises
    ------
    TypeError, ValueError
        As for :func:`solve_augmented`, and for one class alone, which leaves b undetermined.

    Notes
    -----
    Some b fits v exactly if v·(x_i - x_j) ≥ 2 for every pair of a positive and a negative
    point. So v is the shortest vector with that property. Of the pairs only those are
    looked at which some candidate v violates most.

    Examples
    --------
    Two points on a line, at 1 and at -4. The boundary lies halfway:

    >>> X, y = torch.tensor([[1.0], [-4.0]]), torch.tensor([1, -1])
    >>> classifier = solve_explicit(X, y)
    >>> round(classifier.w.item(), 6), round(classifier.b, 6), round(classifier.margin, 6)
    (0.4, 0.6, 2.5)
    """
    points, labels = _points(X, y)
    positive, negative = labels > 0, labels < 0
    if positive.all() or negative.all():
        raise ValueError("y holds one class alone, and any large enough b fits; add the other")
    _checked_size(points.abs().max().item() or 1.0)
    center = points.mean(dim=0)
    size = _checked_size((points - center).abs().max().item() or 1.0)
    centered = (points - center) / size

    def nearest(v: np.ndarray) -> list[list[tuple[float, int]]]:
        """Return the least products of positive points, the greatest of negative, and places."""
        values = centered @ torch.from_numpy(v).to(centered.device)
        least = values.masked_fill(negative, torch.inf)
        return _extremes(least, (-values).masked_fill(positive, torch.inf))

    def worst(v: np.ndarray) -> list[tuple[tuple[int, int], float]]:
        ranks = [
            [each if each[0] < torch.inf else part[0] for each in part] for part in nearest(v)
        ]  # of each class; where it has no more, the first again
        pairs = zip(*ranks, strict=True)
        return [((i, j), (least + greatest) / 2) for (least, i), (greatest, j) in pairs]

    (_, first), (_, second) = (part[0] for part in nearest(np.zeros(points.shape[1])))
    with _explained(points, labels):
        v, multipliers = shortest_vector(
            lambda pair: (_row(centered, pair[0]) - _row(centered, pair[1])) / 2,
            worst,
            start=(first, second),
        )
        alpha = np.zeros(len(points))
        for (i, j), multiplier in multipliers.items():
            alpha[i] += multiplier / 2 / size**2
            alpha[j] += multiplier / 2 / size**2
        (least, _), (greatest, _) = (part[0] for part in nearest(v))
        v = v / size
        if _rounding(points, v) > TOLERANCE:  # b would be right by chance alone
            raise InseparableError
        b = -(least - greatest) / 2 - v @ center.cpu().numpy()
        return linear_classifier(points, labels, v, alpha, float(b), penalty=0.0)


def _rounding(points: Tensor, w: np.ndarray) -> float:
    """Bound what rounding may add to the products of the points with w."""
    largest = points.abs() @ torch.from_numpy(np.abs(w)).to(points.device)
    return torch.finfo(points.dtype).eps * largest.max().item()


def _checked_size(size: float) -> float:
    if not 1 / _LARGEST_SIZE < size < _LARGEST_SIZE:
        raise ValueError(
            f"X has entries of size {size:.2g}, whose squares are no floats; rescale X, for "
            "instance by its largest entry"
        )
    return size


@contextmanager
def _explained(points: Tensor, labels: Tensor) -> Iterator[None]:
    """Tell data that nothing separates from data that only rounding keeps together."""
    try:
        yield
    except InseparableError:
        center = points.mean(dim=0)
        near = points - center
        if center.abs().max() > 1000 * near.abs().max():
            solve_explicit(near, labels)
            raise ValueError(
                "X lies too far from the origin for double precision; center its features, as "
                "in X - X.mean(dim=0)"
            ) from None
        raise


def _row(points: Tensor, index: int) -> np.ndarray:
    return points[index].cpu().numpy()


def _extremes(*sets: Tensor) -> list[list[tuple[float, int]]]:
    """Return the least values of each set and their places, brought to the host at once."""
    count = min(_AT_ONCE, len(sets[0]))
    found = [part.double() for values in sets for part in values.topk(count, largest=False)]
    flat = torch.stack(found).tolist()
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return [[(v, int(at)) for v, at in zip(*pair, strict=True)] for pair in pairs]


def _points(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    points, labels = checked_points(X, y, ("X", "y"))
    place = "cpu" if points.device.type == "mps" else points.device  # MPS has no float64
    return points.to(place).double(), labels.to(place).double()
