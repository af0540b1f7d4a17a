"""A build that cannot lie: what must fail fails, and what is stale is executed again."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import expect
from plotly.offline import get_plotlyjs, get_plotlyjs_version

from conftest import ROOT, run_build
from slices import sliced

CDN = f"https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js"
SOURCES = shutil.ignore_patterns("*.egg-info")  # what is compiled holds in a copy, too
# To draw the faces that the book offers takes a third of a small build.
DOWNLOADS = re.compile(r"^    trainability_downloads:\n(?:      .*\n)+", re.MULTILINE)
FIGURE = "import plotly.graph_objects as go\nfigure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1]))"
STYLED = f"from trainability.explore.faces import use_book_style\nuse_book_style()\n{FIGURE}"


@pytest.fixture
def scratch(tmp_path: Path) -> Callable[..., Path]:
    """Make a small book with this book's own configuration and library."""

    def make(**pages: list[str]) -> Path:
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, tmp_path / name)
        whole = (ROOT / "_config.yml").read_text(encoding="utf-8")
        config, count = DOWNLOADS.subn("", whole)
        assert count == 1
        (tmp_path / "_config.yml").write_text(config, encoding="utf-8")
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
        (["import warnings\nwarnings.warn('too short')"], "too short"),
        (["class Legend: pass\nLegend()"], "Legend at 0x"),
        (
            [
                f"{STYLED}\nfrom trainability.explore import explore\n"
                "def f(a=1):\n    return None\nexplore(f, a=[1, 2])"
            ],
            "f returned NoneType",
        ),
    ],
    ids=["cell", "figure", "widget", "explorer", "picture", "warning", "address", "function"],
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


def test_a_notebook_built_alone_keeps_its_explorers(tmp_path, read):
    explorer = f"{STYLED}\nfrom trainability.explore import explore\n" + (
        "def f(a=1):\n    layout = {'title': {'text': 'A'}, 'meta': {'summary': f'It is {a}.'}}\n"
        "    return go.Figure(go.Scatter(x=[0, 1], y=[0, a]), layout)\nexplore(f, a=[1, 2])"
    )
    write_page(tmp_path, "alone", [explorer])
    code, output = build(tmp_path / "alone.ipynb")
    assert code == 0, output
    (page,) = tmp_path.glob("_build/_page/alone/html/alone.html")
    # It knows nothing of the book: its scripts come from where an exported page has them.
    math = re.findall(r'src="(https://[^"]*mathjax[^"]*)"', page.read_text(encoding="utf-8"))
    reader = read(answers={CDN: get_plotlyjs()} | dict.fromkeys(math, ""))
    root = reader.open(page.as_uri()).locator(".explorer")
    root.get_by_role("slider").press("ArrowRight")
    expect(root.get_by_role("status")).to_have_text("It is 2.")
    assert root.locator(".js-plotly-plot .lines").count() == 1


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


def test_a_table_that_loses_a_column_fails_the_build(scratch):
    folder = scratch(index=["1"])
    notebook = nbformat.read(folder / "index.ipynb", 4)
    table = "| a | b |\n|---|---|\n| $|x|$ | 1 |"
    notebook.cells.append(new_markdown_cell(table, id="table"))
    nbformat.write(notebook, folder / "index.ipynb")
    code, output = build(folder)
    assert code != 0
    assert "cell table, line 3: 4 cells in a table of 2 columns" in output


def test_a_warning_fails_the_build_and_the_next_one_too(scratch):
    folder = scratch(index=["1"])
    notebook = nbformat.read(folder / "index.ipynb", 4)
    notebook.cells.append(new_markdown_cell("[nowhere](missing.ipynb)", id="link"))
    nbformat.write(notebook, folder / "index.ipynb")
    for _ in range(2):
        code, output = build(folder)
        assert code != 0
        assert "WARNING" in output


def rebuilt(folder: Path) -> list[str]:
    """Build, and return the pages that were executed."""
    code, output = build(folder)
    assert code == 0, output
    return executed(folder)


