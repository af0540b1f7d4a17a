"""What a page needs beside its text, taken from installed packages and this one."""

import hashlib
import os
import re
import textwrap
from functools import partial
from html import escape, unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

from docutils import nodes
from plotly.offline import get_plotlyjs
from rcssmin import cssmin
from rjsmin import jsmin
from sphinx.application import Sphinx

from trainability.explore.assets import script, style_sheet

PLOTLY_FILE = "plotly.min.js"
_LIVELY = ("explorer", "figure", "question", "listing", "quiz")
# These are named otherwise than they read: a voice command would miss them.
_FOLDED_CELL = '<summary aria-label="Toggle hidden content">'
_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
_MADE = ("inline", "theme")
_INLINE = re.compile(r"inline-[0-9a-f]{12}\.js")
_NO_CODE = re.compile(r"\b(src|type)=")  # it comes from a file, or is data
_FILE = re.compile(r'\n?[ ]*<script(?P<how>[^>]*) src="(?P<source>[^"]*)"></script>')
_FIRST_PAINT = "data-cfasync"  # what colors the page before it is painted
_EARLY = ("explorer.js",)
_LATE = ("bootstrap.js", "pydata-sphinx-theme.js", "buttons.js")
_LATER = {"formulas": "tex-chtml.js", "icons": "fontawesome.js"}  # buttons.js loads them
_OF_ONE_PAGE = re.compile(r"DOCUMENTATION_OPTIONS\.")
_FORMULA = re.compile(r'class="math|\\\(')
_ON_CLICK = re.compile(r'\bonclick="(toggleFullScreen\(\)|window\.print\(\))"')
_LABELED_BUTTON = re.compile(
    r'(<button class="[^"]*(?:theme-switch-button|search-button-field)[^"]*"(?: title="[^"]*")?)'
    r'\s+aria-label="[^"]*"'
)
# The arrow in the sidebar that unfolds a lesson's deeper pages has no name in the theme.
_UNFOLDING = re.compile(r'(<a class="[^"]*" href="[^"]*">([^<]*)</a><details[^>]*><summary)>')


