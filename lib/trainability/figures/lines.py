"""Lines that differ in dash, marker and color, and axes of powers of ten."""

from collections.abc import Sequence
from typing import Any

import numpy as np

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "star")
# Okabe and Ito's, which differ for color-blind readers.
_COLORS = ("#808080", "#d55e00", "#009e73", "#0072b2", "#cc79a7", "#e69f00")


def marked_line(
    x: Sequence[float] | np.ndarray, y: np.ndarray, name: str, index: int
) -> dict[str, Any]:
    """Return a trace whose dash, marker and color belong to ``index``."""
    kind = index % len(DASHES)
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines+markers",
        "name": name,
        "line": {"dash": DASHES[kind], "color": _COLORS[kind]},
        "marker": {"symbol": _SYMBOLS[kind], "size": 6},
    }


def powers_of_ten(title: str, decades: list[float], domain: list[float]) -> dict[str, Any]:
    """Return a logarithmic axis over ``decades``, in the part ``domain`` of the picture."""
    return {
        "title": {"text": title},
        "type": "log",
        "range": decades,
        "dtick": 2,
        "exponentformat": "power",
        "domain": domain,
    }
