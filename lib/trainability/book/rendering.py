"""What a front end loses of a page without a word: cells of tables, and formulas left raw."""

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

_CODE = {"code", "pre", "script", "style", "textarea", "title"}
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


def markdown_faults(text: str) -> list[str]:
    r"""Return what the tables and formulas of a Markdown text lose when it is shown.

    Every front end splits a row at each ``|``, also within ``$…$``; only ``\|`` is spared.
    Cells beyond the header's are dropped, and half a formula is shown as it is written.

    Parameters
    ----------
    text : str
        A Markdown cell or file.

    Returns
    -------
    list of str
        One sentence a fault, with the line's number.

    Examples
    --------
    >>> markdown_faults("| a | b |\n|---|---|\n| $|x|$ | 1 |")[0]
    'line 3: 4 cells in a table of 2 columns'
    """
    parser = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
    lines, faults, columns = text.splitlines(), [], 0
    tokens = parser.parse(text)
    for token in tokens:
        first, last = token.map or (0, 0)  # what closes has no lines
        if token.type == "table_open":
            columns = len(_cells(lines[first + 1]))
            for number in range(first, last):
                count = len(_cells(lines[number]))
                if count != columns:
                    cells = f"{count} cells in a table of {columns} columns"
                    faults.append(f"line {number + 1}: {cells}")
        for child in token.children or ():
            if child.type == "text" and "$" in child.content:
                faults.append(f"line {first + 1}: a raw $ in {child.content!r}")
    return faults


def page_faults(html: str) -> list[str]:
    """Return the raw dollar signs of a built page, and its tables with uneven rows.

    What stands in code, in scripts and in typeset formulas is not looked at. A cell that
    is empty at the end of a row counts as lost where the header's is not.

    Examples
    --------
    >>> page_faults("<p>a $x$ and <code>$HOME</code></p>")
    ["a raw $ in 'a $x$ and '"]
    >>> page_faults("<table><tr><th>a<th>b</tr><tr><td>1<td></tr></table>")
    ["a row of a table has 1 filled cell of 2: '1'"]
    """
    page = _Page()
    page.feed(html)
    page.close()
    return page.faults


def _cells(row: str) -> list[str]:
    row = row.strip().removeprefix("|")
    if row.endswith("|") and not row.endswith(r"\|"):
        row = row[:-1]
    return re.split(r"(?<!\\)\|", row)


class _Page(HTMLParser):
    """Reads a page's text, but not its code and formulas; and the rows of its tables."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.skipping: list[str] = []
        self.tables: list[list[list[str]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        classes = (dict(attributes).get("class") or "").split()
        if tag in _VOID:
            if self.tables and self.tables[-1] and self.tables[-1][-1]:
                self.tables[-1][-1][-1] += " "
        elif self.skipping or tag in _CODE or {"math", "literal"} & set(classes):
            self.skipping.append(tag)
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if self.skipping:
            while tag in self.skipping and self.skipping.pop() != tag:
                pass
        elif tag == "table" and self.tables:
            self._judge(self.tables.pop())

    def handle_data(self, data: str) -> None:
        if self.tables and self.tables[-1] and self.tables[-1][-1]:
            self.tables[-1][-1][-1] += data.strip()  # code and formulas fill a cell, too
        if not self.skipping and "$" in data:
            self.faults.append(f"a raw $ in {data!r}")

    def _judge(self, rows: list[list[str]]) -> None:
        if not rows or not all(rows[0]):
            return
        for row in rows[1:]:
            filled = max((k for k, cell in enumerate(row, 1) if cell), default=0)
            if filled != len(rows[0]):
                cells = f"{filled} filled cell{'s' * (filled != 1)} of {len(rows[0])}"
                self.faults.append(f"a row of a table has {cells}: {' '.join(row).strip()!r}")
