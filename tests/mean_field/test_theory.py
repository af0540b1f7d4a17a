"""Mean field against closed forms, scipy's quadrature, networks really run, and bad input."""

import math
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad
from scipy.optimize import brentq
from torch import nn

from conftest import short
from trainability.mean_field import (
    chi,
    correlation_map,
    critical_line,
    depth_scale,
    fixed_correlation,
    fixed_point,
    gradient_depth_scale,
)
from trainability.mean_field.gaussian import Homogeneous, Quadrature, expectations
from trainability.nonlinearities import resolve_nonlinearity
from trainability.signal import propagate

fixed = settings(derandomize=True, deadline=None, max_examples=40)
variances = st.floats(0, 20)
NUMPY = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0)),
    "sigmoid": (lambda z: (1 + np.tanh(z / 2)) / 2, lambda z: (1 - np.tanh(z / 2) ** 2) / 4),
    "linear": (lambda z: z, lambda z: 1.0),
}


def normal_mean(function) -> float:
    """E function(z) by adaptive quadrature, split where the functions here may bend."""

    def density(z: float) -> float:
        return function(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    cuts = [-10, -1, -0.1, -0.01, 0, 0.01, 0.1, 1, 10]
    whole = partial(quad, density, epsabs=1e-15, epsrel=1e-13, limit=200)
    return sum(whole(a, b)[0] for a, b in pairwise(cuts))


def quadrature(nonlinearity) -> Quadrature:
    return Quadrature(resolve_nonlinearity(nonlinearity))


@pytest.mark.parametrize("q", [1e-8, 1e-3, 0.5, 20.0, 1e4])
@pytest.mark.parametrize("name", NUMPY)
def test_expectations_of_one_unit_agree_with_adaptive_quadrature(name, q):
    function, slope = NUMPY[name]
    root, found = math.sqrt(q), quadrature(name)
    mean_square = normal_mean(lambda z: function(root * z) ** 2)
    mean_square_slope = normal_mean(lambda z: slope(root * z) ** 2)
    assert found.mean_square(q) == pytest.approx(mean_square, rel=1e-12)
    assert found.mean_square_slope(q) == pytest.approx(mean_square_slope, rel=1e-12)
    assert chi(name, 1.7, q) == pytest.approx(1.7 * mean_square_slope, rel=1e-12)


@pytest.mark.parametrize("c", [-1.0, -0.7, 0.0, 0.3, 0.99, 1 - 1e-9])
@pytest.mark.parametrize("q", [1e-6, 0.5, 3.0, 20.0, 1000.0])
def test_expectations_of_two_units_agree_with_the_closed_forms_of_erf(q, c):
    # E erf(u1) erf(u2) = 2/π arcsin(2qc/(1 + 2q)), Williams (1997).
    erf = quadrature(torch.erf)
    product = 2 / math.pi * math.asin(2 * q * c / (1 + 2 * q))
    slopes = 4 / math.pi / math.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2)
    found = erf.mean_square(q) - erf.half_distance(q, c)
    assert found == pytest.approx(product, rel=1e-9, abs=1e-12 * q / (1 + q))
    assert erf.slope_product(q, c) == pytest.approx(slopes, rel=1e-9)


@pytest.mark.parametrize("c", [-0.9, 0.0, 0.5, 0.999])
@pytest.mark.parametrize("q", [0.01, 1.0, 5.0])
def test_expectations_of_two_units_agree_with_the_closed_forms_of_sine(q, c):
    sine = quadrature(torch.sin)
    half_distance = math.exp(-q) * (math.sinh(q) - math.sinh(q * c))
    assert sine.half_distance(q, c) == pytest.approx(half_distance, rel=1e-9)
    assert sine.slope_product(q, c) == pytest.approx(math.exp(-q) * math.cosh(q * c), rel=1e-9)


