"""Workflows that keep the README's word, and the notebooks that a course hands out.

What a workflow may do is told by functions that name its faults, so that each can be shown to
fail on a workflow with that fault.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner
from packaging.specifiers import SpecifierSet

from conftest import ROOT
from trainability.book import archive, build
from trainability.book.notebooks import notebook_paths
from trainability.book.students import without_answers, write_students
from trainability.datafiles import read_data
from trainability.ledger.claims import VERDICTS

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
BOOK = GITHUB / "workflows" / "book.yml"
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PINNED = re.compile(r"(?:- )?uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
# Each right to write, and the actions alone that a job with it may use.
PUBLISHING: list[tuple[dict[str, str], list[str]]] = [
    ({"pages": "write", "id-token": "write"}, ["actions/deploy-pages"]),
    ({"id-token": "write"}, ["actions/download-artifact", "pypa/gh-action-pypi-publish"]),
]
HTML = build.INDEX.parent.as_posix()
COPY_ARCHIVE = f"cp _build/{archive.NAME}.zip {HTML}/"


def validate(schema: str, *paths: Path) -> str:
    """Return what a host's schema has against files, or nothing."""
    found = CliRunner().invoke(check_jsonschema, ["--builtin-schema", schema, *map(str, paths)])
    return found.output if found.exit_code else ""


def test_workflows_follow_the_hosts_schema():
    assert validate("vendor.github-workflows", *WORKFLOWS) == ""


@pytest.mark.parametrize(
    ("schema", "name", "old", "new"),
    [
        ("dependabot", ".github/dependabot.yml", "weekly", "sometimes"),
        ("citation-file-format", "CITATION.cff", "type: software", "type: poem"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml", "true", "perhaps"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/bug.yml", "textarea", "poem"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/claim.yml", "textarea", "poem"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/page.yml", "textarea", "poem"),
    ],
)
def test_a_file_for_the_host_follows_its_schema_and_a_wrong_one_does_not(
    tmp_path, schema, name, old, new
):
    assert validate(f"vendor.{schema}", ROOT / name) == ""
    wrong = tmp_path / Path(name).name
    wrong.write_text((ROOT / name).read_text(encoding="utf-8").replace(old, new, 1))
    assert "Schema validation errors" in validate(f"vendor.{schema}", wrong)


def test_the_form_for_a_claim_offers_the_verdicts_of_the_ledger():
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE/claim.yml").read_text(encoding="utf-8"))
    (offered,) = [part["attributes"] for part in form["body"] if part["type"] == "dropdown"]
    assert offered["options"] == [*VERDICTS[:-1], "I do not know"]


def jobs_of(text: str) -> dict[str, dict[str, Any]]:
    return yaml.safe_load(text)["jobs"]


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def actions(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The actions that a job uses, without their pins, each with its inputs."""
    steps = [step for step in job["steps"] if "uses" in step]
    return {step["uses"].partition("@")[0]: step.get("with", {}) for step in steps}


def before(jobs: dict[str, dict[str, Any]], name: str) -> set[str]:
    """The jobs that must have passed before one begins."""
    needs = jobs[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(before(jobs, one) for one in direct))


def pin_faults(text: str) -> Iterator[str]:
    """A tag can be moved to other code; a commit cannot. The comment tells Dependabot which."""
    for line in map(str.strip, text.splitlines()):
        if re.match(r"(?:- )?uses:", line) and not PINNED.fullmatch(line):
            yield f"no pin with its version: {line}"


def permission_faults(text: str) -> Iterator[str]:
    """Only the job that publishes may write, and it runs nothing of ours."""
    workflow = yaml.safe_load(text)
    triggers = workflow[True]  # YAML 1.1 reads the key `on` so
    if "pull_request_target" in triggers or "workflow_run" in triggers:
        yield "strangers' code would run with our rights"
    if workflow.get("permissions") != {"contents": "read"}:
        yield "more than reading by default"
    if "secrets." in text or re.search(r"https?://", text):
        yield "a secret or an address; name a repository variable"
    for name, job in workflow["jobs"].items():
        granted = job.get("permissions", {})
        if granted and (granted, list(actions(job))) not in PUBLISHING:
            yield f"{name} has rights that it does not need"
        if granted and commands(job):
            yield f"{name} may write and runs commands"
        for step in job["steps"]:
            fetches = step.get("uses", "").startswith("actions/checkout@")
            if fetches and step.get("with", {}).get("persist-credentials") is not False:
                yield f"{name} keeps the token beside the code"


def command_faults(text: str) -> Iterator[str]:
    """A workflow runs what the README tells a reader to run."""
    shown = set(re.findall(r"\bmake ([a-z]+)", README))
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    for name, job in jobs_of(text).items():
        for command in commands(job):
            if not set(re.findall(r"\bmake ([a-z]+)", command)) <= shown & targets:
                yield f"{name} makes what the README does not tell: {command}"


def promise_faults(text: str) -> Iterator[str]:
    """What the README says of ``book.yml``: where it tests, and what it publishes."""
    jobs = jobs_of(text)
    for name, job in jobs.items():
        unknown = [c for c in commands(job) if not c.startswith("make ") and c != COPY_ARCHIVE]
        if unknown:
            yield f"{name} runs what no reader runs: {unknown}"
    [(first, last), *_] = re.findall(r"Python 3\.(\d+) to 3\.(\d+)", README)
    versions = jobs["test"]["strategy"]["matrix"]["python"]
    if versions != [f"3.{minor}" for minor in range(int(first), int(last) + 1)]:
        yield "other Pythons than the README says"
    if commands(jobs["test"]) != ["make test"]:
        yield "not the README's test"
    if ["make check"] not in [
        commands(job) for job in jobs.values() if job["runs-on"] == "macos-latest"
    ]:
        yield "no check on macOS"
    yield from publication_faults(jobs)


def publication_faults(jobs: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What is published is the book as built, from main alone, after the tests."""
    for name, job in jobs.items():
        if "actions/upload-pages-artifact" in actions(job):
            folder = actions(job)["actions/upload-pages-artifact"].get("path")
            if folder != HTML or commands(job) != ["make archive", COPY_ARCHIVE]:
                yield "the published folder is not the built one with its archive"
            conditions = set(job.get("if", "").split(" && "))
            if conditions != {
                "github.event_name != 'pull_request'",
                "github.ref == 'refs/heads/main'",
            }:
                yield "published from elsewhere than main"
            if "test" not in before(jobs, name):
                yield "published before it is tested"
        if "actions/deploy-pages" in actions(job) and "build" not in before(jobs, name):
            yield "deployed before it is built"


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])
@pytest.mark.parametrize("faults", [pin_faults, permission_faults, command_faults])
def test_a_workflow_is_pinned_reads_alone_and_runs_what_readers_run(path, faults):
    assert list(faults(path.read_text(encoding="utf-8"))) == []


