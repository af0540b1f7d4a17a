"""The shortest vector that has at least unit product with every point of a set."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import numpy as np
from scipy.optimize import nnls

# Beyond these, relative to the size of the data, a margin is not told from none.
_SMALLEST_MARGIN, _VIOLATION = 1e-12, 1e-11
Name = TypeVar("Name", bound=Hashable)


class InseparableError(ValueError):
    """Nothing separates the classes, or so it seems in floating point."""

    def __init__(self) -> None:
        super().__init__("no hyperplane separates the classes, up to rounding; use separable data")


def shortest_vector(
    point: Callable[[Name], np.ndarray],
    worst: Callable[[np.ndarray], list[tuple[Name, float]]],
    start: Name,
) -> tuple[np.ndarray, dict[Name, float]]:
    """Return the shortest z with p·z ≥ 1 for all points p, and its multipliers by name.

    ``worst(z)`` names points with small p·z, the smallest first, and tells them. Of these the
    ones below 1 are taken in, several at once, until none is.
    """
    names, chosen = [start], point(start)[None]
    while True:
        z, multipliers = _shortest(chosen)
        found = worst(z)
        fresh = [name for name, value in found if value < 1 - _VIOLATION and name not in names]
        if not fresh:
            if found[0][1] < 1 - 1e-7:
                raise InseparableError
            return z, {n: m for n, m in zip(names, multipliers, strict=True) if m > 0}
        names += fresh
        chosen = np.vstack([chosen, *map(point, fresh)])


def _shortest(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shortest z with points @ z ≥ 1, shape (d,), and multipliers, shape (k,).

    Least distance programming (Lawson and Hanson 1974, chapter 23): with m ≥ 0 nearest to
    (0, 1) in the cone of the columns (p, h), z is proportional to the sum of m_i p_i.
    """
    scale = np.linalg.norm(points, axis=1).max()
    height = 1.0
    while scale > 0 and height > _SMALLEST_MARGIN:
        columns = np.vstack([points.T / scale, np.full(len(points), height)])
        target = np.zeros(len(columns))
        target[-1] = 1.0
        multipliers, _ = nnls(columns, target)
        left = 1 - height * multipliers.sum()  # 1 / (1 + ‖z‖²), in units where z has height
        if left > 0.1:
            return _polished(points, np.flatnonzero(multipliers))
        height *= max(left, 1e-4) ** 0.5
    raise InseparableError


def _polished(points: np.ndarray, tight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve for the tight points alone, which is a linear system."""
    z = np.linalg.lstsq(points[tight], np.ones(len(tight)), rcond=None)[0]
    multipliers = np.zeros(len(points))
    size = np.linalg.norm(z)
    scale = np.linalg.norm(points, axis=1).max()
    multipliers[tight] = nnls(points[tight].T / scale, z / size)[0] * (size / scale)
    return z, multipliers
