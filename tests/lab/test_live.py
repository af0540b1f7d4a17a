"""The live face in a real JupyterLab, driven by a real keyboard."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, expect

from conftest import FORGET, PATIENCE, ROOT, Reader, readers
from slices import sliced
from trainability.book.notebooks import notebook_paths

WAVE = """
import json
import numpy as np
import plotly.graph_objects as go
from trainability.explore import explore
from trainability.explore.controls import linear_range
from trainability.explore.faces import use_book_style

use_book_style()
calls = []


def wave(frequency=1.0, kind="sin", waves=1):
    calls.append(frequency)
    x = np.linspace(0, 6, 50)
    y = getattr(np, kind)(frequency * x)
    data = [go.Scatter(x=x, y=y * k, name=f"wave {k}") for k in range(1, waves + 1)]
    summary = f"A {kind} of frequency {frequency:.3f}, {waves} of them."
    return go.Figure(data, layout={"title": {"text": kind}, "meta": {"summary": summary}})
"""
EXPLORE = (
    "explore(wave, frequency=linear_range(0.5, 3, 26), kind=['sin', 'cos'], waves=[1, 2, 3, 4])"
)
DIRECT = (
    "direct = wave(frequency=2.25)\n"
    "print(json.dumps([len(calls) - 1, direct.layout.meta['summary'], direct.data[0].y.tolist()]))"
)
PLAIN = "go.Figure(go.Scatter(x=[1, 2], y=[3, 4]), layout={'title': {'text': 'Plain'}})"
# JupyterLab's own command: done when every cell has run, those out of view too.
RUN_ALL = """async () => {
  await jupyterapp.shell.currentWidget?.context?.sessionContext?.ready;
  await jupyterapp.commands.execute('notebook:run-all-cells');
}"""
# What the explorers' functions return when they are called for the places shown.
DIRECT_CALLS = """
import gc as _gc
import json as _json
from pathlib import Path as _Path
from trainability.explore.document import _decoded, _is_typed
from trainability.explore.kernel import KernelView as _View

def _plain(part):
    if _is_typed(part):
        return _decoded(part).tolist()
    return [_plain(one) for one in part] if isinstance(part, list) else part

_explorers = {v.explorer.name: v.explorer for v in _gc.get_objects() if isinstance(v, _View)}
_called = {}
for _name, _places in _json.loads(_Path("places.json").read_text()).items():
    _controls = _explorers[_name].live_controls
    _state = {axis: _controls[axis].at(place) for axis, place in _places.items()}
    _figure = _explorers[_name].figure(**_state)
    _data = _explorers[_name].document(_figure)["data"]
    _shown = [[_plain(t.get("x", [])), _plain(t["z"] if t.get("z") is not None else t.get("y"))]
        for t in _data if t.get("type") != "image"]
    _called[_name] = [_shown, _state]
_Path("called.json").write_text(_json.dumps(_called, default=str))
"""
PLACES = """() => Object.fromEntries(
  [...window.trainabilityExplorers.explorers]
    .filter(([, { root }]) => root.matches(".explorer[data-source=kernel]"))
    .map(([name, { axes, place }]) =>
      [name, Object.fromEntries(axes.map((axis, i) => [axis.name, place[i]]))]))"""
# What the kernel's own torch makes of three steps of each run.
DIRECT_RUNS = """
import gc as _gc
import json as _json
from pathlib import Path as _Path
from trainability.explore.run_explorer import RunExplorer as _Runs

