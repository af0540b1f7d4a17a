"""Draw the accuracy of our SVM beside a library's, against the width of the kernel."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures.palette import MEASURED
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, curve, marked_line

DIFFERS, UNDERFITS = 0.05, 0.9  # held-out accuracies; accuracy in training


def against_library(
    sigmas: np.ndarray,
    curves: Mapping[str, np.ndarray],
    ours: np.ndarray,
    theirs: np.ndarray,
    *,
    at: int,
    setting: str,
) -> dict[str, Any]:
    """Draw accuracy against the width of the kernel, and the scores of two SVMs.

    ``meta`` holds ``ours`` and ``svc``, the accuracies there, ``agree``, the share of equal
    predictions, and the ``verdict``: ``"part"`` where the two differ by more than 5 points on
    held-out examples, else ``"underfits"`` below 90 percent in training, else ``"alike"``.

    Parameters
    ----------
    sigmas : array, shape (S,)
        Widths of the kernel.
    curves : dict of str to array, shape (S,)
        Shares of right answers by name; ``"ours, held out"`` and ``"SVC, held out"`` among them.
    ours, theirs : array, shape (m,)
        Scores of the examples held out.
    at : int
        Which width they belong to.
    setting : str
        What else was set.
    """
    lines = [
        marked_line(sigmas, 100 * values, name, index) | {"mode": "lines"}
        for index, (name, values) in enumerate(curves.items())
    ]
    mine = [100 * float(curves["ours, held out"][at])]
    here = {"size": 12, "symbol": "diamond"}
    scores = curve(theirs, ours, "examples held out", mode="markers", showlegend=False)
    return figure(
        read_accuracy(sigmas, curves, ours, theirs, at=at, setting=setting),
        [
            *lines,
            curve([sigmas[at]], mine, "here", mode="markers", marker=here),
            scores | {"marker": {"size": 5, "color": MEASURED}, **LOWER_PANEL},
        ],
        height=700,
        xaxis=axis("width σ of the kernel", type="log"),
        yaxis=axis("right (%)", domain=[0.48, 1], range=[45, 102]),
        xaxis2=axis("score of SVC, with its free bias", anchor="y2"),
        yaxis2=axis("score of ours", domain=[0, 0.34], anchor="x2"),
    )


def read_accuracy(
    sigmas: np.ndarray,
    curves: Mapping[str, np.ndarray],
    ours: np.ndarray,
    theirs: np.ndarray,
    *,
    at: int,
    setting: str,
) -> Reading:
    """Say whether two SVMs are right equally often; see :func:`against_library`.

    Examples
    --------
    >>> names, scores = ["ours, in training", "ours, held out", "SVC, held out"], np.ones(3)
    >>> for shares in ([1.0, 0.96, 0.95], [1.0, 0.96, 0.9], [0.6, 0.6, 0.6]):
    ...     curves = {name: np.array([share]) for name, share in zip(names, shares)}
    ...     print(read_accuracy(np.ones(1), curves, scores, scores, at=0, setting="").verdict)
    alike
    part
    underfits
    """
    here = {name: float(values[at]) for name, values in curves.items()}
    mine, library = here["ours, held out"], here["SVC, held out"]
    verdict = "part" if abs(mine - library) > DIFFERS else "alike"
    if verdict == "alike" and here["ours, in training"] < UNDERFITS:
        verdict = "underfits"
    agree = float(np.mean((ours > 0) == (theirs > 0)))
    percent = f"ours {100 * mine:.1f}%, SVC {100 * library:.1f}%"
    return Reading(
        verdict,
        f"Held out: {percent}",
        f"σ {sigmas[at]:.2g}, {setting}: {percent} right on examples held out, the same answer on "
        f"{100 * agree:.1f}%: {verdict}.",
        {"ours": round(mine, 4), "svc": round(library, 4), "agree": round(agree, 4)},
    )
