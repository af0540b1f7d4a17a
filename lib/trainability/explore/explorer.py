"""A function, the values to try, and the figures it draws for them."""

import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import numpy as np
import plotly.graph_objects as go

from trainability.explore.control import Control
from trainability.explore.controls import MOST_EXAMPLES
from trainability.explore.document import (
    Path,
    attributes,
    leaves,
    plain,
    revive,
    to_json,
    without_template,
)
from trainability.explore.payload import encode, pack, packed_figure
from trainability.explore.precision import Precision, digits

FigureLike: TypeAlias = go.Figure | Mapping[str, Any]
MOST_POINTS = 20_000
MOST_BYTES = 2_000_000


@dataclass(frozen=True, eq=False)
class Explorer:
    """What :func:`trainability.explore.explore` returns; showing it shows the figure.

    Attributes
    ----------
    function : callable
        Called with one value an axis; returns a plotly figure.
    name : str
        Unique on the page; the address of a state begins with it.
    controls : mapping of str to Control
        The axes, in the order of their controls.
    labels : mapping of str to str
        The axes in the reader's words.
    start : mapping of str to int
        Position of each axis's default.
    batch : str or None
        The axis that ``function`` takes whole.
    precision : Precision, mapping or None
        How finely numbers travel to the page.
    link : str or None
        Explorers of one link move the axes that they share together.
    live_controls, live_start
        The controls that a kernel shows, and where they start: these axes and perhaps more.
    show : callable
        Called with this explorer where a notebook shows it.
    """

    function: Callable[..., Any]
    name: str
    controls: Mapping[str, Control]
    labels: Mapping[str, str]
    start: Mapping[str, int]
    batch: str | None = None
    precision: Precision | Mapping[str, Precision] | None = None
    link: str | None = None
    live_controls: Mapping[str, Control] = field(default_factory=dict)
    live_start: Mapping[str, int] = field(default_factory=dict)
    show: Callable[["Explorer"], None] | None = field(default=None, repr=False)
    source: ClassVar[str] = "grid"

    @property
    def defaults(self) -> dict[str, Any]:
        """The value of each axis before a reader moves anything."""
        return {axis: self.controls[axis].at(i) for axis, i in self.start.items()}

    def figure(self, **state: Any) -> go.Figure:
        """Call the function for one state; axes left out keep their defaults.

        Raises
        ------
        TypeError, ValueError
            For an unknown axis, and where the function returns no figure or a figure
            without a reading.
        """
        for axis in state:
            if axis not in self.live_controls:
                known = ", ".join(self.live_controls)
                raise TypeError(f"{axis!r} is no axis of {self.name}: {known}")
        arguments = self.defaults | state
        if self.batch is None:
            return go.Figure(self._checked(self.function(**arguments)))
        arguments[self.batch] = (arguments[self.batch],)
        return go.Figure(self._checked_batch(self.function(**arguments), 1)[0])

    @cached_property
    def default_figure(self) -> go.Figure:
        """The figure of the defaults."""
        return self.figure()

    @cached_property
    def payload(self) -> dict[str, Any]:
        """Every figure of the grid, packed for the page.

        Raises
        ------
        ValueError
            When the grid or its packed size is beyond what a page should carry, or
            when an axis changes nothing.
        """
        shape = [len(control) for control in self.controls.values()]
        counts = " × ".join(f"{n} {axis}" for axis, n in zip(self.controls, shape, strict=True))
        total = math.prod(shape)
        if total > MOST_POINTS:
            raise ValueError(
                f"{self.name} has {total:,} grid points ({counts}), more than {MOST_POINTS:,}; "
                "give the longest axis fewer values or drop one"
            )
        position = self._position(self.start)
        self._check_that_axes_move(position)
        packed = pack(self._grid, position, self.precision)
        size = len(to_json(packed))
        if size > MOST_BYTES:
            raise ValueError(
                f"{self.name} packs {total:,} grid points ({counts}) into {size:,} bytes, more "
                f"than {MOST_BYTES:,}; use fewer values, shorter traces, or declare a coarser "
                "precision such as precision=relative(0.001)"
            )
        return self.settings(self.controls, self.start) | packed

    def settings(self, controls: Mapping[str, Control], start: Mapping[str, int]) -> dict[str, Any]:
        """Return what a view knows before it has a figure."""
        axes = [
            {
                "name": axis,
                "label": self.labels[axis],
                "kind": control.kind,
                "labels": control.labels,
                "values": plain([float(v) for v in control.values]) if control.numeric else None,
                "scale": control.scale,
                "start": start[axis],
                **_tables(control),
            }
            for axis, control in controls.items()
        ]
        digits_shown = digits(self.precision)
        return {"name": self.name, "axes": axes, "link": self.link, "digits": digits_shown}

    def document(self, figure: go.Figure) -> dict[str, Any]:
        """Return a figure as data for a view, its numbers as fine as the page has them."""
        return packed_figure(leaves(figure), self.precision)

    def _ipython_display_(self) -> None:
        if self.show is not None:
            self.show(self)

    def readings(self, **near: Any) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
        """Return (state, ``meta`` of the figure) for every point of the grid.

        Parameters
        ----------
        **near
            Values of axes around which to look, where there are too many states to see all.
        """
        states = itertools.product(*(control.values for control in self.controls.values()))
        return [
            (dict(zip(self.controls, state, strict=True)), _meta(point))
            for state, point in zip(states, self._grid, strict=True)
        ]

    @cached_property
    def _kinds(self) -> set[Hashable]:
        """The sets of attributes that plotly has checked."""
        return set()

    @cached_property
    def _grid(self) -> list[dict[Path, Any]]:
        """The leaves of every figure: a tenth of the memory of the figures themselves."""
        with without_template():
            return self._figures_as_leaves()

    def _figures_as_leaves(self) -> list[dict[Path, Any]]:
        axes = list(self.controls)
        by_place: dict[tuple[int, ...], dict[Path, Any]] = {}
        points = [range(len(self.controls[axis])) for axis in axes if axis != self.batch]
        for point in itertools.product(*points):
            places = iter(point)
            state = {
                axis: control.values if axis == self.batch else control.values[next(places)]
                for axis, control in self.controls.items()
            }
            result = self.function(**state)
            if self.batch is None:
                by_place[point] = leaves(self._checked(result))
                continue
            at = axes.index(self.batch)
            made = self._checked_batch(result, len(self.controls[self.batch]))
            for i, figure in enumerate(made):
                by_place[(*point[:at], i, *point[at:])] = leaves(figure)
        return [by_place[point] for point in sorted(by_place)]

    def _position(self, place: Mapping[str, int]) -> int:
        position = 0
        for axis, control in self.controls.items():
            position = position * len(control) + place[axis]
        return position

    def _check_that_axes_move(self, position: int) -> None:
        still = self._comparable(self._grid[position])
        for axis, control in self.controls.items():
            at = self.start[axis]
            moved = range(len(control)) if control.kind == "select" else (at - 1, at + 1)
            for other in moved:
                if other == at or not 0 <= other < len(control):
                    continue
                neighbor = self._grid[self._position({**self.start, axis: other})]
                if self._comparable(neighbor) == still:
                    raise ValueError(
                        f"{self.name}: moving {axis} from {control.labels[at]} to "
                        f"{control.labels[other]} changes nothing in the figure"
                    )

    def _comparable(self, point: Mapping[Path, Any]) -> dict[Path, Any]:
        """Data, title and annotations, to the precision that the page gets."""
        kept = ("title", "annotations")
        return {
            path: encode(path, leaf, self.precision)[1].tobytes()
            if isinstance(leaf, np.ndarray)
            else leaf
            for path, leaf in point.items()
            if path[0] == "data" or path[1] in kept
        }

    def _checked_batch(self, result: Any, count: int) -> list[FigureLike]:
        if isinstance(result, go.Figure) or not isinstance(result, Sequence):
            raise TypeError(
                f"{self.name}: with batch={self.batch!r} the function must return a list of "
                f"figures, one a value, not {type(result).__name__}"
            )
        if len(result) != count:
            raise ValueError(
                f"{self.name}: the function returned {len(result)} figures for {count} values "
                f"of {self.batch}"
            )
        return [self._checked(figure) for figure in result]

    def _checked(self, result: Any) -> FigureLike:
        called = name_of(self.function)
        plain_data = isinstance(result, Mapping) and set(result) == {"data", "layout"}
        if not isinstance(result, go.Figure) and not plain_data:
            raise TypeError(
                f"{self.name}: {called} returned {type(result).__name__}, not a plotly figure"
            )
        if plain_data and (kind := attributes(result)) not in self._kinds:
            go.Figure(result)  # plotly names what it does not know
            self._kinds.add(kind)
        meta = result["layout"].get("meta") if plain_data else result.layout.meta
        summary = meta.get("summary") if isinstance(meta, Mapping) else None
        if not isinstance(summary, str) or not summary.strip() or "\n" in summary:
            raise ValueError(
                f"{self.name}: {called} must leave a one-sentence reading of its figure in "
                'fig.layout.meta["summary"]'
            )
        checked: FigureLike = result
        return checked


def _meta(point: Mapping[Path, Any]) -> dict[str, Any]:
    return {
        str(path[2]): revive(leaf)
        for path, leaf in point.items()
        if path[:2] == ("layout", "meta") and len(path) == 3
    }


def _tables(control: Control) -> dict[str, Any]:
    if control.kind != "examples":
        return {}
    tables = [table.tolist() for table in control.values]
    return {"tables": tables, "classes": list(control.classes), "most": MOST_EXAMPLES}


def name_of(function: Callable[..., Any]) -> str:
    """Return what error messages call a function; a partial one has no name."""
    return getattr(function, "__name__", "the function")
