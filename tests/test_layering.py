"""Arrows go one way: numerics ← figures ← notebooks, and explore ← notebooks."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import trainability

LIBRARY = Path(trainability.__file__).parent
BANNED = ("plotly", "ipywidgets", "matplotlib", "IPython")
NUMERICS = ["trainability", *(f"trainability.{p.stem}" for p in sorted(LIBRARY.glob("[!_]*.py")))]
PACKAGES = ("figures", "explore", "book")
# The ledger is read by notebooks, tests and the build, so it stands on nothing.
LEDGER = ("trainability.claims", "trainability.claim_markers")

# Prints, for each module named, which banned ones its import was the first to load.
PROBE = """
import importlib, json, sys
banned, names = json.loads(sys.argv[1])
found, before = {}, set()
for name in names:
    importlib.import_module(name)
    loaded = {word for word in banned if word in sys.modules}
    found[name] = sorted(loaded - before)
    before = loaded
print(json.dumps(found))
"""


def loaded_by_importing(names: list[str]) -> dict[str, list[str]]:
    """Import ``names`` one by one in one fresh interpreter; what each loads of the banned."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps([BANNED, names])],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


@cache
def loaded_by_numerics() -> dict[str, list[str]]:
    return loaded_by_importing(NUMERICS)


def imported_names(source: str, package: str) -> set[str]:
    """Return every module that ``source`` imports anywhere, relative ones resolved."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
            # `from a import b` may import the module a.b.
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def breaches(source: str, package: str, forbidden: tuple[str, ...]) -> set[str]:
    names = imported_names(source, package)
    return {f for f in forbidden for name in names if name == f or name.startswith(f"{f}.")}


def breaches_in(folder: Path, forbidden: tuple[str, ...]) -> dict[str, set[str]]:
    found = {}
    for path in sorted(folder.rglob("*.py")):
        package = ".".join(["trainability", *path.relative_to(LIBRARY).parent.parts])
        if broken := breaches(path.read_text(encoding="utf-8"), package, forbidden):
            found[path.name] = broken
    return found


def inside(*packages: str) -> tuple[str, ...]:
    return tuple(f"trainability.{package}" for package in packages)


def test_the_numerics_modules_are_found():
    assert {"trainability.signal", "trainability.nonlinearities"} <= set(NUMERICS)
    assert not set(NUMERICS) & set(inside(*PACKAGES))


@pytest.mark.parametrize("module", NUMERICS)
def test_importing_a_numerics_module_loads_no_plotting_and_no_widgets(module):
    assert loaded_by_numerics()[module] == []


def test_the_import_check_can_fail():
    found = loaded_by_importing(["trainability.signal", "trainability.explore"])
    assert found["trainability.signal"] == []
    assert {"plotly", "IPython"} <= set(found["trainability.explore"])
    live = loaded_by_importing(["trainability.explore.live", "matplotlib"])
    assert "ipywidgets" in live["trainability.explore.live"]
    assert live["matplotlib"] == ["matplotlib"]


@pytest.mark.parametrize("module", NUMERICS)
def test_numerics_import_no_figures_no_engine_and_no_build(module):
    path = LIBRARY / f"{module.removeprefix('trainability').lstrip('.') or '__init__'}.py"
    source = path.read_text(encoding="utf-8")
    assert breaches(source, "trainability", (*inside(*PACKAGES), *BANNED)) == set()


def test_figures_import_neither_the_engine_nor_the_build():
    assert breaches_in(LIBRARY / "figures", inside("explore", "book")) == {}


def test_the_engine_knows_nothing_of_networks_figures_or_the_build():
    numerics = tuple(module for module in NUMERICS if module != "trainability")
    forbidden = (*numerics, *inside("figures", "book"), "torch")
    assert breaches_in(LIBRARY / "explore", forbidden) == {}


def test_the_build_imports_no_numerics_and_no_figures():
    numerics = tuple(m for m in NUMERICS if m not in ("trainability", *LEDGER))
    assert breaches_in(LIBRARY / "book", (*numerics, *inside("figures"))) == {}


@pytest.mark.parametrize("module", LEDGER)
def test_the_ledger_imports_the_standard_library_alone(module):
    path = LIBRARY / f"{module.partition('.')[2]}.py"
    names = imported_names(path.read_text(encoding="utf-8"), "trainability")
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "line",
    [
        "import trainability.explore",
        "import numpy, trainability.explore.controls as c",
        "from trainability import signal, explore",
        "from trainability.explore import explore",
        "from trainability.explore.controls import draws",
        "from .. import explore",
        "from ..explore import controls",
        "from ..explore.controls import draws",
        "def f():\n    if True:\n        from trainability.explore import explore",
        "try:\n    import trainability.explore\nexcept ImportError:\n    pass",
    ],
)
def test_the_reading_of_sources_can_fail(line):
    source = f"import math\n{line}\n"
    assert breaches(source, "trainability.figures", inside("explore", "book")) == {
        "trainability.explore"
    }


@pytest.mark.parametrize(
    "line",
    [
        "import trainability.explorer",
        "from . import explore",
        "from trainability.figures import explore",
        "'import trainability.explore'",
        "# import trainability.explore",
    ],
)
def test_the_reading_of_sources_spares_what_only_looks_alike(line):
    assert breaches(f"{line}\n", "trainability.figures", inside("explore")) == set()
