"""Claims on support vector machines that need a condition: without it they fail."""

import numpy as np
import pytest
import sympy
import torch

from oracles import box_minimum, separable, two_points
from trainability.svm import poly, project_box, rbf, svm_path, svm_solver, xor_data
from trainability.svm_bias import solve_augmented, solve_explicit

TWO = torch.tensor([1.0, -1.0], dtype=torch.float64)
X, Y = xor_data()


@pytest.mark.claims("S3-1a", "S3-1.0")
def test_the_free_bias_program_is_convex_in_weights_and_bias_together_and_not_strictly():
    points, labels = separable(2)
    best = solve_explicit(torch.tensor(points), torch.tensor(labels))
    assert abs(best.b) > 1  # a set whose bias is no zero
    w = 2 * best.w.numpy()
    low = 1 - (points[labels > 0] @ w).min()
    high = -1 - (points[labels < 0] @ w).max()
    assert high - low > 0.1
    rng, halves = np.random.default_rng(0), []
    for _ in range(200):
        first, second = rng.uniform(low, high, 2)
        share = rng.uniform()
        mixed = share * first + (1 - share) * second
        assert (labels * (points @ w + mixed) >= 1 - 1e-9).all()
        halves.append(abs(first - second))
    assert np.median(halves) > 0.01
    v, b, c = sympy.symbols("v b c")
    free = sympy.hessian(v**2 / 2, [v, b])
    penalized = sympy.hessian((v**2 + c**2) / 2, [v, c])
    assert free.is_positive_semidefinite and not free.is_positive_definite
    assert penalized.is_positive_definite


@pytest.mark.claims("S3-1h", "S3-1e-i", "S3-1e-ii")
@pytest.mark.parametrize("a", [-0.5, 1.5, 2.9, 3.0, 3.1, 4.0, 100.0])
def test_two_solvers_agree_up_to_three_and_part_beyond(a):
    first, second = solve_augmented(two_points(a), TWO), solve_explicit(two_points(a), TWO)
    v, b = 2 / (a + 1), (a - 1) / (a + 1)
    assert second.w.item() == pytest.approx(v, rel=1e-8)
    assert second.b == pytest.approx(b, rel=1e-8, abs=1e-9)
    same = abs(first.w.item() - v) + abs(first.b - b) < 1e-7
    assert same == (a <= 3)
    if a > 3:
        assert (first.w.item(), first.b) == pytest.approx((0.5, 0.5), rel=1e-8)


@pytest.mark.claims("S3-1e-iii")
@pytest.mark.parametrize("a", [4.0, 10.0, 100.0])
def test_beyond_three_the_lifted_margin_stays_at_the_root_of_two(a):
    found = solve_augmented(two_points(a), TWO)
    lifted = 1 / (found.w.square().sum().item() + found.b**2) ** 0.5
    assert lifted == pytest.approx(2**0.5, rel=1e-8)
    assert 1 / found.w.norm().item() == pytest.approx(2, rel=1e-8)
    assert 1 / solve_explicit(two_points(a), TWO).w.norm().item() == pytest.approx((a + 1) / 2)


@pytest.mark.claims("S3-1e-iii")
@pytest.mark.parametrize("seed", [2, 5, 8])
def test_a_large_appended_constant_frees_the_bias_and_one_does_not_far_from_the_origin(seed):
    points, labels = (torch.tensor(part) for part in separable(seed))
    free = solve_explicit(points, labels)
    close = lambda B: torch.allclose(solve_augmented(points, labels, B).w, free.w, rtol=1e-4)  # noqa: E731
    assert close(1e4)
    if seed == 2:
        assert not close(1.0)


@pytest.mark.claims("S3-1d")
def test_every_feasible_point_has_a_first_entry_of_two_over_a_plus_one_where_a_exceeds_minus_one():
    rng = np.random.default_rng(0)
    for a in (-0.5, 1.0, 3.0, 8.0):
        u, c = rng.normal(size=(2, 20_000)) * 6
        feasible = (u + c >= 1) & (a * u - c >= 1)
        assert feasible.sum() > 100 and (u[feasible] >= 2 / (a + 1)).all()
    u, c, a = -3.0, 4.5, -2.0  # below -1 the sum of the constraints turns around
    assert u + c >= 1 and a * u - c >= 1 and u < 2 / (a + 1)


@pytest.mark.claims("S3-1c")
def test_the_second_constraint_in_symbols_is_a_times_u_minus_c():
    a, u, c = sympy.symbols("a u c")
    value = -(sympy.Matrix([u, c]).dot(sympy.Matrix([-a, 1])))
    assert sympy.expand(value - (a * u - c)) == 0
    assert sympy.expand(value + (a * u + c)) != 0  # the line between is wrong
    at = {a: 4, u: sympy.Rational(7, 10), c: sympy.Rational(1, 5)}
    assert (value.subs(at), (-(a * u + c)).subs(at)) == (sympy.Rational(13, 5), -3)


@pytest.mark.claims("S3-2.0a")
def test_a_free_bias_adds_a_constraint_that_the_box_dual_does_not_keep():
    points = two_points(4.0)
    free = solve_explicit(points, TWO).alpha
    assert free.tolist() == pytest.approx([0.08, 0.08], rel=1e-6)
    assert abs(free @ TWO) < 1e-9
    penalized = svm_solver(points, TWO, 0.05, 5000, lambda p, r: p @ r + 1)
    assert penalized.tolist() == pytest.approx([0.5, 0.0], abs=1e-6)
    plain = svm_solver(points, TWO, 0.05, 5000, lambda p, r: p @ r)
    for box in (penalized, plain):
        assert abs(box @ TWO) > 0.1 and not torch.allclose(box, free, atol=0.01)
    # Without a bias the box is right: the least w with w ≥ 1 and 4w ≥ 1 is 1.
    assert ((plain * TWO) @ points).item() == pytest.approx(1, abs=1e-6)
    assert plain[1].item() == pytest.approx(0, abs=1e-6)


