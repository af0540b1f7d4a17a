"""One axis of an explorer: its values, how they are written, and where each stands."""

import math
import numbers
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Control:
    """One axis of an explorer.

    Attributes
    ----------
    kind : {"range", "select", "checkbox", "number", "examples"}
        The native control that shows it; ``"examples"`` is a menu of tables, and a reader may
        make one of his own.
    values : tuple
        What the function is called with, one value a position. Of a ``"number"``, which is
        typed, the least and the greatest; its positions are the numbers themselves.
    labels : tuple of str
        How each value is written: beside the control, in the address, in the table.
    scale : {"linear", "log"} or None
        How a continuous range is spaced. ``None`` for discrete values: then a live
        kernel offers the listed values only, otherwise everything between them too.
    classes : tuple of float
        Of examples: what their last column may hold.
    """

    kind: Literal["range", "select", "checkbox", "number", "examples"]
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    scale: Literal["linear", "log"] | None = None
    classes: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def numeric(self) -> bool:
        """Whether every value is a number, so that the nearest one can be found."""
        return all(is_number(value) for value in self.values)

    def nearest(self, value: Any) -> int:
        """Return the position of the value closest to ``value``.

        A number goes to the nearest number (by ratio on a logarithmic range). Any
        other value must be one of the values or labels, else ``ValueError``.
        """
        if self.numeric and is_number(value) and math.isfinite(value):
            place = math.log if self.scale == "log" and value > 0 else float
            return min(range(len(self)), key=lambda i: abs(place(self.values[i]) - place(value)))
        for position, (candidate, label) in enumerate(zip(self.values, self.labels, strict=True)):
            if label == value or is_same(candidate, value):
                return position
        raise ValueError(f"{value!r} is not one of {', '.join(self.labels)}")

    def position(self, value: Any) -> int:
        """Return the position of ``value``, and of the nearest only on a continuous range.

        Raises
        ------
        ValueError
            For a value beyond the ends, and for one that a discrete control has not.
        """
        if self.kind == "number":
            return int(self.at(value))
        nearest = self.nearest(value)
        if not self.numeric or not is_number(value):
            return nearest
        inside = self.scale and self.values[0] <= value <= self.values[-1]
        if not inside and not math.isclose(self.values[nearest], value, rel_tol=1e-9):
            raise ValueError(f"{value!r} is not one of {', '.join(self.labels)}")
        return nearest

    def label(self, place: int) -> str:
        """Return how the value at a position is written."""
        return str(place) if self.kind == "number" else self.labels[place]

    def at(self, place: float) -> Any:
        """Return the value at a position; on a continuous range, also between two positions.

        Raises
        ------
        ValueError
            For a position beyond the ends, and for one between two values of a discrete control.

        Examples
        --------
        >>> from trainability.explore.controls import log_range
        >>> log_range(0.01, 100, 21).at(10.5).__round__(3)
        1.259
        """
        if self.kind == "number":
            if not isinstance(place, numbers.Integral) and not float(place).is_integer():
                raise ValueError(f"{place!r} is no whole number")
            if not self.values[0] <= place <= self.values[1]:
                raise ValueError(f"{place!r} is none of {self.values[0]} to {self.values[1]}")
            return int(place)
        if not is_number(place) or not 0 <= place <= len(self) - 1:
            raise ValueError(f"position {place!r} is none of 0 to {len(self) - 1}")
        below = math.floor(place)
        if below == place:
            return self.values[below]
        if self.scale is None:
            raise ValueError(f"position {place!r} lies between two values, which are discrete")
        low, high = self.values[below], self.values[below + 1]
        if self.scale == "log":
            return low * (high / low) ** (place - below)
        return low + (high - low) * (place - below)


def is_same(a: Any, b: Any) -> bool:
    """Whether two values are one, or equal and of one type; arrays only when they are one."""
    if a is b:
        return True
    try:
        return type(a) is type(b) and bool(a == b)
    except (TypeError, ValueError, RuntimeError):  # the last is what torch says of several numbers
        return False


def is_number(value: Any) -> bool:
    """Whether a value is a real number; a truth value is none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
