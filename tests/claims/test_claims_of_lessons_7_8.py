"""Statements of lessons 7 and 8 on two biases and projected gradient, and their false versions."""

import math

import numpy as np
import pytest
import torch

from oracles import box_minimum, signed_gram
from trainability.svm import duality_gap, poly, rbf, svm_path, svm_solver, xor_data
from trainability.svm_bias import solve_augmented, solve_explicit

X, Y = xor_data()


# ---- library
def test_steps_that_end_before_the_gap_is_reached_are_told():
    with pytest.warns(RuntimeWarning, match="gap is still .* after num_iters=10 steps"):
        svm_solver(X.double(), Y, 0.1, 10, rbf(8.0), gap=1e-9)
    svm_solver(X.double(), Y, 0.1, 10_000, rbf(1.0), gap=1e-9)  # no warning


@pytest.mark.claims("S3-2.0c")
@pytest.mark.parametrize("kernel", [poly(1), poly(3), rbf(1.0), lambda p, q: p @ q])
def test_one_point_with_both_labels_is_told_and_a_price_helps(kernel):
    x, y = torch.tensor([[1.0, 2.0], [0.5, 0.0], [1.0, 2.0]]), torch.tensor([1.0, 1.0, -1.0])
    with pytest.warns(RuntimeWarning, match="contradict each other"):
        svm_solver(x, y, 1e-4, 10, kernel)
    svm_solver(x, y, 1e-4, 10, kernel, c=1.0)
    svm_solver(x, y.abs(), 1e-4, 10, kernel)  # like labels may share a place


@pytest.mark.parametrize("B", [1.0, 1e-2, 1e4])
def test_one_class_around_the_origin_has_no_boundary_and_an_infinite_margin(B):
    found = solve_augmented(torch.tensor([[1.0], [-1.0]]), torch.tensor([1, 1]), B)
    assert found.margin == math.inf and found.w.item() == 0 and found.b == pytest.approx(1)
    rng = np.random.default_rng(0)
    for label in (1, -1):
        for _ in range(10):
            x = rng.normal(size=(20, 2))
            x = torch.from_numpy(np.vstack([x, -x]))  # holds the origin in its hull
            found = solve_augmented(x, torch.full((40,), label), B)
            assert found.margin == math.inf and found.b == pytest.approx(label)
    aside = solve_augmented(torch.tensor([[1.0], [1e-3]]), torch.tensor([1, 1]), B)
    assert aside.margin == pytest.approx(1e-3 + B**2 / 1e-3)  # w = (x, B)/(x² + B²), x = 1e-3


def test_a_readers_kernel_of_two_points_is_called_for_all_pairs_at_once():
    x = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    y = torch.where(x[:, 0] > 0, 1.0, -1.0)
    calls = []

    def own(p, q):
        assert p.shape == q.shape == (3,)
        calls.append(1)
        return torch.exp(-(p - q) @ (p - q) / 2)

    found = svm_solver(x, y, 0.01, 50, own)
    torch.testing.assert_close(found, svm_solver(x, y, 0.01, 50, rbf(1.0)), rtol=1e-5, atol=1e-6)
    assert len(calls) < 100


@pytest.mark.parametrize(
    "own",
    [
        lambda p, q: float(1 + p @ q) ** 2,
        lambda p, q: (1 + p @ q) ** 2 if p @ q > 0 else (1 + p @ q).square(),
        lambda p, q: (1 + float(np.dot(p.numpy(), q.numpy()))) ** 2,
        lambda p, q: ((p.mul_(1) * q).sum() + 1) ** 2,
    ],
)
def test_kernels_that_cannot_be_batched_are_called_pair_by_pair(own):
    x = torch.randn(12, 2, generator=torch.Generator().manual_seed(0)).double()
    y = torch.where(x[:, 0] > 0, 1.0, -1.0)
    before = x.clone()
    torch.testing.assert_close(
        svm_solver(x, y, 0.001, 50, own), svm_solver(x, y, 0.001, 50, poly(2))
    )
    assert torch.equal(x, before)


