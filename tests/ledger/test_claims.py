"""The ledger is whole, and each claim of a lesson is held by a test that names it."""

import ast
import json
import re
import runpy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from docutils import nodes

from conftest import ROOT
from planted import ENTRY, plant
from trainability.ledger import claims as ledger
from trainability.ledger import markers as claim_markers

DOCUMENTS = {
    "S0": "D2L exercise answers",
    "S1": "forum thread",
    "S2": "CS189-style sheet",
    "S3": "CS446 homework 2, solved",
}
# Every id in the order of the documents; typed, not read from the ledger.
_TYPED = """
S0-1 S0-1.0 S0-1.1a S0-1.1b S0-1.2a S0-1.2b S0-1.3a S0-1.3b S0-1.3c S0-1.4a S0-1.4b
S0-1.5a S0-1.5b S0-1.5c S0-1.5d S0-1.6a S0-1.6b S0-1.7a S0-1.7b S0-1.8 S0-2 S0-3 S0-3b S0-4
S1-1 S1-1r S1-2a S1-2b S1-3 S1-4 S1-5a S1-5b S1-5c S1-5d S1-5e S1-5f S1-5g S1-6 S1-7
S1-8a S1-8b S1-9 S1-10 S1-10b S1-10c S1-11 S1-12 S1-13
S2-0a S2-0b S2-1a S2-1b S2-1c S2-1d S2-2a S2-2b S2-2c S2-2d
S3-1.0 S3-1a S3-1b S3-1c S3-1d S3-1e-i S3-1e-ii S3-1e-iii S3-1e-iv S3-1f S3-1g S3-1h
S3-2.0a S3-2.0b S3-2.0c S3-2.0d S3-2a S3-2b S3-2c S3-2d S3-2d2 S3-2e
S3-3.0 S3-3a S3-3b,c S3-3d S3-3e-i S3-3e-ii S3-3f
S3-4a S3-4b,c S3-4.r1 S3-4.r2 S3-4.r3 S3-4d S3-4e S3-4f S3-4.r4
"""
IDS = _TYPED.split()
LESSONS = {
    1: "S0-2 S1-4 S1-10…S1-12 S2-0a…S2-1d S3-4a S3-4b,c S3-4.r1 S3-4.r3",
    2: "S0-1…S0-1.8 S1-3",
    3: "S1-1…S1-2b S1-7…S1-9 S1-13 S3-4.r2 S3-4d…S3-4.r4",
    4: "S0-3 S0-3b S1-5a…S1-5g",
    5: "S2-2a…S2-2d",
    6: "S0-4 S1-6",
    7: "S3-1.0…S3-1h",
    8: "S3-2.0a…S3-2e",
    9: "S3-3.0…S3-3f",
}


def lesson_of_each() -> dict[str, int]:
    lessons = {}
    for number, ranges in LESSONS.items():
        for first, _, last in (text.partition("…") for text in ranges.split()):
            for name in IDS[IDS.index(first) : IDS.index(last or first) + 1]:
                assert name not in lessons, f"{name} is typed in two lessons"
                lessons[name] = number
    return lessons


def without_test(root: Path) -> list[str]:
    """Return the claims of the lessons that exist which no test names."""
    lessons, tests = ledger.lessons_present(root), claim_markers.tests_by_claim(root)
    claims = ledger.read_claims(root).values()
    return [claim.id for claim in claims if claim.lesson in lessons and claim.id not in tests]


def without_claim(root: Path) -> dict[str, list[str]]:
    """Return the tests that name what the ledger does not have, by the name."""
    claims = ledger.read_claims(root)
    return {
        name: tests
        for name, tests in claim_markers.tests_by_claim(root).items()
        if name not in claims
    }


def test_the_ledger_has_the_96_claims_in_order_each_with_its_lesson():
    claims = ledger.read_claims(ROOT)
    assert len(IDS) == len(set(IDS)) == 96
    assert list(claims) == IDS
    assert {name: claim.lesson for name, claim in claims.items()} == lesson_of_each()
    assert set(lesson_of_each().values()) == set(range(1, 10))


def test_every_claim_says_whose_it_is_and_what_is_true():
    for name, claim in ledger.read_claims(ROOT).items():
        assert claim.document == DOCUMENTS[name[:2]], name
        assert claim.claim and claim.statement and claim.because and claim.section, name
        ours = (claim.claim, claim.truth, claim.witness, claim.reading, claim.because)
        for text in (*ours, claim.section, claim.quote):
            assert text == " ".join(text.split()), f"{name} has stray white space"
        for text in (*ours, claim.section):  # a quote may have TeX with its bars
            assert "|" not in text and not re.search(r"\bH\d\d\b|[Ss]eed", text)
        assert not claim.reading or claim.reading.endswith("."), name
        assert len(claim.reading) <= 150 and len(claim.because) <= 230, name
        assert claim.quote.count("$") % 2 == 0 and "$$" not in claim.quote, name


def quote_tools() -> dict[str, object]:
    """The names of the script that checks quotes; it lies beside its data."""
    return runpy.run_path(str(ROOT / "data/claims/check_quotes.py"))


