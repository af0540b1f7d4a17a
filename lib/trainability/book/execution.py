"""Execute the notebooks side by side, and only those whose results could have changed.

Sphinx reads each page with the outputs kept here, so MyST-NB executes nothing itself.
"""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import nbformat
import psutil
from joblib import cpu_count
from nbclient.exceptions import CellExecutionError
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from trainability.book.build import EXECUTING
from trainability.book.records import Executions, Record

_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_log = logging.getLogger(__name__)


def connect(app: Sphinx) -> None:
    """Take the execution of notebooks over from MyST-NB."""
    build = _Build()
    # Before MyST-NB reads the setting, which it does at the usual priority.
    app.connect("config-inited", build.take_over, priority=100)
    app.connect("env-get-outdated", build.execute)
    app.connect("source-read", build.show_outputs)


def execute_all(
    executions: Executions, paths: Iterable[Path], timeout: float, workers: int
) -> Iterator[tuple[Path, Record | Exception | None]]:
    """Execute notebooks side by side, those that took longest first.

    Parameters
    ----------
    executions : Executions
        Where results are kept.
    paths : iterable of Path
        The notebooks.
    timeout : float
        Most seconds for a cell.
    workers : int
        How many run at a time.

    Yields
    ------
    Path and None as a notebook starts; Path and its record, or what failed, as it ends. After
    a failure no other notebook is started.
    """
    waiting = sorted(
        paths, key=lambda p: (executions.expected_seconds(p), p.stat().st_size), reverse=True
    )
    running: dict[Future[Record], Path] = {}
    failed = False
    pool = ThreadPoolExecutor(workers)
    try:
        while running or (waiting and not failed):
            while waiting and len(running) < workers and not failed:
                path = waiting.pop(0)
                running[pool.submit(executions.execute, path, timeout)] = path
                yield path, None
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                error = future.exception()
                if error is not None and not isinstance(error, Exception):
                    raise error
                failed |= error is not None
                yield running.pop(future), error or future.result()
    finally:
        if running:  # interrupted: a kernel would go on alone
            for child in psutil.Process().children():
                child.kill()
        pool.shutdown(wait=not running, cancel_futures=True)


class _Build:
    """What one build knows of the notebooks' executions."""

    def __init__(self) -> None:
        self._executes = False
        self._records: dict[str, Record] = {}

    def take_over(self, app: Sphinx, config: Config) -> None:
        self._executes = config.nb_execution_mode != "off"
        config.nb_execution_mode = "off"

    def execute(
        self,
        app: Sphinx,
        env: BuildEnvironment,
        added: set[str],
        changed: set[str],
        removed: set[str],
    ) -> list[str]:
        """Execute what has to be; return the pages whose outputs have changed."""
        if not self._executes:
            return []
        pages = {
            page: Path(env.doc2path(page))
            for page in sorted(env.found_docs)
            if env.doc2path(page).endswith(".ipynb")
        }
        executions = Executions(Path(app.srcdir), Path(app.outdir).parent / ".executed")
        known = {page: executions.known(path) for page, path in pages.items()}
        self._records = {page: record for page, record in known.items() if record is not None}
        stale = {path: page for page, path in pages.items() if page not in self._records}
        workers = min(len(stale), cpu_count()) or 1
        started = 0
        failures: list[tuple[str, Exception]] = []
        timeout = app.config.nb_execution_timeout
        for path, result in execute_all(executions, stale, timeout, workers):
            page = stale[path]
            if result is None:
                started += 1
                _log.info("%s %d of %d: %s", EXECUTING, started, len(stale), page)
            elif isinstance(result, Exception):
                failures.append((page, result))
                _log.info("%s failed; what runs beside it comes to its end", page)
            else:
                _log.info("executed %s in %.0f s", page, result.seconds)
                self._records[page] = result
        if failures:
            story = "\n\n".join(f"{page} failed: {_plain(error)}" for page, error in failures)
            raise ExtensionError(story) from failures[0][1]
        before = getattr(env, "executed_pages", {})
        marks = {page: self._records[page].mark for page in pages}
        env.executed_pages = marks  # type: ignore[attr-defined]  # kept with it from build to build
        return [page for page, mark in marks.items() if before.get(page) != mark]

    def show_outputs(self, app: Sphinx, page: str, content: list[str]) -> None:
        record = self._records.get(page)
        if record is None:
            return
        notebook = nbformat.reads(content[0], as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell, outputs in zip(cells, record.outputs, strict=True):
            cell.outputs = outputs
        notebook.metadata["language_info"] = record.language
        content[0] = nbformat.writes(nbformat.from_dict(notebook))


def _plain(error: Exception) -> str:
    text = str(error) if isinstance(error, CellExecutionError) else repr(error)
    return _COLORS.sub("", text)
