"""Draw the iterates of projected gradient descent on the dual of an SVM."""

from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve, marked_line


def iterates(
    steps: np.ndarray, alpha: np.ndarray, *, limit: float, share: float, verdict: str, setting: str
) -> dict[str, Any]:
    """Draw the entries of α step by step, cut off at 40 times the limit.

    ``meta`` holds ``miss``, the largest distance of the last two iterates from the limit,
    ``share`` and the ``verdict``.

    Parameters
    ----------
    steps : array, shape (T,)
    alpha : array, shape (T, n)
        The iterates.
    limit : float
        The optimum, the same in all entries.
    share : float
        The step size in units of 2/λ_max(Q).
    verdict : str
        What :func:`trainability.svm.judge_iterates` says of them.
    setting : str
        Kernel, start and step size, in words.
    """
    top = float(min(alpha.max() * 1.05, 40 * limit))
    optimum = curve(steps[[0, -1]], [limit, limit], "optimum")
    entries = [
        marked_line(steps, np.minimum(entry, 2 * top), f"α_{index + 1}", index)
        for index, entry in enumerate(alpha.T)
    ]
    return figure(
        read_iterates(
            alpha, last=int(steps[-1]), limit=limit, share=share, verdict=verdict, setting=setting
        ),
        [*entries, optimum | {"line": {"width": 1, "color": REFERENCE}}],
        xaxis=axis("step"),
        yaxis=axis("entries of α", range=[0, top]),
    )


def read_iterates(
    alpha: np.ndarray, *, last: int, limit: float, share: float, verdict: str, setting: str
) -> Reading:
    """Say how far the last iterates are from the optimum.

    Parameters
    ----------
    alpha, limit, share, verdict, setting
        As for :func:`iterates`.
    last : int
        The count of steps after which the last iterate stands.

    Examples
    --------
    >>> step = {"last": 60, "limit": 0.1, "share": 0.9, "verdict": "slow", "setting": "poly 2"}
    >>> read_iterates(np.full((2, 4), 0.05), **step).title
    'Still 0.05 away after 60 steps'
    """
    miss, near = float(np.abs(alpha[-2:] - limit).max()), f"Within 2% of {limit:.3g}"
    title = {
        "converges": f"{near}: it converges",
        "converges, so far": f"{near}, so far: the step is not safe",
        "cycles": "Cycles between two points, forever",
        "diverges": f"Diverges: α up to {two_digits(alpha[-2:].max())} after {last} steps",
        "unsettled": f"Unsettled: {miss:.2g} away after {last} steps",
        "slow": f"Still {miss:.2g} away after {last} steps",
    }[verdict]
    return Reading(
        verdict,
        title,
        f"{setting}, {share:.2g} of 2/λ_max: the last iterates are up to {two_digits(miss)} from "
        f"the optimum: {verdict}.",
        {"miss": rounded(miss), "share": rounded(share)},
    )
