"""The page's script and style sheet, put together from the files beside this one."""

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from plotly.offline import get_plotlyjs, get_plotlyjs_version

from trainability.explore.bundle import bundle, reached

_ENTRY = "page.js"
_FIGURES = "figures.js"


def _read(name: str) -> str:
    return files("trainability.explore").joinpath("static", name).read_text(encoding="utf-8")


@cache
def themes() -> dict[str, dict[str, Any]]:
    """The light and the dark plotly template, as data."""
    read: dict[str, dict[str, Any]] = json.loads(_read("theme.json"))
    return read


def style_sheet() -> str:
    """Return the CSS of explorers, figures, questions, listings and quizzes."""
    return "".join(_read(f"{name}.css") for name in ("explorer", "questions", "lists"))


def script(plotly_source: str, integrity: str = "") -> str:
    """Return the JavaScript that brings explorers and figures to life.

    Parameters
    ----------
    plotly_source : str
        A JavaScript expression for the address of plotly.js.
    integrity : str
        Its subresource integrity, where it comes from another host.
    """
    sources = modules(plotly_source, integrity)
    del sources[_FIGURES]
    return _alone(bundle(sources, _ENTRY))


def _alone(body: str, otherwise: str = "") -> str:
    return (
        "(() => {\n"
        '"use strict";\n'
        "if (window.trainabilityExplorers?.render) return window.trainabilityExplorers.start();\n"
        f"{otherwise}{body}\n"
        "})();\n"
    )


def modules(plotly_source: str, integrity: str = "") -> dict[str, str]:
    """Return the source of each module by file name, with ``settings.js`` as it is given."""
    settings = (
        f"export const THEMES = {json.dumps(themes())};\n"
        f"export const PLOTLY = {{ src: {plotly_source}, integrity: {json.dumps(integrity)} }};\n"
    )
    sources = {"settings.js": settings}
    for package in ("explore", "programs"):
        folder = files(f"trainability.{package}").joinpath("static")
        scripts = [file for file in folder.iterdir() if file.name.endswith(".js")]
        sources |= {file.name: file.read_text(encoding="utf-8") for file in scripts}
    assembled = files("trainability.programs").joinpath("static", "product.wasm").read_bytes()
    text = base64.b64encode(assembled).decode("ascii")
    sources["product_wasm.js"] = f"export const PRODUCT = {json.dumps(text)};\n"
    return dict(sorted(sources.items()))


@cache
def widget_module() -> str:
    """Return the page's script as a module for anywidget; views get plotly.js from the kernel."""
    render = "export default { render: (given) => window.trainabilityExplorers.render(given) };"
    return f"{_script_for_a_network()}{render}\n"


@cache
def self_contained_assets() -> str:
    """Return style and script elements for a page that has nothing but one output."""
    return _elements(_script_for_a_network())


@cache
def figure_assets() -> str:
    """Return the same for an output that is a figure without controls: a third of the script."""
    sources = modules(*_network())
    figures = "if (window.trainabilityFigures) return window.trainabilityFigures.start();\n"
    return _elements(_alone(bundle(reached(sources, _FIGURES), _FIGURES), figures))


def _elements(code: str) -> str:
    code = code.replace("</", "<\\/")
    return f"<style>{style_sheet()}</style>\n<script>{code}</script>"


@cache
def _script_for_a_network() -> str:
    return script(*_network())


def _network() -> tuple[str, str]:
    """Return plotly.js's address at its public CDN, and its integrity.

    It has the version that the installed plotly expects, and is checked against the copy that
    this ships.
    """
    address = f"https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js"
    digest = hashlib.sha256(get_plotlyjs().encode("utf-8")).digest()
    return json.dumps(address), "sha256-" + base64.b64encode(digest).decode("ascii")
