"""A build that cannot lie: what must fail fails, and what is stale is executed again."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from conftest import ROOT, run_build

SOURCES = shutil.ignore_patterns("*.egg-info", "__pycache__")
FIGURE = "import plotly.graph_objects as go\nfigure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1]))"
STYLED = f"from trainability.explore.faces import use_book_style\nuse_book_style()\n{FIGURE}"


@pytest.fixture
def scratch(tmp_path: Path) -> Callable[..., Path]:
    """Make a small book with this book's own configuration and library."""

    def make(**pages: list[str]) -> Path:
        for name in ("_config.yml", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, tmp_path / name)
        shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=SOURCES)
        (tmp_path / "data").mkdir()
        chapters = "".join(f"  - file: {name}\n" for name in list(pages)[1:])
        root, *_ = pages
        toc = f"format: jb-book\nroot: {root}\n" + (f"chapters:\n{chapters}" if chapters else "")
        (tmp_path / "_toc.yml").write_text(toc)
        for name, cells in pages.items():
            write_page(tmp_path, name, cells)
        return tmp_path

    return make


def write_page(folder: Path, name: str, cells: list[str]) -> None:
    log = folder / "executed.log"
    begin = f"with open({str(log)!r}, 'a') as log:\n    log.write('{name}\\n')"
    notebook = new_notebook(
        cells=[
            new_markdown_cell(f"# Page {name}", id="title"),
            new_code_cell(begin, id="begin"),
            *(new_code_cell(source, id=f"c{i}") for i, source in enumerate(cells)),
        ]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / f"{name}.ipynb")


def build(folder: Path, **environment: str) -> tuple[int, str]:
    result = run_build(folder, PYTHONPATH=str(folder / "lib"), **environment)
    return result.returncode, result.stdout + result.stderr


def executed(folder: Path) -> list[str]:
    log = folder / "executed.log"
    names = sorted(log.read_text().split()) if log.exists() else []
    log.unlink(missing_ok=True)
    return names


@pytest.mark.parametrize(
    "cells, complaint",
    [
        (["1 / 0"], "ZeroDivisionError"),
        ([f"{FIGURE}\nfigure"], "no HTML face"),
        (["import ipywidgets\nipywidgets.IntSlider()"], "widget"),
        (
            [
                "from IPython.display import HTML\n"
                'HTML(\'<div class="explorer" data-explorer="a">\')'
            ],
            "carries no grid",
        ),
        (["import matplotlib.pyplot as plt\nplt.plot([1, 2]);"], "alternative text"),
        (
            [
                f"{STYLED}\nfrom trainability.explore import explore\n"
                "def f(a=1):\n    return None\nexplore(f, a=[1, 2])"
            ],
            "f returned NoneType",
        ),
    ],
    ids=["cell", "figure", "widget", "explorer", "picture", "function"],
)
def test_a_page_that_would_mislead_fails_the_build(scratch, cells, complaint):
    code, output = build(scratch(index=cells))
    assert code != 0
    assert complaint in output


def test_plain_figures_of_plotly_and_matplotlib_are_shown(scratch, read):
    folder = scratch(index=[f"{STYLED}\nfigure.update_layout(title_text='Rising')", "1"])
    notebook = nbformat.read(folder / "index.ipynb", 4)
    notebook.cells[-1].source = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    notebook.cells[-1].metadata["mystnb"] = {"image": {"alt": "A rising line."}}
    nbformat.write(notebook, folder / "index.ipynb")
    code, output = build(folder)
    assert code == 0, output
    reader = read()
    page = reader.open((folder / "_build/html/index.html").as_uri())
    assert page.locator(".figure .js-plotly-plot .lines").count() == 1
    assert page.get_by_role("img", name="Rising", exact=True).count() == 1
    picture = page.get_by_role("img", name="A rising line.")
    assert picture.evaluate("image => image.naturalWidth") > 100
    assert reader.strangers == []
    assert reader.faults == []


def test_a_build_shows_drawn_faces_where_real_ones_lie_too(scratch):
    cells = ["from trainability.cafe import load_cafe\nprint('faces are', load_cafe().source)"]
    folder = scratch(index=cells)
    (folder / "data" / "cafe").mkdir()
    code, output = build(folder, TRAINABILITY_CAFE=str(folder / "data" / "cafe"))
    assert code == 0, output
    assert "faces are synthetic" in (folder / "_build/html/index.html").read_text()


def test_two_explorers_of_one_name_fail_the_build(scratch):
    cells = [
        f"{STYLED}\nfrom trainability.explore import explore\n"
        "def f(a=1):\n"
        "    line = go.Figure(go.Scatter(y=[0, a]))\n"
        "    return line.update_layout(meta={'summary': f'It rises by {a}.'})\n"
        "explore(f, a=[1, 2])",
        "explore(f, a=[1, 3])",
    ]
    code, output = build(scratch(index=cells))
    assert code != 0
    assert "2 explorers are named 'f'" in output


