"""Notebooks for a course: the lessons without the solutions of their exercises.

``make students`` writes them into ``_build/students``.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat

from trainability.book.notebooks import notebook_paths, write_notebook

_SOLUTION = re.compile(
    r"\s*<details><summary>Solution of exercise \d+</summary>.*?</details>\s*", re.DOTALL
)


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy whose Markdown has no solutions; cells that held nothing else are gone.

    The checks of the exercises stay, so that a student learns at once whether an answer is
    right. They hold the answer, in a cell whose source is folded.
    """
    made: nbformat.NotebookNode = nbformat.from_dict(notebook)
    kept = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and _SOLUTION.search(cell.source):
            source = _SOLUTION.sub("\n\n", cell.source).strip()
            if not source:
                continue
            cell = nbformat.from_dict({**cell, "source": source})
        kept.append(cell)
    made.cells = kept
    return made


def write_students(root: Path, target: Path) -> list[Path]:
    """Write the lessons without solutions, and the book's data beside them.

    Parameters
    ----------
    root : Path
        The book's folder.
    target : Path
        The folder to write into; made where it is missing.

    Returns
    -------
    list of Path
        The notebooks written.
    """
    written = []
    for path in notebook_paths(root):
        if path.parent.name != "chapters":
            continue
        place = target / "chapters" / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        write_notebook(place, without_solutions(nbformat.read(path, as_version=4)))
        written.append(place)
    photographs = shutil.ignore_patterns("cafe")  # of people; nobody may pass them on
    shutil.copytree(root / "data", target / "data", ignore=photographs, dirs_exist_ok=True)
    return written


def main() -> int:
    """Write the students' notebooks of this folder's book, and say where."""
    target = Path("_build") / "students"
    written = write_students(Path(), target)
    print(f"{len(written)} notebooks without solutions are in {target / 'chapters'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
