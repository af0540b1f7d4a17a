"""The house: executing every notebook, building after an edit, and the two test commands."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from benchmarks.measures import Measure
from trainability.book.build import EXECUTING
from trainability.book.execution import execute_all
from trainability.book.notebooks import notebook_paths
from trainability.book.records import Executions, Record
from trainability.explore.faces import BOOK_VARIABLE

ROOT = Path(__file__).parents[1]
TIMEOUT = 600.0
EDITED = "chapters/08_kernel_svm.ipynb"
SUBJECT = "lib/trainability/svm/solver.py"


def calibrate() -> float:
    """Return the seconds of 100 float32 products of 1024 x 1024 in one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 1024, 1024, generator=generator)
    begin = time.perf_counter()
    for _ in range(100):
        a @ b
    seconds = time.perf_counter() - begin
    torch.set_num_threads(threads)
    return seconds


@contextmanager
def as_in_a_build() -> Iterator[None]:
    """Let kernels that start within show what a page shows."""
    before = os.environ.get(BOOK_VARIABLE)
    os.environ[BOOK_VARIABLE] = "1"
    try:
        yield
    finally:
        del os.environ[BOOK_VARIABLE]
        if before is not None:
            os.environ[BOOK_VARIABLE] = before


def execute_from_nothing(workers: int) -> tuple[float, dict[str, Record]]:
    """Execute all notebooks, so many at a time; return the wall time and what each took."""
    records = {}
    with tempfile.TemporaryDirectory() as store, as_in_a_build():
        executions = Executions(ROOT, Path(store))
        begin = time.perf_counter()
        for path, result in execute_all(executions, notebook_paths(ROOT), TIMEOUT, workers):
            if isinstance(result, Exception):
                raise result
            if result is not None:
                records[path.name] = result
        return time.perf_counter() - begin, records


def command(*words: str, folder: Path = ROOT) -> tuple[float, list[str]]:
    """Run a command with the library of a folder; return the seconds and the notebooks executed."""
    begin = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(folder / "lib")}
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - begin
    if result.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{result.stdout}{result.stderr}")
    return seconds, re.findall(rf"^{EXECUTING} \d+ of \d+: (\S+)", result.stdout, re.MULTILINE)


def build(folder: Path = ROOT) -> tuple[float, list[str]]:
    """Build a book; return the seconds and the notebooks executed."""
    return command(sys.executable, "-m", "trainability.book.build", folder=folder)


@contextmanager
def built_copy() -> Iterator[Path]:
    """Yield a copy of the book in which nothing is stale."""
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in files.stdout.splitlines():
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        shutil.copytree(ROOT / "_build" / ".executed", Path(folder) / "_build" / ".executed")
        build(Path(folder))
        yield Path(folder)


def edit(file: Path) -> None:
    """Change a file: a comment is a change, too."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        changed = re.sub(
            r'("cell_type": "code".*?"source": \[\s*")',
            r"\1# Edited.\\n",
            text,
            count=1,
            flags=re.DOTALL,
        )
    else:
        changed = f"{text}# Edited.\n"
    assert changed != text
    file.write_text(changed, encoding="utf-8")


def _names(executed: list[str]) -> str:
    return ", ".join(name.rpartition("/")[2] for name in executed)


def measure() -> Iterator[Measure]:
    """Yield executions from nothing, builds after an edit, and the two test commands."""
    calibration = calibrate()
    yield Measure("calibration: 100 products of 1024 x 1024", calibration, 30, "s")
    wall, records = execute_from_nothing(workers=2)
    yield Measure("all pages from nothing, 2 at a time", wall / calibration, 60, "calibrations")
    alone, records = execute_from_nothing(workers=1)
    total = sum(record.seconds for record in records.values())
    longest = max(record.seconds for record in records.values())
    yield Measure("all pages one by one / their sum", alone / total, 1.3)
    yield Measure(
        "2 at a time / half their sum, or the longest", wall / max(total / 2, longest), 1.3
    )
    for name, record in sorted(records.items()):
        yield Measure(f"{name} executes", record.seconds / calibration, 20, "calibrations")

    build()
    yield Measure("a build with nothing changed", min(build()[0] for _ in range(3)), 10, "s")
    with built_copy() as folder:
        edit(folder / EDITED)
        seconds, executed = build(folder)
        names = _names(executed)
        # The page for teachers counts the words of every lesson.
        yield Measure(f"an edited notebook: {seconds:.0f} s, executed ({names})", len(executed), 2)
        edit(folder / SUBJECT)
        seconds, executed = build(folder)
        names = _names(executed)
        yield Measure(f"an edited subject: {seconds:.0f} s, executed ({names})", len(executed), 4)

    yield Measure("make check", command("make", "check")[0] / 60, 2, "min")
    seconds, executed = command("make", "test")
    yield Measure("notebooks executed by make test after make book", len(executed), 0)
    yield Measure("make test", seconds / 60, 20, "min")
