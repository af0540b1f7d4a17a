"""The examples of the validation, on a draw that make.py does not use."""

import json

import pytest
from samples import EXAMPLES  # and makes them importable

from trainability import diagnose

import healthy_sequences  # isort: skip
import healthy_vision  # isort: skip
from examples import Example  # isort: skip
from mutants import mutants  # isort: skip
from public_programs import programs  # isort: skip

FILE = EXAMPLES / "validation.json"
DRAW = 3
HEALTHY = healthy_vision.HEALTHY | healthy_sequences.HEALTHY
# The misses of validation.json are known; each other fault is tried on its first host.
FIRST = {mutant.name.partition("__")[2]: mutant for mutant in reversed(mutants())}


def summary() -> dict:
    return json.loads(FILE.read_text(encoding="utf-8"))["summary"]


MISSED = {miss["name"] for miss in summary()["misses"]}


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_severe_is_said_of_a_healthy_model(name):
    report = diagnose(**Example(name, HEALTHY[name]).arguments(DRAW))
    assert [f for f in report.findings if f.severity == "severe"] == []


@pytest.mark.parametrize("fixed", programs(fixed=True), ids=lambda example: example.name)
def test_a_fixed_program_comes_out_clean(fixed):
    assert [f for f in diagnose(**fixed.arguments(DRAW)).findings if f.severity != "remark"] == []


@pytest.mark.parametrize(
    "example",
    [e for e in (*programs(fixed=False), *FIRST.values()) if e.name not in MISSED],
    ids=lambda example: example.name,
)
def test_a_fault_is_named(example):
    report = diagnose(**example.arguments(DRAW))
    named = {f.kind for f in report.findings if example.least == "remark" or f.severity != "remark"}
    assert named & example.kinds


def test_the_published_numbers_reach_their_goals():
    sets = summary()["sets"]
    for name in ("programs", "mutants"):
        assert sets[name]["all"]["right"] >= 0.9 * sets[name]["all"]["draws"]
    assert sets["mutants"]["held out"]["right"] >= 0.9 * sets["mutants"]["held out"]["draws"]
    assert sets["healthy"]["all"]["right"] >= sets["healthy"]["all"]["draws"] - 1
    assert sets["fixed"]["all"]["right"] == sets["fixed"]["all"]["draws"]


def test_the_sets_are_as_large_as_promised():
    assert len(HEALTHY) >= 25 and len(mutants()) >= 60 and len(programs(fixed=False)) == 15
    names = [example.name for example in (*mutants(), *programs(True), *programs(False))]
    assert len(set(names)) == len(names)


def test_one_published_draw_is_what_a_diagnosis_says_now():
    results = json.loads(FILE.read_text(encoding="utf-8"))["results"]["mutants"]
    known = {each["name"]: each for each in results}
    example = FIRST["constant"]
    found = known[example.name]["draws"][0]["found"]
    report = diagnose(**example.arguments(0))
    assert [(f.kind, f.severity, list(f.where)) for f in report.findings] == [
        (each["kind"], each["severity"], each["where"]) for each in found
    ]


def test_nothing_severe_is_said_of_any_model_of_another_package_and_two_get_a_warning():
    packaged = json.loads((EXAMPLES / "packaged.json").read_text(encoding="utf-8"))
    assert set(packaged["versions"]) == {"torch", "transformers", "timm", "torchvision", "peft"}
    results = packaged["results"]
    assert len({each["name"] for each in results}) == len(results) >= 36
    severities = [{f["severity"] for f in each["found"]} for each in results]
    assert not any("severe" in said for said in severities)
    assert sum("warning" in said for said in severities) <= 2
    source = (EXAMPLES / "packaged_models.py").read_text(encoding="utf-8")
    assert all(f'"{each["name"]}"' in source for each in results)