def test_an_edited_notebook_is_executed_alone(scratch):
    folder = scratch(one=["1"], two=["2"])
    assert rebuilt(folder) == ["one", "two"]
    assert rebuilt(folder) == []
    write_page(folder, "two", ["3"])
    assert rebuilt(folder) == ["two"]
    write_page(folder, "two", ["2"])
    assert rebuilt(folder) == []  # the edit is taken back, and its result still known
    assert "<pre>2" in shown_outputs(folder, "two")
    notebook = nbformat.read(folder / "two.ipynb", 4)
    notebook.cells[0].source = "# Words alone"
    nbformat.write(notebook, folder / "two.ipynb")
    assert rebuilt(folder) == []
    assert "Words alone" in (folder / "_build/html/two.html").read_text()


def shown_outputs(folder: Path, page: str) -> str:
    text = (folder / f"_build/html/{page}.html").read_text()
    return "".join(re.findall(r'<div class="output.*?</div>', text, re.DOTALL)).replace(
        "<span></span>", ""
    )


def test_an_edited_module_executes_only_the_pages_that_import_it(scratch):
    folder = scratch(
        one=["import trainability.mean_field"],
        two=["def later():\n    from trainability.cafe import pgm\n    return pgm\nlater();"],
        three=["from trainability.skip import skip_weight_count"],
    )
    package = folder / "lib" / "trainability"
    assert rebuilt(folder) == ["one", "three", "two"]
    for module, pages in [
        ("mean_field/phase", ["one"]),
        ("cafe/pgm", ["two"]),
        ("norms", ["three", "two"]),  # by way of skip, and of cafe
        ("symmetry/orbits", []),
    ]:
        path = package / f"{module}.py"
        before = path.read_text()
        path.write_text(before + "\n# edited\n")
        assert rebuilt(folder) == pages, module
        path.write_text(before)
    assert rebuilt(folder) == []  # what was executed before the edits holds again


def test_edited_data_execute_only_the_pages_that_read_them(scratch):
    folder = scratch(
        one=["open('data/a.csv').read()"],
        two=["from pathlib import Path\nlen(list(Path('data').glob('*')))"],
        three=["open('made.txt', 'w').write('a result, and no input')"],
    )
    (folder / "data/a.csv").write_text("1\n")
    assert rebuilt(folder) == ["one", "three", "two"]
    (folder / "made.txt").write_text("changed by hand")
    assert rebuilt(folder) == []
    (folder / "data/.cache_of_a_tool").mkdir()
    assert rebuilt(folder) == []
    (folder / "data/a.csv").write_text("2\n")
    assert rebuilt(folder) == ["one"]
    (folder / "data/b.csv").write_text("1\n")
    assert rebuilt(folder) == ["two"]
    (folder / "data/a.csv").unlink()
    code, output = build(folder)
    assert code != 0 and "FileNotFoundError" in output


def test_tests_count_by_the_claims_that_they_hold(scratch):
    cells = ["from trainability.ledger import tests_by_claim", "from pathlib import Path"]
    folder = scratch(one=[*cells, "sorted(tests_by_claim(Path()))"], two=["2"])
    tests = folder / "tests" / "test_new.py"
    tests.parent.mkdir()
    tests.write_text("def test_unmarked(): ...\n")
    assert rebuilt(folder) == ["one", "two"]
    tests.write_text("def test_unmarked_too(): ...\n")
    assert rebuilt(folder) == []
    tests.write_text('import pytest\n\n\n@pytest.mark.claims("A-1")\ndef test_a(): ...\n')
    assert rebuilt(folder) == ["one"]


def test_a_package_counts_where_a_notebook_can_import_it(scratch, tmp_path_factory):
    folder = scratch(one=["1"])
    site = tmp_path_factory.mktemp("site")

    def install(name: str, version: str) -> None:
        for old in site.glob(f"{name}-*"):
            shutil.rmtree(old)
        (site / f"{name}-{version}.dist-info").mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (site / f"{name}-{version}.dist-info/METADATA").write_text(text)

    def pages() -> list[str]:
        path = f"{folder / 'lib'}{os.pathsep}{site}"
        result = run_build(folder, PYTHONPATH=path)
        assert result.returncode == 0, result.stdout + result.stderr
        return executed(folder)

    assert pages() == ["one"]
    install("pytest_something", "1.0")
    assert pages() == []
    install("tqdm", "0.1")  # shadows the one that is installed
    assert pages() == ["one"]


