"""What gaps and iterates do: the verdicts against closed forms and long runs."""

import math
import warnings

import numpy as np
import pytest
import torch

from trainability.svm import (
    judge_gaps,
    judge_iterates,
    max_step_size,
    poly,
    rbf,
    svm_path,
    xor_data,
)


@pytest.mark.parametrize(
    ("gaps", "share", "verdict"),
    [
        ([9.0] * 7 + [1e-6], 0.5, "converged"),
        ([9.0, 8, 7, 6, 5, 4, 3, 2], 0.5, "still falling"),
        ([9.0] * 8, 0.99, "still falling"),  # below the bound the theorem holds
        ([9.0] * 8, 1.0, "still falling"),
        ([9.0] * 8, 1.01, "cycles"),
        ([9.0, 1] * 2, 1.4, "still falling"),  # too few to compare
        ([9.0, 1, 7, 0.8, 5, 0.6, 3, 0.4], 1.4, "still falling"),
        ([9.0, 1] * 4, 1.4, "cycles"),
        ([math.inf, 1] * 4, 1.4, "cycles"),
        ([1.0, 2, 4, 8, 16, 32, 64, 128], 1.4, "diverges"),
        ([4.0] * 4 + [7.9] * 4, 1.4, "cycles"),  # less than twice as large
        ([4.0] * 4 + [8.1] * 4, 1.4, "diverges"),
    ],
)
def test_gaps_are_judged_by_what_the_last_four_did(gaps, share, verdict):
    alpha = torch.tensor([2.0, 0.0])
    assert judge_gaps(alpha, torch.tensor(gaps, dtype=torch.float64), share) == verdict


@pytest.mark.parametrize(("gap", "verdict"), [(1.99e-4, "converged"), (2.01e-4, "still falling")])
def test_a_gap_of_a_ten_thousandth_of_the_sum_of_alpha_is_none(gap, verdict):
    alpha = torch.tensor([1.5, 0.5])
    assert judge_gaps(alpha, torch.tensor([gap], dtype=torch.float64), 0.5) == verdict


@pytest.mark.parametrize(("miss", "verdict"), [(0.019, "converges"), (0.021, "slow")])
def test_two_percent_from_the_optimum_is_near(miss, verdict):
    alpha = torch.full((6, 2), 3 * (1 + miss), dtype=torch.float64)
    assert judge_iterates(alpha, 3.0, 1.0) == verdict


def test_swings_that_grow_between_the_same_walls_diverge():
    size = 1.5 ** torch.arange(11, dtype=torch.float64)
    alpha = torch.where(torch.arange(11) % 2 == 0, size, 0.0)[:, None]
    assert judge_iterates(alpha, 0.1, 1.4) == "diverges"
    assert judge_iterates(alpha.flip(0), 1e-9, 1.4) == "unsettled"


def by_hand(s, c, lr, steps):
    """All four entries are equal: one number a, and what it and its gap do, in words."""
    path = [0.0]
    for _ in range(steps + 2):
        path.append(min(max(path[-1] - lr * (s * path[-1] - 1), 0), math.inf if c is None else c))
    a, following, again = path[steps:]
    if c is None:
        gap = 2 / s * (1 - a * s) ** 2 if a > 0 else math.inf
    else:
        gap = 4 * a * a * s + 4 * c * max(0, 1 - a * s) - 4 * a
    if gap <= 1e-4 * 4 * a:
        return "converged", a
    return "cycles" if abs(again - a) < 1e-9 < 1e-3 < abs(following - a) else "still falling", a


@pytest.mark.claims("S3-2.0c")
@pytest.mark.parametrize("c", [None, 1.0])
@pytest.mark.parametrize("lr", [0.05, 0.1, 0.2])
def test_the_verdict_on_xor_is_that_of_one_number_iterated_by_hand(lr, c):
    x, y = xor_data()
    counts = sorted({round(count) for count in np.logspace(0, 4, 33)})
    sums = {poly(2): 8.0, poly(3): 24.0}
    sums |= {rbf(sigma): (1 - math.exp(-2 / sigma**2)) ** 2 for sigma in (0.5, 1.0, 2.0, 4.0, 8.0)}
    for kernel, s in sums.items():
        share = lr / max_step_size(x, y, kernel)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            alpha, gaps = svm_path(x.double(), y, lr, counts, kernel, c)
        for steps in (10, 100, 1000, 10_000):
            at = counts.index(steps)
            now = alpha[at]
            verdict, a = by_hand(s, c, lr, steps)
            assert judge_gaps(now, gaps[: at + 1], share) == verdict, (s, steps)
            assert float(now.max()) == pytest.approx(a, rel=1e-3, abs=1e-9)


@pytest.mark.claims("S3-2.0c", "S3-2e")
@pytest.mark.parametrize("kernel", [poly(2), poly(3), rbf(2.0)])
@pytest.mark.parametrize("start", [[0.0] * 4, [0.02, 0.2, 0.1, 0.05]])
def test_sixty_iterates_are_judged_as_thousands_turn_out(kernel, start):
    x, y = xor_data()
    q = (torch.outer(y, y) * kernel(x[:, None], x[None])).double().numpy()
    lrs = np.linspace(0.02, 1, 50)
    alpha, path = np.tile(start, (50, 1)), []
    for step in range(5001):
        if step in range(61) or step >= 4998:
            path.append(alpha)
        alpha = np.clip(alpha - lrs[:, None] * (alpha @ q - 1), 0, 1e60)
    path, safe = np.array(path), max_step_size(x, y, kernel)
    limit = 1 / q.sum(1)[0]
    for at, lr in enumerate(lrs):
        share = lr / safe
        verdict = judge_iterates(torch.from_numpy(path[:61, at]), limit, share)
        last, before, earlier = path[-1, at], path[-2, at], path[-3, at]
        if verdict in ("converges", "slow"):
            assert share <= 1 and np.abs(last / limit - 1).max() < 0.02
        if verdict == "diverges":
            assert last.max() > 1e9, lr
        if last.max() > 1e9:  # rounding makes equal entries unequal in the end
            assert verdict == "diverges" or (verdict == "converges, so far" and max(start) == 0)
        if verdict == "cycles":
            assert np.allclose(last, earlier) and not np.allclose(last, before)
        assert share <= 1 or verdict in ("converges, so far", "cycles", "diverges", "unsettled")


@pytest.mark.parametrize(
    ("factor", "share", "verdict"),
    [
        (0.5, 0.9, "converges"),
        (0.97, 0.9, "slow"),
        (-0.97, 0.9, "slow"),
        (-0.5, 1.1, "converges, so far"),
        (-1.0, 1.1, "cycles"),
        (-1.005, 1.1, "unsettled"),
    ],
)
def test_iterates_get_a_verdict_that_fits_the_step(factor, share, verdict):
    steps = torch.arange(31)[:, None]
    alpha = 0.1 + 0.05 * torch.full((1, 2), factor, dtype=torch.float64) ** steps
    assert judge_iterates(alpha, 0.1, share) == verdict
