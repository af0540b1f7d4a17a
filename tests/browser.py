"""The browser of the tests: found, or installed. ``python tests/browser.py`` does both."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the network is cut
]


def find() -> str | None:
    """Return the path of a Chromium, the system's before Playwright's own."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


@functools.cache
def executable() -> str:
    """Return the path of a Chromium, or end with a sentence that says what to do."""
    path = find()
    if path is None:
        raise RuntimeError(
            "the tests need a Chromium: install Debian's `chromium`, Google Chrome, or run "
            "`.venv/bin/python -m playwright install chromium`"
        )
    return path


def install() -> None:
    """Install Debian's Chromium where that is possible, otherwise Playwright's."""
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        packages = "chromium fonts-liberation"  # a page without fonts has no text to measure
        debian = f"apt-get update -qq && apt-get install -qq --yes {packages}"
        commands.insert(0, ["sh", "-c", debian])
    for command in commands:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        if subprocess.run(command, env=environment, check=False).returncode == 0 and find():
            return


if __name__ == "__main__":
    if find() is None:
        install()
    try:
        print(f"browser: {executable()}")
    except RuntimeError as error:
        sys.exit(str(error))
