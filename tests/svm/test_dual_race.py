"""The race of three solvers: against the library, scikit-learn and the page, on any points."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC

from trainability.figures.dual_race import DUAL_RACE
from trainability.programs import Run
from trainability.svm import (
    PAGE_BIASES,
    PAGE_KERNELS,
    PAGE_POINTS,
    begin_race,
    best_offset,
    kernel_between,
    look_at_race,
    max_step_size,
    poly,
    rbf,
    step_of_race,
    svm_path,
    svm_predictor,
)

RACE = Run(begin_race, step_of_race, DUAL_RACE, look_at_race)
OWN = {"degree 2": poly(2), "degree 3": poly(3), "RBF": rbf(0.8), "linear": lambda p, q: p @ q}
THREE = ("plain", "fast", "single")


def drawn(seed, count):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.where(torch.rand(count, 1, generator=generator) < 0.5, -1.0, 1.0)
    labels[:2, 0] = torch.tensor([1.0, -1.0])
    places = torch.randn(count, 2, generator=generator) + 0.7 * labels
    return torch.cat([places, labels], 1).double().mul(1000).round() / 1000


@pytest.mark.parametrize("kernel", PAGE_KERNELS)
@pytest.mark.parametrize("bias", ["none", "penalized"])
def test_projected_gradient_is_the_librarys_step_for_step(kernel, bias):
    points = PAGE_POINTS["two arcs"]
    x, y = points[:, :2], points[:, 2]
    one = 1.0 if bias == "penalized" else 0.0

    def own(p, q):
        return OWN[kernel](p, q) + one

    made = RACE.run(60, points=points, kernel=kernel, sigma=0.8, bias=bias, price=2.0, rate=0.8)
    alpha, gaps = svm_path(x, y, 0.8 * max_step_size(x, y, own), [0, 30, 60], own, c=2.0)
    torch.testing.assert_close(made["plain"], alpha[-1], rtol=1e-4, atol=1e-6)
    shares = gaps[:2] / made["loss"][[0, 30]]
    torch.testing.assert_close(made["gap"][[0, 30]], shares, rtol=1e-4, atol=1e-9)
    grid = torch.stack([made["places"][[3, 20, 31]], made["places"][[20, 20, 5]]], 1)
    scores = svm_predictor(made["plain"], x, y, grid, own).clamp(-3, 3)
    rows, columns = torch.tensor([20, 20, 5]), torch.tensor([3, 20, 31])
    torch.testing.assert_close(made["scores"][rows, columns], scores)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(2, 24),
    bias=st.sampled_from(PAGE_BIASES),
    price=st.sampled_from([0.05, 1.0, 20.0]),
)
def test_no_solver_leaves_the_box_or_the_plane_and_no_gap_is_negative(seed, count, bias, price):
    points = drawn(seed, count)
    given = {"points": points, "bias": bias, "price": price, "sigma": 0.7, "rate": 0.9}
    for steps in (1, 7):
        made = RACE.run(steps, **given)
        for alpha in (made[name] for name in THREE):
            assert alpha.min() >= 0 and alpha.max() <= price
            if bias == "free":
                assert abs(alpha @ points[:, 2]) < 1e-9 * (1 + alpha.sum())
        for gap in ("gap", "gap_fast", "gap_single"):
            assert made[gap].min() > -1e-9 and made[gap][0] == pytest.approx(1)


def made_in_page(in_module, steps, points, kernel, bias, **given):
    """What the page's run comes to, by name; a hundred times sooner than torch's loop."""
    body = """
      const run = new module.Run(given.plan);
      run.begin(given.settings);
      for (let i = 0; i < given.steps; i++) run.step();
      return Object.fromEntries(Object.entries(run.outputs()).map(([n, a]) => [n, Array.from(a)]));
    """
    numbers = {"sigma": (0.2, 8.0), "price": (0.01, 1000.0), "rate": (0.1, 1.5)}
    tables, sizes = {"points": (1, 200, 3)}, {"bump": (0, 200)}
    plan = RACE.plan(sizes, numbers, tables, kernel=kernel, bias=bias).document()
    settings = {"bump": 0, **given, "points": points.tolist()}
    found = in_module("run.js", body, {"plan": plan, "settings": settings, "steps": steps})
    return {name: torch.tensor(array).double() for name, array in found.items()}


@pytest.mark.parametrize("name", PAGE_POINTS)
def test_all_three_come_to_scikit_learns_solution_with_a_free_bias(in_module, name):
    points = PAGE_POINTS[name]
    x, y = points[:, :2], points[:, 2]
    machine = SVC(C=2.0, gamma=0.5, tol=1e-10).fit(x.numpy(), y.numpy())
    theirs = np.zeros(len(y))
    theirs[machine.support_] = np.abs(machine.dual_coef_[0])
    made = made_in_page(in_module, 1500, points, "RBF", "free", sigma=1.0, price=2.0, rate=0.95)
    for alpha in ("fast", "single"):
        np.testing.assert_allclose(made[alpha].numpy(), theirs, atol=2e-5)
    assert made["gap"][-1] < made["gap"][0] / 100
    at_bounds = ((theirs > 0) & (theirs < 2.0)).sum()
    if at_bounds:
        offset = made["offset"].item()
        assert offset == pytest.approx(machine.intercept_.item(), abs=0.02)


def test_a_pass_over_the_coordinates_never_lowers_the_dual_value():
    points = PAGE_POINTS["two clouds"]
    for bias in PAGE_BIASES:
        state = begin_race(points, "degree 3", 1.0, bias)
        last = 0.0
        for _ in range(20):
            state, _ = step_of_race(state, points, 1.0, 0.9, bias)
            alpha = state["single"]
            value = (alpha.sum() - alpha @ state["q"] @ alpha / 2).item()
            assert value >= last - 1e-9
            last = value


def test_the_projection_on_box_and_plane_is_the_nearest_point():
    state = {"q": torch.zeros(5, 5).double(), "peak": torch.ones(()).double()}
    labels = torch.tensor([1.0, -1, 1, 1, -1]).double()
    points = torch.cat([torch.zeros(5, 2).double(), labels[:, None]], 1)
    start = torch.tensor([0.2, 1.7, -0.5, 0.9, 0.1]).double()
    state |= {"pull": state["peak"], **dict.fromkeys(("plain", "fast", "ahead", "single"), start)}
    # With Q = 0 a step of 1/2 adds 1 to each, then projects.
    after, _ = step_of_race(state, points, 1.0, 0.5, "free")
    found = after["plain"]
    generator = torch.Generator().manual_seed(0)
    others = torch.rand(20_000, 5, generator=generator).double()
    others[:, 4] = others @ torch.tensor([1.0, -1, 1, 1, 0]).double()
    inside = others[(others[:, 4] >= 0) & (others[:, 4] <= 1)]
    wanted = start + 1
    assert len(inside) > 500
    assert abs(found @ labels) < 1e-9
    assert ((inside - wanted).norm(dim=1) >= (found - wanted).norm() - 1e-12).all()


def test_a_free_offset_is_the_best_of_many():
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(31, generator=generator).double()
    labels = torch.sign(torch.randn(31, generator=generator)).double()
    offset, violations = best_offset(scores, labels, "free")

    def total(b):
        return (1 - labels * (scores + b)).clamp(min=0).sum()

    assert total(offset).item() == pytest.approx(violations.item())
    assert violations <= min(total(b) for b in torch.linspace(-4, 4, 2001).double()) + 1e-12


def test_a_kernel_that_is_none_is_named():
    with pytest.raises(ValueError, match="kernel='sinc'"):
        kernel_between(torch.ones(1, 2), torch.ones(1, 2), "sinc", 1.0, "none")


@pytest.mark.parametrize("bias", PAGE_BIASES)
@pytest.mark.parametrize("kernel", ["RBF", "degree 2"])
def test_the_page_finds_torchs_multipliers_for_points_of_the_reader(in_module, kernel, bias):
    points = drawn(5, 17)
    given = {"sigma": 0.9, "price": 1.5, "rate": 0.9}
    found = made_in_page(in_module, 120, points, kernel, bias, **given)
    wanted = RACE.run(120, points=points, kernel=kernel, bias=bias, **given)
    for name in ("plain", "single", "scores", "offset", "supports", "errors"):
        mine = found[name].view(wanted[name].shape)
        torch.testing.assert_close(mine, wanted[name], rtol=1e-6, atol=1e-6)
