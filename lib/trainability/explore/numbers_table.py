"""The figure's numbers as an HTML table and as CSV, for the live face."""

import csv
import io
import math
import numbers
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from trainability.explore.document import leaves, revive

MOST_ROWS = 400


def columns_of(figure: go.Figure) -> list[tuple[str, list[Any]]]:
    """Return (head, values) of every one-dimensional array of the traces."""
    found: list[tuple[str, list[Any]]] = []
    many = len(figure.data) > 1
    for index, arrays in enumerate(_arrays(figure)):
        name = figure.data[index].name or f"curve {index + 1}"
        if "z" in arrays:
            arrays = _long(arrays)
        for axis, values in arrays.items():
            known = any(head.endswith("x") and _equal(values, old) for head, old in found)
            if axis != "x" or not known:
                found.append((f"{name} {axis}" if many else axis, list(values)))
    return found


def _arrays(figure: go.Figure) -> list[dict[str, Any]]:
    """Return x, y and z of every trace, as far as it has them."""
    found: list[dict[str, Any]] = [{} for _ in figure.data]
    for path, leaf in leaves(figure).items():
        if path[0] == "data" and len(path) == 3 and path[-1] in ("x", "y", "z"):
            found[path[1]][path[-1]] = leaf if isinstance(leaf, np.ndarray) else revive(leaf)
    return [{axis: arrays[axis] for axis in "xyz" if axis in arrays} for arrays in found]


def _long(arrays: dict[str, Any]) -> dict[str, Any]:
    """Spread a surface into one row a value, beside its coordinates."""
    z = [list(row) for row in arrays["z"]]
    x = arrays.get("x", range(len(z[0])))
    y = arrays.get("y", range(len(z)))
    cells = [(x[j], y[i], value) for i, row in enumerate(z) for j, value in enumerate(row)]
    return dict(zip("xyz", map(list, zip(*cells, strict=True)), strict=True))


def table_html(figure: go.Figure) -> str:
    """Return a table of at most 400 rows."""
    columns = columns_of(figure)
    rows_of_all = _rows(columns)
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name, _ in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows_of_all[:MOST_ROWS]
    )
    note = ""
    if len(rows_of_all) > MOST_ROWS:
        words = f"The first {MOST_ROWS} of {len(rows_of_all)} rows; the CSV file has all."
        note = f"<caption>{words}</caption>"
    head = f"<thead><tr>{head}</tr></thead>"
    return f"<table>{note}{head}<tbody>{rows}</tbody></table>"


def csv_text(figure: go.Figure) -> str:
    """Return every row as CSV; a text that a spreadsheet would run is quoted."""
    columns = columns_of(figure)
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([_harmless(name) for name, _ in columns])
    writer.writerows(_rows(columns))
    return target.getvalue()


def _rows(columns: list[tuple[str, list[Any]]]) -> list[list[str]]:
    height = max((len(values) for _, values in columns), default=0)
    return [
        [_write(values[i]) if i < len(values) else "" for _, values in columns]
        for i in range(height)
    ]


def _write(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return _harmless(str(value))
    return "NaN" if math.isnan(value) else f"{value:.6g}"


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _equal(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(
        x == y or (x != x and y != y) for x, y in zip(a, b, strict=True)
    )