@pytest.mark.parametrize(
    ("quote", "lost"),
    [
        ("[W]e say $[0, 1]$ is … closed [and convex].", []),
        ("say $[0, 1]$ is closed.", ["say [0, 1] is closed."]),  # a cut that is not shown
        ("is … We say", ["We say"]),  # the order of another sentence
        ("say $[0, 2]$", ["say [0, 2]"]),
        ("$$[0, 1]$$ is", []),
        ("", []),
    ],
)
def test_a_quote_is_compared_piece_by_piece_in_order(quote, lost):
    document = "We say $$[0, 1]$$\n is not open, is closed."
    assert quote_tools()["missing"](quote, document) == lost


def test_every_quote_is_as_it_was_when_it_was_compared_with_its_document():
    kept = json.loads((ROOT / "data/claims/quotes.json").read_text(encoding="utf-8"))
    digest = quote_tools()["digest"]
    quotes = {name: c.quote for name, c in ledger.read_claims(ROOT).items() if c.quote}
    assert kept == {name: digest(quote) for name, quote in quotes.items()}


NOBODY_SAID = "S0-3b S1-10b S1-10c S3-1e-iii S3-1e-iv S3-2e"  # typed, not read from the ledger


def test_what_nobody_said_has_no_quote_and_no_verdict_but_that_of_our_reading():
    claims = ledger.read_claims(ROOT)
    assert [name for name, claim in claims.items() if not claim.quote] == NOBODY_SAID.split()
    for name in NOBODY_SAID.split():
        assert claims[name].verdict == "no claim" and claims[name].reading_verdict, name


def test_a_verdict_is_one_of_five_and_each_occurs():
    claims = ledger.read_claims(ROOT).values()
    assert {claim.verdict for claim in claims} == set(ledger.VERDICTS)
    for claim in claims:
        assert claim.judgment == ledger.ANSWERS[claim.judged]
        assert claim.judged == (claim.reading_verdict if claim.reading else claim.verdict)
    # A mere "can" or "may" is not refuted by a counterexample: only our reading of it is.
    hedged = [c for c in claims if re.search(r"\b(can|may|might)\b", c.quote) and c.id[:2] == "S0"]
    assert {c.verdict for c in hedged} >= {"true, too weak"} and len(hedged) >= 10


def test_every_proof_and_every_claim_that_a_text_refers_to_exists():
    content = json.loads((ROOT / ledger.LEDGER).read_text(encoding="utf-8"))
    assert list(content) == ["claims", "proofs", "inventory"]
    assert list(content["proofs"]) == [f"P{number}" for number in range(1, 19)]
    assert all(re.match(r"\*\*.+?\.\*\* \S", proof) for proof in content["proofs"].values())
    texts = " ".join(f"{claim['truth']} {claim['witness']}" for claim in content["claims"])
    proofs = set(re.findall(r"\bP\d+\b", texts))
    assert "P1" in proofs and proofs <= set(content["proofs"])
    assert set(re.findall(r"\bS\d-[\w.]*\w", texts)) == {"S0-1.3c", "S0-2", "S1-10", "S2-1d"}


def pages(root: Path, lesson: int) -> list[Path]:
    """A lesson's core page and its deeper ones."""
    return sorted((root / "chapters").glob(f"{lesson:02}*_*.ipynb"))


def sections(root: Path, page: str) -> list[str]:
    """The headings below the title of a page."""
    cells = nbformat.read(root / "chapters" / f"{page}.ipynb", as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"^#{2,3} (.+)$", prose, re.MULTILINE)


def test_every_claim_names_a_section_that_its_page_has_once():
    for name, claim in ledger.read_claims(ROOT).items():
        assert sections(ROOT, claim.page).count(claim.section) == 1, (name, claim.section)


def test_an_anchor_is_the_one_that_sphinx_gives():
    headings = {claim.section for claim in ledger.read_claims(ROOT).values()}
    for heading in [*headings, "18 faces, and what they say", "Où, déjà?", "  a -- b  ", "2"]:
        assert ledger.section_id(heading) == nodes.make_id(heading), heading


def cells_of(root: Path, lesson: int) -> Iterator[nbformat.NotebookNode]:
    for path in pages(root, lesson):
        yield from nbformat.read(path, as_version=4).cells


def verdicts(root: Path, lesson: int) -> dict[str, str]:
    """The answers of a lesson's questions of the kind true, false or depends, by name."""
    found = {}
    for cell in cells_of(root, lesson):
        if cell.cell_type != "code" or "verdict(" not in cell.source:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "verdict":
                name = next(k.value for k in node.keywords if k.arg == "name")
                found[ast.literal_eval(name)] = ast.literal_eval(node.args[1])
    return found


def test_a_lesson_that_asks_for_a_verdict_says_what_the_ledger_says():
    asked = 0
    for name, claim in ledger.read_claims(ROOT).items():
        if claim.asked:
            assert verdicts(ROOT, claim.lesson).get(claim.asked) == claim.judgment, name
            asked += 1
    assert asked >= 50


