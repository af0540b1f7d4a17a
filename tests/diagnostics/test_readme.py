"""What the README shows of ``diagnose`` is what it says."""

import json
import re
import subprocess
import sys

from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
[SECTION] = re.findall(r"## Look at your own network\n(.*?)\n## ", README, re.DOTALL)
[PROGRAM] = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
[OUTPUT] = re.findall(r"```text\n(.*?)```", SECTION, re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def test_the_program_of_the_readme_prints_what_stands_below_it():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert NUMBER.sub("#", ran.stdout) == NUMBER.sub("#", OUTPUT)
    mine, shown = (list(map(float, NUMBER.findall(text))) for text in (ran.stdout, OUTPUT))
    for one, other in zip(mine, shown, strict=True):
        assert abs(one - other) <= 0.1 * abs(other)  # another processor rounds otherwise


def test_the_counts_of_the_readme_are_those_of_the_validation():
    results = json.loads((ROOT / "data/diagnostics/validation.json").read_text())["results"]
    broken = sum(len(results[name]) for name in ("programs", "mutants", "fresh"))
    healthy = len(results["healthy"])
    assert f"on {broken} broken and {healthy} healthy programs" in SECTION.replace("\n", " ")
