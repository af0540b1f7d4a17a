"""Arithmetic that readers type, evaluated without running code."""

import ast
import math
import operator
from collections.abc import Callable, Mapping

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "abs": abs,
}
CONSTANTS = {"pi": math.pi, "e": math.e}
LONGEST = 200
# As readers write them; the page's script reads the same signs.
_SIGNS = str.maketrans({"^": "**", "·": "*", "×": "*", "−": "-", "÷": "/", "π": "pi", "√": "sqrt"})


def evaluate(text: str, variables: Mapping[str, float] | None = None) -> float:
    """Return the number that an arithmetic expression stands for.

    Parameters
    ----------
    text : str
        Numbers, names, ``+ - * / ^ ( )`` and sqrt, exp, log (natural), log2, log10, abs.
        At most 200 characters.
    variables : mapping of str to float, optional
        What the names stand for, beside ``pi`` and ``e``.

    Raises
    ------
    ValueError
        In one sentence, for anything else, and where the value is no finite number.

    Examples
    --------
    >>> evaluate("2 / (n_in + n_out)", {"n_in": 3, "n_out": 1})
    0.5
    """
    if not text.strip():
        raise ValueError("Type a number or a formula.")
    if len(text) > LONGEST:
        raise ValueError(f"Use at most {LONGEST} characters.")
    try:
        tree = ast.parse(text.translate(_SIGNS).strip(), mode="eval").body
    except (SyntaxError, MemoryError, RecursionError):
        raise ValueError(
            "This cannot be read as a formula; use + - * / ^ and parentheses."
        ) from None
    try:
        value = _value(tree, {**CONSTANTS, **(variables or {})})
    except (ArithmeticError, RecursionError):
        raise ValueError("This formula has no finite value.") from None
    if not math.isfinite(value):
        raise ValueError("This formula has no finite value.")
    return value


def _value(node: ast.AST, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name):
            if name not in names:
                known = ", ".join(name for name in names if name not in CONSTANTS)
                raise ValueError(f"{name} is unknown here{f'; use {known}' if known else ''}.")
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, names)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            return _real(_OPERATORS[type(sign)], _value(left, names), _value(right, names))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return _real(FUNCTIONS[name], _value(argument, names))
    raise ValueError("This cannot be read as a formula; use + - * / ^ and parentheses.")


def _real(function: Callable[..., float], *arguments: float) -> float:
    try:
        value = function(*arguments)
    except ValueError:  # math's word for a root or logarithm of a negative number
        raise ArithmeticError from None
    if not math.isfinite(value):
        raise ArithmeticError
    return value
