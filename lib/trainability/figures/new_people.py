"""Draw what helps with new people, a dot for each draw of the people learned from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded
from trainability.figures.reading import Reading, figure
from trainability.figures.remedies import dots_in_rows

MOST = 0.8  # of the draws


def gains_by_remedy(
    right: Mapping[str, Sequence[float]], *, plain: str, remedy: str
) -> dict[str, Any]:
    """Draw how many percentage points each remedy gains, a dot a draw, and the median.

    ``meta`` holds the ``median``, the ``low`` and the ``high`` of the chosen remedy, in how many
    draws it is ``better`` and ``worse``, and the ``verdict``: ``"helps"`` or ``"harms"`` where four
    of five draws or more agree, else ``"neither"``.

    Parameters
    ----------
    right : mapping of str to sequence of float
        By remedy and draw: percent of new people's faces that are right.
    plain : str
        What the others are compared with.
    remedy : str
        The one that is told about.
    """
    base = np.array(right[plain])
    gains = {name: np.array(each) - base for name, each in right.items() if name != plain}
    ordered = dict(sorted(gains.items(), key=lambda item: -float(np.median(item[1]))))
    parts = dots_in_rows(
        {name: list(map(float, each)) for name, each in ordered.items()},
        remedy,
        "percentage points gained",
    )
    return figure(read_gain(gains[remedy], remedy=remedy), **parts)


def read_gain(gains: np.ndarray, *, remedy: str) -> Reading:
    """Say whether a remedy helps; see :func:`gains_by_remedy`.

    Examples
    --------
    >>> [read_gain(np.array(g), remedy="x").verdict for g in ([1, 2], [-1, 2], [-1, -2])]
    ['helps', 'neither', 'harms']
    """
    count = len(gains)
    better, worse = int((gains > 0).sum()), int((gains < 0).sum())
    verdict = "helps" if better >= MOST * count else "harms" if worse >= MOST * count else "neither"
    middle, low, high = float(np.median(gains)), float(gains.min()), float(gains.max())
    return Reading(
        verdict,
        f"{remedy}: {middle:+.1f} points, better in {better} of {count} draws",
        f"{remedy}: {middle:+.1f} percentage points in the median of {count} draws ({low:+.1f} to "
        f"{high:+.1f}); better in {better}, worse in {worse}: {verdict}.",
        {
            "median": rounded(middle),
            "low": rounded(low),
            "high": rounded(high),
            "better": better,
            "worse": worse,
        },
    )
