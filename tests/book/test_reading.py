"""The built book, read in a real browser with the network cut."""

import csv
import inspect
import io
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import nbformat
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from conftest import PATIENCE, Reader, readers, serve
from trainability.book.rendering import page_faults
from trainability.figures.initialization_variance import EXPLODING, VANISHING
from trainability.signal import layer_by_layer

READ_FIGURE = """root => {
  const graph = root.querySelector('.js-plotly-plot');
  const plain = value => {
    if (value && value.length !== undefined && typeof value !== 'string')
      return Array.from(value, plain);
    return typeof value === 'number' ? String(value) : value;
  };
  const data = graph.data.map(trace => Object.fromEntries(['x', 'y', 'z', 'name'].filter(
    key => key in trace).map(key => [key, plain(decode(trace[key]))])));
  function decode(value) {
    if (!value || !value.bdata) return value;
    const bytes = Uint8Array.from(atob(value.bdata), c => c.charCodeAt(0));
    const kinds = { f8: Float64Array, f4: Float32Array, u1: Uint8Array, i1: Int8Array,
                    u2: Uint16Array, i2: Int16Array };
    const flat = new kinds[value.dtype](bytes.buffer);
    if (!value.shape) return flat;
    const [rows, columns] = value.shape.split(',').map(Number);
    return Array.from({ length: rows }, (_, i) => flat.subarray(i * columns, (i + 1) * columns));
  }
  const { title, annotations } = graph.layout;
  return { data, title: title && title.text, annotations: annotations || [],
           reading: root.querySelector('[role=status]').textContent };
}"""

KEEP = f"""roots => {{
  for (const root of roots) root.kept = ({READ_FIGURE})(root);
}}"""
# Compared in the page, since the data of a figure are long; the reading first, since it is short.
AWAITED = f"""(root, [wanted, patience]) => new Promise((done, fail) => {{
  const end = performance.now() + patience;
  const sorted = (_, part) => part?.constructor !== Object ? part
    : Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  const drawn = ({{ data, title, annotations }}) =>
    JSON.stringify([data, title, annotations], sorted);
  const was = drawn(root.kept);
  const moved = () => drawn(({READ_FIGURE})(root)) !== was;
  const look = () => {{
    const reading = root.querySelector('[role=status]').textContent;
    const same = reading === root.kept.reading;
    const seen = {{
      "moved": moved,
      "moved, with another reading": () => !same && moved(),
      "with another reading": () => !same,
      "back": () => same && !moved(),
    }}[wanted];
    if (seen()) {{
      root.explorer.spoken = undefined;  // as after a pause: readings come with pauses
      done();
    }} else if (performance.now() < end) setTimeout(look, 10);
    else fail(new Error(`it is not ${{wanted}}; the last was "${{reading}}"`));
  }};
  look();
}})"""
KEY = """node => {
  if (node.type === 'checkbox') return 'Space';
  if (node.type === 'number') return 'ArrowUp';
  const range = node.type === 'range';
  const atTheEnd = range ? node.value === node.max
    : node.selectedIndex === node.options.length - 1;
  if (range) return atTheEnd ? 'ArrowLeft' : 'ArrowRight';
  return atTheEnd ? 'ArrowUp' : 'ArrowDown';
}"""


# In the state that these open with, the sentence is the same for every draw.
SAME_FOR_EVERY_DRAW = {("one_line", "seed"), ("who", "draw of weights")}
# Before the first step every kernel SVM scores zero everywhere, so that only the words differ.
SAME_UNTRAINED = {("race", "kernel"), ("race", "width σ (RBF)"), ("race", "bias")}


def seen(root: Locator) -> dict:
    """What a reader sees of an explorer: data, title, annotations, reading."""
    return root.evaluate(READ_FIGURE)


def nudge(control: Locator) -> None:
    """Move a control by the keyboard alone."""
    control.press(control.evaluate(KEY))


def wait_for(root: Locator, wanted: str) -> None:
    """Wait until an explorer has moved from what was kept of it, or is back there."""
    root.evaluate(AWAITED, [wanted, PATIENCE])