@pytest.mark.parametrize(("name", "q", "c"), [("tanh", 20.0, 0.4), ("sigmoid", 46.0, -0.6)])
def test_expectations_of_two_units_agree_with_adaptive_quadrature_in_the_plane(name, q, c):
    # With g = ±tanh the bends lie on two lines; polar coordinates put them on two angles.
    function, root, angle = NUMPY[name][0], math.sqrt(q), math.acos(c)

    def integrand(r: float, theta: float) -> float:
        first, second = function(root * r * math.cos(theta)), math.cos(theta - angle)
        return (first - function(root * r * second)) ** 2 * r * math.exp(-r * r / 2)

    cuts = sorted([0, math.pi / 2, angle + math.pi / 2, 3 * math.pi / 2, angle + 1.5 * math.pi])
    cuts = [*(cut for cut in cuts if cut < 2 * math.pi), 2 * math.pi]
    parts = [
        dblquad(integrand, a, b, 0, 9, epsabs=1e-10, epsrel=1e-10)[0] for a, b in pairwise(cuts)
    ]
    wanted = sum(parts) / (4 * math.pi)
    assert quadrature(name).half_distance(q, c) == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize("c", [-1.0, -0.4, 0.0, 0.8, 1 - 1e-6])
@pytest.mark.parametrize(
    ("function", "a", "b"),
    [
        ("relu", 1.0, 0.0),
        ("linear", 1.0, 1.0),
        (torch.abs, 1.0, -1.0),
        (nn.LeakyReLU(0.1), 1.0, 0.1),
        (lambda z: 0.7 * z, 0.7, 0.7),
    ],
    ids=["relu", "linear", "abs", "leaky", "scaled"],
)
def test_homogeneous_functions_are_recognized_and_agree_with_quadrature(function, a, b, c):
    resolved = resolve_nonlinearity(function)
    closed, numeric = expectations(resolved), Quadrature(resolved)
    assert isinstance(closed, Homogeneous)
    assert (closed.positive, closed.negative) == (a, b)
    for q in (0.01, 7.0):
        assert closed.mean_square(q) == pytest.approx(numeric.mean_square(q), rel=1e-12)
        assert closed.half_distance(q, c) == pytest.approx(numeric.half_distance(q, c), rel=1e-9)
        assert closed.slope_product(q, c) == pytest.approx(
            numeric.slope_product(q, c), rel=1e-9, abs=1e-9
        )


@pytest.mark.parametrize(
    "function", ["tanh", "sigmoid", torch.sin, nn.GELU(), nn.ELU(), nn.ReLU6()]
)
def test_other_functions_are_not_taken_for_homogeneous(function):
    assert isinstance(expectations(resolve_nonlinearity(function)), Quadrature)


@pytest.mark.parametrize(
    ("name", "sigma_w2", "sigma_b2"),
    [
        *[("tanh", 0.5, 0.2), ("tanh", 1.5, 0.0), ("tanh", 4.0, 3.0), ("sigmoid", 1.0, 0.0)],
        *[("sigmoid", 50.0, 1.0), ("relu", 1.2, 0.3), ("linear", 0.7, 2.0)],
    ],
)
def test_the_fixed_point_is_where_iterating_the_length_map_ends(name, sigma_w2, sigma_b2):
    q = 1.0
    for _ in range(150):
        root = math.sqrt(q)
        mean_square = normal_mean(lambda z, root=root: NUMPY[name][0](root * z) ** 2)
        q = sigma_w2 * mean_square + sigma_b2
    assert fixed_point(name, sigma_w2, sigma_b2) == pytest.approx(q, rel=1e-9)


@pytest.mark.parametrize("sigma_w2", [0.0, 0.3, 0.999, 1.0])
def test_without_bias_lengths_die_in_the_ordered_phase_of_tanh(sigma_w2):
    assert fixed_point("tanh", sigma_w2, 0.0) == 0.0
    assert correlation_map("tanh", 0.3, sigma_w2, layers=50) == pytest.approx(0.3, abs=1e-10)


