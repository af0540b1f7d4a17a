"""Execute one notebook, and keep a record of it that tells when its results could change."""

import asyncio
import atexit
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from trainability.book.dependencies import REPORT, WATCH, Digests, library, runtime
from trainability.book.outputs import joined_streams
from trainability.book.pages import write_atomically

KEPT_RECORDS = 6
STARTS = 5
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}


@dataclass(frozen=True)
class Record:
    """One execution of a notebook.

    Attributes
    ----------
    code : str
        Digest of the notebook's code and of the runtime.
    rests_on : dict of str to str
        Digests of the files, folders and tests that it read or imported.
    outputs : list of list
        The outputs of each code cell, in order.
    language : dict
        The notebook's ``language_info``, by which its code is colored.
    seconds : float
        Wall time, the kernel's start included.
    cells : dict of str to float
        Wall time by cell id.
    """

    code: str
    rests_on: dict[str, str]
    outputs: list[list[Any]]
    language: dict[str, Any]
    seconds: float
    cells: dict[str, float]

    @property
    def mark(self) -> str:
        """A name of this execution: two that rest on the same have the same."""
        rest = json.dumps([self.code, sorted(self.rests_on.items())])
        return hashlib.sha256(rest.encode()).hexdigest()[:16]


class Executions:
    """The executions that are known of a book's notebooks.

    Parameters
    ----------
    source : Path
        The book's folder.
    store : Path
        Where to keep the records; made where it is missing.
    """

    def __init__(self, source: Path, store: Path) -> None:
        self._source, self._store = source.resolve(), store
        self._digests = Digests(source)
        self._runtime = "\n".join(runtime(source))

    def known(self, path: Path) -> Record | None:
        """Return an execution of the notebook that still holds, or None."""
        code = self._code(nbformat.read(path, as_version=4))
        for record in self._records(path):
            if record.code == code and all(
                self._digests.of(name) == digest for name, digest in record.rests_on.items()
            ):
                return record
        return None

    def expected_seconds(self, path: Path) -> float:
        """Return how long the notebook took last; infinity where it never ran."""
        return next((record.seconds for record in self._records(path)), float("inf"))

    def execute(self, path: Path, timeout: float) -> Record:
        """Execute a notebook in a kernel of its own, with one thread, and keep the result.

        Raises
        ------
        nbclient.exceptions.CellExecutionError
            If a cell fails; nothing is kept then.
        """
        notebook = nbformat.read(path, as_version=4)
        code = self._code(notebook)
        notebook.cells.append(nbformat.v4.new_code_cell(REPORT))
        begin = time.perf_counter()
        roots = (f"{self._source}{os.sep}", f"{library().resolve()}{os.sep}")
        execute_notebook(lambda: _WatchedClient(notebook, path.parent, timeout, roots), ONE_THREAD)
        seconds = time.perf_counter() - begin
        report = json.loads(joined_streams(notebook.cells.pop().outputs)[0].text)
        names = self._digests.names(report["files"], report["folders"])
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        record = Record(
            code,
            {name: self._digests.of(name) for name in names},
            [joined_streams(cell.outputs) for cell in cells],
            notebook.metadata.language_info,
            round(seconds, 2),
            {cell.id: _seconds(cell) for cell in cells},
        )
        self._keep(path, record)
        return record

    def _code(self, notebook: NotebookNode) -> str:
        cells = [
            [cell.source, sorted(cell.metadata.get("tags", []))]
            for cell in notebook.cells
            if cell.cell_type == "code"
        ]
        kernel = notebook.metadata.get("kernelspec", {}).get("name", "")
        text = json.dumps([self._runtime, kernel, cells])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _folder(self, path: Path) -> Path:
        return self._store / path.resolve().relative_to(self._source).with_suffix("")

    def _records(self, path: Path) -> Iterator[Record]:
        for file in _newest_first(self._folder(path)):
            try:
                yield Record(**json.loads(file.read_text(encoding="utf-8")))
            except (ValueError, TypeError):  # written by another version of the book
                file.unlink(missing_ok=True)

    def _keep(self, path: Path, record: Record) -> None:
        folder = self._folder(path)
        write_atomically(folder / f"{record.mark}.json", json.dumps(vars(record)))
        os.utime(folder / f"{record.mark}.json")
        for file in _newest_first(folder)[KEPT_RECORDS:]:
            file.unlink()


class Client(NotebookClient):
    """A client of a kernel in a folder, which knows whether the kernel has ever answered."""

    def __init__(self, notebook: NotebookNode, folder: Path, timeout: float) -> None:
        super().__init__(
            notebook,
            timeout=timeout,
            resources={"metadata": {"path": str(folder)}},
            on_notebook_start=self._begin,
        )
        self.answered = False

    def _begin(self, **_: Any) -> None:
        self.answered = True


class _WatchedClient(Client):
    """A client whose kernel notes which files of the book it opens."""

    def __init__(
        self, notebook: NotebookNode, folder: Path, timeout: float, roots: tuple[str, ...]
    ) -> None:
        super().__init__(notebook, folder, timeout)
        self._roots = roots

    def _begin(self, **_: Any) -> None:
        super()._begin()
        assert self.kc is not None  # nbclient calls this once its kernel has started
        self.kc.execute(WATCH.replace("{roots!r}", repr(self._roots)), silent=True)


def execute_notebook(make: Callable[[], Client], environment: Mapping[str, str]) -> None:
    """Execute the notebook of a client, and start again where its kernel never answered.

    The ports of a kernel are chosen before it takes them, so that another program may be faster.

    Parameters
    ----------
    make : callable
        Makes a client, a new one for each start.
    environment : mapping of str to str
        Variables that the kernel gets besides this process's own.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    RuntimeError
        If the kernel dies at each start, or once it has answered.
    """
    for start in range(STARTS):
        client = make()
        try:
            asyncio.run(client.async_execute(env={**os.environ, **environment}))
            break
        except RuntimeError:
            atexit.unregister(client._cleanup_kernel)  # nbclient leaves it, with nothing to clean
            if client.answered or start == STARTS - 1:
                raise


def _seconds(cell: NotebookNode) -> float:
    times = cell.metadata.get("execution", {})
    begin, end = (times.get(f"iopub.{name}") for name in ("execute_input", "status.idle"))
    if not begin or not end:
        return 0.0
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds(), 2)


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
