"""Arithmetic that readers type, evaluated without running code."""

import ast
import math
import operator
import re
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
_UNREADABLE = (
    "This cannot be read as a formula; write every *, and use + - * / ^ ( ), sqrt and log."
)
# What expressions.js reads too, letter by letter: ASCII, the signs of paper, a few spaces.
_TOKEN = re.compile(
    "[ \\t-\\r\\xa0\\u2000-\\u200a\\u202f]*(?:"
    r"(?P<number>(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*|[π√])|(?P<sign>\*\*|[-+*/^()·×−÷])|\Z)"
)
_SIGNS = {"^": "**", "·": "*", "×": "*", "−": "-", "÷": "/"}
_NAMES = {"π": "pi", "√": "sqrt"}
_NODES = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.Name, ast.Call)


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
    if len(text) > LONGEST:
        raise ValueError(f"Use at most {LONGEST} characters.")
    tree = _tree(text)
    try:
        value = _value(tree, {**CONSTANTS, **(variables or {})})
    except (ArithmeticError, RecursionError):
        raise ValueError("This formula has no finite value.") from None
    if not math.isfinite(value):
        raise ValueError("This formula has no finite value.")
    return value


def _tree(text: str) -> ast.expr:
    pieces, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(_UNREADABLE)
        name, sign = token["name"], token["sign"]
        # Python keeps some names, such as lambda, for itself; none begins with _.
        piece = f"_{_NAMES.get(name, name)}" if name else _SIGNS.get(sign, sign)
        pieces.append(piece or token["number"] or "")
        at = token.end()
    source = " ".join(pieces).strip()
    if not source:
        raise ValueError("Type a number or a formula.")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, MemoryError, RecursionError):
        raise ValueError(_UNREADABLE) from None
    parts = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    # Python would call what stands in parentheses: (sqrt)(4).
    if ") (" in source or not all(isinstance(node, _NODES) for node in parts):
        raise ValueError(_UNREADABLE)
    if not all(_is_function(node) for node in parts if isinstance(node, ast.Call)):
        raise ValueError(_UNREADABLE)
    return tree


def _is_function(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id[1:] in FUNCTIONS
    return named and len(call.args) == 1 and not call.keywords


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return _real(float, number)
        case ast.Name(id=name):
            if name[1:] not in names:
                known = ", ".join(name for name in names if name not in CONSTANTS)
                raise ValueError(f"{name[1:]} is unknown here{f'; use {known}' if known else ''}.")
            return names[name[1:]]
        case ast.UnaryOp(op=sign, operand=operand):
            value = _value(operand, names)
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=sign, right=right):
            return _real(_OPERATORS[type(sign)], _value(left, names), _value(right, names))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _real(FUNCTIONS[name[1:]], _value(argument, names))
    raise ValueError(_UNREADABLE)


def _real(function: Callable[..., float], *arguments: float) -> float:
    try:
        value = function(*arguments)
    except ValueError:  # math's word for a root or logarithm of a negative number
        raise ArithmeticError from None
    if not math.isfinite(value):
        raise ArithmeticError
    return value