def quoted(root: Path, lesson: int) -> list[tuple[str, str]]:
    """What stands in quotation marks in the claims that a lesson puts to its readers."""
    found = []
    for cell in cells_of(root, lesson):
        if cell.cell_type != "code" or "verdict(" not in cell.source:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "verdict":
                words = re.findall("“([^”]*)”", ast.literal_eval(node.args[0]))
                found += [(cell.id, word) for word in words]
    return found


@pytest.mark.parametrize("lesson", range(1, 10))
def test_what_a_lesson_puts_in_quotation_marks_is_what_the_ledger_quotes(lesson):
    tools = quote_tools()
    quotes = [tools["plain"](claim.quote) for claim in ledger.read_claims(ROOT).values()]
    in_lesson = quoted(ROOT, lesson)
    assert in_lesson
    for cell, words in in_lesson:
        for piece in tools["pieces"](words):
            assert any(piece in quote for quote in quotes), (cell, piece)


def test_the_inventory_is_thirty_statements_from_every_lesson_and_of_every_kind():
    claims = ledger.read_claims(ROOT)
    content = json.loads((ROOT / ledger.LEDGER).read_text(encoding="utf-8"))
    chosen = [claims[name] for name in content["inventory"]]
    assert len(chosen) == len(set(content["inventory"])) == 30
    assert [claim.lesson for claim in chosen] == sorted(claim.lesson for claim in chosen)
    assert {claim.lesson for claim in chosen} == set(range(1, 10))
    counts = Counter(claim.judgment for claim in chosen)
    assert set(counts) == set(ledger.ANSWERS.values()) and min(counts.values()) >= 8


def test_every_claim_of_a_lesson_that_exists_is_held_by_a_test():
    assert without_test(ROOT) == []


def test_every_marker_names_a_claim():
    assert without_claim(ROOT) == {}


def test_a_claim_without_a_test_and_a_marker_without_a_claim_are_found(tmp_path):
    later = ENTRY | {"id": "A-2", "page": "04_x"}
    held = "@pytest.mark.claims('{}')\ndef test_a(): pass\n"
    book = plant(tmp_path / "1", held.format("A-9"), ENTRY, later, lessons=("03_x.ipynb",))
    assert without_test(book) == ["A-1"]
    assert without_claim(book) == {"A-9": ["tests/test_x.py::test_a"]}
    book = plant(tmp_path / "2", held.format("A-1"), ENTRY, later, lessons=("03_x.ipynb",))
    assert without_test(book) == []
    assert without_claim(book) == {}


def test_lessons_are_the_numbered_notebooks_of_the_chapters(tmp_path):
    names = ("03_x.ipynb", "10_claims.ipynb", "04_x.md", "notes.ipynb", "5_x.ipynb", "006_x.ipynb")
    assert ledger.lessons_present(plant(tmp_path, "", lessons=names)) == {3, 10}
    assert ledger.lessons_present(tmp_path / "nowhere") == set()


def test_one_error_lists_everything_that_is_wrong_with_a_ledger(tmp_path):
    bad = [
        ENTRY,
        ENTRY | {"claim": "again"},
        ENTRY | {"id": "A-2", "tests": []},
        {key: value for key, value in ENTRY.items() if key != "truth"} | {"id": "A-3"},
        ENTRY | {"id": " "},
        ENTRY | {"id": ["A-4"]},
        "A-5",
        ENTRY | {"id": "A-6", "page": 6},
        ENTRY | {"id": "A-7", "witness": None},
        ENTRY | {"id": "A-8", "verdict": "maybe", "page": "12_x"},
        ENTRY | {"id": "A-9", "reading": "", "verdict": "no claim"},
        ENTRY | {"id": "A-10", "reading_verdict": "no claim", "quote": "", "verdict": "true"},
    ]
    with pytest.raises(ValueError) as caught:
        ledger.read_claims(plant(tmp_path, "", *bad))
    assert str(caught.value) == (
        "data/claims/claims.json: A-1 occurs twice; give each claim an id of its own; "
        "A-2 has the unknown field 'tests'; A-3 lacks 'truth'; entry 5 has no id; "
        "entry 6 has no id; entry 7 is no object; A-6 has a 'page' that is no str; "
        "A-7 has a 'witness' that is no str; "
        "A-8 has a verdict that is none of true; true, too weak; needs a condition; false; "
        "no claim; A-8 is on no page of a lesson, such as 01_name or 01a_name; "
        "A-9 judges a reading that it does not have; "
        "A-9 has nothing to judge: neither a claim in the quote nor a reading; "
        "A-10 has a reading_verdict that is none of true; true, too weak; needs a condition; "
        "false; A-10 judges words that nobody said"
    )


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{}", b'{"claims": {}}', b'{"claims": [}', b"\xff\xfe\xff"]
)
def test_a_file_that_is_no_ledger_is_refused_by_name(tmp_path, content):
    (plant(tmp_path, "") / ledger.LEDGER).write_bytes(content)
    with pytest.raises(ValueError, match=r'^data/claims/claims\.json: .*"claims"'):
        ledger.read_claims(tmp_path)
