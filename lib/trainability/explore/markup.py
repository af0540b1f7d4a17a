"""The page's face of explorers and figures: escaped HTML, readable without scripts."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from trainability.explore.controls import Control
from trainability.explore.document import leaves, to_json
from trainability.explore.payload import whole

if TYPE_CHECKING:
    from trainability.explore.explorer import Explorer

# The tags that plotly draws; any other < is a sign.
_TAG = re.compile(r"</?(?:a|b|br|em|i|s|span|strong|sub|sup|u)\b[^>]*>")

_ACTIONS = """\
<noscript><p>The controls need JavaScript. The sentence above reads the figure at its defaults.</p>
</noscript>
<div class="explorer-actions">
<button type="button" data-action="reset">Reset</button>
<button type="button" data-action="pin" aria-pressed="false">Pin</button>
<button type="button" data-action="link">Link</button>
<button type="button" data-action="csv">CSV</button>
<details><summary>Numbers</summary>
<div class="explorer-table" tabindex="0" role="region" aria-label="Numbers of the figure"></div>
</details>
</div>"""


def explorer_html(explorer: Explorer) -> str:
    """Return an explorer with the figures of its whole grid."""
    name = escape(explorer.name)
    title = f"Interactive figure {escape(explorer.name.replace('_', ' '))}"
    summary = escape(explorer.default_figure.layout.meta["summary"])
    axes = "\n".join(_axis_html(explorer, axis) for axis in explorer.controls)
    payload = to_json(explorer.payload)
    return f"""\
<div class="explorer" data-explorer="{name}" role="group" aria-label="{title}">
<fieldset class="explorer-controls" disabled aria-label="Controls">
{axes}
</fieldset>
<div class="explorer-graph" role="img" aria-labelledby="{name}.reading"></div>
<p class="explorer-status" role="status" aria-live="polite" id="{name}.reading">{summary}</p>
{_ACTIONS}
<script type="application/json" class="explorer-payload">{payload}</script>
</div>"""


def figure_html(figure: go.Figure) -> str:
    """Return a plain figure that draws itself and follows the page's theme."""
    meta = figure.layout.meta
    summary = meta.get("summary") if isinstance(meta, dict) else None
    text = escape(summary or spoken_title(figure) or "Figure")
    caption = f'<p class="figure-text">{text}</p>' if summary else '<p class="figure-text"></p>'
    document = to_json({"figure": whole(leaves(figure))})
    return f"""\
<div class="figure">
<div class="figure-graph" role="img" aria-label="{text}"></div>
{caption}
<script type="application/json">{document}</script>
</div>"""


def spoken_title(figure: go.Figure) -> str:
    """Return the title's words, without plotly's tags."""
    return _TAG.sub(" ", figure.layout.title.text or "").strip()


def _axis_html(explorer: Explorer, axis: str) -> str:
    control = explorer.controls[axis]
    start = explorer.start[axis]
    name, identifier = escape(axis), escape(f"{explorer.name}-{axis}")
    label = escape(explorer.labels[axis])
    head = f'<div class="explorer-axis"><label for="{identifier}">{label}</label>'
    return f"{head}{_native(control, start, name, identifier, label)}</div>"


def _native(control: Control, start: int, name: str, identifier: str, label: str) -> str:
    shared: dict[str, Any] = {"id": identifier, "data-axis": name, "autocomplete": "off"}
    common = " ".join(f'{key}="{value}"' for key, value in shared.items())
    shown = escape(control.labels[start])
    if control.kind == "checkbox":
        return f'<input type="checkbox" {common}{" checked" if start else ""}>'
    if control.kind == "select":
        options = "".join(
            f'<option value="{i}"{" selected" if i == start else ""}>{escape(text)}</option>'
            for i, text in enumerate(control.labels)
        )
        return f"<select {common}>{options}</select>"
    return (
        f'<input type="range" {common} min="0" max="{len(control) - 1}" step="1" value="{start}" '
        f'aria-valuetext="{shown}">'
        f'<span class="explorer-value" data-value="{name}" aria-hidden="true">{shown}</span>'
        f'<button type="button" data-play="{name}" aria-label="Play {label}">▶</button>'
    )
