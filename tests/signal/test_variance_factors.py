"""Variance factors and second moments against simulation and against symbolic proof."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import sympy
import sympy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma, polygamma
from torch import Tensor

from trainability.mean_field import chi
from trainability.signal import propagate, second_moment, variance_factors

fixed = settings(derandomize=True, deadline=None, max_examples=40)
VARIANCES = {
    "lecun": lambda n_in, n_out: Fraction(1, n_in),
    "xavier": lambda n_in, n_out: Fraction(2, n_in + n_out),
    "he": lambda n_in, n_out: Fraction(2, n_in),
    "fan_out": lambda n_in, n_out: Fraction(1, n_out),
}


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)


def simulated(n_in: int, n_out: int, variance: float, networks: int = 200) -> np.ndarray:
    """Per-unit factors forward and backward of one linear layer, one row a network."""
    weights = normal(networks, n_out, n_in) * math.sqrt(variance)
    x, gradient = normal(networks, n_in, 8, seed=1), normal(networks, n_out, 8, seed=2)
    forward = (weights @ x).square().mean((1, 2)) / x.square().mean((1, 2))
    backward = (weights.mT @ gradient).square().mean((1, 2)) / gradient.square().mean((1, 2))
    return torch.stack([forward, backward], 1).double().numpy()


def assert_mean(rows: np.ndarray, wanted, most: float = 0.05) -> None:
    """Five standard errors, which must be small against what is wanted."""
    error = rows.std(0, ddof=1) / math.sqrt(len(rows))
    assert (error < most * np.abs(wanted)).all()
    assert (np.abs(rows.mean(0) - wanted) < 5 * error).all()


@fixed
@given(
    widths=st.lists(st.integers(1, 10**4), min_size=2, max_size=8),
    scheme=st.sampled_from(list(VARIANCES)),
)
def test_the_factors_are_the_products_of_fan_and_variance(widths, scheme):
    forward = backward = Fraction(1)
    for n_in, n_out in pairwise(widths):
        variance = VARIANCES[scheme](n_in, n_out)
        forward, backward = forward * n_in * variance, backward * n_out * variance
    found = variance_factors(widths, scheme)
    assert found == pytest.approx((float(forward), float(backward)), rel=1e-13)


@pytest.mark.claims("S1-13")
def test_xavier_is_neither_needed_nor_enough_to_keep_the_variance():
    assert variance_factors([1000, 10], "xavier") == pytest.approx((1.980, 0.0198), abs=5e-4)
    assert variance_factors([400, 100], "xavier") == (1.6, 0.4)  # "if" fails
    assert variance_factors([400, 100], "lecun") == (1.0, 0.25)  # "only if" fails
    assert variance_factors([400, 100], "fan_out") == (4.0, 1.0)
    for scheme in ("lecun", "xavier", "fan_out"):
        assert variance_factors([64] * 9, scheme) == (1.0, 1.0)  # square: all the same
        rows = simulated(400, 100, float(VARIANCES[scheme](400, 100)))
        assert_mean(rows, variance_factors([400, 100], scheme), most=0.01)


@pytest.mark.claims("S1-7")
def test_the_output_variance_is_free_of_the_inputs_number_only_if_the_weights_follow_it():
    for n_in in (10, 1000):
        assert_mean(simulated(n_in, 50, 0.01), (n_in * 0.01, 50 * 0.01))
        assert_mean(simulated(n_in, 50, 1 / n_in), (1.0, 50 / n_in))
    # Equal variances of input and output need n_in σ² = 1; here 0.1 and 10 instead.


@pytest.mark.claims("S1-1r")
def test_the_same_small_weights_are_exact_in_a_wide_layer_and_fatal_in_a_narrow_one():
    for n_in, factor in [(10**4, 1.0), (100, 0.01)]:
        rows = simulated(n_in, 100, 0.01**2, networks=40)
        assert_mean(rows[:, 0], factor)
    for n_out, factor in [(10**4, 1.0), (100, 0.01)]:  # and so it is with gradients
        rows = simulated(100, n_out, 0.01**2, networks=40)
        assert_mean(rows[:, 1], factor)
    assert variance_factors([10**4, 10**4], "lecun") == (1.0, 1.0)


@pytest.mark.claims("S1-2b")
def test_relu_loses_half_a_layer_under_xavier_and_nothing_under_he():
    # Both scales see one draw, so their ratio is exact: ReLU is homogeneous.
    rows = []
    for seed in range(40):
        q, _ = propagate(
            [200] * 32,
            sigma_w=[1.0, math.sqrt(2)],
            nonlinearity="relu",
            batch=2,
            generator=torch.Generator().manual_seed(seed),
            dtype=torch.float64,
        )
        loss = q[0, -1] / q[0, 0]
        kept = q[1, -1] / q[1, 0]
        assert (kept / loss).item() == pytest.approx(2**30, rel=1e-9)
        rows.append([kept.item(), loss.item()])
    assert_mean(np.array(rows), (1.0, 2.0**-30), most=0.2)
    assert variance_factors([200] * 31, "he")[0] == 2.0**30  # the ½ of ReLU takes it back
    a = 0.2
    leaky = torch.nn.LeakyReLU(a)
    assert chi(leaky, 2 / (1 + a * a), 1.0) == pytest.approx(1, rel=1e-14)
    assert chi(leaky, 2.0, 1.0) > 1.03


@pytest.mark.parametrize("scheme", ["He", "", "kaiming", None, 1, ["he"], np.array(["he"])])
def test_an_unknown_scheme_is_refused_with_those_that_exist(scheme):
    with pytest.raises(ValueError, match=r"scheme=.*'lecun', 'xavier', 'he' or 'fan_out'"):
        variance_factors([3, 4], scheme)


@pytest.mark.parametrize("widths", [[], [3], [3, 0], [3, 4.0], [3, True], "34", None])
def test_widths_of_no_network_are_refused_by_name(widths):
    with pytest.raises((TypeError, ValueError), match="widths"):
        variance_factors(widths, "he")


def mean_square_ratios(widths: list[int], nonlinearity: str, networks: int) -> np.ndarray:
    """q_L/q_0 of real networks for one input each, in float64."""
    generator = torch.Generator().manual_seed(0)
    h = torch.ones(networks, widths[0], 1, dtype=torch.float64)
    for n_in, n_out in pairwise(widths):
        weight = torch.randn(networks, n_out, n_in, generator=generator)
        h = weight.double() @ h / math.sqrt(n_in)
        if nonlinearity == "relu":
            h = math.sqrt(2) * torch.relu(h)
    return h.square().mean((1, 2)).numpy()


@pytest.mark.parametrize("nonlinearity", ["linear", "relu"])
def test_the_second_moment_is_that_of_many_small_networks(nonlinearity):
    widths = [8, 20, 30, 25]
    q = mean_square_ratios(widths, nonlinearity, networks=20_000)
    assert_mean(q, 1.0, most=0.01)
    assert_mean(q**2, second_moment(widths[1:], nonlinearity), most=0.03)
    other = second_moment(widths[1:], "relu" if nonlinearity == "linear" else "linear")
    with pytest.raises(AssertionError):
        assert_mean(q**2, other, most=0.03)


@pytest.mark.claims("S1-1")
def test_a_kept_mean_square_is_not_a_typical_one():
    # 50 linear layers of 50 units: q_L is a product of χ²/n, log q_L drifts by about -L/n.
    assert second_moment([50] * 50, "linear") == pytest.approx(1.04**50, rel=1e-12)
    n = depth = 50
    mean = depth * (digamma(n / 2) + math.log(2 / n))
    variance = depth * polygamma(1, n / 2)
    assert (mean, variance) == pytest.approx((-1.007, 2.04), abs=5e-3)
    log_q = np.log(mean_square_ratios([n] * (depth + 1), "linear", networks=400))
    error = math.sqrt(variance / len(log_q))
    assert abs(log_q.mean() - mean) < 5 * error
    assert log_q.var(ddof=1) == pytest.approx(variance, rel=5 * math.sqrt(2 / len(log_q)))
    assert log_q.mean() + 5 * error < 0  # so "kept on average" does not mean typically kept
    assert np.median(log_q) < math.log(0.6)


def test_the_second_moment_is_1_for_infinite_width_and_grows_with_depth():
    assert second_moment([10**9] * 10, "relu") == pytest.approx(1, abs=1e-7)
    assert second_moment([1], "relu") == 6
    assert second_moment([1], "linear") == 3
    assert second_moment([1] * 1000, "relu") == math.inf


@pytest.mark.parametrize("nonlinearity", ["tanh", "sigmoid", "Relu", None, torch.relu, 1])
def test_other_nonlinearities_have_no_second_moment_in_closed_form(nonlinearity):
    with pytest.raises(ValueError, match=r"nonlinearity=.*'linear' or 'relu'"):
        second_moment([3], nonlinearity)


@pytest.mark.parametrize("widths", [[], [0], [3, -1], [2.0], [True], "3", None, 3])
def test_layer_widths_that_are_none_are_refused_by_name(widths):
    with pytest.raises((TypeError, ValueError), match="layer_widths"):
        second_moment(widths, "relu")


def norm_ratios(m: int, *, relu: bool = False, d: int = 10, draws: int = 20_000) -> np.ndarray:
    """‖Wx‖²/‖x‖² for one x and many W with entries N(0, 1/m)."""
    x = torch.linspace(-1, 2, d)
    z = normal(draws, m, d, seed=m) @ x / math.sqrt(m)
    z = torch.relu(z) if relu else z
    return (z.square().sum(1) / x.square().sum()).double().numpy()


@pytest.mark.claims("S3-4.r2", "S3-4f")
@pytest.mark.parametrize("m", [1, 5, 50])
def test_random_weights_keep_the_squared_norm_in_expectation_only(m):
    ratio = norm_ratios(m)
    assert_mean(ratio, 1.0)
    # χ²_m/m: variance 2/m, whose estimate has the relative variance (2 + 12/m)/draws.
    assert ratio.var(ddof=1) == pytest.approx(2 / m, rel=5 * math.sqrt((2 + 12 / m) / len(ratio)))
    assert (np.abs(ratio - 1) > 0.1).mean() > 0.5  # kept up to 10 % by fewer than half


@pytest.mark.claims("S3-4.r2")
def test_one_over_m_is_one_over_the_outputs_and_keeps_norms_not_variances():
    rows = simulated(400, 100, 1 / 400)
    assert_mean(rows[:, 0] * 100 / 400, 0.25, most=0.01)  # the norm, with 1/n_in
    assert_mean(rows[:, 0], 1.0, most=0.01)  # the variance, with 1/n_in
    rows = simulated(400, 100, 1 / 100)
    assert_mean(rows[:, 0] * 100 / 400, 1.0, most=0.01)  # the norm, with 1/n_out
    assert_mean(rows[:, 0], 4.0, most=0.01)


@pytest.mark.claims("S3-4.r4")
def test_relu_keeps_half_the_squared_norm_and_fluctuates_more():
    m = 50
    ratio = norm_ratios(m, relu=True)
    assert_mean(ratio, 0.5, most=0.01)
    with pytest.raises(AssertionError):
        assert_mean(ratio, 1.0, most=0.01)  # our reading, that it is the same one
    assert_mean(2 * ratio, 1.0, most=0.01)  # variance 2/m mends it
    relative = ratio.var(ddof=1) / ratio.mean() ** 2
    assert relative == pytest.approx(5 / m, rel=0.1)
    assert second_moment([m], "relu") == pytest.approx(1 + relative, rel=0.01)


@pytest.mark.claims("S3-4d", "S3-4e")
def test_the_square_of_the_sum_has_the_expectation_of_the_squared_norm_over_m():
    d, m = 4, sympy.Symbol("m", positive=True)
    w, x = sympy.symbols(f"w:{d}"), sympy.symbols(f"x:{d}")
    squares = sum(w[i] ** 2 * x[i] ** 2 for i in range(d))
    mixed = sum(w[i] * w[j] * x[i] * x[j] for i in range(d) for j in range(d) if i != j)
    square = sum(a * b for a, b in zip(w, x, strict=True)) ** 2
    assert sympy.expand(square - squares - mixed) == 0
    assert sympy.expand(square - squares - mixed / 2) != 0  # each pair counts twice

    def expectation(mean, variance):
        polynomial = sympy.Poly(sympy.expand(square), *w)
        moments = {0: 1, 1: mean, 2: variance + mean**2}
        terms = (c * sympy.prod([moments[k] for k in powers]) for powers, c in polynomial.terms())
        return sympy.expand(sum(terms))

    norm = sum(entry**2 for entry in x)
    assert sympy.simplify(expectation(0, 1 / m) - norm / m) == 0
    mean = sympy.Symbol("mean", nonzero=True)
    assert sympy.simplify(expectation(mean, 1 / m) - norm / m) != 0  # the mean must be 0


@pytest.mark.claims("S3-4e")
def test_the_variance_subtracts_the_squared_mean_and_does_not_add_it():
    mean, deviation = sympy.symbols("mean deviation", positive=True)
    weight = sympy.stats.Normal("w", mean, deviation)
    second, first = sympy.stats.E(weight**2), sympy.stats.E(weight)
    assert sympy.simplify(second - first**2 - deviation**2) == 0
    slip = second + first**2 - deviation**2
    assert sympy.simplify(slip) != 0
    assert slip.subs(mean, 0).simplify() == 0  # harmless here: the weights have mean 0
