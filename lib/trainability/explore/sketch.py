"""The axes of a figure, taken from it so that a reader can draw on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
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

    @property
    def digits(self) -> int:
        """Decimals that tell a hundredth of the y axis, or a tenth of a decade."""
        low, high = self.y_range
        return max(int(self.logarithmic), 2 - math.floor(math.log10(high - low)))

    def distance(self, size: float) -> str:
        """Return how far apart two heights are, rounded as the page's script rounds."""
        rounded = Decimal(size).quantize(Decimal(1).scaleb(-self.digits), ROUND_HALF_UP)
        return f"{rounded:f}{' decades' if self.logarithmic else ''}"

    def where(self) -> list[str]:
        """Return each place on the x axis in words."""
        return [f"{self.x_title} {place:g}" for place in self.x]

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
            "digits": self.digits,
            "where": self.where(),
        }


def sketch_axes(figure: go.Figure, at: Sequence[float], trace: int = 0) -> SketchAxes:
    """Read the axes of a line plot and its curve at the places ``at``.

    Raises
    ------
    ValueError
        Where the figure leaves out what a reader needs: titles, fixed ranges, a linear
        x axis, or a point of the curve at each place.
    """
    layout = figure.layout
    if layout.xaxis.type not in (None, "-", "linear"):
        raise ValueError("the x axis must be linear")
    logarithmic = layout.yaxis.type == "log"
    axes = SketchAxes(
        x=tuple(map(float, at)),
        truth=(),
        x_range=_range(layout, "xaxis"),
        y_range=_range(layout, "yaxis"),
        x_title=layout.xaxis.title.text,
        y_title=layout.yaxis.title.text,
        logarithmic=logarithmic,
    )
    rising = all(left < right for left, right in pairwise(axes.x))
    inside = all(axes.x_range[0] <= place <= axes.x_range[1] for place in axes.x)
    if len(axes.x) < 2 or not rising or not inside:
        raise ValueError(f"at={list(at)}: ask at two or more places of the x axis, rising")
    heights = _heights(figure, axes.x, trace)
    truth = tuple(round(axes.place(height), axes.digits + 3) for height in heights)
    return replace(axes, truth=truth)


def _range(layout: go.Layout, axis: str) -> tuple[float, float]:
    ends = layout[axis].range
    if ends is None or None in ends or not layout[axis].title.text:
        raise ValueError(f"the figure's {axis} needs a title and a range")
    low, high = map(float, ends)
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"the range of the figure's {axis} must rise")
    return low, high


def _heights(figure: go.Figure, places: Sequence[float], trace: int) -> list[float]:
    """Return the curve at the places; what overflowed or underflowed included."""
    if not 0 <= trace < len(figure.data):
        raise ValueError(f"trace={trace}: the figure has {len(figure.data)} curves")
    curve = figure.data[trace]
    if curve.x is None or curve.y is None:
        raise ValueError("the curve needs its x and its y")
    drawn = dict(zip(map(float, curve.x), curve.y, strict=True))
    heights = [math.nan if (y := drawn.get(place)) is None else float(y) for place in places]
    missing = [place for place, y in zip(places, heights, strict=True) if math.isnan(y)]
    if missing:
        raise ValueError(f"the curve has no point at {missing}; ask where it has one")
    return heights
