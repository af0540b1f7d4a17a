"""Both SVM programs against an independent solver, closed forms, and hostile input."""

import math

import clarabel
import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.svm import SVC, LinearSVC

from oracles import separable, two_points
from trainability.svm_bias import solve_augmented, solve_explicit, two_point_solution


def interior_point(X, y, B=None):
    """Return w and b from an interior-point solver; B None is the program with a free bias."""
    n, d = X.shape
    # Its tolerances are absolute, so in units in which w is of ordinary size.
    size = cdist(X[y > 0], X[y < 0]).min() / 2
    X, B = X / size, B and B / size
    quadratic = np.eye(d + 1)
    if B is None:
        quadratic[-1, -1] = 0
    signed = y[:, None] * np.column_stack([X, np.full(n, B or 1.0)])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    solved = clarabel.DefaultSolver(
        sparse.csc_matrix(quadratic),
        np.zeros(d + 1),
        sparse.csc_matrix(-signed),
        -np.ones(n),
        [clarabel.NonnegativeConeT(n)],
        settings,
    ).solve()
    u = np.array(solved.x)
    return u[:-1] / size, u[-1] * (B or 1.0)


def check_optimality(solution, X, y, B=None):
    """Feasible, stationary and complementary: the KKT conditions."""
    w, alpha = solution.w.numpy(), solution.alpha.numpy()
    margins = y * (X @ w + solution.b)
    size = max(np.linalg.norm(w), 1e-300)
    assert margins.min() > 1 - 1e-8
    assert (alpha >= 0).all()
    assert np.linalg.norm(w - (alpha * y) @ X) < 1e-8 * size
    assert (alpha * np.abs(margins - 1)).sum() < 1e-7 * alpha.sum()
    balance = (alpha * y).sum()
    if B is None:
        assert abs(balance) < 1e-9 * alpha.sum()
    else:
        assert abs(solution.b - B**2 * balance) < 1e-8 * max(size, abs(solution.b))
    assert solution.objective == pytest.approx(alpha.sum() / 2, rel=1e-7)
    if np.linalg.norm(w) > 0:
        assert solution.margin == pytest.approx(margins.min() / size, rel=1e-9)


@pytest.mark.claims("S3-1.0")
@pytest.mark.parametrize("first", range(0, 300, 30))
def test_both_programs_agree_with_an_interior_point_solver(first):
    for seed in range(first, first + 30):
        X, y = separable(seed)
        data = torch.from_numpy(X), torch.from_numpy(y)
        for B in (None, 1.0, 3.0):
            solution = solve_explicit(*data) if B is None else solve_augmented(*data, B)
            w, b = interior_point(X, y, B)
            scale = max(1.0, np.linalg.norm(w), abs(b))
            assert np.abs(solution.w.numpy() - w).max() < 1e-7 * scale, (seed, B)
            assert abs(solution.b - b) < 1e-7 * scale, (seed, B)
            check_optimality(solution, X, y, B)


TWO = torch.tensor([1, -1])


@settings(deadline=None)
@given(
    a=st.floats(-30, 30).filter(lambda a: abs(a + 1) > 0.01),
    B=st.floats(0.2, 5),
    program=st.sampled_from(["augmented", "explicit"]),
)
def test_the_closed_form_is_what_the_solvers_find(a, B, program):
    exact = two_point_solution(a, program, B)
    X = two_points(a)
    solution = solve_augmented(X, TWO, B) if program == "augmented" else solve_explicit(X, TWO)
    for name in ("b", "objective", "margin"):
        expected = getattr(exact, name)
        assert getattr(solution, name) == pytest.approx(expected, rel=1e-8, abs=1e-10), name
    torch.testing.assert_close(solution.w, exact.w, rtol=1e-8, atol=0)
    torch.testing.assert_close(solution.alpha, exact.alpha, rtol=1e-6, atol=1e-9)


