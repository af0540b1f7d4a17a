"""The live face: ipywidgets controls that call the function in the kernel."""

from __future__ import annotations

import base64
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import ipywidgets as widgets
import plotly.graph_objects as go

from trainability.explore.live_widgets import LastingFigure, control_widget, pinned
from trainability.explore.numbers_table import csv_text, table_html
from trainability.explore.schedule import Schedule

if TYPE_CHECKING:
    from trainability.explore.explorer import Explorer

# The still figure above the widget is for when the kernel has gone.
_HIDE_STILL = (
    "<style>.jp-OutputArea-child:has(+ .jp-OutputArea-child .explorer-live){display:none}</style>"
)

_faces: defaultdict[str, WeakSet[LiveFace]] = defaultdict(WeakSet)
_linked: defaultdict[str, WeakSet[LiveFace]] = defaultdict(WeakSet)


class LiveFace:
    """Controls, figure, reading and caption of one explorer in a running kernel.

    Attributes
    ----------
    widget : ipywidgets.VBox
        What a front end shows.
    controls : dict of str to ipywidgets.Widget
        One an axis; setting ``value`` is what a reader's hand does.
    figure : LastingFigure
        The figure shown.
    first : plotly Figure
        The figure of the defaults.
    """

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self._values = explorer.live_controls
        self.controls = {
            axis: control_widget(control, explorer.live_start[axis], explorer.labels[axis])
            for axis, control in self._values.items()
            if len(control) > 1
        }
        self._computed = self.state
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", UserWarning)
            first = self._where_it_fits(lambda: explorer.default_figure)
        self.figure = LastingFigure(first)
        self.figure.update_layout(autosize=True, height=first.layout.height or 440)
        self._status = widgets.HTML()
        self._caption = widgets.HTML()
        self._numbers = widgets.HTML()
        self._accordion = widgets.Accordion(
            [self._numbers], titles=["Numbers"], selected_index=None
        )
        self._ghosts: tuple[dict[str, Any], ...] = ()
        self._follows = False
        self._schedule = Schedule(self.compute)
        for control in self.controls.values():
            control.observe(lambda change: self._ask(), names="value")
        self._accordion.observe(lambda change: self._show_numbers(), names="selected_index")
        _faces[explorer.name].add(self)
        if explorer.link:
            _linked[explorer.link].add(self)
        self.widget = widgets.VBox(
            [
                widgets.HTML(_HIDE_STILL),
                *(self._row(axis) for axis in self.controls),
                self.figure,
                self._status,
                self._caption,
                self._buttons(),
                self._accordion,
            ]
        )
        self.widget.add_class("explorer-live")
        self.first = self._shown = first
        self._watch_picks()
        self._tell(None, _for_the_reader(told))

    @property
    def state(self) -> dict[str, Any]:
        """The value of each axis, those without a choice included."""
        chosen = {
            axis: self._values[axis].unrounded(control.value)
            for axis, control in self.controls.items()
        }
        return {axis: chosen.get(axis, values.values[0]) for axis, values in self._values.items()}

    def set(self, values: dict[str, Any]) -> None:
        """Move controls to the values they can show that are nearest to ``values``."""
        for axis in filter(self.controls.__contains__, values):
            control, value = self._values[axis], values[axis]
            if control.scale and control.values[0] <= value <= control.values[-1]:
                self.controls[axis].value = value
            else:
                self.controls[axis].value = control.values[control.nearest(value)]

    def _ask(self) -> None:
        # A front end sends a value back that it has rounded: no hand has moved.
        if self.state != self._computed or self._schedule.timer is not None:
            self._schedule.ask()

    def compute(self) -> None:
        """Call the function for the present state and show its figure."""
        begin = time.perf_counter()
        self._computed = self.state
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always", UserWarning)
                figure = self._where_it_fits(lambda: self.explorer.figure(**self.state))
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            self._caption.value = f'<p role="alert">{escape(message)}</p>'
            return
        self._shown = figure
        self._show()
        self._tell(time.perf_counter() - begin, _for_the_reader(told))
        # Who follows does not lead: it would take the leader back to where that one was.
        link, follows, self._follows = self.explorer.link, self._follows, False
        for face in list(_linked[link]) if link and not follows else ():
            if face is not self:
                face.follow(self.state)

    def _where_it_fits(self, compute: Callable[[], go.Figure]) -> go.Figure:
        """Compute for the present state, on the last device where the chosen one is full."""
        state, devices = self.state, self._values.get("device")
        self._where = self._device_label(state.get("device"))
        try:
            return compute()
        except (MemoryError, RuntimeError) as error:
            last = devices.values[-1] if devices else None
            if not _is_short_of_memory(error) or state.get("device") == last:
                raise
        figure = self.explorer.figure(**state | {"device": last})
        full, self._where = self._where, self._device_label(last)
        warnings.warn(f"The memory of {full} ran out: computed on {self._where}", stacklevel=2)
        return figure

    def _device_label(self, device: Any) -> str:
        control = self._values.get("device")
        return control.labels[control.position(device)] if control else "the kernel's processor"

    def follow(self, state: dict[str, Any]) -> None:
        """Take over the values of the axes that ``state`` shares, where they can be had."""
        before = self.state
        for axis, value in state.items():
            control = self._values.get(axis)
            if control and (control.scale or value in control.values):
                self._follows = True
                self.set({axis: value})
        if self.state == before:
            self._follows = False

    def _show(self) -> None:
        new = [*(trace.to_plotly_json() for trace in self._shown.data), *self._ghosts]
        kinds = [trace.get("type", "scatter") for trace in new]
        with self.figure.batch_update():
            if [trace.type for trace in self.figure.data] == kinds:
                for old, trace in zip(self.figure.data, new, strict=True):
                    for key in set(old.to_plotly_json()) - {"uid", *trace}:
                        old[key] = None
                    old.update(trace, overwrite=True)
            else:
                self.figure.data = ()
                self.figure.add_traces(new)
            layout = self._shown.layout.to_plotly_json()
            for key in set(self.figure.layout.to_plotly_json()) - {"height", "autosize", *layout}:
                self.figure.layout[key] = None
            self.figure.layout.update(layout, overwrite=True)
        self._watch_picks()

    def _tell(self, seconds: float | None, notes: Sequence[str] = ()) -> None:
        meta = self._shown.layout.meta
        self._status.value = (
            f'<p role="status" aria-live="polite" style="line-height:1.4">'
            f"{escape(meta['summary'])}</p>"
        )
        took = "" if seconds is None else f"Computed in {seconds * 1000:.3g} ms on "
        where = escape(str(meta.get("device", self._where)))
        said = "".join(f'<p role="note">{escape(note)}.</p>' for note in notes)
        self._caption.value = f"<small>{took or 'Computed on '}{where}.</small>{said}"
        self._show_numbers()
        for listener in self.explorer.listeners:
            listener(self.state, self._shown)

    def _show_numbers(self) -> None:
        if self._accordion.selected_index is None:
            return
        data = base64.b64encode(csv_text(self._shown).encode()).decode()
        link = f'<a download="{self.explorer.name}.csv" href="data:text/csv;base64,{data}">CSV</a>'
        self._numbers.value = f"{link}{table_html(self._shown)}"

    def _row(self, axis: str) -> widgets.Widget:
        control = self._values[axis]
        if control.kind != "range":
            return self.controls[axis]
        play = widgets.Play(
            value=self.explorer.live_start[axis], min=0, max=len(control) - 1, interval=400
        )
        play.tooltip = f"Play {self.explorer.labels[axis]}"

        def follow(change: dict[str, Any]) -> None:
            self.controls[axis].value = control.values[change["new"]]

        play.observe(follow, names="value")
        return widgets.HBox([self.controls[axis], play])

    def _buttons(self) -> widgets.Widget:
        reset = widgets.Button(description="Reset")
        pin = widgets.ToggleButton(description="Pin", tooltip="Keep the present curve to compare")
        reset.on_click(lambda button: self.set(self.explorer.live_defaults))

        def keep(change: dict[str, Any]) -> None:
            self._ghosts = pinned(self._shown) if change["new"] else ()
            self._show()

        pin.observe(keep, names="value")
        return widgets.HBox([reset, pin])

    def _watch_picks(self) -> None:
        meta = self._shown.layout.meta
        pick = meta.get("pick") if isinstance(meta, dict) else None
        for trace in self.figure.data:
            trace.on_click(_picker(self.explorer, pick) if pick else None)


def _picker(explorer: Explorer, pick: dict[str, Any] | list[dict[str, Any]]) -> Callable[..., None]:
    def picked(trace: Any, points: Any, selector: Any) -> None:
        if not points.point_inds:
            return
        at = {"x": points.xs[0], "y": points.ys[0]}
        for target in pick if isinstance(pick, list | tuple) else [pick]:
            for face in list(_faces[target.get("explorer", explorer.name)]):
                clicked = {axis: at[source] for axis, source in target["set"].items()}
                face.set(clicked | target.get("fixed", {}))

    return picked


def _is_short_of_memory(error: Exception) -> bool:
    words = str(error)
    return isinstance(error, MemoryError) or "out of memory" in words or "ALLOC_FAILED" in words


def _for_the_reader(told: Sequence[warnings.WarningMessage]) -> list[str]:
    """Return what a function warned of in words of its own, and pass on the rest."""
    for one in told:
        if one.category is not UserWarning:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return [str(one.message) for one in told if one.category is UserWarning]
