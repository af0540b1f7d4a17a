"""A plotly figure as plain data: JSON leaves and arrays of numbers, by path."""

import base64
import json
import math
import numbers
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
from plotly.colors import get_colorscale

Path = tuple[str | int, ...]
_SCALARS = {bool, float, int, str, type(None)}  # what JSON writes as it is, asked first for speed


def leaves(figure: go.Figure | Mapping[str, Any]) -> dict[Path, Any]:
    """Return every leaf of a figure, whole or as plain data, by its path, without the template.

    Numeric arrays of traces come as ``numpy.ndarray`` of float64 with one or two
    dimensions. Everything else comes as JSON data: a dictionary of the layout is
    entered, a list is a leaf. A color scale that is named comes as its colors.
    """
    document = figure.to_plotly_json() if isinstance(figure, go.Figure) else figure
    result: dict[Path, Any] = {}
    for index, trace in enumerate(document.get("data", [])):
        _walk(trace, ("data", index), result, in_trace=True)
    layout = {key: value for key, value in document.get("layout", {}).items() if key != "template"}
    _walk(layout, ("layout",), result, in_trace=False)
    return result


def attributes(node: Any) -> Hashable:
    """Return what plain data sets, whatever the values: a figure's trace types and keys."""
    if type(node) in _SCALARS:
        return type(node).__name__
    if isinstance(node, Mapping):
        return tuple(
            (key, node[key] if key == "type" else attributes(node[key])) for key in sorted(node)
        )
    if isinstance(node, list | tuple) and any(isinstance(item, Mapping) for item in node):
        return tuple(attributes(item) for item in node)
    return type(node).__name__


def _walk(node: Mapping[str, Any], path: Path, result: dict[Path, Any], in_trace: bool) -> None:
    for key, value in node.items():
        place = (*path, key)
        if key == "colorscale" and isinstance(value, str):
            value = get_colorscale(value)
        array = _as_array(value) if in_trace or _is_typed(value) else None
        if array is not None:
            result[place] = array
        elif isinstance(value, dict):
            _walk(value, place, result, in_trace)
        else:
            result[place] = plain(value)


def _is_typed(value: Any) -> bool:
    return isinstance(value, dict) and "bdata" in value and "dtype" in value


def _decoded(value: Mapping[str, Any]) -> np.ndarray:
    flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(value["dtype"]))
    shape = [int(n) for n in str(value.get("shape", flat.size)).split(",")]
    return flat.reshape(shape).astype(np.float64)


def _as_array(value: Any) -> np.ndarray | None:
    if type(value) in _SCALARS:
        return None
    if _is_typed(value):
        array = _decoded(value)
        return array if array.ndim <= 2 else None
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "fiu" and value.ndim in (1, 2) and value.size:
            return value.astype(np.float64)
        value = value.tolist()
    if not isinstance(value, list | tuple) or not value:
        return None
    if all(_is_row(row) for row in value) and len({len(row) for row in value}) == 1:
        return np.array([[_number(item) for item in row] for row in value])
    if all(_is_number(item) for item in value):
        return np.array([_number(item) for item in value])
    return None


def _is_row(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    if type(value) is float:
        return True
    return value is None or (isinstance(value, numbers.Real) and not isinstance(value, bool))


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def plain(value: Any) -> Any:
    """Return JSON data; numbers that JSON has no words for become ``{"$number": …}``."""
    kind = type(value)
    if kind in _SCALARS and (kind is not float or math.isfinite(value)):
        return value
    if _is_typed(value):
        return plain(_decoded(value).tolist())
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        value = float(value)
        return value if math.isfinite(value) else {"$number": str(value)}
    raise TypeError(f"a figure holds {type(value).__name__}, which the page cannot show")


def revive(value: Any) -> Any:
    """Return the numbers for which :func:`plain` found no words in JSON."""
    if isinstance(value, list):
        return [revive(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$number"}:
        return float(value["$number"])
    return {key: revive(item) for key, item in value.items()}


def to_json(value: Any) -> str:
    """Write JSON that is the same for equal data and safe inside a script element."""
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@contextmanager
def without_template() -> Iterator[None]:
    """Spare each figure of a grid its copy of the theme, which the page adds by itself."""
    kept, pio.templates.default = pio.templates.default, None
    try:
        yield
    finally:
        pio.templates.default = kept