def test_counts_of_steps_may_be_a_vector_of_any_library():
    for record in (np.array([1, 3]), torch.tensor([1, 3]), range(1, 4, 2), (1, 3)):
        assert svm_path(X, Y, 0.1, record, poly(2))[0].shape == (2, 4)
    for record in (np.array([]), torch.tensor([])):
        with pytest.raises(ValueError, match="record names no step"):
            svm_path(X, Y, 0.1, record, poly(2))
    with pytest.raises(TypeError, match="whole number"):
        svm_path(X, Y, 0.1, np.array([0.5, 1.0]), poly(2))
    with pytest.raises(TypeError, match="sequence of step counts"):
        svm_path(X, Y, 0.1, np.array(3), poly(2))


@pytest.mark.parametrize("maker", [poly, rbf, lambda x: x])
def test_a_maker_of_kernels_that_was_not_called_is_named(maker):
    with pytest.raises(TypeError, match=r"does not take two points; .*poly\(2\)"):
        svm_solver(X, Y, 0.1, 10, maker)


# ---- claims
def descend(q, alpha, lr, steps, c=math.inf):
    for _ in range(steps):
        alpha = np.clip(alpha - lr * (alpha @ q - 1), 0, c)
    return alpha


def descend_in_any_order(q, alpha, lr, steps):
    """Sums that are rounded once, so that equal entries stay equal on every processor."""
    for _ in range(steps):
        slopes = [math.fsum(row * alpha) - 1 for row in q]
        alpha = np.clip(alpha - lr * np.array(slopes), 0, None)
    return alpha


@pytest.mark.claims("S3-2e")
def test_beyond_the_bound_a_start_arrives_only_where_clipping_removes_the_unstable_part():
    q, sign = signed_gram(X, Y.numpy(), poly(2)), np.array([1, -1, 1, -1])
    rng = np.random.default_rng(0)
    for lr in (0.17, 0.20, 0.24):
        # One step clips all of these to 0, and from there the entries stay equal.
        far = np.array([1.1, 0.9, 1.1, 0.9])
        assert abs(far @ sign) > 0.3 and not descend(q, far, lr, 1).any()
        assert np.abs(descend_in_any_order(q, far, lr, 2000) - 1 / 8).max() < 1e-9
        near = 1 / 8 + 0.05 * rng.uniform(-1, 1, size=(1000, 4))
        assert (np.abs(descend(q, near, lr, 2000) - 1 / 8).max(1) > 1e-3).all()
    shares = []
    for _ in range(30):
        start = rng.uniform(0, 3, size=(500, 4))
        shares.append((np.abs(descend(q, start, 0.17, 300) - 1 / 8).max(1) < 1e-6).mean())
    assert min(shares) > 0.2 and max(shares) < 0.32


@pytest.mark.claims("S3-2.0c")
@pytest.mark.parametrize("convex", [True, False])
def test_in_a_box_projected_gradient_with_any_step_tends_to_period_one_or_two(convex):
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(200, 5, 5, generator=generator).double()
    q = a @ a.mT if convex else (a + a.mT) / 2
    size = torch.linalg.eigvalsh(q).abs().amax(-1, keepdim=True)
    # Steps of 0.5 to 4 times the safe 2/size, and boxes of many sizes.
    lr = (1 + 7 * torch.rand(200, 1, generator=generator).double()) / size
    c = 10 ** (2 * torch.rand(200, 1, generator=generator).double() - 1) / size

    def step(x):
        return (x - lr * ((q @ x[..., None])[..., 0] - 1)).clamp(torch.zeros_like(c), c)

    def value(x, y):
        wx = x - lr * (q @ x[..., None])[..., 0]
        return ((x * x + y * y) / 2 - y * wx - lr * (x + y)).sum(-1)

    x = c * torch.rand(200, 5, generator=generator).double()
    y = step(x)
    for _ in range(3000):
        z = step(y)
        fall, least = value(x, y) - value(y, z), (z - x).square().sum(-1) / 2
        assert (fall >= least - 1e-12 * (1 + value(x, y).abs())).all()
        x, y = y, z
    assert ((step(y) - x).abs() < 1e-8 * c).all()
    two = ((y - x).abs() > 1e-6 * c).any(-1).sum().item()
    assert 5 < two < 195  # both kinds occur


