"""An explorer whose figures the page computes by itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from torch import Tensor

from trainability.explore.control import Control
from trainability.explore.controls import MOST_EXAMPLES
from trainability.explore.document import leaves, plain
from trainability.explore.explorer import Explorer
from trainability.explore.payload import whole
from trainability.programs import Program
from trainability.programs.plan import Plan


class ProgramExplorer(Explorer):
    """An explorer of a :class:`trainability.programs.Program`.

    The page carries the program's plans, and one figure: what it shows before it has computed.
    """

    source: ClassVar[str] = "program"

    def numbers(self, **settings: Any) -> dict[str, Tensor]:
        """Return the program's named tensors, computed by torch.

        Parameters
        ----------
        **settings
            By axis; those left out keep their defaults.
        """
        return self._program.numbers(**self.defaults | settings)

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The plans of every choice, the figure with its marks, and the figure at the start."""
        kinds = kinds_of_settings(self.controls)
        plans = self._program.plans(kinds.sizes, kinds.numbers, kinds.tables, kinds.choices)
        return self.settings(self.controls, self.start) | {
            "figure": whole(leaves(self.default_figure)),
            "template": plain(self._program.figure),
            "choices": list(kinds.choices),
            **documents(plans),
        }

    @property
    def _program(self) -> Program:
        assert isinstance(self.function, Program)
        return self.function

    def readings(self, **near: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield (state, ``meta`` of the figure) for states around the start.

        Parameters
        ----------
        **near
            Values of axes to look at, instead of where they start. From there each other range
            is gone through by itself, and all of them to their ends together.
        """
        here = self.defaults | near
        ranges = {
            axis: control
            for axis, control in self.controls.items()
            if control.kind == "range" and axis not in near
        }
        swept = [{axis: value} for axis, control in ranges.items() for value in _some(control)]
        ends = [(control.values[0], control.values[-1]) for control in ranges.values()]
        corners = [dict(zip(ranges, corner, strict=True)) for corner in itertools.product(*ends)]
        for moved in (*swept, *corners):
            state = here | moved
            yield state, dict(self.figure(**state).layout.meta)


def documents(plans: Iterable[tuple[tuple[str, ...], Plan]]) -> dict[str, Any]:
    """Return what a payload holds of plans: each by its choices, and once what they hold in common.

    Parameters
    ----------
    plans : iterable of (tuple of str, Plan)
        With the labels chosen.

    Returns
    -------
    dict
        ``constants``, lists of numbers; and ``plans``, whose own ``constants`` are places in it.
    """
    found: dict[tuple[float, ...], int] = {}
    written = {}
    for labels, plan in plans:
        document = plan.document()
        document["constants"] = [
            [place, found.setdefault(tuple(numbers), len(found))]
            for place, numbers in document["constants"]
        ]
        written["\n".join(labels)] = document
    short = [[int(x) if x.is_integer() else x for x in numbers] for numbers in found]
    return {"constants": short, "plans": written}


@dataclass
class Kinds:
    """The settings of a function by what a plan makes of them; see ``trace``."""

    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    numbers: dict[str, tuple[float, float]] = field(default_factory=dict)
    tables: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    choices: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def kinds_of_settings(controls: Mapping[str, Control]) -> Kinds:
    """Tell sizes, other numbers, tables and choices apart by their controls."""
    kinds = Kinds()
    for axis, control in controls.items():
        if control.kind in ("select", "checkbox"):
            kinds.choices[axis] = dict(zip(control.labels, control.values, strict=True))
        elif control.kind == "examples":
            kinds.tables[axis] = (1, MOST_EXAMPLES, control.values[0].shape[1])
        elif control.kind == "range" and _whole(control):
            kinds.sizes[axis] = (control.values[0], control.values[-1])
        elif control.kind == "range":
            kinds.numbers[axis] = (control.values[0], control.values[-1])
    return kinds


def _some(control: Control) -> list[Any]:
    """At most 25 values of a range, evenly spread."""
    last, count = len(control) - 1, min(len(control), 25)
    return [control.values[round(last * k / (count - 1))] for k in range(count)]


def _whole(control: Control) -> bool:
    return all(isinstance(value, int) for value in control.values)