# Only the search page searches; the theme loads the whole index on every page.
_SEARCHING = ("searchtools.js", "language_data.js", "searchindex.js")
_SEARCH = re.compile(
    r'\s*<script[^>]* src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
_WITHOUT_SCRIPTS = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_PARAGRAPH = re.compile(r"<p>(?P<text>.*?)</p>", re.DOTALL)
_ELEMENT = re.compile(r"<[^>]+>")
_SHORT = 160  # letters of a description that search engines show


def connect(app: Sphinx) -> None:
    """Give each page the scripts it uses and no other, and a description for search engines."""
    _silence_thebe(app)
    app.connect("config-inited", _set_theme_options)
    app.connect("html-page-context", _add_scripts)
    app.connect("build-finished", _finish)


def page_script(plotly: str) -> str:
    """Return the script of pages with explorers, without what only its authors need."""
    short: str = jsmin(script(plotly))
    return short


def page_style() -> str:
    """Return their style sheet in the same way."""
    short: str = cssmin(style_sheet())
    return short


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` whole or not at all, and not again where it is there."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _silence_thebe(app: Sphinx) -> None:
    """Undo what Jupyter Book brings along unasked: a CDN's address and a stranger's account."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__.startswith("sphinx_thebe"):
                app.disconnect(listener.id)


def _set_theme_options(app: Sphinx, config: Any) -> None:
    # Formulas are read in place; as tab stops they would keep a keyboard from what follows.
    mathjax = (config.mathjax3_config or {}) | {}
    # A lesson has hundreds of formulas: typesetting all at once would hold up its figures.
    mathjax["loader"] = {"load": ["ui/lazy"]}
    mathjax["options"] = mathjax.get("options", {}) | {
        "menuOptions": {"settings": {"inTabOrder": False}},
    }
    config.mathjax3_config = mathjax
    options = config.html_theme_options
    options["navbar_persistent"] = []  # the sidebar has the search field already
    options["use_repository_button"] = bool(options.get("repository_url"))
    if not options["use_repository_button"]:
        options["launch_buttons"] = {}


def _add_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    styles = context["css_files"]
    styles[:] = [file for file in styles if "thebe" not in str(getattr(file, "filename", file))]
    app.add_js_file("buttons.js", loading_method="defer")
    body = context.get("body", "")
    if description := _description(body):
        context["metatags"] += f'<meta name="description" content="{escape(description)}">'
    if any(f'class="{kind}"' in body for kind in _LIVELY):
        app.add_css_file("explorer.css")
        app.add_js_file("explorer.js", loading_method="defer")


def _description(body: str) -> str:
    """The page's question, or else its first paragraph, short enough for a list of pages."""
    text = _WITHOUT_SCRIPTS.sub("", body)
    paragraphs = [unescape(_ELEMENT.sub("", found["text"])) for found in _PARAGRAPH.finditer(text)]
    asked = [text for text in paragraphs if text.startswith("The question.")]
    words = " ".join((asked or paragraphs or [""])[0].removeprefix("The question.").split())
    return textwrap.shorten(words, _SHORT, placeholder=" …")


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    used: set[str] = set()
    static = Path(app.outdir) / "_static"
    for page in Path(app.outdir).glob("**/*.html"):
        text = page.read_text(encoding="utf-8")
        text = _LABELED_BUTTON.sub(r"\1", text).replace(_FOLDED_CELL, "<summary>")
        text = _UNFOLDING.sub(r'\1 aria-label="Pages of \2">', text)
        text = _without_inline_code(text, page.parent, static)
        if page.name != "search.html":
            text = _SEARCH.sub("", text)
        if static not in page.parents:
            text, theme = _with_scripts_in_order(text, page.parent, static)
            used.add(theme)
        write_atomically(page, text.replace("<img alt", '<img loading="lazy" alt'))
        used.update(_INLINE.findall(text))
    for left in {file.name for kind in _MADE for file in static.glob(f"{kind}-*.js")} - used:
        (static / left).unlink()
    buttons = files("trainability.book").joinpath("static", "buttons.js")
    write_atomically(static / "buttons.js", buttons.read_text(encoding="utf-8"))
    source = f'new URL("{PLOTLY_FILE}", document.currentScript.src).href'
    write_atomically(static / "explorer.js", page_script(source))
    write_atomically(static / "explorer.css", page_style())
    write_atomically(static / PLOTLY_FILE, get_plotlyjs())


def _without_inline_code(text: str, folder: Path, static: Path) -> str:
    """Move the code of a page into files: under ``script-src 'self'`` no other runs."""
    text = _ON_CLICK.sub(r'data-click="\1"', text)
    return _SCRIPT.sub(partial(_from_a_file, folder=folder, static=static), text)


def _with_scripts_in_order(text: str, folder: Path, static: Path) -> tuple[str, str]:
    """Let no script hold up the page: explorers first, then the theme's in one file, then the rest.

    Returns the page and the name of that file. What inline code sets comes before those that read
    it; what it sets for one page alone stays in a file of its own, so that pages share the other.
    """
    found = [match for match in _FILE.finditer(text) if _FIRST_PAINT not in match["how"]]
    sources = {_name(match["source"]): match["source"] for match in found}
    if theme := next((name for name in sources if name.startswith("theme-")), None):
        return text, theme  # a page of an earlier build
    if not _FORMULA.search(text):
        sources.pop("tex-chtml.js", None)
    code = {
        name: (folder / source.partition("?")[0]).read_text(encoding="utf-8")
        for name, source in sources.items()
        if name not in (*_EARLY, *_LATE, *_LATER.values())
    }
    own = [name for name in code if name in _SEARCHING or _OF_ONE_PAGE.match(code[name])]
    joined = "".join(
        f"{code[name].strip()}\n;\n"
        for name in sorted(code, key=lambda name: not _INLINE.fullmatch(name))
        if name not in own
    )
    theme = f"theme-{hashlib.sha256(joined.encode()).hexdigest()[:12]}.js"
    write_atomically(static / theme, joined)
    sources[theme] = os.path.relpath(static / theme, folder).replace(os.sep, "/")
    order = [name for name in (*_EARLY, theme, *own, *_LATE) if name in sources]
    data = "".join(
        f' data-{kind}="{sources[name]}"' for kind, name in _LATER.items() if name in sources
    )
    scripts = "".join(
        f'<script defer src="{sources[name]}"{data * (name == "buttons.js")}></script>\n'
        for name in order
    )
    for match in reversed(found):
        text = text[: match.start()] + text[match.end() :]
    return text.replace("</head>", f"{scripts}</head>", 1), theme


def _name(source: str) -> str:
    return source.partition("?")[0].rpartition("/")[2]


def _from_a_file(match: re.Match[str], folder: Path, static: Path) -> str:
    if _NO_CODE.search(match["attributes"]):
        return match[0]
    code = match["code"].strip()
    name = f"inline-{hashlib.sha256(code.encode()).hexdigest()[:12]}.js"
    write_atomically(static / name, code + "\n")
    source = os.path.relpath(static / name, folder).replace(os.sep, "/")
    return f'<script{match["attributes"]} src="{source}"></script>'
