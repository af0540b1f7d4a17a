"""A figure written once: plain plotly data in which a program's numbers are named.

Three marks stand for what is filled in, here and in ``figure.js`` alike:

``{"$": name}``
    A number, or an array of them.
``{"$text": template}``
    Words with fields: ``{name}`` for a setting as it is, ``{name:3}`` for a number with that many
    digits.
``{"$first": [[name, part], …, [None, part]]}``
    The first part whose number is not 0.
"""

import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from torch import Tensor

_FIELD = re.compile(r"\{(\w+)(?::(\d+))?\}")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def filled(part: Any, numbers: Mapping[str, Any]) -> Any:
    """Return a figure's data with its marks replaced.

    Parameters
    ----------
    part : JSON data
        A figure, or a part of one, with marks.
    numbers : mapping of str to tensor, number or str
        What the marks name: tensors of no or one dimension, settings.

    Raises
    ------
    KeyError
        For a name that is not among the numbers.

    Examples
    --------
    >>> import torch
    >>> figure = {"y": {"$": "loss"}, "title": {"$text": "after {step} steps: {last:2}"}}
    >>> filled(figure, {"loss": torch.tensor([2.0, 1.0]), "step": 1, "last": torch.tensor(0.123)})
    {'y': [2.0, 1.0], 'title': 'after 1 steps: 0.12'}
    """
    if isinstance(part, list | tuple):
        return [filled(each, numbers) for each in part]
    if not isinstance(part, Mapping):
        return part
    if "$" in part:
        return _number(numbers[part["$"]])
    if "$text" in part:
        return _FIELD.sub(lambda field: _written(numbers, *field.groups()), part["$text"])
    if "$first" in part:
        for name, chosen in part["$first"]:
            if name is None or _number(numbers[name]):
                return filled(chosen, numbers)
        return None
    return {key: filled(each, numbers) for key, each in part.items()}


def _number(value: Any) -> Any:
    return value.tolist() if isinstance(value, Tensor) else value


def _written(numbers: Mapping[str, Any], name: str, digits: str | None) -> str:
    value = _number(numbers[name])
    if isinstance(value, str) or (digits is None and isinstance(value, int)):
        return str(value)
    return number_in_words(float(value), int(digits or 3))


def number_in_words(number: float, digits: int) -> str:
    """Write a number as readers do: with so many digits, and a power of ten where it is long.

    Examples
    --------
    >>> [number_in_words(number, 2) for number in (0.0123, 5.0, 125.8, 3870.0, 3.2e-30)]
    ['0.012', '5', '130', '3900', '3.2·10⁻³⁰']
    """
    if not math.isfinite(number):
        return {math.inf: "∞", -math.inf: "−∞"}.get(number, "no number")
    with localcontext(rounding=ROUND_HALF_UP):  # as JavaScript does
        mantissa, exponent = f"{Decimal(number):.{digits - 1}e}".split("e")
    if number and not -4 <= int(exponent) < 6:
        short = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{short}·10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return f"{float(f'{mantissa}e{exponent}'):.10f}".rstrip("0").rstrip(".")
