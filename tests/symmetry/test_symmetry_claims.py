"""Claims of lesson 1 that need a network run, beside those of counts and limits."""

import math

import pytest
import torch
from torch import nn

from trainability.symmetry import (
    distinct_units,
    expected_distinct_units,
    tie_probability,
    unit_labels,
    unit_spread,
)
from trainability.training import train_two_layer

OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.05),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.005, momentum=0.9),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.02),
    "weight decay": lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.1),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
}
NONLINEARITIES = ["tanh", "relu", "sigmoid", torch.sin, nn.functional.leaky_relu]


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def tied(units: int, inputs: int, n_outputs: int, value: float = 0.4) -> tuple[torch.Tensor, ...]:
    full = torch.full((1, units, inputs), value, dtype=torch.float64)
    return full, torch.full((1, n_outputs, units), value, dtype=torch.float64)


def train(start, targets, **options):
    defaults = {"loss": "squared", "optimizer": OPTIMIZERS["SGD"], "steps": 100}
    generator = torch.Generator().manual_seed(0)
    return train_two_layer(
        normal(40, 3), targets, *start, generator=generator, **defaults | options
    )


def kinds(course) -> int:
    return distinct_units(course.w_in[0, -1], course.w_out[0, -1], atol=1e-7)


@pytest.mark.claims("S3-4a", "S2-0a")
@pytest.mark.parametrize("g", [torch.tanh, torch.sigmoid, torch.relu])
def test_the_two_derivatives_by_hand_are_those_of_backpropagation_and_of_finite_differences(g):
    x, w, v = normal(3), normal(4, 3, seed=1), normal(4, seed=2)

    def risk(w, v):
        return torch.nn.functional.softplus(-(v @ g(w @ x)))

    leaves = w.clone().requires_grad_(), v.clone().requires_grad_()
    risk(*leaves).backward()
    z = (w @ x).requires_grad_()
    (slope,) = torch.autograd.grad(g(z).sum(), z)
    outer = -torch.sigmoid(-(v @ g(w @ x)))
    torch.testing.assert_close(leaves[1].grad, outer * g(w @ x))
    torch.testing.assert_close(leaves[0].grad, torch.outer(outer * v * slope, x))
    for j in range(4):
        nudge = torch.zeros(4, dtype=torch.float64)
        nudge[j] = 1e-6
        difference = (risk(w, v + nudge) - risk(w, v - nudge)) / 2e-6
        assert leaves[1].grad[j].item() == pytest.approx(difference.item(), rel=1e-6)


@pytest.mark.claims("S2-0b")
def test_going_back_through_a_layer_takes_the_transposed_jacobian():
    w, x, delta = normal(3, 2), normal(2, seed=1), normal(3, seed=2)

    def layer(x):
        return torch.tanh(w @ x)

    jacobian = torch.autograd.functional.jacobian(layer, x)  # a row for each output
    x = x.requires_grad_()
    layer(x).backward(delta)
    torch.testing.assert_close(jacobian.T @ delta, x.grad)
    with pytest.raises(RuntimeError):
        jacobian @ delta


@pytest.mark.claims("S2-1a", "S2-1b", "S2-1c")
def test_from_a_constant_start_hidden_units_stay_equal_and_weights_do_not():
    x, target, c = torch.tensor([1.0, 2.0, -0.5]).double(), torch.tensor([1.0, 0.0]).double(), 0.3
    w = torch.full((4, 3), c, dtype=torch.float64, requires_grad=True)
    v = torch.full((2, 4), c, dtype=torch.float64, requires_grad=True)
    hidden = torch.tanh(w @ x)
    hidden.retain_grad()
    out = torch.tanh(v @ hidden)
    out.retain_grad()
    ((out - target) ** 2).sum().backward()
    torch.testing.assert_close(hidden.detach(), torch.full((4,), math.tanh(c * x.sum())).double())
    # Backward: the same for all hidden units, and not the same for the outputs.
    s = c * 4 * hidden[0].detach()
    shared = c * (1 - torch.tanh(s) ** 2) * out.grad.sum()
    torch.testing.assert_close(hidden.grad, shared.expand(4))
    assert abs(out.grad[0] - out.grad[1]) > 0.1
    # One step: over hidden units equal; over inputs and over outputs not.
    new_w, new_v = (w - 0.1 * w.grad).detach(), (v - 0.1 * v.grad).detach()
    assert distinct_units(new_w, new_v) == 1
    assert distinct_units(new_w.T) == 3 and distinct_units(new_v) == 2


