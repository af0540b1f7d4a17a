"""Which face an output gets: the book's, the live one, or the self-contained one."""

import os
import sys
from typing import Any, Literal

import plotly.graph_objects as go
import plotly.io as pio
from IPython import get_ipython
from IPython.display import display
from plotly.io.base_renderers import MimetypeRenderer

from trainability.explore.assets import figure_assets, self_contained_assets, themes
from trainability.explore.explorer import Explorer
from trainability.explore.markup import explorer_html, figure_html
from trainability.explore.run_explorer import RunExplorer

BOOK_VARIABLE = "TRAINABILITY_BOOK"
PLOTLY_MIME = "application/vnd.plotly.v1+json"
STYLE = "trainability"


def front_end() -> Literal["book", "lab", "vscode", "page"]:
    """Recognize where an output made now will be read.

    ``"book"`` while the book is built. ``"lab"`` and ``"vscode"`` for front ends that
    can show widgets: they name the cell in each request, as nothing that merely
    executes a notebook does. ``"page"`` anywhere else, Colab and nbconvert included.
    """
    if os.environ.get(BOOK_VARIABLE):
        return "book"
    shell = get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is None or "google.colab" in sys.modules:
        return "page"
    request = kernel.get_parent("shell") or {}
    if not request.get("metadata", {}).get("cellId"):
        return "page"
    return "vscode" if "__vsc_ipynb_file__" in shell.user_ns else "lab"


def use_book_style() -> None:
    """Give plain plotly figures the book's look and, everywhere, a face that shows.

    Call it once, in the set-up cell. plotly alone emits data that a built page drops
    in silence.
    """
    pio.templates[STYLE] = go.layout.Template(themes()["light"])
    pio.templates.default = STYLE
    pio.renderers[STYLE] = _FigureRenderer()
    pio.renderers.default = STYLE


def show_explorer(explorer: Explorer) -> None:
    """Display ``explorer`` with the face that this front end can show."""
    where = front_end()
    if where in ("lab", "vscode"):
        from trainability.explore.kernel import KernelView, PageView  # loaded where they are shown

        view = PageView(explorer) if isinstance(explorer, RunExplorer) else KernelView(explorer)
        if where == "lab":
            _show_what_stays(view.first)
        # Where the widget is dead the still figure speaks, or else these words.
        words = "" if where == "lab" else view.first.layout.meta["summary"]
        bundle, _ = view._repr_mimebundle_() or ({}, {})
        _publish(bundle | {"text/plain": words})
        return
    show_html(explorer_html(explorer))


def show_html(html: str) -> None:
    """Display HTML that the page's script brings to life; outside the book it brings the script."""
    whole = html if front_end() == "book" else f"{html}\n{self_contained_assets()}"
    _publish({"text/html": whole})


class _FigureRenderer(MimetypeRenderer):
    """plotly's own data for front ends that draw it, and HTML for all others."""

    def to_mimebundle(self, fig_dict: dict[str, Any]) -> dict[str, Any]:
        html = figure_html(go.Figure(fig_dict, skip_invalid=True))
        if front_end() == "book":
            return {"text/html": html}
        return {PLOTLY_MIME: fig_dict, "text/html": f"{html}\n{figure_assets()}"}


def _show_what_stays(figure: go.Figure) -> None:
    """Leave a figure that outlives the kernel; the live face hides it while it is there."""
    still = go.Figure(figure)
    note = f"{figure.layout.meta['summary']} Run the cell for live controls."
    still.update_layout(title_subtitle_text=note, margin_t=90)
    html = f"{figure_html(still)}\n{figure_assets()}"
    _publish({PLOTLY_MIME: still.to_plotly_json(), "text/html": html})


def _publish(bundle: dict[str, Any]) -> None:
    display(bundle, raw=True)
