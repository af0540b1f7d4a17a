"""The axes of a figure, taken from it so that a reader can draw on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go


@dataclass(frozen=True)
class SketchAxes:
    """Where a reader draws, and the curve that the drawing is compared with.

    Attributes
    ----------
    x : tuple of float
        Where a height is asked for.
    truth : tuple of float
        The curve there: its value, or on a logarithmic axis the power of ten.
    x_range, y_range : tuple of float
        Ends of the axes, in the same terms.
    x_title, y_title : str
        What is drawn against what, with units.
    logarithmic : bool
        Whether the y axis is.
    """

    x: tuple[float, ...]
    truth: tuple[float, ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_title: str
    y_title: str
    logarithmic: bool

    def place(self, value: float) -> float:
        """Return where a value lies on the y axis, kept within its ends."""
        low, high = self.y_range
        if self.logarithmic:
            value = math.log10(value) if value > 0 else low
        return min(max(float(value), low), high)

    def data(self) -> dict[str, Any]:
        """Return the axes as the page's script reads them."""
        return {
            "x": list(self.x),
            "truth": list(self.truth),
            "xRange": list(self.x_range),
            "yRange": list(self.y_range),
            "xTitle": self.x_title,
            "yTitle": self.y_title,
            "log": self.logarithmic,
        }


def sketch_axes(figure: go.Figure, at: Sequence[float], trace: int = 0) -> SketchAxes:
    """Read the axes of a line plot and its curve at the places ``at``.

    Raises
    ------
    ValueError
        Where the figure leaves out what a reader needs: titles, fixed ranges, a linear
        x axis, or a point of the curve at each place.
    """
    layout, curve = figure.layout, figure.data[trace]
    for axis in ("xaxis", "yaxis"):
        if layout[axis].range is None or not layout[axis].title.text:
            raise ValueError(f"sketch: the figure's {axis} needs a title and a range")
    if layout.xaxis.type == "log":
        raise ValueError("sketch: the x axis must be linear")
    heights = dict(zip(map(float, curve.x), map(float, curve.y), strict=True))
    missing = [place for place in at if float(place) not in heights]
    if missing or len(at) < 2:
        raise ValueError(f"sketch: the curve has no point at {missing or at}; ask at two or more")
    logarithmic = layout.yaxis.type == "log"
    axes = SketchAxes(
        x=tuple(map(float, at)),
        truth=(),
        x_range=tuple(map(float, layout.xaxis.range)),
        y_range=tuple(map(float, layout.yaxis.range)),
        x_title=layout.xaxis.title.text,
        y_title=layout.yaxis.title.text,
        logarithmic=logarithmic,
    )
    truth = tuple(round(axes.place(heights[float(place)]), 4) for place in at)
    return SketchAxes(**{**axes.__dict__, "truth": truth})
