"""The pages in headless Chromium: weight, time to the first explorer, control to paint."""

import functools
import gzip
import http.server
import statistics
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, sync_playwright

from benchmarks.building import build
from benchmarks.measures import Measure

ROOT = Path(__file__).parents[1]
KILOBYTES = {"08_kernel_svm.html": 800, "09_cafe.html": 1500}
sys.path.insert(0, str(ROOT / "tests"))
import browser as browser_tool

# A control moves; after the frame in which the figure really differs, the clock stops.
TIME_MOVES = """async root => {
  const graph = root.querySelector('.js-plotly-plot');
  const control = root.querySelector('input[type=range]') ?? root.querySelector('select');
  const place = control.type === 'range' ? 'value' : 'selectedIndex';
  const look = () => JSON.stringify([graph.data.map(t => Array.from(t.z ?? t.y ?? []).flat()
    .map(String)), graph.layout.title?.text]);
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  const last = control.type === 'range' ? Number(control.max) : control.options.length - 1;
  for (let i = 0; i < 60; i++) {
    const before = look();
    await frame();
    const begin = performance.now();
    control[place] = (Number(control[place]) + 1 + (i % last)) % (last + 1); // never the same
    control.dispatchEvent(new Event('input', { bubbles: true }));
    while (look() === before && performance.now() - begin < 2000) await frame();
    times.push(performance.now() - begin);
  }
  return times;
}"""


# What training shows in three seconds, once it has begun.
PICTURES = """async root => {
  const { explorer } = root;
  root.scrollIntoView();
  const paint = explorer.paint.bind(explorer);
  let count = 0;
  explorer.paint = (answer) => { count += 1; return paint(answer); };
  explorer.train();
  await new Promise(done => setTimeout(done, 500));
  count = 0;
  await new Promise(done => setTimeout(done, 3000));
  explorer.pause();
  return count / 3;
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


def pages(book: Path) -> list[Path]:
    """Return the pages that hold explorers."""
    built = [book / "index.html", *sorted(book.glob("chapters/*.html"))]
    return [path for path in built if 'class="explorer"' in path.read_text(encoding="utf-8")]


def measure() -> Iterator[Measure]:
    """Yield weight, readiness and motion of every page."""
    build()
    book = ROOT / "_build" / "html"
    with browsing(book) as (chromium, site):
        for path in pages(book):
            name = path.relative_to(book)
            weight = len(gzip.compress(path.read_bytes(), 6)) / 1000
            most = KILOBYTES.get(path.name, 300)
            yield Measure(f"{name} with its payloads, compressed", weight, most, "KB")
            yield from _of_page(chromium, f"{site}/{name}", str(name))


@contextmanager
def browsing(folder: Path) -> Iterator[tuple[Browser, str]]:
    """Serve a folder, and give a browser and the folder's address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=browser_tool.executable(), args=browser_tool.FLAGS
            )
            yield chromium, f"http://127.0.0.1:{server.server_port}"
            chromium.close()
        server.shutdown()


def _of_page(chromium: Browser, address: str, name: str) -> Iterator[Measure]:
    usable = []
    for _ in range(4):
        page = chromium.new_context(viewport={"width": 1300, "height": 1000}).new_page()
        page.goto(address)
        page.locator(".explorer[data-ready]").first.wait_for()
        usable.append(page.evaluate("performance.now()") / 1000)
    yield Measure(f"{name}: first explorer usable", statistics.median(usable[1:]), 2.5, "s")
    for root in page.locator(".explorer").all():
        root.and_(page.locator("[data-ready]")).wait_for()
        yield from _motion(root, f"{name}#{root.get_attribute('data-explorer')}")


def _motion(root: Locator, name: str) -> Iterator[Measure]:
    kinds = root.locator(".js-plotly-plot").evaluate("g => g.data.map(t => t.type ?? 'scatter')")
    if root.get_attribute("data-step") is not None:
        pictures = root.evaluate(PICTURES)
        yield Measure(f"{name}: pictures while it trains", pictures, 30, "a second", at_least=True)
    few_lines = set(kinds) == {"scatter"} and len(kinds) <= 4
    root.evaluate(TIME_MOVES)
    times = sorted(root.evaluate(TIME_MOVES))
    # What is computed first, by 50 layers of 128, may take twice its products and a frame more.
    computed = root.get_attribute("data-source") == "program"
    usual, most = (55, 75) if computed else (20, 34 if few_lines else 60)
    if few_lines:
        yield Measure(f"{name}: control to paint, median", statistics.median(times), usual, "ms")
    slow = times[round(0.95 * len(times))]
    yield Measure(f"{name}: control to paint, 95 of 100", slow, most, "ms")
