"""What is imported is declared, and what is declared suffices."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from conftest import ROOT
from test_layering import SOURCES, unit

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {"trainability", "benchmarks", "conftest", "google"} | {
    path.stem for place in ("tests", "data") for path in (ROOT / place).rglob("*.py")
}
EXTRAS = [(), ("lessons",), ("lessons", "book")]
NAMED = ["package", "lessons", "book"]
FOR_LESSONS = {"book", "cafe", "comparisons", "explore", "figures", "ledger", "svm_bias"}
# A function may import by itself what only lessons need.
LATER = {"scipy", "plotly"}
# Imports every module named, while those told to hide cannot be found.
PROBE = """
import importlib, sys
hidden, modules = (part.split() for part in sys.stdin.read().split(";"))
hidden = set(hidden)
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"{name} is not declared", name=name)
sys.meta_path.insert(0, Hide())
for module in modules:
    importlib.import_module(module)
"""


def declared(*extras: str) -> list[str]:
    """The requirements of the project with some of its extras."""
    optional = PROJECT["optional-dependencies"]
    found = PROJECT["dependencies"] + [word for extra in extras for word in optional[extra]]
    return [word for word in found if not word.startswith("trainability[")]


def names(requirements: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(word).name) for word in requirements}


def with_all_they_need(requirements: Iterable[str]) -> set[str]:
    """The distributions that installing some requirements brings along."""
    found: set[str] = set()
    waiting = [Requirement(word) for word in requirements]
    while waiting:
        requirement = waiting.pop()
        environments = [{"extra": extra} for extra in ("", *requirement.extras)]
        name = canonicalize_name(requirement.name)
        if name in found and not requirement.extras:
            continue
        found.add(name)
        try:
            needed = [Requirement(word) for word in requires(name) or ()]
        except PackageNotFoundError:  # for another system
            continue
        waiting += [
            one
            for one in needed
            if not one.marker or any(one.marker.evaluate(env) for env in environments)
        ]
    return found


@cache
def owners() -> dict[str, set[str]]:
    """The distributions that bring each importable name."""
    return {
        name: {canonicalize_name(one) for one in found}
        for name, found in packages_distributions().items()
    }


def imported(source: str) -> Iterator[str]:
    plain = re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)
    for node in ast.walk(ast.parse(plain)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def sources(*patterns: str) -> Iterator[str]:
    for path in (path for pattern in patterns for path in ROOT.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            yield text
        else:
            cells = nbformat.reads(text, as_version=4).cells
            yield from (cell.source for cell in cells if cell.cell_type == "code")


def undeclared(found: Iterable[str], *extras: str) -> set[str]:
    """Names that no directly declared distribution brings."""
    foreign = set(found) - sys.stdlib_module_names - OWN
    return {name for name in foreign if not owners().get(name, set()) & names(declared(*extras))}


def library(*extras: str) -> list[str]:
    """The modules that work with some extras: without any, what an engineer uses."""
    if "book" in extras:
        return list(SOURCES)
    if "lessons" in extras:
        return [module for module in SOURCES if unit(module) != "book"]
    return [module for module in SOURCES if unit(module) not in FOR_LESSONS]


@pytest.mark.parametrize("extras", EXTRAS, ids=NAMED)
def test_the_library_imports_what_is_declared(extras):
    found = [
        name
        for module in library(*extras)
        for name in imported(SOURCES[module].read_text(encoding="utf-8"))
    ]
    assert undeclared(found, *extras) <= (set() if extras else LATER)


def test_the_lessons_import_what_is_declared():
    found = [name for text in sources("index.ipynb", "chapters/*.ipynb") for name in imported(text)]
    assert {"torch", "plotly", "trainability"} <= set(found)
    assert undeclared(found, "lessons") == set()


def test_tests_benchmarks_and_scripts_import_what_is_declared():
    places = ("tests/**/*.py", "benchmarks/*.py", "data/*/*.py")
    found = [name for text in sources(*places) for name in imported(text)]
    # One script builds the models of other packages, in an environment that its first lines make.
    said = (ROOT / "data/diagnostics/make_packaged.py").read_text(encoding="utf-8")
    packages = {"peft", "timm", "torchvision", "transformers"}
    assert packages <= set(said.partition('"""\n\nimport')[0].split())
    assert undeclared(found, "lessons", "book", "test") == packages


@pytest.mark.parametrize("extras", EXTRAS, ids=NAMED)
def test_every_module_can_be_imported_where_only_what_is_declared_is_there(extras):
    there = with_all_they_need(declared(*extras))
    hidden = {name for name, brought in owners().items() if not brought & there} - OWN
    assert {"pytest", "playwright"} <= hidden
    modules = library(*extras)
    ran = subprocess.run(
        [sys.executable, "-c", PROBE],
        input=" ".join(hidden) + ";" + " ".join(modules),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_what_is_hidden_cannot_be_imported():
    words = {"input": "torch;trainability.norms", "capture_output": True, "text": True}
    ran = subprocess.run([sys.executable, "-c", PROBE], check=False, **words)
    assert ran.returncode != 0 and "torch is not declared" in ran.stderr
