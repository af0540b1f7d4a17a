"""Pictures for the lesson on other symmetries: between two networks, and along an orbit."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures import DIVERGING, two_digits

_GRAY = "#808080"
_WORDS = {"barrier": "a barrier", "open": "no barrier"}
_DASHES = ("solid", "dash", "dot")
_BARE = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False}
BARRIER = 0.25  # of the loss on the way, above the straight line between the ends


def between_networks(
    losses: Mapping[str, np.ndarray],
    *,
    here: tuple[float, float],
    places: np.ndarray,
    place: float,
    features: np.ndarray,
    other: str,
    setting: str,
) -> dict[str, Any]:
    """Draw the loss along straight lines between two networks, and units on the way.

    Parameters
    ----------
    losses : mapping of str to array, shape (T,)
        On held-out examples, at each of ``places``, by what the second network is.
    here : pair of float
        Loss, and share of the held-out examples classified right, at ``place``.
    places : array, shape (T,)
        From 0, the first network, to 1, the second.
    place : float
        Where the reader stands, from 0 to 1.
    features : array, shape (K, pixels, pixels)
        Weight images of hidden units at ``place``, drawn side by side.
    other : str
        Which of ``losses`` the reader follows.
    setting : str
        What else was set, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``barrier``, the highest loss on
        the way above the straight line between the ends, ``accuracy`` at ``place`` and the
        ``verdict``: ``"barrier"`` or ``"open"``.
    """
    loss = losses[other]
    chord = loss[0] + places * (loss[-1] - loss[0])
    barrier = float((loss - chord).max())
    verdict = "barrier" if barrier > BARRIER else "open"
    share = f"{100 * here[1]:.0f}% right"
    titles = {
        "barrier": f"A barrier of {two_digits(barrier)} between two good networks",
        "open": "The way between them is open",
    }
    story = f"{setting}, {other}: at {place:.2f} of the way {share}"
    story = f"{story}; the loss rises {two_digits(barrier)} above the ends"
    curves = [
        {"type": "scatter", "x": places, "y": values, "mode": "lines", "name": name}
        | {"line": {"dash": dash, "width": 4 if name == other else 2}}
        for (name, values), dash in zip(losses.items(), _DASHES, strict=False)
    ]
    mark = {"type": "scatter", "x": [place], "y": [here[0]], "mode": "markers", "name": "you"}
    look = {"size": 13, "symbol": "diamond", "line": {"color": "#000000", "width": 1}}
    return {
        "data": [
            *curves,
            mark | {"marker": look, "showlegend": False},
            {
                "type": "heatmap",
                "z": _side_by_side(features),
                "xaxis": "x2",
                "yaxis": "y2",
                "zmin": -1,
                "zmax": 1,
                "colorscale": DIVERGING,
                "showscale": False,
                "hoverinfo": "skip",
                "name": "weights of hidden units",
            },
        ],
        "layout": {
            "title": {"text": f"{titles[verdict]}: {share} here"},
            "meta": {
                "summary": f"{story}: {_WORDS[verdict]}.",
                "verdict": verdict,
                "barrier": float(f"{barrier:.2g}"),
                "accuracy": float(f"{here[1]:.3g}"),
                "pick": {"set": {"place": "x"}},
            },
            "height": 620,
            "hovermode": "x",
            "xaxis": {"title": {"text": "place on the way to …"}, "range": [-0.02, 1.02]},
            "yaxis": {
                "title": {"text": "loss on held-out digits"},
                "domain": [0.46, 1],
                "rangemode": "tozero",
            },
            "xaxis2": {
                "title": {"text": "what four hidden units look at, here"},
                "anchor": "y2",
                **_BARE,
            },
            "yaxis2": {
                "domain": [0, 0.26],
                "anchor": "x2",
                "autorange": "reversed",
                **_BARE,
            },
        },
    }


def _side_by_side(images: np.ndarray) -> np.ndarray:
    """Return the images in a row, parted by columns of NaN, which are not drawn."""
    parted = np.pad(images, ((0, 0), (0, 0), (0, 1)), constant_values=np.nan)
    return np.concatenate(parted, axis=1)[:, :-1]


def along_orbit(
    x: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    *,
    alphas: np.ndarray,
    sharpness: np.ndarray,
    gradient: np.ndarray,
    alpha: float,
    setting: str,
) -> dict[str, Any]:
    """Draw a network's function before and after a change of weights, and what changed.

    Parameters
    ----------
    x, before, after : array, shape (n,)
        Inputs, and the function before and after.
    alphas, sharpness, gradient : array, shape (A,)
        Factors, and the largest eigenvalue of the Hessian and the norm of the gradient
        for each, after whatever else ``setting`` tells.
    alpha : float
        The factor shown; between two of ``alphas`` curves are read off in between.
    setting : str
        What was changed, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``moved``, the largest change of
        the function, ``sharpness``, and the ``verdict``: ``"same function"`` or
        ``"another function"``.
    """
    moved = float(np.abs(after - before).max())
    verdict = "same function" if moved < 1e-6 else "another function"
    sharpest, slope = (
        math.exp(np.interp(math.log(alpha), np.log(alphas), np.log(values)))
        for values in (sharpness, gradient)
    )
    sharp = two_digits(sharpest)
    title = f"The same function, with sharpness {sharp}"
    if verdict != "same function":
        title = f"Another function: it moved by up to {two_digits(moved)}"
    story = f"{setting}, factor {alpha:.3g}: the function moves by {two_digits(moved)}"
    story = story if moved >= 1e-6 else f"{setting}, factor {alpha:.3g}: the function stands still"
    second = {"type": "scatter", "x": alphas, "xaxis": "x2", "yaxis": "y2", "mode": "lines"}
    line = {"type": "line", "xref": "x2", "yref": "y2 domain", "x0": alpha, "x1": alpha}
    line |= {"y0": 0, "y1": 1, "line": {"color": _GRAY, "width": 2, "dash": "dot"}}
    return {
        "data": [
            {"type": "scatter", "x": x, "y": before, "mode": "lines", "name": "function before"}
            | {"line": {"width": 6, "color": "#bbbbbb"}},
            {"type": "scatter", "x": x, "y": after, "mode": "lines", "name": "function now"}
            | {"line": {"dash": "dash"}},
            second | {"y": sharpness, "name": "sharpness (largest eigenvalue)"},
            second | {"y": gradient, "name": "norm of the gradient", "line": {"dash": "dot"}},
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{story}, sharpness {sharp}, gradient {two_digits(slope)}: {verdict}.",
                "verdict": verdict,
                "moved": float(f"{moved:.2g}"),
                "sharpness": float(f"{sharpest:.3g}"),
                "pick": {"set": {"alpha": "x"}},
            },
            "height": 640,
            "shapes": [line],
            "xaxis": {"title": {"text": "input x"}},
            "yaxis": {"title": {"text": "output f(x)"}, "domain": [0.5, 1]},
            "xaxis2": {
                "title": {"text": "factor α"},
                "type": "log",
                "anchor": "y2",
                "range": [math.log10(alphas[0]), math.log10(alphas[-1])],
                "tickvals": [0.1, 0.3, 1, 3, 10],
                "ticktext": ["0.1", "0.3", "1", "3", "10"],
            },
            "yaxis2": {
                "title": {"text": "sharpness, gradient"},
                "type": "log",
                "domain": [0, 0.34],
                "anchor": "x2",
                "exponentformat": "power",
                "dtick": 1,
            },
        },
    }
