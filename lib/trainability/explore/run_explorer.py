"""An explorer in which a reader trains."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import plotly.graph_objects as go
from torch import Tensor

from trainability.explore.document import leaves, plain
from trainability.explore.explorer import Explorer
from trainability.explore.payload import whole
from trainability.explore.program_explorer import documents, kinds_of_settings
from trainability.programs import Run
from trainability.programs.run import Changes

STEPS_A_SECOND = (10, 100, 1000)
_LOOKED_AT = (100, 1000)


class RunExplorer(Explorer):
    """An explorer of a :class:`trainability.programs.Run`.

    The page carries the run's plans, and the figure of its start. It makes the steps itself, in a
    built book and in a notebook alike.
    """

    source: ClassVar[str] = "program"

    def run(self, steps: int, *, until: Changes = (), **settings: Any) -> dict[str, Tensor]:
        """Make so many steps, computed by torch; see :meth:`trainability.programs.Run.run`.

        Parameters
        ----------
        steps : int
            At least 0.
        until : sequence of (int, str, value)
            Values that settings had up to a step, as in a link of the page.
        **settings
            By axis; those left out keep their defaults.
        """
        return self._run.run(steps, until=until, **self.defaults | settings)

    def numbers(self, **settings: Any) -> dict[str, Tensor]:
        """Return the named tensors of a run that has made no step."""
        return self.run(0, **settings)

    def figure(self, step: int = 0, *, until: Changes = (), **state: Any) -> go.Figure:
        """Return the figure of a state after so many steps; see :meth:`run`."""
        if step == 0:
            return super().figure(**state)
        return go.Figure(self._checked(self._run(step, until=until, **self.defaults | state)))

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The plans of every choice, the figure with its marks, and the figure at the start."""
        kinds = kinds_of_settings(self.controls)
        plans = self._run.plans(kinds.sizes, kinds.numbers, kinds.tables, kinds.choices)
        return self.settings(self.controls, self.start) | {
            "figure": whole(leaves(self.default_figure)),
            "template": plain(self._run.figure),
            "choices": list(kinds.choices),
            "anew": self._run.begins_anew,
            **documents(plans),
        }

    @property
    def _run(self) -> Run:
        assert isinstance(self.function, Run)
        return self.function

    def readings(self, **near: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield (state, ``meta`` of the figure) after 100 and 1,000 steps, for every choice.

        Parameters
        ----------
        **near
            Values of axes to look at, instead of where they start.
        """
        choices: dict[str, Mapping[str, Any]] = kinds_of_settings(self.controls).choices
        free = {axis: values for axis, values in choices.items() if axis not in near}
        for chosen in itertools.product(*(values.values() for values in free.values())):
            state = self.defaults | near | dict(zip(free, chosen, strict=True))
            for steps in _LOOKED_AT:
                yield state | {"step": steps}, dict(self.figure(steps, **state).layout.meta)
