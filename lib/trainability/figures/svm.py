"""Draw the score of a kernel SVM over the plane, and the duality gap along the steps."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import OUTPUT
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, class_points, curve, marked_line

SHOWN = 3.0  # scores beyond are drawn as these


class Progress(NamedTuple):
    """Where a solver stands after some steps.

    Attributes
    ----------
    counts : sequence of int
        T counts of steps.
    gaps : array, shape (T,)
        Duality gap after each, inf where nothing is known.
    steps : int
        How many were taken; one of ``counts``.
    dual : float
        The dual value now, Σα - ½αQα.
    share : float
        The step size in units of 2/λ_max(Q).
    verdict : str
        What :func:`trainability.svm.judge_gaps` says of the gaps up to here.
    """

    counts: Sequence[int]
    gaps: np.ndarray
    steps: int
    dual: float
    share: float
    verdict: str

    @property
    def gap(self) -> float:
        """The duality gap now."""
        return float(self.gaps[list(self.counts).index(self.steps)])


def contour(
    x: np.ndarray,
    scores: np.ndarray,
    points: np.ndarray,
    labels: np.ndarray,
    alpha: np.ndarray,
    *,
    progress: Progress,
    setting: str,
) -> dict[str, Any]:
    """Draw the scores over the plane, and the duality gap along the steps.

    ``meta`` holds ``dual``, ``gap``, ``share``, ``largest`` (the largest α) and the
    ``verdict``: ``"converged"``, ``"still falling"``, ``"cycles"`` or ``"diverges"``.

    Parameters
    ----------
    x : array, shape (K,)
        Places of the grid, the same in both directions.
    scores : array, shape (K, K)
        f there; rows are the second feature.
    points : array, shape (n, 2)
    labels : array, shape (n,)
        1 or -1.
    alpha : array, shape (n,)
        Where the solver stands; points with a positive one are marked.
    progress : Progress
        Gaps, steps and verdict.
    setting : str
        Kernel, C and step size, in words.
    """
    held = alpha > 1e-6 * max(alpha.max(), 1e-300)
    # As logarithms on a plain axis, so that one precision serves both panels.
    decades = np.array([_decade(value) for value in progress.gaps])
    below = {"showlegend": False, **LOWER_PANEL}
    gaps = marked_line(list(progress.counts), decades, "duality gap", 0) | {"mode": "lines"}
    here = curve([progress.steps], [_decade(progress.gap)], "here", mode="markers", **below)
    features = {"range": [-5, 5]}
    return figure(
        read_progress(progress, largest=float(alpha.max()), setting=setting),
        [
            _score_levels(x, scores),
            *(
                class_points(points[at], label, size=13, ring=np.where(held[at], 3, 1))
                for label, at in ((1, labels == 1), (-1, labels == -1))
            ),
            gaps | below,
            here | {"marker": {"size": 12, "symbol": "diamond"}},
        ],
        height=760,
        xaxis=axis("first feature", **features),
        yaxis=axis("second feature", domain=[0.42, 1], **features)
        | {"scaleanchor": "x", "constrain": "domain"},
        xaxis2=axis("step", type="log", anchor="y2", dtick=1),
        yaxis2=axis("duality gap", domain=[0, 0.27], anchor="x2", range=[-9.5, 3.5])
        | {"tickvals": [-9, -6, -3, 0, 3], "ticktext": ["10⁻⁹", "10⁻⁶", "10⁻³", "1", "10³"]},
    )


def read_progress(progress: Progress, *, largest: float, setting: str) -> Reading:
    """Say how far a solver has come.

    Parameters
    ----------
    progress : Progress
        Gaps, steps and verdict.
    largest : float
        The largest α.
    setting : str
        As for :func:`contour`.

    Examples
    --------
    >>> now = Progress([10], np.array([2.0]), 10, dual=0.5, share=1.4, verdict="cycles")
    >>> read_progress(now, largest=0.1, setting="poly 2").title
    'It cycles: the step is 1.4 times what is safe'
    """
    steps, share, verdict = progress.steps, progress.share, progress.verdict
    title = {
        "converged": f"Converged, gap below 0.01%: the largest α is {largest:.3g}",
        "still falling": f"Still falling after {steps} steps: α up to {largest:.3g}",
        "cycles": f"It cycles: the step is {share:.2g} times what is safe",
        "diverges": f"It diverges: the step is {share:.2g} times what is safe",
    }[verdict]
    gap = two_digits(progress.gap) if math.isfinite(progress.gap) else "unknown"
    return Reading(
        verdict,
        title,
        f"{setting}: after {steps} steps the largest α is {largest:.3g}, the dual value "
        f"{progress.dual:.4g}, the gap {gap}; the step is {share:.2g} of 2/λ_max: {verdict}.",
        {
            "dual": rounded(progress.dual, 4),
            "gap": rounded(progress.gap) if math.isfinite(progress.gap) else math.inf,
            "share": rounded(share),
            "largest": rounded(largest, 4),
        },
    )


def _score_levels(x: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    bar = {"title": {"text": "f(x)"}, "len": 0.55, "y": 0.72, "thickness": 12}
    return {
        "type": "contour",
        "x": x,
        "y": x,
        "z": np.clip(scores, -SHOWN, SHOWN),
        "colorscale": OUTPUT,
        "zmin": -SHOWN,
        "zmax": SHOWN,
        "contours": {"start": -SHOWN, "end": SHOWN, "size": 0.5},
        "name": "score",
        "colorbar": bar,
    }


def _decade(value: float) -> float:
    return math.log10(value) if 1e-14 < value < math.inf else math.nan
