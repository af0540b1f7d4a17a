"""Colab, as far as it can be built here: one notebook file, torch there, our package not.

The book's repository is served from this machine, by the same two kinds of request that a
host answers: git's, for the package, and a plain file's, for the data of lesson 3.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from importlib.metadata import distribution
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from playwright.sync_api import expect
from plotly.offline import get_plotlyjs, get_plotlyjs_version

from conftest import ROOT, serve
from slices import sliced
from trainability.book.notebooks import SETUP_ID, setup_source
from trainability.book.outputs import WIDGET_MIME

CDN = f"https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js"
# Versions of its own, some older than the book asks for, as that runtime has them.
LAYOUT = [
    *("torch==2.13.0", "numpy<2.4", "plotly==5.24.1", "ipywidgets==7.7.1", "ipython<9"),
    *("ipykernel<7", "matplotlib<3.11", "scikit-learn<1.9", "scipy", "tqdm"),
]
EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
for start in range(5):
    try:
        NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
        break
    except RuntimeError as error:  # another program has taken a port of the kernel's
        if "died before replying" not in str(error) or start == 4:
            raise
nbformat.write(notebook, sys.argv[1])
"""
SEEN = "[graph.data, graph.layout.title, graph.layout.annotations]"
# A frame draws when it can be seen, so a little after the words.
REDRAWN = f"""graph => new Promise((done, fail) => {{
  const look = left => JSON.stringify({SEEN}) !== graph.was ? done()
    : left ? setTimeout(look, 50, left - 1) : fail(new Error("the figure stands still"));
  look(100);
}})"""
VERSIONS = """
import json
from importlib.metadata import distribution
found = {name: distribution(name) for name in ("torch", "numpy")}
print(json.dumps({n: [d.version, d.locate_file(n).stat().st_mtime] for n, d in found.items()}))
"""


def run(*command: object, cwd: Path | None = None, **environment: str) -> str:
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "PIP_CONSTRAINT")
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a copy of this repository."""
    host = tmp_path_factory.mktemp("host")
    copy, bare = host / "copy", host / "someone" / "book"
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in listed.splitlines():
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    run("git", "init", "--quiet", "--initial-branch=main", cwd=copy)
    run("git", "add", ".", cwd=copy)
    run("git", *author, "commit", "--quiet", "--message=A copy", cwd=copy)
    run("git", "clone", "--quiet", "--bare", copy, bare)
    run("git", "update-server-info", cwd=bare)
    shutil.copytree(copy / "data", bare / "raw/main/data")
    for address in serve(host):
        yield f"{address}/someone/book"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that has torch and friends, and not our package."""
    folder = tmp_path_factory.mktemp("runtime")
    run(sys.executable, "-m", "venv", folder)
    python = folder / "bin/python"
    bring("torch", purelib(python), {"setuptools"})  # of which it has its own
    # Of all that is installed little is imported: that is compiled then.
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", *LAYOUT, "nbclient")
    run(python, "-c", "import numpy, torch")  # whose folders change no more
    startup = folder / "ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "colab.py").write_text("import google.colab\n")
    colab = purelib(python) / "google/colab"
    colab.mkdir(parents=True)
    (colab / "__init__.py").touch()
    return python


def purelib(python: Path) -> Path:
    """Where an environment keeps its packages."""
    return Path(run(python, "-c", "import sysconfig as s; print(s.get_path('purelib'))").strip())


def bring(name: str, target: Path, brought: set[str]) -> None:
    """Link a package of this environment, and what it needs, into another.

    To unpack torch anew takes minutes on a slow disk. What is removed there stays here.
    """
    if name in brought:
        return
    brought.add(name)
    found = distribution(name)
    for file in found.files or ():
        if ".." in file.parts or file.suffix == ".pyc":
            continue
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file.locate(), target / file)
        except OSError:  # another disk
            shutil.copy(file.locate(), target / file)
    for line in found.requires or ():
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            bring(canonicalize_name(needed.name), target, brought)


@pytest.fixture(scope="module")
def executed(repository, runtime, tmp_path_factory) -> dict[str, nbformat.NotebookNode]:
    """What two notebooks show, run in a folder that holds nothing else."""
    before = run(runtime, "-c", VERSIONS)
    assert "trainability" not in run(runtime, "-m", "pip", "list")
    found = {}
    for name in ("01_symmetry_breaking", "03a_wide_networks"):
        content = tmp_path_factory.mktemp("content")
        notebook = sliced(nbformat.read(ROOT / "chapters" / f"{name}.ipynb", as_version=4))
        (cell,) = [cell for cell in notebook.cells if cell.id == SETUP_ID]
        cell.source = setup_source(repository)
        nbformat.write(notebook, content / "lesson.ipynb")
        ipython = str(runtime.parents[1] / "ipython")
        run(runtime, "-c", EXECUTE, "lesson.ipynb", cwd=content, IPYTHONDIR=ipython)
        assert [path.name for path in content.iterdir()] == ["lesson.ipynb"]
        found[name] = nbformat.read(content / "lesson.ipynb", as_version=4)
        assert run(runtime, "-c", VERSIONS) == before
    return found


def explorers(notebook: nbformat.NotebookNode) -> list[str]:
    shown = [
        out.data for cell in notebook.cells for out in cell.get("outputs", ()) if "data" in out
    ]
    assert not any(WIDGET_MIME in data for data in shown)
    pages = [data["text/html"] for data in shown if "text/html" in data]
    return [html for html in pages if re.search(r'data-explorer="', html)]


def test_the_package_arrives_whole_and_not_in_place(executed, runtime):
    place = run(runtime, "-c", "import trainability; print(trainability.__file__)")
    assert str(runtime.parents[1]) in place
    assert "editable" not in run(runtime, "-m", "pip", "list", "--verbose", "--local").lower()


def test_torch_and_numpy_stay_as_they_were_and_plotly_is_renewed(executed, runtime):
    listed = dict(
        line.split("==")
        for line in run(runtime, "-m", "pip", "freeze").splitlines()
        if "==" in line
    )
    assert int(listed["plotly"].split(".")[0]) >= 6
    assert listed["numpy"] < "2.4"


@pytest.mark.parametrize(("name", "count"), [("01_symmetry_breaking", 2), ("03a_wide_networks", 4)])
def test_explorers_work_each_in_a_frame_of_its_own(executed, read, tmp_path, name, count):
    # Colab shows every output in a frame of its own.
    frames = explorers(executed[name])
    assert len(frames) == count
    body = "".join(
        f'<iframe title="output {i}" srcdoc="{escape(html)}" width="1000" height="900"></iframe>'
        for i, html in enumerate(frames)
    )
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{body}")
    reader = read(answers={CDN: get_plotlyjs()})
    page = reader.open((tmp_path / "page.html").as_uri())
    for i in range(count):
        frame = page.frame_locator(f'iframe[title="output {i}"]')
        frame.locator(".explorer-graph").scroll_into_view_if_needed()
        frame.locator(".explorer[data-usable]").wait_for()
        frame.locator(".explorer-graph").hover()
        frame.locator(".explorer[data-ready]").wait_for()
        graph, status = frame.locator(".js-plotly-plot"), frame.get_by_role("status").first
        graph.evaluate(f"graph => {{ graph.was = JSON.stringify({SEEN}); }}")
        said = status.inner_text()
        handle = frame.get_by_role("slider").first
        at_end = handle.evaluate("node => node.value === node.max")
        handle.press("ArrowLeft" if at_end else "ArrowRight")
        expect(status).not_to_have_text(said)
        graph.evaluate(REDRAWN)
    assert reader.strangers == [] and reader.faults == []
