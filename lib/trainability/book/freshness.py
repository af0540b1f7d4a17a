"""When to execute again: when library, pins, data or the ledger's tests have changed."""

import hashlib
import json
import shutil
import sys
from importlib.metadata import distributions
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

import trainability
from trainability.claim_markers import tests_by_claim

KEPT_CACHES = 8


def connect(app: Sphinx) -> None:
    """Let the execution cache depend on more than a notebook's own cells.

    A new cache path is a changed setting, so Sphinx reads every page again.
    """
    # Before MyST-NB reads the setting, which it does at the usual priority.
    app.connect("config-inited", _choose_cache, priority=100)
    app.connect("env-get-outdated", _pages_about_pages)


def fingerprint(source: Path) -> str:
    """Return a hash of all that can change what a notebook computes, but its cells.

    Parameters
    ----------
    source : Path
        The book's folder, with its pins, its data, and the tests that hold claims.
    """
    library = Path(trainability.__file__).parent
    files = [*library.rglob("*.py"), *library.rglob("*.json")]
    files += [source / "constraints.txt", source / "pyproject.toml"]
    files += (source / "data").rglob("*")
    digest = hashlib.sha256(sys.version.encode())
    for line in sorted(f"{d.name}=={d.version}" for d in distributions()):
        digest.update(f"{line}\n".encode())
    digest.update(repr(tests_by_claim(source)).encode())
    for path in sorted(path for path in files if path.is_file()):
        base = library if path.is_relative_to(library) else source
        digest.update(f"{path.relative_to(base)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _choose_cache(app: Sphinx, config: Config) -> None:
    caches = Path(app.outdir).parent / ".jupyter_cache"
    mark = fingerprint(Path(app.srcdir))
    config.nb_execution_cache_path = str(caches / mark)
    _forget_oldest(caches, keep=mark)


def _pages_about_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Read a page that is executed every time again whenever any other page has changed."""
    if not added | changed | removed:
        return []
    return [page for page in env.found_docs if _is_forced(Path(env.doc2path(page)))]


def _is_forced(path: Path) -> bool:
    if path.suffix != ".ipynb":
        return False
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return metadata.get("mystnb", {}).get("execution_mode") == "force"


def _forget_oldest(caches: Path, keep: str) -> None:
    others = sorted(
        (path for path in caches.glob("*") if path.is_dir() and path.name != keep),
        key=lambda path: path.stat().st_mtime,
    )
    for path in others[: max(0, len(others) + 1 - KEPT_CACHES)]:
        shutil.rmtree(path)
