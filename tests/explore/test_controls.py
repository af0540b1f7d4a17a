"""Controls: which values they hold, how they are written, and what they refuse."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HUGE, short
from trainability.explore.control import Control
from trainability.explore.controls import (
    FEWEST_CONTINUOUS,
    as_control,
    draws,
    linear_range,
    log_range,
)

fixed = settings(derandomize=True, deadline=None, max_examples=80)
finite = st.floats(-1e6, 1e6)
counts = st.integers(FEWEST_CONTINUOUS, 60)


@fixed
@given(start=st.floats(1e-12, 1e6), ratio=st.floats(1.01, 1e12), num=counts)
def test_a_log_range_multiplies_by_the_same_factor_from_end_to_end(start, ratio, num):
    stop = start * ratio
    control = log_range(start, stop, num)
    assert (control.kind, control.scale, len(control)) == ("range", "log", num)
    assert (control.values[0], control.values[-1]) == (start, stop)
    assert np.diff(np.log(control.values)) == pytest.approx(math.log(ratio) / (num - 1), rel=1e-6)


@fixed
@given(start=finite, span=st.floats(1e-3, 1e6), num=counts)
def test_a_linear_range_is_evenly_spaced_from_end_to_end(start, span, num):
    stop = start + span
    control = linear_range(start, stop, num)
    assert (control.kind, control.scale, len(control)) == ("range", "linear", num)
    assert (control.values[0], control.values[-1]) == (start, stop)
    assert np.diff(control.values) == pytest.approx((stop - start) / (num - 1), rel=1e-5)


@pytest.mark.parametrize("scale", [1e-12, 1e-9, 1.0, 1e9, 1e300])
def test_a_linear_range_is_evenly_spaced_whatever_its_unit(scale):
    values = np.array(linear_range(scale, 2 * scale, 41).values) / scale
    assert values == pytest.approx(np.linspace(1, 2, 41), rel=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        lambda: linear_range(0.0, 1e-11, 25),
        lambda: log_range(1.0, 1.0 + 1e-12, 25),
    ],
    ids=["linear", "logarithmic"],
)
def test_no_range_holds_a_value_twice(make):
    try:
        control = make()
    except ValueError as refused:
        assert "start" in str(refused)  # refusing is as good, when it names the argument
        return
    assert len(set(control.values)) == len(control)
    assert len(set(control.labels)) == len(control)


@fixed
@given(
    control=st.one_of(
        st.builds(log_range, st.floats(1e-9, 1), st.floats(2, 1e9), counts),
        st.builds(linear_range, st.floats(-1e6, 0), st.floats(1, 1e6), counts),
    )
)
def test_labels_of_a_range_are_distinct_and_read_back_as_their_values(control):
    assert len(set(control.labels)) == len(control)
    for position, (value, label) in enumerate(zip(control.values, control.labels, strict=True)):
        assert float(label) == pytest.approx(value, rel=0.005, abs=1e-9)
        assert control.nearest(label) == position
    assert control.numeric


def test_labels_are_as_short_as_keeps_them_distinct():
    assert as_control("x", [0.5, 1.0, 2.0]).labels == ("0.5", "1", "2")
    assert as_control("x", [1 / 3, 2 / 3]).labels == ("0.333", "0.667")
    assert as_control("x", [1.0, 1.001]).labels == ("1", "1.001")
    assert as_control("x", [1e-5, 1e-4]).labels == ("1e-5", "0.0001")
    assert as_control("x", [1e6, 2e6]).labels == ("1e6", "2e6")
    assert as_control("x", [1000000, 2000000]).labels == ("1000000", "2000000")


@pytest.mark.parametrize("make", [log_range, linear_range])
@pytest.mark.parametrize(
    ("start", "stop"),
    [(2.0, 1.0), (1.0, 1.0), (math.nan, 1.0), (1.0, math.nan), (1.0, math.inf), (-math.inf, 1.0)],
)
def test_ends_that_make_no_range_are_refused_by_name(make, start, stop):
    with pytest.raises(ValueError, match=f"{make.__name__}: start=.*stop="):
        make(start, stop)


@pytest.mark.parametrize("make", [log_range, linear_range])
@pytest.mark.parametrize("bad", [None, "1", True, [1.0], 1j], ids=repr)
def test_ends_that_are_no_numbers_are_refused_by_name(make, bad):
    with pytest.raises(TypeError, match=f"{make.__name__}: start="):
        make(bad, 2.0)
    with pytest.raises(TypeError, match=f"{make.__name__}: .*stop="):
        make(0.5, bad)


@pytest.mark.parametrize("make", [log_range, linear_range])
@pytest.mark.parametrize("num", [0, -1, 1, 19, 25.0, True, None, "25", math.inf], ids=repr)
def test_a_continuous_range_needs_twenty_values(make, num):
    with pytest.raises(ValueError, match=f"{make.__name__}: num="):
        make(1.0, 2.0, num)
    assert len(make(1.0, 2.0, FEWEST_CONTINUOUS)) == FEWEST_CONTINUOUS == 20


@pytest.mark.parametrize("start", [0, 0.0, -0.0, -1.0])
def test_a_log_range_begins_above_zero(start):
    with pytest.raises(ValueError, match="log_range: start="):
        log_range(start, 1.0)


def test_ends_too_far_apart_for_floats_are_refused_by_name():
    with pytest.raises(ValueError, match="start="):
        linear_range(-1.7e308, 1.7e308)


def test_draws_are_seeds_from_zero():
    control = draws(5)
    assert control == Control("range", (0, 1, 2, 3, 4), ("0", "1", "2", "3", "4"))
    assert control.scale is None
    assert len(draws()) == 8


@pytest.mark.parametrize("num", [0, 1, -3, 2.0, True, None, "8"], ids=repr)
def test_draws_need_two_seeds(num):
    with pytest.raises(ValueError, match="draws: num="):
        draws(num)


@fixed
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=9))
def test_a_list_of_numbers_is_a_slider_if_it_rises_and_a_menu_if_not(values):
    rises = all(a < b for a, b in pairwise(values))
    if len(set(values)) < len(values):
        with pytest.raises(ValueError, match="axis lists the same value twice"):
            as_control("axis", values)
        return
    control = as_control("axis", values)
    assert control.kind == ("range" if rises else "select")
    assert control.values == tuple(values)
    assert control.scale is None
    assert len(set(control.labels)) == len(values)


@pytest.mark.parametrize(
    "values", [[1, 2, 3], (1, 2, 3, 4), range(1, 4), np.arange(1, 4).tolist(), list(np.arange(3))]
)
def test_rising_sequences_of_any_kind_are_sliders(values):
    control = as_control("depth", values)
    assert control.kind == "range"
    assert control.values == tuple(values)


def test_words_are_a_menu_in_the_order_given():
    control = as_control("name", ["tanh", "relu", "élu", "<b>"])
    assert control.kind == "select"
    assert control.labels == control.values == ("tanh", "relu", "élu", "<b>")
    assert not control.numeric


def test_a_mapping_is_a_menu_of_its_keys_that_passes_on_its_values():
    moons = np.zeros(2)
    control = as_control("data", {"two moons": moons, 3: None})
    assert control.kind == "select"
    assert control.labels == ("two moons", "3")
    assert control.values[0] is moons
    assert control.values[1] is None


@pytest.mark.parametrize("start", [True, False])
def test_a_boolean_is_a_switch(start):
    control = as_control("bias", start)
    assert control == Control("checkbox", (False, True), ("false", "true"))
    assert not control.numeric
    assert [control.nearest(value) for value in (False, True, "false", "true")] == [0, 1, 0, 1]


def test_a_control_is_taken_as_it_is():
    control = log_range(1, 10)
    assert as_control("x", control) is control


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ((1, 4), (1, 2, 3, 4)),
        ((0, 10, 5), (0, 5, 10)),
        ((0, 10, 4), (0, 4, 8)),
        ((0.0, 1.0, 0.25), (0.0, 0.25, 0.5, 0.75, 1.0)),
        ((0.0, 0.3, 0.1), (0.0, 0.1, 0.2, 0.3)),
        ((-2, 2, 2), (-2, 0, 2)),
        ((0, 1, 0.5), (0.0, 0.5, 1.0)),
    ],
)
def test_a_tuple_of_first_last_and_step_is_a_slider_as_in_interact(values, wanted):
    control = as_control("x", values)
    assert control.kind == "range"
    assert control.values == pytest.approx(wanted)
    assert all(isinstance(v, int) for v in control.values) == all(
        isinstance(v, int) for v in wanted
    )


def test_a_pair_that_is_not_whole_is_a_continuous_range():
    assert as_control("x", (0.0, 1.0)) == linear_range(0.0, 1.0)


@pytest.mark.parametrize(
    "values",
    [
        [],
        (),
        {},
        [1],
        ["a"],
        (1,),
        {"a": 1},
        [1, 1],
        [1, 1.0],
        ["a", "b", "a"],
        {1: "x", "1": "y"},
        [None, None],
        ["", "a"],
        {" ": 1, "b": 2},
        [math.nan, 1],
        [1, math.inf],
        (4, 1),
        (1, 1),
        (1, 5, 0),
        (1, 5, -1),
        (1, 5, 10),
        (1, 5, math.nan),
        (3.0, 1.0),
        (0.0, math.nan),
        (0, math.inf),
        "tanh",
        b"tanh",
        "",
        None,
        5,
        2.5,
        math.nan,
        {1, 2},
        iter([1, 2]),
        np.array([1, 2]),
        object(),
        len,
        int,
        1j,
        HUGE,
        [1, HUGE],
        (1, HUGE, HUGE // 10),
    ],
    ids=short,
)
def test_what_no_control_can_show_is_refused_by_the_name_of_its_argument(values):
    with pytest.raises((TypeError, ValueError), match="my_axis"):
        as_control("my_axis", values)


def test_exact_fractions_are_numbers_too():
    control = as_control("x", [Fraction(1, 4), Fraction(1, 3)])
    assert control.labels == ("0.25", "0.333")


def test_labels_never_hold_memory_addresses():
    # Else two builds would differ, and a reader would be asked to choose "<object at 0x7f…>".
    try:
        control = as_control("my_axis", [object(), object()])
    except (TypeError, ValueError) as refused:
        assert "my_axis" in str(refused)
        return
    assert not any(" at 0x" in label for label in control.labels)


@fixed
@given(
    values=st.lists(finite, min_size=2, max_size=9, unique=True).map(sorted),
    wanted=st.floats(-2e6, 2e6),
)
def test_the_nearest_position_is_the_one_of_the_smallest_distance(values, wanted):
    control = as_control("x", values)
    found = control.nearest(wanted)
    assert abs(values[found] - wanted) == min(abs(value - wanted) for value in values)


def test_on_a_log_range_the_nearest_is_found_by_ratio():
    control = log_range(1, 1e4, 21)  # steps of 10^0.2
    at = control.values.index(100.0)
    assert control.nearest(100 * 10**0.099) == at
    assert control.nearest(100 * 10**0.101) == at + 1
    assert control.nearest(100 / 10**0.099) == at
    assert control.nearest(100 / 10**0.101) == at - 1


def test_every_value_and_every_label_finds_its_own_position():
    for control in (
        draws(4),
        log_range(0.1, 10),
        as_control("a", ["x", "y", None, 1.5]),
        as_control("b", {"one": 1, "two": 2}),
        as_control("c", True),
    ):
        for position in range(len(control)):
            assert control.nearest(control.values[position]) == position
            assert control.nearest(control.labels[position]) == position


def test_a_boolean_is_not_taken_for_the_number_it_equals():
    with pytest.raises(ValueError, match="True is not one of"):
        draws(3).nearest(True)
    with pytest.raises(ValueError, match="1 is not one of"):
        as_control("c", True).nearest(1)


@pytest.mark.parametrize("value", ["3.7", "", "sigmoid", None, math.nan, [1], object()], ids=short)
def test_a_value_that_a_control_has_not_is_refused_with_those_it_has(value):
    with pytest.raises(ValueError, match="is not one of 1, 2, 5"):
        as_control("x", [1, 2, 5]).nearest(value)


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinity_is_near_to_no_number(value):
    for control in (linear_range(0, 1), log_range(1, 2), draws(3)):
        with pytest.raises(ValueError, match="is not one of"):
            control.nearest(value)


def test_numpy_numbers_find_their_positions():
    assert as_control("x", [1, 2, 5]).nearest(np.int64(5)) == 2
    assert as_control("x", [0.5, 2.5]).nearest(np.float32(2.4)) == 1


def test_a_tuple_of_too_many_steps_is_refused_before_it_is_made():
    with pytest.raises(ValueError, match=r"my_axis.*larger step"):
        as_control("my_axis", (0, 10**12))
