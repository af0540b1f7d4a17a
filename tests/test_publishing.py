"""Workflows that a host would accept, and the notebooks that a course hands out."""

import re
import subprocess
import sys

import nbformat
import pytest
import yaml

from conftest import ROOT
from trainability.book.notebooks import notebook_paths
from trainability.book.students import without_solutions, write_students
from trainability.datafiles import read_data

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def validate(schema, path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])
def test_workflows_follow_the_hosts_schema(path):
    found = validate("vendor.github-workflows", path)
    assert found.returncode == 0, found.stdout + found.stderr


def test_updates_follow_the_hosts_schema_and_a_wrong_file_does_not(tmp_path):
    path = ROOT / ".github/dependabot.yml"
    assert validate("vendor.dependabot", path).returncode == 0
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(path.read_text().replace("weekly", "sometimes"))
    assert validate("vendor.dependabot", wrong).returncode != 0


def test_the_book_is_tested_on_three_pythons_and_published_from_main_alone():
    book = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text())
    jobs = book["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert any(step.get("run") == "make test" for step in jobs["test"]["steps"])
    assert jobs["build"]["needs"] == "test" and jobs["publish"]["needs"] == "build"
    assert "refs/heads/main" in jobs["build"]["if"] and "pull_request" in jobs["build"]["if"]
    # Only the job that publishes may write, and it runs nothing of ours.
    assert book["permissions"] == {"contents": "read"}
    writing = {name: job.get("permissions", {}) for name, job in jobs.items()}
    assert {name for name, granted in writing.items() if "write" in granted.values()} == {"publish"}
    assert not any("run" in step for step in jobs["publish"]["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])
def test_a_workflow_names_every_target_that_the_makefile_has_and_holds_no_secret(path):
    text = path.read_text()
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake (\w+)", text)) <= targets
    assert "secrets." not in text and not re.search(r"https?://", text)
    for uses in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"actions/[\w-]+@v\d+", uses), uses


def test_students_get_every_lesson_without_a_solution_and_with_all_else(tmp_path):
    written = write_students(ROOT, tmp_path)
    originals = [path for path in notebook_paths(ROOT) if path.parent.name == "chapters"]
    assert [path.name for path in written] == [path.name for path in originals]
    removed = 0
    for path, original in zip(written, originals, strict=True):
        before = original.read_text(encoding="utf-8")
        handed_out = nbformat.read(path, as_version=4).cells
        prose = "\n".join(cell.source for cell in handed_out if cell.cell_type == "markdown")
        assert "Solution of exercise" not in prose and "\nanswer = " not in prose
        removed += before.count("Solution of exercise")
        kept = {cell.id for cell in handed_out}
        cells = nbformat.read(original, as_version=4).cells
        for cell in cells:
            if "Solution of exercise" not in cell.source:
                assert cell.id in kept
    assert removed >= 40
    assert not (tmp_path / "data" / "cafe").exists()
    asked = set()
    for path in written:  # each file that a lesson reads lies where it looks
        for name in re.findall(r'read_data\(\\?"([^"\\]+)', path.read_text(encoding="utf-8")):
            asked.add(name)
            assert read_data(name, folder=path.parent)
    assert asked


def test_what_stands_beside_a_solution_stays():
    solution = "<details><summary>Solution of exercise 2</summary>\n\nIt is 4.\n\n</details>"
    cells = [
        nbformat.v4.new_markdown_cell(text)
        for text in (f"Before.\n\n{solution}\n\nAfter.", solution)
    ]
    hint = "<details><summary>Hint</summary>\n\nThink.\n\n</details>"
    cells.append(nbformat.v4.new_markdown_cell(hint))
    made = without_solutions(nbformat.v4.new_notebook(cells=cells))
    assert [cell.source for cell in made.cells] == ["Before.\n\nAfter.", hint]
    assert "It is 4." in cells[0].source  # the original is left alone
