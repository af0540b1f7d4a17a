"""Files of the inventory's answers, as students hand them in: read, counted, or refused."""

import json

import nbformat
import pytest

from conftest import ROOT
from trainability.ledger import read_answers, share_right
from trainability.ledger.claims import read_claims

HEAD = "name,day,right,of,1,2,3"


def saved(folder, name, line, head=HEAD):
    path = folder / f"{name}.csv"
    path.write_text(f"{head}\r\n{line}\r\n", encoding="utf-8", newline="")


def test_answers_are_counted_against_the_key_and_not_by_what_the_file_says(tmp_path):
    saved(tmp_path, "b", "Bo,2026-09-01,3,3,false,,true")
    saved(tmp_path, "a", '"Ada, 1",2026-09-01,0,3,true,depends,true')
    (tmp_path / "notes.txt").write_text("no answers")
    found = read_answers(tmp_path, 3)
    key = ["true", "depends", "true"]
    assert [(each.name, each.right(key)) for each in found] == [("Ada, 1", 3), ("Bo", 1)]
    assert share_right(found, key) == [0.5, 0.5, 1.0]


@pytest.mark.parametrize(("written", "name"), [("'=1+1", "=1+1"), ("'t Hooft", "'t Hooft")])
def test_only_the_guard_of_a_formula_is_taken_off_a_name(tmp_path, written, name):
    saved(tmp_path, "a", f"{written},2026-09-01,3,3,true,true,true")
    assert [each.name for each in read_answers(tmp_path, 3)] == [name]


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("Ada,2026-09-01,1,3,true,true", HEAD),
        ("Ada,2026-09-01,1,3,true,true,true", HEAD.replace("1,2,3", "1,3,2")),
        ("a\r\nb", HEAD),
    ],
)
def test_another_file_is_named(tmp_path, line, head):
    saved(tmp_path, "odd", line, head)
    with pytest.raises(ValueError, match=r"odd\.csv is no file of the inventory with 3 statements"):
        read_answers(tmp_path, 3)


def test_a_judgment_that_is_none_is_named(tmp_path):
    saved(tmp_path, "odd", "Ada,2026-09-01,1,3,true,perhaps,true")
    with pytest.raises(ValueError, match=r"odd\.csv judges 'perhaps'"):
        read_answers(tmp_path, 3)


def test_no_answers_at_all_are_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="put the saved files into the folder"):
        share_right(read_answers(tmp_path, 3), ["true"] * 3)


def test_the_page_for_class_tells_who_is_right_and_what_is_hardest(tmp_path, capsys):
    cells = nbformat.read(ROOT / "chapters/13_teaching.ipynb", as_version=4).cells
    (code,) = [cell.source for cell in cells if cell.id == "scores"]
    claims = json.loads((ROOT / "data/claims/claims.json").read_text(encoding="utf-8"))
    judged = read_claims(ROOT)
    key = [judged[name].judgment for name in claims["inventory"]]
    head = ",".join(["name", "day", "right", "of", *(str(k + 1) for k in range(30))])
    wrong = ["true" if key[0] != "true" else "false", *key[1:]]
    saved(tmp_path, "ada", ",".join(["Ada", "2026-09-01", "30", "30", *key]), head)
    saved(tmp_path, "bo", ",".join(["Bo", "2026-09-01", "30", "30", *wrong]), head)
    space = {"json": json, "REPOSITORY": ""}
    exec(code, space)
    space["class_report"](tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Ada, 2026-09-01: 30", "Bo, 2026-09-01: 29"]
    assert lines[2].startswith("50% right: 1. ") and len(lines) == 7
