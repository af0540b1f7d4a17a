"""A training run that a page makes: a start, a step, and the figure of a state."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from trainability.programs.figure import filled
from trainability.programs.program import ways
from trainability.programs.settings import (
    defaults_of,
    named_in,
    seeded,
    signature_of,
)

if TYPE_CHECKING:
    from trainability.programs.plan import RunPlan

State = Mapping[str, Tensor]
Changes = Sequence[tuple[int, str, Any]]
MOST_DRAWN = 400


def nothing(state: State) -> dict[str, Tensor]:
    """Read nothing further of a state."""
    return {}


def thinned(steps: int) -> Tensor:
    """Return which of so many steps a figure shows: all, or every second, fourth, ….

    At most 400, and the last.

    Examples
    --------
    >>> thinned(3).tolist(), thinned(1000)[:3].tolist(), len(thinned(1000))
    ([0, 1, 2], [0, 4, 8], 251)
    """
    stride = 1
    while steps > MOST_DRAWN * stride:
        stride *= 2
    shown = torch.arange(0, steps, stride)
    last = torch.tensor([steps - 1])
    return shown if steps == 0 or shown[-1] == last else torch.cat([shown, last])


@dataclass(frozen=True, eq=False)
class Run:
    """A start and a step with their figure, computed alike by torch and by a page.

    Parameters
    ----------
    init : callable
        Takes settings by name, and ``generator`` where it draws; returns the state, named
        tensors.
    step : callable
        Takes the state, then settings by name, ``generator`` and ``step``, the number of steps
        before this one. Returns the next state, and what is kept of this step: one number each,
        by name.
    figure : mapping
        Plotly's plain data with marks for numbers; see :mod:`trainability.programs.figure`. It
        may name settings, ``step`` (their count so far), the state, what was kept (an array,
        see :func:`thinned`) and ``steps`` (the steps that it is of), and what ``read`` returns.
    read : callable, optional
        Takes the state, settings and ``step``; returns further named tensors.
    restart : tuple of str
        Settings that begin a run anew besides those that ``init`` takes. The others act at once.

    Notes
    -----
    All three are pure, as :func:`trainability.programs.tracing.trace` says. A setting that starts
    at a table, a float64 tensor with a row for each example, may be replaced by the reader; it
    begins the run anew.

    Examples
    --------
    Gradient descent on x²:

    >>> run = Run(
    ...     init=lambda x=1.0: {"x": torch.full((), 1.0) * x},
    ...     step=lambda state, lr=0.25: (
    ...         {"x": state["x"] - lr * 2 * state["x"]},
    ...         {"loss": state["x"] ** 2},
    ...     ),
    ...     figure={
    ...         "data": [{"type": "scatter", "y": {"$": "loss"}}],
    ...         "layout": {"meta": {"summary": {"$text": "Step {step}: x is {x:3}."}}},
    ...     },
    ... )
    >>> run.run(3)["loss"]
    tensor([1.0000, 0.2500, 0.0625])
    >>> run(step=3)["layout"]["meta"]["summary"]
    'Step 3: x is 0.125.'
    """

    init: Callable[..., State]
    step: Callable[..., tuple[State, Mapping[str, Tensor]]]
    figure: Mapping[str, Any]
    read: Callable[..., Mapping[str, Tensor]] = nothing
    restart: tuple[str, ...] = ()

    @property
    def __name__(self) -> str:
        return self.step.__name__

    @cached_property
    def __signature__(self) -> inspect.Signature:
        """The settings of all three, with ``seed`` where one draws."""
        return signature_of(self.init, self.step, self.read, leave_out=("state", "step"))

    @property
    def defaults(self) -> dict[str, Any]:
        """The value of each setting where none is given."""
        return defaults_of(self.__signature__)

    @property
    def tables(self) -> dict[str, Tensor]:
        """The settings that are tables of examples, and where they start."""
        return {name: value for name, value in self.defaults.items() if isinstance(value, Tensor)}

    @property
    def begins_anew(self) -> list[str]:
        """The settings that begin a run anew."""
        first = {*inspect.signature(self.init).parameters, *self.restart, *self.tables, "seed"}
        return [name for name in self.__signature__.parameters if name in first]

    def run(self, steps: int, *, until: Changes = (), **settings: Any) -> dict[str, Tensor]:
        """Make so many steps, computed by torch.

        Parameters
        ----------
        steps : int
            At least 0.
        until : sequence of (int, str, value)
            What was changed on the way, as a page's link tells it: up to that step the setting
            had this value. Only settings that act at once can change.
        **settings
            By name; those left out keep their defaults. ``seed`` seeds the generator.

        Returns
        -------
        dict
            The state by name, what was kept of each step, shape (steps,), and what ``read``
            returns.

        Raises
        ------
        ValueError
            For a change of a setting that begins a run anew, or that there is not.
        """
        state, histories, read = self._made(steps, self.defaults | settings, until)
        return {**state, **histories, **read}

    def __call__(self, step: int = 0, *, until: Changes = (), **settings: Any) -> dict[str, Any]:
        """Return the figure after so many steps, as plain data; see :meth:`run`."""
        settings = self.defaults | settings
        state, histories, read = self._made(step, settings, until)
        shown = thinned(step)
        drawn = {name: history[shown] for name, history in histories.items()}
        counts = {"step": step, "steps": shown}
        figure: dict[str, Any] = filled(
            self.figure, {**settings, **counts, **state, **drawn, **read}
        )
        return figure

    def _made(
        self, steps: int, settings: Mapping[str, Any], until: Changes = ()
    ) -> tuple[State, dict[str, Tensor], Mapping[str, Tensor]]:
        """The state after so many steps, what each kept, and what is read then."""
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
            raise ValueError(f"steps={steps!r} must be a whole number of at least 0")
        for _, name, _ in until:
            if name not in self.defaults or name in self.begins_anew:
                free = ", ".join(name for name in self.defaults if name not in self.begins_anew)
                raise ValueError(f"until names {name!r}; on the way may change: {free}")
        given = seeded(settings)
        state: State = self.init(**named_in(self.init, given))
        kept: list[Mapping[str, Tensor]] = []
        for step in range(max(steps, 1)):
            given["step"] = step
            # The first change still to come tells what holds before it.
            later = sorted((each for each in until if each[0] > step), key=lambda each: -each[0])
            then = given | {name: value for _, name, value in later}
            following, each = self.step(dict(state), **named_in(self.step, then))
            kept.append(each)
            state = following if step < steps else state  # of none the first tells the names
        histories = {name: torch.stack([each[name] for each in kept])[:steps] for name in kept[0]}
        given["step"] = steps
        return state, histories, self.read(dict(state), **named_in(self.read, given))

    def plan(
        self,
        sizes: Mapping[str, tuple[int, int]],
        numbers: Mapping[str, tuple[float, float]],
        tables: Mapping[str, tuple[int, int, int]],
        **choices: Any,
    ) -> RunPlan:
        """Record the three functions as a plan.

        The arguments are those of :func:`trainability.programs.tracing.trace_run`.
        """
        from trainability.programs.tracing import trace_run  # seconds, which only a build needs

        return trace_run(
            self.init, self.step, self.read, sizes=sizes, numbers=numbers, tables=tables, **choices
        )

    def plans(
        self,
        sizes: Mapping[str, tuple[int, int]],
        numbers: Mapping[str, tuple[float, float]],
        tables: Mapping[str, tuple[int, int, int]],
        choices: Mapping[str, Mapping[str, Any]],
    ) -> Iterator[tuple[tuple[str, ...], RunPlan]]:
        """Record one plan for each way to choose, with the labels chosen."""
        for labels, chosen in ways(choices):
            yield labels, self.plan(sizes, numbers, tables, **chosen)