@pytest.mark.parametrize("excess", [1e-9, 1e-5, 1e-3])
def test_just_above_the_edge_lengths_of_tanh_grow_like_half_the_excess(excess):
    # σ_w²(q - 2q² + 17/3 q³) = q.
    q = fixed_point("tanh", 1 + excess, 0.0)
    assert q == pytest.approx(excess / 2, rel=3 * excess + 1e-6)


@pytest.mark.parametrize("sigma_b2", [1e-30, 1e-12, 1e-6])
def test_tiny_biases_at_the_edge_hold_lengths_up(sigma_b2):
    # q - 2q² + σ_b² = q, so q* ≈ √(σ_b²/2), far above σ_b² itself.
    assert fixed_point("tanh", 1.0, sigma_b2) == pytest.approx(math.sqrt(sigma_b2 / 2), rel=0.01)


def test_lengths_that_grow_without_limit_are_infinite():
    assert fixed_point("relu", 2.0, 0.0) == 1.0  # every length is fixed; the start is returned
    assert fixed_point("relu", math.sqrt(2) ** 2, 0.0) == 1.0
    assert fixed_point("relu", 2.0, 1e-3) == math.inf
    assert fixed_point("relu", 2.001, 0.0) == math.inf
    assert fixed_point("linear", 1.0, 0.0) == 1.0
    for sigma_w2 in (2.0, 2.1):  # at 2 only the bend of softplus makes them grow, ever slower
        assert fixed_point(nn.Softplus(), sigma_w2, 0.0) == math.inf
    assert fixed_point(lambda z: z**3, 1.0, 0.0) == math.inf


def test_a_length_map_with_two_limits_gives_the_one_that_a_start_at_1_reaches():
    # E (z³)² = 15 q³: q = 0 attracts, q = (15 σ_w²)^-½ repels.
    assert fixed_point(lambda z: z**3, 1 / 16, 0.0) == 0.0
    assert fixed_point(lambda z: z**3, 1 / 14, 0.0) == math.inf


@pytest.mark.claims("S1-2a")
def test_tanh_at_scale_1_decays_like_one_over_twice_the_depth_and_is_not_constant():
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    q, scaled = 1.0, {}
    for layer in range(1, 1001):
        q = weights @ np.tanh(math.sqrt(q) * nodes) ** 2 / weights.sum()
        scaled[layer] = 2 * layer * q
    assert [scaled[layer] for layer in (10, 100, 1000)] == pytest.approx(
        [1.044, 1.0138, 1.0023], abs=5e-4
    )
    assert critical_line("tanh", 0.0) == (1.0, 0.0)  # the end of the critical line
    # A linear network at the same scale keeps its length, as Xavier's derivation says.
    assert fixed_point("linear", 1.0, 0.0) == 1.0


@pytest.mark.parametrize(
    ("q", "sigma_w2", "sigma_b2"),
    [
        *[(0.01, 1.01971, 1.258e-6), (0.1, 1.17757, 8.32e-4), (0.5, 1.68798, 0.03804)],
        *[(1.0, 2.15330, 0.15096), (2.0, 2.86116, 0.51226)],
    ],
)
def test_points_of_the_critical_line_of_tanh(q, sigma_w2, sigma_b2):
    found = critical_line("tanh", q)
    assert found == pytest.approx((sigma_w2, sigma_b2), rel=5e-4)
    assert found[0] == pytest.approx(sigma_w2, abs=6e-6)
    assert fixed_point("tanh", *found) == pytest.approx(q, rel=1e-10)
    assert depth_scale("tanh", *found) == gradient_depth_scale("tanh", *found) == math.inf


def test_the_critical_point_of_tanh_with_a_bias_of_variance_5_percent():
    q = brentq(lambda q: critical_line("tanh", q)[1] - 0.05, 0.1, 1)
    assert q == pytest.approx(0.57005, abs=6e-6)
    assert critical_line("tanh", q)[0] == pytest.approx(1.76095, abs=6e-6)


