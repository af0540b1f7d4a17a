"""What the repository promises of itself: notebooks, pins, addresses, and no secrets."""

import json
import re
import shutil
import subprocess
import tomllib
from itertools import chain, pairwise
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from conftest import ROOT
from trainability.book.notebooks import (
    SETUP_ID,
    notebook_paths,
    repository_address,
    setup_source,
    write_setup_cells,
)
from trainability.book.repository import set_repository

NOTEBOOKS = [str(path.relative_to(ROOT)) for path in notebook_paths(ROOT)]
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
MYST_ONLY = re.compile(r"^```\{|^:::|\{[a-z:]+\}`|^\([\w-]+\)=$", re.MULTILINE)


def bounds(requirements: list[str]) -> dict[str, str]:
    foreign = [text for text in requirements if not text.startswith("trainability[")]
    found = {text: re.match(r"([A-Za-z0-9_-]+)(.*)", text) for text in foreign}
    assert None not in found.values(), found
    return {match[1].lower(): match[2] for match in found.values() if match}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listing.stdout.splitlines() if (path := ROOT / name).exists()]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_committed_stripped_with_the_one_setup_cell(name):
    notebook = nbformat.read(ROOT / name, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code[0].id == SETUP_ID
    assert code[0].source == setup_source(repository_address(ROOT))
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in code:
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_holds_only_markdown_that_every_front_end_shows(name):
    for cell in nbformat.read(ROOT / name, as_version=4).cells:
        if cell.cell_type == "markdown":
            assert not MYST_ONLY.search(cell.source), cell.id


def test_every_notebook_is_in_the_table_of_contents():
    listed = set(re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text()))
    assert {name.removesuffix(".ipynb") for name in NOTEBOOKS} == listed


def test_conda_and_pip_agree_on_bounds(project):
    extras = project["project"]["optional-dependencies"]
    pip = bounds([*project["project"]["dependencies"], *extras["lessons"]])
    pip |= {"jupyterlab": bounds(extras["book"])["jupyterlab"]}
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    entries = environment["dependencies"]
    conda = bounds([entry for entry in entries if isinstance(entry, str)])
    python = conda.pop("python").removeprefix("=")
    assert SpecifierSet(project["project"]["requires-python"]).contains(python)
    assert conda.pop("pip") == ""
    assert conda == {CONDA_NAMES.get(name, name): bound for name, bound in pip.items()}
    assert {"pip": [".[lessons]"]} in entries
    assert environment["channels"] == ["conda-forge"]


def test_every_direct_dependency_is_pinned_within_its_bounds(project):
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().lower().splitlines()
    )
    extras = project["project"]["optional-dependencies"]
    named = (extras[extra] for extra in ("lessons", "book", "test"))
    wanted = bounds([*project["project"]["dependencies"], *chain(*named)])
    canonical = {re.sub(r"[-_.]+", "-", name): version for name, version in pins.items()}
    missing = [name for name in wanted if name not in canonical]
    assert missing == []
    assert not any("+" in version for version in pins.values()), "a local build is nobody else's"
    assert "==" not in "".join(wanted.values()), "pyproject keeps loose bounds for Colab"


