"""Pictures of weights learned from few and from many people: portraits and masks."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures import DIVERGING

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

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``outside``, ``right``, ``rank`` and
        the ``verdict``: ``"portrait"`` above 20% outside the inner face, ``"mask"`` below
        12%, else ``"between"``.
    """
    at = list(counts).index(people)
    share, known = float(outside[draw, at]), float(right[draw, at])
    verdict = "portrait" if share > PORTRAIT else "mask" if share < MASK else "between"
    size = float(np.abs(weights).max())
    steps = np.rint(SHADES * weights / size) / SHADES
    height, width = weights.shape[1:]
    laid = np.full((2 * height + 4, 3 * width + 4), np.nan)
    notes = []
    for k, image in enumerate(steps):
        top, left = k // 3 * (height + 4), k % 3 * (width + 2)
        laid[top : top + height, left : left + width] = image
        notes.append(
            {"text": SHORT[k], "x": left + width / 2 - 0.5, "y": top - 0.8, "showarrow": False}
            | {"xref": "x2", "yref": "y2", "yanchor": "bottom", "font": {"size": 12}}
        )
    lines = [
        {"type": "scatter", "x": list(counts), "y": 100 * values[draw], "mode": "lines+markers"}
        | {"name": name, "line": {"color": color, "dash": dash}}
        for name, values, color, dash in (
            ("weight outside the inner face", outside, "#0072b2", "solid"),
            ("new people: right answers", right, "#d55e00", "dash"),
        )
    ]
    here: dict[str, Any] = {"type": "scatter", "x": [people] * 2, "y": [100 * share, 100 * known]}
    here |= {"mode": "markers", "name": "shown", "marker": {"size": 12, "symbol": "diamond-open"}}
    here["marker"] |= {"color": "#b05fa0", "line": {"width": 2}}
    image = {"type": "heatmap", "z": laid, "colorscale": DIVERGING, "zmin": -0.35, "zmax": 0.35}
    image |= {"showscale": False, "hoverinfo": "skip", "xaxis": "x2", "yaxis": "y2"}
    hidden = {"visible": False, "fixedrange": True}
    persons = "person" if people == 1 else "people"
    return {
        "data": [*lines, here, image],
        "layout": {
            "title": {
                "text": f"{people} {persons}: {100 * share:.0f}% of the weight outside the "
                f"inner face, {100 * known:.0f}% right"
            },
            "meta": {
                "summary": f"Drawn faces of {people} {persons}, draw {draw}: the {6 * people} "
                f"images span {rank} of {height * width} dimensions; {100 * share:.0f}% of the "
                f"weight energy lies outside the inner face, and {100 * known:.0f}% of the faces "
                f"of new people are right: {verdict}.",
                "verdict": verdict,
                "outside": round(share, 4),
                "right": round(known, 4),
                "rank": rank,
            },
            "height": 760,
            "annotations": notes,
            "xaxis": {"title": {"text": "people to learn from"}, "type": "log", "anchor": "y"}
            | {"tickvals": [1, 3, 10, 30, 100, 300]},
            "yaxis": {"title": {"text": "%"}, "domain": [0, 0.32], "range": [-4, 104]},
            "xaxis2": hidden | {"anchor": "y2", "constrain": "domain"},
            "yaxis2": hidden
            | {"domain": [0.43, 1], "anchor": "x2", "autorange": "reversed"}
            | {"scaleanchor": "x2", "constrain": "domain"},
        },
    }