def test_the_critical_line_of_tanh_starts_flat():
    # σ_b² = 4/3 q³ + O(q⁴), below rounding for the smallest.
    assert critical_line("tanh", 1e-4)[1] == pytest.approx(4 / 3 * 1e-12, rel=1e-3)
    for q in np.geomspace(1e-12, 1e-8, 30):  # rounding could make some of these negative
        sigma_w2, sigma_b2 = critical_line("tanh", q)
        assert sigma_w2 == pytest.approx(1 + 2 * q, rel=1e-15)
        assert sigma_b2 == 0.0


def test_homogeneous_functions_have_one_critical_point_at_every_length():
    for q in (0.0, 1e-6, 1.0, 1e6):
        assert critical_line("relu", q) == (2.0, 0.0)
        assert critical_line("linear", q) == (1.0, 0.0)
    a = 0.25
    sigma_w2, _ = critical_line(nn.LeakyReLU(a), 1.0)
    assert sigma_w2 == pytest.approx(2 / (1 + a * a), rel=1e-15)


def test_the_gain_advised_for_tanh_is_chaotic():
    sigma_w2 = nn.init.calculate_gain("tanh") ** 2
    q = fixed_point("tanh", sigma_w2, 0.0)
    assert q == pytest.approx(1.1785, abs=5e-5)
    assert chi("tanh", sigma_w2, q) == pytest.approx(1.2098, abs=5e-5)


@pytest.mark.claims("S1-9")
def test_sigmoid_is_critical_only_in_deep_saturation():
    assert chi("sigmoid", 1.0, fixed_point("sigmoid", 1.0, 0.0)) == pytest.approx(0.056, abs=5e-4)
    assert chi("sigmoid", 16.0, fixed_point("sigmoid", 16.0, 0.0)) == pytest.approx(0.40, abs=5e-3)
    for q in (0.0, 0.29, 1.0, 10.0, 45.62):
        with pytest.raises(ValueError, match=r"q=.*negative sigma_b2"):
            critical_line("sigmoid", q)
    sigma_w2, sigma_b2 = critical_line("sigmoid", 45.63)
    assert math.sqrt(sigma_w2) == pytest.approx(10.15, abs=0.005)
    assert 0 < sigma_b2 < 0.01
    # The shape is not to blame: centered and four times steeper it is tanh.
    z = torch.linspace(-6, 6, 25, dtype=torch.float64)
    torch.testing.assert_close(2 * torch.sigmoid(2 * z) - 1, torch.tanh(z))
    rescaled = chi(lambda z: 2 * torch.sigmoid(2 * z) - 1, 1.0, 0.0)
    assert rescaled == pytest.approx(1.0, rel=1e-12)


@pytest.mark.claims("S1-8a")
def test_the_slope_of_sigmoid_is_largest_at_0_and_vanishes_on_both_sides():
    z = torch.linspace(-20, 20, 401, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.sigmoid(z).sum(), z)
    assert slope.max().item() == slope[200].item() == 0.25  # not where inputs are near 0
    assert max(slope[0].item(), slope[-1].item()) < 1e-8
    exact = normal_mean(lambda z: NUMPY["sigmoid"][1](z) ** 2)
    assert exact == pytest.approx(0.0448, abs=5e-5)
    assert chi("sigmoid", 1.0, 1.0) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("c", [-1.0, -0.5, 0.0, 0.2, 0.9])
def test_the_correlation_map_of_relu_has_its_closed_form(c):
    wanted = (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c))) / math.pi
    for sigma_w2, sigma_b2 in [(2.0, 0.0), (1.0, 0.0), (5.0, 0.0), (5.0, 1.0), (2.0, 0.3)]:
        assert correlation_map("relu", c, sigma_w2, sigma_b2) == pytest.approx(wanted, abs=1e-15)
    # With a finite limit of the lengths the bias counts: q* = σ_b²/(1 - ½) is half of it.
    assert correlation_map("relu", c, 1.0, 0.4) == pytest.approx((wanted + 1) / 2, abs=1e-15)


