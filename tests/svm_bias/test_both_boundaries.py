"""Soft margins with both biases: the duality gap, scikit-learn, hard margins, and the page."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC, LinearSVC

from trainability.figures.both_boundaries import BOTH_BOUNDARIES, read_both_boundaries
from trainability.programs import Program
from trainability.svm_bias import HINGES, both_boundaries, solve_augmented, solve_explicit

PROGRAM = Program(both_boundaries, BOTH_BOUNDARIES, read_both_boundaries)


def table(X, y):
    return torch.from_numpy(np.column_stack([X, y])).double()


def random_points(seed, count):
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(count) % 2, 1, -1)
    apart = y[:, None] * rng.uniform(-3, 3, size=2)
    X = rng.uniform(0.2, 2) * rng.normal(size=(count, 2)) + apart + rng.uniform(-5, 5, size=2)
    return X.round(3), y


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    count=st.integers(2, 40),
    price=st.floats(-2, 4).map(lambda power: 10**power),
    bias_feature=st.floats(0.25, 4),
    loss=st.sampled_from(HINGES),
)
def test_the_primal_value_is_the_dual_value_so_both_are_optimal(
    seed, count, price, bias_feature, loss
):
    X, y = random_points(seed, count)
    points, labels = torch.from_numpy(X), torch.from_numpy(y).double()
    found = both_boundaries(table(X, y), price, bias_feature, loss)
    for k, penalty in ((1, 1 / bias_feature**2), (2, 0.0)):
        w, b, alpha = found[f"w_{k}"], found[f"b_{k}"], found[f"alpha_{k}"]
        violations = (1 - labels * (points @ w + b)).clamp(min=0)
        costs = violations if loss == "hinge" else violations**2
        primal = (w @ w + penalty * b * b) / 2 + price * costs.sum()
        assert alpha.min() >= 0
        signed = alpha * labels
        v = signed @ points
        dual = alpha.sum() - v @ v / 2
        if penalty:
            dual = dual - bias_feature**2 * signed.sum() ** 2 / 2
        else:
            assert abs(signed.sum()) < 1e-6 * (1 + alpha.sum())
        if loss == "hinge":
            assert alpha.max() <= price * (1 + 1e-12)
        else:
            dual = dual - (alpha**2).sum() / (4 * price)
        assert abs(primal - dual) <= 1e-6 * max(1.0, primal.item())


def test_hard_margins_are_those_of_the_exact_solvers():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        y = np.repeat([1, -1], 6)
        X = y[:, None] * np.array([2.0, 1.0]) + 0.7 * rng.normal(size=(12, 2)).clip(-2, 2)
        X = X + rng.uniform(-4, 4, size=2)
        found = both_boundaries(table(X, y), price=1e7, bias_feature=2.0)
        tensors = torch.from_numpy(X), torch.from_numpy(y)
        for k, exact in ((1, solve_augmented(*tensors, 2.0)), (2, solve_explicit(*tensors))):
            mine = [*found[f"w_{k}"].tolist(), found[f"b_{k}"].item()]
            np.testing.assert_allclose(mine, [*exact.w.tolist(), exact.b], rtol=1e-5, atol=1e-6)
            assert found[f"margin_{k}"].item() == pytest.approx(exact.margin, rel=1e-5)


@pytest.mark.parametrize("price", [0.05, 1.0])
def test_soft_margins_are_scikit_learns(price):
    X, y = random_points(3, 40)
    for loss, name in (("hinge", "hinge"), ("squared hinge", "squared_hinge")):
        machine = LinearSVC(
            C=price, loss=name, tol=1e-7, max_iter=10**6, intercept_scaling=2.0, random_state=0
        )
        machine.fit(X, y)
        found = both_boundaries(table(X, y), price, 2.0, loss)
        mine = [*found["w_1"].tolist(), found["b_1"].item()]
        np.testing.assert_allclose(mine, [*machine.coef_[0], *machine.intercept_], atol=1e-4)
    machine = SVC(kernel="linear", C=price, tol=1e-10).fit(X, y)
    found = both_boundaries(table(X, y), price)
    mine = [*found["w_2"].tolist(), found["b_2"].item()]
    np.testing.assert_allclose(mine, [*machine.coef_[0], *machine.intercept_], atol=1e-5)


def test_a_loss_that_is_none_is_named():
    with pytest.raises(ValueError, match="loss='log' is unknown; use one of 'hinge', 'squared"):
        both_boundaries(loss="log")


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([[1, 0, 1], [-2, 0, -1]], "alike"),
        ([[1, 0, 1], [-8, 0, -1]], "differ"),
        ([[1, 0, 1], [-2, 0, -1], [-4, 0, 1]], "points within the margin"),
        ([[1, 0, 1], [1, 0, -1]], "an interval"),
        ([[1, 0, 1], [1, 0, -1], [3, 0, 1], [-3, 0, -1]], "points within the margin"),
        ([[1, 0, 1], [2, 0, 1]], "one class"),
    ],
)
def test_the_figure_says_how_both_programs_agree(rows, verdict):
    given = torch.tensor(rows).double()
    assert PROGRAM(points=given)["layout"]["meta"]["verdict"] == verdict


def test_the_page_solves_what_torch_solves_for_points_of_the_reader(in_module):
    body = """
      const program = new module.Program(given.plan);
      return given.tables.map((points) => {
        const outputs = program.run({ ...given.settings, points });
        return Object.fromEntries(Object.entries(outputs).map(([n, a]) => [n, Array.from(a)]));
      });
    """
    numbers = {"price": (0.01, 1e5), "bias_feature": (0.25, 4.0)}
    given = {"price": 30.0, "bias_feature": 1.5}
    for loss in HINGES:
        plan = PROGRAM.plan({}, numbers, {"points": (1, 200, 3)}, loss=loss).document()
        tables = [table(*random_points(seed, count)) for seed, count in ((0, 6), (1, 90), (2, 6))]
        asked = {"plan": plan, "settings": given, "tables": [each.tolist() for each in tables]}
        for points, outputs in zip(tables, in_module("runtime.js", body, asked), strict=True):
            wanted = both_boundaries(points, loss=loss, **given)
            for name in ("w_1", "b_1", "alpha_1", "w_2", "b_2", "alpha_2", "margin_2", "angle"):
                mine = torch.tensor(outputs[name]).double().view(wanted[name].shape)
                torch.testing.assert_close(mine, wanted[name], rtol=1e-6, atol=1e-6)
