"""A table that a reader can filter and search, whole without a script and in print."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from trainability.explore.faces import show_html
from trainability.explore.question_markup import checked_name, rich


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere: an address within the book, or none where ``href`` is empty."""

    text: str
    href: str = ""

    def html(self) -> str:
        """Return the words, as a link if there is an address."""
        words = escape(self.text)
        return f'<a href="{escape(self.href)}">{words}</a>' if self.href else words


Cell = str | Link | Sequence["str | Link"]


@dataclass(frozen=True)
class Row:
    """One row of a listing.

    Attributes
    ----------
    name : str
        Unique in the listing; the address of the row is ``#listing.name``.
    cells : sequence
        One a column: text, a :class:`Link`, or several of them, one below the other. In text
        `` `…` `` is code, ``*…*`` emphasis and ``**…**`` strong emphasis.
    facets : mapping of str to str
        What the row can be filtered by.
    """

    name: str
    cells: Sequence[Cell]
    facets: Mapping[str, str]


@dataclass(frozen=True)
class Listing:
    """What :func:`listing` returns; shown by evaluating it in a cell."""

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def html(self) -> str:
        """Return the listing for a page."""
        name = escape(self.name)
        heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in self.columns)
        body = "\n".join(self._row(row) for row in self.rows)
        return f"""\
<div class="listing" data-listing="{name}">
<div class="listing-filters" role="search" aria-label="{escape(self.caption)}" hidden></div>
<p class="listing-count" role="status"></p>
<table>
<caption>{escape(self.caption)}</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</div>"""

    def _row(self, row: Row) -> str:
        facets = "".join(
            f' data-facet-{_slug(key)}="{escape(value)}"' for key, value in row.facets.items()
        )
        cells = "".join(
            f'<td data-column="{escape(column)}">{_cell(cell)}</td>'
            for column, cell in zip(self.columns, row.cells, strict=True)
        )
        return f'<tr id="{escape(self.name)}.{escape(row.name)}"{facets}>{cells}</tr>'

    def _ipython_display_(self) -> None:
        show_html(self.html())


def listing(caption: str, columns: Sequence[str], rows: Sequence[Row], *, name: str) -> Listing:
    """Return a table with a filter for each facet and a search over all words.

    A filter's state is part of the page's address, so that a link can have it set.

    Parameters
    ----------
    caption : str
        What the rows are, such as ``"Claims"``.
    columns : sequence of str
        Their heads.
    rows : sequence of Row
        All with the same facets.
    name : str
        Unique on the page: lower-case letters, digits, ``-`` and ``_``.

    Raises
    ------
    ValueError
        For names that repeat, rows of another length, or facets that differ.

    Examples
    --------
    >>> facets = {"verdict": "true"}
    >>> table = listing("Claims", ["Claim"], [Row("a", ["2 < 3"], facets)], name="claims")
    >>> "2 &lt; 3" in table.html()
    True
    """
    checked_name(name)
    seen: set[str] = set()
    for row in rows:
        if row.name in seen:
            raise ValueError(f"listing {name!r} has two rows named {row.name!r}")
        seen.add(row.name)
        if len(row.cells) != len(columns):
            raise ValueError(f"row {row.name!r} has {len(row.cells)} cells for {len(columns)}")
        if list(row.facets) != list(rows[0].facets):
            raise ValueError(f"row {row.name!r} has other facets than the first row")
    return Listing(name, caption, tuple(columns), tuple(rows))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return rich(cell)
    if isinstance(cell, Link):
        return cell.html()
    return "".join(f"<p>{_cell(part)}</p>" for part in cell if part)
