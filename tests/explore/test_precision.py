"""Numbers as codes: how far they may move, and what they may never turn into."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import short
from trainability.explore.precision import FLOAT32, Precision, absolute, relative

fixed = settings(derandomize=True, deadline=None, max_examples=100)
odd = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0])


def through(precision: Precision, values) -> np.ndarray:
    codes = precision.encode(np.array(values, dtype=np.float64))
    assert codes.dtype == np.int32
    return precision.decode(codes)


def assert_same_kind(found: np.ndarray, values: np.ndarray) -> None:
    """NaN stays NaN, infinity stays infinity of its sign, finite stays finite."""
    assert (np.isnan(found) == np.isnan(values)).all()
    assert (np.isposinf(found) == np.isposinf(values)).all()
    assert (np.isneginf(found) == np.isneginf(values)).all()


@fixed
@given(st.lists(st.floats(width=32), max_size=8))
def test_what_float32_holds_travels_exactly(values):
    values = np.array(values)
    np.testing.assert_array_equal(through(FLOAT32, values), values)


@fixed
@given(st.lists(st.floats(-1e38, 1e38).filter(lambda x: abs(x) > 1e-37) | odd, max_size=8))
def test_other_numbers_are_rounded_to_the_nearest_float32(values):
    values = np.array(values, dtype=np.float64)
    found = through(FLOAT32, values)
    assert_same_kind(found, values)
    finite = np.isfinite(values)
    assert found[finite] == pytest.approx(values[finite], rel=2**-24)


@fixed
@given(
    values=st.lists(st.floats(-1e5, 1e5) | odd, max_size=8),
    step=st.sampled_from([0.001, 0.01, 0.25, 1.0, 30.0]),
)
def test_absolute_precision_moves_a_number_by_at_most_half_a_step(values, step):
    values = np.array(values, dtype=np.float64)
    found = through(absolute(step), values)
    assert_same_kind(found, values)
    finite = np.isfinite(values)
    assert (np.abs(found[finite] - values[finite]) <= step * 0.5000001).all()


@fixed
@given(
    values=st.lists(
        st.floats(1e-300, 1e300) | st.sampled_from([0.0, math.inf, -math.inf, math.nan]), max_size=8
    ),
    step=st.sampled_from([0.0005, 0.001, 0.01, 0.5]),
)
def test_relative_precision_moves_a_logarithm_by_at_most_half_a_step(values, step):
    values = np.array(values, dtype=np.float64)
    found = through(relative(step), values)
    assert_same_kind(found, values)
    assert ((found == 0) == (values == 0)).all()
    positive = np.isfinite(values) & (values > 0)
    decades = np.log10(found[positive]) - np.log10(values[positive])
    assert (np.abs(decades) <= step / 2 + 1e-9).all()


def test_a_thousandth_of_a_decade_keeps_numbers_within_an_eighth_of_a_percent():
    values = np.linspace(1, 10, 5001)
    moved = np.abs(through(relative(0.001), values) / values - 1)
    assert 0.0011 < moved.max() < 0.0012


@pytest.mark.parametrize("precision", [FLOAT32, absolute(0.1), relative(0.1)])
def test_what_was_rounded_once_is_not_moved_again(precision):
    once = through(precision, [0.0, 1.0, 3.14159, 272.5, math.inf, math.nan])
    np.testing.assert_array_equal(through(precision, once), once)


@pytest.mark.parametrize("precision", [FLOAT32, absolute(0.1), relative(0.1)])
def test_the_values_of_the_caller_are_left_unchanged(precision):
    values = np.array([0.0, 1.26, math.nan, math.inf])
    precision.encode(values)
    np.testing.assert_array_equal(values, [0.0, 1.26, math.nan, math.inf])


@pytest.mark.parametrize("precision", [FLOAT32, absolute(0.1), relative(0.1)])
def test_an_empty_array_stays_empty(precision):
    assert through(precision, []).shape == (0,)


def test_every_nan_has_the_same_code():
    odd_nans = np.array(
        [0x7FF8000000000001, 0xFFF8000000000000, 0x7FFC00000000BEEF], dtype=np.uint64
    )
    for precision in (FLOAT32, absolute(1), relative(1)):
        assert len(set(precision.encode(odd_nans.view(np.float64)).tolist())) == 1


def test_the_four_special_numbers_have_codes_of_their_own():
    for precision in (absolute(0.5), relative(0.5)):
        codes = precision.encode(np.array([0.0, 1.0, math.nan, math.inf, -math.inf]))
        assert len(set(codes.tolist())) == 5


@pytest.mark.parametrize("value", [1e39, -1e39, 1e300, 1e-60, -1e-60, 5e-324, 3.5e38])
def test_a_number_that_float32_turns_to_infinity_or_zero_is_refused_with_the_remedy(value):
    with pytest.raises(ValueError, match=r"does not fit float32.*relative.*absolute"):
        FLOAT32.encode(np.array([1.0, value]))


@pytest.mark.parametrize("value", [-1.0, -1e-300, -1e300])
def test_relative_precision_refuses_negative_numbers_with_the_remedy(value):
    with pytest.raises(ValueError, match=r"at least 0.*absolute"):
        relative(0.01).encode(np.array([1.0, value]))


@pytest.mark.parametrize(
    ("precision", "value"),
    [
        (absolute(1e-9), 2.0),
        (absolute(0.01), -1e9),
        (relative(1e-9), 1e300),
        (relative(1e-10), 2.0),
    ],
)
def test_a_step_too_fine_for_the_numbers_is_refused_with_the_remedy(precision, value):
    with pytest.raises(ValueError, match=r"step .* too fine.*larger"):
        precision.encode(np.array([value]))


def test_a_step_too_fine_for_the_largest_numbers_is_refused_and_not_warned_about():
    with pytest.raises(ValueError, match="too fine"):
        absolute(0.01).encode(np.array([1e308]))


@pytest.mark.parametrize(
    ("precision", "value"),
    [
        (relative(0.1), np.finfo(np.float64).max),
        (relative(0.5), np.finfo(np.float64).max),
        (relative(1.5), 5e-324),
    ],
)
def test_relative_precision_turns_no_finite_number_into_infinity_or_zero(precision, value):
    try:
        (found,) = through(precision, [value])
    except ValueError:
        return  # what the docstring promises
    assert 0 < found < math.inf


@pytest.mark.parametrize("make", [absolute, relative])
@pytest.mark.parametrize("step", [0, 0.0, -1, -0.001, math.nan, math.inf], ids=repr)
def test_a_step_is_positive_and_finite(make, step):
    with pytest.raises(ValueError, match=f"{make.__name__}: step="):
        make(step)


@pytest.mark.parametrize("make", [absolute, relative])
@pytest.mark.parametrize("step", [None, "0.1", True, [0.1], 1j, absolute], ids=short)
def test_a_step_is_a_number(make, step):
    with pytest.raises(TypeError, match=f"{make.__name__}: step="):
        make(step)


def test_precisions_of_equal_step_are_equal():
    assert absolute(1) == absolute(1.0)
    assert relative(0.1) != absolute(0.1)
    assert Precision() == FLOAT32