_runs = {e.name: e.run(3)["loss"].tolist() for e in _gc.get_objects() if isinstance(e, _Runs)}
_Path("runs.json").write_text(_json.dumps(_runs))
"""
NO_TIME = """AbortSignal.timeout = () => {
  const over = new AbortController();
  queueMicrotask(() => over.abort());
  return over.signal;
}"""
CLOSE_ALL = """() => {
  for (const widget of Array.from(jupyterapp.shell.widgets('main'))) widget.dispose();
}"""
OPEN = """async path => {
  await jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook' });
}"""
EXECUTE = """code => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel
  .requestExecute({code}).done.then(reply => reply.content.status)"""
LIVE = ".explorer[data-source=kernel]"
TRAINING = ".explorer[data-step]"
STILL = "chapters/02_other_symmetries.ipynb"
# The last is open already for the test that follows.
NAMES = [str(path.relative_to(ROOT)) for path in notebook_paths(ROOT)]
NAMES.sort(key=STILL.__eq__)
PICTURE = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A JupyterLab of its own: its address and its folder."""
    folder = tmp_path_factory.mktemp("lab")
    for path in notebook_paths(ROOT):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        # What only JupyterLab can show; builds run the rest.
        nbformat.write(sliced(nbformat.read(path, as_version=4)), target)
    shutil.copytree(ROOT / "data", folder / "data")
    sources = [WAVE, EXPLORE, PLAIN, PICTURE, DIRECT]
    cells = [new_code_cell(source.strip(), id=f"c{i}") for i, source in enumerate(sources)]
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "wave.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("jupyter-lab")),
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.disable_check_xsrf=True",
        "--LabApp.news_url=None",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    private = {
        f"JUPYTER{name}": str(folder / ".jupyter")
        for name in ("_CONFIG_DIR", "LAB_SETTINGS_DIR", "LAB_WORKSPACES_DIR", "_RUNTIME_DIR")
    }
    log = (folder / "lab.log").open("w")
    server = subprocess.Popen(command, env=os.environ | private, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for_server(address, server, folder)
        yield address, folder
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:  # it asks its kernels first, and one may be silent
            server.kill()
            server.wait()
        log.close()


def _wait_for_server(address: str, server: subprocess.Popen, folder: Path) -> None:
    for _ in range(120):
        assert server.poll() is None, (folder / "lab.log").read_text()
        try:
            with urllib.request.urlopen(f"{address}/api"):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("JupyterLab did not start within a minute")


class Opened:
    """The notebooks of a JupyterLab as pages, one at a time: two would be windows of one desk."""

    def __init__(self, lab: tuple[str, Path], start: Callable[..., Reader]) -> None:
        self._address, self._start = lab[0], start
        self._name = ""
        self._page: Page | None = None

    def run(self, name: str, place: str = "lab/tree", before: str = "") -> Page:
        """Open a notebook in a page of its own and run all its cells."""
        if self._page:
            self._page.evaluate(FORGET)
            self._page.close()
        _shut_down_all(self._address)  # what nobody looks at would take room from what comes
        page = self._start(height=1800).page
        self._name, self._page = "", page
        page.add_init_script(before)
        page.goto(f"{self._address}/{place}/{name}?reset")
        return self._execute(page, name)

    def run_next(self, name: str) -> Page:
        """Close what is open, open a notebook in the same window and run all its cells."""
        if not (self._page and self._name):
            page = self.run(name)
        else:
            page = self._page
            page.evaluate(FORGET)
            page.evaluate(CLOSE_ALL)
            _shut_down_all(self._address)
            page.evaluate(OPEN, name)
            self._execute(page, name)
        self._name = name
        return page

    def leave(self) -> None:
        """Let what is open to who reloads it: what comes next has a page of its own."""
        self._name = ""

    def _execute(self, page: Page, name: str) -> Page:
        page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
        _wait_for_kernel(page, self._address, name)
        page.evaluate(RUN_ALL)
        return page

    def run_once(self, name: str) -> Page:
        """Open a notebook and run all its cells, unless it is the one that is open."""
        if self._page and self._name == name:
            return self._page
        return self.run_next(name)


@pytest.fixture(scope="module")
def opened(lab, browser, visitor) -> Iterator[Opened]:
    with readers(browser, visitor) as start:
        yield Opened(lab, start)


@pytest.fixture
def wave(opened) -> Iterator[Page]:
    """The notebook of one explorer, which is as it began."""
    page = opened.run_once("wave.ipynb")
    live = page.locator(LIVE)
    live.locator(".js-plotly-plot").wait_for()
    yield page
    live.get_by_role("button", name="Reset", exact=True).click()
    expect(live.get_by_role("status")).to_contain_text("frequency 1.000, 1 of them")


def kernels(address: str, name: str) -> list[dict]:
    """The kernels of a notebook, as the server tells of them."""
    with urllib.request.urlopen(f"{address}/api/sessions") as answer:
        return [s["kernel"] for s in json.load(answer) if s["path"] == name]


def _shut_down_all(address: str) -> None:
    with urllib.request.urlopen(f"{address}/api/sessions") as answer:
        sessions = json.load(answer)
    for session in sessions:
        url = f"{address}/api/sessions/{session['id']}"
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()


def _wait_for_kernel(page: Page, address: str, name: str) -> None:
    def rests() -> bool:
        known = kernels(address, name)
        return any(k["execution_state"] == "idle" and k["connections"] for k in known)

    assert until(page, rests), f"no kernel for {name}"  # it may be busy a moment later


def until(page: Page, happened: Callable[[], object]) -> bool:
    """Look again and again whether something has happened; a busy machine takes its time."""
    end = time.monotonic() + PATIENCE / 1000
    while not happened():
        if time.monotonic() > end:
            return False
        page.wait_for_timeout(100)  # a plain sleep would keep the page from loading
    return True


def shown(live: Locator) -> list:
    return live.locator(".js-plotly-plot").evaluate(
        """graph => {
          const typed = { f4: Float32Array, f8: Float64Array, u1: Uint8Array, i1: Int8Array,
                          u2: Uint16Array, i2: Int16Array };
          const plain = (values) => {
            const listed = (value) =>
              typeof value !== "string" && value?.length ? Array.from(value) : value;
            if (!values?.bdata) return Array.from(values ?? [], listed);
            const bytes = Uint8Array.from(atob(values.bdata), (letter) => letter.charCodeAt(0));
            const flat = Array.from(new typed[values.dtype](bytes.buffer));
            const columns = values.shape ? Number(String(values.shape).split(",")[1]) : 0;
            if (!columns) return flat;
            return Array.from({ length: flat.length / columns }, (_, i) =>
              flat.slice(i * columns, (i + 1) * columns));
          };
          return graph.data.map((trace) => [plain(trace.x), plain(trace.z ?? trace.y)]);
        }"""
    )


def drawn(live: Locator) -> list:
    """All that a reader sees of a figure: some axes move only a mark of the layout."""
    marks = live.locator(".js-plotly-plot").evaluate(
        "graph => [graph.layout.title?.text, graph.layout.shapes, graph.layout.annotations]"
    )
    return [shown(live), marks]


def difference(one: object, other: object, place: str = "") -> str:
    """Where nested lists differ, numbers beyond rounding; nothing where they agree."""
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{place}: {len(one)} and {len(other)} values"
        pairs = enumerate(zip(one, other, strict=True))
        return next(filter(None, (difference(*pair, f"{place}[{i}]") for i, pair in pairs)), "")
    if isinstance(one, int | float) and isinstance(other, int | float):
        if one == pytest.approx(other, rel=1e-9, abs=1e-12, nan_ok=True):
            return ""
    elif one == other or {str(one), str(other)} <= {"None", "nan"}:
        return ""
    return f"{place}: {one!r} and {other!r}"


def read_output(page: Page, cell: int) -> list:
    """Run a cell again and read what it prints."""
    target = page.locator(".jp-CodeCell").nth(cell)
    prompt = target.locator(".jp-InputPrompt").first
    before = prompt.inner_text()
    target.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    expect(prompt).not_to_have_text(before)
    expect(prompt).not_to_have_text("[*]:")
    return json.loads(target.locator(".jp-OutputArea-output").inner_text())


def test_a_page_too_busy_to_load_a_view_in_time_hears_the_kernel_all_the_same(opened):
    # anywidget waits two seconds for a view, and leaves it without answers then.
    page = opened.run("wave.ipynb", before=NO_TIME)
    live = page.locator(LIVE)
    live.locator(".js-plotly-plot").wait_for()
    live.get_by_role("slider").first.press("ArrowRight")
    expect(live.get_by_role("status")).to_contain_text("frequency 1.025")


def test_the_classic_notebook_shows_the_same_live_face(opened):
    page = opened.run("wave.ipynb", place="notebooks")
    live = page.locator(LIVE)
    live.locator(".js-plotly-plot").wait_for()
    live.get_by_role("slider").first.press("ArrowRight")
    expect(live.get_by_role("status")).to_contain_text("frequency 1.025")
    expect(live.locator(".explorer-caption")).to_contain_text("ms on")


def test_fifty_rapid_changes_call_the_function_a_handful_of_times(wave):
    page, live = wave, wave.locator(LIVE)
    calls_before, *_ = read_output(page, 4)
    handle = live.get_by_role("slider").first
    handle.focus()
    for _ in range(50):
        handle.press("ArrowRight")
    expect(live.get_by_role("status")).to_contain_text("frequency 2.250")
    calls, summary, y = read_output(page, 4)
    until(page, lambda: shown(live)[0][1] == pytest.approx(y, rel=1e-6, abs=1e-6))
    assert calls - calls_before - 1 <= 5  # the line that counts calls the function too
    assert live.get_by_role("status").inner_text() == summary
    assert shown(live)[0][1] == pytest.approx(y, rel=1e-6, abs=1e-6)  # float32, as in the book
    expect(live.locator(".explorer-caption")).to_contain_text("ms on")


def test_the_live_figure_may_change_its_number_of_curves(wave):
    page, live = wave, wave.locator(LIVE)
    handle = live.get_by_role("slider").nth(1)
    for count in (2, 3):
        handle.press("ArrowRight")
        expect(live.get_by_role("status")).to_contain_text(f"{count} of them")
        page.wait_for_function(
            "n => document.querySelector('.explorer .js-plotly-plot').data.length === n",
            arg=count,
        )
    live.get_by_role("button", name="Reset", exact=True).click()
    expect(live.get_by_role("status")).to_contain_text("1 of them")


def test_live_numbers_open_as_a_table_with_a_csv_file(wave):
    page, live = wave, wave.locator(LIVE)
    live.get_by_text("Numbers").click()
    expect(live.locator("tbody tr")).to_have_count(50)
    with page.expect_download() as download:
        live.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "wave.csv"
    assert len(Path(download.value.path()).read_text().splitlines()) == 51


def test_a_saved_notebook_stays_light(wave, lab):
    page = wave
    slider = page.locator(LIVE).get_by_role("slider").first
    slider.press("ArrowRight")
    slider.press("Control+s")  # the notebook's own keys stay its own
    expect(page.locator(".jp-mod-current.jp-mod-dirty")).to_have_count(0)
    assert until(page, lambda: "widget-view" in (lab[1] / "wave.ipynb").read_text())
    saved = (lab[1] / "wave.ipynb").read_text()
    assert "plotly.js v" not in saved and len(saved) < 600_000


def test_plain_figures_are_drawn_in_jupyterlab(wave):
    cell = wave.locator(".jp-CodeCell").nth(2)
    expect(cell.locator(".js-plotly-plot .gtitle")).to_have_text("Plain")
    assert wave.locator(".jp-CodeCell").nth(3).locator("img").count() == 1


def test_still_figures_stand_after_the_kernel_has_gone(opened, lab):
    stand_without_kernel(opened, lab, "wave.ipynb")


def stand_without_kernel(opened: Opened, lab: tuple[str, Path], name: str) -> None:
    """Hold that the figures of a notebook that has run outlive its kernel."""
    page = opened.run_once(name)
    address, folder = lab
    sources = [cell.source for cell in nbformat.read(folder / name, as_version=4).cells]
    shown = [source for source in sources if "explore(" in source]
    runs = sum("Run(" in source for source in shown)  # the notebook's page makes them
    explorers = len(shown) - runs
    faces = page.locator(f"{LIVE} .js-plotly-plot")
    expect(faces).to_have_count(explorers)
    stills = page.locator(f".jp-OutputArea-child:has(+ .jp-OutputArea-child {LIVE})")
    assert [still.is_hidden() for still in stills.all()] == [True] * explorers
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-current.jp-mod-dirty")).to_have_count(0)
    (kernel,) = kernels(address, name)
    url = f"{address}/api/kernels/{kernel['id']}/restart"
    urllib.request.urlopen(urllib.request.Request(url, data=b"", method="POST")).close()
    opened.leave()
    page.reload()
    # plotly's own extension shows the picture it kept of the figure.
    pictures = page.locator(".jp-OutputArea-child:has(+ *) .jp-RenderedPlotly img")
    plain = name == "wave.ipynb"  # it has a plain figure, too
    expect(pictures).to_have_count(explorers + runs + plain)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") > 300
    expect(page.locator(LIVE)).to_have_count(0)


def trains_as(root: Locator, losses: list[float]) -> None:
    """Hold that a run makes in the notebook's page the steps that torch makes in its kernel."""
    expect(root.locator(".js-plotly-plot")).to_be_visible()
    for count in range(1, len(losses) + 1):
        root.get_by_role("button", name="Step", exact=True).press("Enter")
        expect(root).to_have_attribute("data-step", str(count))
    expect(root.get_by_role("status")).to_contain_text(f"step {len(losses)}")
    mine = root.evaluate("root => Array.from(root.explorer.numbers('loss'))")
    assert mine == pytest.approx(losses, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_runs_and_its_explorers_answer_the_keyboard(opened, lab, name):
    page = opened.run_once(name)
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-current.jp-mod-dirty")).to_have_count(0)

    def saved() -> list:
        try:
            cells = nbformat.read(lab[1] / name, as_version=4).cells
        except nbformat.reader.NotJSONError:  # it is being written
            return []
        return [cell for cell in cells if cell.cell_type == "code"]

    code: list = []

    def has_run() -> bool:
        code[:] = saved()
        return bool(code) and all(cell.execution_count for cell in code)

    assert until(page, has_run), [cell.id for cell in code if not cell.execution_count]
    assert [o for cell in code for o in cell.outputs if o.output_type == "error"] == []
    explorers = sum("= explore(" in cell.source for cell in code)
    runs = sum("= explore(\n    Run(" in cell.source for cell in code)
    expect(page.locator(LIVE)).to_have_count(explorers - runs)
    expect(page.locator(TRAINING)).to_have_count(runs)
    if runs:
        assert page.evaluate(EXECUTE, DIRECT_RUNS) == "ok"
        called = json.loads((lab[1] / name).with_name("runs.json").read_text())
        assert len(called) == runs
    for root in page.locator(TRAINING).all():
        trains_as(root, called[root.get_attribute("data-explorer")])
    for live in page.locator(LIVE).all():
        expect(live.locator(".js-plotly-plot")).to_be_visible()
        status = live.get_by_role("status")
        expect(status).not_to_be_empty()
        before, figure = status.text_content(), drawn(live)
        # Two figures may take equally long; a caption that is written anew tells a time again.
        caption = live.locator(".explorer-caption")
        caption.evaluate("box => (box.textContent = 'Not timed.')")
        if live.get_by_role("slider").count():
            handle = live.get_by_role("slider").first
            at_end = handle.evaluate("slider => slider.value === slider.max")
            handle.press("ArrowLeft" if at_end else "ArrowRight")
        else:
            live.get_by_role("combobox").first.press("ArrowDown")
        expect(status).not_to_have_text(before)
        expect(caption).to_have_text(re.compile(r"^Computed in \S+ ms on \w"))
        # The figure's data follow the words in messages of their own.
        assert until(page, lambda live=live, figure=figure: drawn(live) != figure)
    faces = page.locator(LIVE).all()
    if faces:

        def apart() -> dict[str, str]:
            where = (lab[1] / name).parent
            (where / "places.json").write_text(json.dumps(page.evaluate(PLACES)))
            assert page.evaluate(EXECUTE, DIRECT_CALLS) == "ok"
            called = json.loads((lab[1] / name).with_name("called.json").read_text())
            assert len(called) == len(faces)
            return {
                f"{explorer} at {state}": difference(
                    shown(page.locator(f"[data-explorer={explorer}]")), data
                )
                for explorer, (data, state) in called.items()
            }

        still: dict[str, str] = {}

        def alike() -> bool:
            still.update(apart())
            return not any(still.values())

        assert until(page, alike), still  # explorers that follow another one take a while
    for question in page.locator(".question[data-kind=choice]").all()[:2]:
        question.get_by_role("radio").first.press("Space")
        question.locator("[data-action=check]").press("Enter")
        reply = re.compile(r"^(Right|Not yet|It is otherwise)\.")
        expect(question.get_by_role("status")).to_contain_text(reply)


def test_still_figures_of_a_lesson_stand_after_the_kernel_has_gone(opened, lab):
    stand_without_kernel(opened, lab, STILL)
