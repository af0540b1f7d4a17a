"""Draw how far remedies bring a skip-layer network towards linear regression, a dot a split."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded
from trainability.figures.palette import MEASURED, MUTED, REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

NEAR = 0.02  # R²


def dots_in_rows(values: Mapping[str, Sequence[float]], chosen: str, title: str) -> dict[str, Any]:
    """Return the traces and the layout of a row of dots for each name, and their medians.

    A dotted line marks 0, and the chosen row is in color.

    Parameters
    ----------
    values : mapping of str to sequence of float
        The dots by name, the top row first.
    chosen : str
    title : str
        Of the horizontal axis.

    Examples
    --------
    >>> parts = dots_in_rows({"a": [0.1, 0.3], "b": [0.0, 0.2]}, "b", "gain")
    >>> [trace["name"] for trace in parts["data"]]
    ['a', 'b', 'a, median', 'b, median']
    """
    names = list(values)
    dots, bars = [], []
    for k, name in enumerate(names):
        color = MEASURED if name == chosen else MUTED
        places = k + np.linspace(-0.25, 0.25, len(values[name]))
        marker = {"size": 9, "color": color}
        dots.append(curve(list(values[name]), places, name, mode="markers", marker=marker))
        middle = float(np.median(values[name]))
        line = {"color": MEASURED if name == chosen else REFERENCE, "width": 4}
        bars.append(curve([middle, middle], [k - 0.35, k + 0.35], f"{name}, median", line=line))
    zero = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": 0, "x1": 0}
    return {
        "data": [*dots, *bars],
        "height": 460,
        "showlegend": False,
        "shapes": [zero | {"line": {"dash": "dot", "color": REFERENCE}}],
        "xaxis": axis(title, zeroline=False, nticks=4),
        "yaxis": axis("", tickvals=list(range(len(names))), ticktext=names, automargin=True)
        | {"range": [len(names) - 0.5, -0.5], "zeroline": False},
    }


def dots_by_remedy(
    gaps: Mapping[str, Sequence[float]],
    shares: Mapping[str, Sequence[float]],
    *,
    remedy: str,
) -> dict[str, Any]:
    """Draw R² less that of linear regression, a dot for each split, and the median.

    ``meta`` holds the ``median``, the ``low`` and the ``high`` of the chosen remedy, the linear
    path's ``share``, and the ``verdict``: ``"below"``, ``"near"`` or ``"above"``.

    Parameters
    ----------
    gaps, shares : mapping of str to sequence of float
        By remedy and split: R² held out less that of linear regression, and the linear path's
        share of the output.
    remedy : str
        The one that is told about.
    """
    return figure(
        read_remedy(gaps[remedy], shares[remedy], remedy=remedy),
        **dots_in_rows(gaps, remedy, "R² less linear regression's"),
    )


def read_remedy(gaps: Sequence[float], shares: Sequence[float], *, remedy: str) -> Reading:
    """Say where a remedy ends; see :func:`dots_by_remedy`.

    Examples
    --------
    >>> [read_remedy([g], [0.5], remedy="none").verdict for g in (-0.1, 0.01, 0.1)]
    ['below', 'near', 'above']
    """
    middle, low, high = float(np.median(gaps)), min(gaps), max(gaps)
    verdict = "near" if abs(middle) <= NEAR else "above" if middle > 0 else "below"
    share = round(100 * float(np.median(shares)))
    return Reading(
        verdict,
        f"{remedy}: {middle:+.3f} against linear regression",
        f"{remedy}: R² less that of linear regression is {middle:+.3f} in "
        f"the median of {len(gaps)} splits ({low:+.3f} to {high:+.3f}), the linear path's share "
        f"{share}%: {verdict}.",
        {"median": rounded(middle), "low": rounded(low), "high": rounded(high), "share": share},
    )
