"""Joining a function, its controls and its options, or saying what does not fit."""

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from trainability.explore.control import Control
from trainability.explore.controls import as_control
from trainability.explore.explorer import Explorer, name_of
from trainability.explore.faces import show_explorer
from trainability.explore.precision import Precision
from trainability.explore.program_explorer import ProgramExplorer
from trainability.explore.run_explorer import RunExplorer
from trainability.programs import Program, Run

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")


def build_explorer(
    function: Callable[..., Any],
    controls: Mapping[str, Control],
    *,
    name: str | None = None,
    labels: Mapping[str, str] | None = None,
    batch: str | None = None,
    precision: Precision | Mapping[str, Precision] | None = None,
    link: str | None = None,
    live: Mapping[str, Any] | None = None,
) -> Explorer:
    """Check that ``function``, its controls and its options fit, and join them."""
    if not callable(function):
        raise TypeError(f"function must be callable, not {type(function).__name__}")
    name = getattr(function, "__name__", None) if name is None else name
    if not isinstance(name, str) or not NAME.match(name):
        raise ValueError(f"name={name!r} must be letters, digits, - and _, a letter first")
    if not controls:
        raise ValueError(f"{name} has no axis; pass at least one, as in depth=[5, 10, 20]")
    if batch is not None and (not isinstance(batch, str) or batch not in controls):
        raise ValueError(f"batch={batch!r} is none of the axes {', '.join(controls)}")
    if link is not None and (not isinstance(link, str) or not NAME.match(link)):
        raise ValueError(f"link={link!r} must be letters, digits, - and _, a letter first")
    live = _live_controls({} if live is None else live, controls)
    everything = {**controls, **live}
    labels = _checked_labels({} if labels is None else labels, everything)
    _check_precision(precision)
    spoken = {axis: labels.get(axis, axis.replace("_", " ")) for axis in everything}
    start = _start(function, controls)
    live_start = _start(function, everything, first_for_none=live.keys() - controls.keys())
    return _kind(function)(
        function,
        name,
        dict(controls),
        spoken,
        start,
        batch,
        precision,
        link,
        live_controls=everything,
        live_start=live_start,
        show=show_explorer,
    )


def _kind(function: Callable[..., Any]) -> type[Explorer]:
    if isinstance(function, Run):
        return RunExplorer
    return ProgramExplorer if isinstance(function, Program) else Explorer


def _live_controls(live: Any, controls: Mapping[str, Control]) -> dict[str, Control]:
    """Return the controls that only a kernel shows; more values of an axis keep its own."""
    if not isinstance(live, Mapping):
        raise TypeError(f"live={live!r} must be a mapping of axes to values")
    offered = {axis: as_control(axis, values, least=1) for axis, values in live.items()}
    for axis in offered.keys() & controls.keys():
        missing = [value for value in controls[axis].values if value not in offered[axis].values]
        if missing or offered[axis].scale != controls[axis].scale:
            raise ValueError(f"live: {axis} must keep the published values, and lacks {missing}")
    return offered


def _checked_labels(labels: Any, controls: Mapping[str, Control]) -> dict[str, str]:
    if not isinstance(labels, Mapping):
        raise TypeError(f"labels={labels!r} must be a mapping of axes to words")
    for axis, words in labels.items():
        if axis not in controls:
            raise ValueError(f"labels names {axis!r}, which is none of {', '.join(controls)}")
        if not isinstance(words, str) or not words.strip():
            raise TypeError(f"labels[{axis!r}]={words!r} must be words")
    return dict(labels)


def _check_precision(precision: Any) -> None:
    parts = precision.values() if isinstance(precision, Mapping) else [precision]
    for part in parts:
        if part is not None and not isinstance(part, Precision):
            raise TypeError(f"precision={part!r} must come from absolute(…) or relative(…)")


def _start(
    function: Callable[..., Any],
    controls: Mapping[str, Control],
    first_for_none: Collection[str] = (),
) -> dict[str, int]:
    parameters = inspect.signature(function).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for axis in controls:
        if axis not in parameters and not takes_any:
            called = f"{name_of(function)}({', '.join(parameters)})"
            raise TypeError(f"{axis} is no argument of {called}")
    start = {}
    for axis, control in controls.items():
        default = parameters[axis].default if axis in parameters else inspect.Parameter.empty
        if axis in first_for_none and default is None:
            default = control.values[0]
        if default is inspect.Parameter.empty:
            start[axis] = len(control) // 2 if control.scale else 0
            continue
        try:
            start[axis] = control.position(default)
        except ValueError as error:
            raise ValueError(f"{axis}: its default {error}") from None
    for parameter in parameters.values():
        optional = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not optional and parameter.name not in controls:
            raise TypeError(f"{parameter.name} has no values: {name_of(function)} needs it")
    return start