def test_the_book_is_tested_and_published_as_the_readme_says():
    assert list(promise_faults(BOOK.read_text(encoding="utf-8"))) == []
    assert re.search(r"^archive: book$", MAKEFILE, re.MULTILINE)
    lowest = re.search(r"Python (3\.\d+) to", README)[1]
    requires = re.search(r'requires-python = "(.*)"', (ROOT / "pyproject.toml").read_text())[1]
    assert SpecifierSet(requires) == SpecifierSet(f">={lowest}")


def test_a_release_is_a_tested_wheel_published_without_a_token():
    jobs = jobs_of((GITHUB / "workflows/release.yml").read_text(encoding="utf-8"))
    assert commands(jobs["wheel"]) == ["make test", "make wheel"]
    assert before(jobs, "publish") == {"wheel"}
    upload = actions(jobs["wheel"])["actions/upload-artifact"]
    assert upload["name"] == actions(jobs["publish"])["actions/download-artifact"]["name"]
    assert f"--wheel-dir {upload['path']} ." in MAKEFILE
    assert actions(jobs["publish"])["pypa/gh-action-pypi-publish"] == {}


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_the_readme_names_every_workflow(name):
    assert f"`{name}`" in README


def test_one_action_has_one_pin():
    pins = {}
    for path in WORKFLOWS:
        for action, pin in re.findall(r"uses: (\S+)@(.*)", path.read_text(encoding="utf-8")):
            pins.setdefault(action, set()).add(pin)
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("faults", "old", "new"),
    [
        (pin_faults, r"checkout@[0-9a-f]{40} # v\S+", "checkout@v6"),
        (pin_faults, r"(checkout@[0-9a-f]{39})[0-9a-f]", r"\1"),
        (pin_faults, r"(deploy-pages@[0-9a-f]{40}) # .*", r"\1"),
        (pin_faults, r"(deploy-pages@[0-9a-f]{40}) # .*", r"\1 # v5"),
        (permission_faults, r"contents: read", "contents: write"),
        (permission_faults, r"permissions:\n  contents: read", "permissions: write-all"),
        (permission_faults, r"permissions:\n  contents: read", ""),
        (permission_faults, r"pages: write", "contents: write"),
        (permission_faults, r"  macos:", "  macos:\n    permissions: {contents: write}"),
        (permission_faults, r"- id: deploy", "- run: make test\n      - id: deploy"),
        (permission_faults, r"persist-credentials: false", "persist-credentials: true"),
        (permission_faults, r"  pull_request:", "  pull_request_target:"),
        (permission_faults, r"vars\.TORCH", "secrets.TORCH"),
        (command_faults, r"make check", "make picture"),
        (command_faults, r"make check", "make nothing"),
        (promise_faults, r"make archive", "python -m trainability.book.archive"),
        (promise_faults, r'"3.12", ', ""),
        (promise_faults, r"run: make test", "run: make check"),
        (promise_faults, r"macos-latest", "ubuntu-latest"),
        (promise_faults, r"make check", "make lint"),
        (promise_faults, r"path: _build/html", "path: _build"),
        (promise_faults, r"run: make archive", "run: make students"),
        (promise_faults, r"cp _build/trainability.zip", "cp _build/build.log"),
        (promise_faults, r"github.event_name != 'pull_request' && ", ""),
        (promise_faults, r"refs/heads/main'\n    needs", "refs/heads/draft'\n    needs"),
        (promise_faults, r"    needs: test\n", ""),
        (promise_faults, r"needs: build", "needs: test"),
    ],
)
def test_a_workflow_with_a_fault_is_told_by_it(faults, old, new):
    text = BOOK.read_text(encoding="utf-8")
    planted = re.sub(old, new, text, count=1)
    assert planted != text
    assert list(faults(planted)) != []


