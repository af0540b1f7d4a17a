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

# From a change within a frame until that frame is painted, without what is left of the frame's
# time, which is the screen's; later, where the change is not drawn at once.
PAINTED = """(change, isDrawn = () => true) => new Promise(done => requestAnimationFrame(() => {
  const begin = performance.now();
  change();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    if (isDrawn() || now - begin > 2000) done(now - begin);
    else requestAnimationFrame(() => port2.postMessage(null));
  };
  port2.postMessage(null);
}))"""
# The first control that moves the figure; what was drawn is kept for plotly alone.
TIME_MOVES = f"""async root => {{
  const painted = {PAINTED};
  const {{ explorer }} = root;
  const draw = explorer.picture.bind(explorer);
  const serve = explorer.source.serve.bind(explorer.source);
  const [drawn, computed] = [[], []];
  explorer.source.serve = (given) => {{
    const begin = performance.now();
    const note = (answer) => {{
      computed.push(performance.now() - begin);
      return answer;
    }};
    const answer = serve(given);
    return answer instanceof Promise ? answer.then(note) : note(answer);
  }};
  let pictures = 0; // what only plotly can draw may wait, and then counts later
  explorer.picture = async (next) => {{
    drawn.push(next);
    await draw(next);
    pictures += 1;
  }};
  const {{ anew }} = explorer.source;
  const control = [...root.querySelectorAll('[data-axis]')].find(({{ type, dataset }}) =>
    (type === 'range' || type === 'select-one') && (!anew || anew.includes(dataset.axis)));
  const range = control.type === 'range';
  const [place, last] = range ? ['value', Number(control.max)]
    : ['selectedIndex', control.options.length - 1];
  const times = [];
  for (let i = 0; i < 60; i++) {{
    const before = pictures;
    times.push(await painted(() => {{
      control[place] = (Number(control[place]) + 1 + (i % last)) % (last + 1); // never the same
      control.dispatchEvent(new Event('input', {{ bubbles: true }}));
    }}, () => pictures > before));
  }}
  [explorer.picture, explorer.source.serve] = [draw, serve];
  window.figures = drawn.slice(-60).map((figure, i) => [figure, computed.at(i - 60)]);
  return times;
}}"""
# The same figures, after the same computing, by plotly on a page that has nothing else.
TIME_PLOTLY = f"""async () => {{
  const painted = {PAINTED};
  const figures = window.figures.map(([{{ data, layout }}, computed]) =>
    [structuredClone({{ data, layout }}), computed]);
  const graph = document.createElement('div');
  document.body.replaceChildren(graph);
  await Plotly.newPlot(graph, structuredClone(figures[0][0]));
  const times = [];
  for (const [{{ data, layout }}, computed] of figures)
    times.push(computed +
      await painted(() => Plotly.react(graph, data, layout, {{ displayModeBar: false }})));
  return times;
}}"""


# What training shows in three seconds, once it has begun, and how many steps, each with its
# reading, nothing but computing makes in one.
PICTURES = """async root => {
  const { explorer } = root;
  root.scrollIntoView();
  await explorer.go(explorer.axes.map(({ start }) => start)); // as the page shows it first
  const paint = explorer.paint.bind(explorer);
  let count = 0;
  explorer.paint = (answer) => { count += 1; return paint(answer); };
  explorer.train();
  await new Promise(done => setTimeout(done, 500));
  count = 0;
  await new Promise(done => setTimeout(done, 3000));
  explorer.pause();
  const { run } = explorer.source;
  const begin = performance.now();
  for (let i = 0; i < 10; i++) {
    run.step();
    run.outputs();
  }
  return [count / 3, 10000 / (performance.now() - begin)];
}"""


BARE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>bare</title>
<div id="graph"></div><script src="_static/plotly.min.js"></script><script>
const x = Array.from({ length: 50 }, (_, i) => i / 8);
const lines = (shift) => [Math.sin, Math.cos].map((f) => ({ x, y: x.map((v) => f(v + shift)) }));
const layout = { width: 700, height: 440 };
const draw = (shift) => Plotly.react("graph", lines(shift), layout);
draw(0).then(() => (window.usable = performance.now()));
</script></html>"""
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
    page.goto(address)
    names = [root.get_attribute("data-explorer") for root in page.locator(".explorer").all()]
    for explorer in names:
        page.goto("about:blank")
        page.goto(address)
        root = page.locator(f"[data-explorer={explorer}]")
        yield from _motion(root, f"{name}#{explorer}")
    page.context.close()


def _motion(root: Locator, name: str) -> Iterator[Measure]:
    root.scroll_into_view_if_needed()
    times = {}
    root.evaluate("root => root.explorer.open()")
    if root.locator(".light").count():  # before a reader has pointed at it
        times["at the start"] = _moves(root)
    root.evaluate("root => root.explorer.complete()")
    if root.get_attribute("data-step") is not None:
        pictures, most = root.evaluate(PICTURES)
        # Where two hundred networks make a step, a picture of each is as many as there can be.
        least = min(30, 0.8 * most)
        what = f"{name}: pictures while it trains"
        yield Measure(what, pictures, least, "a second", at_least=True)
    times["later"] = _moves(root)
    kinds = root.evaluate("root => root.explorer.figure.data.map(trace => trace.type ?? 'scatter')")
    # What is computed first takes its time, too.
    computed = root.get_attribute("data-source") == "program"
    most = 0.6 if set(kinds) <= {"scatter", "bar"} and not computed else 1.0
    plotly = sorted(root.page.evaluate(TIME_PLOTLY))
    for when, own in times.items():
        for what, share in (("median", 0.5), ("95 of 100", 0.95)):
            ratio = _at(own, share) / _at(plotly, share)
            yield Measure(f"{name}: control to paint {when} / plotly, {what}", ratio, most)


def _moves(root: Locator) -> list[float]:
    root.evaluate(TIME_MOVES)
    return sorted(root.evaluate(TIME_MOVES))


def _at(times: list[float], share: float) -> float:
    return times[round(share * (len(times) - 1))]
