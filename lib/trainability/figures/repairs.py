"""Pictures of failures and remedies: the table, and one cell's losses against the rate."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures import two_digits

CEILING = 3.0  # losses above, and overflow, are drawn here
_DASHES = ("solid", "dash", "dot")


def loss_against_rate(
    rates: Sequence[float],
    loss: np.ndarray,
    *,
    chance: float,
    steps: int,
    setting: str,
    verdict: str,
    pick: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Draw the last loss against the rate, a line for each draw of the weights.

    Parameters
    ----------
    rates : sequence of float
        R rates.
    loss : array, shape (D, R)
        Last mean cross entropies; nan after overflow.
    chance : float
        The loss of a uniform guess.
    steps : int
        After how many steps.
    setting, verdict : str
        Failure and remedy in words, and what it did.
    pick : mapping, optional
        What a click sets; see :func:`trainability.explore.explore`.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``loss``, the median over draws of the
        lowest loss over rates, ``low`` and ``high``, the range of the draws, and the
        ``verdict``. Losses above 3 and overflow are drawn at the upper edge.
    """
    finite = np.nan_to_num(loss, nan=np.inf)
    ends = np.sort(finite.min(axis=1))
    low, middle, high = float(ends[0]), float(np.median(ends)), float(ends[-1])
    lines = [
        {"type": "scatter", "x": list(rates), "y": row.clip(max=CEILING), "name": f"draw {draw}"}
        | {"mode": "lines+markers", "marker": {"size": 5}}
        | {"line": {"color": "#d55e00", "width": 2, "dash": _DASHES[draw % 3]}}
        for draw, row in enumerate(finite)
    ]
    guess = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": chance, "y1": chance}
    told = _told(middle)
    spread = f", {_told(low)} to {_told(high)} over {len(ends)} draws" if told != "overflow" else ""
    return {
        "data": lines,
        "layout": {
            "title": {"text": f"{setting}: {verdict} (loss {told} at the best rate)"},
            "meta": {
                "summary": f"{setting}: {verdict}. At the best rate the loss after {steps} steps "
                f"is {told}{spread}.",
                "verdict": verdict,
                "loss": _number(middle),
                "low": _number(low),
                "high": _number(high),
            }
            | ({"pick": pick} if pick else {}),
            "height": 420,
            "xaxis": {"title": {"text": "rate"}, "type": "log", "exponentformat": "power"},
            "yaxis": {"title": {"text": f"loss after {steps} steps (nats)"}}
            | {"range": [-0.1, CEILING + 0.1]},
            "shapes": [guess | {"line": {"dash": "dot", "color": "#808080"}}],
            "annotations": [
                {"xref": "paper", "x": 1, "y": chance, "text": "a guess", "showarrow": False}
                | {"xanchor": "right", "yanchor": "bottom"}
            ],
        },
    }


def repair_table(
    losses: np.ndarray,
    verdicts: Sequence[Sequence[str]],
    failures: Sequence[str],
    remedies: Sequence[str],
    *,
    here: tuple[str, str],
    steps: int,
    pick: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Draw the table of failures and remedies, each cell with its symbol and its loss.

    Parameters
    ----------
    losses : array, shape (F, R)
        Median over draws of the lowest loss over rates; inf where all overflow.
    verdicts : sequence of F sequences of R str
        ``"heals"``, ``"helps"`` or ``"does not help"``.
    failures, remedies : sequence of str
        Names of columns and rows.
    here : tuple of str
        The failure and the remedy that are marked.
    steps : int
        After how many steps; for the marked cell.
    pick : list, optional
        What a click on a cell sets.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``healed``, how many failures the
        marked remedy heals, and the ``verdict`` of the marked cell.
    """
    level = {"does not help": 0, "helps": 1, "heals": 2}
    text = np.array(
        [
            [f"{SYMBOLS[word]} {_short(loss)}" for word, loss in zip(row, values, strict=True)]
            for row, values in zip(verdicts, losses.tolist(), strict=True)
        ]
    )
    failure, remedy = here
    row, column = failures.index(failure), remedies.index(remedy)
    verdict, loss = verdicts[row][column], float(losses[row, column])
    healed = sum(words[column] == "heals" for words in verdicts)
    shades = np.array([[level[word] for word in line] for line in verdicts])
    shades[row, column] += 3
    cells = {
        "type": "heatmap",
        "x": list(failures),
        "y": list(remedies),
        "z": shades.T.tolist(),
        "text": text.T.tolist(),
        "texttemplate": "%{text}",
        "textfont": {"color": "#202020"},
        "colorscale": [[k / 5, color] for k, color in enumerate(_SHADES)],
        "zmin": 0,
        "zmax": 5,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "x+y+text",
    }
    return {
        "data": [cells],
        "layout": {
            "title": {"text": f"{remedy} against {failure}: {verdict} (loss {_told(loss)})"},
            "meta": {
                "summary": f"{remedy} against {failure}: {verdict}, with loss {_told(loss)} after "
                f"{steps} steps. {remedy} heals {healed} of {len(failures)} failures.",
                "verdict": verdict,
                "healed": healed,
            }
            | ({"pick": pick} if pick else {}),
            "height": 680,
            # Upright names leave the columns of a phone wide enough for a word and a number.
            "xaxis": {"automargin": True, "showgrid": False, "side": "top", "tickangle": -90},
            "yaxis": {"autorange": "reversed", "automargin": True, "showgrid": False},
        },
    }


# No, helps, heals; then the same for the cell that is marked.
_SHADES = ("#f4a582", "#f7f7f7", "#92c5de", "#d6604d", "#bababa", "#4393c3")
SYMBOLS = {"does not help": "✗", "helps": "~", "heals": "✓"}


def _short(loss: float) -> str:
    return f"{loss:.1f}" if math.isfinite(loss) else "∞"


def _told(loss: float) -> str:
    return two_digits(loss) if math.isfinite(loss) else "overflow"


def _number(loss: float) -> float:
    return float(f"{loss:.3g}") if math.isfinite(loss) else math.inf
