"""A build with nothing changed, and the run of each lesson."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measures import Measure
from trainability.book.notebooks import notebook_paths
from trainability.explore.faces import BOOK_VARIABLE

ROOT = Path(__file__).parents[1]
SECONDS = {
    "06_lars.ipynb": 45,
    "07_svm_bias.ipynb": 30,
    "08_kernel_svm.ipynb": 30,
    "09_cafe.ipynb": 45,
}


def build() -> float:
    """Build the book and return the seconds it took."""
    begin = time.perf_counter()
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def run(notebook: Path) -> float:
    """Execute a notebook as the build does, with a kernel of its own, and return the seconds."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "jupyter", "execute", str(notebook)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {BOOK_VARIABLE: "1"})
    return time.perf_counter() - begin


def measure() -> Iterator[Measure]:
    """Yield the seconds of each notebook, and of a build that finds everything up to date."""
    for notebook in notebook_paths(ROOT):
        bound = SECONDS.get(notebook.name, 40)
        yield Measure(f"{notebook.name} executes", run(notebook), bound, "s")
    build()
    yield Measure("a build with nothing changed", min(build() for _ in range(3)), 10, "s")
