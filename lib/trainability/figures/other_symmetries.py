"""Draw what other symmetries do: between two networks, and along an orbit."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import DIVERGING, HERE, INK, MUTED, REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, curve

_WORDS = {"barrier": "a barrier", "open": "no barrier"}
_DASHES = ("solid", "dash", "dot")
_BARE = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False}
BARRIER = 0.25  # of the loss on the way, above the straight line between the ends
MOVED = 1e-6  # a change of the function that is more than rounding


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

    ``meta`` holds ``barrier``, the highest loss on the way above the straight line between the
    ends, ``accuracy`` at ``place`` and the ``verdict``: ``"barrier"`` or ``"open"``.

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
    """
    reading = read_barrier(
        losses[other], places=places, place=place, right=here[1], setting=f"{setting}, {other}"
    )
    curves = [
        curve(places, values, name, line={"dash": dash, "width": 4 if name == other else 2})
        for (name, values), dash in zip(losses.items(), _DASHES, strict=False)
    ]
    look = {"size": 13, "symbol": "diamond", "line": {"color": INK, "width": 1}}
    you = curve([place], [here[0]], "you", mode="markers", marker=look, showlegend=False)
    return figure(
        reading,
        [*curves, you, _weights(features)],
        pick={"set": {"place": "x"}},
        height=620,
        hovermode="x",
        xaxis=axis("place on the way, from 0 (first) to 1 (second)", range=[-0.02, 1.02]),
        yaxis=axis("loss on held-out digits", domain=[0.46, 1], rangemode="tozero"),
        xaxis2=axis("what four hidden units look at, here", anchor="y2", **_BARE),
        yaxis2={"domain": [0, 0.26], "anchor": "x2", "autorange": "reversed", **_BARE},
    )


def read_barrier(
    loss: np.ndarray, *, places: np.ndarray, place: float, right: float, setting: str
) -> Reading:
    """Say whether a barrier lies between two networks; see :func:`between_networks`.

    Examples
    --------
    >>> here = {"places": np.array([0, 0.5, 1]), "place": 0.5, "right": 0.9, "setting": ""}
    >>> [read_barrier(np.array([0.1, top, 0.1]), **here).verdict for top in (0.2, 0.5)]
    ['open', 'barrier']
    """
    chord = loss[0] + places * (loss[-1] - loss[0])
    barrier = float((loss - chord).max())
    verdict = "barrier" if barrier > BARRIER else "open"
    height, share = two_digits(barrier), f"{100 * right:.0f}% right"
    titles = {
        "barrier": f"A barrier of {height} between two good networks",
        "open": "The way between them is open",
    }
    return Reading(
        verdict,
        f"{titles[verdict]}: {share} here",
        f"{setting}: at {place:.2f} of the way {share}; the loss rises {height} above the ends: "
        f"{_WORDS[verdict]}.",
        {"barrier": rounded(barrier, 2), "accuracy": rounded(right)},
    )


def _weights(features: np.ndarray) -> dict[str, Any]:
    look = {"zmin": -1, "zmax": 1, "colorscale": DIVERGING, "showscale": False}
    named = {"name": "weights of hidden units", "hoverinfo": "skip", **LOWER_PANEL}
    return {"type": "heatmap", "z": _side_by_side(features), **look, **named}


def _side_by_side(images: np.ndarray) -> np.ndarray:
    """Return the images in a row, with columns of NaN between them, which are not drawn."""
    padded = np.pad(images, ((0, 0), (0, 0), (0, 1)), constant_values=np.nan)
    return np.concatenate(padded, axis=1)[:, :-1]