def wait_until(root: Locator, page: Page, test: Callable[[dict], bool]) -> dict:
    for _ in range(PATIENCE // 50):
        now = seen(root)
        if test(now):
            return now
        page.wait_for_timeout(50)
    raise AssertionError(f"nothing of that kind was seen; the last was {now['reading']!r}")


def one_by_one(
    browser: Browser, visitor: BrowserContext, pages: list[str], **options: int
) -> Iterator[tuple[str, Reader]]:
    """Each page with a reader of its own, who leaves before the next one comes."""
    for name in pages:
        with readers(browser, visitor) as start:
            yield name, start(**options)


@pytest.fixture(scope="session")
def pages(book: Path) -> list[str]:
    return sorted(
        str(path.relative_to(book))
        for path in [book / "index.html", *book.glob("chapters/*.html")]
        if path.exists()
    )


@pytest.mark.parametrize(
    ("width", "from_a_folder"), [(1300, False), (360, True)], ids=["desktop, web", "phone, folder"]
)
def test_every_page_reads_in_silence_with_the_network_cut(
    browser, visitor, strict_site, book, pages, width, from_a_folder
):
    base = book.as_uri() if from_a_folder else strict_site
    for name, reader in one_by_one(browser, visitor, pages, width=width, height=844):
        page = reader.look(f"{base}/{name}")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{name} is {overflow} pixels too wide at {width}"
        cut = page.evaluate("""() => [...document.querySelectorAll('.cell_output pre')].filter(
          pre => pre.offsetParent && pre.scrollWidth > pre.clientWidth + 1).length""")
        assert width < 1000 or cut == 0, f"{name} cuts off {cut} printed results"
        reader.point()
        for root in page.locator(".explorer").all():
            assert root.get_by_role("status").count() == 1
            assert root.locator(".js-plotly-plot").count() == 1
            labels = root.locator("input, select").evaluate_all(
                "nodes => nodes.map(node => node.labels.length)"
            )
            assert set(labels) == {1}
            root.evaluate_all(KEEP)
            nudge(root.locator("input[type=range], select").first)
            wait_for(root, "moved")
        assert reader.strangers == []
        assert reader.faults == []


def test_code_within_a_page_would_be_refused_and_seen(read, tmp_path):
    for address in serve(tmp_path, policy="script-src 'self'"):
        (tmp_path / "page.html").write_text("<title>page</title><script>window.ran = 1</script>")
        reader = read()
        with reader.page.expect_console_message():
            reader.page.goto(f"{address}/page.html")
        assert reader.page.evaluate("window.ran") is None
        assert "Content Security Policy" in reader.faults[0]


def test_the_theme_s_buttons_work_where_no_code_within_a_page_may_run(read, strict_site):
    page = read().page
    page.add_init_script("window.print = () => { window.printed = true; };")
    page.goto(f"{strict_site}/chapters/01_symmetry_breaking.html")
    page.get_by_role("button", name="Download this page").click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("window.printed") is True
    page.locator(".btn-fullscreen-button").click()
    expect(page.locator("html:fullscreen")).to_have_count(1)


def test_a_request_to_another_host_is_seen_and_does_not_get_out(read, tmp_path):
    reader = read()
    strange = "https://example.org/pixel.png"
    (tmp_path / "page.html").write_text(f'<img src="{strange}">')
    with reader.page.expect_event("requestfailed") as failed:
        reader.page.goto((tmp_path / "page.html").as_uri())
    assert failed.value.failure == "net::ERR_NAME_NOT_RESOLVED"
    assert reader.strangers == [strange]


def test_no_table_of_a_page_has_lost_a_cell_and_no_formula_is_raw(book, pages):
    assert {name: page_faults((book / name).read_text(encoding="utf-8")) for name in pages} == {
        name: [] for name in pages
    }


def test_every_axis_moves_its_figure_and_its_reading_by_keyboard(browser, visitor, site, pages):
    for name, reader in one_by_one(browser, visitor, pages):
        page = reader.open(f"{site}/{name}")
        page.locator(".explorer").evaluate_all(KEEP)
        for root in page.locator(".explorer").all():
            controls = root.locator("[data-axis]")
            assert controls.count() > 0
            reset = root.get_by_role("button", name="Reset")
            reset.press("Enter")  # it may follow another one
            wait_for(root, "back")
            for control in controls.all():
                label = control.evaluate("node => node.labels[0].innerText")
                named = (root.get_attribute("data-explorer"), label)
                silent = named in SAME_FOR_EVERY_DRAW
                # What acts while a run trains moves nothing before its first step.
                waits = control.evaluate(
                    "node => node.closest('.explorer').explorer.source.anew"
                    "?.includes(node.dataset.axis) === false"
                )
                nudge(control)
                still = waits or named in SAME_UNTRAINED
                spoken = "with another reading" if still else "moved, with another reading"
                wait_for(root, "moved" if silent else spoken)
                reset.press("Enter")
                # The reading follows a little later; a stale one would pass for a new one.
                wait_for(root, "back")


def test_arrow_keys_stay_with_the_slider_and_the_page_stays(read, site):
    page = read().open(f"{site}/chapters/03_initialization_variance.html")
    slider = page.locator(".explorer input[type=range]").first
    for end, arrows in (("Home", "Right Left"), ("End", "Left Right")):
        slider.press(end)
        here = slider.input_value()
        away, back = arrows.split()
        slider.press(f"Arrow{away}")
        assert slider.input_value() != here
        slider.press(f"Arrow{back}")
        assert slider.input_value() == here
    page.evaluate("document.activeElement.blur()")
    left = []
    page.on("framenavigated", lambda frame: left.append(frame.url.partition("#")[0]))
    for arrow in ("ArrowLeft", "ArrowRight"):
        page.keyboard.press(arrow)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert set(left) <= {page.url.partition("#")[0]}
    assert page.evaluate("DOCUMENTATION_OPTIONS.NAVIGATION_WITH_KEYS") is False


def test_what_scrolls_is_reached_by_tab_and_shows_that_it_is(read, site):
    page = read(width=390, height=844).open(f"{site}/chapters/03_initialization_variance.html")
    scrolling = """() => [...document.querySelectorAll('article *')].filter(node => {
      const style = getComputedStyle(node);
      return node.clientWidth && node.scrollWidth > node.clientWidth + 1
        && /auto|scroll/.test(style.overflowX) && node.checkVisibility()
        && !node.closest('mjx-container, details:not([open])');
    })"""
    page.wait_for_function(f"() => ({scrolling})().every(node => node.tabIndex === 0)")
    rings = page.evaluate(f"""() => ({scrolling})().map(node => {{
      node.focus({{ focusVisible: true }});
      const style = getComputedStyle(node);
      return document.activeElement === node && style.outlineStyle !== 'none'
        && parseFloat(style.outlineWidth) >= 2;
    }})""")
    assert len(rings) > 10 and all(rings)


@pytest.mark.parametrize("from_a_folder", [False, True])
def test_search_finds_a_page_without_the_network(read, site, book, from_a_folder):
    reader = read()
    base = book.as_uri() if from_a_folder else site
    reader.page.goto(f"{base}/search.html?q=gradient")
    reader.page.locator("#search-results li").first.wait_for()
    assert reader.strangers == []
    assert reader.faults == []


@pytest.fixture(scope="module")
def landing(browser, visitor, site) -> Iterator[Locator]:
    """The landing page's explorer, on a page that stays open for the tests below."""
    with readers(browser, visitor) as start:
        root = start().open(f"{site}/index.html").locator('[data-explorer="hero"]')
        root.evaluate_all(KEEP)
        yield root


@pytest.fixture
def hero(landing) -> Iterator[Locator]:
    """The same, which is as it opened when a test begins."""
    yield landing
    landing.page.evaluate("document.documentElement.dataset.theme = 'light'")
    for unpin in landing.get_by_role("button", name="Unpin").all():
        unpin.click()
    landing.get_by_role("button", name="Reset").click()
    wait_for(landing, "back")


@pytest.fixture(scope="session")
def hero_function(root) -> Callable:
    """The function of the landing page, run from the notebook itself: whole figures."""
    cells = {cell["id"]: cell for cell in nbformat.read(root / "index.ipynb", 4).cells}
    space: dict = {}
    exec(cells["hero"].source, space)
    return lambda **state: go.Figure(space["hero"](**state))


def test_the_published_figures_are_those_of_a_direct_call(hero, hero_function):
    page = hero.page
    for scale, depth, nonlinearity, seed in [
        (12, 10, "relu", 3),
        (0, 100, "tanh", 123456),
        (24, 77, "linear", 0),
    ]:
        hero.get_by_label("initial scale").first.fill(str(scale))
        hero.get_by_label("depth").first.fill(str(depth - 1))
        hero.get_by_label("nonlinearity").select_option(label=nonlinearity)
        hero.get_by_label("seed").fill(str(seed))
        state = {"depth": depth, "nonlinearity": nonlinearity, "seed": seed}
        direct = hero_function(init_scale=0.25 * 16 ** (scale / 24), **state)
        hero.evaluate("root => root.explorer.set({})")  # done when the last state is painted
        shown = wait_until(
            hero,
            page,
            lambda now, d=direct: now["reading"] == d.layout.meta["summary"],
        )
        for trace, expected in zip(shown["data"], direct.data, strict=True):
            assert [float(x) for x in trace["x"]] == list(expected.x)
            for mine, theirs in zip(trace["y"], expected.y, strict=True):
                mine = float(mine.replace("Infinity", "inf"))
                if math.isfinite(theirs) and theirs > 0:
                    assert math.isclose(mine, theirs, rel_tol=1e-4, abs_tol=1e-40), (
                        scale,
                        depth,
                        nonlinearity,
                    )
                else:
                    assert mine == theirs or (math.isnan(mine) and math.isnan(theirs))


def test_an_address_restores_a_state_and_follows_the_reader(read, site):
    reader = read()
    page = reader.open(f"{site}/index.html#hero?init_scale=2.5&depth=100&nonlinearity=relu&seed=3")
    root = page.locator('[data-explorer="hero"]')
    state = wait_until(root, page, lambda now: "relu, 100 layers" in now["reading"])
    assert state["reading"].startswith("Scale 2.5")
    assert root.get_by_label("seed").input_value() == "3"
    root.get_by_label("depth").first.press("ArrowLeft")
    page.wait_for_function("location.hash.includes('depth=99')")
    again = read().open(page.url).locator('[data-explorer="hero"]')
    wait_until(again, again.page, lambda now: "relu, 99 layers" in now["reading"])
    assert seen(again) == seen(root)


def test_an_address_that_asks_for_what_is_not_there_is_told_so(read, site):
    reader = read()
    page = reader.open(f"{site}/index.html#hero?nonlinearity=<img src=x>&depth=170&seed=2")
    root = page.locator('[data-explorer="hero"]')
    now = wait_until(root, page, lambda now: "has no" in now["reading"])
    assert "nonlinearity=<img src=x>, depth=170" in now["reading"]
    assert root.get_by_label("seed").input_value() == "2"
    root.get_by_label("seed").press("ArrowUp")
    wait_until(root, page, lambda now: "has no" not in now["reading"])
    assert reader.faults == []


STATE = "init_scale=2.5&depth=100&nonlinearity=relu&seed=3"


@pytest.mark.parametrize(
    "after",
    [
        f"hero%3F{quote(STATE)}",
        f"hero%3F{STATE}",
        f"hero?{quote(STATE)}",
        f"hero%253F{quote(quote(STATE))}",
        f"hero?{STATE.replace('&', '&amp;')}",
        f"hero?{quote(STATE.replace('&', '&amp;'))}",
    ],
    ids=["all", "mark", "values", "twice", "as HTML", "as HTML, all"],
)
def test_an_address_encoded_by_a_mail_program_restores_the_same_state(read, site, after):
    root = read().open(f"{site}/index.html#{after}").locator('[data-explorer="hero"]')
    now = wait_until(root, root.page, lambda now: "relu, 100 layers" in now["reading"])
    assert now["reading"].startswith("Scale 2.5")
    assert root.get_by_label("seed").input_value() == "3"


@pytest.mark.parametrize("after", ["hreo?depth=5", "hero%3?depth=5", "<b>hero</b>?depth=5"])
def test_an_address_that_names_nothing_here_is_told_so(read, site, after):
    reader = read()
    page = reader.open(f"{site}/index.html#{after}")
    note = page.locator(".address-note")
    expect(note).to_contain_text("This page has nothing named")
    assert note.locator("b").count() == 0
    page.evaluate("location.hash = 'hero?depth=5'")
    expect(note).to_be_hidden()
    assert reader.faults == []


@pytest.mark.parametrize("after", ["%", "%E0%A4%A", "claims?verdict=%E0%A4%A", "%3F%"])
def test_a_damaged_address_leaves_the_ledger_readable(read, site, after):
    reader = read()
    page = reader.open(f"{site}/chapters/10_claims.html#{after}")
    expect(page.locator(".listing-count").first).to_contain_text("96 rows")
    assert reader.faults == []


def test_pinning_leaves_the_colors_of_the_curves_and_tells_the_ghosts_apart(hero):
    strokes = """() => [...document.querySelectorAll('.explorer .scatterlayer .js-line')].map(
      path => [path.style.stroke, path.style.strokeDasharray])"""
    before = hero.page.evaluate(strokes)
    hero.get_by_role("button", name="Pin").click()
    hero.page.wait_for_function(f"n => ({strokes})().length === n", arg=2 * len(before))
    after = hero.page.evaluate(strokes)
    assert after[: len(before)] == before
    assert len({tuple(stroke) for stroke in after}) == len(after)
    assert len({dash for _, dash in after}) == len(after)


def test_no_axis_title_runs_into_its_tick_labels_on_a_phone(read, site):
    page = read(width=360, height=800).open(f"{site}/index.html")
    boxes = page.evaluate("""() => {
      const box = node => node.getBoundingClientRect();
      const ticks = [...document.querySelectorAll('.explorer .ytick text')].map(box);
      return [box(document.querySelector('.explorer .ytitle')).right,
              Math.min(...ticks.map(tick => tick.left))];
    }""")
    assert boxes[0] <= boxes[1]


def test_prose_about_the_hero_is_true(hero_function):
    scales = tuple(0.25 * 16 ** (k / 24) for k in range(25))
    tanh = [hero_function(init_scale=scale).layout.meta["verdict"] for scale in scales]
    assert tanh[6] == "vanishing"  # half the scale that fits
    assert tanh[12] == "healthy"
    assert tanh[-1] == "exploding"
    deep = [
        [hero_function(init_scale=scale, depth=100, nonlinearity=g) for scale in scales]
        for g in ("linear", "tanh")
    ]
    linear, held = [[figure.layout.meta["summary"] for figure in row] for row in deep]
    assert "overflows" in linear[-1]
    assert not any("overflows" in summary for summary in held)


def test_the_numbers_in_the_notation_are_those_of_the_code(root, hero_function):
    cells = {cell["id"]: cell.source for cell in nbformat.read(root / "index.ipynb", 4).cells}
    words = " ".join(cells["notation"].split())
    width = inspect.signature(layer_by_layer).parameters["width"].default
    (batch,) = set(re.findall(r"normal\((\d+), width\)", inspect.getsource(layer_by_layer)))
    assert f"networks of width {width} on {batch} random inputs" in words
    least, most = round(1 / VANISHING), round(EXPLODING)
    assert f"between 1/{least} and {most} times" in words
    figure = hero_function(init_scale=1.0, depth=5)
    assert len(figure.data[0].x) == 5


def test_a_pinned_curve_stays_while_the_figure_moves(hero):
    before = seen(hero)
    hero.get_by_role("button", name="Pin").click()
    pinned = wait_until(hero, hero.page, lambda now: len(now["data"]) == 2 * len(before["data"]))
    nudge(hero.get_by_label("initial scale").first)
    after = wait_until(hero, hero.page, lambda now: now["data"][:2] != pinned["data"][:2])
    assert [t["y"] for t in after["data"][2:]] == [t["y"] for t in before["data"]]
    assert all("(pinned)" in trace["name"] for trace in after["data"][2:])
    hero.get_by_role("button", name="Unpin").click()
    wait_until(hero, hero.page, lambda now: len(now["data"]) == 2)


def test_play_runs_to_the_end_of_its_axis_and_stops(hero):
    hero.get_by_label("depth").first.fill("89")
    hero.get_by_role("button", name="Play depth").click()
    hero.get_by_role("button", name="Stop depth").wait_for()
    hero.get_by_role("button", name="Play depth").wait_for()
    assert hero.get_by_label("depth").first.input_value() == "99"


def test_play_takes_single_steps_where_motion_is_unwelcome(read, site):
    page = read(reduced_motion="reduce").open(f"{site}/index.html")
    root = page.locator('[data-explorer="hero"]')
    slider = root.get_by_label("initial scale").first
    start = int(slider.input_value())
    root.get_by_role("button", name="Play initial scale").click()
    expect(slider).to_have_value(str(start + 1))
    page.wait_for_timeout(600)  # longer than a step of the animation
    expect(slider).to_have_value(str(start + 1))


def test_the_table_and_the_csv_file_hold_the_numbers_of_the_figure(hero):
    shown = seen(hero)
    with hero.page.expect_download() as download:
        hero.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text())))
    assert rows[0] == ["layer", "signal, forward", "gradient, backward"]
    for column, trace in enumerate(shown["data"], 1):
        values = [float(row[column]) for row in rows[1:]]
        assert values == pytest.approx([float(y) for y in trace["y"]], rel=6e-3)
    hero.get_by_text("Numbers").click()
    hero.locator("tbody tr").first.wait_for()
    cells = hero.locator("tbody tr").first.locator("td").all_inner_texts()
    assert cells == rows[1]
    nudge(hero.get_by_label("initial scale").first)
    hero.page.wait_for_function(
        "old => document.querySelector('.explorer tbody tr td:nth-child(2)').innerText !== old",
        arg=cells[1],
    )


