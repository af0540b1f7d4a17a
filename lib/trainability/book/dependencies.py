"""What an execution of a notebook rests on: files of the book, and installed distributions."""

import hashlib
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

import trainability
from trainability.ledger import tests_by_claim

TESTS = "tests"
# A kernel runs on these beside the project's own dependencies.
_KERNEL = ("ipykernel", "ipython")
_PASSING = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}

# Runs in the kernel before the first cell, and tells after the last one what was opened,
# listed and imported below the book's folder and the package's; what was missing, too.
WATCH = """
def _watched(roots):
    import os, sys
    opened, listed = set(), set()

    def hook(event, arguments):
        if event not in ("open", "os.listdir", "os.scandir") or not arguments:
            return
        path = arguments[0]
        if event == "open" and (isinstance(path, int) or arguments[2] & os.O_ACCMODE):
            return  # a descriptor, or opened for writing
        path = os.path.abspath(os.fsdecode(path if path is not None else "."))
        if path.startswith(roots):
            (opened if event == "open" else listed).add(path)

    def report():
        modules = [getattr(m, "__file__", None) or "" for m in list(sys.modules.values())]
        files = opened | {os.path.abspath(m) for m in modules if m}
        return {
            "files": sorted(f for f in files if f.startswith(roots)),
            "folders": sorted(listed),
        }

    sys.addaudithook(hook)
    return report

_watched = _watched({roots!r})
"""
REPORT = "import json; print(json.dumps(_watched()))"


def library() -> Path:
    """Return the folder of the package."""
    return Path(trainability.__file__).parent


def runtime(source: Path) -> list[str]:
    """Return interpreter and distributions that a notebook of the book can import.

    These are the project's dependencies, those of its lessons, and what they depend on, each as
    ``name==version``. What else is installed, such as the packages of the tests, is not among them.

    Parameters
    ----------
    source : Path
        The book's folder, with its ``pyproject.toml``.
    """
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions: dict[str, str] = {}
    lessons = project.get("optional-dependencies", {}).get("lessons", ())
    waiting = [Requirement(line) for line in (*project["dependencies"], *lessons, *_KERNEL)]
    seen = set()
    while waiting:
        wanted = waiting.pop()
        mark = (wanted.name.lower(), *sorted(wanted.extras))
        if mark in seen:
            continue
        seen.add(mark)
        try:
            installed = distribution(wanted.name)
        except PackageNotFoundError:
            continue  # another platform's, or optional there
        versions[installed.name.lower()] = installed.version
        for line in installed.requires or ():
            needed = Requirement(line)
            extras = wanted.extras or {""}
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(needed)
    return [sys.version, *(f"{name}=={version}" for name, version in sorted(versions.items()))]


class Digests:
    """Digests of what executions rested on, each computed once.

    Parameters
    ----------
    source : Path
        The book's folder.
    """

    def __init__(self, source: Path) -> None:
        self._source = source.resolve()
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        """Return the digest of a file, a folder's names, or the claims that tests hold.

        Parameters
        ----------
        name : str
            As in the values of `names`.
        """
        if name not in self._known:
            self._known[name] = hashlib.sha256(self._content(name)).hexdigest()[:16]
        return self._known[name]

    def names(self, files: Iterable[str], folders: Iterable[str]) -> list[str]:
        """Return what an execution rested on, by names that hold in any place of the book.

        Tests count by the claims that they hold, since nothing else of them is shown.
        """
        return sorted({*self._names(files, ""), *self._names(folders, "/")})

    def _names(self, paths: Iterable[str], end: str) -> Iterator[str]:
        package = library().resolve()
        for path in map(Path, paths):
            for base, prefix in ((package, "trainability/"), (self._source, "")):
                if path.is_relative_to(base):
                    inside = path.relative_to(base)
                    if inside.parts[:1] == (TESTS,) and not prefix:
                        yield TESTS
                    elif not _passes(inside):
                        yield f"{prefix}{inside.as_posix()}{end}"
                    break

    def _content(self, name: str) -> bytes:
        if name == TESTS:
            return repr(tests_by_claim(self._source)).encode()
        inside = name.removeprefix("trainability/")
        base = library() if inside != name else self._source
        path = base / inside
        if name.endswith("/"):
            names = [p.name for p in path.iterdir()] if path.is_dir() else []
            shown = (n for n in names if n not in _PASSING and not n.startswith("."))
            return "\n".join(sorted(shown)).encode()  # tools leave their caches by such names
        return path.read_bytes() if path.is_file() else b"missing"


def _passes(inside: Path) -> bool:
    """Whether a path inside the book says nothing about it: made by builds and tools."""
    parts = inside.parts
    return bool(
        set(parts) & _PASSING
        or (parts and (parts[0].startswith((".", "_build")) or parts == (".",)))
    )
