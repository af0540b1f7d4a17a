"""What the live face is made of: a widget an axis, and the ghosts of pinned curves."""

import math
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from trainability.explore.assets import themes
from trainability.explore.controls import Control

FINER = 4  # live steps between two grid points
_GHOST_DASH = "dot"


class LastingFigure(go.FigureWidget):
    """A figure widget that keeps its data however fast figures follow each other.

    Plotly's own loses some in two ways. It takes what a front end drew beyond what it was
    given for defaults and drops its own values; the report may be about an earlier figure.
    And what an update leaves as it is, it marks as undefined; a front end that has not drawn
    yet stores the mark.
    """

    @staticmethod
    def _remove_overlapping_props(*told: Any) -> list[Any]:
        return []

    def _build_update_params_from_batch(self) -> tuple[dict[str, Any], dict[str, Any], list[int]]:
        changes, layout, traces = super()._build_update_params_from_batch()
        for path, values in changes.items():
            for place, index in enumerate(traces):
                mine = self._batch_trace_edits[index]
                if not any(path == edit or path.startswith(f"{edit}.") for edit in mine):
                    present = self._present(index, path)
                    values[place] = values[place] if present is None else present
        return changes, layout, traces

    def _present(self, index: int, path: str) -> Any:
        value = self._data[index]
        for key in self._str_to_dict_path(path):
            value = value.get(key) if isinstance(value, dict) else None
        return value


def control_widget(control: Control, start: int, label: str) -> widgets.Widget:
    """Return the widget for an axis, at position ``start`` and named ``label``."""
    shared = {"description": label, "style": {"description_width": "9em"}}
    wide = shared | {"layout": widgets.Layout(width="32em")}
    value = control.values[start]
    if control.kind == "checkbox":
        return widgets.Checkbox(value=value, **shared)
    options = list(zip(control.labels, control.values, strict=True))
    if control.kind == "select":
        return widgets.Dropdown(options=options, value=value, **wide)
    if control.scale is None:
        return widgets.SelectionSlider(options=options, value=value, **wide)
    low, high = control.values[0], control.values[-1]
    if control.scale == "linear":
        step = (high - low) / (len(control) - 1) / FINER
        return widgets.FloatSlider(
            value=value, min=low, max=high, step=step, readout_format=".3g", **wide
        )
    low, high = math.log10(low), math.log10(high)
    step = (high - low) / (len(control) - 1) / FINER
    return widgets.FloatLogSlider(
        value=value, min=low, max=high, step=step, readout_format=".3g", **wide
    )


def pinned(figure: go.Figure) -> tuple[dict[str, Any], ...]:
    """Return the curves of a figure as ghosts, to be compared with those that follow."""
    kept = []
    colors = themes()["light"]["layout"]["colorway"]
    for i, trace in enumerate(figure.data):
        if trace.type in ("scatter", "bar", "histogram"):
            ghost = go.Figure(trace).data[0]
            ghost.update(name=f"{trace.name or 'curve'} (pinned)", opacity=0.5, hoverinfo="skip")
            if trace.type == "scatter":
                ghost.line.update(color=colors[i % len(colors)], dash=_GHOST_DASH, width=1.5)
            kept.append(ghost.to_plotly_json())
    return tuple(kept)