@pytest.mark.claims("S3-1e-i", "S3-1e-ii")
def test_the_kkt_conditions_hold_symbolically_for_every_a():
    a, B = sympy.symbols("a B", real=True)
    w, b = 2 / (a + 1), (a - 1) / (a + 1)
    # Both tight; stationarity of ½w² + ½(b/B)² gives the multipliers.
    first, second = sympy.symbols("l1 l2")
    solved = sympy.solve(
        [w - first - a * second, b / B**2 - first + second], [first, second], dict=True
    )[0]
    assert sympy.simplify(w + b - 1) == 0 and sympy.simplify(a * w - b - 1) == 0
    factored = sympy.factor(solved[second].subs(B, 1))
    assert sympy.simplify(factored - (3 - a) / (a + 1) ** 2) == 0
    assert sympy.simplify(solved[first].subs(B, 1) - (a**2 - a + 2) / (a + 1) ** 2) == 0
    threshold = sympy.solve(sympy.numer(sympy.together(solved[second])), a)
    assert [sympy.simplify(root - 1 - 2 * B**2) for root in threshold] == [0]
    # Beyond, the first alone: u = (1, B)/(1 + B²), and the second constraint is slack.
    far = (a * 1 / (1 + B**2) - B**2 / (1 + B**2) - 1).subs(a, 1 + 2 * B**2)
    assert sympy.simplify(far) == 0


@pytest.mark.claims("S3-1e-i")
@pytest.mark.parametrize(
    ("a", "u"), [(1.5, (0.8, 0.2)), (2, (2 / 3, 1 / 3)), (3, (0.5, 0.5)), (10, (0.5, 0.5))]
)
@pytest.mark.parametrize("d", [1, 4])
def test_the_first_program_has_the_solution_typed_here(a, u, d):
    solution = solve_augmented(two_points(a, d), TWO)
    assert (solution.w[0].item(), solution.b) == pytest.approx(u, abs=1e-10)
    assert solution.w[1:].abs().max().item() < 1e-12 if d > 1 else True


@pytest.mark.claims("S3-1e-ii", "S3-1d")
@given(a=st.floats(-0.9, 100))
def test_the_second_program_halves_the_gap_and_every_feasible_point_has_a_large_weight(a):
    solution = solve_explicit(two_points(a, 3), TWO)
    assert solution.w[0].item() == pytest.approx(2 / (a + 1), rel=1e-8)
    assert solution.b == pytest.approx((a - 1) / (a + 1), rel=1e-7, abs=1e-8)
    for B in (0.5, 1.0, 4.0):  # feasible for (d), whatever is minimized
        assert solve_augmented(two_points(a), TWO, B).w.item() >= 2 / (a + 1) * (1 - 1e-9)


@pytest.mark.claims("S3-1c")
def test_the_constraints_of_two_points_are_those_written_out_and_not_the_slips():
    generator = torch.Generator().manual_seed(0)
    for a in (3.0, 7.0):
        X = two_points(a, 3)
        for u in torch.randn(50, 4, generator=generator).double():
            values = TWO * (torch.cat([X, torch.ones(2, 1).double()], dim=1) @ u)
            torch.testing.assert_close(values[0], u[0] + u[3])
            torch.testing.assert_close(values[1], a * u[0] - u[3])
            slip = -(a * u[0] + u[3])  # as the notes have it on the way
            assert not torch.isclose(values[1], slip)


@pytest.mark.claims("S3-1b")
def test_with_one_point_the_first_program_is_unique_and_the_second_is_not():
    X, y = torch.tensor([[1.0, 0.0]]), torch.tensor([1])
    solution = solve_augmented(X, y)
    assert (*solution.w.tolist(), solution.b) == pytest.approx((0.5, 0, 0.5))
    with pytest.raises(ValueError, match="one class alone"):
        solve_explicit(X, y)
    for b in (1.0, 2.0, 1e6):  # v = 0: feasible, and as short as can be
        assert (y * (X @ torch.zeros(2) + b) >= 1).all()
    assert not (y * (X @ torch.zeros(2) + 0.99) >= 1).all()


@pytest.mark.claims("S3-1a")
@given(st.integers(0, 10_000))
def test_mixtures_of_feasible_points_are_feasible_and_no_longer_in_the_objective(seed):
    X, y = (torch.from_numpy(part) for part in separable(0))
    best = solve_explicit(X, y)
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand(1, generator=generator).double()

    def feasible():
        w = best.w * (1 + torch.rand(1, generator=generator)) + 0.01 * torch.randn(
            len(best.w), generator=generator
        )
        least = (y * (X @ w + best.b)).min().clamp(max=1)
        return (w / least, best.b / least) if least > 0 else (2 * best.w, 2 * best.b)

    (v1, b1), (v2, b2) = feasible(), feasible()
    v, b = share * v1 + (1 - share) * v2, share * b1 + (1 - share) * b2
    assert (y * (X @ v + b)).min() > 1 - 1e-9
    assert v @ v <= share * v1 @ v1 + (1 - share) * v2 @ v2 + 1e-9


