"""Statements to judge, first without and then with the answers; scored in the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from trainability.explore.ask import VERDICTS
from trainability.explore.faces import show_html
from trainability.explore.listing import Link
from trainability.explore.question_markup import checked_name, rich


@dataclass(frozen=True)
class Statement:
    """A statement that is true, false, or depends.

    Attributes
    ----------
    text : str
        As it is put to the reader.
    answer : {"true", "false", "depends"}
    because : str
        Why, in a sentence or two.
    group : str
        What its score is counted under.
    link : Link
        Where it is treated.
    """

    text: str
    answer: str
    because: str
    group: str
    link: Link


@dataclass(frozen=True)
class Quiz:
    """What :func:`quiz` returns; shown by evaluating it in a cell."""

    name: str
    statements: tuple[Statement, ...]

    def html(self) -> str:
        """Return the quiz for a page."""
        name = escape(self.name)
        items = "\n".join(self._item(i, item) for i, item in enumerate(self.statements, start=1))
        return f"""\
<div class="quiz" data-quiz="{name}">
<p class="quiz-past" hidden></p>
<ol>
{items}
</ol>
<p class="quiz-actions" hidden><button type="button" data-action="score">Score</button>\
<button type="button" data-action="answers" hidden>Show the answers</button>\
<button type="button" data-action="again" hidden>Start again</button></p>
<div class="quiz-score" role="status"></div>
<p class="quiz-save" hidden><label for="{name}-who">Your name or number, if someone collects the \
answers</label> <input id="{name}-who" maxlength="80" autocomplete="off"> \
<button type="button" data-action="save">Save as a file</button> It holds what you type here, the \
day and your judgments, and stays on this device unless you send it.</p>
<noscript><p>Scoring needs JavaScript; the key is on a page of its own.</p></noscript>
</div>"""

    def _item(self, number: int, item: Statement) -> str:
        name = f"{escape(self.name)}-{number}"
        options = "".join(
            f'<label><input type="radio" name="{name}" value="{verdict}" autocomplete="off"> '
            f"<span>{verdict}</span></label>"
            for verdict in VERDICTS
        )
        return (
            f'<li data-right="{item.answer}" data-group="{escape(item.group)}">'
            f'<p id="{name}">{rich(item.text)}</p>'
            f'<fieldset aria-labelledby="{name}">{options}</fieldset>'
            f'<p class="quiz-reply" hidden><strong></strong> {self._reason(item)}</p></li>'
        )

    def _reason(self, item: Statement) -> str:
        return f"{rich(item.because)} {item.link.html()}"

    def _ipython_display_(self) -> None:
        show_html(self.html())


def quiz(statements: Sequence[Statement], *, name: str) -> Quiz:
    """Return statements to be judged, scored together and explained when asked.

    The page keeps earlier scores in the reader's browser, and nowhere else, so that a score
    before a course can be compared with one after it.

    Parameters
    ----------
    statements : sequence of Statement
    name : str
        Unique on the page: lower-case letters, digits, ``-`` and ``_``.

    Raises
    ------
    ValueError
        Without statements, or for an answer that is none of true, false and depends.

    Examples
    --------
    >>> one = Statement("2 + 2 = 5", "false", "It is 4.", "Sums", Link("Sums", "sums.html"))
    >>> 'data-right="false"' in quiz([one], name="sums").html()
    True
    """
    checked_name(name)
    if not statements:
        raise ValueError(f"quiz {name!r} has no statements")
    for item in statements:
        if item.answer not in VERDICTS:
            raise ValueError(f"{item.text!r}: answer={item.answer!r} must be one of {VERDICTS}")
    return Quiz(name, tuple(statements))
