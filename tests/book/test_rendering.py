"""Formulas and tables as front ends show them: whole, or named as a fault."""

import html
import re
from pathlib import Path

import nbformat
import pytest
from docutils.core import publish_string
from myst_parser.parsers.docutils_ import Parser

from trainability.book.notebooks import notebook_paths
from trainability.book.rendering import markdown_faults, page_faults

ROOT = Path(__file__).parents[2]
BROKEN = r"""| matrices | what holds | why |
|---|---|---|
| any square | $\sigma\le|\lambda(AB)|\le\lVert A\rVert$ | an eigenvector is stretched |
"""
WHOLE = BROKEN.replace("|\\lambda(AB)|", r"\lvert\lambda(AB)\rvert")


def shown(markdown: str) -> str:
    """The page that the book's own parser makes of it."""
    settings = {"myst_enable_extensions": ["dollarmath"], "math_output": "MathJax fake.js"}
    written = publish_string(
        markdown, parser=Parser(), writer_name="html5", settings_overrides=settings
    )
    return written.decode()


@pytest.mark.parametrize("path", notebook_paths(ROOT), ids=lambda path: path.stem)
def test_no_formula_and_no_table_of_a_notebook_loses_a_part(path):
    cells = nbformat.read(path, as_version=4).cells
    found = {c.id: markdown_faults(c.source) for c in cells if c.cell_type == "markdown"}
    assert {cell: faults for cell, faults in found.items() if faults} == {}


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=lambda path: path.stem)
def test_no_table_of_a_text_beside_the_book_loses_a_part(path):
    assert markdown_faults(path.read_text(encoding="utf-8")) == []


def test_a_bar_within_a_formula_of_a_table_is_found_in_the_source_and_in_the_page():
    assert markdown_faults(BROKEN)[0] == "line 3: 5 cells in a table of 3 columns"
    assert "a raw $" in markdown_faults(BROKEN)[1]
    assert any("a raw $" in fault for fault in page_faults(shown(BROKEN)))
    assert markdown_faults(WHOLE) == page_faults(shown(WHOLE)) == []


def test_a_row_that_is_too_short_is_found_in_the_source_and_in_the_page():
    short = WHOLE + "| symmetric | $1$ |\n"
    assert markdown_faults(short) == ["line 4: 2 cells in a table of 3 columns"]
    assert page_faults(shown(short)) == [
        "a row of a table has 2 filled cells of 3: 'symmetric \\\\(1\\\\)'"
    ]


def test_dollars_in_code_and_bars_in_code_or_escaped_are_no_fault():
    fine = "`$HOME` and $x$\n\n```\n| a | $b\n```\n\n| a | b |\n|--|--|\n| `x` | $\\|x\\|$ |\n"
    assert markdown_faults(fine) == []
    assert page_faults(shown(fine)) == []


def test_only_the_search_page_loads_what_is_searched(book):
    for path in [*book.glob("*.html"), *book.glob("chapters/*.html")]:
        text = path.read_text(encoding="utf-8")
        for name in ("searchindex", "searchtools", "language_data"):
            assert (f"{name}.js" in text) == (path.name == "search.html"), path.name


def test_every_page_is_described_by_its_question_or_its_first_sentence(book):
    found = {}
    for path in [book / "index.html", *book.glob("chapters/*.html")]:
        described = re.findall(
            r'<meta name="description" content="([^"]*)"', path.read_text(encoding="utf-8")
        )
        assert len(described) == 1 and 40 < len(html.unescape(described[0])) <= 160, path.name
        found[path.stem] = html.unescape(described[0])
    assert len(set(found.values())) == len(found)
    assert found["08b_real_data"].startswith("Does the homework")
    assert "<" not in "".join(found.values())
