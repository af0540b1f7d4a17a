"""Draw weights learned from few and from many people: portraits and masks."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures.palette import DIVERGING, HERE, MEASURED, SERIES
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

SHORT = ("anger", "disgust", "happy", "maudlin", "fear", "surprise")
PORTRAIT, MASK = 0.2, 0.12  # share of the weight energy outside the inner face
SHADES = 8


def portraits(
    weights: np.ndarray,
    counts: Sequence[int],
    outside: np.ndarray,
    right: np.ndarray,
    *,
    people: int,
    draw: int,
    rank: int,
) -> dict[str, Any]:
    """Draw six weight images, and how they change with the number of people.

    ``meta`` holds ``outside``, ``right``, ``rank`` and the ``verdict``: ``"portrait"`` above
    20% outside the inner face, ``"mask"`` below 12%, else ``"between"``.

    Parameters
    ----------
    weights : array, shape (6, h, w)
        Of the classifier shown, the mean of the six taken off.
    counts : sequence of int
        C numbers of people.
    outside, right : array, shape (D, C)
        For each draw and number of people: share of the weight energy outside the inner face,
        and share of right answers about people never seen.
    people, draw : int
        Which are shown.
    rank : int
        Of the training images.
    """
    at = list(counts).index(people)
    here = outside[draw, at], right[draw, at]
    size = weights[0].size
    reading = read_portraits(*here, people=people, draw=draw, rank=rank, dimensions=size)
    image, notes = _portraits(weights)
    lines = [
        curve(list(counts), 100 * values[draw], name, mode="lines+markers", line=look)
        for name, values, look in (
            ("weight outside the inner face", outside, {"color": MEASURED, "dash": "solid"}),
            ("new people: right answers", right, {"color": SERIES[2], "dash": "dash"}),
        )
    ]
    mark = {"size": 12, "symbol": "diamond-open", "color": HERE, "line": {"width": 2}}
    shown = [100 * float(value) for value in here]
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    return figure(
        reading,
        [*lines, curve([people] * 2, shown, "shown", mode="markers", marker=mark), image],
        height=760,
        annotations=notes,
        xaxis=axis("people to learn from", type="log", anchor="y")
        | {"tickvals": [1, 3, 10, 30, 100, 300]},
        yaxis=axis("%", domain=[0, 0.32], range=[-4, 104]),
        xaxis2=hidden | {"anchor": "y2"},
        yaxis2=hidden
        | {"domain": [0.43, 1], "anchor": "x2", "autorange": "reversed", "scaleanchor": "x2"},
    )


def read_portraits(
    outside: float, right: float, *, people: int, draw: int, rank: int, dimensions: int
) -> Reading:
    """Say whether the weights are portraits of the people, or masks of what all faces share.

    Parameters
    ----------
    outside, right : float
        Share of the weight energy outside the inner face, and of right answers about people
        never seen.
    people, draw, rank : int
        As for :func:`portraits`.
    dimensions : int
        Of an image.

    Examples
    --------
    >>> shown = {"people": 6, "draw": 0, "rank": 36, "dimensions": 228}
    >>> [read_portraits(share, 0.5, **shown).verdict for share in (0.3, 0.15, 0.1)]
    ['portrait', 'between', 'mask']
    """
    verdict = "portrait" if outside > PORTRAIT else "mask" if outside < MASK else "between"
    persons = f"{people} {'person' if people == 1 else 'people'}"
    percent, known = f"{100 * outside:.0f}%", f"{100 * right:.0f}%"
    return Reading(
        verdict,
        f"{persons}: {percent} of the weight outside the inner face, {known} right",
        f"Drawn faces of {persons}, draw {draw}: the {6 * people} images span {rank} of "
        f"{dimensions} dimensions; {percent} of the weight energy lies outside the inner face, and "
        f"{known} of the faces of new people are right: {verdict}.",
        {"outside": round(float(outside), 4), "right": round(float(right), 4), "rank": rank},
    )


def _portraits(weights: np.ndarray) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the trace of six weight images in two rows, and their names as annotations."""
    steps = np.rint(SHADES * weights / float(np.abs(weights).max())) / SHADES
    height, width = weights.shape[1:]
    laid = np.full((2 * height + 4, 3 * width + 4), np.nan)
    place = {"showarrow": False, "xref": "x2", "yref": "y2", "yanchor": "bottom"}
    notes = []
    for k, image in enumerate(steps):
        top, left = k // 3 * (height + 4), k % 3 * (width + 2)
        laid[top : top + height, left : left + width] = image
        note = {"text": SHORT[k], "x": left + width / 2 - 0.5, "y": top - 0.8}
        notes.append(note | place | {"font": {"size": 12}})
    trace = {"type": "heatmap", "z": laid, "colorscale": DIVERGING, "zmin": -0.35, "zmax": 0.35}
    trace |= {"showscale": False, "hoverinfo": "skip", "xaxis": "x2", "yaxis": "y2"}
    return trace, notes
