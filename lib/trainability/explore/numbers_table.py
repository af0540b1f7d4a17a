"""The figure's numbers as an HTML table and as CSV, for the live face."""

import csv
import io
import math
import numbers
import re
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from trainability.explore.document import leaves, revive

MOST_ROWS = 400
_TAG = re.compile(r"<[^>]*>")
Table = tuple[list[str], list[list[Any]]]


def tables(figure: go.Figure) -> list[Table]:
    """Return the figure's numbers as tables: (head, columns), as the page's script makes them.

    Curves that share their x share a table, in which it stands first. A surface has a table of
    its own, with one row a value.
    """
    found: list[Table] = []
    curves: list[Table] = []
    titles = {axis: _title(figure, axis) for axis in "xy"}
    for index, arrays in enumerate(_arrays(figure)):
        alone = titles["y"] if len(figure.data) == 1 else f"curve {index + 1}"
        alone = "z" if "z" in arrays else alone
        name = figure.data[index].name or alone
        if "z" in arrays:
            columns = list(_long(arrays).values())
            found.append(([titles["x"], titles["y"], name], columns))
        elif arrays:
            values = list(arrays["y"] if "y" in arrays else arrays["x"])
            keys = list(arrays["x"] if "x" in arrays else range(len(values)))
            shared = next((table for table in curves if _equal(table[1][0], keys)), None)
            if shared is None:
                curves.append(([titles["x"], name], [keys, values]))
                found.append(curves[-1])
            else:
                shared[0].append(name)
                shared[1].append(values)
    return found


def _title(figure: go.Figure, axis: str) -> str:
    text = figure.layout[f"{axis}axis"].title.text
    return _TAG.sub("", text) if text else axis


def _arrays(figure: go.Figure) -> list[dict[str, Any]]:
    """Return x, y and z of every trace, as far as it has them."""
    found: list[dict[str, Any]] = [{} for _ in figure.data]
    for path, leaf in leaves(figure).items():
        match path:
            case ("data", int() as trace, ("x" | "y" | "z") as axis):
                found[trace][axis] = leaf if isinstance(leaf, np.ndarray) else revive(leaf)
    return [{axis: arrays[axis] for axis in "xyz" if axis in arrays} for arrays in found]


def _long(arrays: dict[str, Any]) -> dict[str, Any]:
    """Spread a surface into one row a value, beside its coordinates."""
    z = [list(row) for row in arrays["z"]]
    x = arrays.get("x", range(len(z[0])))
    y = arrays.get("y", range(len(z)))
    cells = [(x[j], y[i], value) for i, row in enumerate(z) for j, value in enumerate(row)]
    return dict(zip("xyz", map(list, zip(*cells, strict=True)), strict=True))


def table_html(figure: go.Figure) -> str:
    """Return the tables, of at most 400 rows each."""
    return "".join(map(_table_html, tables(figure)))


def _table_html(table: Table) -> str:
    heads, columns = table
    rows_of_all = _rows(columns)
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in heads)
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
    """Return every row as CSV, an empty line between tables.

    A text that a spreadsheet would run is quoted.
    """
    parts = []
    for head, columns in tables(figure):
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([_harmless(name) for name in head])
        writer.writerows(_rows(columns))
        parts.append(target.getvalue())
    return "\n".join(parts)


def _rows(columns: list[list[Any]]) -> list[list[str]]:
    height = max(map(len, columns), default=0)
    return [
        [_write(values[i]) if i < len(values) else "" for values in columns] for i in range(height)
    ]


def _write(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return _harmless(str(value))
    number = float(value)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else str(number)
    # As a script writes numbers: whole ones whole, others with six digits.
    number = number if number.is_integer() else float(f"{number:.6g}")
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        return np.format_float_positional(number, trim="-")
    return re.sub(r"e([+-])0", r"e\1", repr(number).replace(".0e", "e"))


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _equal(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(
        x == y or (x != x and y != y) for x, y in zip(a, b, strict=True)
    )
