"""Build the book, say what happens, and keep the noise in a log file.

``make book`` runs this. The book is the one that ``jupyter-book build .`` makes.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

EXECUTING = "executing"  # how a line begins that tells of a notebook
LOG = Path("_build") / "build.log"
INDEX = Path("_build") / "html" / "index.html"
LAST_LINES = 100  # the cause stands above what jupyter-book itself adds


def build(folder: Path) -> int:
    """Build the book of a folder; tell which notebook is executing, the time, and where to look.

    Parameters
    ----------
    folder : Path
        The book's folder. What kernels and Sphinx print goes to its ``_build/build.log``.

    Returns
    -------
    int
        The exit status of ``jupyter-book build``.
    """
    begin = time.monotonic()
    log = folder / LOG
    log.parent.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(folder)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    count, lines = 0, []
    with log.open("w", encoding="utf-8") as file:
        for line in process.stdout:
            file.write(line)
            lines.append(line.rstrip())
            # Sphinx may not have ended the line before.
            if match := re.search(rf"{EXECUTING} \d+ of \d+: \S+", line):
                count += 1
                print(match[0], flush=True)
    status = process.wait()
    seconds = time.monotonic() - begin
    if status:
        print("\n".join(lines[-LAST_LINES:]))
        print(f"The build failed after {seconds:.0f} s; the whole log is {log}.", file=sys.stderr)
    else:
        done = "nothing had to be executed" if not count else f"executed notebooks: {count}"
        print(f"Built in {seconds:.0f} s; {done}. Open {folder / INDEX} in a browser.")
    return status


if __name__ == "__main__":
    sys.exit(build(Path()))
