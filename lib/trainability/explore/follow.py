"""What follows an explorer: sentences that show its state, and goals that judge it."""

from __future__ import annotations

import numbers
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from trainability.explore.control import is_same
from trainability.explore.document import plain, to_json
from trainability.explore.explorer import Explorer
from trainability.explore.faces import front_end, show_html
from trainability.explore.question_markup import hints_html, rich
from trainability.explore.questions import Reply

_FIELD = re.compile(r"\{([A-Za-z][\w-]*)\.(\w+)\}")
_WAITING = "Not yet."


class _Follower(ABC):
    """What the page's script keeps up to date as readers move explorers."""

    @abstractmethod
    def html(self) -> str:
        """Return the text at the explorers' defaults as HTML."""

    def _ipython_display_(self) -> None:
        show_html(self.html())


class BoundText(_Follower):
    """What :func:`bound_text` returns."""

    def __init__(self, template: str, explorers: Mapping[str, Explorer]) -> None:
        self.explorers = explorers
        self.template = template
        for name, key in _FIELD.findall(template):
            self._value(name, key)

    def html(self) -> str:
        """Return the sentence, its bound words in spans that the page keeps up to date."""
        pieces, at = [], 0
        for match in _FIELD.finditer(self.template):
            name, key = match.groups()
            pieces.append(escape(self.template[at : match.start()]))
            text = escape(self._value(name, key))
            pieces.append(f'<span data-bind="{escape(name)}.{escape(key)}">{text}</span>')
            at = match.end()
        pieces.append(escape(self.template[at:]))
        return f'<p class="explorer-text">{"".join(pieces)}</p>'

    def _value(self, name: str, key: str) -> str:
        if name not in self.explorers:
            raise ValueError(f"template names {name!r}; pass that explorer too")
        explorer = self.explorers[name]
        if key in explorer.controls:
            return explorer.controls[key].label(explorer.start[key])
        meta = explorer.default_figure.layout.meta
        if key not in meta:
            raise ValueError(
                f"template names {name}.{key}: neither an axis nor a reading of {name}"
            )
        value = meta[key]
        return f"{value:.3g}" if isinstance(value, float) else str(value)


class Goal(_Follower):
    """What :func:`goal` returns."""

    def __init__(
        self,
        prompt: str,
        explorer: Explorer,
        when: Mapping[str, Any],
        hints: Sequence[str] = (),
        solution: Mapping[str, Any] | None = None,
    ) -> None:
        self.hints = tuple(hints)
        self.solution = solution
        self.prompt = prompt
        self.explorer = explorer
        self.when = dict(when)

    def reached(self, state: Mapping[str, Any], meta: Mapping[str, Any]) -> bool:
        """Whether the state and the figure's readings satisfy every condition."""
        return all(
            _within(state[key] if key in state else meta.get(key), wanted)
            for key, wanted in self.when.items()
        )

    def check(self, answer: Mapping[str, Any]) -> Reply:
        """Judge a state of the explorer; axes left out keep their defaults."""
        figure = self.explorer.figure(**answer)
        meta = figure.layout.meta
        if self.reached(self.explorer.defaults | dict(answer), meta):
            return Reply(True, f"Reached. {meta['summary']}")
        return Reply(False, f"{_WAITING} {meta['summary']}")

    def validate(self) -> None:
        """Raise ``ValueError`` if the start reaches the goal, or the solution or no state does."""
        meta = self.explorer.default_figure.layout.meta
        if self.reached(self.explorer.defaults, meta):
            raise ValueError(f"goal {self.prompt!r} is reached before the reader moves anything")
        if self.solution is not None:
            if not self.check(self.solution).right:
                raise ValueError(f"goal {self.prompt!r} is not reached by its solution")
            return
        axes = self.explorer.controls.keys() & self.when.keys()
        near = {axis: self.when[axis] for axis in axes if not isinstance(self.when[axis], tuple)}
        if not any(self.reached(state, meta) for state, meta in self.explorer.readings(**near)):
            raise ValueError(f"goal {self.prompt!r} is reached nowhere on the grid")

    def html(self) -> str:
        """Return the prompt, the verdict on the defaults, and the hints."""
        name = self.explorer.name
        when = {key: self._written(key, wanted) for key, wanted in self.when.items()}
        data = escape(to_json(plain({"explorer": name, "when": when})))
        return (
            f'<div class="explorer-goal" data-goal="{data}"><p><strong>Goal.</strong> '
            f'{rich(self.prompt)}</p><p role="status">{_WAITING}</p></div>{hints_html(self.hints)}'
        )

    def _written(self, key: str, wanted: Any) -> Any:
        """Return a condition as the page compares it: menus and switches by label."""
        control = self.explorer.controls.get(key)
        if isinstance(wanted, tuple):
            return list(wanted)
        if control is None or control.numeric:
            return wanted
        return control.labels[control.position(wanted)]

    def _ipython_display_(self) -> None:
        if front_end() in ("book", "page"):
            self.validate()
        super()._ipython_display_()