def test_the_link_button_copies_the_address_of_the_state(read, site):
    reader = read(permissions=["clipboard-read", "clipboard-write"])
    page = reader.open(f"{site}/index.html")
    root = page.locator('[data-explorer="hero"]')
    root.get_by_label("nonlinearity").select_option(label="sigmoid")
    root.get_by_role("button", name="Link").click()
    root.get_by_role("button", name="Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{site}/index.html#hero?init_scale=")
    assert "nonlinearity=sigmoid" in link


def test_prose_follows_the_figure_and_a_goal_knows_when_it_is_reached(read, site):
    page = read().open(f"{site}/index.html")
    hero = page.locator('[data-explorer="hero"]')
    goal = page.locator(".explorer-goal")
    assert "Not yet." in goal.inner_text()
    bound = page.locator(".explorer-text")
    assert "50 layers: vanishing" in bound.inner_text()
    hero.get_by_label("depth").first.fill("99")
    hero.get_by_label("initial scale").first.fill("12")
    page.locator(".explorer-goal[data-reached=now]").wait_for()
    assert "100 layers: healthy" in bound.inner_text()
    hero.get_by_role("button", name="Reset").click()
    page.locator(".explorer-goal[data-reached=before]").wait_for()


def test_the_figure_changes_its_colors_with_the_theme(hero):
    color = "() => document.querySelector('.explorer .js-plotly-plot .xtick text').style.fill"
    light = hero.page.evaluate(color)
    hero.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    hero.page.wait_for_function(f"old => ({color})() !== old", arg=light)