def partners(
    first: np.ndarray,
    second: np.ndarray,
    partner: np.ndarray,
    *,
    losses: tuple[float, float],
    setting: str,
) -> dict[str, Any]:
    """Draw the units of two networks with lines between partners, and their averages below.

    ``meta`` holds ``strangers``, how many units are averaged with one that is not their partner,
    ``rise``, the loss of the averages above that of the ends, and the ``verdict``: ``"partners"``
    where all are, else ``"strangers"``.

    Parameters
    ----------
    first, second : array, shape (K, pixels, pixels)
        Weight images. Unit ``k`` of one is averaged with unit ``k`` of the other.
    partner : array of int, shape (K,)
        Where in ``second`` the unit stands that is most like unit ``k`` of ``first``.
    losses : pair of float
        The mean of the ends, and that of the network halfway.
    setting : str
        What else was set, in words.
    """
    reading = read_partners(partner, losses=losses, setting=setting)
    count, pixels = first.shape[:2]
    rows = [_side_by_side(images) for images in (first, second, (first + second) / 2)]
    gap = np.full((pixels, rows[0].shape[1]), np.nan)
    picture = np.concatenate([rows[0], gap, rows[1], gap[: pixels // 2], rows[2]])
    center = (pixels + 1) * np.arange(count) + (pixels - 1) / 2
    nowhere = np.full(count, np.nan)
    x = np.stack([center, center[partner], nowhere], axis=1).ravel()
    y = np.tile([pixels - 0.5, 2 * pixels - 0.5, np.nan], count)
    lines = curve(x, y, "partners", line={"color": HERE, "width": 3}, showlegend=False)
    named = {"name": "weights of hidden units", "hoverinfo": "skip"}
    look = {"zmin": -1, "zmax": 1, "colorscale": DIVERGING, "showscale": False}
    middles = [(pixels - 1) / 2, 2.5 * pixels - 0.5, 4 * pixels - 0.5]
    return figure(
        reading,
        [{"type": "heatmap", "z": picture, **look, **named}, lines | {"hoverinfo": "skip"}],
        height=400,
        dragmode=False,
        xaxis=axis("", range=[-0.5, picture.shape[1] - 0.5], **_BARE)
        | {"constrain": "domain", "fixedrange": True},
        yaxis={"range": [len(picture) - 0.5, -0.5], **_BARE, "showticklabels": True}
        | {"tickvals": middles, "ticktext": ["first", "second", "halfway"], "scaleanchor": "x"}
        | {"constrain": "domain", "fixedrange": True, "automargin": True},
    )


def read_partners(partner: np.ndarray, *, losses: tuple[float, float], setting: str) -> Reading:
    """Say how many units are averaged with a stranger; see :func:`partners`.

    Examples
    --------
    >>> orders = np.array([0, 1, 2]), np.array([0, 2, 1])
    >>> [read_partners(o, losses=(0.1, 0.4), setting="").verdict for o in orders]
    ['partners', 'strangers']
    """
    strangers = int((partner != np.arange(len(partner))).sum())
    ends, halfway = (two_digits(loss) for loss in losses)
    verdict = "strangers" if strangers else "partners"
    return Reading(
        verdict,
        f"{strangers} of {len(partner)} units meet a stranger: loss {ends} becomes {halfway}",
        f"{setting}: {strangers} of {len(partner)} units are averaged with a unit other than "
        f"their partner; the loss is {ends} at the ends and {halfway} halfway: {verdict}.",
        {"strangers": strangers, "rise": rounded(losses[1] - losses[0], 2)},
    )


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

    ``meta`` holds ``moved``, the largest change of the function, ``sharpness``, and the
    ``verdict``: ``"same function"`` or ``"another function"``.

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
    """
    reading = read_orbit(
        before,
        after,
        alphas=alphas,
        sharpness=sharpness,
        gradient=gradient,
        alpha=alpha,
        setting=setting,
    )
    mark = {"type": "line", "xref": "x2", "yref": "y2 domain", "x0": alpha, "x1": alpha}
    mark |= {"y0": 0, "y1": 1, "line": {"color": REFERENCE, "width": 2, "dash": "dot"}}
    slope = curve(alphas, gradient, "norm of the gradient", line={"dash": "dot"})
    factors = [0.1, 0.3, 1, 3, 10]
    ends = [math.log10(alphas[0]), math.log10(alphas[-1])]
    return figure(
        reading,
        [
            curve(x, before, "function before", line={"width": 6, "color": MUTED}),
            curve(x, after, "function now", line={"dash": "dash"}),
            curve(alphas, sharpness, "sharpness (largest eigenvalue)") | LOWER_PANEL,
            slope | LOWER_PANEL,
        ],
        pick={"set": {"alpha": "x"}},
        height=640,
        shapes=[mark],
        xaxis=axis("input x"),
        yaxis=axis("output f(x)", domain=[0.5, 1]),
        xaxis2=axis("factor α", type="log", anchor="y2", range=ends, tickvals=factors)
        | {"ticktext": [f"{factor:g}" for factor in factors]},
        yaxis2=axis("sharpness, gradient", type="log", domain=[0, 0.34], anchor="x2")
        | {"exponentformat": "power", "dtick": 1},
    )


def read_orbit(
    before: np.ndarray,
    after: np.ndarray,
    *,
    alphas: np.ndarray,
    sharpness: np.ndarray,
    gradient: np.ndarray,
    alpha: float,
    setting: str,
) -> Reading:
    """Say whether a change of weights left the function as it was; see :func:`along_orbit`.

    Examples
    --------
    >>> ends = np.array([0.1, 10.0])
    >>> curves = {"alphas": ends, "sharpness": ends, "gradient": ends, "alpha": 1.0}
    >>> f = np.array([0.0, 1.0])
    >>> [read_orbit(f, g, setting="relu", **curves).verdict for g in (f, f + 1)]
    ['same function', 'another function']
    """
    moved = float(np.abs(after - before).max())
    is_same = moved < MOVED
    sharpest, slope = (
        math.exp(np.interp(math.log(alpha), np.log(alphas), np.log(values)))
        for values in (sharpness, gradient)
    )
    sharp, verdict = two_digits(sharpest), "same function" if is_same else "another function"
    title = f"Another function: it moved by up to {two_digits(moved)}"
    story = "stands still" if is_same else f"moves by {two_digits(moved)}"
    return Reading(
        verdict,
        f"The same function, with sharpness {sharp}" if is_same else title,
        f"{setting}, factor {alpha:.3g}: the function {story}, sharpness {sharp}, gradient "
        f"{two_digits(slope)}: {verdict}.",
        {"moved": rounded(moved, 2), "sharpness": rounded(sharpest)},
    )
