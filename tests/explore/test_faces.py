"""Which face an output gets, and what it must never carry."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import plotly.graph_objects as go
import plotly.io as pio
import pytest
from ipywidgets.widgets.widget import _instances
from jupyter_core.paths import jupyter_path
from nbformat.v4 import new_code_cell, new_notebook
from plotly.offline import get_plotlyjs, get_plotlyjs_version

from trainability.explore import explore, faces
from trainability.explore.faces import BOOK_VARIABLE, PLOTLY_MIME, front_end, use_book_style
from trainability.explore.kernel import KernelView

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def line(slope=1):
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, slope]))
    return figure.update_layout(title_text="Line", meta={"summary": f"It rises by {slope}."})


@pytest.fixture
def pretend(monkeypatch):
    """Pretend to run in a kernel whose requests carry this metadata."""

    def start(metadata=None, names=(), kernel=True, book=False):
        request = {"metadata": metadata or {}}
        inner = SimpleNamespace(get_parent=lambda channel: request) if kernel else None
        shell = SimpleNamespace(kernel=inner, user_ns=dict.fromkeys(names, 1))
        monkeypatch.setattr(faces, "get_ipython", lambda: shell)
        monkeypatch.delenv(BOOK_VARIABLE, raising=False)
        if book:
            monkeypatch.setenv(BOOK_VARIABLE, "1")

    return start


@pytest.fixture
def published(monkeypatch):
    """The bundles that are displayed."""
    bundles = []
    monkeypatch.setattr(faces, "display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_only_a_front_end_that_names_its_cells_gets_widgets(pretend, monkeypatch):
    pretend({"cellId": "abc"})
    assert front_end() == "lab"
    pretend({"cellId": "abc"}, names=["__vsc_ipynb_file__"])
    assert front_end() == "vscode"
    pretend({})
    assert front_end() == "page"
    pretend({"cellId": "abc"}, kernel=False)
    assert front_end() == "page"
    pretend({"cellId": "abc"}, book=True)
    assert front_end() == "book"
    pretend({"cellId": "abc"})
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    assert front_end() == "page"


def test_a_front_end_without_a_network_finds_the_scripts_of_all_widgets():
    # VS Code brings this one itself, and looks for others where nbextensions are kept.
    own = {"@jupyter-widgets/base"}
    before = set(_instances)
    KernelView(explore(line, slope=[1, 2, 3]))
    made = [widget for name, widget in _instances.items() if name not in before]
    modules = {w._model_module for w in made} | {w._view_module for w in made} - {None}
    assert own < modules
    for module in modules - own:
        scripts = [Path(folder) / module / "index.js" for folder in jupyter_path("nbextensions")]
        assert any(script.is_file() for script in scripts), module


def test_outside_of_any_kernel_a_figure_is_a_page():
    assert front_end() == "page"


def test_the_book_gets_html_and_neither_widget_nor_script(pretend, published):
    pretend({"cellId": "abc"}, book=True)
    explore(line, slope=[1, 2])._ipython_display_()
    (bundle,) = published
    assert set(bundle) == {"text/html"}
    assert "cdn.plot.ly" not in bundle["text/html"]


def test_any_other_page_gets_all_it_needs(pretend, published):
    pretend({})
    explore(line, slope=[1, 2])._ipython_display_()
    (bundle,) = published
    assert set(bundle) == {"text/html"}
    assert "cdn.plot.ly" in bundle["text/html"]
    assert 'integrity: "sha256-' in bundle["text/html"]


def test_jupyterlab_gets_a_widget_and_a_figure_that_outlives_it(pretend, published):
    pretend({"cellId": "abc"})
    explore(line, slope=[1, 2])._ipython_display_()
    still, live = published
    assert PLOTLY_MIME in still
    assert WIDGET_MIME not in still
    assert "It rises by 1." in still[PLOTLY_MIME]["layout"]["title"]["subtitle"]["text"]
    assert WIDGET_MIME in live
    assert "text/html" not in live


def test_vs_code_gets_the_widget_alone(pretend, published):
    pretend({"cellId": "abc"}, names=["__vsc_ipynb_file__"])
    explore(line, slope=[1, 2])._ipython_display_()
    (live,) = published
    assert WIDGET_MIME in live


@pytest.fixture
def styled():
    before = pio.renderers.default, pio.templates.default
    use_book_style()
    yield
    pio.renderers.default, pio.templates.default = before


@pytest.mark.parametrize("built", [True, False])
def test_a_plain_figure_has_an_html_face_everywhere(pretend, styled, built):
    pretend({"cellId": "abc"}, book=built)
    bundle = line()._repr_mimebundle_()
    assert 'class="figure"' in bundle["text/html"]
    assert (PLOTLY_MIME in bundle) is not built


def test_nbconvert_publishes_explorers_that_work_without_a_kernel(tmp_path, read):
    source = (
        "import plotly.graph_objects as go\n"
        "from trainability.explore import explore\n"
        "def line(slope=1):\n"
        "    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, slope]))\n"
        "    return figure.update_layout(meta={'summary': f'It rises by {slope}.'})\n"
        "explore(line, slope=[1, 2])"
    )
    notebook = new_notebook(cells=[new_code_cell(source, id="one")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "page.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "page.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert WIDGET_MIME not in (tmp_path / "page.html").read_text()
    cdn = f"https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js"
    page = read(answers={cdn: get_plotlyjs()}).open((tmp_path / "page.html").as_uri())
    root = page.locator(".explorer")
    root.get_by_label("slope").first.press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('.explorer [role=status]').textContent === 'It rises by 2.'"
    )
    assert root.locator(".js-plotly-plot .lines").count() == 1