def test_a_warning_fails_the_build_and_the_next_one_too(scratch):
    folder = scratch(index=["1"])
    notebook = nbformat.read(folder / "index.ipynb", 4)
    notebook.cells.append(new_markdown_cell("[nowhere](missing.ipynb)", id="link"))
    nbformat.write(notebook, folder / "index.ipynb")
    for _ in range(2):
        code, output = build(folder)
        assert code != 0
        assert "WARNING" in output


def test_exactly_what_is_stale_is_executed_again(scratch):
    folder = scratch(one=["1"], two=["2"])

    def rebuilt() -> list[str]:
        code, output = build(folder)
        assert code == 0, output
        return executed(folder)

    assert rebuilt() == ["one", "two"]
    assert rebuilt() == []
    write_page(folder, "two", ["3"])
    assert rebuilt() == ["two"]
    write_page(folder, "two", ["2"])
    assert rebuilt() == []  # the edit is taken back, and its result still known
    module = folder / "lib" / "trainability" / "signal.py"
    before = module.read_text()
    module.write_text(before + "\n# edited\n")
    assert rebuilt() == ["one", "two"]
    module.write_text(before)
    assert rebuilt() == []
    (folder / "data" / "faces.csv").write_text("1,2\n")
    assert rebuilt() == ["one", "two"]
    tests = folder / "tests" / "test_new.py"
    tests.parent.mkdir()
    tests.write_text("def test_unmarked(): ...\n")
    assert rebuilt() == []
    tests.write_text('import pytest\n\n\n@pytest.mark.claims("A-1")\ndef test_a(): ...\n')
    assert rebuilt() == ["one", "two"]  # the ledger's page names the tests
    pins = folder / "constraints.txt"
    pins.write_text(pins.read_text() + "another==1\n")
    assert rebuilt() == ["one", "two"]


def test_a_page_about_pages_is_executed_whenever_another_has_changed(scratch):
    folder = scratch(one=["1"], about=["2"])
    notebook = nbformat.read(folder / "about.ipynb", 4)
    notebook.metadata["mystnb"] = {"execution_mode": "force"}
    nbformat.write(notebook, folder / "about.ipynb")

    def rebuilt() -> list[str]:
        code, output = build(folder)
        assert code == 0, output
        return executed(folder)

    assert rebuilt() == ["about", "one"]
    assert rebuilt() == []
    write_page(folder, "one", ["3"])
    assert rebuilt() == ["about", "one"]


def test_launch_buttons_follow_the_address_and_are_absent_without_one(scratch):
    folder = scratch(index=["1"])
    assert build(folder)[0] == 0
    page = (folder / "_build/html/index.html").read_text()
    assert not re.search(r"binder|colab|github\.com|unpkg|thebe", page)
    config = folder / "_config.yml"
    address = "https://github.com/someone/somebook"
    config.write_text(config.read_text().replace('url: ""', f'url: "{address}"'))
    code, output = build(folder)
    assert code == 0, output
    page = (folder / "_build/html/index.html").read_text()
    assert "mybinder.org/v2/gh/someone/somebook/main?urlpath=lab/tree/index.ipynb" in page
    assert "colab.research.google.com/github/someone/somebook/blob/main/index.ipynb" in page
    assert f'href="{address}"' in page


def without_code(path: Path) -> None:
    """Leave of a notebook what others link to, and nothing to execute."""
    notebook = nbformat.read(path, 4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    nbformat.write(notebook, path)


def test_two_builds_of_one_tree_have_identical_explorers(book, root, tmp_path):
    for name in ("_config.yml", "_toc.yml", "pyproject.toml", "constraints.txt", "index.ipynb"):
        shutil.copy(root / name, tmp_path / name)
    shutil.copytree(root / "lib", tmp_path / "lib", ignore=SOURCES)
    shutil.copytree(root / "chapters", tmp_path / "chapters")
    shutil.copytree(root / "data", tmp_path / "data")
    for path in (tmp_path / "chapters").glob("*.ipynb"):
        if not path.name.startswith("03"):
            without_code(path)
    code, output = build(tmp_path)
    assert code == 0, output
    explorer = re.compile(r'<div class="explorer".*?</script>\n</div>', re.DOTALL)
    for page in ("index.html", "chapters/03_initialization_variance.html"):
        first = explorer.findall((book / page).read_text())
        second = explorer.findall((tmp_path / "_build/html" / page).read_text())
        assert first
        assert first == second
