"""What a figure says in words and numbers, apart from its panels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Number = float | None | list[float]


@dataclass(frozen=True)
class Reading:
    """What a figure says: a verdict, the numbers behind it, a sentence, and a title.

    Attributes
    ----------
    verdict : str
        One of a few words, by which prose, goals and tests tell states apart; empty where the
        figure gives none.
    title : str
        The figure's title.
    sentence : str
        What is read to those who do not see the figure: it holds a number and the verdict.
    numbers : mapping of str to number
        What prose, goals and tests ask for, by name.

    Examples
    --------
    >>> reading = Reading("slow", "Slow", "After 9 steps: slow.", {"steps": 9})
    >>> reading.meta()
    {'summary': 'After 9 steps: slow.', 'verdict': 'slow', 'steps': 9}
    """

    verdict: str
    title: str
    sentence: str
    numbers: Mapping[str, Number]

    def meta(self) -> dict[str, Any]:
        """Return what a figure's ``meta`` holds of the reading."""
        verdict = {"verdict": self.verdict} if self.verdict else {}
        return {"summary": self.sentence, **verdict, **self.numbers}


def figure(
    reading: Reading,
    data: Sequence[Mapping[str, Any]],
    *,
    pick: Mapping[str, Any] | Sequence[Any] | None = None,
    **layout: Any,
) -> dict[str, Any]:
    """Put a reading, traces and a layout together.

    Parameters
    ----------
    reading : Reading
        For the title and ``meta``.
    data : sequence of mapping
        Traces.
    pick : mapping or sequence, optional
        What a click sets; see :func:`trainability.explore.explore`.
    **layout
        Axes and whatever else the layout holds.

    Returns
    -------
    dict
        The plain data of a plotly figure: making plotly's own objects would take most of the
        book's build.

    Examples
    --------
    >>> drawn = figure(Reading("slow", "Slow", "After 9 steps: slow.", {}), [], height=300)
    >>> drawn["layout"]["title"], drawn["layout"]["height"]
    ({'text': 'Slow'}, 300)
    """
    meta = reading.meta() | ({"pick": pick} if pick else {})
    title = {"text": reading.title}
    return {"data": list(data), "layout": {"title": title, "meta": meta, **layout}}
