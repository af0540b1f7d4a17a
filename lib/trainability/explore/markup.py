"""The page's face of explorers and figures: escaped HTML, readable without scripts."""

import re
from html import escape
from typing import Any

import plotly.graph_objects as go

from trainability.explore.control import Control
from trainability.explore.document import leaves, to_json
from trainability.explore.explorer import Explorer
from trainability.explore.payload import whole
from trainability.explore.run_explorer import STEPS_A_SECOND, RunExplorer

FINER = 4  # places between two of a continuous range, where figures are computed
# The tags that plotly draws; any other < is a sign.
_TAG = re.compile(r"</?(?:a|b|br|em|i|s|span|strong|sub|sup|u)\b[^>]*>")

_NO_SCRIPT = """\
<noscript><p>The controls need JavaScript. The sentence above reads the figure at its defaults.</p>
</noscript>"""
_ACTIONS = """\
<div class="explorer-actions">
<button type="button" data-action="reset">Reset</button>
<button type="button" data-action="pin" aria-pressed="false">Pin</button>
{link}<button type="button" data-action="csv">CSV</button>
<details><summary>Numbers</summary>
<div class="explorer-table" tabindex="0" role="region" aria-label="Numbers of the figure"></div>
</details>
</div>"""
# What the page needs before it is asked for another state than the first.
_AT_ONCE = ("name", "link", "digits", "axes", "figure", "choices", "anew")
_LINK = '<button type="button" data-action="link">Link</button>\n'


def explorer_html(explorer: Explorer, *, addressed: bool = True) -> str:
    """Return an explorer with the figures of its whole grid, or with what computes them.

    Parameters
    ----------
    explorer : Explorer
    addressed : bool
        Whether the page has an address of its own, which can be copied.
    """
    finer = 1 if explorer.source == "grid" else FINER
    axes = [
        _axis_html(explorer, axis, control, explorer.start[axis], finer)
        for axis, control in explorer.controls.items()
    ]
    at_once = {key: value for key, value in explorer.payload.items() if key in _AT_ONCE}
    later = {key: value for key, value in explorer.payload.items() if key not in _AT_ONCE}
    below = f"""\
{_NO_SCRIPT}
{_ACTIONS.format(link=_LINK if addressed else "")}
{_script("payload", at_once)}
{_script("states", later)}"""
    reading = explorer.default_figure.layout.meta["summary"]
    return _explorer_html(explorer, explorer.source, reading, axes, below)


def _script(kind: str, document: dict[str, Any]) -> str:
    text = to_json(document)
    return f'<script type="application/json" class="explorer-{kind}">{text}</script>'


def live_html(explorer: Explorer, reading: str) -> str:
    """Return an explorer whose figures a kernel computes; an axis of one value has no control."""
    axes = [
        _axis_html(explorer, axis, control, explorer.live_start[axis], finer=FINER)
        for axis, control in explorer.live_controls.items()
        if len(control) > 1
    ]
    below = f'<div class="explorer-caption"></div>\n{_ACTIONS.format(link="")}'
    return _explorer_html(explorer, "kernel", reading, axes, below)


def _explorer_html(
    explorer: Explorer, source: str, reading: str, axes: list[str], below: str
) -> str:
    name, said, controls = escape(explorer.name), escape(reading), "\n".join(axes)
    title = f"Interactive figure {escape(explorer.name.replace('_', ' '))}"
    runs = isinstance(explorer, RunExplorer)
    step, training = (' data-step="0"', _training_html(name)) if runs else ("", "")
    return f"""\
<div class="explorer" data-explorer="{name}" data-source="{source}"{step} role="group" \
aria-label="{title}">
<fieldset class="explorer-controls" disabled aria-label="Controls">
{controls}
</fieldset>
{training}\
<div class="explorer-graph" role="img" aria-labelledby="{name}.reading"></div>
<p class="explorer-status" role="status" aria-live="polite" id="{name}.reading">{said}</p>
{below}
</div>"""


def _training_html(name: str) -> str:
    paces = "".join(
        f'<option value="{pace}"{" selected" if pace == STEPS_A_SECOND[1] else ""}>{pace}</option>'
        for pace in STEPS_A_SECOND
    )
    return f"""\
<div class="explorer-training" role="group" aria-label="Training">
<button type="button" data-action="train">Train</button>
<button type="button" data-action="step">Step</button>
<button type="button" data-action="restart">Restart</button>
<button type="button" data-action="seed">New seed</button>
<label for="{name}.pace">steps a second</label>
<select id="{name}.pace" data-pace autocomplete="off">{paces}</select>
<span class="explorer-count">step 0</span>
</div>
"""


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


def _axis_html(explorer: Explorer, axis: str, control: Control, start: int, finer: int = 1) -> str:
    label = escape(explorer.labels[axis])
    identifier = escape(f"{explorer.name}-{axis}")
    shared = f'id="{identifier}" data-axis="{escape(axis)}" autocomplete="off"'
    native = _native(control, start, shared, 1 / finer if control.scale else 1)
    play = ""
    if control.kind == "range":
        shown = escape(control.labels[start])
        play = (
            f'<span class="explorer-value" data-value="{escape(axis)}" aria-hidden="true">{shown}'
            f'</span><button type="button" data-play="{escape(axis)}" aria-label="Play {label}">▶'
            "</button>"
        )
    head = f'<div class="explorer-axis"><label for="{identifier}">{label}</label>'
    return f"{head}{native}{play}</div>"


def _native(control: Control, start: int, shared: str, step: float) -> str:
    if control.kind == "checkbox":
        return f'<input type="checkbox" {shared}{" checked" if start else ""}>'
    if control.kind == "number":
        least, most = control.values
        limits = f'min="{least}" max="{most}" step="1" required inputmode="numeric"'
        return f'<input type="number" {shared} {limits} value="{start}">'
    if control.kind in ("select", "examples"):
        options = "".join(
            f'<option value="{i}"{" selected" if i == start else ""}>{escape(text)}</option>'
            for i, text in enumerate(control.labels)
        )
        own = '<option value="own" hidden disabled>your own</option>' if control.classes else ""
        return f"<select {shared}>{options}{own}</select>"
    return (
        f'<input type="range" {shared} min="0" max="{len(control) - 1}" step="{step:g}" '
        f'value="{start}" aria-valuetext="{escape(control.labels[start])}">'
    )
