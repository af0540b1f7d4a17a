"""The kernel SVM: closed forms, an independent solver, projections, and hostile input."""

import inspect
import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.svm import SVC

from oracles import box_minimum, signed_gram
from trainability.svm import (
    dual_value,
    duality_gap,
    max_step_size,
    poly,
    project_box,
    rbf,
    svm_path,
    svm_predictor,
    svm_solver,
    xor_data,
)
from trainability.svm.gram import few_threads
from trainability.svm_bias import solve_augmented

X, Y = xor_data()


def test_the_default_kernel_is_the_linear_one_with_a_constant():
    default = inspect.signature(svm_solver).parameters["kernel"].default
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(default(x[:, None], x[None]), 1 + x @ x.T)
    y = torch.tensor([1.0, -1, 1, -1, 1])
    assert torch.equal(svm_solver(x, y, 0.01, 100), svm_solver(x, y, 0.01, 100, poly(degree=1)))


# Entries 1 and 3 sit at the wall while 0 and 2 leap, and the other way round: the distance
# grows by η·2k in every step, with k = e^{-1/2} between neighbors.
UNEQUAL = torch.tensor([0.02, 0.2, 0.1, 0.05]).double()


def leaps(lr, steps):
    """Projected gradient on XOR with a kernel of width 2, from unequal entries."""
    q, alpha = signed_gram(X, Y.numpy(), rbf(2.0)), UNEQUAL.numpy()
    for _ in range(steps):
        alpha = np.maximum(alpha - lr * (q @ alpha - 1), 0)
    return alpha


@pytest.mark.claims("S3-2.0c")
def test_with_neighbors_of_opposite_labels_walls_do_not_keep_large_steps_from_diverging():
    assert max_step_size(X, Y, rbf(2.0)) == pytest.approx(0.775, abs=1e-3)
    assert np.abs(leaps(0.7, 2000) * (1 - math.exp(-0.5)) ** 2 - 1).max() < 1e-6
    assert leaps(0.9, 200).max() > 1e8
    grown = leaps(0.9, 201).max() / leaps(0.9, 200).max()
    assert grown == pytest.approx(0.9 * 2 * math.exp(-0.5), rel=1e-6)
    # Between the safe step and 1/(2k) the swings grow as well, but to a bounded cycle.
    assert leaps(0.82, 10_000).max() == pytest.approx(0.82 / (1 - 1.64 * math.exp(-0.5)), rel=1e-6)


def test_an_alpha_that_is_not_finite_is_never_returned():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 2, generator=generator)
    y = torch.where(x[:, 0] + 0.1 > 0, 1.0, -1.0)
    lr, message = (
        5 * max_step_size(x, y, rbf(2.0)),
        r"did not stay finite; use lr below 2/λ_max\(Q\)",
    )
    for solve in (
        lambda: svm_solver(x, y, lr, 10_000, rbf(2.0)),
        lambda: svm_path(x, y, lr, [10_000], rbf(2.0)),
    ):
        with pytest.warns(RuntimeWarning, match="may cycle or diverge"):  # noqa: SIM117
            with pytest.raises(ValueError, match=message):
                solve()
    with pytest.warns(RuntimeWarning), pytest.raises(ValueError, match=r"float16; pass x_train\."):
        svm_solver(x.half(), y, lr, 20, rbf(2.0))
    with pytest.warns(RuntimeWarning, match="may cycle"):
        assert torch.isfinite(svm_solver(x, y, lr, 10_000, rbf(2.0), c=1.0)).all()
    with pytest.warns(RuntimeWarning), pytest.raises(ValueError, match="positive semidefinite, or"):
        svm_solver(x, y, 1.0, 10_000, lambda p, q: -(1 + p @ q))


@pytest.mark.claims("S3-2a")
@given(
    alpha=st.lists(st.floats(-100, 100), min_size=1, max_size=6),
    other=st.floats(0, 1),
    c=st.one_of(st.none(), st.floats(0.01, 50)),
)
def test_no_point_of_the_box_is_nearer_than_the_projection(alpha, other, c):
    alpha = torch.tensor(alpha).double()
    projected = project_box(alpha, c)
    assert (projected >= 0).all() and (c is None or (projected <= c).all())
    point = torch.full_like(alpha, other * (100 if c is None else c))
    assert ((point - alpha).abs() >= (projected - alpha).abs() - 1e-12).all()
    typed = [max(a, 0) if c is None else min(max(0, a), c) for a in alpha.tolist()]
    assert projected.tolist() == typed