def test_angles_in_relu_networks_close_with_the_square_of_the_depth():
    lost = 1 - correlation_map("relu", 0.0, 2.0, layers=10**4)
    assert lost * 10**8 == pytest.approx(44.25, abs=0.01)
    assert lost * 10**8 == pytest.approx(9 * math.pi**2 / 2, rel=0.005)


def test_the_correlation_map_agrees_with_wide_networks_run():
    # 30 networks of width 500, five standard errors and 1 % for the width.
    sigma_w2, sigma_b2, c, width = 2.5, 0.05, 0.9, 500
    q, generator = fixed_point("tanh", sigma_w2, sigma_b2), torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    rows = []
    for _ in range(30):
        common, other = normal(2, width)
        z = math.sqrt(q) * torch.stack([common, c * common + math.sqrt(1 - c * c) * other])
        measured = []
        for _ in range(4):
            weight, bias = normal(width, width) / math.sqrt(width), normal(width)
            z = math.sqrt(sigma_w2) * torch.tanh(z) @ weight.T + math.sqrt(sigma_b2) * bias
            measured.append((z[0] @ z[1] / (z[0].norm() * z[1].norm())).item())
        rows.append(measured)
    mean, error = np.mean(rows, 0), np.std(rows, 0, ddof=1) / math.sqrt(len(rows))
    wanted = [correlation_map("tanh", c, sigma_w2, sigma_b2, layers=layer) for layer in range(1, 5)]
    assert (error < 0.02).all()
    assert (np.abs(mean - wanted) < 5 * error + 0.01).all()


@pytest.mark.parametrize(
    ("name", "sigma_w2", "sigma_b2"),
    [
        *[("tanh", 1.0, 0.05), ("tanh", 1.6, 0.05), ("tanh", 2.5, 0.05), ("tanh", 6.0, 1.0)],
        *[("sigmoid", 16.0, 0.0), ("sigmoid", 150.0, 0.0), ("relu", 1.5, 0.2)],
    ],
)
def test_correlations_really_converge_at_the_rate_of_the_depth_scale(name, sigma_w2, sigma_b2):
    settled = correlation_map(name, 0.9, sigma_w2, sigma_b2, layers=2000)
    scale = depth_scale(name, sigma_w2, sigma_b2)
    distances = []
    c = settled - 1e-4
    for _ in range(4):
        distances.append(settled - c)
        c = correlation_map(name, c, sigma_w2, sigma_b2)
    ratios = [b / a for a, b in pairwise(distances)]
    # ReLU's map is not smooth at 1: the slope there is met like the square root of 1e-4.
    assert ratios == pytest.approx([math.exp(-1 / scale)] * 3, rel=5e-3 if name == "relu" else 1e-3)


def test_in_the_chaotic_phase_the_depth_scale_is_not_that_of_the_gradients():
    sigma_w2, sigma_b2 = 2.5, 0.05
    factor = chi("tanh", sigma_w2, fixed_point("tanh", sigma_w2, sigma_b2))
    assert factor == pytest.approx(1.1335, abs=5e-5)
    assert -1 / math.log(factor) < 0  # the formula with χ₁, which makes no sense here
    settled = correlation_map("tanh", 0.0, sigma_w2, sigma_b2, layers=2000)
    assert settled == pytest.approx(0.447, abs=5e-4)
    scale = depth_scale("tanh", sigma_w2, sigma_b2)
    assert math.exp(-1 / scale) == pytest.approx(0.9187, abs=5e-5)
    assert gradient_depth_scale("tanh", sigma_w2, sigma_b2) == pytest.approx(1 / math.log(factor))


