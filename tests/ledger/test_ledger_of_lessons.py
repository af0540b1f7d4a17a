"""What a lesson holds, counted in notebooks made for it and in the lessons themselves."""

import nbformat
import pytest

from conftest import ROOT
from trainability.ledger import read_lesson

OPENING = '# Needles\n\n*Core path: about 20 minutes, up to "Going deeper".*'
SOLUTION = "<details><summary>Solution of exercise 1</summary>\n\nA value( is none.\n</details>"


@pytest.fixture
def write(tmp_path):
    def notebook(*cells):
        made = nbformat.v4.new_notebook(cells=list(cells))
        nbformat.write(made, tmp_path / "01_needles.ipynb")
        return tmp_path / "01_needles.ipynb"

    return notebook


def test_questions_are_counted_where_they_are_asked_and_nowhere_else(write):
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    lesson = read_lesson(
        write(
            text(OPENING),
            code("choice(\n    'Which?',\n)\nhistory.choice_of(1)\nmychoice(2)"),
            code("exercise_1 = value('How many?', 4)"),
            text(SOLUTION),
            code("fluctuation = explore(norms)\nexplored(3)"),
            code("exercise_2 = value('How many?', 5)"),
        )
    )
    assert (lesson.title, lesson.minutes, lesson.solutions) == ("Needles", 20, 1)
    assert lesson.questions == {"choices": 1, "values": 2, "explorers": 1}
    assert lesson.contents == "choices 1, values 2, explorers 1; exercises with solutions 1"


def test_deeper_pages_count_with_their_lesson_and_those_of_others_do_not(write, tmp_path):
    lesson = write(nbformat.v4.new_markdown_cell(OPENING))
    deeper = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("verdict(\n'?')")])
    for name in ("01a_more.ipynb", "01b_most.ipynb", "02a_other.ipynb"):
        nbformat.write(deeper, tmp_path / name)
    found = read_lesson(lesson)
    assert found.questions == {"verdicts": 2} and found.deeper == 2
    assert found.contents == "verdicts 2; exercises with solutions 0; deeper pages 2"


@pytest.mark.parametrize("opening", ["Needles, in about 20 minutes", "# Needles", "Core path: 2"])
def test_a_page_without_a_title_or_a_time_is_no_lesson(write, opening):
    with pytest.raises(ValueError, match=r"01_needles\.ipynb is no lesson"):
        read_lesson(write(nbformat.v4.new_markdown_cell(opening)))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "chapters").glob("0[1-9]_*.ipynb")), ids=lambda p: p.stem
)
def test_every_lesson_of_the_book_asks_something_and_has_solutions(path):
    lesson = read_lesson(path)
    assert lesson.solutions >= 4 and lesson.questions["verdicts"] >= 1
    assert lesson.questions["explorers"] >= 2
