"""The lessons as a reader meets them: their shape, their solutions, their questions."""

import ast
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from conftest import readers
from slices import sliced
from trainability.book.notebooks import notebook_paths
from trainability.book.records import Client, execute_notebook

ROOT = Path(__file__).parents[2]
# Chapters 10 and later are the ledger and what is made from it. A letter marks a deeper page.
PAGES = [path for path in notebook_paths(ROOT) if path.name.startswith("0")]
LESSONS = [path for path in PAGES if path.name[2] == "_"]
DEEPER = [path for path in PAGES if path not in LESSONS]
NAMES = [path.stem for path in LESSONS]
ALL_NAMES = [path.stem for path in PAGES]
SOLUTION = re.compile(
    r"<details><summary>Solution of exercise (\d+)</summary>(.*?)</details>", re.DOTALL
)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
QUESTION = re.compile(r"\b(choice|value|ordering|sketch|goal)\(")

# The engine's output is tested elsewhere; here only what the cells compute is wanted.
QUIET = """
from trainability.explore import explorer, follow, questions
for kind in (explorer.Explorer, follow._Follower, follow.Goal, questions.Question):
    kind._ipython_display_ = lambda self: None
"""
# Before anything is differentiated: torch counts the devices once.
SECOND_DEVICE = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests")!r})
import elsewhere
"""
# The sentences agree but for numbers that rounding may change; the figures to 1e-3, but for
# trained networks that are deep and chaotic: what rounding does to one of them, it amplifies.
# Adam divides a gradient by its own size: where one is near zero, a step shows its rounding.
ON_TWO_DEVICES = """
import json, re
import numpy as np

def _numbers(part):
    if isinstance(part, dict):
        return [n for key in sorted(part) for n in _numbers(part[key])]
    if isinstance(part, (list, tuple)):
        return [n for one in part for n in _numbers(one)]
    if isinstance(part, np.ndarray) and part.dtype.kind in "fiu":
        return part.ravel().tolist()
    return [float(part)] if isinstance(part, (int, float)) else []

# Stored networks were trained long ago.
_states = {"learned": {"networks": "trained now", "steps": 10}}
_chaotic = {"learned": 0.25}  # the share of numbers that may differ
_tolerance = {"anatomy": 1e-2}
_ran = {}
_all = [one for one in list(globals().values()) if isinstance(one, explorer.Explorer)]
_all = [one for one in _all if "device" in one.live_controls]
for _one in dict.fromkeys(_all):
    for _function in globals().get("_remembered", ()):
        _function.cache_clear()
    _before = sum(elsewhere.ran.values())
    _state = _states.get(_one.name, {})
    _there, _here = (_one.figure(device=name, **_state) for name in (elsewhere.NAME, "cpu"))
    _ran[_one.name] = sum(elsewhere.ran.values()) - _before
    for _a, _b in zip(_there.data, _here.data, strict=True):
        _a, _b = (_numbers(trace.to_plotly_json()) for trace in (_a, _b))
        if _one.name in _chaotic and len(_a) == len(_b):
            _far = ~np.isclose(_a, _b, rtol=1e-3, atol=1e-6)
            assert _far.mean() <= _chaotic[_one.name], (_one.name, _far.mean())
            continue
        _within = _tolerance.get(_one.name, 1e-3)
        np.testing.assert_allclose(_a, _b, rtol=_within, atol=1e-6, err_msg=_one.name)
    _a, _b = (re.sub(r"[-\\d.]+", "", f.layout.meta["summary"]) for f in (_there, _here))
    assert _a == _b, _one.name
print(json.dumps(_ran))
"""
# The second device is twenty times slower: what trains for long is made shorter for it.
SHORTER = {
    "06b_large_batches": """
BATCHES, EPOCHS = [32, 1024], 1
_remembered = (batch_run,)
""",
}
# Explorers that read what a script has computed, and compute nothing.
FROM_FILES = {"06a_repairs": 2, "09_cafe": 1, "09b_new_people": 1}
# What is no work for a device: two weights, six nodes, weights that are shown.
SMALL = {
    "01_symmetry_breaking": 1,
    "02_other_symmetries": 2,
    "02a_names": 1,
    "02b_orbits": 1,
    "04_gradient_conditioning": 3,
    "05_skip_layers": 2,
    "05a_shattered": 1,
    "05c_remedies": 1,
    "06_lars": 1,
    "07_svm_bias": 2,
    "07a_any_data": 1,
    "08a_step_size": 1,
}
CHECK = """
def _solve(exercise):
{code}
    return exercise.check(answer)
_reply = _solve(exercise_{number})
assert _reply.right, _reply.text
"""


def source(path: Path) -> str:
    return "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def solutions(text: str) -> dict[int, str]:
    """The code of each solution by its exercise's number."""
    found = {}
    for number, body in SOLUTION.findall(text):
        assert int(number) not in found, f"exercise {number} has two solutions"
        found[int(number)] = "\n".join(CODE.findall(body))
    return found