@pytest.mark.claims("S3-2.0b")
def test_the_dual_value_is_minus_the_minimum_and_another_solver_finds_it():
    q = np.outer(Y, Y) * (1 + X @ X.T).numpy() ** 2
    found = box_minimum(q.astype(float))
    np.testing.assert_allclose(found, 1 / 8, atol=1e-6)
    value = found.sum() - found @ q @ found / 2
    assert value == pytest.approx(0.25, abs=1e-6)
    rng = np.random.default_rng(0)
    for other in rng.uniform(0, 0.5, size=(500, 4)):
        assert other.sum() - other @ q @ other / 2 <= value + 1e-9


@pytest.mark.claims("S3-2a", "S3-2.0d")
def test_the_projection_is_strictly_nearest_and_the_solutions_equality_fails():
    generator = torch.Generator().manual_seed(0)
    for _ in range(100):
        far = 3 * torch.randn(5, generator=generator, dtype=torch.float64)
        near = project_box(far, 2.0)
        others = 2 * torch.rand(200, 5, generator=generator, dtype=torch.float64)
        gained = (others - far).square().sum(1) - (near - far).square().sum()
        # More than strictly: by at least the squared distance from the projection.
        assert (gained >= (others - near).square().sum(1) - 1e-9).all()
    three = project_box(torch.tensor([3.0]), 2.0)
    assert abs(three - 3) == 1 < abs(torch.tensor([0.5]) - 3)  # ≤, and not =
    assert project_box(torch.tensor([0.0, -0.0, -1.0]), 2.0).tolist() == [0, 0, 0]


@pytest.mark.claims("S3-2.0d")
def test_a_set_that_is_open_empty_or_not_convex_has_no_projection_or_two():
    t = sympy.Symbol("t", real=True)
    assert sympy.Interval.open(0, 1).inf == 0  # and its distance from 2 is not attained
    assert sympy.Interval.open(0, 1).sup not in sympy.Interval.open(0, 1)
    two = sympy.FiniteSet(-1, 1)
    distances = {point: abs(point) for point in two}
    assert len({*distances.values()}) == 1 and len(distances) == 2
    nearest = sympy.solveset(sympy.diff((t - 2) ** 2, t), t, sympy.S.Reals)
    assert nearest.intersect(sympy.Interval.open(0, 1)) == sympy.EmptySet


@pytest.mark.claims("S3-2d")
def test_the_steps_that_the_four_kernels_take_to_a_millionth():
    kernels = {poly(2): (8.0, 9), rbf(1.0): (None, 178), rbf(2.0): (None, 886)}
    kernels[rbf(4.0)] = None, 10_000
    for kernel, (s, steps) in kernels.items():
        s = s or (Y[0] * Y * kernel(X[0].double(), X.double())).sum().item()
        alpha, _ = svm_path(X.double(), Y, 0.1, [steps - 1, steps], kernel)
        errors = (alpha * s - 1).abs().max(dim=1).values
        assert errors[1] < 1e-6 * (1 + 1e-3) and errors[0] > 0.98e-6, steps


@pytest.mark.claims("S3-2d")
def test_in_single_precision_ten_thousand_steps_do_not_reach_a_millionth_at_width_four():
    kernel = rbf(4.0)
    q = torch.outer(Y, Y) * kernel(X[:, None], X[None])
    alpha = torch.zeros(4)
    for _ in range(10_000):
        alpha = (alpha - 0.1 * (q @ alpha - 1)).clamp(min=0)
    error = abs(alpha[0].item() * (1 - np.exp(-2 / 16)) ** 2 - 1)
    assert 1e-5 < error < 2e-4


@pytest.mark.claims("S3-2d")
@pytest.mark.parametrize("sigma", [1, 2, 4])
def test_the_eigenvalues_of_the_rbf_matrix_in_symbols(sigma):
    k = sympy.Symbol("k", positive=True)
    signs = [1, -1, 1, -1]
    power = [[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]]  # squared distance over 4
    q = sympy.Matrix(4, 4, lambda i, j: signs[i] * signs[j] * k ** power[i][j])
    expected = {sympy.expand((1 - k) ** 2): 1, 1 - k**2: 2, sympy.expand((1 + k) ** 2): 1}
    assert {sympy.expand(value): n for value, n in q.eigenvals().items()} == expected
    exact = float(np.exp(-2 / sigma**2))
    measured = torch.outer(Y, Y) * rbf(float(sigma))(X[:, None], X[None])
    numbers = sorted(float(v.subs(k, exact)) for v, n in expected.items() for _ in range(n))
    np.testing.assert_allclose(torch.linalg.eigvalsh(measured.double()), numbers, atol=1e-6)


@pytest.mark.claims("S3-2e")
def test_the_same_unequal_start_that_fails_above_a_sixth_converges_below():
    q = (torch.outer(Y, Y) * (1 + X @ X.T) ** 2).double()
    for step, arrives in ((0.16, True), (0.175, False)):
        alpha = torch.tensor([0.02, 0.2, 0.1, 0.05]).double()
        for _ in range(3000):
            alpha = (alpha - step * (q @ alpha - 1)).clamp(min=0)
        assert ((alpha - 1 / 8).abs().max() < 1e-6) == arrives