def test_in_the_ordered_phase_both_depth_scales_are_one():
    for sigma_w2, sigma_b2 in [(0.5, 0.0), (1.0, 0.3), (1.7, 0.05)]:
        scale = depth_scale("tanh", sigma_w2, sigma_b2)
        assert scale == pytest.approx(gradient_depth_scale("tanh", sigma_w2, sigma_b2), rel=1e-12)
    assert depth_scale("tanh", 0.5, 0.0) == pytest.approx(1 / math.log(2), rel=1e-12)


def test_odd_functions_without_bias_forget_all_correlation_in_chaos():
    # c* = 0, so χ is σ_w² (E g')²; for sine that is σ_w² e^-q, with σ_w²(1 - e^-2q)/2 = q.
    q = fixed_point(torch.sin, 2.0, 0.0)
    assert 1 - math.exp(-2 * q) == pytest.approx(q, rel=1e-12)
    assert depth_scale(torch.sin, 2.0, 0.0) == pytest.approx(-1 / math.log(2 * math.exp(-q)))


def test_the_depth_scales_of_relu_on_both_sides_of_its_point():
    assert depth_scale("relu", 2.0, 0.0) == gradient_depth_scale("relu", 2.0, 0.0) == math.inf
    assert depth_scale("relu", 1.0, 0.3) == pytest.approx(1 / math.log(2))
    assert depth_scale("relu", 8.0, 0.0) == math.inf  # no exponential
    assert gradient_depth_scale("relu", 8.0, 0.1) == pytest.approx(1 / math.log(4))


def test_a_network_that_passes_nothing_has_depth_scale_0():
    for name in NUMPY:
        assert depth_scale(name, 0.0, 0.5) == gradient_depth_scale(name, 0.0, 0.5) == 0.0
    assert fixed_point("sigmoid", 0.0, 0.5) == 0.5
    assert correlation_map("tanh", -0.5, 0.0, 0.5) == 1.0  # only the common bias is left


@pytest.mark.claims("S1-1")
@pytest.mark.parametrize(
    ("name", "sigma_w2", "sigma_b2"),
    [("tanh", 1.2, 0.05), ("tanh", 2.5, 0.05), ("sigmoid", 1.0, 0.0), ("relu", 1.6, 0.1)],
)
def test_gradients_of_wide_networks_change_by_chi_in_each_layer(name, sigma_w2, sigma_b2):
    # 20 networks of width 300 and 20 layers, from layer 18 back to 8, where lengths have settled.
    # Five standard errors of the rate, and 1 % for the width (corrections of order 1/300).
    rates = []
    for seed in range(20):
        _, gradient = propagate(
            [300] * 21,
            sigma_w=math.sqrt(sigma_w2),
            sigma_b=math.sqrt(sigma_b2),
            nonlinearity=name,
            batch=4,
            generator=torch.Generator().manual_seed(seed),
        )
        rates.append(math.log(gradient[7] / gradient[17]) / 10)
    mean, error = np.mean(rates), np.std(rates, ddof=1) / math.sqrt(len(rates))
    factor = chi(name, sigma_w2, fixed_point(name, sigma_w2, sigma_b2))
    assert error < 0.01
    assert abs(mean - math.log(factor)) < 5 * error + 0.01
    assert abs(mean) > 5 * error + 0.01  # the claim can fail: no gradient here keeps its size
    assert gradient_depth_scale(name, sigma_w2, sigma_b2) == pytest.approx(
        1 / abs(math.log(factor))
    )


@fixed
@given(sigma_w2=variances, q=st.floats(0, 1e8))
def test_chi_of_tanh_is_between_0_and_the_weights_variance_and_falls_with_the_length(sigma_w2, q):
    factor = chi("tanh", sigma_w2, q)
    assert 0 <= factor <= sigma_w2 * (1 + 1e-14)
    assert chi("tanh", sigma_w2, 2 * q) <= factor * (1 + 1e-14)


