"""Twins among hidden units, dropout's ties, and the limit of a constant start."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge

from trainability.symmetry import (
    constant_init_limit,
    count_distinct_units,
    distinct_units,
    expected_distinct_units,
    split_units,
    tie_probability,
    tied_units,
    unit_labels,
    unit_spread,
)

ROWS = [[1.0, 2.0], [1.0, 2.0], [0.0, 3.0], [1.0, 2.0]]


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_units_are_twins_only_if_they_agree_in_what_they_read_and_in_what_they_write():
    w_in = torch.tensor(ROWS)
    assert tied_units(w_in) == 3 and distinct_units(w_in) == 2
    w_out = torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 5.0]])
    assert tied_units(w_in, w_out, 1e-6) == 2 and distinct_units(w_in, w_out) == 3
    assert distinct_units(w_in, torch.arange(4.0)[None]) == 4


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.integers(0, 2**31))
def test_counts_do_not_depend_on_the_order_of_the_units(kinds, seed):
    w_in, w_out = normal(4, 3)[kinds], normal(4, 2, seed=1)[kinds].T
    assert distinct_units(w_in, w_out) == len(set(kinds))
    assert tied_units(w_in, w_out) == sum(kinds.count(kind) > 1 for kind in kinds)
    order = torch.randperm(len(kinds), generator=torch.Generator().manual_seed(seed))
    assert distinct_units(w_in[order], w_out[:, order]) == len(set(kinds))


def test_the_tolerance_is_absolute_and_twins_of_twins_are_twins():
    chain = torch.tensor([[0.0], [0.9], [1.8], [9.0]])
    assert distinct_units(chain, atol=1.0) == 2 and distinct_units(chain, atol=0.5) == 4
    assert distinct_units(chain[[1, 3, 0, 2]], atol=1.0) == 2
    assert distinct_units(torch.tensor([[1e9], [1e9 + 100]], dtype=torch.float64)) == 2
    assert tied_units(chain, None, 0) == 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64, torch.int64])
def test_any_real_type_is_counted_and_nothing_is_changed(dtype):
    w_in = torch.tensor([[1, 2], [1, 2], [3, 4]]).to(dtype)
    before = w_in.clone()
    assert distinct_units(w_in, w_in.T) == 2
    assert torch.equal(w_in, before)
    if dtype.is_floating_point:
        assert distinct_units(w_in.requires_grad_()) == 2


@pytest.mark.parametrize(
    ("w_in", "w_out", "error", "message"),
    [
        ([[1.0]], None, TypeError, "w_in must be a tensor, not list"),
        (torch.ones(3), None, ValueError, r"w_in has shape (3,); it must be (units, inputs)"),
        (torch.ones(0, 2), None, ValueError, "w_in has shape (0, 2)"),
        (torch.full((2, 2), math.nan), None, ValueError, "w_in holds inf or nan"),
        (torch.ones(2, 2, dtype=torch.complex64), None, TypeError, "w_in must hold real numbers"),
        (torch.ones(2, 3), torch.ones(2, 3), ValueError, "w_out has 3 columns for 2 units"),
        (torch.ones(2, 3), torch.ones(2), ValueError, "it must be (outputs, units)"),
        (torch.ones(2, 3), torch.full((1, 2), math.inf), ValueError, "w_out holds inf or nan"),
    ],
)
def test_weights_that_cannot_be_compared_are_refused(w_in, w_out, error, message):
    for count in (tied_units, distinct_units):
        with pytest.raises(error, match=re.escape(message)):
            count(w_in, w_out)


@pytest.mark.parametrize("atol", [-1, math.nan, math.inf])
def test_a_tolerance_must_be_finite_and_not_negative(atol):
    with pytest.raises(ValueError, match="atol"):
        distinct_units(torch.ones(2, 2), atol=atol)


def test_a_stack_of_networks_is_labeled_as_each_of_them_is():
    stack = normal(5, 4, 6, 3).round(decimals=0)
    labels = unit_labels(stack)
    for index in itertools.product(range(5), range(4)):
        assert labels[index].unique().numel() == distinct_units(stack[index])


def test_the_spread_is_the_root_mean_square_distance_from_the_mean_unit():
    units = normal(3, 7, 4)
    expected = [np.sqrt(np.var(stack.numpy(), axis=0).sum()) for stack in units]
    np.testing.assert_allclose(unit_spread(units), expected, rtol=1e-12)
    assert unit_spread(torch.full((5, 3), 0.25)) == 0


def enumerated(n_units: int, keep_prob: float, steps: int) -> tuple[float, float]:
    """The expected number of distinct histories, and the chance that two agree, by listing all."""
    histories = list(itertools.product((0, 1), repeat=steps))
    chance = [math.prod(keep_prob if m else 1 - keep_prob for m in h) for h in histories]
    expected = sum(1 - (1 - p) ** n_units for p in chance)
    return expected, sum(p**2 for p in chance)


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
@pytest.mark.parametrize("keep_prob", [0.5, 0.9, 0.1, 1.0, 0.0])
@pytest.mark.parametrize("n_units", [1, 2, 8, 100])
def test_dropouts_ties_agree_with_a_list_of_all_histories(n_units, keep_prob, steps):
    expected, tied = enumerated(n_units, keep_prob, steps)
    assert expected_distinct_units(n_units, keep_prob, steps) == pytest.approx(expected, rel=1e-12)
    assert tie_probability(keep_prob, steps) == pytest.approx(tied, rel=1e-12)


@pytest.mark.claims("S1-12")
def test_at_one_half_the_number_of_kinds_has_the_closed_form():
    for n_units, steps in itertools.product((1, 8, 50), (0, 1, 5, 20)):
        closed = 2**steps * -math.expm1(n_units * math.log1p(-(2.0**-steps))) if steps else 1
        found = expected_distinct_units(n_units, 0.5, steps)
        assert found == pytest.approx(closed, rel=1e-10)


@given(st.integers(1, 10**6), st.floats(0, 1), st.integers(0, 3000))
def test_the_number_of_kinds_stays_between_one_and_all_units(n_units, keep_prob, steps):
    found = expected_distinct_units(n_units, keep_prob, steps)
    assert 1 - 1e-9 <= found <= n_units
    assert 0 <= tie_probability(keep_prob, steps) <= 1


def test_many_steps_part_all_units():
    assert expected_distinct_units(1000, 0.5, 2000) == pytest.approx(1000, rel=1e-9)
    assert expected_distinct_units(1000, 0.999, 200_000) == pytest.approx(1000, rel=1e-6)
    assert tie_probability(0.5, 10_000) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 0.5, 1), ValueError, "n_units=0"),
        ((2.0, 0.5, 1), TypeError, "n_units=2.0"),
        ((2, 1.5, 1), ValueError, "keep_prob=1.5 must be a probability"),
        ((2, math.nan, 1), ValueError, "keep_prob is nan"),
        ((2, "0.5", 1), TypeError, "keep_prob='0.5'"),
        ((2, 0.5, -1), ValueError, "steps=-1"),
    ],
)
def test_wrong_arguments_of_dropout_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        expected_distinct_units(*arguments)
    if "n_units" not in message:
        with pytest.raises(error, match=re.escape(message)):
            tie_probability(*arguments[1:])


def descent(X, y, c, l2=0.0, steps=20_000):
    """Gradient descent itself."""
    w = torch.full((X.shape[1],), float(c), dtype=torch.float64)
    rate = 1 / (torch.linalg.matrix_norm(X, 2) ** 2 + l2)
    for _ in range(steps):
        w = w - rate * (X.T @ (X @ w - y) + l2 * w)
    return w


@pytest.mark.claims("S0-2", "S1-4")
@pytest.mark.parametrize("c", [0.0, 1.0, -7.0, 100.0])
def test_with_more_examples_than_weights_every_start_leads_to_ordinary_least_squares(c):
    X, y = normal(30, 4), normal(30, seed=1)
    least_squares = LinearRegression(fit_intercept=False).fit(X, y).coef_
    np.testing.assert_allclose(constant_init_limit(X, y, c), least_squares, rtol=1e-10)
    np.testing.assert_allclose(descent(X, y, c), least_squares, atol=1e-9)


@pytest.mark.claims("S0-2")
@pytest.mark.parametrize("c", [0.0, 0.5, 2.0])
def test_with_fewer_examples_the_limit_is_the_solution_nearest_the_start(c):
    X, y = normal(5, 20), normal(5, seed=1)
    limit = constant_init_limit(X, y, c)
    np.testing.assert_allclose(limit, descent(X, y, c), atol=1e-9)
    np.testing.assert_allclose(X @ limit, y, atol=1e-12)
    start = torch.full((20,), c, dtype=torch.float64)
    for other in range(20):  # any other solution is farther from the start
        step = normal(20, seed=other + 2)
        step -= torch.linalg.pinv(X) @ (X @ step)
        assert (limit + step - start).norm() > (limit - start).norm()
    formula = torch.linalg.pinv(X) @ y + start - torch.linalg.pinv(X) @ (X @ start)
    np.testing.assert_allclose(limit, formula, atol=1e-12)


@pytest.mark.claims("S0-2")
@pytest.mark.parametrize(("n", "d"), [(30, 4), (5, 20), (4, 4)])
def test_a_penalty_forgets_the_start(n, d):
    X, y = normal(n, d), normal(n, seed=1)
    ridge = Ridge(alpha=0.3, fit_intercept=False, solver="svd").fit(X, y).coef_
    for c in (0.0, -3.0, 50.0):
        np.testing.assert_allclose(constant_init_limit(X, y, c, l2=0.3), ridge, rtol=1e-8)
    np.testing.assert_allclose(descent(X, y, 5.0, l2=0.3), ridge, atol=1e-8)


@pytest.mark.claims("S1-4")
def test_copies_of_a_feature_share_its_weight_and_nothing_is_lost():
    X, y = normal(30, 3), normal(30, seed=1)
    doubled = torch.cat([X, X[:, 1:2]], dim=1)
    single, shared = constant_init_limit(X, y, 0.7), constant_init_limit(doubled, y, 0.7)
    assert shared[1].item() == pytest.approx(shared[3].item(), abs=1e-12)
    assert shared[1].item() + shared[3].item() == pytest.approx(single[1].item(), abs=1e-10)
    np.testing.assert_allclose(doubled @ shared, X @ single, atol=1e-10)


def test_degenerate_and_integer_data_have_a_limit_too():
    zero = constant_init_limit(torch.zeros(2, 3), torch.ones(2), 4.0)
    assert zero.tolist() == [4.0, 4.0, 4.0]
    whole = constant_init_limit(torch.tensor([[1, 2]]), torch.tensor([5]), 0)
    assert whole.dtype == torch.float64 and whole.tolist() == pytest.approx([1, 2])
    single = constant_init_limit(torch.tensor([[1.0, 2.0]]), torch.tensor([5.0]), 0.0)
    assert single.dtype == torch.float32


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"X": torch.ones(3)}, ValueError, "X has shape (3,)"),
        ({"X": np.ones((3, 2))}, TypeError, "X must be a tensor, not ndarray"),
        ({"y": torch.ones(2)}, ValueError, "it must be (3,), a target for each row of X"),
        ({"y": torch.ones(3, 1)}, ValueError, "y has shape (3, 1)"),
        ({"y": torch.tensor([1.0, math.nan, 0])}, ValueError, "y holds inf or nan"),
        ({"X": torch.ones(3, 2) * 1j}, TypeError, "X must hold real numbers"),
        ({"c": math.inf}, ValueError, "c=inf must be finite"),
        ({"c": "one"}, TypeError, "c='one' must be a number"),
        ({"l2": -1.0}, ValueError, "l2=-1.0 must be finite and not negative"),
    ],
)
def test_data_without_a_limit_are_refused(change, error, message):
    arguments = {"X": torch.ones(3, 2), "y": torch.ones(3), "c": 1.0, "l2": 0.0} | change
    with pytest.raises(error, match=re.escape(message)):
        constant_init_limit(**arguments)


@pytest.mark.parametrize("atol", [1e-6, 0.3])
def test_a_stack_is_counted_as_its_networks_are_one_by_one(atol):
    units = normal(2, 6, 5, 3).round(decimals=0)
    counts = count_distinct_units(units, atol)
    assert counts.shape == (2, 6)
    assert counts.tolist() == [[distinct_units(one, atol=atol) for one in row] for row in units]
    assert counts.unique().numel() > 1


def test_split_units_read_and_write_what_the_rows_say():
    units = normal(4, 5, 7)
    for n_outputs in (1, 3):
        w_in, w_out = split_units(units, n_outputs)
        assert w_in.shape == (4, 5, 7 - n_outputs) and w_out.shape == (4, n_outputs, 5)
        torch.testing.assert_close(torch.cat([w_in, w_out.mT], dim=-1), units, rtol=0, atol=0)


@pytest.mark.parametrize("n_outputs", [0, 7, 8, 1.5, "1"])
def test_units_must_keep_something_to_read_and_something_to_write(n_outputs):
    with pytest.raises((TypeError, ValueError), match="n_outputs"):
        split_units(normal(5, 7), n_outputs)