@pytest.mark.claims("S3-4b,c", "S1-10")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
@pytest.mark.parametrize("batch", [None, 1, 5])
def test_equal_units_stay_equal_under_every_optimizer_nonlinearity_and_batch(
    optimizer, nonlinearity, batch
):
    options = {"optimizer": OPTIMIZERS[optimizer], "nonlinearity": nonlinearity, "batch": batch}
    start = tied(8, 3, 1)
    course = train(start, normal(40, 1, seed=5), steps=60, **options)
    assert (course.w_in[0, -1] - start[0][0]).abs().max() > 1e-3  # it did learn
    assert unit_spread(course.units[0, -1]) < 1e-9  # not zero: rounding may part units
    # The same run from units that differ keeps them different: the check can fail.
    start = start[0] + 0.1 * normal(1, 8, 3, seed=6), start[1]
    assert unit_spread(train(start, normal(40, 1, seed=5), steps=60, **options).units[0, -1]) > 1e-4


@pytest.mark.claims("S1-10c")
def test_several_outputs_do_not_part_the_hidden_units():
    course = train(tied(8, 3, 3), normal(40, 3, seed=5), steps=200)
    assert kinds(course) == 1
    assert distinct_units(course.w_out[0, -1]) == 3


@pytest.mark.claims("S3-4.r3")
def test_the_gradients_of_equal_units_are_equal_for_each_example_and_so_on_average():
    x, y = normal(6, 3), normal(6, 1, seed=1)
    w, v = (part[0] for part in tied(5, 3, 1))

    def risk(w, x, y):
        return ((torch.tanh(x @ w.T) @ v.T - y) ** 2).mean()

    def slope(x, y):
        leaf = w.clone().requires_grad_()
        return torch.autograd.grad(risk(leaf, x, y), leaf)[0]

    single = [slope(x[i : i + 1], y[i : i + 1]) for i in range(6)]
    for gradient in single:
        assert distinct_units(gradient, atol=1e-12) == 1
    torch.testing.assert_close(torch.stack(single).mean(dim=0), slope(x, y))


@pytest.mark.claims("S1-10b")
def test_a_constant_hidden_layer_with_other_output_weights_parts_in_the_first_step():
    for n_outputs in (1, 2):
        w, _ = tied(8, 3, n_outputs)
        v = normal(1, n_outputs, 8, seed=7)
        course = train((w, v), normal(40, n_outputs, seed=5), steps=1)
        after = course.w_in[0, -1]
        assert distinct_units(after) == 8
        assert torch.linalg.matrix_rank(after - after.mean(dim=0), atol=1e-10) == n_outputs
    # Neither are the elements of a gradient equal: they differ over inputs.
    course = train(tied(8, 3, 1), normal(40, 1, seed=5), steps=1)
    assert distinct_units(course.w_in[0, -1].T) == 3


@pytest.mark.claims("S1-11", "S1-10")
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "sigmoid"])
def test_dropout_parts_units_whose_output_weights_are_equal(nonlinearity):
    targets = normal(40, 1, seed=5)
    options = {"nonlinearity": nonlinearity, "dropout": "shared mask"}
    assert kinds(train(tied(8, 3, 1), targets, steps=1, **options)) == 2
    assert kinds(train(tied(8, 3, 1), targets, steps=30, **options)) == 8
    options["dropout"] = "per example"
    assert kinds(train(tied(8, 3, 1), targets, steps=1, **options)) == 8


