"""Files that the book offers beside its pages, made when it is built."""

import os
import pkgutil
from pathlib import Path

from sphinx.application import Sphinx


def connect(app: Sphinx) -> None:
    """Write the files of ``trainability_downloads`` in ``_config.yml`` into ``_static``.

    Each name there has the function that returns its bytes, as ``package.module:function``.
    """
    app.add_config_value("trainability_downloads", {}, "html", types=[dict])
    app.connect("build-finished", _write)


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    for name, maker in app.config.trainability_downloads.items():
        place = Path(app.outdir) / "_static" / name
        data: bytes = pkgutil.resolve_name(maker)()
        if place.exists() and place.read_bytes() == data:
            continue
        draft = place.with_name(f".{place.name}.{os.getpid()}")
        draft.write_bytes(data)
        draft.replace(place)
