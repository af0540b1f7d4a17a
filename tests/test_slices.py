"""The part of a notebook that some of its cells rest on."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from conftest import ROOT
from slices import rested_on, sliced
from trainability.book.notebooks import notebook_paths


@pytest.mark.parametrize(
    "sources, wanted, needed",
    [
        (["a = 1", "b = 2", "c = a"], [2], [0, 2]),
        (["a = 1", "a = 2", "c = a"], [2], [1, 2]),
        (["a = {}", "a['k'] = 1", "a.update(k=2)", "c = a"], [3], [0, 1, 2, 3]),
        (["def f():\n    return late", "late = 1", "f()"], [2], [0, 1, 2]),
        (["x = 1", "def f(x):\n    return x", "f(2)"], [2], [1, 2]),
        (["x = 1", "def f():\n    x = 2\n    return x", "f()"], [2], [1, 2]),
        (["n = 3", "squares = [n * k for k in range(9)]", "squares"], [2], [0, 1, 2]),
        (["import torch", "%pip install x\nfrom a import b as c", "c(torch)"], [2], [0, 1, 2]),
        (["a = 1", "a += 1", "print(a)"], [2], [0, 1, 2]),
        (["w = f()", "w.zero_()", "g(w)"], [2], [0, 1, 2]),
        (["a = 1", "print(a)", "b = 1"], [2], [2]),
    ],
)
def test_a_slice_has_the_cells_that_bind_or_change_what_is_used(sources, wanted, needed):
    assert rested_on(sources, wanted) == needed


def test_text_and_the_first_cell_stay_and_the_notebook_itself_is_left_alone():
    cells = [new_code_cell("1"), new_markdown_cell("words"), new_code_cell("a = explore(f)")]
    notebook = new_notebook(cells=[*cells, new_code_cell("assert a")])
    kept = sliced(notebook).cells
    assert [cell.source for cell in kept] == ["1", "words", "a = explore(f)"]
    assert len(notebook.cells) == 4


def test_slices_of_the_lessons_leave_much_out_and_keep_every_explorer():
    for path in notebook_paths(ROOT):
        if path.name.startswith("0"):
            notebook = nbformat.read(path, as_version=4)
            kept = sliced(notebook)
            whole, part = ("\n".join(c.source for c in n.cells) for n in (notebook, kept))
            assert part.count("= explore(") == whole.count("= explore(")
            if path.name[2] == "_":  # a lesson; a deeper page may be short
                assert part.count("= explore(") > 0
                assert len(kept.cells) < len(notebook.cells) - 5
