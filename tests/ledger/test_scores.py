"""Files of the inventory's answers, as students hand them in: read, counted, or refused."""

import pytest

from trainability.ledger import read_answers, share_right

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
