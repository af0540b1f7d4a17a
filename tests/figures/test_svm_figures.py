"""The figures of lesson 8: contours, iterates, and a library beside ours."""

import math
import warnings

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from trainability.figures.svm import SHOWN, against_library, contour, iterates
from trainability.svm import max_step_size, poly, rbf, svm_path, xor_data

X = np.linspace(-5, 5, 3)
POINTS, LABELS = np.array([[1.0, 1], [-1, 1]]), np.array([1, -1])


@pytest.mark.parametrize(
    ("gaps", "share", "verdict"),
    [
        ([9.0] * 7 + [1e-6], 0.5, "converged"),
        ([9.0, 8, 7, 6, 5, 4, 3, 2], 0.5, "still falling"),
        ([9.0] * 8, 0.99, "still falling"),  # below the bound the theorem holds
        ([9.0, 1, 7, 0.8, 5, 0.6, 3, 0.4], 1.4, "still falling"),
        ([9.0, 1] * 4, 1.4, "cycles"),
        ([math.inf, 1] * 4, 1.4, "cycles"),
        ([1.0, 2, 4, 8, 16, 32, 64, 128], 1.4, "diverges"),
    ],
)
def test_a_contour_says_what_the_gaps_do(gaps, share, verdict):
    scores = np.outer(X, X)
    found = {"counts": [*range(3, 11)], "gaps": np.array(gaps), "steps": 10, "share": share}
    found["dual"] = 1.5
    alpha = np.array([2.0, 0.0])
    figure = go.Figure(contour(X, scores, POINTS, LABELS, alpha, **found, setting="poly 2"))
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and meta["largest"] == 2.0 and meta["dual"] == 1.5
    assert np.abs(figure.data[0].z).max() == SHOWN
    assert list(figure.data[1].marker.line.width) == [3]  # a support vector
    assert list(figure.data[2].marker.line.width) == [1]
    known = np.where(np.isfinite(gaps), np.log10(gaps), math.nan)
    np.testing.assert_allclose(figure.data[3].y, known)
    assert list(figure.data[4].x) == [10]


def test_an_unknown_gap_is_left_out_and_told():
    found = {
        "counts": [1, 10],
        "gaps": np.array([math.inf, 2.0]),
        "steps": 1,
        "share": 0.5,
        "dual": 0.1,
    }
    alpha = np.array([0.1, 0.1])
    figure = go.Figure(contour(X, np.eye(3), POINTS, LABELS, alpha, **found, setting="poly 2"))
    assert "the gap unknown" in figure.layout.meta["summary"]
    assert math.isnan(figure.data[3].y[0]) and math.isnan(figure.data[4].y[0])


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
            now = alpha[counts.index(steps)].numpy()
            found = {"counts": counts, "gaps": gaps.numpy(), "steps": steps, "share": share}
            drawn = contour(X, np.eye(3), x.numpy(), y.numpy(), now, dual=0.0, setting="", **found)[
                "layout"
            ]["meta"]
            verdict, a = by_hand(s, c, lr, steps)
            assert drawn["verdict"] == verdict, (s, steps)
            assert drawn["largest"] == pytest.approx(a, rel=1e-3, abs=1e-9)


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
        words = {"limit": limit, "share": share, "setting": ""}
        verdict = iterates(np.arange(61), path[:61, at], **words)["layout"]["meta"]["verdict"]
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
    steps = np.arange(31)
    alpha = 0.1 + 0.05 * np.column_stack([factor**steps, factor**steps])
    figure = go.Figure(iterates(steps, alpha, limit=0.1, share=share, setting="poly 2"))
    assert figure.layout.meta["verdict"] == verdict
    assert len({trace.line.dash for trace in figure.data[:2]}) == 2
    assert list(figure.data[2].y) == [0.1, 0.1]


@pytest.mark.parametrize(
    ("ours", "svc", "trained", "verdict"),
    [(0.95, 0.62, 1.0, "part"), (0.97, 0.96, 0.98, "alike"), (0.62, 0.62, 0.63, "underfits")],
)
def test_two_machines_part_or_agree(ours, svc, trained, verdict):
    names = ["ours, in training", "ours, held out", "SVC, held out"]
    curves = {n: np.array([v, 0.5]) for n, v in zip(names, (trained, ours, svc), strict=True)}
    scores = np.array([1.0, -1]), np.array([1.0, 1])
    figure = go.Figure(against_library(np.array([1.0, 2]), curves, *scores, at=0, setting="C = 1"))
    meta = figure.layout.meta
    assert (meta["verdict"], meta["ours"], meta["svc"], meta["agree"]) == (verdict, ours, svc, 0.5)
    assert figure.layout.title.text == f"Held out: ours {100 * ours:.1f}%, SVC {100 * svc:.1f}%"
