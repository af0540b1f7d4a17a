"""Draw failures and remedies: the table, and one cell's losses against the rate."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import INK, MERIT, REFERENCE, WARNING
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

CEILING = 3.0  # losses above, and overflow, are drawn here
SYMBOLS = {"does not help": "✗", "helps": "~", "heals": "✓"}
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

    ``meta`` holds ``loss``, the median over draws of the lowest loss over rates, ``low`` and
    ``high``, the range of the draws, and the ``verdict``. Losses above 3 and overflow are drawn
    at the upper edge.

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
    """
    lines = [
        curve(list(rates), row.clip(max=CEILING), f"draw {draw}", mode="lines+markers")
        | {"marker": {"size": 5}}
        | {"line": {"color": WARNING, "width": 2, "dash": _DASHES[draw % 3]}}
        for draw, row in enumerate(np.nan_to_num(loss, nan=np.inf))
    ]
    guess = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": chance, "y1": chance}
    note = {"xref": "paper", "x": 1, "y": chance, "text": "a guess", "showarrow": False}
    return figure(
        read_rates(loss, steps=steps, setting=setting, verdict=verdict),
        lines,
        pick=pick,
        height=420,
        xaxis=axis("rate", type="log", exponentformat="power"),
        yaxis=axis(f"loss after {steps} steps (nats)", range=[-0.1, CEILING + 0.1]),
        shapes=[guess | {"line": {"dash": "dot", "color": REFERENCE}}],
        annotations=[note | {"xanchor": "right", "yanchor": "bottom"}],
    )


def read_rates(loss: np.ndarray, *, steps: int, setting: str, verdict: str) -> Reading:
    """Say how low the loss ends at the best rate; see :func:`loss_against_rate`.

    Examples
    --------
    >>> loss = np.array([[2.3, 0.2], [2.3, 0.4], [2.3, np.nan]])
    >>> read_rates(loss, steps=400, setting="LARS against b", verdict="heals").numbers
    {'loss': 0.4, 'low': 0.2, 'high': 2.3}
    """
    ends = np.sort(np.nan_to_num(loss, nan=np.inf).min(axis=1))
    low, middle, high = float(ends[0]), float(np.median(ends)), float(ends[-1])
    shown = _shown(middle)
    spread = f", {_shown(low)} to {_shown(high)} over {len(ends)} draws"
    return Reading(
        verdict,
        f"{setting}: {verdict} (loss {shown} at the best rate)",
        f"{setting}: {verdict}. At the best rate the loss after {steps} steps is {shown}"
        f"{spread if math.isfinite(middle) else ''}.",
        {"loss": rounded(middle), "low": rounded(low), "high": rounded(high)},
    )


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

    ``meta`` holds ``healed``, how many failures the marked remedy heals, and the ``verdict`` of
    the marked cell.

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
    """
    row, column = failures.index(here[0]), remedies.index(here[1])
    level = list(SYMBOLS)
    shades = np.array([[level.index(word) for word in line] for line in verdicts])
    shades[row, column] += 3
    cells = {
        "type": "heatmap",
        "x": list(failures),
        "y": list(remedies),
        "z": shades.T.tolist(),
        # One sign a cell can be read on a phone; the number stands under a pointer, and below.
        "text": [[SYMBOLS[word] for word in line] for line in zip(*verdicts, strict=True)],
        "texttemplate": "%{text}",
        "customdata": _labels(losses, verdicts).T.tolist(),
        "textfont": {"color": INK, "size": 13},
        "colorscale": [[k / 5, color] for k, color in enumerate(MERIT)],
        "zmin": 0,
        "zmax": 5,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hovertemplate": "%{y} against %{x}: %{customdata}<extra></extra>",
    }
    reading = read_cell(
        float(losses[row, column]),
        [line[column] for line in verdicts],
        at=row,
        here=here,
        steps=steps,
    )
    names = {"automargin": True, "showgrid": False, "tickfont": {"size": 11}}
    short = [name.split(": ")[-1].removesuffix(" layer") for name in failures]
    return figure(
        reading,
        [cells],
        pick=pick,
        height=720,
        # Upright names leave the columns of a phone wide enough for a word and a number.
        xaxis=names
        | {"side": "top", "tickangle": -90, "tickvals": list(failures), "ticktext": short},
        yaxis=names | {"autorange": "reversed", "domain": [0, 0.84]},
    )


def read_cell(
    loss: float, verdicts: Sequence[str], *, at: int, here: tuple[str, str], steps: int
) -> Reading:
    """Say what a remedy did for one failure, and how many failures it heals.

    Parameters
    ----------
    loss : float
        Of the marked cell, inf where all overflow.
    verdicts : sequence of str
        What the remedy did for each failure.
    at : int
        Which of them the marked cell is.
    here, steps
        As for :func:`repair_table`.

    Examples
    --------
    >>> read_cell(0.1, ["heals", "helps"], at=0, here=("b", "LARS"), steps=400).sentence
    'LARS against b: heals, with loss 0.1 after 400 steps. LARS heals 1 of 2 failures.'
    """
    (failure, remedy), verdict = here, verdicts[at]
    healed, shown = list(verdicts).count("heals"), _shown(loss)
    return Reading(
        verdict,
        f"{remedy} against {failure}: {verdict} (loss {shown})",
        f"{remedy} against {failure}: {verdict}, with loss {shown} after {steps} steps. {remedy} "
        f"heals {healed} of {len(verdicts)} failures.",
        {"healed": healed},
    )


def _labels(losses: np.ndarray, verdicts: Sequence[Sequence[str]]) -> np.ndarray:
    rows = zip(verdicts, losses.tolist(), strict=True)
    return np.array(
        [
            [
                f"{SYMBOLS[verdict]} {_short(loss)}"
                for verdict, loss in zip(verdicts, values, strict=True)
            ]
            for verdicts, values in rows
        ]
    )


def _short(loss: float) -> str:
    return f"{loss:.1f}" if math.isfinite(loss) else "∞"


def _shown(loss: float) -> str:
    return two_digits(loss) if math.isfinite(loss) else "overflow"
