"""Notebooks for a course: the lessons without the answers to what they ask.

``make students`` writes them into ``_build/students``.
"""

import ast
import random
import re
import shutil
import sys
from pathlib import Path

import nbformat

from trainability.book.notebooks import notebook_paths, write_notebook

_SOLUTION = re.compile(
    r"\s*<details><summary>Solution of exercise \d+</summary>.*?</details>\s*", re.DOTALL
)


# What asks a question and holds its answer.
_ASKING = frozenset({"choice", "value", "ordering", "sketch", "verdict"})
# Pages that are answers.
_TELLING = frozenset({"10_claims", "11_wrong_answers", "16_inventory_key"})
_VERDICTS = ("true", "false", "depends")


def without_answers(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy that asks and does not tell.

    Solutions are left out, and Markdown that held nothing else. A cell that asks becomes Markdown:
    the question, and what can be chosen, in an order that tells nothing. The folded cells below a
    statement that is to be judged, which decide it, go, and so do solutions of goals.
    """
    made: nbformat.NotebookNode = nbformat.from_dict(notebook)
    kept: list[nbformat.NotebookNode] = []
    deciding = False  # a folded cell below a statement decides it
    for cell in notebook.cells:
        folded = "hide-cell" in cell.get("metadata", {}).get("tags", [])
        if deciding and cell.cell_type == "code" and folded:
            continue
        deciding = False
        if cell.cell_type == "markdown" and _SOLUTION.search(cell.source):
            source = _SOLUTION.sub("\n\n", cell.source).strip()
            if source:
                kept.append(nbformat.from_dict({**cell, "source": source}))
            continue
        asked = _asked(cell.source) if cell.cell_type == "code" else None
        if asked is None:
            kept.append(_without_goals_solution(cell))
            continue
        deciding = isinstance(asked.func, ast.Name) and asked.func.id == "verdict"
        if rest := _beside(cell.source):
            kept.append(nbformat.v4.new_code_cell(rest, metadata=cell.metadata))
        kept.append(
            nbformat.v4.new_markdown_cell(_as_markdown(asked), id=cell.get("id"), metadata={})
        )
    made.cells = kept
    return made


def _asked(source: str) -> ast.Call | None:
    """The call of a cell that asks a question."""
    if not any(f"{name}(" in source for name in _ASKING) or "%" in source[:1]:
        return None
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with commands of IPython
        return None
    for statement in tree.body:
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            first = value.args[0] if value.args else None
            if value.func.id in _ASKING and isinstance(first, ast.Constant):
                return value
    return None


def _as_markdown(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Name) and isinstance(call.args[0], ast.Constant)
    kind, prompt = call.func.id, str(call.args[0].value)
    options: list[str] = []
    if kind == "verdict":
        options = list(_VERDICTS)
    elif kind == "choice" and isinstance(call.args[1], ast.Dict):
        options = [_text(key) for key in call.args[1].keys if key is not None]
    elif kind == "ordering":
        right = [str(text) for text in ast.literal_eval(call.args[1])]
        options = sorted(right)
        while options == right:  # the same each time, and not the answer
            random.Random(prompt).shuffle(options)
            prompt += " "
    lines = [f"- [ ] {text}" for text in options] or ["Your answer:"]
    what = {"verdict": "True, false, or does it depend? ", "ordering": "Put in order. "}
    return f"**Question.** {what.get(kind, '')}{prompt.strip()}\n\n" + "\n".join(lines)


def _text(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def _beside(source: str) -> str:
    """What a cell that asks does besides: neither the question nor what it needs."""
    left = []
    for statement in ast.parse(source).body:
        value = getattr(statement, "value", None)
        asks = isinstance(value, ast.Call) and _asked(ast.unparse(statement)) is not None
        shows = isinstance(statement, ast.Expr) and isinstance(value, ast.Name)
        needs = isinstance(statement, ast.ImportFrom) and str(statement.module).endswith(".ask")
        if not (asks or shows or needs):
            left.append(ast.get_source_segment(source, statement) or "")
    return "\n".join(left)


def _without_goals_solution(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Cut ``solution=…`` out of a call of ``goal``."""
    if cell.cell_type != "code" or "solution=" not in cell.source or "goal(" not in cell.source:
        return cell
    lines = cell.source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.keyword) and node.arg == "solution":
            assert node.end_lineno is not None
            del lines[node.lineno - 1 : node.end_lineno]
            cut: nbformat.NotebookNode = nbformat.from_dict({**cell, "source": "".join(lines)})
            return cut
    return cell


def write_students(root: Path, target: Path) -> list[Path]:
    """Write the lessons without answers, and the book's data beside them.

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
        if path.parent.name != "chapters" or path.stem in _TELLING:
            continue
        place = target / "chapters" / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        write_notebook(place, without_answers(nbformat.read(path, as_version=4)))
        written.append(place)
    photographs = shutil.ignore_patterns("cafe")  # of people; nobody may pass them on
    shutil.copytree(root / "data", target / "data", ignore=photographs, dirs_exist_ok=True)
    return written


def main() -> int:
    """Write the students' notebooks of this folder's book, and say where."""
    target = Path("_build") / "students"
    written = write_students(Path(), target)
    print(f"{len(written)} notebooks without answers are in {target / 'chapters'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
