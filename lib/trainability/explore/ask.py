"""What a lesson asks its reader, answered in the page without a kernel."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TypeVar

import plotly.graph_objects as go

from trainability.explore.expressions import CONSTANTS, FUNCTIONS, evaluate
from trainability.explore.questions import Choice, Ordering, Sketch, Value
from trainability.explore.sketch import sketch_axes

VERDICTS = ("true", "false", "depends")
Trap = TypeVar("Trap", bound=float | str)  # keys may be of one kind alone


def choice(
    prompt: str,
    options: Mapping[str, str],
    *,
    answer: str,
    name: str,
    explanation: str = "",
    hints: Sequence[str] = (),
    predict: bool = False,
) -> Choice:
    """Ask which of several answers holds.

    Parameters
    ----------
    prompt : str
        The question. In every text ``$…$`` is math, `` `…` `` code, ``*…*`` emphasis.
    options : mapping of str to str
        Each answer in words, and what is said to a reader who chose it.
    answer : str
        The right option.
    name : str
        Unique on the page.
    explanation : str
        Said with a right answer; with a prediction, after any answer.
    hints : sequence of str
        From the gentlest to the plainest.
    predict : bool
        The reader commits once, and then reads what is true.

    Examples
    --------
    >>> question = choice(
    ...     "What does halving every weight of a linear network of 10 layers do?",
    ...     {"It halves the output.": "That is one layer.", "It divides it by 1,024.": ""},
    ...     answer="It divides it by 1,024.",
    ...     name="halved",
    ... )
    >>> question.check("It halves the output.").text
    'Not yet. That is one layer.'
    """
    if len(options) < 2 or answer not in options:
        raise ValueError(f"choice {name!r}: answer={answer!r} must be one of two or more options")
    return Choice(
        name=name,
        prompt=prompt,
        options=tuple(options.items()),
        answer=answer,
        explanation=explanation,
        hints=tuple(hints),
        predict=predict,
    )


def verdict(claim: str, answer: str, because: str, *, name: str) -> Choice:
    """Ask whether a claim is true, false, or depends; any answer shows why.

    Parameters
    ----------
    claim : str
        As it is made.
    answer : {"true", "false", "depends"}
        What it is.
    because : str
        The truth, in a sentence or two.
    name : str
        Unique on the page.
    """
    prompt = f"True, false, or does it depend? {claim}"
    options = dict.fromkeys(VERDICTS, "")
    word = "It depends." if answer == "depends" else f"The claim is {answer}."
    truth = f"{word} {because}"
    return choice(prompt, options, answer=answer, name=name, explanation=truth, predict=True)


def value(
    prompt: str,
    answer: float | str,
    *,
    name: str,
    variables: Mapping[str, Sequence[float]] | None = None,
    relative: float = 0.01,
    absolute: float | None = None,
    unit: str = "",
    traps: Mapping[Trap, str] | None = None,
    explanation: str = "",
    hints: Sequence[str] = (),
    predict: bool = False,
) -> Value:
    """Ask for a number, or for a formula that is right at several values of its variables.

    Parameters
    ----------
    answer : float or str
        The number, or a formula as :func:`trainability.explore.expressions.evaluate`
        reads it.
    variables : mapping of str to sequence of float, optional
        Names in the formula and the values at which it is compared: lists of one length.
    relative, absolute : float
        How far off a right answer may be; ``absolute`` replaces ``relative``.
    traps : mapping, optional
        Wrong answers worth a word of their own: number or formula, and what is said.

    Examples
    --------
    >>> question = value(
    ...     "Which variance of the weights keeps the mean square of linear units?",
    ...     "1 / n_in",
    ...     name="forward",
    ...     variables={"n_in": [10, 400], "n_out": [20, 100]},
    ...     traps={"1 / n_out": "That keeps the gradient's."},
    ... )
    >>> question.check("n_in^-1").right, question.check("1/n_out").text
    (True, "Not yet. That keeps the gradient's.")
    """
    samples = _samples(name, variables or {})
    size = relative if absolute is None else absolute
    if not isinstance(size, Real) or not 0 <= size < math.inf:
        raise ValueError(f"value {name!r}: a tolerance must be a number of at least 0")

    def at_samples(wanted: float | str) -> tuple[float, ...]:
        return _at_samples(name, wanted, samples)

    question = Value(
        name=name,
        prompt=prompt,
        samples=samples,
        expected=at_samples(answer),
        tolerance=("relative" if absolute is None else "absolute", float(size)),
        unit=unit,
        traps=tuple((at_samples(trap), reply) for trap, reply in (traps or {}).items()),
        explanation=explanation,
        hints=tuple(hints),
        predict=predict,
    )
    for trap in traps or {}:
        if question.judge(trap)[0]:
            raise ValueError(f"value {name!r}: the trap {trap!r} counts as a right answer")
    return question


def _samples(name: str, variables: Mapping[str, Sequence[float]]) -> tuple[dict[str, float], ...]:
    """Return the values of the variables, one mapping for each comparison."""
    kept = {*CONSTANTS, *FUNCTIONS}
    for variable, values in variables.items():
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", variable) or variable in kept:
            raise ValueError(f"value {name!r}: a reader cannot type the variable {variable!r}")
        if not all(isinstance(v, Real) and math.isfinite(v) for v in values):
            raise ValueError(f"value {name!r}: the values of {variable!r} must be finite numbers")
    lengths = {len(values) for values in variables.values()} or {1}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"value {name!r}: variables must be lists of one length")
    return tuple(
        {variable: float(values[i]) for variable, values in variables.items()}
        for i in range(lengths.pop())
    )


def _at_samples(
    name: str, wanted: float | str, samples: Sequence[Mapping[str, float]]
) -> tuple[float, ...]:
    text = wanted if isinstance(wanted, str) else repr(float(wanted))
    try:
        return tuple(evaluate(text, sample) for sample in samples)
    except ValueError as fault:
        raise ValueError(f"value {name!r}: {text!r} has no value. {fault}") from None


def ordering(
    prompt: str,
    lines: Sequence[str],
    *,
    name: str,
    explanation: str = "",
    hints: Sequence[str] = (),
) -> Ordering:
    """Ask for the order of lines, such as those of a proof.

    Parameters
    ----------
    lines : sequence of str
        In the right order, and such that no other order is right. The reader finds them
        shuffled, in every build alike.
    """
    if len(lines) < 3 or len(set(lines)) != len(lines):
        raise ValueError(f"ordering {name!r} needs three or more lines, each different")
    return Ordering(
        name=name, prompt=prompt, lines=tuple(lines), explanation=explanation, hints=tuple(hints)
    )


def sketch(
    prompt: str,
    figure: go.Figure,
    *,
    at: Sequence[float],
    name: str,
    tolerance: float,
    trace: int = 0,
    explanation: str = "",
    hints: Sequence[str] = (),
) -> Sketch:
    """Ask the reader to draw a curve of a figure on the figure's own axes, then compare.

    Parameters
    ----------
    figure : Figure
        A line plot with titles and fixed ranges.
    at : sequence of float
        The places of the curve where a height is asked for: two or more, rising.
    tolerance : float
        How far off a right curve may be anywhere: in decades on a logarithmic axis, else
        in units of the axis.
    trace : int
        Which curve of the figure is the truth.
    """
    if not isinstance(tolerance, Real) or not 0 < tolerance < math.inf:
        raise ValueError(f"sketch {name!r}: tolerance={tolerance!r} must be a number above 0")
    try:
        axes = sketch_axes(figure, at, trace)
    except ValueError as fault:
        raise ValueError(f"sketch {name!r}: {fault}") from None
    return Sketch(
        name=name,
        prompt=prompt,
        axes=axes,
        tolerance=float(tolerance),
        explanation=explanation,
        hints=tuple(hints),
        predict=True,
    )