@pytest.mark.claims("S3-1e-iii")
@pytest.mark.parametrize("B", [0.5, 1.0, 2.0])
def test_margins_and_boundaries_part_at_one_plus_two_b_squared(B):
    threshold = 1 + 2 * B**2
    for a in (threshold - 0.5, threshold, threshold + 1, threshold + 20):
        first, second = (two_point_solution(a, p, B) for p in ("augmented", "explicit"))
        assert second.margin == pytest.approx((a + 1) / 2)
        assert -second.b / second.w.item() == pytest.approx((1 - a) / 2)
        beyond = max(0.0, a - threshold)
        assert second.margin - first.margin == pytest.approx(beyond / 2, abs=1e-12)
        if a >= threshold:
            assert -first.b / first.w.item() == pytest.approx(-(B**2))
            assert first.objective == pytest.approx(0.5 / (1 + B**2))


@pytest.mark.claims("S3-1e-iii")
def test_a_large_appended_constant_makes_the_bias_free():
    for seed in range(6):
        X, y = (torch.from_numpy(part) for part in separable(3 * seed))
        free, penalized = solve_explicit(X, y), solve_augmented(X, y, 1e4)
        torch.testing.assert_close(free.w, penalized.w, rtol=1e-4, atol=1e-6)
        assert penalized.margin <= free.margin * (1 + 1e-9)


@pytest.mark.claims("S3-1e-iv")
def test_the_second_program_moves_with_the_data_and_the_first_does_not():
    expected = {0.0: -1.0, 0.5: -7 / 6, 1.5: -1.5, 3.0: -2.0}
    for shift, place in expected.items():
        X = two_points(4.0, shift=shift)
        first, second = solve_augmented(X, TWO), solve_explicit(X, TWO)
        assert -second.b / second.w.item() - shift == pytest.approx(-1.5)
        assert -first.b / first.w.item() - shift == pytest.approx(place, abs=2e-3)
    for seed in range(4):
        X, y = (torch.from_numpy(part) for part in separable(3 * seed))
        here, there = solve_explicit(X, y), solve_explicit(X + 5, y)
        torch.testing.assert_close(here.w, there.w, rtol=1e-7, atol=1e-9)
        assert there.b == pytest.approx(here.b - 5 * here.w.sum().item(), abs=1e-6)


@pytest.mark.claims("S3-1f")
def test_the_objectives_tend_to_a_quarter_and_to_zero():
    for a in (3.0, 10.0, 100.0, 1e6):
        assert solve_augmented(two_points(a), TWO).objective == pytest.approx(0.25)
        assert solve_explicit(two_points(a), TWO).objective == pytest.approx(2 / (a + 1) ** 2)
    a = sympy.symbols("a", positive=True)
    assert sympy.limit(2 / (a + 1) ** 2, a, sympy.oo) == 0


@pytest.mark.claims("S3-1g")
def test_both_programs_determine_the_bias_where_both_classes_occur():
    for seed in range(12):
        X, y = separable(seed)
        solution = solve_explicit(torch.from_numpy(X), torch.from_numpy(y))
        w = solution.w.numpy()
        low, high = 1 - (X[y > 0] @ w).min(), -1 - (X[y < 0] @ w).max()
        scale = max(1.0, abs(solution.b))
        assert low == pytest.approx(solution.b, abs=1e-7 * scale)
        assert high == pytest.approx(solution.b, abs=1e-7 * scale)


@pytest.mark.claims("S3-1h")
def test_the_two_programs_differ_only_beyond_the_threshold():
    for a in (1.5, 2.9, 3.0):
        first, second = (two_point_solution(a, p) for p in ("augmented", "explicit"))
        assert (first.w.item(), first.b) == pytest.approx((second.w.item(), second.b))
    for a in (3.1, 4.0, 100.0):
        first, second = (two_point_solution(a, p) for p in ("augmented", "explicit"))
        assert first.margin < second.margin and first.b / first.w != second.b / second.w


