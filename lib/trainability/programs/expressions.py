"""Sizes and numbers that depend on settings, as nested lists: ``["*", 16, "width"]``."""

from typing import Any

import sympy
import torch


def written(number: Any) -> Any:
    """Write a number of a trace: as itself, as a setting's name, or as an expression.

    Raises
    ------
    ValueError
        For an expression that a page cannot compute.

    Examples
    --------
    >>> written(16), written(True)
    (16, 1)
    """
    if isinstance(number, torch.SymInt | torch.SymFloat):
        return _written(number.node.expr)
    if isinstance(number, float) and number != number:
        return ["nan"]
    if isinstance(number, float) and number in (float("inf"), -float("inf")):
        return ["inf", 1 if number > 0 else -1]
    return int(number) if isinstance(number, bool) else number


def _written(expression: Any) -> Any:
    if isinstance(expression, sympy.Integer):
        return int(expression)
    if isinstance(expression, sympy.Symbol):
        return expression.name
    if expression.is_number:
        return float(expression)
    arguments = [_written(argument) for argument in expression.args]
    name = type(expression).__name__
    match name:
        case "Add":
            return ["+", *arguments]
        case "Mul":
            return ["*", *arguments]
        case "Pow" | "FloatPow" | "PowByNatural":
            return ["^", *arguments]
        case "FloatTrueDiv" | "IntTrueDiv":
            return ["*", arguments[0], ["^", arguments[1], -1]]
        case "FloorDiv" | "CleanDiv":
            return ["//", *arguments]
        case "Mod" | "PythonMod":
            return ["%", *arguments]
        case "ToFloat" | "Identity":
            return arguments[0]
        case "Max" | "Min":
            return [name.lower(), *arguments]
        case "OpaqueUnaryFn_sqrt":
            return ["^", arguments[0], 0.5]
    raise ValueError(f"a page cannot compute {expression}")
