"""A torch function that a page runs, and the figure of what it returns."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from torch import Tensor

from trainability.programs.figure import filled
from trainability.programs.settings import defaults_of, seeded, signature_of

if TYPE_CHECKING:
    from trainability.programs.plan import Plan


@dataclass(frozen=True, eq=False)
class Program:
    """A pure torch function with its figure, computed alike by torch and by a page.

    Calling it with settings returns the figure, so that it can be explored as a function is.

    Parameters
    ----------
    function : callable
        Takes settings by name, and ``generator`` where it draws; returns named tensors. See
        :func:`trainability.programs.tracing.trace` for what it may do.
    figure : mapping
        Plotly's plain data with marks for numbers; see :mod:`trainability.programs.figure`. It
        may name outputs of ``function`` and settings.
    read : callable, optional
        Takes the outputs and returns further named tensors, for the figure alone: what the
        reading rests on.

    Notes
    -----
    A setting that starts at a table, a float64 tensor with a row for each example, may be replaced
    by the reader.

    Examples
    --------
    >>> import torch
    >>> def line(slope=1.0, points=3):
    ...     x = torch.arange(points) / (points - 1)
    ...     return {"x": x, "y": slope * x}
    >>> trace = {"type": "scatter", "x": {"$": "x"}, "y": {"$": "y"}}
    >>> words = {"meta": {"summary": {"$text": "A line of slope {slope}."}}}
    >>> program = Program(line, {"data": [trace], "layout": words})
    >>> program.numbers(slope=2.0)["y"]
    tensor([0., 1., 2.])
    >>> program(slope=2.0)["layout"]["meta"]["summary"]
    'A line of slope 2.'
    """

    function: Callable[..., Mapping[str, Tensor]]
    figure: Mapping[str, Any]
    read: Callable[..., Mapping[str, Tensor]] | None = None

    @property
    def __name__(self) -> str:
        return self.function.__name__

    @cached_property
    def __signature__(self) -> inspect.Signature:
        """The settings: those of the function, with ``seed`` where it draws."""
        return signature_of(self.function)

    @property
    def defaults(self) -> dict[str, Any]:
        """The value of each setting where none is given."""
        return defaults_of(self.__signature__)

    def numbers(self, **settings: Any) -> dict[str, Tensor]:
        """Return the function's named tensors for these settings, computed by torch.

        Parameters
        ----------
        **settings
            By name; those left out keep their defaults. ``seed`` seeds the generator.
        """
        return dict(self.function(**seeded(self.defaults | settings)))

    def __call__(self, **settings: Any) -> dict[str, Any]:
        """Return the figure for these settings, as plain data."""
        settings = self.defaults | settings
        outputs = self.numbers(**settings)
        if self.read is not None:
            outputs.update(self.read(**outputs))
        figure: dict[str, Any] = filled(self.figure, settings | outputs)
        return figure

    def plan(
        self,
        sizes: Mapping[str, tuple[int, int]],
        numbers: Mapping[str, tuple[float, float]],
        tables: Mapping[str, tuple[int, int, int]],
        **choices: Any,
    ) -> Plan:
        """Record the function, and what the figure reads of it, as a plan.

        The arguments are those of :func:`trainability.programs.tracing.trace`.
        """
        from trainability.programs.tracing import trace  # seconds, which only a build needs

        read = self.read

        @functools.wraps(self.function)
        def whole(**given: Any) -> Mapping[str, Tensor]:
            outputs = dict(self.function(**given))
            return {**outputs, **(read(**outputs) if read is not None else {})}

        return trace(whole, sizes=sizes, numbers=numbers, tables=tables, **choices)

    def plans(
        self,
        sizes: Mapping[str, tuple[int, int]],
        numbers: Mapping[str, tuple[float, float]],
        tables: Mapping[str, tuple[int, int, int]],
        choices: Mapping[str, Mapping[str, Any]],
    ) -> Iterator[tuple[tuple[str, ...], Plan]]:
        """Record one plan for each way to choose, with the labels chosen."""
        for labels, chosen in ways(choices):
            yield labels, self.plan(sizes, numbers, tables, **chosen)


def ways(
    choices: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield every way to choose: the labels, and the values by setting."""
    for labels in itertools.product(*choices.values()):
        chosen = zip(choices.items(), labels, strict=True)
        yield labels, {name: values[label] for (name, values), label in chosen}