@pytest.mark.claims("S3-1.0")
@pytest.mark.parametrize("B", [1.0, 2.0])
def test_scikit_learn_solves_both(B):
    X = np.array([[1.0], [-12.0]])
    y = TWO.numpy()
    data = torch.from_numpy(X), TWO
    options = {"C": 1e6, "tol": 1e-10}
    linear = LinearSVC(loss="hinge", intercept_scaling=B, max_iter=1_000_000, **options).fit(X, y)
    first = solve_augmented(*data, B)
    assert linear.coef_[0, 0] == pytest.approx(first.w.item(), abs=1e-4)
    assert linear.intercept_[0] == pytest.approx(first.b, abs=1e-4)
    kernel = SVC(kernel="linear", **options).fit(X, y)
    second = solve_explicit(*data)
    assert kernel.coef_[0, 0] == pytest.approx(second.w.item(), abs=1e-6)
    assert kernel.intercept_[0] == pytest.approx(second.b, abs=1e-6)
    assert abs(second.b - first.b) > 0.04


@pytest.mark.claims("S3-1.0")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scikit_learn_solves_both_on_shifted_points_in_five_dimensions(seed):
    rng = np.random.default_rng(seed)
    X, normal, y = 0.7 * rng.normal(size=(40, 5)), rng.normal(size=5), np.repeat([1, -1], 20)
    normal /= np.linalg.norm(normal)
    X += np.outer(np.where(y > 0, 1, -6), normal) + 0.5 * rng.normal(size=5)
    data = torch.from_numpy(X), torch.from_numpy(y)
    normals = []
    for B in (1.0, 3.0):
        ours = solve_augmented(*data, B)
        machine = LinearSVC(
            loss="hinge",
            C=10 * ours.alpha.max().item(),
            intercept_scaling=B,
            tol=1e-10,
            max_iter=10**7,
            random_state=0,
        ).fit(X, y)
        np.testing.assert_allclose(machine.coef_[0], ours.w, atol=1e-6)
        assert machine.intercept_.item() == pytest.approx(ours.b, abs=1e-6)
        normals.append(ours.w)
    ours = solve_explicit(*data)
    machine = SVC(kernel="linear", C=1e6, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(machine.coef_[0], ours.w, atol=1e-5)
    assert machine.intercept_.item() == pytest.approx(ours.b, abs=1e-5)
    # Three different boundaries, so that no machine could pass for another.
    for first, second in ((normals[0], normals[1]), (normals[0], ours.w), (normals[1], ours.w)):
        assert (first - second).abs().max() > 1e-3


def test_duplicated_points_change_nothing_but_how_their_multipliers_are_shared():
    X, y = (torch.from_numpy(part) for part in separable(3))
    twice = torch.cat([X, X]), torch.cat([y, y])
    for solve in (solve_augmented, solve_explicit):
        once, doubled = solve(X, y), solve(*twice)
        torch.testing.assert_close(once.w, doubled.w, rtol=1e-9, atol=1e-12)
        assert doubled.alpha.sum().item() == pytest.approx(once.alpha.sum().item())


@pytest.mark.parametrize("size", [1e-100, 1e-12, 1e12, 1e150])
def test_the_size_of_the_data_does_not_matter(size):
    X, y = (torch.from_numpy(part) for part in separable(3))
    for solve, B in ((solve_explicit, ()), (solve_augmented, (size,))):
        here, there = solve(X, y, *([1.0] if B else [])), solve(X * size, y, *B)
        torch.testing.assert_close(there.w * size, here.w, rtol=1e-7, atol=1e-10)
        assert there.margin / size == pytest.approx(here.margin, rel=1e-7)


@pytest.mark.parametrize("size", [1e-300, 1e-155, 1e155, 1e300])
@pytest.mark.parametrize("solve", [solve_augmented, solve_explicit])
def test_sizes_whose_squares_are_no_floats_are_refused(size, solve):
    X, y = (torch.from_numpy(part) for part in separable(3))
    B = (size,) if solve is solve_augmented else ()
    with pytest.raises(ValueError, match=r"X has entries of size .* rescale X"):
        solve(X * size, y, *B)


def far_from_the_origin():
    yield torch.tensor([[1e7 + 1], [1e7 - 1]], dtype=torch.float64), TWO
    rng = np.random.default_rng(0)
    points = rng.normal(size=(40, 3))
    labels = np.where(points[:, 0] > 0, 1, -1)
    points[:, 0] += 0.1 * labels  # a gap of at least 0.2
    yield torch.from_numpy(points + 1e6), torch.from_numpy(labels)


@pytest.mark.parametrize("which", [0, 1])
def test_points_too_far_from_the_origin_for_a_penalized_bias_are_told_from_inseparable_ones(which):
    X, y = [*far_from_the_origin()][which]
    with pytest.raises(ValueError, match=r"too far from the origin .* center its features"):
        solve_augmented(X, y)
    centered = X - X.mean(dim=0)
    assert solve_augmented(centered, y).margin > 0.09  # the mend works
    assert solve_explicit(X, y).margin == pytest.approx(solve_explicit(centered, y).margin)
    with pytest.raises(ValueError, match="no hyperplane separates"):
        solve_augmented(torch.cat([X, X]), torch.cat([y, -y]))


@pytest.mark.parametrize("size", [3e9, 1e11, 1e12, 1e13])
@pytest.mark.parametrize("solve", [solve_augmented, solve_explicit])
def test_no_lucky_rounding_hides_that_the_bias_is_beyond_double_precision(solve, size):
    X, y = [*far_from_the_origin()][1]
    for step in range(8):  # of such shifts, some happened to round to a margin of 1
        with pytest.raises(ValueError, match="too far from the origin"):
            solve(X + size * (1 + step / 7), y)


def test_the_free_bias_does_not_mind_a_distance_that_double_precision_holds():
    X, y = [*far_from_the_origin()][1]
    here = solve_explicit(X - 1e6, y)
    for distance in (1e4, 1e6, 1e7):
        there = solve_explicit(X - 1e6 + distance, y)
        assert there.margin == pytest.approx(here.margin, rel=1e-6)


def test_types_and_inputs_are_left_alone():
    X, y = torch.tensor([[1, 0], [-4, 0]]), torch.tensor([1.0, -1.0])
    solution = solve_explicit(X, y)
    assert solution.w.dtype == solution.alpha.dtype == torch.float64
    assert X.dtype == torch.int64 and y.tolist() == [1.0, -1.0]
    with pytest.raises(AttributeError):
        solution.b = 0.0


INSEPARABLE = [
    ([[1.0], [2.0], [3.0]], [1, -1, 1]),
    ([[1.0], [1.0]], [1, -1]),
    ([[1.0, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1]),
]


@pytest.mark.parametrize("solve", [solve_augmented, solve_explicit])
@pytest.mark.parametrize("data", INSEPARABLE)
def test_data_that_nothing_separates_are_refused(solve, data):
    with pytest.raises(ValueError, match="no hyperplane separates"):
        solve(torch.tensor(data[0]), torch.tensor(data[1]))


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        ([[1.0]], [1], TypeError, "X must be a tensor"),
        (torch.ones(2), TWO, ValueError, "X has shape"),
        (torch.ones(0, 2), torch.ones(0), ValueError, "not empty"),
        (torch.ones(2, 1), torch.ones(3), ValueError, "a label a point"),
        (torch.tensor([[1.0], [math.nan]]), TWO, ValueError, "inf or nan"),
        (torch.tensor([[1.0], [2.0]]), torch.tensor([1, 0]), ValueError, "labels 1 and -1"),
        (torch.tensor([[1.0], [2.0]]), torch.tensor([1, math.nan]), ValueError, "labels 1 and -1"),
        (torch.ones(2, 1, dtype=torch.complex64), TWO, TypeError, "real numbers"),
    ],
)
def test_bad_data_are_named(X, y, error, message):
    for solve in (solve_augmented, solve_explicit):
        with pytest.raises(error, match=message):
            solve(X, y)


def test_bad_settings_are_named():
    for B in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="bias_feature"):
            solve_augmented(two_points(3.0), TWO, B)
    for a in (-1, -1 + 1e-16, 1e160, math.inf):
        with pytest.raises(ValueError, match="must differ by 1e-9 to 1e9"):
            two_point_solution(a, "explicit")
    for B in (1e-200, 1e200):
        with pytest.raises(ValueError, match="between 1e-9 and 1e9"):
            two_point_solution(3, "augmented", B)
    with pytest.raises(ValueError, match="dwarfs the data"):
        solve_augmented(two_points(3.0), TWO, 1e12)
    with pytest.raises(ValueError, match="program='first'"):
        two_point_solution(3, "first")
