"""Pictures of failures and remedies: the table, and the course of one cell."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures import two_digits
from trainability.figures.lines import marked_line, powers_of_ten

HEALS, HELPS = 0.5, 0.5
NOT_FINITE = 1e3  # where a curve that has left the numbers is drawn


def repair_attempts(
    steps: Sequence[int],
    rates: Sequence[float],
    loss: np.ndarray,
    relative: np.ndarray,
    *,
    setting: str,
    verdict: str,
    pick: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Draw what one remedy does to one failure: loss of every rate, steps of the best.

    Parameters
    ----------
    steps : sequence of int
        T recorded counts of steps.
    rates : sequence of float
        R rates that were tried.
    loss : array, shape (R, T)
        Mean cross entropy; nan after overflow.
    relative : array, shape (R, T, L)
        ‖ΔW‖/‖W‖ of each layer.
    setting : str
        Failure and remedy, in words.
    verdict : str
        See :func:`judged`.
    pick : mapping, optional
        What a click sets; see :func:`trainability.explore.explore`.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``loss``, the last of the best rate,
        its ``rate`` and the ``verdict``. What is not finite is drawn at the upper edge.
    """
    best = int(np.nan_to_num(loss[:, -1], nan=np.inf).argmin())
    last, finite = float(loss[best, -1]), bool(np.isfinite(loss[best, -1]))
    shown = np.nan_to_num(loss, nan=NOT_FINITE, posinf=NOT_FINITE).clip(1e-4, NOT_FINITE)
    order = [rate for rate in range(len(rates)) if rate != best] + [best]
    told = f"loss {_told(last)}"
    curves = [
        {
            "type": "scatter",
            "x": steps,
            "y": shown[index],
            "mode": "lines",
            "name": "best rate" if index == best else "other rates",
            "showlegend": index == best or index == order[0],
            "line": {"width": 3, "color": "#d55e00"}
            if index == best
            else {"width": 1.5, "dash": "dot", "color": "#808080"},
        }
        for index in order
    ]
    layers = relative.shape[2]
    places = {"first layer": 0, f"layer {(layers + 1) // 2}": layers // 2, "last layer": layers - 1}
    moves = [
        marked_line(
            steps, np.where(relative[best, :, place] > 0, relative[best, :, place], np.nan), name, i
        )
        | {"xaxis": "x2", "yaxis": "y2", "mode": "lines"}
        for i, (name, place) in enumerate(places.items(), start=2)
    ]
    meta = {
        "summary": f"{setting}: with its best rate, {rates[best]:g}, {told} after "
        f"{steps[-1]} steps: {verdict}.",
        "verdict": verdict,
        "loss": float(f"{last:.3g}") if finite else math.inf,
        "rate": rates[best],
    }
    return {
        "data": curves + moves,
        "layout": {
            "title": {"text": f"{verdict[:1].upper()}{verdict[1:]}: {told} at the best rate"},
            "meta": meta | ({"pick": pick} if pick else {}),
            "height": 680,
            "xaxis": {"title": {"text": "step"}},
            "yaxis": powers_of_ten("mean cross entropy (nats)", [-4, 3.2], [0.42, 1]),
            "xaxis2": {"title": {"text": "step"}, "anchor": "y2"},
            "yaxis2": powers_of_ten("‖ΔW‖/‖W‖ at the best rate", [-9, 3], [0, 0.28])
            | {"anchor": "x2"},
        },
    }


def judged(last: float, without: float, *, chance: float) -> str:
    """Say what a remedy did: ``"heals"``, ``"helps"`` or ``"does not help"``.

    Parameters
    ----------
    last, without : float
        Last losses with the remedy and with plain SGD; nan counts as ``chance``.
    chance : float
        The loss of a uniform guess.

    Examples
    --------
    >>> [judged(loss, 2.3, chance=2.3) for loss in (0.1, 1.5, 2.2, math.nan)]
    ['heals', 'helps', 'does not help', 'does not help']
    """
    last, without = (min(x, chance) if math.isfinite(x) else chance for x in (last, without))
    if last < HEALS:
        return "heals"
    return "helps" if last < without - HELPS else "does not help"


def repair_table(
    losses: np.ndarray,
    verdicts: Sequence[Sequence[str]],
    failures: Sequence[str],
    remedies: Sequence[str],
    *,
    here: tuple[str, str],
    pick: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Draw the table of failures and remedies, each cell with its symbol and its loss.

    Parameters
    ----------
    losses : array, shape (F, R)
        Last losses at the best rate; nan where no rate left numbers.
    verdicts : sequence of F sequences of R str
        See :func:`judged`.
    failures, remedies : sequence of str
        Names of rows and columns.
    here : tuple of str
        The failure and the remedy that are marked.
    pick : list, optional
        What a click on a cell sets.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``healed``, how many failures the
        marked remedy heals, and the ``verdict`` of the marked cell.
    """
    level = {"does not help": 0, "helps": 1, "heals": 2}
    text = [
        [f"{SYMBOLS[word]}<br>{_short(loss)}" for word, loss in zip(row, values, strict=True)]
        for row, values in zip(verdicts, losses.tolist(), strict=True)
    ]
    failure, remedy = here
    row, column = failures.index(failure), remedies.index(remedy)
    verdict, loss = verdicts[row][column], float(losses[row, column])
    healed = sum(words[column] == "heals" for words in verdicts)
    meta = {
        "summary": f"{remedy} against {failure}: {verdict}, with loss {_told(loss)}. "
        f"{remedy} heals {healed} of {len(failures)} failures.",
        "verdict": verdict,
        "healed": healed,
    }
    shades = [[level[word] for word in line] for line in verdicts]
    shades[row][column] += 3
    cells = {
        "type": "heatmap",
        "x": list(remedies),
        "y": list(failures),
        "z": shades,
        "text": text,
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
            "meta": meta | ({"pick": pick} if pick else {}),
            "height": 560,
            "xaxis": {"title": {"text": "remedy"}, "automargin": True, "showgrid": False},
            "yaxis": {"title": {"text": "failure"}, "autorange": "reversed", "automargin": True}
            | {"showgrid": False},
        },
    }


# No, helps, heals; then the same for the cell that is marked.
_SHADES = ("#f4a582", "#f7f7f7", "#92c5de", "#d6604d", "#bababa", "#4393c3")
SYMBOLS = {"does not help": "✗", "helps": "~", "heals": "✓"}


def _short(loss: float) -> str:
    return f"{loss:.1f}" if math.isfinite(loss) else "nan"


def _told(loss: float) -> str:
    return two_digits(loss) if math.isfinite(loss) else "nan"
