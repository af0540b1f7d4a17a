"""The Sphinx extension of the book: what makes a build honest and a page self-reliant."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: "Sphinx") -> dict[str, Any]:
    """Register the extension; called by Sphinx."""
    # Not above: the tools beside it need neither Sphinx nor torch, and loading them takes seconds.
    from trainability.book import downloads, execution, outputs, pages
    from trainability.explore.faces import BOOK_VARIABLE

    # Kernels inherit it: while the book is built, no output may be a widget.
    os.environ[BOOK_VARIABLE] = "1"
    # The CAFE images may not be passed on: a published page shows drawn faces, whoever builds it.
    os.environ["TRAINABILITY_CAFE"] = "synthetic"
    # One device for all builders: two builds of one tree are to give the same bytes.
    os.environ["TRAINABILITY_DEVICE"] = "cpu"
    # A plain `jupyter-book build .` must fail on a warning too.
    app.keep_going = True
    execution.connect(app)
    outputs.connect(app)
    pages.connect(app)
    downloads.connect(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
