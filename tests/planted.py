"""A small book with a ledger and a test file, planted for the tests that need a wrong one."""

import json
from pathlib import Path

from trainability.ledger import claims as ledger

ENTRY = {
    "id": "A-1",
    "document": "a sheet",
    "claim": "2 + 2 = 5",
    "quote": "Two and two make five.",
    "verdict": "false",
    "reason_verdict": "",
    "reading": "2 + 2 = 5.",
    "reading_verdict": "false",
    "because": "It is 4.",
    "truth": "2 + 2 = 4",
    "witness": "",
    "page": "03_x",
    "section": "Sums",
    "asked": "",
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