def test_two_pages_are_executed_at_the_same_time(scratch):
    # Each waits for the other: one after the other they would fail.
    meet = (
        "import time\nfrom pathlib import Path\nPath('{mine}.here').touch()\n"
        "begin = time.monotonic()\nwhile not Path('{other}.here').exists():\n"
        "    assert time.monotonic() - begin < 120, 'the other never came'\n    time.sleep(0.05)"
    )
    folder = scratch(
        one=[meet.format(mine="one", other="two")], two=[meet.format(mine="two", other="one")]
    )
    result = run_build(folder, PYTHONPATH=str(folder / "lib"), LOKY_MAX_CPU_COUNT="2")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "executing 1 of 2: " in result.stdout and "executing 2 of 2: " in result.stdout


def test_a_kernel_has_one_thread_so_that_kernels_side_by_side_do_not_fight(scratch):
    cut = "import sys, time\nprint('a line', end='')\nsys.stdout.flush()\ntime.sleep(0.5)\n"
    folder = scratch(one=["import torch\ntorch.get_num_threads()", f"{cut}print(' in two pieces')"])
    assert rebuilt(folder) == ["one"]
    assert "<pre>1" in shown_outputs(folder, "one")
    assert "a line in two pieces" in shown_outputs(folder, "one")  # the kernel cut it by its clock


def test_what_was_executed_before_a_failure_is_kept_and_what_runs_beside_it_too(scratch):
    # The first waits until the other's kernel is gone: by then that one has failed.
    wait = (
        "import time\nfrom pathlib import Path\nimport psutil\nbegin = time.monotonic()\n"
        "def gone():\n"
        "    return Path('pid').exists() and not psutil.pid_exists(int(Path('pid').read_text()))\n"
        "while not gone():\n"
        "    assert time.monotonic() - begin < 120, 'the other never failed'\n    time.sleep(0.05)"
    )
    fail = (
        "import os\nfrom pathlib import Path\nPath('part').write_text(str(os.getpid()))\n"
        "Path('part').rename('pid')\n1 / 0"
    )
    folder = scratch(one=[wait], two=[fail])
    code, output = build(folder, LOKY_MAX_CPU_COUNT="2")
    assert code != 0 and "two failed" in output and "ZeroDivisionError" in output
    assert executed(folder) == ["one", "two"]
    write_page(folder, "two", ["2"])
    assert rebuilt(folder) == ["two"]


def test_make_book_says_what_is_executed_how_long_it_took_and_which_log_to_read(scratch):
    folder = scratch(one=["1"], two=["2"])
    environment = os.environ | {"PYTHONPATH": str(folder / "lib")}

    def made() -> tuple[int, str]:
        command = [sys.executable, "-m", "trainability.book.build"]
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        return ran.returncode, ran.stdout + ran.stderr

    code, said = made()
    lines = said.splitlines()
    assert code == 0 and len(lines) == 3, said
    assert lines[0].startswith("executing 1 of 2: ") and lines[1].startswith("executing 2 of 2: ")
    assert re.fullmatch(
        r"Built in \d+ s; executed notebooks: 2. Open _build/html/index.html in a browser.",
        lines[2],
    )
    assert "nothing had to be executed" in made()[1]
    write_page(folder, "two", ["1 / 0"])
    code, said = made()
    assert code != 0 and "ZeroDivisionError" in said
    assert said.rstrip().endswith("the whole log is _build/build.log.")
    assert "ZeroDivisionError" in (folder / "_build/build.log").read_text()


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
    for path in (tmp_path / "index.ipynb", *(tmp_path / "chapters").glob("*.ipynb")):
        if path.name != "03a_wide_networks.ipynb":  # it has the landing page's explorer, too
            without_code(path)
    lesson = tmp_path / "chapters/03a_wide_networks.ipynb"
    nbformat.write(sliced(nbformat.read(lesson, as_version=4)), lesson)
    code, output = build(tmp_path)
    assert code == 0, output
    explorer = re.compile(r'<div class="explorer".*?</script>\n</div>', re.DOTALL)
    page = "chapters/03a_wide_networks.html"
    first = explorer.findall((book / page).read_text())
    assert len(first) >= 4
    assert explorer.findall((tmp_path / "_build/html" / page).read_text()) == first
