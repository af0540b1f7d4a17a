"""What a lesson asks of a reader: minutes, questions of each kind, exercises with solutions."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

KINDS = {
    "choice": "choices",
    "value": "values",
    "ordering": "orderings",
    "sketch": "sketches",
    "goal": "states to reach",
    "verdict": "verdicts",
    "explore": "explorers",
}
_CALL = re.compile(rf"\b({'|'.join(KINDS)})\(")


@dataclass(frozen=True)
class Lesson:
    """What a lesson holds with its deeper pages, as a teacher wants to know it.

    Attributes
    ----------
    title : str
    minutes : int
        Of its core path, as the lesson says itself.
    questions : dict of str to int
        How many of each kind, by its name in the plural; kinds that do not occur are left out.
    solutions : int
        How many exercises have a solution.
    deeper : int
        How many deeper pages it has.
    """

    title: str
    minutes: int
    questions: dict[str, int]
    solutions: int
    deeper: int = 0

    @property
    def contents(self) -> str:
        """What is in it, in one line.

        Examples
        --------
        >>> Lesson("Skip layers", 25, {"choices": 3, "explorers": 2}, 6).contents
        'choices 3, explorers 2; exercises with solutions 6'
        """
        asked = ", ".join(f"{kind} {count}" for kind, count in self.questions.items())
        deeper = f"; deeper pages {self.deeper}" if self.deeper else ""
        return f"{asked}; exercises with solutions {self.solutions}{deeper}"


def read_lesson(path: Path) -> Lesson:
    """Count what a lesson holds, and the deeper pages beside it.

    Parameters
    ----------
    path : Path
        A notebook with a title, and with the line that says how long its core path takes. Its
        deeper pages have its number and a letter: ``01a_…`` beside ``01_…``.

    Returns
    -------
    Lesson

    Raises
    ------
    ValueError
        For a notebook without a title or without that line.
    """
    deeper = sorted(path.parent.glob(f"{path.name[:2]}[a-z]_*.ipynb"))
    text, code = _read(path)
    title = re.match(r"# (.+)", text)
    minutes = re.search(r"Core path: about (\d+) minutes", text)
    if title is None or minutes is None:
        raise ValueError(
            f"{path.name} is no lesson: it must begin with '# Title' and say "
            "'Core path: about … minutes'"
        )
    more = [_read(page) for page in deeper]
    calls = Counter(_CALL.findall("\n".join([code, *(one for _, one in more)])))
    texts = "\n".join([text, *(one for one, _ in more)])
    return Lesson(
        title=title[1],
        minutes=int(minutes[1]),
        questions={name: calls[kind] for kind, name in KINDS.items() if calls[kind]},
        solutions=texts.count("Solution of exercise"),
        deeper=len(deeper),
    )


def _read(path: Path) -> tuple[str, str]:
    """Return the text and the code of a notebook, and its code alone."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text, code = (
        "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] in kinds)
        for kinds in (("markdown", "code"), ("code",))
    )
    return text, code
