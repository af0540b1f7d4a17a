"""Questions that a page answers at once: predict, then see; try, then check."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from trainability.explore.expressions import evaluate
from trainability.explore.faces import show_html
from trainability.explore.question_markup import checked_name, question_html
from trainability.explore.sketch import SketchAxes


@dataclass(frozen=True)
class Reply:
    """What a question says to an answer."""

    right: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class Question(ABC):
    """A prompt, the reader's answer, and the reply; shown by evaluating it in a cell.

    Attributes
    ----------
    name : str
        Unique on the page: lower-case letters, digits, ``-`` and ``_``.
    prompt : str
        Plain text with ``$…$`` for math, `` `…` `` for code and ``*…*`` for emphasis, as all texts.
    explanation : str
        Shown with a right answer, and with every answer of a prediction.
    hints : tuple of str
        From the gentlest to the plainest; each opens the way to the next.
    predict : bool
        Whether the reader commits once and then sees the truth.
    """

    name: str
    prompt: str
    explanation: str = ""
    hints: tuple[str, ...] = ()
    predict: bool = False

    kind = ""

    def __post_init__(self) -> None:
        checked_name(self.name)
        if not self.prompt.strip():
            raise ValueError(f"question {self.name!r} needs a prompt")
        if isinstance(self.hints, str):
            raise TypeError(f"hints of {self.name!r} must be a list of sentences, not one string")

    @abstractmethod
    def judge(self, answer: Any) -> tuple[bool, str, str]:
        """Return whether ``answer`` is right, what is said of it, and the key of its reply."""

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return what the page's script needs to judge."""

    @abstractmethod
    def replies(self) -> dict[str, str]:
        """Return the prepared replies by key."""

    def check(self, answer: Any) -> Reply:
        """Judge an answer as the page does."""
        right, said, key = self.judge(answer)
        verdict = "Right." if right else "It is otherwise." if self.predict else "Not yet."
        shown = self.explanation if right or self.predict else ""
        parts = (verdict, said, self.replies().get(key, ""), shown)
        return Reply(right, " ".join(part for part in parts if part))

    def html(self) -> str:
        """Return the question for a page."""
        return question_html(self)

    def _ipython_display_(self) -> None:
        show_html(self.html())


@dataclass(frozen=True, kw_only=True)
class Choice(Question):
    """What :func:`choice` returns; answered by the words of an option."""

    options: tuple[tuple[str, str], ...]
    answer: str

    kind = "choice"

    def judge(self, answer: Any) -> tuple[bool, str, str]:
        """See :meth:`Question.judge`."""
        words = [option for option, _ in self.options]
        if answer not in words:
            raise ValueError(f"{answer!r} is not one of {', '.join(map(repr, words))}")
        return answer == self.answer, "", f"option-{words.index(answer)}"

    def data(self) -> dict[str, Any]:
        """See :meth:`Question.data`."""
        return {"right": [option for option, _ in self.options].index(self.answer)}

    def replies(self) -> dict[str, str]:
        """See :meth:`Question.replies`."""
        return {f"option-{i}": reply for i, (_, reply) in enumerate(self.options)}


@dataclass(frozen=True, kw_only=True)
class Value(Question):
    """What :func:`value` returns; answered by a number or the text of a formula."""

    samples: tuple[dict[str, float], ...]
    expected: tuple[float, ...]
    tolerance: tuple[str, float]
    unit: str
    traps: tuple[tuple[tuple[float, ...], str], ...]

    kind = "value"

    def judge(self, answer: Any) -> tuple[bool, str, str]:
        """See :meth:`Question.judge`."""
        given = tuple(evaluate(str(answer), sample) for sample in self.samples)
        wrong = [i for i in range(len(given)) if not self._near(given[i], self.expected[i])]
        if not wrong:
            return True, "", "right"
        for i, (values, _) in enumerate(self.traps):
            if all(self._near(g, v) for g, v in zip(given, values, strict=True)):
                return False, "", f"trap-{i}"
        first = wrong[0]
        side = "large" if given[first] > self.expected[first] else "small"
        if not self.samples[first]:
            return False, f"Your value is too {side}.", "wrong"
        return False, f"At {self._where()[first]} your formula is too {side}.", "wrong"

    def _near(self, given: float, wanted: float) -> bool:
        kind, size = self.tolerance
        return abs(given - wanted) <= (size * abs(wanted) if kind == "relative" else size)

    def _where(self) -> list[str]:
        return [", ".join(f"{key} = {x:g}" for key, x in at.items()) for at in self.samples]

    def data(self) -> dict[str, Any]:
        """See :meth:`Question.data`."""
        return {
            # As pairs, since an object of the page's data loses the author's order.
            "samples": [list(map(list, sample.items())) for sample in self.samples],
            "where": self._where(),
            "expected": list(self.expected),
            "tolerance": list(self.tolerance),
            "traps": [list(values) for values, _ in self.traps],
        }

    def replies(self) -> dict[str, str]:
        """See :meth:`Question.replies`."""
        return {f"trap-{i}": reply for i, (_, reply) in enumerate(self.traps)}


@dataclass(frozen=True, kw_only=True)
class Ordering(Question):
    """What :func:`ordering` returns; answered by the list of lines."""

    lines: tuple[str, ...]

    kind = "ordering"

    def judge(self, answer: Any) -> tuple[bool, str, str]:
        """See :meth:`Question.judge`."""
        if sorted(answer) != sorted(self.lines):
            raise ValueError(f"the answer to {self.name!r} must hold each line once")
        right = [given == line for given, line in zip(answer, self.lines, strict=True)]
        if all(right):
            return True, "", "right"
        first = right.index(False) + 1
        return False, f"Line {first} is the first that does not follow.", "wrong"

    @property
    def shuffled(self) -> tuple[int, ...]:
        """The order in which the reader finds the lines: the same in every build."""
        order = list(range(len(self.lines)))
        generator = random.Random(self.name)
        while order[0] == 0 or order == sorted(order):
            generator.shuffle(order)
        return tuple(order)

    def data(self) -> dict[str, Any]:
        """See :meth:`Question.data`."""
        return {}

    def replies(self) -> dict[str, str]:
        """See :meth:`Question.replies`."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Sketch(Question):
    """What :func:`sketch` returns; answered by one y for each x asked."""

    axes: SketchAxes
    tolerance: float

    kind = "sketch"

    def judge(self, answer: Any) -> tuple[bool, str, str]:
        """See :meth:`Question.judge`."""
        if len(answer) != len(self.axes.truth):
            raise ValueError(f"{self.name!r} asks for {len(self.axes.truth)} values")
        gaps = [self.axes.place(y) - at for y, at in zip(answer, self.axes.truth, strict=True)]
        worst = max(range(len(gaps)), key=lambda i: abs(gaps[i]))
        where, size = self.axes.where()[worst], self.axes.distance(abs(gaps[worst]))
        if abs(gaps[worst]) <= self.tolerance:
            return True, f"You are nowhere more than {size} off.", "right"
        side = "high" if gaps[worst] > 0 else "low"
        return False, f"You are furthest off at {where}: {size} too {side}.", "wrong"

    def data(self) -> dict[str, Any]:
        """See :meth:`Question.data`."""
        return self.axes.data() | {"tolerance": self.tolerance}

    def replies(self) -> dict[str, str]:
        """See :meth:`Question.replies`."""
        return {}