def test_the_citation_names_the_authors_version_and_license_of_the_package(project):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    book = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert (citation["title"], citation["authors"]) == (book["title"], [{"name": book["author"]}])
    package = project["project"]
    assert (citation["version"], citation["license"]) == (package["version"], package["license"])
    assert citation["abstract"] == f"{package['description']}."


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_the_notes_count_lessons_claims_and_statements_right(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    data = json.loads((ROOT / "data/claims/claims.json").read_text(encoding="utf-8"))
    assert f"ledger of {len(data['claims'])} claims" in text
    lessons = [path for path in NOTEBOOKS if re.match(r"chapters/0\d_", path)]
    assert (len(lessons), len(data["inventory"])) == (9, 30)
    assert "Nine lessons" in text and "thirty statements" in text


def test_the_library_is_not_ignored_and_what_is_made_is():
    ignored = subprocess.run(
        ["git", "check-ignore", "lib/trainability/new.py", ".venv/x", "_build/x", "data/cafe/x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ignored.stdout.splitlines() == [".venv/x", "_build/x", "data/cafe/x"]


def test_no_file_names_a_machine_a_registry_or_a_stranger(tracked):
    foreign = re.compile(r"/(?:root|home|farm|work)/[a-z.]|pypi\.org|pythonhosted|binder-examples")
    for path in tracked:
        if path.suffix in {".png", ".svg"} or path == Path(__file__):
            continue
        found = foreign.search(path.read_bytes().decode("utf-8", errors="replace"))
        assert found is None, f"{path.relative_to(ROOT)}: {found.group()}"


def test_no_minified_script_is_committed(tracked):
    for path in tracked:
        if path.suffix in {".js", ".css"}:
            longest = max(len(line) for line in path.read_text(encoding="utf-8").splitlines())
            assert longest < 200, path.name


def test_the_hooks_of_commits_are_the_makefiles_own_tools_and_fetch_nothing():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    recipes = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(BIN)", ".venv/bin")
    for hook in config["repos"][0]["hooks"]:
        assert hook["entry"].removesuffix(" --force-exclude") in recipes
        assert hook["language"] == "system"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("_config.yml", "pyproject.toml", "CITATION.cff", "README.md", *NOTEBOOKS):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_one_command_sets_the_address_everywhere_and_takes_it_away_again(copy):
    before = contents(copy)
    address = "https://github.com/someone/somebook"
    set_repository(copy, f"{address}.git/")
    assert repository_address(copy) == address
    for name, text in contents(copy).items():
        assert address in text, name
    urls = tomllib.loads((copy / "pyproject.toml").read_text())["project"]["urls"]
    assert urls == {"Repository": address}
    set_repository(copy, "https://gitlab.com/group/sub/book")
    assert address not in "".join(contents(copy).values())
    set_repository(copy, "")
    assert contents(copy) == before


@pytest.mark.parametrize(
    "url", ["github.com/a/b", "https://github.com/only", 'https://x.y/a/"b', "javascript:alert(1)"]
)
def test_an_address_that_is_none_is_refused_and_nothing_written(copy, url):
    before = contents(copy)
    with pytest.raises(ValueError, match="URL="):
        set_repository(copy, url)
    assert contents(copy) == before


def test_the_tool_for_setup_cells_mends_an_edited_one(copy):
    path = copy / NOTEBOOKS[0]
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == SETUP_ID]
    cell.source = "import antigravity"
    nbformat.write(notebook, path)
    assert write_setup_cells(copy) == [path]
    assert write_setup_cells(copy) == []


def test_what_running_a_notebook_leaves_behind_is_taken_away(copy):
    path = copy / NOTEBOOKS[1]
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == SETUP_ID]
    cell.outputs = [nbformat.v4.new_output("stream", text="said")]
    cell.execution_count = 7
    cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    notebook.metadata.kernelspec.display_name = "Python 3 (ipykernel)"
    notebook.metadata.language_info["version"] = "3.13.1"
    notebook.metadata["widgets"] = {}
    nbformat.write(notebook, path)
    assert write_setup_cells(copy) == [path]
    assert path.read_text(encoding="utf-8") == before


def test_every_file_of_tests_has_a_name_of_its_own():
    names = sorted(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(names) > 100
    # Of two with one name, pytest would leave one out of a whole run.
    assert [one for one, other in pairwise(names) if one == other] == []


def test_every_file_that_is_no_module_is_shipped(project):
    listed = project["tool"]["setuptools"]["package-data"]
    library = ROOT / "lib" / "trainability"
    others = [
        path.relative_to(library)
        for path in library.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    assert len(others) > 20
    for path in others:
        package = ".".join(
            ("trainability", *path.parts[: len(path.parts) - 1 - ("static" in path.parts)])
        )
        name = "/".join(path.parts[-2:] if "static" in path.parts else path.parts[-1:])
        assert any(Path(name).match(pattern) for pattern in listed.get(package, [])), path