class Presets(_Follower):
    """What :func:`presets` returns."""

    def __init__(
        self, explorer: Explorer, states: Mapping[str, Mapping[str, Any]], keep_rest: bool
    ) -> None:
        self.explorer, self.keep_rest = explorer, keep_rest
        free = {
            axis
            for axis, control in explorer.controls.items()
            if keep_rest or control.kind == "number"
        }
        self.states = {
            words: {
                axis: control.label(control.position(given.get(axis, explorer.defaults[axis])))
                for axis, control in explorer.controls.items()
                if axis in given or axis not in free
            }
            for words, given in states.items()
        }

    def html(self) -> str:
        """Return a button for each state, which the page's script brings to life."""
        buttons = "".join(
            f'<button type="button" disabled data-values="{escape(to_json(state))}">'
            f"{escape(words)}</button>"
            for words, state in self.states.items()
        )
        name = escape(self.explorer.name)
        keeps = " data-keep-rest" if self.keep_rest else ""
        return (
            f'<div class="explorer-presets" data-presets="{name}"{keeps} role="group" '
            f'aria-label="States to begin from">{buttons}</div>'
        )


def presets(
    explorer: Explorer, states: Mapping[str, Mapping[str, Any]], *, keep_rest: bool = False
) -> Presets:
    """Offer states of an explorer as buttons, above or below it.

    A run begins anew with them.

    Parameters
    ----------
    explorer : Explorer
        Where they are set.
    states : mapping of str to mapping
        For each button its words, and values by axis. Axes left out go back to their start, but
        a seed stays as it is.
    keep_rest : bool
        Leave the axes left out as they are, and let a run go on from where it stands.

    Raises
    ------
    ValueError
        For an axis that the explorer has not, or a value that it cannot take.

    Examples
    --------
    >>> import plotly.graph_objects as go
    >>> from trainability.explore import explore
    >>> def line(slope=2):
    ...     figure = go.Figure(go.Scatter(x=[0, 1], y=[0, slope]))
    ...     return figure.update_layout(meta={"summary": f"The line rises by {slope}."})
    >>> presets(explore(line, slope=[1, 2, 3]), {"steep": {"slope": 3}}).states
    {'steep': {'slope': '3'}}
    """
    for words, given in states.items():
        if unknown := sorted(given.keys() - explorer.controls.keys()):
            known = ", ".join(explorer.controls)
            raise ValueError(f"preset {words!r} sets {unknown[0]!r}, which is none of {known}")
    return Presets(explorer, states, keep_rest)


def bound_text(template: str, *explorers: Explorer) -> BoundText:
    """Write a sentence that shows values and readings of explorers and follows them.

    Parameters
    ----------
    template : str
        Plain text with fields ``{name.axis}`` or ``{name.reading}``, where a reading is
        an entry of the figure's ``meta`` such as ``summary``.
    *explorers : Explorer
        Those that the template names.

    Raises
    ------
    ValueError
        For a field that no explorer has.

    Examples
    --------
    >>> import plotly.graph_objects as go
    >>> from trainability.explore import explore
    >>> def line(slope=2):
    ...     figure = go.Figure(go.Scatter(x=[0, 1], y=[0, slope]))
    ...     return figure.update_layout(meta={"summary": f"The line rises by {slope}."})
    >>> lines = explore(line, slope=[1, 2, 3])
    >>> bound_text("At {line.slope}: {line.summary}", lines).html()[25:67]
    'At <span data-bind="line.slope">2</span>: '
    """
    return BoundText(template, {explorer.name: explorer for explorer in explorers})


def goal(
    prompt: str,
    explorer: Explorer,
    when: Mapping[str, Any],
    *,
    hints: Sequence[str] = (),
    solution: Mapping[str, Any] | None = None,
) -> Goal:
    """Ask the reader for a state of an explorer, and judge it in the page.

    Parameters
    ----------
    prompt : str
        What to reach, in words.
    explorer : Explorer
        Where.
    when : mapping
        Conditions that hold together: an axis or a reading, and the value it must have
        or a (low, high) pair it must lie between.
    hints : sequence of str
        From the gentlest to the plainest.
    solution : mapping, optional
        A state that reaches the goal, ``step`` and ``until`` among it where the reader trains; see
        :meth:`trainability.programs.Run.run`. Without one, a state is searched for on the grid.

    Raises
    ------
    ValueError
        For an unknown axis or reading. When shown in a page also if the solution or no state
        reaches the goal, or the start already does.
    """
    known = {*explorer.controls, *explorer.default_figure.layout.meta}
    for key in when:
        if key not in known:
            raise ValueError(f"when names {key!r}, which is neither an axis nor a reading")
    exact = {
        key: explorer.controls[key].values[explorer.controls[key].position(wanted)]
        if key in explorer.controls and not isinstance(wanted, tuple)
        else wanted
        for key, wanted in when.items()
    }
    return Goal(prompt, explorer, exact, hints, solution)


def _within(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, tuple):
        return is_same(value, wanted)
    return isinstance(value, numbers.Real) and wanted[0] <= value <= wanted[1]
