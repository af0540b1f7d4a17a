"""A view whose figures a running kernel computes."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import anywidget
import plotly.graph_objects as go
import torch
import traitlets
from plotly.offline import get_plotlyjs

from trainability.explore.assets import style_sheet, widget_module
from trainability.explore.control import Control
from trainability.explore.controls import examples
from trainability.explore.explorer import Explorer
from trainability.explore.markup import explorer_html, live_html


class _View(anywidget.AnyWidget):
    """A page's view that asks the kernel for plotly.js, once; it is not saved."""

    _esm = widget_module()
    _css = style_sheet()
    html = traitlets.Unicode().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)

    def __init__(self, html: str, settings: Mapping[str, Any]) -> None:
        model_id = uuid4().hex  # the page asks its manager of widgets for the model by this name
        super().__init__(html=html, settings={**settings, "id": model_id}, model_id=model_id)
        self.on_msg(self._receive)

    def _receive(self, widget: object, message: Any, buffers: object) -> None:
        if message["kind"] == "plotly":
            self.send({"id": message["id"]}, buffers=[get_plotlyjs().encode()])


class KernelView(_View):
    """The page's view of an explorer, fed by this kernel.

    The view sends the state that its controls are set to and gets a figure back; it never has
    two requests under way.

    Parameters
    ----------
    explorer : Explorer
        What to show.

    Attributes
    ----------
    first : plotly Figure
        The figure of the defaults.
    """

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.first, answer = self._answer({}, lambda: explorer.default_figure)
        settings = explorer.settings(explorer.live_controls, explorer.live_start)
        html = live_html(explorer, self.first.layout.meta["summary"])
        super().__init__(html, settings | {"answer": answer})

    def answer(self, place: Mapping[str, Any]) -> dict[str, Any]:
        """Compute the figure of a state: a position on each axis, or the reader's own rows.

        Returns
        -------
        dict
            ``figure``, a ``caption`` that says how long it took and where, and ``notes``, what
            the function warned of. Where it fails, ``error`` and a caption that says why.
        """
        begin = time.perf_counter()
        try:
            controls = self.explorer.live_controls
            state = {axis: _value(controls[axis], position) for axis, position in place.items()}
            _, answer = self._answer(state, lambda: self.explorer.figure(**state))
        except (Exception, KeyboardInterrupt) as error:  # an interrupted view must go on, too
            return {"error": True, "caption": f"{type(error).__name__}: {error}"}
        took = f"{(time.perf_counter() - begin) * 1000:.3g} ms"
        return answer | {"caption": answer["caption"].replace("on", f"in {took} on", 1)}

    def _answer(
        self, state: Mapping[str, Any], compute: Callable[[], go.Figure]
    ) -> tuple[go.Figure, dict[str, Any]]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            figure, where = self._where_it_fits(state, compute)
        return figure, {
            "figure": self.explorer.document(figure),
            "caption": f"Computed on {figure.layout.meta.get('device', where)}.",
            "notes": [f"{note}." for note in _for_the_reader(caught)],
        }

    def _where_it_fits(
        self, state: Mapping[str, Any], compute: Callable[[], go.Figure]
    ) -> tuple[go.Figure, str]:
        """Compute, on the last device where the memory of the chosen one runs out."""
        devices = self.explorer.live_controls.get("device")
        if devices is None:
            return compute(), "the kernel's processor"
        start = self.explorer.live_start["device"]
        chosen = devices.labels[devices.position(state.get("device", devices.values[start]))]
        try:
            return compute(), chosen
        except (MemoryError, RuntimeError) as error:
            if not _is_short_of_memory(error) or chosen == devices.labels[-1]:
                raise
        figure = self.explorer.figure(**{**state, "device": devices.values[-1]})
        last = devices.labels[-1]
        warnings.warn(f"The memory of {chosen} ran out: computed on {last}", stacklevel=2)
        return figure, last

    def _receive(self, widget: object, message: Any, buffers: object) -> None:
        super()._receive(widget, message, buffers)
        if message["kind"] == "state":
            self.send(self.answer(message["state"]) | {"id": message["id"]})


class PageView(_View):
    """The page's view of an explorer that computes by itself; the kernel only sends plotly.js.

    Parameters
    ----------
    explorer : Explorer
        What to show.

    Attributes
    ----------
    first : plotly Figure
        The figure of the defaults.
    """

    def __init__(self, explorer: Explorer) -> None:
        self.first = explorer.default_figure
        super().__init__(explorer_html(explorer, addressed=False), {})


def _value(control: Control, place: Any) -> Any:
    if control.kind != "examples" or not isinstance(place, list):
        return control.at(place)
    own = examples({"your table": torch.tensor(place, dtype=torch.float64)}, control.classes)
    return own.values[0]


def _is_short_of_memory(error: Exception) -> bool:
    words = str(error)
    return isinstance(error, MemoryError) or "out of memory" in words or "ALLOC_FAILED" in words


def _for_the_reader(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """Return what a function warned of in words of its own, and pass on the rest."""
    for warning in caught:
        if warning.category is not UserWarning:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    return [str(warning.message) for warning in caught if warning.category is UserWarning]
