"""Questions as HTML: native controls, replies that wait in the page, hints that open in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from trainability.explore.document import to_json

if TYPE_CHECKING:
    from trainability.explore.questions import Choice, Ordering, Question, Sketch, Value

_NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")
# A product such as 2*a*b is no emphasis.
_MARKED = re.compile(
    r"\$([^$]+)\$|`([^`]+)`|\*\*(?=\S)(.+?)(?<=\S)\*\*|(?<!\w)\*(?=\S)([^*]+)(?<=\S)\*(?!\w)"
)


def checked_name(name: str) -> str:
    """Return a name that can stand in an address and an attribute.

    Raises
    ------
    ValueError
        For anything but lower-case letters, digits, - and _, a letter first.
    """
    if not _NAME.match(name):
        raise ValueError(f"name={name!r}: use lower-case letters, digits, - and _")
    return name


def rich(text: str) -> str:
    r"""Return escaped HTML with ``$…$`` as math, `` `…` `` as code, ``*…*`` as emphasis.

    ``**…**`` is strong emphasis.

    Examples
    --------
    >>> rich("$x$ < `b`, *not* 2*a*b")
    '<span class="math" data-tex="x">\\(x\\)</span> &lt; <code>b</code>, <em>not</em> 2*a*b'
    """
    pieces, at = [], 0
    for match in _MARKED.finditer(text):
        math, code, strong, emphasis = match.groups()
        pieces.append(escape(text[at : match.start()]))
        if math:
            tex = escape(math)
            pieces.append(rf'<span class="math" data-tex="{tex}">\({tex}\)</span>')
        elif code:
            pieces.append(f"<code>{escape(code)}</code>")
        elif strong:
            pieces.append(f"<strong>{rich(strong)}</strong>")
        else:
            pieces.append(f"<em>{escape(emphasis)}</em>")
        at = match.end()
    return "".join([*pieces, escape(text[at:])])


def hints_html(hints: Sequence[str]) -> str:
    """Return hints of which each opens the way to the next; no script is needed."""
    inner = ""
    for number in range(len(hints), 0, -1):
        label = "Hint" if len(hints) == 1 else f"Hint {number} of {len(hints)}"
        text = f"<p>{rich(hints[number - 1])}</p>"
        inner = f'<details class="question-hint"><summary>{label}</summary>{text}{inner}</details>'
    return inner


def question_html(question: Question) -> str:
    """Return a question with everything that its script needs."""
    name = escape(question.name)
    heading = "Predict." if question.predict else "Check."
    action = "Commit" if question.predict else "Check"
    replies = "".join(
        f'<p data-reply="{escape(key)}">{rich(text)}</p>'
        for key, text in [*question.replies().items(), ("explanation", question.explanation)]
        if text
    )
    data = question.data() | {"predict": question.predict}
    return f"""\
<div class="question" data-question="{name}" data-kind="{question.kind}" role="group" \
aria-labelledby="{name}.prompt">
<p class="question-prompt" id="{name}.prompt"><strong>{heading}</strong> {rich(question.prompt)}</p>
<fieldset class="question-answer" disabled aria-labelledby="{name}.prompt">
{_ANSWERS[question.kind](question)}
</fieldset>
<p class="question-actions"><button type="button" data-action="check">{action}</button>\
<button type="button" data-action="again" hidden>Start again</button></p>
<div class="question-reply" role="status"></div>
{hints_html(question.hints)}
<div class="question-replies" hidden>{replies}</div>
<noscript><p>Answering needs JavaScript. {rich(question.explanation)}</p></noscript>
<script type="application/json" class="question-data">{to_json(data)}</script>
</div>"""


def _choice(question: Choice) -> str:
    name = escape(question.name)
    return "\n".join(
        f'<label class="question-option"><input type="radio" name="{name}" value="{i}" '
        f'autocomplete="off"> <span>{rich(option)}</span></label>'
        for i, (option, _) in enumerate(question.options)
    )


def _value(question: Value) -> str:
    name = escape(question.name)
    names = list(question.samples[0])
    known = f" in {', '.join(map(escape, names))}" if names else ""
    label = f"Your formula{known}" if names else "Your value"
    unit = f' <span class="question-unit">{rich(question.unit)}</span>' if question.unit else ""
    return (
        f'<label for="{name}.value">{label}</label> '
        f'<input type="text" id="{name}.value" size="{28 if names else 12}" maxlength="200" '
        f'inputmode="text" autocapitalize="none" autocomplete="off" spellcheck="false">{unit}'
    )


def _ordering(question: Ordering) -> str:
    lines = "\n".join(
        f'<li data-line="{i}"><span class="question-line">{rich(question.lines[i])}</span>'
        '<span class="question-moves"><button type="button" data-move="-1">▲</button>'
        '<button type="button" data-move="1">▼</button></span></li>'
        for i in question.shuffled
    )
    return f"<ol>\n{lines}\n</ol>"


def _sketch(question: Sketch) -> str:
    return (
        "<p>Draw with the mouse or a finger. By keyboard: each point is a slider; "
        "up and down move it.</p>"
        '<div class="question-sketch"></div>'
    )


_ANSWERS: dict[str, Callable[[Any], str]] = {
    "choice": _choice,
    "value": _value,
    "ordering": _ordering,
    "sketch": _sketch,
}