@pytest.mark.parametrize(
    ("name", "at_0", "at_infinity"), [("tanh", 1.0, 0.0), ("relu", 0.5, 0.5), ("linear", 1.0, 1.0)]
)
def test_chi_has_its_limits_at_length_0_and_infinity(name, at_0, at_infinity):
    assert chi(name, 3.0, 0.0) == pytest.approx(3 * at_0, rel=1e-15)
    assert chi(name, 3.0, math.inf) == pytest.approx(3 * at_infinity, rel=1e-15)


@fixed
@given(name=st.sampled_from(["tanh", "sigmoid"]), sigma_w2=variances, sigma_b2=st.floats(0, 5))
def test_fixed_points_are_fixed_and_grow_with_both_variances(name, sigma_w2, sigma_b2):
    q = fixed_point(name, sigma_w2, sigma_b2)
    after = sigma_w2 * quadrature(name).mean_square(q) + sigma_b2
    assert after == pytest.approx(q, rel=1e-11, abs=1e-30)
    assert fixed_point(name, 1.1 * sigma_w2, sigma_b2) >= q * (1 - 1e-11)
    assert fixed_point(name, sigma_w2, 1.1 * sigma_b2 + 0.01) > q


@fixed
@given(
    name=st.sampled_from(list(NUMPY)),
    c=st.floats(-1, 1),
    sigma_w2=variances,
    sigma_b2=st.sampled_from([0.0, 0.1, 3.0]),
    layers=st.integers(1, 5),
)
def test_a_correlation_stays_a_correlation_and_layers_compose(name, c, sigma_w2, sigma_b2, layers):
    once = correlation_map(name, c, sigma_w2, sigma_b2)
    assert -1 <= once <= 1
    assert correlation_map(name, 1.0, sigma_w2, sigma_b2, layers) == 1.0
    assert correlation_map(name, c, sigma_w2, sigma_b2, 0) == c
    together = correlation_map(name, c, sigma_w2, sigma_b2, layers + 1)
    assert together == correlation_map(name, once, sigma_w2, sigma_b2, layers)


@fixed
@given(name=st.sampled_from(list(NUMPY)), sigma_w2=st.floats(0, 1e3), sigma_b2=st.floats(0, 1e3))
def test_depth_scales_are_never_negative_and_never_nan(name, sigma_w2, sigma_b2):
    for scale in (depth_scale, gradient_depth_scale):
        value = scale(name, sigma_w2, sigma_b2)
        assert isinstance(value, float)
        assert value >= 0


@fixed
@given(q=st.floats(1e-3, 50))
def test_every_point_of_the_critical_line_keeps_its_length_and_its_gradients(q):
    sigma_w2, sigma_b2 = critical_line("tanh", q)
    assert chi("tanh", sigma_w2, q) == pytest.approx(1, rel=1e-14)
    assert fixed_point("tanh", sigma_w2, sigma_b2) == pytest.approx(q, rel=1e-9)
    beside = depth_scale("tanh", 0.9 * sigma_w2, sigma_b2)
    assume(sigma_b2 > 0)
    assert beside < depth_scale("tanh", 0.99 * sigma_w2, sigma_b2) < math.inf


