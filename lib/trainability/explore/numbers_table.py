"""The figure's numbers as an HTML table and as CSV, for the live face."""

import csv
import io
import math
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from trainability.explore.document import leaves

MOST_ROWS = 400


def columns_of(figure: go.Figure) -> list[tuple[str, list[Any]]]:
    """Return (head, values) of every one-dimensional array of the traces."""
    found: list[tuple[str, list[Any]]] = []
    many = len(figure.data) > 1
    for path, leaf in leaves(figure).items():
        if path[0] != "data" or path[-1] not in ("x", "y", "z") or len(path) != 3:
            continue
        name = figure.data[path[1]].name or f"curve {path[1] + 1}"
        values = leaf.ravel().tolist() if isinstance(leaf, np.ndarray) else list(leaf)
        if not any(path[-1] == "x" == head[-1:] and _equal(values, old) for head, old in found):
            found.append((f"{name} {path[-1]}" if many else str(path[-1]), values))
    return found


def table_html(figure: go.Figure) -> str:
    """Return a table of at most 400 rows."""
    columns = columns_of(figure)
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name, _ in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in _rows(columns)[:MOST_ROWS]
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


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
    if not isinstance(value, float):
        return _harmless(str(value))
    return "NaN" if math.isnan(value) else f"{value:.6g}"


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _equal(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(
        x == y or (x != x and y != y) for x, y in zip(a, b, strict=True)
    )
