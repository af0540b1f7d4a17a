"""What axe-core finds wrong with the pages: nothing serious, in any theme or width."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from trainability.book.notebooks import notebook_paths

ROOT = Path(__file__).parents[2]
PAGES = [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in notebook_paths(ROOT)]
# The theme's colors fade in. A page that makes no frames for a while ends no fading either.
FADED = """Promise.race([
  Promise.allSettled(document.getAnimations().map((one) => one.finished)),
  new Promise((done) => setTimeout(done, 10000)),
]).then(() => null)"""
# The theme looks a little after a turn of the phone for what has begun to scroll.
REACHABLE = """() => [...document.querySelectorAll('pre[tabindex]')].every(
  pre => pre.scrollWidth <= pre.clientWidth || pre.tabIndex === 0)"""
# The rows of a table are alike, and what scrolls still scrolls.
SHORTEN = """() => {
  for (const row of document.querySelectorAll('.explorer tbody tr:nth-child(n + 31)')) row.remove();
}"""
OPTIONS = {
    # Off by default, yet a person who speaks to the page needs it.
    "rules": {"label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations"],  # half the time goes into telling what passed
}
# At one width a theme changes colors alone, and an article has the same ones at each width. Who
# points at the figures sees plotly's pictures.
COLORS = OPTIONS | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
SEEN: tuple[tuple[int, str, bool, dict, dict | None], ...] = (
    (1300, "light", False, OPTIONS, None),
    (1300, "dark", False, COLORS, {"exclude": ["article"]}),
    (390, "dark", True, OPTIONS, None),
)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_serious_barrier_in_any_theme_or_width(read, site, name):
    reader = read(width=1300, height=844)
    page = reader.look(f"{site}/{name}")
    if page.locator(".explorer").count():
        page.locator(".explorer summary").first.click()
        page.locator(".explorer tbody tr").first.wait_for()
    for width, theme, pointing, options, part in SEEN:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=theme)
        if pointing:
            reader.point()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        page.evaluate(FADED)
        page.wait_for_function(REACHABLE)
        page.evaluate(SHORTEN)
        found = Axe().run(page, context=part, options=options).response["violations"]
        serious = [
            (rule["id"], [node["html"][:160] for node in rule["nodes"]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == [], (width, theme)
