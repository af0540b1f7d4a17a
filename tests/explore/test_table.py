"""The figure's numbers as a table and as CSV, as the page's script writes them."""

import csv
import io
import math
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainability.explore.document import leaves, to_json
from trainability.explore.payload import whole

SCRIPT = "</td><script>alert(1)</script>"
MOST_ROWS = 400
fixed = settings(
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
REVIVED = "const { revive } = await import('./codec.js'); const figure = revive(JSON.parse(given));"


@pytest.fixture
def csv_text(in_module) -> Callable[[go.Figure], str]:
    def write(shown: go.Figure) -> str:
        document = to_json(whole(leaves(shown)))
        return str(in_module("table.js", f"{REVIVED} return module.csv(figure, 6);", document))

    return write


@pytest.fixture
def rows_of(csv_text) -> Callable[[go.Figure], list[list[str]]]:
    return lambda shown: list(csv.reader(io.StringIO(csv_text(shown), newline="")))


@pytest.fixture
def table_of(in_module) -> Callable[[go.Figure], dict]:
    """The tables as the page holds them: cells, tags, captions."""
    body = f"""{REVIVED}
      const host = document.createElement("div");
      module.drawTable(figure, host, 6);
      return {{
        rows: [...host.querySelectorAll("tr")].map((row) =>
          [...row.cells].map((cell) => cell.textContent)),
        tags: [...host.querySelectorAll("*")].map((node) => node.localName),
        caption: host.querySelector("caption")?.textContent,
      }};"""
    return lambda shown: in_module("table.js", body, to_json(whole(leaves(shown))))


def figure(*traces: dict) -> go.Figure:
    return go.Figure([{"type": "scatter"} | trace for trace in traces])


def heads(text: str) -> list[list[str]]:
    """The first row of each block."""
    return [next(csv.reader(io.StringIO(block))) for block in text.split("\n\n")]


def test_a_single_curve_has_a_column_for_each_direction(rows_of):
    shown = figure({"x": [1, 2], "y": [0.5, 0.25]})
    assert rows_of(shown) == [["x", "y"], ["1", "0.5"], ["2", "0.25"]]
    shown.update_layout(xaxis_title_text="layer <i>l</i>", yaxis_title_text="signal")
    assert rows_of(shown)[0] == ["layer l", "signal"]


def test_curves_that_share_their_x_share_one_column_of_it(rows_of):
    shown = figure(
        {"x": [1, 2], "y": [3, 4], "name": "signal"},
        {"x": [1, 2], "y": [5, 6], "name": "gradient"},
    )
    assert rows_of(shown) == [["x", "signal", "gradient"], ["1", "3", "5"], ["2", "4", "6"]]


def test_curves_with_an_x_of_their_own_have_a_table_of_their_own(csv_text):
    text = csv_text(figure({"x": [1, 2], "y": [3, 4]}, {"x": [1, 3], "y": [5, 6]}))
    assert heads(text) == [["x", "curve 1"], ["x", "curve 2"]]


def test_equal_values_in_y_stay_two_columns(rows_of):
    assert rows_of(figure({"y": [1, 2]}, {"y": [1, 2]}))[0] == ["x", "curve 1", "curve 2"]


def test_an_x_with_a_gap_is_shared_too(csv_text):
    shown = figure({"x": [1, math.nan], "y": [3, 4]}, {"x": [1, math.nan], "y": [5, 6]})
    assert heads(csv_text(shown)) == [["x", "curve 1", "curve 2"]]


def test_a_curve_never_shares_the_table_of_a_surface(csv_text):
    surface = {"type": "heatmap", "x": [1], "y": [1], "z": [[5]]}
    text = csv_text(go.Figure([surface, {"type": "scatter", "x": [1], "y": [2]}]))
    assert len(heads(text)) == 2


def test_numbers_that_are_not_finite_are_written_as_such(rows_of):
    assert rows_of(figure({"y": [math.nan, math.inf, -math.inf, 0.0]}))[1:] == [
        ["0", "NaN"],
        ["1", "inf"],
        ["2", "-inf"],
        ["3", "0"],
    ]


@fixed
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_numbers_are_written_to_six_digits_and_read_back(rows_of, values):
    found = [float(row[1]) for row in rows_of(figure({"y": np.array(values)}))[1:]]
    assert found == pytest.approx(values, rel=5.1e-6, abs=0)


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@fixed
@given(words=st.lists(words.filter(lambda word: "\r" not in word), min_size=1, max_size=5))
def test_no_word_in_a_csv_file_begins_a_formula(rows_of, words):
    for row in rows_of(figure({"x": words, "y": words, "name": words[0]})):
        for cell in row:
            assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("word", ["=1+1", "+1", "-1", "@cmd", "\tx", "=HYPERLINK(0)"])
def test_a_word_that_a_spreadsheet_would_run_is_quoted(rows_of, word):
    rows = rows_of(figure({"x": [word], "y": [1], "name": word}))
    assert rows[1][0] == f"'{word}"
    assert rows[0][1] == f"'{word}"


def test_negative_numbers_are_no_formulas(rows_of):
    assert rows_of(figure({"y": [-1.5]}))[1] == ["0", "-1.5"]


@pytest.mark.parametrize("word", ["a,b", 'say "a"', "two\nlines", "é 😀", "'", SCRIPT])
def test_words_survive_the_way_through_csv(rows_of, word):
    rows = rows_of(figure({"x": [word], "y": [1], "name": word}))
    assert rows[0][1] == word
    assert rows[1][0] == word


def test_a_gap_among_words_is_an_empty_cell(rows_of):
    assert rows_of(figure({"x": ["a", None], "y": [1, 2]})) == [["x", "y"], ["a", "1"], ["", "2"]]


def test_numbers_among_words_are_written_as_numbers(rows_of):
    rows = rows_of(figure({"x": ["a", math.nan, -3], "y": [1, 2, 3]}))
    assert [row[0] for row in rows[1:]] == ["a", "NaN", "-3"]


def test_each_value_of_a_surface_stands_beside_its_own_coordinates(rows_of):
    surface = go.Figure(
        {"type": "heatmap", "x": [1, 2], "y": [5, 6, 7], "z": [[0, 1], [2, 3], [4, 9]]}
    )
    rows = rows_of(surface)
    assert rows[0] == ["x", "y", "z"]
    assert ["1", "7", "4"] in rows
    assert ["2", "7", "9"] in rows
    assert len(rows) == 1 + 6


def test_a_figure_without_curves_has_an_empty_table(csv_text, table_of):
    assert csv_text(go.Figure()) == ""
    assert table_of(go.Figure())["tags"] == []


def test_attributes_that_are_no_coordinates_are_left_out(rows_of):
    shown = figure({"y": [1], "marker": {"size": [9]}, "error_y": {"array": [2]}, "text": ["t"]})
    assert rows_of(shown) == [["x", "y"], ["0", "1"]]


def test_the_table_says_what_the_csv_says(rows_of, table_of):
    shown = figure({"x": ["a", "b"], "y": [1.5, math.nan], "name": "é"})
    assert table_of(shown)["rows"] == rows_of(shown)


def test_the_table_has_at_most_400_rows_and_the_csv_has_all(rows_of, table_of):
    long = figure({"y": np.arange(1000.0)})
    table = table_of(long)
    assert len(table["rows"]) == 1 + MOST_ROWS == 401
    assert table["caption"] == "The first 400 of 1000 rows; the CSV file has all."
    assert len(rows_of(long)) == 1 + 1000


@pytest.mark.parametrize("words", [SCRIPT, '"><img src=x onerror=alert(1)>', "&lt;", "é\u2028"])
def test_words_in_the_table_are_text_and_not_markup(table_of, words):
    table = table_of(figure({"x": [words], "y": [1], "name": words}, {"y": [2], "name": "b"}))
    one = ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    assert table["tags"] == one + one
    assert table["rows"][0][1] == words
    assert table["rows"][1][0] == words
