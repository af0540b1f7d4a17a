"""The two programs in closed form, for two points on a line."""

import numpy as np
import torch

from trainability.arguments import checked_nonnegative, checked_number
from trainability.svm_bias.classifier import LinearClassifier, linear_classifier


def two_point_solution(a: float, program: str, bias_feature: float = 1.0) -> LinearClassifier:
    r"""Return the solution in closed form for x = 1 with label 1 and x = -a with label -1.

    Where both constraints are tight, w = 2/(a + 1) and b = (a - 1)/(a + 1). That is the
    solution of ``"explicit"`` always. Of ``"augmented"`` it is where both multipliers,
    (a² - a + 2B²)/(B²(a + 1)²) and (1 + 2B² - a)/(B²(a + 1)²), are positive. For
    a > 1 + 2B² the first point alone decides: (w, u_2) = (1, B)/(1 + B²). Where
    a² - a + 2B² < 0, which takes B² < 1/8, the second does: (w, u_2) = (a, -B)/(a² + B²).

    Parameters
    ----------
    a : float
        Not -1, where the two points are one: between 1e-9 and 1e9 away from it.
    program : str
        ``"augmented"`` or ``"explicit"``.
    bias_feature : float
        B, between 1e-9 and 1e9; ``"explicit"`` has none.

    Returns
    -------
    LinearClassifier
        With d = 1 and n = 2.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> [round(two_point_solution(a, "augmented").margin, 3) for a in (2, 3, 4, 10)]
    [1.5, 2.0, 2.0, 2.0]
    >>> [round(two_point_solution(a, "explicit").margin, 3) for a in (2, 3, 4, 10)]
    [1.5, 2.0, 2.5, 5.5]
    """
    a, constant = checked_number("a", a), checked_nonnegative("bias_feature", bias_feature)
    if program not in ("augmented", "explicit"):
        raise ValueError(f"program={program!r} is unknown; use 'augmented' or 'explicit'")
    if not (1e-9 < abs(a + 1) < 1e9):
        raise ValueError(f"a={a!r}: the points 1 and -a must differ by 1e-9 to 1e9")
    if not (1e-9 < constant < 1e9):
        raise ValueError(f"bias_feature={bias_feature!r} must be between 1e-9 and 1e9")
    points = torch.tensor([[1.0], [-a]], dtype=torch.float64)
    labels = torch.tensor([1.0, -1.0], dtype=torch.float64)
    w, b = 2 / (a + 1), (a - 1) / (a + 1)
    if program == "explicit":
        alpha = np.full(2, w / (a + 1))
        return linear_classifier(points, labels, np.array([w]), alpha, b, penalty=0.0)
    first, second = (
        top / (constant * (a + 1)) ** 2
        for top in (a**2 - a + 2 * constant**2, 1 + 2 * constant**2 - a)
    )
    if second < 0:
        first, second = 1 / (1 + constant**2), 0.0
        w, b = first, constant**2 * first
    elif first < 0:
        first, second = 0.0, 1 / (a**2 + constant**2)
        w, b = a * second, -(constant**2) * second
    alpha = np.array([first, second])
    return linear_classifier(points, labels, np.array([w]), alpha, b, penalty=(b / constant) ** 2)
