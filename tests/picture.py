"""Take the README's picture of the built landing page: ``make picture``."""

from pathlib import Path

from playwright.sync_api import sync_playwright

import browser

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser.executable(), args=browser.FLAGS
        )
        page = chromium.new_page(viewport={"width": 1300, "height": 950})
        page.goto((ROOT / "_build" / "html" / "index.html").as_uri())
        page.locator(".explorer[data-usable]").wait_for()
        page.screenshot(path=ROOT / ".github" / "landing.png")
        chromium.close()
