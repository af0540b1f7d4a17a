"""No page may reach a reader blank or broken: outputs, tables and formulas are checked."""

import json
import re
from collections import Counter
from pathlib import Path

from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from trainability.book.rendering import markdown_faults
from trainability.explore.faces import PLOTLY_MIME

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_EXPLORER = re.compile(r'<div class="explorer" data-explorer="([^"]*)"')
_ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-fA-F]+>")
_PAYLOAD = re.compile(r'<script type="application/json" class="explorer-payload">\{')


def connect(app: Sphinx) -> None:
    """Check the outputs of each page as it is read."""
    app.connect("doctree-read", _check)
    app.connect("build-finished", _forget_a_build_with_warnings)


def joined_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join what one stream wrote in several messages: a kernel may cut a line anywhere.

    MyST-NB would end every piece with a line break of its own.

    Examples
    --------
    >>> from nbformat.v4 import new_output
    >>> pieces = [new_output("stream", name="stdout", text=text) for text in ("a line,", " cut")]
    >>> [output.text for output in joined_streams(pieces)]
    ['a line, cut']
    """
    kept: list[NotebookNode] = []
    for output in outputs:
        last = kept[-1] if kept else {}
        kind = output["output_type"], output.get("name")
        if kind[0] == "stream" and kind == (last.get("output_type"), last.get("name")):
            kept[-1] = NotebookNode(last | {"text": last["text"] + output["text"]})
        else:
            kept.append(output)
    return kept


def faults(
    bundles: list[dict[str, str]], alternatives: list[str | None], errors: str = ""
) -> list[str]:
    """Return what is wrong with the outputs of one page, a sentence each.

    Parameters
    ----------
    bundles : list of dict
        One an output: content by MIME type.
    alternatives : list of str or None
        The alternative texts of the page's pictures.
    errors : str
        What the cells have written to the stream for errors and warnings.
    """
    messages = []
    names: Counter[str] = Counter()
    for bundle in bundles:
        html = bundle.get("text/html", "")
        if PLOTLY_MIME in bundle and not html:
            messages.append(
                "a plotly figure has no HTML face and would be blank; call use_book_style() in "
                "the set-up cell"
            )
        if WIDGET_MIME in bundle:
            messages.append("an output is a widget, which is dead in a built page; use explore()")
        explorers = _EXPLORER.findall(html)
        names.update(explorers)
        if not html and (address := _ADDRESS.search(bundle.get("text/plain", ""))):
            messages.append(
                f"an output is {address[0]!r}, which says nothing to a reader; end the cell with a "
                "semicolon"
            )
        if len(_PAYLOAD.findall(html)) < len(explorers):
            messages.append(f"explorer {explorers[0]!r} carries no grid")
    for name, count in names.items():
        if count > 1:
            messages.append(f"{count} explorers are named {name!r}; give each its own name=")
    if errors.strip():
        messages.append(f"a cell warns: {' '.join(errors.split())[:200]!r}; fix what it warns of")
    if any(not (text or "").strip() for text in alternatives):
        messages.append(
            "a picture has no alternative text; set it in the cell's metadata, "
            '"mystnb": {"image": {"alt": "…"}}'
        )
    return messages


def _check(app: Sphinx, doctree: nodes.document) -> None:
    page = app.env.docname
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"
    if not app.env.doc2path(page).endswith(".ipynb"):
        return
    bundles, alternatives, errors, broken = [], [], [], []
    for cell in json.loads(executed.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            broken += [f"cell {cell['id']}, {f}" for f in markdown_faults("".join(cell["source"]))]
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                errors.append("".join(output["text"]))
            bundle = output.get("data", {})
            bundles.append({kind: "".join(content) for kind, content in bundle.items()})
            if "text/html" not in bundle and any(kind.startswith("image/") for kind in bundle):
                options = cell["metadata"].get("mystnb", {}).get("image", {})
                alternatives.append(options.get("alt"))
    messages = faults(bundles, alternatives, "\n".join(errors)) + broken
    if messages:
        raise ExtensionError(f"{page}: {'; '.join(messages)}")


def _forget_a_build_with_warnings(app: Sphinx, error: Exception | None) -> None:
    """Read all pages again next time: else the same warning would pass unseen."""
    if error is None and app._warncount:
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)
