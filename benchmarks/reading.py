"""The pages in headless Chromium: weight, time to the first explorer, control to paint.

A bare page that draws two lines with the whole plotly.js is the measure of speed, in the same
run, with the processor as it is and throttled, as a phone is.
"""

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


BARE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>bare</title>
<div id="graph"></div><script src="_static/plotly.min.js"></script><script>
const x = Array.from({ length: 50 }, (_, i) => i / 8);
const lines = (shift) => [Math.sin, Math.cos].map((f) => ({ x, y: x.map((v) => f(v + shift)) }));
const layout = { width: 700, height: 440 };
const draw = (shift) => Plotly.react("graph", lines(shift), layout);
draw(0).then(() => (window.usable = performance.now()));
</script></html>"""
# What a redraw of the bare page takes to the frame in which it is painted.
TIME_BARE = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  for (let i = 0; i < 60; i++) {
    await frame();
    const begin = performance.now();
    await draw(i / 10);
    await frame();
    times.push(performance.now() - begin);
  }
  return times;
}"""
# A reader who goes to the first explorer at once.
NOTE_USABLE = """
addEventListener("DOMContentLoaded", () => document.querySelector(".explorer")?.scrollIntoView());
new MutationObserver(() => {
  if (!window.usable && document.querySelector(".explorer[data-usable]"))
    window.usable = performance.now();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-usable"] });
"""
THROTTLED = 4  # times


def browser() -> tuple[str, list[str]]:
    """Return the path of the tests' browser and the flags that cut its network."""
    return browser_tool.executable(), browser_tool.FLAGS


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
    with _bare_beside(book), browsing(book) as (chromium, site):
        for path in pages(book):
            name = path.relative_to(book)
            weight = len(gzip.compress(path.read_bytes(), 6)) / 1000
            most = KILOBYTES.get(path.name, 300)
            yield Measure(f"{name} with its payloads, compressed", weight, most, "KB")
        yield from _starts(chromium, site, book)
        for path in pages(book):
            name = path.relative_to(book)
            yield from _of_page(chromium, f"{site}/{name}", str(name))


@contextmanager
def _bare_beside(book: Path) -> Iterator[None]:
    path = book / "bare.html"
    path.write_text(BARE, encoding="utf-8")
    try:
        yield
    finally:
        path.unlink()


def _starts(chromium: Browser, site: str, book: Path) -> Iterator[Measure]:
    """When a page's first explorer can be used, beside a bare page with plotly, in turns."""
    names = [str(path.relative_to(book)) for path in pages(book)]
    for rate in (1, THROTTLED):
        bare: list[float] = []
        own: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(3):
            for name, times in own.items():
                times.append(_usable(chromium, f"{site}/{name}", rate))
            bare += [_usable(chromium, f"{site}/bare.html", rate) for _ in range(4)]
        slowed = "" if rate == 1 else f", processor {rate} times slower"
        for name, times in own.items():
            ratio = statistics.median(times) / statistics.median(bare)
            yield Measure(f"{name}: first explorer usable / bare plotly page{slowed}", ratio, 0.6)


def _usable(chromium: Browser, address: str, rate: int) -> float:
    page = chromium.new_context(viewport={"width": 1300, "height": 1000}).new_page()
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    page.add_init_script(NOTE_USABLE)
    page.goto(address)
    while not (usable := page.evaluate("window.usable")):
        page.wait_for_timeout(50)
    page.context.close()
    return float(usable)


@contextmanager
def browsing(folder: Path) -> Iterator[tuple[Browser, str]]:
    """Serve a folder, and give a browser and the folder's address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            path, flags = browser()
            chromium = playwright.chromium.launch(executable_path=path, args=flags)
            yield chromium, f"http://127.0.0.1:{server.server_port}"
            chromium.close()
        server.shutdown()


def _of_page(chromium: Browser, address: str, name: str) -> Iterator[Measure]:
    page = chromium.new_context(viewport={"width": 1300, "height": 1000}).new_page()
    page.goto(f"{address.partition('/chapters/')[0].removesuffix('/index.html')}/bare.html")
    page.evaluate(TIME_BARE)
    bare = page.evaluate(TIME_BARE)
    page.goto(address)
    for root in page.locator(".explorer").all():
        root.evaluate("root => root.explorer.complete()")
        yield from _motion(root, f"{name}#{root.get_attribute('data-explorer')}", bare)
    page.context.close()


def _motion(root: Locator, name: str, bare: list[float]) -> Iterator[Measure]:
    kinds = root.locator(".js-plotly-plot").evaluate("g => g.data.map(t => t.type ?? 'scatter')")
    if root.get_attribute("data-step") is not None:
        pictures = root.evaluate(PICTURES)
        yield Measure(f"{name}: pictures while it trains", pictures, 30, "a second", at_least=True)
    root.evaluate(TIME_MOVES)
    times, bare = sorted(root.evaluate(TIME_MOVES)), sorted(bare)
    few_lines = set(kinds) == {"scatter"} and len(kinds) <= 4
    # What is computed first, by 50 layers of 128, may take its products and a frame more.
    computed = root.get_attribute("data-source") == "program"
    most = 0.6 if few_lines and not computed else 1.0
    for what, share in (("median", 0.5), ("95 of 100", 0.95)):
        ratio = _at(times, share) / _at(bare, share)
        yield Measure(f"{name}: control to paint / plotly's redraw, {what}", ratio, most)


def _at(times: list[float], share: float) -> float:
    return times[round(share * (len(times) - 1))]
