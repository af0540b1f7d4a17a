"""What a check suspects, before the remedy was tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainability.diagnostics.case import Case

Remedy = Callable[[Case], None]


@dataclass(frozen=True)
class Candidate:
    """A suspicion with its number, its words and a remedy that can be tried.

    Attributes
    ----------
    severity : str
        The most that it can be, where the trial confirms it.
    slowed : str
        The most that it can be where the copy without the remedy learns too, but badly. A fault
        that theory says no number of steps removes is severe there, too.
    undecided : str
        What it is where neither copy learns.
    least : str
        What it is where the trial does not; nothing is reported for ``""``.
    apply : callable or None
        Changes a copy of the case, in place.
    lasting : bool
        Whether it counts only if it is still there after some steps. A matrix that starts at
        zero has no gradient before its neighbor has moved, and that is no fault.
    unsure : str
        What cannot be said where no steps can be taken, of what counts only after some; ``""``
        where theory says that it lasts.
    """

    kind: str
    where: tuple[str, ...]
    measured: float | None
    expected: float | None
    sentence: str
    remedy: str
    severity: str = "severe"
    slowed: str = "warning"
    undecided: str = "warning"
    least: str = ""
    apply: Remedy | None = None
    lasting: bool = False
    unsure: str = ""
