"""Draw message passing on a ring and on two triangles: what every node knows after some rounds."""

from typing import Any

import numpy as np

from trainability.figures.numbers import two_digits
from trainability.figures.palette import DIVERGING, INK, MUTED
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

APART = 1e-6  # a difference between two readouts that is more than rounding


def _polygon(corners: int, radius: float, x: float, y: float = 0) -> np.ndarray:
    turn = 2 * np.pi * np.arange(corners) / corners + np.pi / 2
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)


_PLACES = np.concatenate(
    [_polygon(6, 1, 0), _polygon(3, 0.55, 2.35, 0.6), _polygon(3, 0.55, 2.35, -0.85)]
)
_MIDDLES, _NAMES = (0.0, 2.35), ("ring", "triangles")
_EDGES = [
    *((i, (i + 1) % 6) for i in range(6)),
    *((first + i, first + (i + 1) % 3) for first in (6, 9) for i in range(3)),
]


def messages(
    ring: np.ndarray, triangles: np.ndarray, *, rounds: int, setting: str
) -> dict[str, Any]:
    """Draw both graphs, each node with one of its numbers, after some rounds of messages.

    ``meta`` holds ``apart``, the largest difference of the graphs' sums over nodes, ``kinds``,
    how many different nodes there are on both, and the ``verdict``: ``"told apart"`` or
    ``"not told apart"``.

    Parameters
    ----------
    ring, triangles : array, shape (6, F)
        The nodes' numbers after ``rounds`` rounds, the first of which is drawn.
    rounds : int
        How often every node has heard its neighbors.
    setting : str
        What the nodes knew at first, in words.
    """
    reading = read_messages(ring, triangles, rounds=rounds, setting=setting)
    shown = np.concatenate([ring, triangles])[:, 0]
    lines = np.concatenate([[*_PLACES[[i, j]], [np.nan, np.nan]] for i, j in _EDGES])
    most = 1.6 * max(float(np.abs(shown).max()), 1e-9)  # pale enough for the numbers on it
    look = {"size": 34, "color": shown, "colorscale": DIVERGING, "cmin": -most, "cmax": most}
    nodes = curve(
        _PLACES[:, 0],
        _PLACES[:, 1],
        "nodes",
        mode="markers+text",
        text=[f"{value:.2f}" for value in shown],
        textfont={"size": 11, "color": INK},
        marker=look | {"line": {"color": INK, "width": 1}},
        showlegend=False,
        hoverinfo="text",
    )
    edges = curve(lines[:, 0], lines[:, 1], "edges", line={"color": MUTED, "width": 3})
    bare = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False}
    sums = (f"sum {nodes[:, 0].sum():.3g}" for nodes in (ring, triangles))
    said = [
        (x, f"{name}<br>{total}") for x, name, total in zip(_MIDDLES, _NAMES, sums, strict=True)
    ]
    return figure(
        reading,
        [edges | {"showlegend": False, "hoverinfo": "skip"}, nodes],
        height=360,
        dragmode=False,
        annotations=[
            {"x": x, "y": -1.72, "text": words, "showarrow": False, "font": {"size": 14}}
            for x, words in said
        ],
        xaxis=axis("", range=[-1.35, 3.25], fixedrange=True, **bare),
        yaxis=axis("", range=[-2.05, 1.5], scaleanchor="x", fixedrange=True, **bare),
    )


def read_messages(ring: np.ndarray, triangles: np.ndarray, *, rounds: int, setting: str) -> Reading:
    """Say whether sums over the nodes tell two graphs apart; see :func:`messages`.

    Examples
    --------
    >>> one, other = np.ones((6, 2)), np.arange(12.0).reshape(6, 2)
    >>> [read_messages(one, b, rounds=2, setting="").verdict for b in (one, other)]
    ['not told apart', 'told apart']
    """
    apart = float(np.abs(ring.sum(axis=0) - triangles.sum(axis=0)).max())
    nodes = np.concatenate([ring, triangles])
    kinds = len(np.unique(np.round(nodes / APART), axis=0))
    verdict = "told apart" if apart > APART else "not told apart"
    often = f"{rounds} round{'' if rounds == 1 else 's'} of messages"
    # Rounding differs from one processor to the next.
    difference = two_digits(apart) if apart > APART else "0"
    there = "is 1 kind" if kinds == 1 else f"are {kinds} kinds"
    return Reading(
        verdict,
        f"After {often}: {verdict}",
        f"{setting}, {often}: the first node says {nodes[0, 0]:.4g}, there {there} "
        f"of nodes among 12, and the sums over nodes differ by {difference}: "
        f"{verdict}.",
        {"apart": apart, "kinds": kinds},
    )
