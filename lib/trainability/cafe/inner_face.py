"""How much of the weight images lies on brows, eyes, nose and mouth."""

import numpy as np

INNER = (100, 300, 40, 200)  # rows, columns of the 380 by 240 pixels


def outside_inner_face(shape: tuple[int, int]) -> np.ndarray:
    """Return True for the pixels of a pooled face whose middle lies outside the inner face.

    Examples
    --------
    >>> int(outside_inner_face((19, 12)).sum())  # of 228
    148
    """
    rows = (np.arange(shape[0]) + 0.5) * 380 / shape[0]
    columns = (np.arange(shape[1]) + 0.5) * 240 / shape[1]
    top, bottom, left, right = INNER
    inner = ((rows > top) & (rows < bottom))[:, None] & ((columns > left) & (columns < right))
    return ~inner


def energy_outside(weights: np.ndarray) -> np.ndarray:
    """Return the share of Σw² that lies outside the inner face.

    The mean of the six images is taken off first: it moves all logits alike.

    Parameters
    ----------
    weights : array, shape (..., 6, h, w)

    Returns
    -------
    array, shape (...)

    Examples
    --------
    Weights that use every pixel alike have most of their energy outside:

    >>> alike = np.linspace(-1, 1, 6)[:, None, None] * np.ones((38, 24))
    >>> energy_outside(alike).round(2), outside_inner_face((38, 24)).mean().round(2)
    (np.float64(0.65), np.float64(0.65))
    """
    centered = np.asarray(weights, dtype=float)
    centered = centered - centered.mean(axis=-3, keepdims=True)
    energy = (centered**2).sum(axis=-3)
    outside = outside_inner_face(energy.shape[-2:])
    share: np.ndarray = energy[..., outside].sum(axis=-1) / energy.sum(axis=(-1, -2))
    return share
