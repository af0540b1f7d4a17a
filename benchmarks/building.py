"""A build with nothing changed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measures import Measure

ROOT = Path(__file__).parents[1]


def build() -> float:
    """Build the book and return the seconds it took."""
    begin = time.perf_counter()
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def measure() -> Iterator[Measure]:
    """Yield the seconds of a build that finds everything up to date."""
    build()
    yield Measure("a build with nothing changed", min(build() for _ in range(3)), 10, "s")
