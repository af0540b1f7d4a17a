"""A linear classifier with a bias, and what the program that it solves says of it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trainability.svm_bias.least_distance import InseparableError

# By how much a product y(w·x + b) may fail to be 1.
TOLERANCE = 1e-7


@dataclass(frozen=True)
class LinearClassifier:
    """A separating boundary w·x + b = 0, with what its program says of it.

    Attributes
    ----------
    w : Tensor, shape (d,), float64, where the points are
        Normal of the boundary, scaled so that the nearest points have y(w·x + b) = 1.
    alpha : Tensor, shape (n,), float64, where the points are
        Dual variables, not negative: w is the sum of alpha_i y_i x_i.
    b : float
        The effective bias.
    objective : float
        ½‖w‖², and ½(b/B)² more where the bias is a weight on an appended constant B.
    margin : float
        Distance of the boundary from the nearest point, in R^d; inf where w is 0, which
        takes one class alone, around the origin.
    """

    w: Tensor
    alpha: Tensor
    b: float
    objective: float
    margin: float


def linear_classifier(
    points: Tensor,
    labels: Tensor,
    w: np.ndarray,
    alpha: np.ndarray,
    b: float,
    *,
    penalty: float,
) -> LinearClassifier:
    """Return the classifier of a program's solution, once its constraints are seen to hold.

    Parameters
    ----------
    points, labels : Tensor, shapes (n, d) and (n,), float64
        Labels are 1 or -1.
    w, alpha : array, shapes (d,) and (n,)
        The solution and its dual variables.
    b : float
        The effective bias.
    penalty : float
        What the bias adds to ‖w‖² in the objective.

    Raises
    ------
    InseparableError
        Where a point has y(w·x + b) < 1.
    """
    length = float(np.linalg.norm(w))
    normal = torch.from_numpy(w).to(points.device)
    nearest = (labels * (points @ normal + b)).min().item()
    if nearest < 1 - TOLERANCE:
        raise InseparableError
    return LinearClassifier(
        w=normal,
        alpha=torch.from_numpy(alpha).to(points.device),
        b=float(b),
        objective=float(0.5 * (w @ w + penalty)),
        margin=nearest / length if length else float("inf"),
    )
