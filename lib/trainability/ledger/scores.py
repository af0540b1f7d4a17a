"""Read the answers to the inventory that students have saved and handed in."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

JUDGMENTS = ("true", "false", "depends")
_GUARDED = ("'=", "'+", "'-", "'@")  # as the page writes what a spreadsheet would compute
_HEAD = ["name", "day", "right", "of"]


@dataclass(frozen=True)
class Answers:
    """What one student has judged.

    Attributes
    ----------
    name, day : str
        As the file has them.
    judged : tuple of str
        A judgment for each statement, empty where there is none.
    """

    name: str
    day: str
    judged: tuple[str, ...]

    def right(self, key: Sequence[str]) -> int:
        """Return how many agree with the key.

        Examples
        --------
        >>> Answers("Ada", "2026-09-01", ("true", "", "depends")).right(["true", "true", "false"])
        1
        """
        return sum(mine == wanted for mine, wanted in zip(self.judged, key, strict=True))


def read_answers(folder: Path | str, count: int) -> list[Answers]:
    r"""Read every file of a folder that the inventory has saved, in the order of names.

    The scores that the files tell are left aside: a student could have typed them.

    Parameters
    ----------
    folder : Path or str
        With files whose names end in ``.csv``.
    count : int
        How many statements there are.

    Raises
    ------
    ValueError
        Naming the file, for one that is none of these.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     line = "name,day,right,of,1,2\nAda,2026-09-01,2,2,true,depends\n"
    ...     _ = (Path(folder) / "ada.csv").write_text(line)
    ...     read_answers(folder, 2)
    [Answers(name='Ada', day='2026-09-01', judged=('true', 'depends'))]
    """
    found = []
    for path in sorted(Path(folder).glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        head = [*_HEAD, *map(str, range(1, count + 1))]
        if len(rows) != 2 or rows[0] != head or len(rows[1]) != len(head):
            raise ValueError(
                f"{path} is no file of the inventory with {count} statements; ask for it again"
            )
        name, day, _, _, *judged = rows[1]
        if other := sorted({*judged} - {*JUDGMENTS, ""}):
            raise ValueError(f"{path} judges {other[0]!r}, which is none of {', '.join(JUDGMENTS)}")
        if name[:2] in _GUARDED:
            name = name[1:]
        found.append(Answers(name, day, tuple(judged)))
    return sorted(found, key=lambda answers: (answers.name, answers.day))


def share_right(answers: Sequence[Answers], key: Sequence[str]) -> list[float]:
    """Return the share of students who judged each statement as the key does.

    Examples
    --------
    >>> two = [Answers("a", "", ("true", "false")), Answers("b", "", ("true", "true"))]
    >>> share_right(two, ["true", "true"])
    [1.0, 0.5]
    """
    if not answers:
        raise ValueError("there are no answers; put the saved files into the folder")
    return [
        sum(each.judged[k] == wanted for each in answers) / len(answers)
        for k, wanted in enumerate(key)
    ]