@pytest.mark.claims("S1-11")
def test_dropout_cannot_part_units_without_gradient_nor_by_a_mask_that_they_share():
    targets = normal(40, 1, seed=5)
    zero = tied(8, 3, 1, value=0.0)
    assert kinds(train(zero, targets, dropout="per example")) == 1
    dead = torch.zeros(1, 8, 3).double() - 50.0, torch.ones(1, 1, 8).double()
    generator = torch.Generator().manual_seed(0)
    options = {"nonlinearity": "relu", "optimizer": OPTIMIZERS["SGD"], "steps": 50}
    positive = normal(40, 3).abs()
    course = train_two_layer(
        positive, targets, *dead, dropout="per example", generator=generator, **options
    )
    assert kinds(course) == 1
    # Dropping inputs is training on masked inputs: all units read the same.
    masked = normal(400, 3) * (torch.rand(400, 3, generator=generator) < 0.5)
    course = train_two_layer(
        masked, normal(400, 1), *tied(8, 3, 1), batch=10, generator=generator, **options
    )
    assert kinds(course) == 1
    silent = torch.full((1, 8, 3), 0.3).double(), torch.zeros(1, 1, 8).double()
    assert kinds(train(silent, targets, dropout="per example")) == 8


@pytest.mark.claims("S1-12")
@pytest.mark.parametrize("keep_prob", [0.5, 0.8])
def test_units_part_as_fast_as_their_histories_of_masks_do(keep_prob):
    runs, steps = 600, [1, 2, 3, 5]
    start = tied(8, 3, 1)
    course = train(
        (start[0].repeat(runs, 1, 1), start[1].repeat(runs, 1, 1)),
        normal(40, 1, seed=5),
        dropout="shared mask",
        keep_prob=keep_prob,
        steps=5,
        record=steps,
    )
    labels = unit_labels(course.units, atol=1e-9)
    counts = (labels == torch.arange(8)).sum(dim=-1).double()
    for i, k in enumerate(steps):
        error = counts[:, i].std() / runs**0.5
        theory = expected_distinct_units(8, keep_prob, k)
        assert abs(counts[:, i].mean() - theory) < 4 * error  # by luck once in 16,000
        chance = tie_probability(keep_prob, k)
        pairs = (labels[:, i, 0] == labels[:, i, 1]).double().mean()
        assert abs(pairs - chance) < 4 * (chance * (1 - chance) / runs) ** 0.5


@pytest.mark.claims("S1-12")
def test_a_mask_for_each_example_parts_almost_all_units_in_one_step():
    runs = 200
    start = tied(16, 3, 1)
    generator = torch.Generator().manual_seed(0)
    course = train_two_layer(
        normal(8, 3),
        normal(8, 1, seed=1),
        start[0].repeat(runs, 1, 1),
        start[1].repeat(runs, 1, 1),
        optimizer=OPTIMIZERS["SGD"],
        loss="squared",
        dropout="per example",
        steps=1,
        generator=generator,
    )
    counts = (unit_labels(course.units[:, -1], atol=1e-12) == torch.arange(16)).sum(dim=-1).double()
    theory = expected_distinct_units(16, 0.5, 8)  # eight masks at once
    assert abs(counts.mean() - theory) < 4 * counts.std() / runs**0.5


@pytest.mark.claims("S3-4.r1")
def test_the_symmetric_point_is_left_at_the_rate_of_its_hessian():
    x, y, rate, decay = normal(40, 3), normal(40, 1, seed=5), 0.2, 0.005
    targets = 2 * x[:, :1] * x[:, 1:2] + 0.1 * y

    def sgd(p):
        return torch.optim.SGD(p, lr=rate, weight_decay=decay)

    def run(start, steps, record=()):
        generator = torch.Generator().manual_seed(0)
        options = {"loss": "squared", "optimizer": sgd, "generator": generator}
        return train_two_layer(x, targets, *start, steps=steps, record=record, **options)

    course = run(tied(6, 3, 1), 6000)
    w = course.w_in[0, -1].mean(dim=0).repeat(6, 1)
    v = course.w_out[0, -1].mean().repeat(1, 6)
    b = course.bias[0, -1]

    def loss(theta):
        w, v, b = theta[:18].view(6, 3), theta[18:24], theta[24]
        fit = ((torch.tanh(x @ w.T) @ v + b - targets[:, 0]) ** 2).mean() / 2
        return fit + decay / 2 * theta.square().sum()

    theta = torch.cat([w.ravel(), v.ravel(), b])
    theta.requires_grad_()
    assert torch.autograd.grad(loss(theta), theta)[0].norm() < 1e-4
    hessian = torch.autograd.functional.hessian(loss, theta.detach())
    lowest = torch.linalg.eigvalsh(hessian)[0].item()
    assert lowest < -0.01  # a saddle, not a minimum
    nudge = 1e-9 * normal(6, 4, seed=9)
    start = (w + nudge[:, :3])[None], (v + nudge[:, 3:].T)[None], b[None]
    spread = unit_spread(run(start, 600, [200, 400]).units[0])
    growth = (spread[1] / spread[0]).item() ** (1 / 200)
    assert growth == pytest.approx(1 - rate * lowest, rel=2e-3)


