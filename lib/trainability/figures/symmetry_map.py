"""Draw the map of symmetries: which of them block, by the start; and what one does to weights."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures.palette import (
    DIVERGING,
    HERE,
    MEASURED,
    PREDICTED,
    REFERENCE,
    WARNING,
)
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, curve

# By kind: its color, its symbol, and what it means of one symmetry.
_KINDS = {
    "built in": (PREDICTED, "circle", "it moves no weights: it is built in, and blocks nothing"),
    "redundant": (MEASURED, "square", "it moves this start: it is redundant, and blocks nothing"),
    "blocks": (WARNING, "diamond", "it leaves this start as it is: it blocks"),
    "no symmetry": (
        REFERENCE,
        "x",
        "it changes the function: it is no symmetry, and blocks nothing",
    ),
}


def symmetry_map(
    kinds: Mapping[str, str],
    *,
    chosen: str,
    start: str,
    before: np.ndarray,
    after: np.ndarray,
) -> dict[str, Any]:
    """Draw every symmetry in the column of its kind, and the weights before and after one.

    ``meta`` holds ``moved``, the largest change of a weight, ``blocking``, how many symmetries
    block, and the ``verdict``: the kind of the chosen one. A click on a symmetry chooses it.

    Parameters
    ----------
    kinds : mapping of str to str
        ``"built in"``, ``"redundant"``, ``"blocks"`` or ``"no symmetry"``, by name.
    chosen : str
        One of the names.
    start : str
        How all weights start, in words.
    before, after : array, shape (n,)
        All weights of the chosen one's network, at the start and changed; empty without weights.
    """
    reading = read_kind(kinds, chosen=chosen, start=start, before=before, after=after)
    names = list(kinds)
    points = [
        curve(
            [kind for name in names if kinds[name] == kind],
            [name for name in names if kinds[name] == kind],
            kind,
            mode="markers",
            marker={"size": 11, "color": color, "symbol": symbol},
            showlegend=False,
            hoverinfo="x+y",
        )
        for kind, (color, symbol, _) in _KINDS.items()
    ]
    ring: dict[str, Any] = {
        "size": 21,
        "symbol": "circle-open",
        "color": HERE,
        "line": {"width": 3},
    }
    here = curve([kinds[chosen]], [chosen], "chosen", mode="markers", marker=ring, showlegend=False)
    most = max(float(np.abs([*before, *after, 1e-9]).max()), 1e-9)
    look = {"zmin": -most, "zmax": most, "colorscale": DIVERGING, "showscale": False}
    strip: dict[str, Any] = {
        "type": "heatmap",
        "z": [after.tolist(), before.tolist()],
        "y": ["after", "start"],
    }
    strip |= {"hoverinfo": "z", "xgap": 1, "ygap": 4, "name": "weights", **look, **LOWER_PANEL}
    labels = [
        {"text": name, "x": -0.5, "y": name, "xanchor": "left", "yanchor": "bottom", "yshift": 6}
        | {"showarrow": False, "font": {"size": 12}}
        for name in names
    ]
    none: dict[str, Any] = {
        "text": "no weights",
        "xref": "x2 domain",
        "yref": "y2 domain",
        "x": 0.5,
        "y": 0.5,
    }
    return figure(
        reading,
        [*points, here, strip],
        pick={"set": {"symmetry": "y"}},
        height=720,
        annotations=labels if len(before) else [*labels, none | {"showarrow": False}],
        xaxis=axis("", range=[-0.5, 3.5], categoryorder="array", fixedrange=True)
        | {"categoryarray": list(_KINDS), "tickangle": 0, "tickvals": list(_KINDS)}
        | {"ticktext": [kind.replace("no ", "no<br>") for kind in _KINDS]},
        yaxis=axis("", domain=[0.24, 1], range=[len(names) - 0.5, -0.9], categoryorder="array")
        | {"categoryarray": names, "showticklabels": False, "ticks": "", "fixedrange": True}
        | {"dtick": 1},
        xaxis2=axis("its weights, before and after", anchor="y2")
        | {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False},
        yaxis2={"domain": [0, 0.11], "anchor": "x2", "automargin": True, "showgrid": False},
    )


def read_kind(
    kinds: Mapping[str, str],
    *,
    chosen: str,
    start: str,
    before: np.ndarray,
    after: np.ndarray,
) -> Reading:
    """Say of one symmetry whether it blocks; see :func:`symmetry_map`.

    Examples
    --------
    >>> weights = {"before": np.array([1.0, 2.0]), "after": np.array([2.0, 1.0])}
    >>> read = read_kind({"swap": "redundant"}, chosen="swap", start="random", **weights)
    >>> read.verdict, read.numbers["moved"]
    ('redundant', 1.0)
    """
    verdict = kinds[chosen]
    moved = float(np.abs(after - before).max()) if len(before) else 0.0
    blocking = sum(kind == "blocks" for kind in kinds.values())
    name = chosen[0].upper() + chosen[1:]
    far = f"weights move by up to {moved:.2g}" if moved else "no weight moves"
    words = {"blocks": "it blocks", "no symmetry": "no symmetry"}
    return Reading(
        verdict,
        f"{name}: {words.get(verdict, verdict)}",
        f"{name}, weights {start}: {far}; "
        f"{_KINDS[verdict][2]}. From this start {blocking} of {len(kinds)} block.",
        {"moved": moved, "blocking": blocking},
    )