@pytest.mark.claims("S3-2.0c")
def test_with_a_positive_smallest_eigenvalue_the_error_shrinks_by_the_same_factor_at_walls():
    rng = np.random.default_rng(0)
    for _ in range(100):
        n = int(rng.integers(2, 7))
        a = rng.normal(size=(n, n + 2))
        q = a @ a.T
        low, high = np.linalg.eigvalsh(q)[[0, -1]]
        c = 10 ** rng.uniform(-1, 1) / low
        best = box_minimum(q, c)
        for lr in (0.5 / high, 1.9 / high, 2 / (low + high)):
            factor = max(abs(1 - lr * low), abs(1 - lr * high))
            alpha = c * rng.uniform(size=n)
            before = np.linalg.norm(alpha - best)
            for _ in range(5):
                alpha = descend(q, alpha, lr, 1, c)
                after = np.linalg.norm(alpha - best)
                assert after <= factor * before * (1 + 1e-9) + 1e-6 * c
                before = after


@pytest.mark.claims("S3-2.0a")
def test_a_separable_hard_margin_dual_has_a_minimum_because_its_sum_is_bounded():
    rng = np.random.default_rng(0)
    for _ in range(30):
        x = rng.normal(size=(12, 3))
        w = rng.normal(size=3)
        y = np.where(x @ w > 0, 1.0, -1.0)
        x += 0.3 * np.outer(y, w / np.linalg.norm(w))
        signed = y[:, None] * x
        w = w / (signed @ w).min()  # feasible
        alpha = 10 ** rng.uniform(-2, 3) * rng.uniform(size=(200, 12))
        s, length = alpha.sum(1), np.linalg.norm(alpha @ signed, axis=1)
        assert (s <= length * np.linalg.norm(w) * (1 + 1e-12)).all()
        values = length**2 / 2 - s
        assert (values[s > 2 * w @ w] > 0).all()  # above f(0) = 0: no minimum out there
        best = box_minimum(signed @ signed.T)
        assert best.sum() <= w @ w * (1 + 1e-6)


@pytest.mark.claims("S3-2.0c")
@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0, 5.0])
def test_leaps_that_grow_bring_the_high_entries_down_to_the_wall(sigma):
    k = math.exp(-2 / sigma**2)
    assert 1 + k**2 >= 2 * k  # so high entries fall to the wall whenever the leaps grow
    q = signed_gram(X, Y.numpy(), rbf(sigma))
    high = np.array([1.0, 0.0, 1.0, 0.0]) * 1e3
    for lr in (0.95 / (2 * k), 1.05 / (2 * k)):
        if lr * 2 * k > 1:
            following = descend(q, high, lr, 1)
            assert (following[[0, 2]] == 0).all()
            assert following[1] == pytest.approx(lr * (1 + 2 * k * 1e3))
        grows = descend(q, high, lr, 200).max() > 1e4
        assert grows == (lr * 2 * k > 1)


@pytest.mark.claims("S3-2d")
def test_a_gap_of_a_ten_thousandth_leaves_alpha_up_to_one_and_a_half_percent_short():
    s = (1 - math.exp(-2)) ** 2
    for error in (0.0139, 0.0143):
        alpha = torch.full((4,), (1 - error) / s).double()
        gap = duality_gap(alpha, X.double(), Y, rbf(1.0))
        assert gap == pytest.approx(2 / s * error**2, rel=1e-6)
        assert (gap <= 1e-4 * alpha.sum()) == (error < 0.014)
    s = (1 - math.exp(-2 / 64)) ** 2
    found = svm_solver(X.double(), Y, 0.1, 10_000, rbf(8.0))
    q = signed_gram(X, Y.numpy(), rbf(8.0))
    dual = found.sum() - found.numpy() @ q @ found.numpy() / 2
    assert 1 - found[0].item() * s == pytest.approx(0.388, abs=1e-3)
    assert 1 - dual.item() / (2 / s) == pytest.approx(0.1506, abs=1e-3)