@pytest.mark.claims("S2-1d", "S0-2")
def test_logistic_regression_learns_from_zero_and_from_every_constant():
    x = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]]).double()
    y = torch.tensor([1.0, 0.0, 0.0]).double()

    def loss(w):
        return nn.functional.binary_cross_entropy_with_logits(x @ w, y, reduction="sum")

    def slope(w):
        w = w.clone().requires_grad_()
        return torch.autograd.grad(loss(w), w)[0]

    gradient = slope(torch.zeros(2).double())
    torch.testing.assert_close(gradient, ((0.5 - y)[:, None] * x).sum(dim=0))
    assert gradient.norm() > 0 and gradient[0] != gradient[1]
    # Separable: no minimum, and from every start the same direction in the end.
    directions = []
    for c in (0.0, 2.0, -1.0):
        w = torch.full((2,), c, dtype=torch.float64)
        for _ in range(20_000):
            w = w - slope(w)
        assert w.norm() > 5 and loss(w) < 0.01
        directions.append(w / w.norm())
    for direction in directions[1:]:
        torch.testing.assert_close(direction, directions[0], atol=0.02, rtol=0)


@pytest.mark.claims("S0-2")
def test_softmax_regression_from_a_constant_is_the_run_from_zero_shifted():
    x, labels, classes = normal(50, 4), torch.arange(50) % 3, 3

    def run(c, make, steps=200):
        w = torch.full((classes, 4), c, dtype=torch.float64, requires_grad=True)
        optimizer = make([w])
        for _ in range(steps):
            optimizer.zero_grad()
            nn.functional.cross_entropy(x @ w.T, labels).backward()
            optimizer.step()
        return w.detach()

    for name in ("SGD", "Adam"):
        gap = run(3.0, OPTIMIZERS[name]) - run(0.0, OPTIMIZERS[name]) - 3
        assert gap.abs().max() < 1e-6
    assert run(0.0, OPTIMIZERS["SGD"]).mean(dim=0).abs().max() < 1e-12  # the mean is conserved
    assert run(0.0, OPTIMIZERS["Adam"]).mean(dim=0).abs().max() > 1e-3  # not by Adam
    decayed = run(3.0, OPTIMIZERS["weight decay"]) - run(0.0, OPTIMIZERS["weight decay"]) - 3
    assert decayed.abs().max() > 0.1
    # With L2 the class mean decays by the factor 1 - ηλ in each step.
    l2 = run(3.0, lambda p: torch.optim.SGD(p, lr=0.5, weight_decay=0.01), steps=1000)
    torch.testing.assert_close(l2.mean(dim=0), torch.full((4,), 3 * (1 - 0.005) ** 1000).double())
    start = nn.functional.cross_entropy(x @ torch.full((4, 3), 7.0).double(), labels)
    assert start.item() == pytest.approx(math.log(3))


@pytest.mark.claims("S0-2")
def test_adam_ends_at_another_solution_of_least_squares():
    x, y = normal(5, 20), normal(5, seed=1)
    w = torch.zeros(20, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=0.01)
    for step in range(4000):
        optimizer.param_groups[0]["lr"] = 0.01 * 0.995**step  # or it dances around the end
        optimizer.zero_grad()
        ((x @ w - y) ** 2).sum().backward()
        optimizer.step()
    assert (x @ w - y).abs().max() < 1e-6
    assert (w - torch.linalg.pinv(x) @ y).norm() > 0.05
