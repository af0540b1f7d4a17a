"""What a reader can set: ranges, choices and switches, each a finite list of values."""

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from torch import Tensor

from trainability.explore.control import Control, is_number

FEWEST_CONTINUOUS = 20
MOST_STEPS = 10_000
MOST_EXAMPLES = 200


def log_range(start: float, stop: float, num: int = 25) -> Control:
    """Values from ``start`` to ``stop``, each the same multiple of the one before.

    Parameters
    ----------
    start, stop : float
        Positive and finite, ``start`` below ``stop``.
    num : int
        How many values the published page has; at least 20, so that motion reads as
        continuous. A quantity with fewer values is discrete: pass a list instead.

    Examples
    --------
    >>> log_range(0.01, 100, 21).labels[8:12]
    ('0.398', '0.631', '1', '1.58')
    """
    _check_ends("log_range", start, stop, num)
    if start <= 0:
        raise ValueError(f"log_range: start={start!r} must be above 0; use linear_range instead")
    low, high = math.log(start), math.log(stop)
    places = (low + (high - low) * i / (num - 1) for i in range(1, num - 1))
    inner = (float(f"{math.exp(place):.12g}") for place in places)
    return _continuous("log_range", (float(start), *inner, float(stop)), "log")


def linear_range(start: float, stop: float, num: int = 25) -> Control:
    """Evenly spaced values from ``start`` to ``stop``, both included.

    Parameters
    ----------
    start, stop : float
        Finite, ``start`` below ``stop``.
    num : int
        As in :func:`log_range`.

    Examples
    --------
    >>> linear_range(-1, 1, 21).values[10]
    0.0
    """
    _check_ends("linear_range", start, stop, num)
    span = stop - start
    if not math.isfinite(span):
        raise ValueError(f"linear_range: start={start!r} and stop={stop!r} are too far apart")
    digits = 12 - math.ceil(math.log10(span))
    inner = (round(start + span * i / (num - 1), digits) for i in range(1, num - 1))
    return _continuous("linear_range", (float(start), *inner, float(stop)), "linear")


def draws(num: int = 8) -> Control:
    """Seeds 0, 1, … for an axis that shows what the random draw does.

    Examples
    --------
    >>> draws(4).values
    (0, 1, 2, 3)
    """
    if not isinstance(num, int) or isinstance(num, bool) or num < 2:
        raise ValueError(f"draws: num={num!r} must be a whole number of at least 2")
    return Control("range", tuple(range(num)), tuple(str(seed) for seed in range(num)))


def seeds(most: int = 2**32 - 1) -> Control:
    """Every seed from 0 on, typed as a number: where the page computes, or a kernel does.

    Examples
    --------
    >>> seeds().at(123456)
    123456
    """
    return Control("number", (0, most), ("0", str(most)))


def examples(sets: Mapping[str, Tensor], classes: Sequence[float] = (1, -1)) -> Control:
    """Points of a plane, of which a page takes the reader's own, too.

    Parameters
    ----------
    sets : mapping of str to Tensor
        Tables to begin with, by name: a row for each point, its two coordinates and its class.
    classes : sequence of float
        What the last column may hold.

    Raises
    ------
    ValueError
        For a table of another shape, for numbers that are not finite, and for other classes.

    Examples
    --------
    >>> import torch
    >>> two = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, -1.0]])
    >>> examples({"two points": two}).labels
    ('two points',)
    """
    for name, table in sets.items():
        rows = table.tolist() if table.dim() == 2 and table.shape[1] == 3 else []
        if not 1 <= len(rows) <= MOST_EXAMPLES:
            raise ValueError(
                f"{name}: a table has 1 to {MOST_EXAMPLES} rows of 3 numbers, "
                f"not the shape {tuple(table.shape)}"
            )
        if not bool(table.isfinite().all()):
            raise ValueError(f"{name} holds a number that is not finite")
        if other := sorted({label for *_, label in rows} - set(classes)):
            raise ValueError(f"{name} has the class {other[0]:g}, which is none of {classes}")
    return Control("examples", tuple(sets.values()), tuple(sets), classes=tuple(classes))


def as_control(name: str, values: Any, *, least: int = 2) -> Control:
    """Turn what a caller passed for the argument ``name`` into a control.

    Parameters
    ----------
    name : str
        The argument, for error messages.
    values : Control, bool, sequence or mapping
        A control as it is. ``True`` or ``False``: a switch. A list of rising numbers:
        a slider over them. Any other list: a menu. A mapping: a menu of its keys that
        passes on its values. A tuple of two or three numbers: a slider over
        (first, last[, step]), as in ipywidgets' ``interact``.
    least : int
        How many values a menu needs.

    Raises
    ------
    TypeError, ValueError
        For values that no control can show; the message names the argument.
    """
    try:
        return _as_control(name, values, least)
    except OverflowError:
        raise ValueError(f"{name} holds a number beyond the range of floats") from None
    except (TypeError, ValueError) as error:
        if name in str(error):
            raise
        raise type(error)(f"{name}: {error}") from None


