"""Condition numbers, bounds on products, Lyapunov exponents, and Jacobians."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from torch import nn

from trainability.conditioning import (
    condition_number,
    jacobian_singular_values,
    lyapunov_exponents,
    random_product_log_singular_values,
    random_products_log_singular_values,
    singular_value_bounds,
    squared_singular_edge,
)

fixed = settings(derandomize=True, deadline=None, max_examples=200)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


@pytest.mark.claims("S1-5f", "S1-5g")
@given(st.floats(0, 1e4))
@fixed
def test_a_shears_condition_has_its_closed_form_while_its_eigenvalues_stay_one(t):
    shear = torch.tensor([[1.0, t], [0.0, 1.0]], dtype=torch.float64)
    closed = ((t + math.sqrt(t**2 + 4)) / 2) ** 2
    assert condition_number(shear) == pytest.approx(closed, rel=1e-6)
    assert torch.linalg.eigvals(shear).abs().max() == 1


@pytest.mark.claims("S1-5f")
def test_for_positive_definite_matrices_the_condition_is_the_ratio_of_eigenvalues():
    for seed in range(50):
        m = normal(4, 4, seed=seed)
        spd = m @ m.T + 0.1 * torch.eye(4)
        values = torch.linalg.eigvalsh(spd)
        assert condition_number(spd) == pytest.approx((values[-1] / values[0]).item(), rel=1e-9)
    indefinite = torch.diag(torch.tensor([1.0, -2.0]))
    assert condition_number(indefinite) == 2 != -0.5  # lengths have no sign


def test_condition_numbers_of_every_kind_of_matrix_agree_with_numpy():
    for shape in ((3, 3), (5, 2), (2, 5), (1, 1), (1, 4)):
        m = normal(*shape)
        assert condition_number(m) == pytest.approx(np.linalg.cond(m.numpy()), rel=1e-9)
    unitary = torch.linalg.qr(normal(3, 3) + 1j * normal(3, 3, seed=1))[0]
    assert condition_number(unitary) == pytest.approx(1)
    assert condition_number(torch.tensor([[2, 0], [0, 6]])) == 3
    assert condition_number(torch.eye(3)) == 1


@pytest.mark.parametrize("matrix", [torch.zeros(2, 3), torch.diag(torch.tensor([1.0, 0.0]))])
def test_a_singular_matrix_has_an_infinite_condition_and_raises_nothing(matrix):
    assert condition_number(matrix) == math.inf
    nearly = normal(3, 2) @ normal(2, 3, seed=1)
    assert condition_number(nearly) > 1e12


@pytest.mark.parametrize(
    ("matrix", "error", "message"),
    [
        ([[1.0]], TypeError, "A must be a tensor, not list"),
        (torch.ones(3), ValueError, "A has shape (3,); it must be one matrix"),
        (torch.ones(2, 3, 3), ValueError, "A has shape (2, 3, 3); it must be one matrix"),
        (torch.ones(0, 3), ValueError, "A has shape (0, 3)"),
        (torch.tensor([[1.0, math.nan]]), ValueError, "A holds inf or nan"),
        (torch.tensor([[math.inf]]), ValueError, "A holds inf or nan"),
    ],
)
def test_what_is_no_matrix_of_finite_numbers_is_refused(matrix, error, message):
    with pytest.raises(error, match=re.escape(message)):
        condition_number(matrix)
    with pytest.raises(error, match=re.escape(message)):
        singular_value_bounds(matrix, torch.ones(3, 1))


def measured(a: torch.Tensor, b: torch.Tensor) -> dict[str, float]:
    values = torch.linalg.svdvals(a @ b)
    condition = (values[0] / values[-1]).item() if values[-1] > 0 else math.inf
    return {"most": values[0].item(), "least": values[-1].item(), "condition": condition}


def check(a: torch.Tensor, b: torch.Tensor) -> dict[str, float]:
    """Hold every bound that is given, and return them."""
    bounds, found, slack = singular_value_bounds(a, b), measured(a, b), 1 + 1e-7
    tiny = 1e-9 * bounds["sigma_max_upper"]
    assert found["most"] <= bounds["sigma_max_upper"] * slack + 1e-12
    if "sigma_min_lower" in bounds:
        assert found["least"] >= bounds["sigma_min_lower"] / slack - tiny
    if a.shape == b.shape == a.T.shape and found["condition"] < 1e6:
        product = np.linalg.cond(a.numpy()) * np.linalg.cond(b.numpy())
        assert found["condition"] <= product * slack
        assert bounds["condition_upper"] == pytest.approx(product, rel=1e-6)
    if found["condition"] < 1e6:
        assert found["condition"] <= bounds.get("condition_upper", math.inf) * slack
        assert found["condition"] >= bounds.get("condition_lower", 1.0) / slack
    return bounds


KINDS = {
    "normal": lambda m, n, seed: normal(m, n, seed=seed),
    "stretched": lambda m, n, seed: normal(m, n, seed=seed) * torch.logspace(-2, 2, n).double(),
    "orthogonal": lambda m, n, seed: torch.linalg.qr(normal(max(m, n), max(m, n), seed=seed))[0][
        :m, :n
    ],
    "whole": lambda m, n, seed: normal(m, n, seed=seed).mul(3).round() + torch.eye(m, n),
}


@pytest.mark.claims("S0-3", "S0-3b")
@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, KINDS)), ids="-".join)
def test_no_bound_is_violated_by_thousands_of_matrices_of_every_kind_and_shape(kinds):
    shapes = [
        (3, 3, 3),
        (6, 4, 3),
        (3, 4, 6),
        (5, 5, 2),
        (2, 5, 5),
        (6, 2, 6),
        (2, 6, 3),
        (1, 3, 1),
    ]
    for seed, (m, k, n) in itertools.product(range(25), shapes):
        bounds = check(KINDS[kinds[0]](m, k, seed), KINDS[kinds[1]](k, n, seed + 1000))
        monotone = m >= k >= n or m <= k <= n
        assert ("sigma_min_lower" in bounds) == (monotone or m > k < n)


@pytest.mark.claims("S0-3b")
def test_where_a_bound_is_not_given_it_would_be_wrong():
    # A bulge: both factors perfect, their product zero.
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0], [1.0]])
    assert set(singular_value_bounds(a, b)) == {"sigma_max_upper"}
    assert measured(a, b)["least"] == 0 < 1
    # A bulge again: the product is better than either lower bound would allow.
    a = torch.tensor([[10.0, 0, 0], [0, 1.0, 0]]).double()
    b = torch.tensor([[0.1, 0], [0, 1.0], [0.99**0.5, 0]]).double()
    assert measured(a, b)["condition"] == pytest.approx(1)
    assert condition_number(a) / condition_number(b) == pytest.approx(10, rel=0.01)
    # A bottleneck is singular, and its bounds say so.
    bounds = singular_value_bounds(normal(4, 2), normal(2, 4, seed=1))
    assert bounds["condition_lower"] == bounds["condition_upper"] == math.inf
    assert bounds["sigma_min_lower"] == 0


@pytest.mark.parametrize(("m", "k", "n"), [(5, 3, 3), (5, 4, 3)])
def test_of_a_narrowing_chain_only_the_ratio_that_is_valid_is_given(m, k, n):
    a, b = normal(m, k) @ torch.diag(torch.logspace(0, 3, k).double()), normal(k, n, seed=1)
    lower = singular_value_bounds(a, b)["condition_lower"]
    first, second = condition_number(a), condition_number(b)
    expected = max(1, second / first, first / second if k == n else 1)
    assert lower == pytest.approx(expected, rel=1e-9)
    assert singular_value_bounds(b.T, a.T)["condition_lower"] == pytest.approx(lower, rel=1e-9)


def test_singular_factors_give_infinite_bounds_and_no_nan():
    flat, whole = torch.diag(torch.tensor([1.0, 0.0])), torch.diag(torch.tensor([2.0, 1.0]))
    for a, b in ((flat, whole), (whole, flat), (flat, flat), (torch.zeros(2, 2), whole)):
        bounds = singular_value_bounds(a, b)
        assert bounds["condition_upper"] == math.inf and bounds["sigma_min_lower"] == 0
        assert bounds["condition_lower"] == math.inf
    complex_pair = normal(2, 2) + 1j * normal(2, 2, seed=1), normal(2, 2, seed=2).cfloat()
    assert math.isfinite(singular_value_bounds(*complex_pair)["condition_upper"])


def test_matrices_that_cannot_be_multiplied_are_refused():
    with pytest.raises(ValueError, match="A needs as many columns as B has rows"):
        singular_value_bounds(torch.ones(2, 3), torch.ones(2, 3))


@pytest.mark.claims("S1-5a", "S1-5b", "S1-5c")
def test_the_folklore_about_eigenvalues_fails_and_the_norms_hold():
    m = torch.diag(torch.tensor([1.0, -2.0])).double()
    largest, norm = torch.linalg.eigvalsh(m).max(), torch.linalg.matrix_norm(m, 2)
    assert largest == 1 and norm == 2  # the norm is the largest absolute value
    assert torch.linalg.eigvals(m @ m).real.max() == 4 > largest**2
    assert torch.linalg.matrix_norm(m @ m, 2) <= norm**2
    mirror, swap = torch.diag(torch.tensor([1.0, -1.0])), torch.tensor([[0.0, 1], [1, 0]])
    assert torch.linalg.eigvals(mirror @ swap).imag.abs().max() == pytest.approx(1)
    up = torch.tensor([[0.0, 1], [0, 0]])
    assert torch.linalg.eigvals(up).abs().max() == 0
    assert torch.linalg.eigvals(up @ up.T).abs().max() == 1
    broken = 0
    for seed in range(2000):
        a, b = (q + q.T for q in normal(2, 3, 3, seed=seed))
        mixed = torch.linalg.eigvals(a @ b)
        norms = torch.linalg.matrix_norm(a, 2) * torch.linalg.matrix_norm(b, 2)
        assert mixed.abs().max() <= norms * (1 + 1e-9)
        bound = torch.linalg.eigvalsh(a)[-1] * torch.linalg.eigvalsh(b)[-1]
        broken += bool(mixed.imag.abs().max() < 1e-9 and mixed.real.max() > bound + 1e-9)
    assert broken > 200


def spd(seed: int, n: int = 3) -> torch.Tensor:
    m = normal(n, n, seed=seed)
    return m @ m.T + 0.05 * torch.eye(n)


@pytest.mark.claims("S1-5c", "S1-5d")
def test_for_positive_definite_matrices_both_eigenvalue_bounds_hold():
    for seed in range(1000):
        a, b = spd(seed), spd(seed + 5000)
        mixed = torch.linalg.eigvals(a @ b).real
        ends = torch.linalg.eigvalsh(a)[[0, -1]] * torch.linalg.eigvalsh(b)[[0, -1]]
        assert ends[0] * (1 - 1e-7) <= mixed.min() and mixed.max() <= ends[1] * (1 + 1e-9)
    # One definite, one not: Ostrowski.
    for seed in range(1000):
        a, q = spd(seed), normal(3, 3, seed=seed + 9000)
        b = q + q.T
        mixed = torch.linalg.eigvals(a @ b).real.sort(descending=True).values
        ratio, (low, *_, high) = mixed / torch.linalg.eigvalsh(b).flip(0), torch.linalg.eigvalsh(a)
        assert low * (1 - 1e-6) <= ratio.min() and ratio.max() <= high * (1 + 1e-6)


@pytest.mark.claims("S1-5d")
def test_the_smallest_eigenvalue_of_an_indefinite_product_is_not_bounded_by_the_smallest():
    m = torch.diag(torch.tensor([1.0, -2.0])).double()
    assert torch.linalg.eigvals(m @ m).real.min() == 1 < torch.linalg.eigvalsh(m).min() ** 2
    for seed in range(500):
        a, b = (q + q.T for q in normal(2, 3, 3, seed=seed))
        least = torch.linalg.svdvals(a)[-1] * torch.linalg.svdvals(b)[-1]
        assert torch.linalg.eigvals(a @ b).abs().min() >= least * (1 - 1e-6)


@pytest.mark.claims("S1-5e", "S0-3")
def test_products_are_weakly_majorized_and_their_logarithms_majorized():
    for seed in range(500):
        a, b = spd(seed, 4), spd(seed + 5000, 4)
        mixed = torch.linalg.eigvals(a @ b).real.sort(descending=True).values
        products = torch.linalg.eigvalsh(a).flip(0) * torch.linalg.eigvalsh(b).flip(0)
        assert (mixed.cumsum(0) <= products.cumsum(0) * (1 + 1e-9)).all()
        assert (mixed.log().cumsum(0) <= products.log().cumsum(0) + 1e-7).all()
        assert mixed.log().sum().item() == pytest.approx(products.log().sum().item(), abs=1e-6)
        assert mixed.sum() < products.sum()  # so it is no majorization: the traces differ
        first, second = normal(2, 4, 4, seed=seed)
        x, y, xy = (
            torch.linalg.svdvals(m).log().cumsum(0) for m in (first, second, first @ second)
        )
        assert (xy <= x + y + 1e-9).all()  # Horn
        assert xy[-1].item() == pytest.approx((x + y)[-1].item(), abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_lyapunov_exponents_are_the_mean_logarithms_of_chi_squares(n):
    found = lyapunov_exponents(n, variance=0.7)
    for i in range(n):
        density = stats.chi2(n - i)

        def integrand(t, density=density):  # t = log x tames the singularity at 0
            return t * density.pdf(math.exp(t)) * math.exp(t)

        mean, _ = integrate.quad(integrand, -60, 8, limit=200)
        assert found[i].item() == pytest.approx((math.log(0.7) + mean) / 2, abs=1e-6)
    shift = (lyapunov_exponents(n) - lyapunov_exponents(n, 1.0)).numpy()
    np.testing.assert_allclose(shift, -math.log(n) / 2, atol=1e-12)


@pytest.mark.claims("S0-3")
@pytest.mark.parametrize(("n", "gap"), [(2, 0.6931), (4, 1.1931), (10, 1.7348), (100, 2.9327)])
def test_the_gap_of_the_exponents_has_its_known_values(n, gap):
    exponents = lyapunov_exponents(n)
    assert (exponents[0] - exponents[-1]).item() == pytest.approx(gap, abs=5e-5)
    assert (exponents.diff() < 0).all()


@pytest.mark.claims("S0-3")
@pytest.mark.parametrize("n", [2, 5, 16])
def test_simulated_products_grow_as_the_exponents_say(n):
    runs, short, long = 200, 100, 200
    ends = [
        random_products_log_singular_values(runs, n, depth, "gaussian", seeded(depth + n))
        for depth in (short, long)
    ]
    # The difference of two depths frees the rate of what happens at the ends.
    rate = (ends[1].mean(dim=0) - ends[0].mean(dim=0)) / (long - short)
    error = (ends[0].var(dim=0) + ends[1].var(dim=0)).div(runs).sqrt() / (long - short)
    assert ((rate - lyapunov_exponents(n)).abs() < 4.5 * error).all()


def test_the_mean_of_the_squared_norm_stands_still_while_the_condition_grows():
    x = normal(3)
    kept = []
    for seed in range(4000):
        product = torch.linalg.multi_dot(list(normal(4, 3, 3, seed=seed) / 3**0.5))
        kept.append(((product @ x).square().sum() / x.square().sum()).item())
    error = np.std(kept) / len(kept) ** 0.5
    assert abs(np.mean(kept) - 1) < 4 * error


def test_ten_thousand_layers_give_finite_values_and_orthogonal_ones_stay_at_one():
    gaussian = random_product_log_singular_values(64, 10_000, "gaussian", seeded())
    assert gaussian.shape == (64,) and gaussian.isfinite().all()
    assert (gaussian.diff() < 0).all()
    expected = 10_000 * lyapunov_exponents(64)
    assert ((gaussian - expected).abs() < 6 * 10_000**0.5).all()
    orthogonal = random_product_log_singular_values(64, 10_000, "orthogonal", seeded())
    assert math.expm1((orthogonal[0] - orthogonal[-1]).item()) < 1e-10


def test_one_product_is_reproducible_and_shallow_ones_agree_with_an_ordinary_decomposition():
    for ensemble in ("gaussian", "orthogonal"):
        first, again = (
            random_product_log_singular_values(7, 40, ensemble, seeded(3)) for _ in range(2)
        )
        assert torch.equal(first, again)
    single = random_product_log_singular_values(6, 1, "gaussian", seeded(5))
    matrix = torch.randn((1, 6, 6), generator=seeded(5), dtype=torch.float64)[0] / 6**0.5
    torch.testing.assert_close(single, torch.linalg.svdvals(matrix).log())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 3, "gaussian", seeded()), ValueError, "n=0"),
        ((3, 0, "gaussian", seeded()), ValueError, "depth=0"),
        ((3, 2.5, "gaussian", seeded()), TypeError, "depth=2.5"),
        ((3, 2, "uniform", seeded()), ValueError, "ensemble='uniform' is unknown"),
        ((3, 2, "gaussian", 0), TypeError, "generator must be a torch.Generator"),
    ],
)
def test_wrong_arguments_of_a_random_product_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        random_product_log_singular_values(*arguments)


@pytest.mark.parametrize("variance", [0, -1.0, math.inf, math.nan])
def test_a_variance_must_be_positive_and_finite(variance):
    with pytest.raises(ValueError, match="variance"):
        lyapunov_exponents(3, variance)


def test_the_edge_has_its_closed_form_and_wide_products_reach_it():
    assert [squared_singular_edge(d) for d in (1, 2)] == [4.0, 6.75]
    for depth in (3, 10, 1000):
        closed = math.exp((depth + 1) * math.log(depth + 1) - depth * math.log(depth))
        assert squared_singular_edge(depth) == pytest.approx(closed, rel=1e-9)
    for depth in (1, 2, 3):
        logs = random_products_log_singular_values(4, 250, depth, "gaussian", seeded(depth))
        largest = (2 * logs[:, 0]).exp().mean().item()
        assert largest == pytest.approx(squared_singular_edge(depth), rel=0.1)
    with pytest.raises(ValueError, match="depth=0"):
        squared_singular_edge(0)


@pytest.mark.parametrize("shape", [(6,), (1, 6), (2, 3)])
def test_a_jacobians_singular_values_are_those_of_the_dense_one(shape):
    network = nn.Sequential(nn.Flatten(0), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4)).double()
    x = normal(*shape)
    first, second = network[1].weight.detach(), network[3].weight.detach()
    slope = 1 - torch.tanh(network[1](x.flatten())).detach() ** 2
    dense = second @ torch.diag(slope) @ first
    found = jacobian_singular_values(network, x)
    torch.testing.assert_close(found, torch.linalg.svdvals(dense))
    assert not x.requires_grad


def test_a_jacobian_of_a_constant_is_zero_and_bad_inputs_are_refused():
    zeros = jacobian_singular_values(lambda x: torch.ones(3) + 0 * x.sum(), torch.ones(2))
    assert zeros.tolist() == [0, 0]
    with pytest.raises(TypeError, match="x must be a floating tensor"):
        jacobian_singular_values(nn.Identity(), torch.ones(2, dtype=torch.int64))
    with pytest.raises(ValueError, match="x must hold finite numbers"):
        jacobian_singular_values(nn.Identity(), torch.tensor([math.nan]))
    with pytest.raises(TypeError, match="model must return a tensor, not list"):
        jacobian_singular_values(lambda x: [x], torch.ones(2))
