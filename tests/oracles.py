"""Independent ways to the results of support vector machines, and data for them."""

import clarabel
import numpy as np
import torch
from scipy import sparse


def signed_gram(x, y, kernel):
    """Pair by pair, in plain Python."""
    pairs = [[float(kernel(p, q)) for q in x.double()] for p in x.double()]
    return np.outer(y, y) * np.array(pairs)


def box_minimum(q, c=None):
    """Minimize ½αQα - Σα over the box with another solver."""
    n = len(q)
    rows = [-np.eye(n)] + ([np.eye(n)] if c is not None else [])
    limits = np.concatenate([np.zeros(n)] + ([np.full(n, c)] if c is not None else []))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    found = clarabel.DefaultSolver(
        sparse.csc_matrix(q),
        -np.ones(n),
        sparse.csc_matrix(np.vstack(rows)),
        limits,
        [clarabel.NonnegativeConeT(len(limits))],
        settings,
    ).solve()
    return np.array(found.x)


def separable(seed):
    """Two classes with a gap; every third set badly scaled, every third shifted."""
    rng = np.random.default_rng(seed)
    d, n = int(rng.integers(1, 21)), int(rng.integers(2, 201))
    normal = rng.normal(size=d)
    normal /= np.linalg.norm(normal)
    X = rng.normal(size=(n, d))
    along = X @ normal
    y = np.where(along > np.median(along), 1.0, -1.0)
    y[:2] = 1, -1
    X += np.outer(y * (np.abs(along).max() + 10 ** rng.uniform(-3, 0.5)) - along, normal)
    if seed % 3 == 1:
        X *= 10 ** rng.uniform(-2, 2, size=d)
    if seed % 3 == 2:
        X += 10 * rng.normal(size=d)
    return X, y


def two_points(a, d=1, shift=0.0):
    X = torch.zeros(2, d, dtype=torch.float64)
    X[:, 0] = torch.tensor([1.0, -a], dtype=torch.float64) + shift
    return X