def test_a_named_nonlinearity_equals_the_same_function_passed_as_a_callable():
    for name, function in [("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("relu", torch.relu)]:
        for call in (
            lambda g: fixed_point(g, 1.5, 0.1),
            lambda g: depth_scale(g, 1.5, 0.1),
            lambda g: correlation_map(g, 0.3, 1.5, 0.1, 3),
        ):
            assert call(function) == pytest.approx(call(name), rel=1e-12)


BAD = [-1.0, -1e-300, math.nan, math.inf, -math.inf, True, None, "1", [1.0], 1j, 10**400]
CALLS = {
    "fixed_point": lambda **given: fixed_point("tanh", **{"sigma_w2": 1, "sigma_b2": 0} | given),
    "depth_scale": lambda **given: depth_scale("tanh", **{"sigma_w2": 1, "sigma_b2": 0} | given),
    "gradient_depth_scale": lambda **given: gradient_depth_scale(
        "tanh", **{"sigma_w2": 1, "sigma_b2": 0} | given
    ),
    "correlation_map": lambda **given: correlation_map(
        "tanh", **{"c": 0.5, "sigma_w2": 1, "sigma_b2": 0} | given
    ),
    "chi": lambda **given: chi("tanh", **{"sigma_w2": 1, "q": 1} | given),
    "critical_line": lambda **given: critical_line("tanh", **{"q": 1} | given),
}
ARGUMENTS = [
    *((function, name) for function in list(CALLS)[:4] for name in ("sigma_w2", "sigma_b2")),
    ("chi", "sigma_w2"),
    ("chi", "q"),
    ("critical_line", "q"),
]


@pytest.mark.parametrize("value", BAD, ids=lambda value: short(value)[:8])
@pytest.mark.parametrize(("function", "argument"), ARGUMENTS)
def test_numbers_that_are_not_finite_and_nonnegative_are_refused_by_name(function, argument, value):
    if (argument, value, function) == ("q", math.inf, "chi"):
        assert chi("tanh", 1.0, value) == 0  # allowed here: the limit
        return
    with pytest.raises((TypeError, ValueError), match=argument):
        CALLS[function](**{argument: value})


@pytest.mark.parametrize("c", [-1.01, 1 + 1e-9, math.nan, math.inf, True, None, "0", [0.5]])
def test_what_is_no_correlation_is_refused_by_name(c):
    with pytest.raises((TypeError, ValueError), match="c=" if c == c else "c is nan"):
        CALLS["correlation_map"](c=c)


@pytest.mark.parametrize("layers", [-1, 1.0, True, None, "2", math.nan])
def test_layers_that_are_no_whole_number_are_refused_by_name(layers):
    with pytest.raises((TypeError, ValueError), match="layers"):
        CALLS["correlation_map"](layers=layers)


@pytest.mark.parametrize("nonlinearity", ["Tanh", "", None, 3, lambda z: z.sum()], ids=short)
@pytest.mark.parametrize("function", [fixed_point, depth_scale, gradient_depth_scale])
def test_what_is_no_nonlinearity_is_refused_by_name(function, nonlinearity):
    with pytest.raises((TypeError, ValueError), match="nonlinearity"):
        function(nonlinearity, 1.0, 0.0)


def test_a_function_that_leaves_floating_point_is_refused_by_name():
    with pytest.raises(ValueError, match="nonlinearity"):
        correlation_map(torch.exp, 0.5, 1.0)


def test_a_length_at_which_no_gradient_passes_has_no_critical_point():
    with pytest.raises(ValueError, match=r"q=0.*no gradient"):
        critical_line(lambda z: z**3, 0.0)


def test_numbers_of_numpy_are_taken():
    assert fixed_point("tanh", np.float32(1.5), np.float64(0.0)) == fixed_point("tanh", 1.5, 0.0)
    assert correlation_map("relu", 0.5, 2, layers=np.int64(2)) < 1


@pytest.mark.parametrize(
    ("nonlinearity", "sigma_w2", "sigma_b2", "wanted"),
    [
        ("tanh", 2.5, 0.05, 0.447),
        ("tanh", 1.0, 0.05, 1.0),
        ("tanh", 2.0, 0.0, 0.0),
        ("relu", 2.0, 0.0, 1.0),
        ("relu", 3.0, 0.1, 1.0),
        ("sigmoid", 4.0, 0.1, 1.0),
    ],
)
def test_correlations_settle_at_the_fixed_correlation(nonlinearity, sigma_w2, sigma_b2, wanted):
    settled = fixed_correlation(nonlinearity, sigma_w2, sigma_b2)
    assert abs(settled - wanted) < 1e-3
    moved = correlation_map(nonlinearity, settled, sigma_w2, sigma_b2)
    assert abs(moved - settled) < 1e-9
    late = correlation_map(nonlinearity, 0.3, sigma_w2, sigma_b2, layers=300)
    assert abs(late - settled) < 2e-3
