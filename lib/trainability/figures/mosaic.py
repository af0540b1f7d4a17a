"""Lay gray images side by side in one panel, with captions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures.palette import DIVERGING, IMAGE

GAP, CAPTION = 2, 14  # pixels between two faces of a mosaic: beside, and below for a caption
SHADES = 8  # gray values that are drawn alike, so that a page stays light


def mosaic(images: np.ndarray, columns: int = 3) -> np.ndarray:
    """Lay images side by side, row by row, with gaps of nan, the top row first.

    Parameters
    ----------
    images : array, shape (n, h, w)
        Where n is no multiple of ``columns``, places at the end stay nan.

    Examples
    --------
    >>> mosaic(np.array([[[1, 2]], [[3, 4]], [[5, 6]]]), columns=2)[[0, -1]].tolist()
    [[1.0, 2.0, nan, nan, 3.0, 4.0], [5.0, 6.0, nan, nan, nan, nan]]
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    laid = np.full((rows * (height + CAPTION), columns * (width + GAP)), np.nan)
    for k, image in enumerate(images):
        top, left = k // columns * (height + CAPTION), k % columns * (width + GAP)
        laid[top : top + height, left : left + width] = image
    return laid[:-CAPTION, :-GAP]


def faces(
    images: np.ndarray,
    captions: Sequence[str],
    x: str,
    y: str,
    *,
    columns: int = 3,
    signed: bool = False,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the trace of faces in rows, and their captions as annotations.

    Signed images are numbers from -128 to 128, drawn in blue and red.

    Examples
    --------
    >>> trace, notes = faces(np.zeros((4, 8, 5)), ["ang", "dis", "hap", "mau"], "x2", "y2")
    >>> trace["z"].shape, len(notes)
    ((30, 19), 4)
    """
    height, width = images.shape[1] + CAPTION, images.shape[2] + GAP
    shades = SHADES * np.rint(mosaic(images, columns) / SHADES)
    trace = {"type": "heatmap", "z": shades, "colorscale": IMAGE, "showscale": False}
    if signed:
        trace |= {"colorscale": DIVERGING, "zmin": -128, "zmax": 128}
    trace |= {"xaxis": x, "yaxis": y, "hoverinfo": "skip"}
    place = {"xref": x, "yref": y, "showarrow": False, "yanchor": "bottom", "font": {"size": 10}}
    notes = [
        place
        | {
            "text": text,
            "x": k % columns * width + images.shape[2] / 2,
            "y": k // columns * height - 1,
        }
        for k, text in enumerate(captions)
    ]
    return trace, notes


def picture_axes(name: str, domain: list[float]) -> dict[str, Any]:
    """Return two hidden axes of one scale, the vertical one downward, in a part of the picture.

    Examples
    --------
    >>> sorted(picture_axes("2", [0, 0.5]))
    ['xaxis2', 'yaxis2']
    """
    hidden = {"visible": False, "fixedrange": True}
    return {
        f"xaxis{name}": hidden | {"anchor": f"y{name}", "constrain": "domain"},
        f"yaxis{name}": hidden
        | {"domain": domain, "anchor": f"x{name}", "autorange": "reversed"}
        | {"scaleanchor": f"x{name}", "constrain": "domain"},
    }
