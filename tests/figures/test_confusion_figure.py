"""The table of planted and named faults."""

import plotly.graph_objects as go

from trainability.figures.confusion import confusion

PAIRS = {("b", "b"): 4, ("b", "a"): 1, ("c", "no warning"): 2}


def test_each_count_stands_in_its_row_and_column():
    shown = go.Figure(confusion(PAIRS, ["a", "b", "c", "d"]))
    (table,) = shown.data
    assert list(table.y) == ["b", "c"] and list(table.x) == ["a", "b", "no warning"]
    assert [list(row) for row in table.text] == [["1", "4", ""], ["", "", "2"]]
    assert [[round(z * z) for z in row] for row in table.z] == [[1, 4, 0], [0, 0, 2]]


def test_what_was_named_otherwise_and_what_was_not_named_are_counted_apart():
    meta = go.Figure(confusion(PAIRS, ["a", "b", "c"])).layout.meta
    assert (meta["right"], meta["total"]) == (4, 7)
    assert meta["summary"] == (
        "Of 7 draws, 4 were named right first, 2 got no warning, and 1 was first called another."
    )
