"""A small book with a ledger and a test file, planted for the tests that need a wrong one."""

import json
from pathlib import Path

from trainability import claims as ledger

ENTRY = {
    "id": "A-1",
    "document": "a sheet",
    "claim": "2 + 2 = 5",
    "verdict": "false",
    "truth": "2 + 2 = 4",
    "witness": "",
    "lesson": 3,
    "section": "Sums",
    "asked": "",
    "statement": "2 + 2 = 5.",
    "judgment": "false",
    "because": "It is 4.",
}


def plant(root: Path, test: str, *entries: object, lessons: tuple[str, ...] = ()) -> Path:
    """Write a book with a ledger, a test file and empty notebooks."""
    for folder in ("data/claims", "tests", "chapters"):
        (root / folder).mkdir(parents=True)
    (root / ledger.LEDGER).write_text(json.dumps({"claims": entries}))
    (root / "tests/test_x.py").write_text(f"import pytest\n{test}")
    for name in lessons:
        (root / "chapters" / name).touch()
    return root
