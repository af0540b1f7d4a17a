"""Draw the eigenvalues of a product of two matrices, against a wrong bound and a right one."""

import math
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import INK
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve


def two_matrices(
    angles: np.ndarray,
    eigenvalue: np.ndarray,
    radius: np.ndarray,
    *,
    here: float,
    folklore: float,
    norms: float,
    angle: float,
    setting: str,
) -> dict[str, Any]:
    """Draw the eigenvalues of AB as A is turned, against a wrong bound and a right one.

    ``meta`` holds ``eigenvalue``, ``folklore`` and the ``verdict``: ``"broken"``, ``"kept"`` or
    ``"complex"``.

    Parameters
    ----------
    angles : array, shape (T,)
        By how many degrees A is turned.
    eigenvalue, radius : array, shape (T,)
        Largest eigenvalue of AB, NaN where they are not real, and the largest absolute value
        of an eigenvalue.
    here : float
        The largest eigenvalue at ``angle``, NaN where it is not real.
    folklore : float
        λ_max(A) λ_max(B), which does not depend on the angle.
    norms : float
        σ_max(A) σ_max(B).
    angle : float
        Where the reader stands, in degrees.
    setting : str
        What the matrices are, in words.
    """
    flat = np.full(len(angles), 1.0)
    mark = {"size": 13, "symbol": "diamond", "line": {"color": INK, "width": 1}}
    curves = [
        (eigenvalue, "largest eigenvalue of AB", {"dash": "solid", "width": 4}),
        (radius, "largest |eigenvalue| of AB", {"dash": "dot", "width": 2}),
        (folklore * flat, "folklore: λ_max(A) λ_max(B)", {"dash": "dash", "width": 2}),
        (norms * flat, "right: ‖A‖ ‖B‖", {"dash": "dashdot", "width": 2}),
    ]
    return figure(
        read_bound(here, folklore=folklore, angle=angle, setting=setting),
        [
            *(curve(angles, y, name, line=look) for y, name, look in curves),
            curve([angle], [here], "here", mode="markers", marker=mark, showlegend=False),
        ],
        pick={"set": {"angle": "x"}},
        hovermode="x",
        xaxis=axis("A turned by (degrees)"),
        yaxis=axis("eigenvalues and bounds"),
    )


def read_bound(here: float, *, folklore: float, angle: float, setting: str) -> Reading:
    """Say whether the largest eigenvalue of AB keeps to the product of the largest ones.

    The arguments are those of :func:`two_matrices`.

    Examples
    --------
    >>> bound = {"folklore": 2.0, "angle": 45.0, "setting": ""}
    >>> [read_bound(here, **bound).verdict for here in (1.9, 2.1, math.nan)]
    ['kept', 'broken', 'complex']
    """
    verdict = "complex" if math.isnan(here) else "kept"
    verdict = "broken" if here > folklore + 1e-9 else verdict
    product, bound = two_digits(here), two_digits(folklore)
    title, story = {
        "complex": (
            f"Turned by {angle:.3g}°: the eigenvalues of AB are complex",
            "the eigenvalues of AB are not real",
        ),
        "kept": (
            f"{product} is at most {bound}: kept, here",
            f"the largest eigenvalue of AB is {product}, at most {bound}",
        ),
        "broken": (
            f"{product} is more than {bound}: the folklore bound is broken",
            f"the largest eigenvalue of AB is {product}, more than {bound}",
        ),
    }[verdict]
    sentence = f"{setting}, turned by {angle:.3g}°: {story}: {verdict}."
    return Reading(
        verdict, title, sentence, {"eigenvalue": rounded(here), "folklore": rounded(folklore)}
    )
