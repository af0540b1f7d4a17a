"""What a page draws before plotly is there: a reader does not see the change."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread
from playwright.sync_api import Locator, Route, expect

from conftest import POINT_AT_ALL, ROOT, until

# Color bars are plotly's at first; what moves beside them is not.
PLOTLY_ALONE = {"phase", "learned", "scored"}
OFF = 1.5  # pixels that a word may move
UNLIKE = 0.006  # of the pixels, by the rounding of lines
PAGES = sorted(
    str(path.relative_to(ROOT).with_suffix(".html"))
    for path in [ROOT / "index.ipynb", *(ROOT / "chapters").glob("*.ipynb")]
    if "explore(" in path.read_text(encoding="utf-8")
)
WORDS = """root => {
  const graph = root.querySelector('.explorer-graph');
  const corner = graph.getBoundingClientRect();
  return [...graph.querySelectorAll('text')].flatMap((text) => {
    const { x, y, width } = text.getBoundingClientRect();
    const said = text.textContent.replaceAll('\u200b', '').trim();
    return said && width ? [[said, x - corner.x, y - corner.y]] : [];
  });
}"""


# Where half a pixel of the page's scrolling makes no difference, nor what lies behind the figure:
# its paper is clear, and formulas of the page are set meanwhile.
PIN = """(root, pinned) => {
  const { style, clientWidth } = root.querySelector('.explorer-graph');
  // The page's parts are painted each by itself: over one of them is not over all.
  for (let part = root; part; part = part.parentElement)
    part.style.isolation = pinned ? 'auto' : '';
  style.cssText = pinned
    ? `position: fixed; inset: 0 auto auto 0; width: ${clientWidth}px; z-index: 9999;
       background: white` : '';
}"""


def pixels(root: Locator) -> np.ndarray:
    root.evaluate(PIN, True)
    picture = root.locator(".explorer-graph").screenshot(animations="disabled")
    root.evaluate(PIN, False)
    return imread(BytesIO(picture), format="png")[..., :3]


def moved(before: list, after: list) -> list[str]:
    """Return the words that are not where they were."""
    left = [tuple(word) for word in after]
    lost = []
    for said, x, y in before:
        near = [
            word for word in left if word[0] == said and abs(word[1] - x) + abs(word[2] - y) < OFF
        ]
        if near:
            left.remove(near[0])
        else:
            lost.append(f"{said} at {x:.1f}, {y:.1f}")
    return lost + [f"then {said} at {x:.1f}, {y:.1f}" for said, x, y in left]


@pytest.mark.parametrize("address", PAGES)
def test_plotly_draws_what_stood_there_before(read, site, address):
    held: list[Route] | None = []
    reader = read()

    def hold(route: Route) -> None:
        if held is None:
            route.continue_()
        else:
            held.append(route)

    reader.page.route("**/plotly.min.js", hold)
    # What opens while the page loads may ask for plotly, and the page's load then waits for it.
    reader.page.goto(f"{site}/{address}", wait_until="domcontentloaded")
    roots = {
        root.get_attribute("data-explorer"): root for root in reader.page.locator(".explorer").all()
    }
    light = {name: root for name, root in roots.items() if name not in PLOTLY_ALONE}
    seen = {}
    for name in PLOTLY_ALONE & roots.keys():
        roots[name].evaluate("root => { root.explorer.open(); }")
    for name, root in light.items():
        root.evaluate("root => root.explorer.open()")
        root.locator(".explorer-graph > .light").wait_for()
        seen[name] = (pixels(root), root.evaluate(WORDS))
    reader.page.evaluate(POINT_AT_ALL)
    for name in PLOTLY_ALONE & roots.keys():
        assert roots[name].get_attribute("data-usable") is None, name
    until(reader.page, "Boolean(document.querySelector('script[src*=plotly]'))")
    waiting, held = held, None
    for route in waiting:
        route.continue_()
    for root in roots.values():
        root.and_(reader.page.locator("[data-ready]")).wait_for()
        assert root.locator(".light").count() == 0
    for name, (picture, words) in seen.items():
        assert moved(words, light[name].evaluate(WORDS)) == [], name
        after = pixels(light[name])
        assert after.shape == picture.shape, name
        unlike = (np.abs(after - picture).max(axis=2) > 0.25).mean()
        assert unlike < UNLIKE, f"{name}: {unlike:.2%} of the pixels"
    assert reader.faults == []


def test_plotly_is_fetched_for_who_points_at_a_figure(read, site):
    page = read().page
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/index.html")
    explorer = page.locator(".explorer")
    expect(explorer).to_have_attribute("data-usable", "true")
    page.get_by_role("slider").first.press("ArrowRight")
    page.locator(".explorer-graph > .light").wait_for()
    assert not [url for url in asked if "plotly.min.js" in url]
    page.locator(".explorer-graph").hover()
    expect(explorer).to_have_attribute("data-ready", "true")
    assert [url for url in asked if "plotly.min.js" in url]
    assert page.locator(".light").count() == 0


def test_explorers_open_as_they_come_into_sight(read, site):
    page = read().page
    page.goto(f"{site}/chapters/02_other_symmetries.html")
    last = page.locator(".explorer").last
    assert last.get_attribute("data-usable") is None
    assert page.locator(".explorer[data-usable]").count() < page.locator(".explorer").count()
    last.scroll_into_view_if_needed()
    expect(last).to_have_attribute("data-usable", "true")


def test_an_explorer_that_the_page_jumps_to_at_once_opens(read, site):
    page = read().page
    jump = "document.querySelector('.explorer').scrollIntoView()"
    page.add_init_script(f"addEventListener('DOMContentLoaded', () => {jump})")
    page.goto(f"{site}/chapters/04_gradient_conditioning.html")
    expect(page.locator(".explorer").first).to_have_attribute("data-usable", "true")


def test_formulas_are_typeset_as_they_come_near_or_after_a_while(read, site):
    page = read().page
    page.goto(f"{site}/index.html")
    expect(page.locator(".explorer")).to_have_attribute("data-usable", "true")
    page.mouse.wheel(0, 400)
    expect(page.locator("mjx-container").first).to_be_attached()