@pytest.mark.claims("S3-2.0d")
def test_without_a_least_distance_there_is_no_projection():
    """The open interval (0, 1) is convex; no point of it is nearest to 2."""
    nearest = 0.5
    for _ in range(50):
        nearer = (nearest + 1) / 2
        assert nearer < 1 and abs(nearer - 2) < abs(nearest - 2)
        nearest = nearer


@pytest.mark.claims("S3-2.0b")
@given(st.lists(st.floats(0, 2), min_size=4, max_size=4))
def test_the_minimum_is_where_the_dual_is_largest(alpha):
    q = signed_gram(X, Y, poly(2))
    alpha = np.array(alpha)
    best = np.full(4, 1 / 8)

    def dual(a):
        return a.sum() - 0.5 * a @ q @ a

    assert dual(alpha) <= dual(best) + 1e-12
    assert -dual(alpha) == 0.5 * alpha @ q @ alpha - alpha.sum()


@pytest.mark.claims("S3-2d")
def test_xor_with_the_quadratic_kernel_has_alpha_one_eighth_and_scores_that_multiply():
    alpha = svm_solver(X, Y, 0.1, 10_000, poly(2))
    torch.testing.assert_close(alpha, torch.full((4,), 0.125), rtol=0, atol=1e-7)
    grid = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(svm_predictor(alpha, X, Y, grid, poly(2)), grid.prod(dim=1))
    q = torch.from_numpy(signed_gram(X, Y, poly(2)))
    assert torch.linalg.eigvalsh(q).tolist() == pytest.approx([8, 8, 8, 12])


@pytest.mark.claims("S3-2d")
@pytest.mark.parametrize(("sigma", "accuracy"), [(1.0, 1e-9), (2.0, 1e-9), (4.0, 3e-6)])
def test_xor_with_the_gaussian_kernel_has_the_closed_form(sigma, accuracy):
    k = math.exp(-2 / sigma**2)
    exact = 1 / (1 - k) ** 2
    alpha = svm_solver(X.double(), Y, 0.1, 10_000, rbf(sigma))
    assert alpha.tolist() == pytest.approx([exact] * 4, rel=accuracy)
    # The gap is 2e²/s at a relative error e. Without stopping this would take hours.
    lr = 0.9 * max_step_size(X, Y, rbf(sigma))
    stopped = svm_solver(X.double(), Y, lr, 10**9, rbf(sigma), gap=1e-14 * exact)
    assert stopped.tolist() == pytest.approx([exact] * 4, rel=1e-7)
    # f = 4α e^{-1/σ²} e^{-‖x‖²/2σ²} sinh(x1/σ²) sinh(x2/σ²)
    grid = torch.randn(20, 2, generator=torch.Generator().manual_seed(0)).double()
    factor = 4 * exact * math.exp(-1 / sigma**2)
    shape = torch.exp(-grid.square().sum(1) / (2 * sigma**2))
    expected = factor * shape * torch.sinh(grid / sigma**2).prod(dim=1)
    full = torch.full((4,), exact).double()
    torch.testing.assert_close(svm_predictor(full, X, Y, grid, rbf(sigma)), expected)


@pytest.mark.claims("S3-2d2")
def test_the_three_gaussian_plots_are_of_three_widths_and_not_of_one():
    largest = [svm_solver(X, Y, 0.1, 10_000, rbf(sigma))[0].item() for sigma in (1.0, 2.0, 4.0)]
    assert largest == pytest.approx([1.33753, 6.45919, 72.42715], rel=1e-4)
    grid = torch.tensor([[3.0, 3.0]])
    full = [torch.full((4,), value) for value in largest]
    kernels = [rbf(sigma) for sigma in (1.0, 2.0, 4.0)]
    pairs = zip(full, kernels, strict=True)
    scores = [svm_predictor(alpha, X, Y, grid, kernel).item() for alpha, kernel in pairs]
    assert scores[0] < 0.1 < scores[1] < scores[2]


