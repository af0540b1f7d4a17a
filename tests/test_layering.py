"""Arrows go one way: a row of CONTRIBUTING's table imports only rows above it."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import trainability

LIBRARY = Path(trainability.__file__).parent
BANNED = ("plotly", "anywidget", "ipywidgets", "matplotlib", "IPython")
INTERFACE = ("figures", "explore", "book")


def dotted(path: Path) -> str:
    """The name by which a file of the library is imported."""
    parts = path.relative_to(LIBRARY).with_suffix("").parts
    return ".".join(("trainability", *(part for part in parts if part != "__init__")))


def unit(module: str) -> str:
    """The module or package right below ``trainability`` that a module belongs to."""
    return module.split(".")[1] if "." in module else ""


SOURCES = {dotted(path): path for path in sorted(LIBRARY.rglob("*.py"))}
UNITS = sorted({unit(module) for module in SOURCES} - {""})
NUMERICS = [module for module in SOURCES if unit(module) not in INTERFACE]

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
            named = [node.module] if node.module else []
            base = ".".join([*above, *named] if node.level else named)
            # `from a import b` may import the module a.b.
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def package_of(path: Path) -> str:
    return ".".join(("trainability", *path.relative_to(LIBRARY).parent.parts))


@cache
def imports_of(module: str) -> frozenset[str]:
    path = SOURCES[module]
    return frozenset(imported_names(path.read_text(encoding="utf-8"), package_of(path)))


def in_the_library(name: str) -> str:
    """The module of the library that an imported name is, or lies in; nothing for others."""
    while name and name not in SOURCES:
        name = name.rpartition(".")[0]
    return name if name != "trainability" else ""


class Row(NamedTuple):
    """What the modules and packages of a row of CONTRIBUTING's table may import."""

    names: list[str]
    ours: set[str]
    others: set[str]


def arrows() -> list[Row]:
    """Read CONTRIBUTING's table, whose first row is the ground."""

    def named(cell: str) -> list[str]:
        return [name.rstrip("/") for name in re.findall(r"`([^`]+)`", cell)]

    text = (LIBRARY.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    rows: list[Row] = []
    for places, _, ours, others in (row for row in cells if len(row) == 4):
        ground = rows[0].names if "the ground" in ours else []
        allowed = set(re.findall(r"\w+", others))
        rows.append(Row(named(places), {*named(ours), *ground}, allowed))
    return rows


ROWS = arrows()


def test_the_whole_tree_is_walked():
    assert len(SOURCES) == sum(1 for path in LIBRARY.rglob("*.py")) > 90
    assert {"trainability.signal.propagation", "trainability.cafe.drawing.face"} <= set(NUMERICS)
    assert not {unit(module) for module in NUMERICS} & set(INTERFACE)


def test_the_table_names_every_place_once_and_only_rows_above_it():
    assert sorted(name for row in ROWS for name in row.names) == UNITS
    above: set[str] = set()
    for row in ROWS:
        assert row.ours <= above, f"{row.names} import what stands below them"
        above.update(row.names)


@pytest.mark.parametrize("row", ROWS, ids=[row.names[0] for row in ROWS])
def test_a_place_imports_what_the_table_allows_and_nothing_else(row):
    imported = {i for module in SOURCES if unit(module) in row.names for i in imports_of(module)}
    ours = {unit(module) for module in map(in_the_library, imported) if module}
    others = {i.partition(".")[0] for i in imported} - sys.stdlib_module_names - {"trainability"}
    assert ours - {*row.names, ""} == row.ours - (set(ROWS[0].names) - ours)
    assert others == row.others


def test_no_module_imports_itself_by_way_of_others():
    graph = {
        module: {in_the_library(name) for name in imports_of(module)} - {"", module}
        for module in SOURCES
        if unit(module) != "explore"  # its types refer to each other
    }
    # A package's front door imports its rooms; a room that asks its own door has gone in a circle.
    TopologicalSorter(graph).prepare()
    graph["trainability.norms"] = {"trainability.optim"}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


DOORS = [name for name in UNITS if name not in INTERFACE and (LIBRARY / name).is_dir()]


@pytest.mark.parametrize("name", DOORS)
def test_a_package_s_front_door_holds_its_public_names_and_nothing_else(name):
    path = LIBRARY / name / "__init__.py"
    docstring, *imports, names = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(node, ast.ImportFrom) for node in imports)
    assert isinstance(names, ast.Assign) and names.targets[0].id == "__all__"
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    assert set(ast.literal_eval(names.value)) == imported


@pytest.mark.parametrize("module", NUMERICS)
def test_importing_a_numerics_module_loads_no_plotting_and_no_widgets(module):
    assert loaded_by_numerics()[module] == []


def test_the_import_check_can_fail():
    found = loaded_by_importing(["trainability.signal", "trainability.explore"])
    assert found["trainability.signal"] == []
    assert {"plotly", "IPython"} <= set(found["trainability.explore"])
    live = loaded_by_importing(["trainability.explore.kernel", "matplotlib"])
    assert "anywidget" in live["trainability.explore.kernel"]
    assert live["matplotlib"] == ["matplotlib"]


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
    found = map(in_the_library, imported_names(source, "trainability.figures"))
    assert "explore" in {unit(module) for module in found if module}


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
    found = map(in_the_library, imported_names(f"{line}\n", "trainability.figures"))
    assert "explore" not in {unit(module) for module in found if module}
