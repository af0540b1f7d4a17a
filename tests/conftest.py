"""What the tests share: a browser, a page with the network cut, and the built book."""

import functools
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)
from plotly.offline import get_plotlyjs

sys.path.insert(0, str(Path(__file__).parent))
import browser as browser_tool
import builds
import undrawn
from trainability.book.pages import write_atomically
from trainability.explore.assets import modules, script, style_sheet
from trainability.explore.explorer import Explorer
from trainability.explore.markup import explorer_html
from trainability.ledger.claims import Claim, read_claims

ROOT = Path(__file__).parents[1]
MOST_CLAIMS = 3
HUGE = 10**400  # an int that no float can hold
SECONDS = Path(__file__).with_name("seconds.json")  # by file, as measured last
PATIENCE = 120_000  # milliseconds; a busy machine takes its time, and what comes is not waited for
expect.set_options(timeout=PATIENCE)
FORGET = "() => { try { localStorage.clear(); } catch {} }"  # some addresses keep nothing
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def short(value: object) -> str:
    """Return a value as the name of a test case, the same in every process."""
    words = re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(value))
    return words.replace(str(HUGE), "10**400").replace(str(HUGE // 10), "10**399")


def claims_fault(markers: list[pytest.Mark], known: dict[str, Claim]) -> str:
    """Say what is wrong with the claims that a test is marked with, or nothing."""
    names = [name for marker in markers for name in marker.args]
    unknown = [name for name in names if not (isinstance(name, str) and name in known)]
    if not all(marker.args for marker in markers):
        return "a claims marker without an id"
    if unknown:
        return f"claims that the ledger does not have: {unknown}"
    if len(set(names)) > MOST_CLAIMS:
        return f"{len(set(names))} claims; at most {MOST_CLAIMS}, so that each is tested itself"
    return ""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-seconds", action="store_true", help=f"write {SECONDS.name} anew")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(undrawn)
    if config.getoption("--keep-seconds") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Seconds())


class _Seconds:
    """Add up what each file takes, so that the next run begins with the longest."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid.partition("::")[0]] += report.duration

    def pytest_sessionfinish(self) -> None:
        known = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
        known |= {name: round(value, 1) for name, value in self.seconds.items() if value >= 1}
        there = {name: known[name] for name in sorted(known) if (ROOT / name).exists()}
        write_atomically(SECONDS, json.dumps(there, indent=1) + "\n")


def kinds(item: pytest.Item) -> set[str]:
    """What a test needs beyond Python, as the names of markers."""
    fixtures = set(getattr(item, "fixturenames", ()))
    place = set(item.path.relative_to(ROOT).parts)
    needed = {"browser": "browser" in fixtures, "lab": "lab" in place}
    needed["book"] = "book" in fixtures or {"tests", "book"} <= place
    return {name for name, is_so in needed.items() if is_so}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first, mark what tests need, and refuse faulty claims markers."""
    seconds = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
    items.sort(key=lambda item: -seconds.get(item.nodeid.partition("::")[0], 0))
    for item in items:
        for kind in sorted(kinds(item)):
            item.add_marker(kind)
    marked = {item.nodeid: list(item.iter_markers("claims")) for item in items}
    known = read_claims(ROOT) if any(marked.values()) else {}
    faults = {test: claims_fault(markers, known) for test, markers in marked.items() if markers}
    if any(faults.values()):
        raise pytest.UsageError("\n".join(f"{t}: {fault}" for t, fault in faults.items() if fault))


def run_build(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build the book in ``folder`` as a reader would, and return what came of it."""
    return builds.run(["build", str(folder)], os.environ | environment)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the built HTML; of several processes the first builds it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with FileLock(shared / "book.lock"):
        if not (shared / "book.built").exists():
            result = run_build(ROOT)
            assert result.returncode == 0, result.stdout + result.stderr
            assert "Finished generating HTML" in result.stdout
            (shared / "book.built").touch()
    return ROOT / "_build" / "html"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection for a page's many files

    def __init__(self, *arguments: Any, policy: str, **options: Any) -> None:
        self.policy = policy
        super().__init__(*arguments, **options)

    def end_headers(self) -> None:
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def serve(folder: Path, policy: str = "") -> Iterator[str]:
    """Serve a folder on this machine; the one value is its address."""
    handler = functools.partial(_Quiet, directory=str(folder), policy=policy)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def site(book: Path) -> Iterator[str]:
    """The address of the built book on this machine."""
    yield from serve(book)


@pytest.fixture(scope="session")
def strict_site(book: Path) -> Iterator[str]:
    """The same from a host that lets no code run but that of its own files."""
    yield from serve(book, policy="script-src 'self'")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=browser_tool.executable(), args=browser_tool.FLAGS
        )
        yield started
        started.close()


@dataclass
class Reader:
    """A page, and whatever went wrong or went out while it was read."""

    page: Page
    context: BrowserContext
    faults: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        """Go there, point at every figure, and wait until plotly has drawn them all."""
        self.page.goto(address)
        self.point()
        return self.page

    def look(self, address: str) -> Page:
        """Go there and wait until every explorer can be used, pointing at none."""
        self.page.goto(address)
        self.page.evaluate(LOOK_AT_ALL)
        self._wait("[data-usable]")
        return self.page

    def point(self) -> None:
        """Point at every figure, and wait until plotly has drawn them all."""
        self.page.evaluate(POINT_AT_ALL)
        self._wait("[data-ready]")

    def _wait(self, state: str) -> None:
        for root in self.page.locator(".explorer, .figure").all():
            root.and_(self.page.locator(state)).wait_for()


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """One visitor of all pages: what was compiled for one page need not be for the next."""
    context = browser.new_context()
    yield context
    context.close()


@contextmanager
def readers(browser: Browser, visitor: BrowserContext) -> Iterator[Callable[..., Reader]]:
    """Open readers: pages with the network cut, whose faults are collected.

    They remember nothing of earlier ones. One with options is a visitor of its own.
    """
    pages, contexts = [], []

    def start(
        width: int = 1300,
        height: int = 1000,
        answers: dict[str, str] | None = None,
        **options: Any,
    ) -> Reader:
        context = browser.new_context(**options) if options else visitor
        if options:
            contexts.append(context)
        page = context.new_page()
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": width, "height": height})
        reader = Reader(page, context)

        served = answers or {}

        def answer(route: Route) -> None:
            route.fulfill(body=served[route.request.url], content_type="text/javascript")

        for url in served:
            page.route(url, answer)

        def note(request: Request) -> None:
            local = request.url.startswith(("http://127.0.0.1:", "file:", "data:", "blob:"))
            if not local and request.url not in (answers or {}):
                reader.strangers.append(request.url)

        page.on("request", note)
        page.on(
            "console",
            lambda message: (
                reader.faults.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: reader.faults.append(str(error)))
        page.on("requestfailed", lambda request: reader.faults.append(request.url))
        return reader

    try:
        yield start
    finally:
        try:
            for page in pages:
                if not page.is_closed():
                    page.evaluate(FORGET)
            visitor.clear_cookies()
        finally:
            for page in pages:
                page.close()
            for context in contexts:
                context.close()


@pytest.fixture
def read(browser: Browser, visitor: BrowserContext) -> Iterator[Callable[..., Reader]]:
    """Open readers for one test."""
    with readers(browser, visitor) as start:
        yield start


LOOK_AT_ALL = """() => {
  for (const root of document.querySelectorAll('.explorer, .figure'))
    (root.explorer ?? root.still)?.open().catch(() => {});
}"""
# A reader who has pointed at every figure: only then plotly draws it.
POINT_AT_ALL = """() => {
  for (const root of document.querySelectorAll('.explorer, .figure'))
    (root.explorer ?? root.still)?.complete().catch(() => {});
}"""
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' 'unsafe-inline' file:; "
    "img-src data: file:"
)


@pytest.fixture
def alone(read: Callable[..., Reader], tmp_path: Path) -> Callable[..., Page]:
    """Open an explorer in a folder of its own, where only files of that folder may run."""

    def show(explorer: Explorer, after: str = "", **options: Any) -> Page:
        (tmp_path / "plotly.min.js").write_text(get_plotlyjs())
        (tmp_path / "page.js").write_text(script('"plotly.min.js"'))
        (tmp_path / "page.css").write_text(style_sheet())
        (tmp_path / "page.html").write_text(
            "<!DOCTYPE html><html lang=en data-theme=light><meta charset=utf-8><title>a</title>"
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            f'<meta name=viewport content="width=device-width"><link rel=stylesheet href=page.css>'
            f"<main>{explorer_html(explorer)}</main><script src=page.js></script>"
        )
        reader = read(**options)
        page = reader.open((tmp_path / "page.html").as_uri() + after)
        assert reader.strangers == [] and reader.faults == []
        return page

    return show


def until(page: Page, holds: str) -> None:
    """Wait for what an expression says; a page's policy forbids what Playwright would do."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(holds):
        assert time.monotonic() < end, holds
        page.wait_for_timeout(50)


@pytest.fixture(scope="session")
def module_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page beside all modules, none of which it loads."""
    folder = tmp_path_factory.mktemp("modules")
    for name, source in modules('"plotly.min.js"').items():
        (folder / name).write_text(source, encoding="utf-8")
    (folder / "index.html").write_text("<!DOCTYPE html><html lang=en><title>page</title><main>")
    yield from serve(folder)


@pytest.fixture(scope="module")
def in_module(browser: Browser, module_host: str) -> Iterator[Callable[..., object]]:
    """Run lines with one module imported as ``module``, and what is given as ``given``."""
    page = browser.new_page()
    page.goto(f"{module_host}/index.html")

    def run(name: str, body: str, given: object = None) -> object:
        imported = f"const module = await import('./{name}');"
        return page.evaluate(f"async (given) => {{ {imported} {body} }}", given)

    yield run
    page.close()


@pytest.fixture
def lesson(
    request: pytest.FixtureRequest, read: Callable[..., Reader], site: str
) -> Iterator[Page]:
    """The page of the lesson whose number the test's file bears; no fault may be left.

    A test of one of its deeper pages has the marker ``page`` with the page's name.
    """
    number = request.path.stem.removeprefix("test_lesson_")
    marker = request.node.get_closest_marker("page")
    (notebook,) = (ROOT / "chapters").glob(
        f"{marker.args[0]}.ipynb" if marker else f"{number}_*.ipynb"
    )
    reader = read(height=1400)
    yield reader.look(f"{site}/chapters/{notebook.stem}.html")
    assert reader.faults == []