@pytest.mark.claims("S3-2d", "S3-2.0c")
def test_the_exercises_settings_fail_for_wide_kernels_and_cubic_ones():
    k = math.exp(-2 / 64)
    alpha = svm_solver(X.double(), Y, 0.1, 10_000, rbf(8.0))
    assert 0.3 < 1 - alpha[0].item() * (1 - k) ** 2 < 0.5
    assert max_step_size(X, Y, poly(3)) == pytest.approx(2 / 28)
    with pytest.warns(RuntimeWarning, match=r"exceeds 2/λ_max\(Q\) = 0\.07143"):
        even, odd = (svm_solver(X, Y, 0.1, count, poly(3)) for count in (10_000, 10_001))
    assert {round(even[0].item(), 4), round(odd[0].item(), 4)} == {0.0, 0.1}
    calm = svm_solver(X.double(), Y, 0.05, 10_000, poly(3))
    assert calm.tolist() == pytest.approx([1 / 24] * 4)


@pytest.mark.claims("S3-2e")
def test_from_zero_the_quadratic_kernel_bears_larger_steps_than_the_bound():
    assert max_step_size(X, Y, poly(2)) == pytest.approx(1 / 6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        fine = svm_solver(X.double(), Y, 0.24, 2000, poly(2))
        cycle = [
            svm_solver(X.double(), Y, 0.26, count, poly(2))[0].item() for count in (2000, 2001)
        ]
    assert fine.tolist() == pytest.approx([0.125] * 4)
    assert sorted(cycle) == pytest.approx([0, 0.26])
    # Near the optimum, with a part along the eigenvector of 12, the bound is sharp.
    q = torch.from_numpy(signed_gram(X, Y, poly(2)))
    alpha = torch.tensor([0.1, 0.2, 0.05, 0.15]).double()
    for _ in range(5000):
        alpha = project_box(alpha - 0.1677 * (q @ alpha - 1))
    following = project_box(alpha - 0.1677 * (q @ alpha - 1))
    assert (following - alpha).abs().max() > 0.1


@pytest.mark.claims("S3-2.0c")
@given(seed=st.integers(0, 10_000), share=st.floats(0.05, 0.95), c=st.floats(0.1, 10))
def test_below_the_bound_projected_gradient_arrives_where_another_solver_does(seed, share, c):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(6, 2, generator=generator).double()
    y = torch.tensor([1.0, -1, 1, -1, 1, -1])
    kernel = rbf(1.0)
    lr = share * max_step_size(x, y, kernel)
    alpha = svm_solver(x, y, lr, 100_000, kernel, c, gap=1e-10)
    q = signed_gram(x, y.numpy(), kernel)
    best = box_minimum(q, c)

    def value(a):
        return 0.5 * a @ q @ a - a.sum()

    assert value(alpha.numpy()) == pytest.approx(value(best), abs=1e-7)
    assert duality_gap(alpha, x, y, kernel, c) <= 1e-9


@pytest.mark.claims("S3-2.0c")
def test_where_nothing_separates_the_hard_margin_dual_runs_away():
    x, y = torch.tensor([[1.0], [1.0]]), torch.tensor([1.0, -1.0])
    with pytest.warns(RuntimeWarning, match="contradict each other"):
        alpha = svm_solver(x, y, 0.1, 1000)
    assert alpha.tolist() == pytest.approx([100.0, 100.0])
    assert svm_solver(x, y, 0.1, 1000, c=2.0).tolist() == pytest.approx([2.0, 2.0])


@pytest.mark.claims("S3-2.0a")
def test_the_box_dual_belongs_to_the_penalized_bias_and_not_to_the_free_one():
    x, y = torch.tensor([[1.0], [-4.0]]).double(), torch.tensor([1.0, -1.0])
    # poly(1) is x·y + 1: the appended constant.
    lr = 0.9 * max_step_size(x, y, poly(1))
    alpha = svm_solver(x, y, lr, 5000, poly(1))
    first = solve_augmented(x, y)
    torch.testing.assert_close(alpha, first.alpha, rtol=1e-6, atol=1e-9)
    assert alpha.tolist() == pytest.approx([0.5, 0.0])
    assert (alpha @ y.double()).item() == pytest.approx(first.b)  # not 0, as a free bias needs


@pytest.mark.claims("S3-2b")
def test_clamping_a_leaf_needs_no_grad_and_clamping_out_of_place_loses_the_gradient():
    alpha = torch.zeros(4, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        alpha.clamp_(min=0)
    clipped = (alpha + 1).clamp(min=0)
    assert not clipped.is_leaf
    clipped.sum().backward()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert clipped.grad is None
    assert alpha.grad.tolist() == [1, 1, 1, 1]
    with torch.no_grad():
        alpha.clamp_(min=0)
    assert alpha.grad.tolist() == [1, 1, 1, 1]  # clamp_ does not zero it
    (2 * alpha).sum().backward()
    assert alpha.grad.tolist() == [3, 3, 3, 3]  # gradients add up unless zeroed


@pytest.mark.claims("S3-2c")
def test_the_predictor_is_the_sum_without_a_bias():
    generator = torch.Generator().manual_seed(0)
    x, test = torch.randn(7, 3, generator=generator), torch.randn(5, 3, generator=generator)
    y = torch.tensor([1.0, -1, 1, -1, 1, -1, 1])
    alpha = torch.rand(7, generator=generator)
    for kernel in (poly(1), poly(3), rbf(0.7)):
        expected = [sum(alpha[i] * y[i] * kernel(x[i], t) for i in range(7)).item() for t in test]
        scores = svm_predictor(alpha, x, y, test, kernel)
        assert scores.tolist() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_code_written_for_the_homework_runs():
    """A reader's own kernel on two points, the default kernel, positional arguments."""

    def mine(x, y):
        assert x.ndim == y.ndim == 1
        return (1 + x.dot(y)) ** 2

    alpha = svm_solver(X, Y, 0.1, 1000, kernel=mine)
    torch.testing.assert_close(alpha, svm_solver(X, Y, 0.1, 1000, poly(degree=2)))
    scores = svm_predictor(alpha, X, Y, X, kernel=lambda x, y: mine(x, y).item())
    assert torch.equal(scores.sign(), Y)
    plain = svm_solver(torch.tensor([[1.0], [-1.0]]), torch.tensor([1, -1]), 0.1, 500)
    assert plain.shape == (2,) and plain.dtype == torch.float32


@pytest.mark.parametrize("kernel", [poly(2), poly(3), rbf(1.0), rbf(2.0)])
@pytest.mark.parametrize("c", [None, 0.01])
def test_on_xor_where_the_free_bias_is_zero_alpha_and_scores_are_those_of_scikit_learn(kernel, c):
    """Turning the four points by a quarter swaps the labels, so the bias of SVC is 0."""
    lr = 0.9 * max_step_size(X, Y, kernel)
    alpha = svm_solver(X.double(), Y, lr, 10**9, kernel, c, gap=1e-12)

    def gram(a, b):
        a, b = torch.as_tensor(a), torch.as_tensor(b)
        return kernel(a[:, None], b[None]).numpy()

    machine = SVC(C=1e6 if c is None else c, kernel=gram, tol=1e-10).fit(X.double().numpy(), Y)
    assert abs(machine.intercept_.item()) < 1e-9
    theirs = np.zeros(4)
    theirs[machine.support_] = np.abs(machine.dual_coef_[0])
    np.testing.assert_allclose(alpha.numpy(), theirs, rtol=1e-5)
    grid = 2 * torch.randn(50, 2, generator=torch.Generator().manual_seed(0)).double()
    scores = svm_predictor(alpha, X, Y, grid, kernel).numpy()
    np.testing.assert_allclose(scores, machine.decision_function(grid.numpy()), atol=1e-5)


@pytest.mark.parametrize("c", [0.1, 1.0])
def test_the_dual_of_scikit_learn_with_its_free_bias_is_at_most_ours(c):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(30, 2, generator=generator).double()
    y = torch.where(x[:, 0] * x[:, 1] + 0.3 * torch.randn(30, generator=generator) > 0, 1.0, -1.0)
    q = signed_gram(x, y.numpy(), rbf(1.0))
    lr = 0.9 * max_step_size(x, y, rbf(1.0))
    alpha = svm_solver(x, y, lr, 200_000, rbf(1.0), c, gap=1e-9)
    best = box_minimum(q, c)
    np.testing.assert_allclose(alpha.numpy(), best, atol=1e-3)
    machine = SVC(C=c, gamma=0.5, tol=1e-8).fit(x.numpy(), y.numpy())
    free = np.zeros(30)
    free[machine.support_] = np.abs(machine.dual_coef_[0])

    def value(a):
        return a.sum() - 0.5 * a @ q @ a

    # The free bias adds the constraint Σαy = 0: its dual is at most the box's.
    assert abs(free @ y.numpy()) < 1e-6
    assert value(free) <= value(alpha.numpy()) + 1e-6


def test_kernels_broadcast_over_leading_dimensions():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(3, 1, 4, generator=generator), torch.randn(5, 4, generator=generator)
    for kernel in (poly(2), rbf(1.5)):
        values = kernel(x, y)
        assert values.shape == (3, 5)
        assert values[1, 2].item() == pytest.approx(kernel(x[1, 0], y[2]).item())


def test_a_gap_of_zero_is_the_optimum_and_a_wrong_side_is_infinitely_far():
    assert duality_gap(torch.full((4,), 0.125), X, Y, poly(2)) == pytest.approx(0, abs=1e-12)
    assert duality_gap(torch.zeros(4), X, Y, poly(2)) == math.inf
    assert duality_gap(torch.zeros(4), X, Y, poly(2), c=1.0) == pytest.approx(4)
    with pytest.raises(ValueError, match="outside of its box"):
        duality_gap(torch.full((4,), -1.0), X, Y, poly(2))


def test_whole_numbers_are_points_too():
    alpha = svm_solver(X.long(), Y, 0.1, 100, poly(2))
    assert alpha.tolist() == pytest.approx([0.125] * 4)


def test_a_readers_kernel_sees_the_readers_type_and_cannot_change_the_points():
    points = X.double()

    def mutating(x, y):
        assert x.dtype == torch.float64
        product = (1 + x @ torch.eye(2).double() @ y) ** 2
        x.mul_(1)
        return product

    svm_solver(points, Y, 0.1, 10, mutating)
    assert torch.equal(points, X.double())
    svm_solver(X, Y, 0.1, 10, lambda x, y: (1 + x @ torch.eye(2) @ y) ** 2)
    assert svm_predictor(torch.ones(4), X, Y, torch.ones(0, 2), lambda x, y: x @ y).shape == (0,)


def test_gaps_of_tiny_margins_are_infinite_and_no_crash():
    x, y = torch.tensor([[0.0], [28.0]]), torch.tensor([1.0, 1.0])
    assert duality_gap(torch.tensor([1.0, 0.0]), x, y, rbf(1.0)) > 1e300


def test_kernels_that_are_none_are_told():
    with pytest.raises(ValueError, match="not symmetric"):
        svm_solver(X, Y, 0.1, 10, lambda x, y: x @ y + x[0])
    with pytest.warns(RuntimeWarning, match="not positive semidefinite"):
        svm_solver(X, Y, 0.01, 10, lambda x, y: -(x @ y) - 0.5)


def test_small_matrices_use_one_thread_and_the_readers_number_comes_back():
    """A second thread that waits for a busy core made five hundred points forty times slower."""
    before, seen = torch.get_num_threads(), set()

    def kernel(x, y):
        seen.add(torch.get_num_threads())
        return (1 + x @ y) ** 2

    try:
        torch.set_num_threads(3)
        svm_solver(X, Y, 0.1, 10, kernel)
        with pytest.raises(ZeroDivisionError):
            svm_solver(X, Y, 0.1, 10, lambda x, y: 1 / 0)
        assert seen == {1} and torch.get_num_threads() == 3
        with few_threads(torch.empty(10_000, 1)):
            assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_large_sets_are_scored_in_parts(monkeypatch):
    from trainability.svm import gram

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(11, 3, generator=generator)
    y = torch.where(x[:, 0] > 0, 1.0, -1.0)
    whole = svm_solver(x, y, 0.01, 50, rbf(1.0))
    monkeypatch.setattr(gram, "AT_ONCE", 40)
    torch.testing.assert_close(svm_solver(x, y, 0.01, 50, rbf(1.0)), whole)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"lr": 0}, ValueError, "lr is 0"),
        ({"lr": -0.1}, ValueError, "lr=-0.1"),
        ({"lr": math.nan}, ValueError, "lr is nan"),
        ({"num_iters": -1}, ValueError, "num_iters"),
        ({"num_iters": 1.5}, TypeError, "num_iters"),
        ({"c": 0}, ValueError, "c=0 must be positive"),
        ({"c": math.nan}, ValueError, "c is nan"),
        ({"y_train": torch.tensor([1, 0, 1, 0])}, ValueError, "labels 1 and -1"),
        ({"y_train": torch.ones(3)}, ValueError, "y_train has shape"),
        ({"x_train": torch.full((4, 2), math.nan)}, ValueError, "inf or nan"),
        ({"x_train": torch.ones(4)}, ValueError, "x_train has shape"),
        ({"x_train": [[1.0]]}, TypeError, "must be a tensor"),
        ({"kernel": "rbf"}, TypeError, "kernel must be callable"),
        ({"kernel": None}, TypeError, "kernel must be callable, not NoneType"),
        ({"kernel": lambda x, y: x}, ValueError, "one number for two points"),
        ({"kernel": lambda x, y: None}, TypeError, "kernel returned NoneType"),
        ({"kernel": lambda x, y: 1 + 2j}, TypeError, "kernel must return real numbers"),
        ({"x_train": X.to_sparse()}, TypeError, r"x_train is sparse; pass x_train\.to_dense"),
        ({"kernel": lambda x, y: torch.tensor(math.inf)}, ValueError, "kernel returned inf"),
        ({"gap": -1.0}, ValueError, "gap"),
    ],
)
def test_bad_input_is_named(change, error, message):
    arguments = {"x_train": X, "y_train": Y, "lr": 0.1, "num_iters": 10} | change
    with pytest.raises(error, match=message):
        svm_solver(**arguments)


