"""The data are those that data/README.md lists, byte by byte."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT

ROW = re.compile(r"^\| \[?`([^`]+)/`.*\| ([^|]*) \|$", re.MULTILINE)
FILE = re.compile(r"`([^`]+)` ([0-9a-f]{64})\b")


def listed(readme: str) -> dict[str, str]:
    """Return the hash that the table gives for each file."""
    return {
        f"{folder}/{name}": value
        for folder, cell in ROW.findall(readme)
        for name, value in FILE.findall(cell)
    }


def hashed(data: Path, names: list[str]) -> dict[str, str]:
    """Return the hash of each file, notes and scripts left out."""
    return {
        name: hashlib.sha256((data / name).read_bytes()).hexdigest()
        for name in names
        if Path(name).name != "README.md" and Path(name).suffix != ".py"
    }


def test_every_data_file_is_listed_with_its_hash():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(
        command, cwd=ROOT / "data", capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "claims/claims.json" in names
    there = [name for name in names if (ROOT / "data" / name).exists()]
    assert listed((ROOT / "data/README.md").read_text(encoding="utf-8")) == hashed(
        ROOT / "data", there
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"a/one.csv": b"1\r\n"},
        {"a/three.csv": b"3\n"},
        {"two.csv": b"2\n"},
        {"a/one.csv": None},
    ],
)
def test_an_edited_a_new_and_a_lost_data_file_are_found(tmp_path, wrong):
    files = {"a/README.md": b"", "a/make.py": b"", "a/one.csv": b"1\n", "b/d/two.csv": b"2\n"}
    readme = (
        "| folder | what | sha256 of each file |\n|---|---|---|\n"
        "| [`a/`](a/README.md) | one | `one.csv` "
        "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865 |\n"
        "| `b/` | two | `d/two.csv` "
        "53c234e5e8472b6ac51c1ae1cab3fe06fad053beb8ebfd8977b010655bfdd3c3 |\n"
    )
    answers = []
    for content in (files, files | wrong):
        kept = {name: text for name, text in content.items() if text is not None}
        for name, text in kept.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text)
        answers.append(listed(readme) == hashed(tmp_path, list(kept)))
    assert answers == [True, False]
