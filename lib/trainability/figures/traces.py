"""Build the traces and axes that several figures share."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures.palette import CLASSES, INK, SERIES

Values = Sequence[Any] | np.ndarray

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "star")
CLASS_SYMBOLS = {1: "circle", -1: "square"}
LOWER_PANEL: dict[str, Any] = {"xaxis": "x2", "yaxis": "y2"}


def curve(
    x: Values, y: Values, name: str = "", *, mode: str = "lines", **more: Any
) -> dict[str, Any]:
    """Return a trace of lines or markers.

    Examples
    --------
    >>> curve([0, 1], [2, 3], "loss", line={"dash": "dot"})["line"]
    {'dash': 'dot'}
    """
    named: dict[str, Any] = {"name": name} if name else {}
    return {"type": "scatter", "x": x, "y": y, "mode": mode, **named, **more}


def marked_line(
    x: Values, y: Values, name: str, index: int, color: str | None = None
) -> dict[str, Any]:
    """Return a line whose dash and marker, and color where none is given, belong to ``index``.

    Examples
    --------
    >>> trace = marked_line([1, 2], np.array([3, 4]), "second", 1)
    >>> trace["line"]["dash"], trace["marker"]["symbol"]
    ('dash', 'square')
    """
    kind = index % len(DASHES)
    look = {"dash": DASHES[kind], "color": color or SERIES[kind]}
    marker = {"symbol": SYMBOLS[kind], "size": 6}
    return curve(x, y, name, mode="lines+markers", line=look, marker=marker)


def class_points(points: np.ndarray, label: int, *, size: int, ring: Any = 1) -> dict[str, Any]:
    """Return the points of one of two classes, in its color and with its symbol.

    Parameters
    ----------
    points : array, shape (n, 2)
    label : {1, -1}
    size : int
        Of the symbol, in pixels.
    ring : float or array of n floats
        Widths of the outlines.

    Examples
    --------
    >>> [class_points(np.ones((1, 2)), label, size=9)["marker"]["symbol"] for label in (1, -1)]
    ['circle', 'square']
    """
    marker: dict[str, Any] = {"symbol": CLASS_SYMBOLS[label], "size": size, "color": CLASSES[label]}
    marker["line"] = {"width": ring, "color": INK}
    return curve(points[:, 0], points[:, 1], f"label {label}", mode="markers", marker=marker)


def axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with its title.

    Examples
    --------
    >>> axis("step", dtick=2)
    {'title': {'text': 'step'}, 'dtick': 2}
    """
    return {"title": {"text": title}, **more}


def powers_of_ten(title: str, domain: list[float], **more: Any) -> dict[str, Any]:
    """Return a logarithmic axis in the part ``domain`` of the picture.

    Examples
    --------
    >>> powers_of_ten("loss", [0, 1])["type"]
    'log'
    """
    return axis(title, type="log", exponentformat="power", domain=domain, **more)


def clickable(low: float, high: float, count: int = 41) -> dict[str, Any]:
    """Return a layer that is not seen and lets a square be clicked where nothing is drawn.

    Examples
    --------
    >>> layer = clickable(0.0, 4.0, 5)
    >>> layer["x"], layer["opacity"]
    ([0.0, 1.0, 2.0, 3.0, 4.0], 0)
    """
    places = [low + (high - low) * k / (count - 1) for k in range(count)]
    nothing = [[0] * count for _ in range(count)]
    layer = {"type": "heatmap", "x": places, "y": places, "z": nothing, "opacity": 0}
    return layer | {"showscale": False, "hoverinfo": "none", "name": "where to click"}
