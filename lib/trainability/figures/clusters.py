"""Draw points of two classes in the plane, with the boundaries of both bias programs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures.linear_classifier import LinearClassifier
from trainability.figures.palette import REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.svm_bias import boundary_line
from trainability.figures.traces import axis, class_points, curve

ALIKE = 0.98  # the penalized program's margin over the free one's
_FAR = np.array([-40.0, 40.0])  # beyond the picture


def two_clusters(
    points: np.ndarray,
    labels: np.ndarray,
    solutions: Mapping[str, LinearClassifier | None],
    *,
    places: tuple[Sequence[float], Sequence[float]],
    setting: str,
) -> dict[str, Any]:
    """Draw points of two classes in the plane, the last one movable, and both boundaries.

    ``meta`` holds ``margin_1``, ``margin_2``, the ``angle`` between the normals in degrees, and
    the ``verdict``: ``"inseparable"``, ``"alike"`` where the penalized margin is more than 98
    percent of the free one, else ``"differ"``.

    Parameters
    ----------
    points : array, shape (n, 2)
        The last is the reader's.
    labels : array, shape (n,)
        1 or -1.
    solutions : mapping of two str to LinearClassifier or None
        Of both programs, by name, None where nothing separates.
    places : pair of sequence of float
        Where the reader's point may be, in either direction: dots that can be clicked.
    setting : str
        Which set.
    """
    yours = class_points(points[-1:], int(labels[-1]), size=16)
    yours |= {"name": f"yours, label {labels[-1]}"}
    yours["marker"] |= {"symbol": "star"}
    lines = [
        boundary_line(*_line(classifier, offset), name, width=1 if offset else 3)
        | {"showlegend": offset == 0}
        for name, classifier in solutions.items()
        for offset in (0.0, -1.0, 1.0)
    ]
    x, y = (part.ravel() for part in np.meshgrid(*places))
    dots = {"size": 3, "color": REFERENCE, "opacity": 0.5, "symbol": "circle"}
    return figure(
        read_clusters(solutions, setting=setting),
        [
            *(class_points(points[:-1][labels[:-1] == label], label, size=12) for label in (1, -1)),
            yours,
            *lines,
            curve(x, y, "places for yours", mode="markers", marker=dots),
        ],
        pick={"set": {"point_x": "x", "point_y": "y"}},
        height=560,
        hovermode="closest",
        xaxis=axis("first feature", range=[-7, 11]),
        yaxis=axis("second feature", range=[-6, 6], scaleanchor="x"),
    )


def read_clusters(solutions: Mapping[str, LinearClassifier | None], *, setting: str) -> Reading:
    """Say whether both programs find the same margin and direction; see :func:`two_clusters`.

    Examples
    --------
    >>> read_clusters({"penalized bias": None, "free bias": None}, setting="yours").verdict
    'inseparable'
    """
    first, second = solutions.values()
    margins = [solution.margin if solution else 0.0 for solution in (first, second)]
    angle, verdict = 0.0, "inseparable"
    title = "No line separates the classes"
    if first and second:
        angle = _angle(first, second)
        verdict = "alike" if margins[0] > ALIKE * margins[1] else "differ"
        title = f"Margins {margins[0]:.2f} and {margins[1]:.2f}"
    return Reading(
        verdict,
        title,
        f"{setting}: margin {margins[0]:.2f} with the penalized bias, {margins[1]:.2f} with the "
        f"free one, normals {angle:.0f}° apart: {verdict}.",
        {
            "margin_1": round(margins[0], 4),
            "margin_2": round(margins[1], 4),
            "angle": round(angle, 2),
        },
    )


def _angle(first: LinearClassifier, second: LinearClassifier) -> float:
    """Return the angle between two normals, in degrees."""
    cosine = float(first.w @ second.w / (first.w.norm() * second.w.norm()))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _line(classifier: LinearClassifier | None, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """Return two far ends of w·x + b = offset, or nan where there is no line."""
    if classifier is None or not float(classifier.w.norm()):
        return np.full(2, np.nan), np.full(2, np.nan)
    w = classifier.w.cpu().numpy()
    foot = (offset - classifier.b) * w / (w @ w)
    along = np.array([-w[1], w[0]]) / np.linalg.norm(w)
    return foot[0] + _FAR * along[0], foot[1] + _FAR * along[1]
