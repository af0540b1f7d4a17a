"""Which test holds which claim: read from the source as pytest sees it, and refused when wrong."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from planted import ENTRY, plant
from trainability.ledger import markers as claim_markers

EVERY_PLACE = '''
from pytest import mark
CASES = [pytest.param(1, marks=pytest.mark.claims("A-1")), 2]
MARKS = [pytest.mark.claims("A-2"), pytest.mark.filterwarnings("error")]
MORE = [*CASES, pytest.param(3, marks=MARKS)]
held = pytest.mark.claims("A-3")
quoted = """
@pytest.mark.claims("A-9")
def test_quoted(): ...
"""
@pytest.mark.claims("A-1", "A-2", "A-2")
def test_plain(): ...
@held
@mark.claims("A-1")
def test_stacked(): ...
@pytest.mark.parametrize("n", MORE)
def test_cases(n): ...
@pytest.mark.parametrize("n", [pytest.param(k, marks=pytest.mark.claims("A-4")) for k in (1, 2)])
def test_inline(n): ...
@pytest.mark.claims("A-3")
class TestClass:
    @pytest.mark.claims("A-1")
    def test_method(self): ...
    def test_other(self): ...
    class TestInner:
        def test_deep(self): ...
def test_unmarked(): ...
'''
# Writes, as pytest itself has collected them, the tests of each claim.
WITNESS = """
import json
def pytest_collection_modifyitems(items):
    found = {}
    for item in items:
        for mark in item.iter_markers("claims"):
            for name in mark.args:
                found.setdefault(name, set()).add(item.nodeid.split("[")[0])
    with open("found.json", "w") as file:
        json.dump({name: sorted(tests) for name, tests in found.items()}, file)
"""


def collect(root: Path) -> subprocess.CompletedProcess[str]:
    """Let a fresh pytest with this book's settings collect the tests of ``root``."""
    shutil.copy(ROOT / "pyproject.toml", root)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "tests/test_x.py"], cwd=root, capture_output=True, text=True, check=False
    )


def test_the_source_tells_the_same_tests_as_pytest_collects(tmp_path):
    plant(tmp_path, EVERY_PLACE)
    (tmp_path / "tests/conftest.py").write_text(WITNESS)
    assert collect(tmp_path).returncode == 0
    collected = json.loads((tmp_path / "found.json").read_text())
    assert len(collected["A-3"]) == 4
    found = claim_markers.tests_by_claim(tmp_path)
    assert {name: sorted(tests) for name, tests in found.items()} == collected


@pytest.mark.parametrize(
    "source",
    [
        "@pytest.mark.claims(NAME)\ndef test_a(): ...",
        "@pytest.mark.claims(*['A-1'])\ndef test_a(): ...",
        "@pytest.mark.claims(ids='A-1')\ndef test_a(): ...",
        "@pytest.mark.claims('A-1', 2)\ndef test_a(): ...",
        "@pytest.mark.claims(f'A-{1}')\ndef test_a(): ...",
        "@pytest.mark.claims()\ndef test_a(): ...",
        "@pytest.mark.claims\ndef test_a(): ...",
        "@pytest.mark.claims('A-1')\ndef helper(): ...",
        "@pytest.mark.claims('A-1')\nclass Helper:\n    def test_a(self): ...",
        "@pytest.mark.claims('A-1')\nclass TestEmpty: ...",
        "pytestmark = pytest.mark.claims('A-1')\ndef test_a(): ...",
        "unused = pytest.mark.claims('A-1')\ndef test_a(): ...",
    ],
)
def test_a_marker_that_cannot_be_read_or_holds_nothing_is_an_error_with_its_line(tmp_path, source):
    with pytest.raises(ValueError, match=r"^tests/test_x\.py:2: .*(plain strings|holds nothing)"):
        claim_markers.tests_by_claim(plant(tmp_path, source))


def test_a_marker_in_a_file_that_pytest_does_not_collect_is_an_error(tmp_path):
    plant(tmp_path, "")
    (tmp_path / "tests/tools.py").write_text("@pytest.mark.claims('A-1')\ndef test_a(): ...")
    with pytest.raises(ValueError, match=r"^tests/tools\.py:1: .*holds nothing"):
        claim_markers.tests_by_claim(tmp_path)


HOSTILE = """
@pytest.mark.claims("A-9")
def test_unknown(): ...
@pytest.mark.claims()
def test_nameless(): ...
@pytest.mark.claims(["A-1"])
def test_listed(): ...
@pytest.mark.claims("A-1", "A-2", "A-3")
class TestClass:
    @pytest.mark.claims("A-1")
    def test_three(self): ...
    @pytest.mark.claims("A-4")
    def test_four(self): ...
"""


def test_pytest_refuses_by_name_each_test_with_no_unknown_or_too_many_claims(tmp_path):
    plant(tmp_path, HOSTILE, *(ENTRY | {"id": f"A-{number}"} for number in (1, 2, 3, 4)))
    for name in ("conftest.py", "browser.py", "builds.py", "undrawn.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests")
    result = collect(tmp_path)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    messages = re.findall(
        r"^(?:ERROR: )?tests/test_x\.py::(\S+): (.*)", result.stderr, re.MULTILINE
    )
    assert dict(messages) == {
        "test_unknown": "claims that the ledger does not have: ['A-9']",
        "test_nameless": "a claims marker without an id",
        "test_listed": "claims that the ledger does not have: [['A-1']]",
        "TestClass::test_four": "4 claims; at most 3, so that each is tested itself",
    }