def far_cluster(draw):
    noise = 0.3 * np.random.default_rng(draw).normal(size=(16, 2)).clip(-2, 2)
    labels = np.repeat([1, -1], 8)
    return np.where(labels[:, None] > 0, [1.0, 0.5], [-6.0, 0.0]) + noise, labels


@pytest.mark.claims("S3-1e-iii")
def test_the_penalized_bias_leaves_the_far_class_untouched_on_most_draws_and_the_free_one_never():
    slack = []
    for draw in range(30):
        x, y = (torch.from_numpy(part) for part in far_cluster(draw))
        for solve in (solve_augmented, solve_explicit):
            found = solve(x, y)
            margins = y * (x @ found.w + found.b)
            least = margins[y > 0].min().item(), margins[y < 0].min().item()
            assert least[0] == pytest.approx(1, abs=1e-9)
            if solve is solve_explicit:
                assert least[1] == pytest.approx(1, abs=1e-9)
            else:
                slack.append(least[1])
    assert sum(value > 1.001 for value in slack) == 26 and np.median(slack) > 1.5


@pytest.mark.claims("S3-1.0")
@pytest.mark.parametrize("C", [1.0, 10.0, 1e3])
def test_the_default_loss_of_linear_svc_has_the_hard_margin_at_no_price(C):
    from sklearn.svm import LinearSVC

    x, y = np.array([[1.0], [-10.0]]), np.array([1, -1])
    options = {"C": C, "tol": 1e-10, "max_iter": 10**6, "random_state": 0}
    squared, hinge = LinearSVC(**options).fit(x, y), LinearSVC(loss="hinge", **options).fit(x, y)
    hard = solve_augmented(torch.from_numpy(x), torch.from_numpy(y))
    assert hard.w.item() == pytest.approx(0.5) and hard.alpha.max() <= 0.5 + 1e-9
    assert hinge.coef_.item() == pytest.approx(0.5, abs=1e-6)
    # Only the near point counts: ½‖u‖² + C(1 - u·p)² is least at u = 2C p/(1 + 4C), p = (1, 1).
    assert squared.coef_.item() == pytest.approx(2 * C / (1 + 4 * C), abs=1e-6)
    assert squared.intercept_.item() == pytest.approx(2 * C / (1 + 4 * C), abs=1e-6)


@pytest.mark.claims("S3-1e-iii")
def test_lifted_the_free_bias_has_a_margin_that_tends_to_one_while_its_objective_tends_to_zero():
    for a in (4.0, 100.0, 1e4):
        points = torch.tensor([[1.0], [-a]]).double()
        found = solve_explicit(points, torch.tensor([1, -1]))
        lifted = 1 / math.hypot(found.w.item(), found.b)
        assert lifted == pytest.approx((a + 1) / math.hypot(2, a - 1), rel=1e-6)
        assert lifted < math.sqrt(2)  # program 1 makes it largest
    assert abs(lifted - 1) < 1e-3 and found.objective < 1e-7


@pytest.mark.claims("S3-2.0c")
def test_where_the_optimum_rests_at_a_wall_larger_steps_may_work_from_every_start():
    q = np.array([[1.0, 2.0], [2.0, 5.0]])  # its minimum over the quadrant is (1, 0)
    assert 2 / np.linalg.eigvalsh(q)[-1] < 0.35
    rng = np.random.default_rng(0)
    start = 10 * rng.uniform(size=(2000, 2)) * rng.uniform(size=(2000, 1)) ** 3
    assert np.abs(descend(q, start, 0.5, 500) - [1, 0]).max() < 1e-6