def _as_control(name: str, values: Any, least: int) -> Control:
    if isinstance(values, Control):
        return values
    if isinstance(values, bool):
        return Control("checkbox", (False, True), ("false", "true"))
    if isinstance(values, Mapping):
        return _menu(name, tuple(values.values()), tuple(str(key) for key in values), least)
    if isinstance(values, tuple) and len(values) in (2, 3) and all(map(is_number, values)):
        return _steps(name, *values)
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        return _from_sequence(name, tuple(values), least)
    raise TypeError(
        f"{name}={values!r} is not a control; pass a list of values, a mapping of labels to "
        "values, True or False, log_range(…), linear_range(…) or draws(…)"
    )


def _from_sequence(name: str, values: tuple[Any, ...], least: int = 2) -> Control:
    if not values:
        raise ValueError(f"{name} is empty; a control needs at least two values")
    if all(is_number(value) for value in values):
        if not all(math.isfinite(value) for value in values):
            raise ValueError(f"{name} holds a value that is not finite; a control cannot show it")
        if list(values) == sorted(set(values)) and len(values) > 1:
            return Control("range", values, _number_labels(values))
        return _menu(name, values, _number_labels(values), least)
    labels = tuple(str(value) for value in values)
    if any(" at 0x" in label for label in labels):
        raise TypeError(f"{name} holds objects without words; pass a mapping of labels to values")
    return _menu(name, values, labels, least)


def _menu(name: str, values: tuple[Any, ...], labels: tuple[str, ...], least: int) -> Control:
    if len(values) < least:
        raise ValueError(f"{name} has {len(values)} value(s); a control needs at least {least}")
    if len(set(labels)) < len(labels):
        raise ValueError(f"{name} lists the same value twice: {', '.join(labels)}")
    if not all(label.strip() for label in labels):
        raise ValueError(f"{name} has a blank label; readers could not choose it")
    return Control("select", values, labels)


def _steps(name: str, first: float, last: float, step: float | None = None) -> Control:
    if step is None and not (isinstance(first, int) and isinstance(last, int)):
        return linear_range(first, last)
    step = 1 if step is None else step
    if not all(map(math.isfinite, (first, last, step))) or step <= 0 or last <= first:
        raise ValueError(f"{name}=({first}, {last}, {step}) is an empty range")
    count = int((last - first) / step + 1e-9) + 1
    if count > MOST_STEPS:
        raise ValueError(
            f"{name}=({first}, {last}, {step}) has {count:,} values; use a larger step"
        )
    whole = all(isinstance(number, int) for number in (first, last, step))
    values = tuple(first + i * step if whole else round(first + i * step, 12) for i in range(count))
    return _from_sequence(name, values)


def _continuous(
    function: str, values: tuple[float, ...], scale: Literal["linear", "log"]
) -> Control:
    if len(set(values)) < len(values):
        raise ValueError(
            f"{function}: start={values[0]!r} and stop={values[-1]!r} are too close for "
            f"{len(values)} values"
        )
    return Control("range", values, _number_labels(values), scale)


def _check_ends(function: str, start: float, stop: float, num: int) -> None:
    if not (is_number(start) and is_number(stop)):
        raise TypeError(f"{function}: start={start!r} and stop={stop!r} must be numbers")
    if not (math.isfinite(start) and math.isfinite(stop) and start < stop):
        raise ValueError(f"{function}: start={start!r} must be below stop={stop!r}, both finite")
    if not isinstance(num, int) or isinstance(num, bool) or num < FEWEST_CONTINUOUS:
        raise ValueError(
            f"{function}: num={num!r} must be a whole number of at least {FEWEST_CONTINUOUS}; "
            "pass a list for a discrete quantity"
        )


def _number_labels(values: Sequence[float]) -> tuple[str, ...]:
    """Write numbers as short as keeps them distinct."""
    for digits in range(3, 18):
        labels = tuple(_write(value, digits) for value in values)
        if len(set(labels)) == len(set(values)):
            return labels
    return tuple(repr(value) for value in values)


def _write(value: float, digits: int) -> str:
    if isinstance(value, numbers.Integral):
        return str(int(value))
    return f"{float(value):.{digits}g}".replace("e-0", "e-").replace("e+0", "e")