def test_without_scripts_the_reading_still_stands(read, site):
    page = read(java_script_enabled=False).page
    page.goto(f"{site}/index.html")
    assert "vanishing" in page.locator(".explorer [role=status]").inner_text()
    assert page.locator(".explorer noscript").inner_text() != ""


def test_a_browser_that_is_too_old_for_the_script_says_so_beside_the_reading(browser, site):
    page = browser.new_page()
    page.route("**/explorer.js*", lambda route: route.fulfill(body="class { nobody reads this"))
    page.goto(f"{site}/index.html")
    status = page.locator(".explorer-status").first
    expect(status).to_contain_text("vanishing")
    expect(status).to_contain_text("need a newer browser")
    page.close()


def test_rapid_motion_ends_on_the_last_value(hero):
    slider = hero.get_by_label("initial scale").first
    slider.focus()
    for _ in range(80):
        slider.press("ArrowRight")
    last = wait_until(hero, hero.page, lambda now: now["reading"].startswith("Scale 4,"))
    assert "exploding" in last["reading"]


def test_the_figure_takes_the_width_it_is_given(hero):
    width = "() => document.querySelector('.explorer .main-svg').clientWidth"
    wide = hero.page.evaluate(width)
    hero.page.set_viewport_size({"width": 420, "height": 800})
    hero.page.wait_for_function(f"old => ({width})() < old - 100", arg=wide)
    hero.page.set_viewport_size({"width": 1300, "height": 1000})
    hero.page.wait_for_function(f"old => ({width})() === old", arg=wide)
