"""The code of the notebooks as it is read: from the top down, and never scrolled sideways."""

import builtins
import re
from collections.abc import Iterable

import nbformat
import pytest

from conftest import ROOT
from slices import names_of
from trainability.book.notebooks import notebook_paths

NOTEBOOKS = [str(path.relative_to(ROOT)) for path in notebook_paths(ROOT)]
WIDTH = 78  # columns of code that the page shows; chapters/ruff.toml says the same
LONGEST = 40  # lines; about 20 is the rule
SOLUTION = re.compile(r"```python\n(.*?)```", re.DOTALL)
FOR_TOOLS = re.compile(r"#\s*(noqa|type:|fmt:|ruff:|isort:|pragma:|pylint:)")


def cells(name: str) -> dict[str, str]:
    """The code of each cell by its id."""
    notebook = nbformat.read(ROOT / name, as_version=4)
    return {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}


def solutions(name: str) -> dict[str, str]:
    """The code that stands in the text, by the id of its cell."""
    notebook = nbformat.read(ROOT / name, as_version=4)
    text = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    return {key: "\n".join(SOLUTION.findall(source)) for key, source in text.items()}


def wide(source: str) -> list[str]:
    return [line for line in source.splitlines() if len(line) > WIDTH]


def undefined(sources: Iterable[str]) -> list[set[str]]:
    """The names that each cell uses, in its functions too, and that no cell above binds."""
    known, missing = set(dir(builtins)), []
    for source in sources:
        names = names_of(source)
        known |= names.bound
        missing.append((names.used | names.later) - known)
    return missing


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_line_of_code_is_wider_than_the_page_shows(name):
    for code in (cells(name), solutions(name)):
        assert {key: wide(source) for key, source in code.items() if wide(source)} == {}


def test_chapters_are_formatted_to_the_width_that_is_tested():
    assert f"line-length = {WIDTH}\n" in (ROOT / "chapters/ruff.toml").read_text(encoding="utf-8")
    assert wide("x" * WIDTH + "\n" + "y" * (WIDTH + 1)) == ["y" * (WIDTH + 1)]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_cell_is_short_enough_for_one_idea(name):
    lengths = {key: len(source.splitlines()) for key, source in cells(name).items()}
    assert {key: length for key, length in lengths.items() if length > LONGEST} == {}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_name_is_defined_above_the_place_where_it_is_used(name):
    code = cells(name)
    missing = dict(zip(code, undefined(code.values()), strict=True))
    assert {key: names for key, names in missing.items() if names} == {}


def test_what_a_function_uses_must_stand_above_it_too():
    function = "def area(r):\n    return PI * r**2"
    assert undefined([function, "PI = 3"]) == [{"PI"}, set()]
    assert undefined(["PI = 3", function, "print(area(1), [x for x in range(2)])"]) == [set()] * 3
    assert undefined(["print(y)\nfor x in range(2):\n    pass"]) == [{"y"}]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_reader_meets_no_comments_that_are_meant_for_tools(name):
    for code in (cells(name), solutions(name)):
        assert [key for key, source in code.items() if FOR_TOOLS.search(source)] == []
