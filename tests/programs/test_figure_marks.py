"""A figure's marks are filled alike by Python and by the page."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainability.programs.figure import filled, number_in_words

few = settings(derandomize=True, deadline=None, max_examples=40)


@few
@given(
    numbers=st.lists(st.floats() | st.integers(-(10**6), 10**6).map(float), min_size=1),
    digits=st.integers(1, 6),
)
def test_numbers_are_written_alike(in_module, numbers, digits):
    given = [[number if abs(number) < 1e308 else str(number), digits] for number in numbers]
    given = [["NaN" if number != number else number, n] for number, n in given]
    given = [[{"inf": "Infinity", "-inf": "-Infinity"}.get(str(x), x), n] for x, n in given]
    body = "return given.map(([x, n]) => module.numberInWords(Number(x), n))"
    read = [float(str(x).replace("Infinity", "inf")) for x, _ in given]
    assert in_module("figure.js", body, given) == [number_in_words(x, digits) for x in read]


NUMBERS = {
    "y": [1.0, 2.5],
    "zero": 0,
    "one": 1.0,
    "nan": float("nan"),
    "big": 12345678.0,
    "name": "tanh",
}
PARTS = [
    {"$": "y"},
    {"data": [{"y": {"$": "y"}, "x": [1, 2], "name": "curve", "on": True, "none": None}]},
    {"$text": "{name}, {one}, {one:2}, {big:3}, {big:8} and {zero}; {y"},
    {"$first": [["zero", "a"], ["one", {"$text": "b{one}"}], [None, "c"]]},
    {"$first": [["zero", "a"], [None, {"deep": {"$": "one"}}]]},
    {"$first": [["nan", "not a number is true"], [None, "c"]]},
    {"$first": [["zero", "a"]]},
]


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_marks_are_filled_alike(in_module, part):
    tensors = {
        name: value if isinstance(value, str | int) else torch.tensor(value, dtype=torch.float64)
        for name, value in NUMBERS.items()
    }
    given = {"part": part, "numbers": NUMBERS | {"nan": None}}
    body = "return module.filled(given.part, { ...given.numbers, nan: NaN })"
    assert in_module("figure.js", body, given) == filled(part, tensors)


def test_a_name_that_nothing_has_is_said(in_module):
    with pytest.raises(KeyError):
        filled({"$": "loss"}, {})
    body = "try { module.filled({$: 'loss'}, {}); } catch (error) { return error.message; }"
    assert "asks for loss" in in_module("figure.js", body)