def with_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with each solution run, and judged, where it stands."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        for number, code in solutions(cell.source).items() if cell.cell_type == "markdown" else ():
            body = "".join(f"    {line}\n" for line in code.splitlines())
            cells.append(nbformat.v4.new_code_cell(CHECK.format(code=body, number=number)))
    notebook.cells = cells
    return notebook


def run(notebook: nbformat.NotebookNode, folder: Path) -> None:
    # Playwright keeps a loop running in this thread; the client wants one of its own.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(execute_notebook, lambda: Client(notebook, folder, 300), {}).result()


@pytest.mark.parametrize("path", PAGES, ids=ALL_NAMES)
def test_every_exercise_has_hints_a_solution_and_a_check_and_they_are_of_several_kinds(path):
    exercises = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if found := re.search(r"^exercise_(\d+) = (\w+)\(", cell.source, re.MULTILINE):
            exercises[int(found[1])] = found[2]
            assert "hints=" in cell.source, f"exercise {found[1]} has no hint"
            assert f"Exercise {found[1]}." in cell.source
    assert list(exercises) == list(range(1, len(exercises) + 1))
    if path in LESSONS:
        assert len(exercises) >= 4 and len(set(exercises.values())) >= 3
    written = solutions(source(path))
    assert set(written) == set(exercises)
    assert all("answer = " in code for code in written.values())


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_has_the_parts_that_readers_look_for(path):
    text = source(path)
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#{1,3} (.+)$", prose, re.MULTILINE)
    wanted = ["Predict before you look", "Going deeper", "Limits"]
    places = [headings.index(heading) for heading in [*wanted, "References"]]
    assert places == sorted(places)
    assert "What you should have seen" in headings
    assert text.startswith("# ") and len(re.findall(r"^# ", prose, re.MULTILINE)) == 1
    assert "**The question.**" in text and re.search(r"Core path: about \d+ minutes", text)
    assert "**The core path ends here.**" in text
    assert text.count("predict=True") + text.count("sketch(\n") >= 2
    assert "doi.org" in text or "arxiv.org" in text
    pages = [text, *(source(page) for page in DEEPER if page.name[:2] == path.name[:2])]
    assert sum(page.count("verdict(\n") for page in pages) >= 4
    assert text.count("= explore(\n") >= 2


@pytest.mark.parametrize("path", DEEPER, ids=lambda path: path.stem)
def test_a_deeper_page_stands_by_itself_and_its_lesson_leads_to_it(path):
    text = source(path)
    (lesson,) = [core for core in LESSONS if core.name[:2] == path.name[:2]]
    assert text.startswith("# ") and "**The question.**" in text
    assert f"*A deeper page of lesson {int(path.name[:2])}, [" in text
    assert f"]({lesson.name})" in text and f"]({path.name})" in source(lesson)
    assert "## References" in text and "**The core path ends here.**" not in text


def minutes(path: Path) -> float:
    """How long a core path, or a deeper page, takes to read.

    A minute for 200 words, four formulas, a task or 20 statements.

    Statements, not lines: one that is wrapped takes no longer to read.
    """
    cells = nbformat.read(path, as_version=4).cells
    ends = "**The core path ends here.**"
    last = next((i for i, cell in enumerate(cells) if ends in cell.source), len(cells))
    words, formulas, tasks, statements = 0, 0, 0, 0
    for cell in cells[: last + 1]:
        if cell.source.startswith("## References"):
            break
        text = re.sub(r"<details>.*?</details>", "", cell.source, flags=re.DOTALL)
        if cell.cell_type == "markdown":
            found = re.findall(r"\$\$.+?\$\$|\$[^$]+\$", text, re.DOTALL)
            formulas += sum(len(formula) > 14 for formula in found)
            words += len(re.sub(r"\$\$.+?\$\$|\$[^$]+\$", "x", text, flags=re.DOTALL).split())
        elif QUESTION.search(text) or "verdict(" in text:
            tasks, words = tasks + 1, words + len(text.split()) // 2
        elif not {"remove-input", "remove-cell", "hide-input", "hide-cell"} & set(
            cell.metadata.get("tags", [])
        ):
            statements += sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(text)))
    return words / 200 + formulas / 4 + tasks + statements / 20


@pytest.mark.parametrize("path", PAGES, ids=ALL_NAMES)
def test_a_page_says_honestly_how_long_it_takes(path):
    what = r"Core path: about" if path in LESSONS else r"\. About"
    said = int(re.search(what + r" (\d+) minutes", source(path))[1])
    assert minutes(path) - 2.5 < said < minutes(path) + 10


