"""Diagnose all examples and write validation.json.

Run it from anywhere, ``.venv/bin/python data/diagnostics/make.py``: some five minutes on one core.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import healthy_sequences  # noqa: E402
import healthy_vision  # noqa: E402
from examples import Example, held_out  # noqa: E402
from fresh_mutants import fresh_mutants  # noqa: E402
from mutants import mutants  # noqa: E402
from public_programs import programs  # noqa: E402

from trainability.diagnostics import KINDS, diagnose  # noqa: E402
from trainability.diagnostics.findings import SEVERITIES  # noqa: E402

FILE = HERE / "validation.json"
DRAWS = (0, 1, 2)


def healthy() -> list[Example]:
    """Return the healthy models."""
    makers = healthy_vision.HEALTHY | healthy_sequences.HEALTHY
    return [Example(name, make) for name, make in makers.items()]


def sets() -> dict[str, list[Example]]:
    """Return all examples by the set they belong to."""
    return {
        "programs": programs(fixed=False),
        "fixed": programs(fixed=True),
        "mutants": mutants(),
        "fresh": fresh_mutants(),
        "healthy": healthy(),
    }


def judged(example: Example, draw: int) -> dict[str, Any]:
    """Return what a diagnosis of one draw says, and whether it is right."""
    report = diagnose(**example.arguments(draw))
    found = [
        {"kind": f.kind, "severity": f.severity, "where": list(f.where)} for f in report.findings
    ]
    most = SEVERITIES.index(example.least)
    loud = {f.kind for f in report.findings if SEVERITIES.index(f.severity) <= most}
    severe = any(f.severity == "severe" for f in report.findings)
    right = bool(loud & example.kinds) if example.kinds else not severe
    return {"draw": draw, "right": right, "found": found}


def entry(example: Example) -> dict[str, Any]:
    """Return an example with its draws."""
    return {
        "name": example.name,
        "held_out": held_out(example.name),
        "kinds": sorted(example.kinds),
        "source": example.source,
        "draws": [judged(example, draw) for draw in DRAWS],
    }


def share_right(entries: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Count draws, and those that are right."""
    draws = [draw for each in entries for draw in each["draws"]]
    return {"draws": len(draws), "right": sum(draw["right"] for draw in draws)}


def summary(results: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return counts by set, tuned and held out, by kind, and every miss."""
    by_set = {}
    for name, entries in results.items():
        parts = {"all": entries}
        if name in ("mutants", "healthy"):
            parts["tuned"] = [each for each in entries if not each["held_out"]]
            parts["held out"] = [each for each in entries if each["held_out"]]
        by_set[name] = {part: share_right(those) for part, those in parts.items()}
    misses = [
        {"set": name, "name": each["name"], "kinds": each["kinds"], **draw}
        for name, entries in results.items()
        for each in entries
        for draw in each["draws"]
        if not draw["right"]
    ]
    return {"sets": by_set, "kinds": by_kind(results), "misses": misses}


def by_kind(results: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, int]]:
    """Count, for each kind, the draws in which it is named as severe or as a warning.

    ``right`` are those of a model with that fault; ``beside`` of one with another; ``false`` of a
    healthy one. ``alone`` are the draws of a fault that has this one name, and ``named`` those of
    them in which it was named so.
    """
    counts = {kind: Counter(right=0, beside=0, false=0, alone=0, named=0) for kind in KINDS}
    for each in (each for entries in results.values() for each in entries):
        for draw in each["draws"]:
            loud = {f["kind"] for f in draw["found"] if f["severity"] != "remark"}
            for kind in loud:
                word = "right" if kind in each["kinds"] else "beside"
                counts[kind][word if each["kinds"] else "false"] += 1
            if len(each["kinds"]) == 1:
                counts[each["kinds"][0]]["alone"] += 1
                counts[each["kinds"][0]]["named"] += each["kinds"][0] in loud
    return {kind: dict(count) for kind, count in counts.items()}


def main() -> None:
    """Write the file."""
    results = {name: [entry(each) for each in examples] for name, examples in sets().items()}
    whole = {"summary": summary(results), "results": results}
    FILE.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(whole["summary"]["sets"], indent=1))


if __name__ == "__main__":
    main()
