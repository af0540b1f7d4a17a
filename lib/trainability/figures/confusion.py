"""Draw which of several faults was planted, and which was named first."""

from collections.abc import Mapping, Sequence
from typing import Any

from trainability.figures.palette import COUNTS
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis

NOTHING = "no warning"


def confusion(pairs: Mapping[tuple[str, str], int], kinds: Sequence[str]) -> dict[str, Any]:
    """Draw a table of counts, one row a planted fault, one column what was named first.

    ``meta`` holds ``right``, the count on the diagonal, and ``total``.

    Parameters
    ----------
    pairs : mapping of (planted, named) to int
        How often; ``named`` may be ``"no warning"``.
    kinds : sequence of str
        The order of the rows and columns; those that occur in no pair are left out.
    """
    planted = [kind for kind in kinds if any(row == kind for row, _ in pairs)]
    named = [kind for kind in (*kinds, NOTHING) if any(column == kind for _, column in pairs)]
    counts = [[pairs.get((row, column), 0) for column in named] for row in planted]
    shown = [[str(count) if count else "" for count in row] for row in counts]
    table = {
        "type": "heatmap",
        "x": named,
        "y": planted,
        "z": [[float(count > 0) * count**0.5 for count in row] for row in counts],
        "text": shown,
        "texttemplate": "%{text}",
        "hovertemplate": "planted %{y}, named %{x}: %{text}<extra></extra>",
        "colorscale": COUNTS,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
    }
    return figure(
        read_confusion(pairs),
        [table],
        height=90 + 26 * len(planted) + 150,
        xaxis=axis("named first", tickangle=-60),
        yaxis=axis("planted", autorange="reversed"),
        margin={"l": 190},
    )


def read_confusion(pairs: Mapping[tuple[str, str], int]) -> Reading:
    """Say in how many draws the fault was named as it was planted.

    Examples
    --------
    >>> read_confusion({("a", "a"): 8, ("a", "b"): 1, ("a", "no warning"): 1}).sentence
    'Of 10 draws, 8 were named right first, 1 got no warning, and 1 was first called another.'
    """
    total = sum(pairs.values())
    right = sum(count for (planted, named), count in pairs.items() if planted == named)
    silent = sum(count for (_, named), count in pairs.items() if named == NOTHING)
    other = total - right - silent
    sentence = (
        f"Of {total} draws, {_were(right)} named right first, {silent} got no warning, and "
        f"{_were(other)} first called another."
    )
    title = f"In {right} of {total} draws the first name is right"
    return Reading("", title, sentence, {"right": float(right), "total": float(total)})


def _were(count: int) -> str:
    return f"{count} was" if count == 1 else f"{count} were"
