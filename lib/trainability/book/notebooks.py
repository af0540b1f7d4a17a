"""The notebooks as files: found, read, written, and begun with the same set-up cell.

``python -m trainability.book.notebooks`` gives every notebook the form that is committed: the
present set-up cell, and nothing of what running it left behind.
"""

import sys
from pathlib import Path
from typing import Any

import nbformat
import yaml

from trainability.book.pages import write_atomically

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SETUP_ID = "setup"
SETUP = """\
# The same in every notebook. In Colab it installs the book's package.
REPOSITORY = "{repository}"
from importlib.metadata import version
from importlib.util import find_spec

if not (find_spec("trainability") and find_spec("anywidget")):
    assert REPOSITORY, "run `pip install .[lessons]` in the book's folder"
    there = [name for name in ("numpy", "torch") if find_spec(name)]
    kept = " ".join(f"{{name}}=={{version(name)}}" for name in there)
    %pip install --quiet "trainability[lessons] @ git+{{REPOSITORY}}" {{kept}}
from trainability.explore.faces import use_book_style

use_book_style()"""


def repository_address(root: Path) -> str:
    """Return the address set in ``_config.yml``, or an empty string."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return (config.get("repository") or {}).get("url") or ""


def notebook_paths(root: Path) -> list[Path]:
    """Return every notebook of the book, the landing page first."""
    return [*sorted(root.glob("*.ipynb")), *sorted((root / "chapters").glob("*.ipynb"))]


def setup_source(repository: str) -> str:
    """Return the set-up cell for a book at that address."""
    return SETUP.format(repository=repository)


def write_notebook(path: Path, notebook: Any) -> None:
    """Write a notebook without outputs, in the one form that is committed."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    notebook.metadata.update(kernelspec=KERNEL, language_info={"name": "python"})
    notebook.metadata.pop("widgets", None)
    nbformat.validate(notebook)
    write_atomically(path, nbformat.writes(notebook, indent=1) + "\n")


def write_setup_cells(root: Path) -> list[Path]:
    """Give each notebook the present set-up cell and the committed form; return the changed."""
    source = setup_source(repository_address(root))
    changed = []
    for path in notebook_paths(root):
        before = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(before, as_version=4)
        (cell,) = [cell for cell in notebook.cells if cell.get("id") == SETUP_ID]
        cell.source = source
        write_notebook(path, notebook)
        if path.read_text(encoding="utf-8") != before:
            changed.append(path)
    return changed


if __name__ == "__main__":
    here = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    for changed_path in write_setup_cells(here):
        print(f"rewrote {changed_path} in the form that is committed")
