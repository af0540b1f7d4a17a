"""Builds in processes forked from one that has imported what a build needs.

Of a small build, importing takes longer than all the rest. The library is imported anew by each,
from where its environment says.
"""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

IMPORTED = ["jupyter_book.sphinx", "myst_nb", "nbclient", "plotly.offline", "plotly.graph_objects"]
IMPORTED += ["sphinx_book_theme", "joblib", "IPython", "ipywidgets", "torch"]
TESTS = Path(__file__).parent

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(IMPORTED)


def run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``jupyter-book`` with these arguments and variables, and return what came of it."""
    with TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("out", "err")]
        process = _context.Process(target=_run, args=(arguments, environment, files))
        process.start()
        process.join()
        out, err = (file.read_text(encoding="utf-8", errors="replace") for file in files)
        assert process.exitcode is not None
        return subprocess.CompletedProcess(arguments, process.exitcode, out, err)


def _run(arguments: list[str], environment: dict[str, str], files: list[Path]) -> None:
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    installed = [p for p in sys.path if p and not Path(p).is_relative_to(TESTS)]
    sys.path[:] = [*filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)), *installed]
    assert not [name for name in sys.modules if name.partition(".")[0] == "trainability"]
    sys.argv = ["jupyter-book", *arguments]
    from jupyter_book.cli.main import main

    main()