def test_students_get_every_lesson_without_an_answer_and_with_all_else(tmp_path):
    written = write_students(ROOT, tmp_path)
    originals = [path for path in notebook_paths(ROOT) if path.parent.name == "chapters"]
    telling = {"10_claims.ipynb", "11_wrong_answers.ipynb", "16_inventory_key.ipynb"}
    assert telling < {path.name for path in originals}
    originals = [path for path in originals if path.name not in telling]
    assert [path.name for path in written] == [path.name for path in originals]
    removed, asked = 0, 0
    for path, original in zip(written, originals, strict=True):
        before = original.read_text(encoding="utf-8")
        handed_out = nbformat.read(path, as_version=4).cells
        prose = "\n".join(cell.source for cell in handed_out if cell.cell_type == "markdown")
        code = "\n".join(cell.source for cell in handed_out if cell.cell_type == "code")
        assert "Solution of exercise" not in prose and "\nanswer = " not in prose
        assert not re.search(r"\b(answer|traps|explanation|solution)=", code), path.name
        assert not re.search(r"\b(choice|value|ordering|sketch|verdict)\(\n", code), path.name
        removed += before.count("Solution of exercise")
        asked += prose.count("**Question.**")
        ast.parse(re.sub(r"(?m)^\s*%.*$", "pass", code))
        kept = {cell.id for cell in handed_out}
        cells = nbformat.read(original, as_version=4).cells
        for cell in cells:
            folded = "hide-cell" in cell.metadata.get("tags", [])
            if "Solution of exercise" not in cell.source and not folded:
                assert cell.id in kept
    assert removed >= 40 and asked >= 140
    assert not (tmp_path / "data" / "cafe").exists()
    read = set()
    for path in written:  # each file that a lesson reads lies where it looks
        for name in re.findall(r'read_data\(\\?"([^"\\]+)', path.read_text(encoding="utf-8")):
            read.add(name)
            assert read_data(name, folder=path.parent)
    assert read


def handed_out(*cells):
    return without_answers(nbformat.v4.new_notebook(cells=list(cells))).cells


def test_what_stands_beside_a_solution_stays():
    solution = "<details><summary>Solution of exercise 2</summary>\n\nIt is 4.\n\n</details>"
    hint = "<details><summary>Hint</summary>\n\nThink.\n\n</details>"
    texts = (f"Before.\n\n{solution}\n\nAfter.", solution, hint)
    cells = [nbformat.v4.new_markdown_cell(text) for text in texts]
    assert [cell.source for cell in handed_out(*cells)] == ["Before.\n\nAfter.", hint]
    assert "It is 4." in cells[0].source  # the original is left alone


def test_a_question_becomes_its_words_and_its_answer_goes():
    code = nbformat.v4.new_code_cell
    steps = ["First.", "Then.", "Last."]
    order = code(f"exercise_1 = ordering('Sort.', {steps}, explanation='So.')\nexercise_1")
    needs = "from trainability.explore.ask import verdict\n\n"
    judged = code(f"{needs}verdict('Two is odd.', 'false', 'No.')")
    decides = code("assert 2 % 2 == 0")
    decides.metadata["tags"] = ["hide-cell"]
    beside = code("import math\n\nvalue('Half of pi?', math.pi / 2, name='h')")
    aim = code("goal('Get there.', it, {'x': 1},\n    solution={'x': 1},\n    hints=['Go.'],\n)")
    cells = handed_out(order, judged, decides, beside, aim)
    listed = re.findall(r"- \[ \] (.+)", cells[0].source)
    assert sorted(listed) == sorted(steps) and listed != steps
    assert re.findall(r"- \[ \] (.+)", cells[1].source) == ["true", "false", "depends"]
    assert [cell.cell_type for cell in cells[2:]] == ["code", "markdown", "code"]
    assert cells[2].source == "import math" and "Half of pi?" in cells[3].source
    assert "solution" not in cells[4].source and "hints" in cells[4].source
    assert not any("No." in cell.source or "So." in cell.source for cell in cells)
