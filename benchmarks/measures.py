"""A measured figure and the bound it must keep."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One figure of a run.

    Attributes
    ----------
    name : str
        What was measured, against what.
    value, bound : float
        The figure and its limit, in ``unit``.
    at_least : bool
        Whether ``bound`` is a lower limit; an upper one otherwise.
    """

    name: str
    value: float
    bound: float
    unit: str = ""
    at_least: bool = False

    @property
    def within(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        verdict = "ok" if self.within else "BEYOND"
        sign = "at least" if self.at_least else "at most"
        figure = f"{self.value:.3g} {self.unit}".strip()
        return f"{verdict:7}{self.name}: {figure} ({sign} {self.bound:g})"


def interleaved(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each call, taken in turns so that all share the weather."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(times[1:]) for name, times in seconds.items()}