@cache
def solved(path: Path) -> nbformat.NotebookNode:
    """A lesson, run with its solutions, and then its explorers on a second device."""
    notebook = with_solutions(nbformat.read(path, as_version=4))
    # The build has executed every cell; here run what exercises and explorers rest on.
    notebook = sliced(notebook, re.compile(r"= explore\(|exercise_\d|^_reply").search)
    both = nbformat.v4.new_code_cell(SHORTER.get(path.stem, "") + ON_TWO_DEVICES)
    both.metadata["tags"] = ["raises-exception"]
    first = [nbformat.v4.new_code_cell(code) for code in (SECOND_DEVICE, QUIET)]
    notebook.cells = [*first, *notebook.cells, both]
    run(notebook, path.parent)
    return notebook


@pytest.mark.parametrize("path", PAGES, ids=ALL_NAMES)
def test_the_solutions_pass_the_checks_of_their_exercises(path):
    solved(path)


@pytest.mark.parametrize("path", PAGES, ids=ALL_NAMES)
def test_every_explorer_computes_on_the_device_it_is_given_and_shows_the_same(path):
    explorers = len(re.findall(r"= explore\((?!\n    Run\()", source(path)))  # a page makes runs
    explorers -= FROM_FILES.get(path.stem, 0) + SMALL.get(path.stem, 0)
    outputs = solved(path).cells[-1].outputs
    assert [out.traceback for out in outputs if out.output_type == "error"] == []
    seen = json.loads(next(out.text for out in outputs if out.get("name") == "stdout"))
    assert {name for name, count in seen.items() if count == 0} == set()
    assert len(seen) == explorers


def test_a_wrong_solution_fails_its_check(tmp_path):
    ask = "from trainability.explore.ask import value\nexercise_1 = value('?', 4, name='sum')"
    wrong = "<details><summary>Solution of exercise 1</summary>\n\n```python\nanswer = 5\n```\n"
    cells = [
        nbformat.v4.new_code_cell(ask),
        nbformat.v4.new_markdown_cell(f"{wrong}\n</details>"),
    ]
    with pytest.raises(Exception, match="Your value is too large"):
        run(with_solutions(nbformat.v4.new_notebook(cells=cells)), tmp_path)
    cells[1].source = cells[1].source.replace("5", "4")
    run(with_solutions(nbformat.v4.new_notebook(cells=cells)), tmp_path)


@pytest.fixture(params=ALL_NAMES, scope="module")
def lesson(request, browser, visitor, site) -> Iterator[Page]:
    """A lesson's page, open with the network cut; each test below reads another part of it."""
    with readers(browser, visitor) as read:
        reader = read()
        yield reader.look(f"{site}/chapters/{request.param}.html")
        assert reader.strangers == []
        assert reader.faults == []


def least(page: Page, count: int) -> int:
    """What a lesson has at least; a deeper page may have none."""
    return count if Path(page.url).stem in NAMES else 0


def answer_somehow(page: Page, question) -> None:
    """Give some answer with the keyboard alone, right or wrong."""
    kind = question.get_attribute("data-kind")
    if kind == "choice":
        question.get_by_role("radio").first.press("Space")
    elif kind == "value":
        question.get_by_role("textbox").fill("12345.678")
    elif kind == "sketch":
        question.get_by_role("slider").first.press("PageUp")
    question.locator("[data-action=check]").press("Enter")


def test_every_question_answers_in_the_page_without_a_network(lesson):
    questions = lesson.locator(".question").all()
    assert len(questions) >= least(lesson, 6)
    for question in questions:
        status = question.get_by_role("status")
        expect(status).to_have_text("")
        answer_somehow(lesson, question)
        expect(status).to_contain_text(re.compile(r"^(Right|Not yet|It is otherwise)\."))
        for summary in question.locator("summary").all():
            summary.press("Enter")
            assert summary.locator("xpath=following-sibling::p").first.is_visible()
    assert lesson.evaluate("[localStorage.length, document.cookie]")[1] == ""


def test_every_solution_opens_without_a_network(lesson):
    details = lesson.locator("details", has_text=re.compile(r"Solution of exercise \d"))
    assert details.count() >= least(lesson, 4)
    for one in details.all():
        one.locator("summary").press("Enter")
        expect(one.locator("pre").first).to_be_visible()


def test_typeset_math_leaves_no_dollar_sign_and_no_backslash_in_questions(lesson):
    expect(lesson.locator("mjx-container").first).to_be_attached()
    for question in lesson.locator(".question").all():
        words = question.locator("p, span, label").all_inner_texts()
        assert not [text for text in words if "\\(" in text or "$" in text]


def test_folded_code_can_be_opened(lesson):
    folded = lesson.locator("details.hide")
    assert folded.count() >= least(lesson, 2)
    if folded.count() == 0:
        return
    folded.last.locator("summary").press("Enter")
    expect(folded.last.locator("pre").first).to_be_visible()
