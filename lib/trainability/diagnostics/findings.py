"""A finding, the trial of its remedy, and a row for each layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SEVERITIES = ("severe", "warning", "remark")


@dataclass(frozen=True)
class Trial:
    """A remedy tried on a copy: the loss after some steps, without it and with it.

    Both losses are in the units of the loss that was given. Infinite stands for a run that
    overflowed.
    """

    before: float
    after: float
    steps: int


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a model, or worth knowing.

    Attributes
    ----------
    kind : str
        One of ``trainability.diagnostics.KINDS``.
    severity : {"severe", "warning", "remark"}
        It will not learn; it learns badly; worth knowing.
    where : tuple of str
        Names as in ``model.named_modules()``, in which ``""`` is the model itself. For
        parameters, the modules that own them. Empty where the data or the optimizer is meant.
    measured, expected : float or None
        The number that decided, and what a healthy model has.
    sentence, remedy : str
        What was found, and what to do.
    trial : Trial or None
        None where nothing could be tried.
    lesson : tuple of str
        Page and section that explain it.
    """

    kind: str
    severity: str
    where: tuple[str, ...]
    measured: float | None
    expected: float | None
    sentence: str
    remedy: str
    trial: Trial | None
    lesson: tuple[str, str]


@dataclass(frozen=True)
class Layer:
    """What was measured in one module; None where it has no such number.

    Attributes
    ----------
    name, module : str
        As in ``named_modules()``, and the name of its class.
    shape : tuple of int
        Of its output.
    forward, gradient : float or None
        Root mean square of the output, and of the loss's gradient with respect to it.
    saturated, dead : float or None
        Share of outputs on the flat parts of tanh or sigmoid; share of ReLU units that are
        zero on the whole batch.
    duplicates : int or None
        Units whose incoming weights equal another unit's.
    correlation_in, correlation_out : float or None
        Mean cosine between two examples, before and after the module.
    step : float or None
        ‖ΔW‖/‖W‖ of the optimizer's first step.
    """

    name: str
    module: str
    shape: tuple[int, ...]
    forward: float | None = None
    gradient: float | None = None
    saturated: float | None = None
    dead: float | None = None
    duplicates: int | None = None
    correlation_in: float | None = None
    correlation_out: float | None = None
    step: float | None = None


def named(names: Sequence[str], most: int = 3) -> str:
    """Return names of modules in words, the first few of them.

    Examples
    --------
    >>> print(named(["a", "b", "c", "d", "e"]))
    "a", "b", "c" and 2 more
    >>> named([""])
    'the model itself'
    """
    shown = [f'"{name}"' if name else "the model itself" for name in names]
    if len(shown) > most + 1:
        shown = [*shown[:most], f"{len(shown) - most} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def number(value: float) -> str:
    """Return a number in two or three digits.

    Examples
    --------
    >>> number(0.12345), number(float("inf"))
    ('0.123', 'inf')
    """
    return f"{value:.3g}"