def test_lists_and_single_counts_are_named():
    with pytest.raises(TypeError, match="alpha must be a tensor, not list"):
        project_box([1.0, 2.0])
    with pytest.raises(TypeError, match="alpha must hold real numbers"):
        project_box(torch.ones(2, dtype=torch.complex64))
    for record in (10, None, "10", {10}):
        with pytest.raises(TypeError, match="must be a sequence of step counts"):
            svm_path(X, Y, 0.1, record, poly(2))
    with pytest.raises(ValueError, match="record names no step"):
        svm_path(X, Y, 0.1, [], poly(2))
    with pytest.raises(TypeError, match="x_test is sparse"):
        svm_predictor(torch.ones(4), X, Y, X.to_sparse())


def test_bad_kernels_and_points_are_named():
    for degree in (0, -1):
        with pytest.raises(ValueError, match="degree"):
            poly(degree)
    for sigma in (0, -1.0, math.inf):
        with pytest.raises(ValueError, match="sigma"):
            rbf(sigma)
    with pytest.raises(ValueError, match="x_test must be a tensor of shape"):
        svm_predictor(torch.ones(4), X, Y, torch.ones(3, 5))
    with pytest.raises(ValueError, match="x_test holds inf"):
        svm_predictor(torch.ones(4), X, Y, torch.full((1, 2), math.inf))
    with pytest.raises(ValueError, match="alpha must be a tensor"):
        svm_predictor(torch.ones(3), X, Y, X)
    with pytest.raises(ValueError, match="alpha must hold finite"):
        svm_predictor(torch.full((4,), math.nan), X, Y, X)


def test_the_dual_value_is_greatest_at_the_optimum_and_what_the_primal_reaches_there():
    for kernel in (poly(2), rbf(1.0)):
        alpha = svm_solver(X.double(), Y, 0.1, 5000, kernel)
        best = dual_value(alpha, X, Y, kernel)
        scores = svm_predictor(alpha, X, Y, X.double(), kernel)
        square = (alpha * Y * scores).sum().item()
        assert best == pytest.approx(alpha.sum().item() - square / 2)
        assert best == pytest.approx(square / 2, rel=1e-5)  # ½‖w‖², with every margin 1
        assert all(dual_value(alpha * scale, X, Y, kernel) < best for scale in (0.0, 0.5, 1.5))
    with pytest.raises(ValueError, match="alpha"):
        dual_value(torch.zeros(3), X, Y)
