"""Claims that hold under a condition, or not at all: without the condition they fail.

Lessons 1 to 6; those of the support vector machines are in ``test_svm_conditions.py``.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from scipy import stats
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from trainability import mean_field
from trainability.conditioning import condition_number
from trainability.optim import LAMB, LARS
from trainability.signal import propagate
from trainability.skip import SkipLayerNetwork, skip_gradient, skip_weight_count


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


# Lesson 1


@pytest.mark.claims("S3-4.r1", "S3-4b,c")
def test_twins_stay_equal_exactly_in_rational_arithmetic():
    """Two twins beside another unit, f = Σ v z², the loss ½(f - t)², in fractions."""
    x, target, rate = (Fraction(1, 2), Fraction(-1, 3)), Fraction(2), Fraction(1, 10)
    units = [[Fraction(1, 3), Fraction(2, 5)], [Fraction(1, 3), Fraction(2, 5)], [Fraction(1), 0]]
    outer = [Fraction(1, 7), Fraction(1, 7), Fraction(2, 3)]
    for _ in range(4):
        z = [sum(w * a for w, a in zip(unit, x, strict=True)) for unit in units]
        error = sum(v * s * s for v, s in zip(outer, z, strict=True)) - target
        slopes = [[error * v * 2 * s * a for a in x] for v, s in zip(outer, z, strict=True)]
        outer = [v - rate * error * s * s for v, s in zip(outer, z, strict=True)]
        units = [
            [w - rate * g for w, g in zip(unit, slope, strict=True)]
            for unit, slope in zip(units, slopes, strict=True)
        ]
        assert units[0] == units[1] and outer[0] == outer[1]  # exactly
        assert units[0] != units[2]


def two_twins(number, steps: int, orders: tuple[int, int]) -> list:
    """Train f = Σ v (w·x)² over two units that start equal; each adds up its examples in an order.

    With 1 a unit adds from the first to the last, with -1 from the last to the first.
    """
    data = [(number(i % 7 - 3) / number(3), number(i % 5 - 2) / number(2)) for i in range(30)]
    target = [number(i % 3 - 1) for i in range(30)]
    units = [[number(1) / number(3), number(2) / number(5), number(1) / number(7)] for _ in (0, 1)]
    rate = number(1) / number(100)
    for _ in range(steps):
        z = [[a * x + b * y for x, y in data] for a, b, _ in units]
        # Addition of two numbers commutes, so f itself depends on no order.
        f = [units[0][2] * p * p + units[1][2] * q * q for p, q in zip(*z, strict=True)]
        error = [out - t for out, t in zip(f, target, strict=True)]
        for unit, s, order in zip(units, z, orders, strict=True):
            slopes = [number(0)] * 3
            for e, p, (x, y) in list(zip(error, s, data, strict=True))[::order]:
                step = (e * unit[2] * p * x, e * unit[2] * p * y, e * p * p)
                slopes = [total + part for total, part in zip(slopes, step, strict=True)]
            unit[:] = [w - rate * g / number(30) for w, g in zip(unit, slopes, strict=True)]
    return units


@pytest.mark.claims("S3-4.r1")
def test_twins_stay_equal_in_any_order_of_exact_sums_and_rounded_sums_in_two_orders_part_them():
    exact = two_twins(Fraction, 2, (1, -1))
    assert exact[0] == exact[1] and exact[0][0] != Fraction(1, 3)  # they moved, together
    for number in (np.float32, np.float64):
        same, other = two_twins(number, 100, (1, 1)), two_twins(number, 100, (1, -1))
        assert same[0] == same[1]  # not the floats alone: the order of their sums
        apart = max(abs(a - b) for a, b in zip(*other, strict=True))
        assert 0 < apart < 1e4 * np.finfo(number).eps  # rounding, and no more


@pytest.mark.claims("S1-10b", "S2-1c")
def test_the_ledgers_numbers_of_one_step_from_a_constant_start_are_those_of_linear_units():
    half, x = Fraction(1, 2), (1, 2)

    def slopes(v, f_slopes):
        """Rows of the gradient of the hidden weights; v[k][j] is the weight from unit j to k."""
        sent = [sum(d * row[j] for d, row in zip(f_slopes, v, strict=True)) for j in (0, 1)]
        return [[s * a for a in x] for s in sent]

    h = half * sum(x)
    f = h * (half + half)  # target 0, loss f²/2: the slope at the output is f
    assert slopes([[half, half]], [f]) == [[Fraction(3, 4), Fraction(3, 2)]] * 2
    v = [Fraction(3, 10), Fraction(-7, 10)]
    assert slopes([v], [h * sum(v)]) == [
        [Fraction(-18, 100), Fraction(-36, 100)],
        [Fraction(42, 100), Fraction(84, 100)],
    ]
    errors, step = [f - 1, f - 0], Fraction(1, 10)  # two outputs with the targets 1 and 0
    hidden = [[half - step * g for g in row] for row in slopes([[half, half]] * 2, errors)]
    assert hidden == [[Fraction(4, 10), Fraction(3, 10)]] * 2
    assert [half - step * e * h for e in errors] == [Fraction(425, 1000), Fraction(275, 1000)]


@pytest.mark.claims("S3-4b,c")
def test_twins_among_other_units_stay_twins_at_every_step_and_half_twins_part():
    for part, stay in (("both", True), ("incoming", False)):
        w, v = normal(6, 3, seed=1), normal(6, seed=2)
        w[5] = w[3]
        if part == "both":
            v[5] = v[3]
        w, v = w.requires_grad_(), v.requires_grad_()
        x, y = normal(30, 3, seed=3), normal(30, seed=4)
        for _ in range(40):
            loss = (torch.tanh(x @ w.T) @ v - y).square().mean()
            slopes = torch.autograd.grad(loss, (w, v))
            with torch.no_grad():
                w -= 0.1 * slopes[0]
                v -= 0.1 * slopes[1]
            gap = (w[5] - w[3]).abs().max().item()
            assert (gap < 1e-12) == stay
        others = torch.pdist(w.detach()[:5])
        assert others.min() > 1e-2


@pytest.mark.claims("S1-4", "S0-2")
@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_softmax_regression_from_one_value_learns_as_a_library_does(penalty):
    x, labels = normal(60, 2), torch.arange(60) % 3
    x = x + 1.5 * torch.nn.functional.one_hot(labels, 3)[:, :2]
    weights = torch.full((3, 2), 0.7, dtype=torch.float64, requires_grad=True)
    for _ in range(4000):
        loss = cross_entropy(x @ weights.T, labels) + penalty / 2 * weights.square().sum()
        (slope,) = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            weights -= 0.3 * slope
    fitted = cross_entropy(x @ weights.T, labels).item()
    assert fitted < math.log(3) - 0.1 and torch.pdist(weights.detach()).min() > 0.1
    strength = 1 / (60 * penalty) if penalty else 1e8
    machine = LogisticRegression(C=strength, fit_intercept=False, tol=1e-10, max_iter=10_000)
    expected = torch.tensor(machine.fit(x.numpy(), labels.numpy()).coef_)
    centered = weights.detach() - weights.detach().mean(0)
    torch.testing.assert_close(centered, expected - expected.mean(0), rtol=1e-3, atol=1e-3)


@pytest.mark.claims("S1-4")
def test_linear_regression_from_equal_weights_ends_at_an_exact_fit_with_unequal_ones():
    w = torch.tensor([1.0, 1.0], dtype=torch.float64)
    x = torch.tensor([1.0, 3.0]).double()
    for _ in range(200):
        w = w - 0.05 * (w @ x - 10) * x
    torch.testing.assert_close(w, torch.tensor([1.6, 2.8]).double())


@pytest.mark.claims("S2-1d")
def test_where_the_gradient_at_zero_vanishes_zero_is_a_minimum_of_logistic_regression():
    x, y = sympy.Matrix([[1, 2], [1, 2]]), sympy.Matrix([0, 1])
    w = sympy.Matrix(sympy.symbols("a b", real=True))
    logits = x * w
    loss = sum(sympy.log(1 + sympy.exp(z)) - t * z for z, t in zip(logits, y, strict=True))
    at = dict.fromkeys(w, 0)
    assert [sympy.diff(loss, symbol).subs(at) for symbol in w] == [0, 0]
    hessian = sympy.hessian(loss, list(w)).subs(at)
    assert hessian.is_positive_semidefinite
    # In general it does not vanish, and differs from weight to weight.
    x, y = sympy.Matrix([[1, 2], [0, -1], [3, 1]]), sympy.Matrix([1, 0, 0])
    slope = sum(((sympy.Rational(1, 2) - y[i]) * x.row(i) for i in range(3)), sympy.zeros(1, 2))
    third = sympy.Rational(1, 3)
    assert list(slope / 3) == [third, -third]


@pytest.mark.claims("S2-0b")
def test_in_a_square_layer_the_jacobian_untransposed_is_defined_and_wrong():
    w, delta, x = normal(3, 3), normal(3, seed=2), normal(3, seed=1).requires_grad_()
    jacobian = torch.autograd.functional.jacobian(lambda x: torch.tanh(w @ x), x.detach())
    torch.tanh(w @ x).backward(delta)
    torch.testing.assert_close(jacobian.T @ delta, x.grad)
    assert (jacobian @ delta - x.grad).abs().max() > 0.1


@pytest.mark.claims("S3-4a", "S2-0a")
def test_the_two_derivatives_hold_for_any_nonlinearity_and_loss():
    v, w, x, other = sympy.symbols("v w x r")  # r: what all other units contribute
    g, loss = sympy.Function("g"), sympy.Function("l")
    f = v * g(w * x) + other
    t = sympy.Symbol("t")
    slope = loss(t).diff(t).subs(t, f)
    g_slope = g(t).diff(t).subs(t, w * x)
    assert sympy.simplify((loss(f).diff(v) - slope * g(w * x)).doit()) == 0
    assert sympy.simplify((loss(f).diff(w) - slope * v * g_slope * x).doit()) == 0


# Lesson 2


@pytest.mark.claims("S0-1.4b")
@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_noise_keeps_a_wide_linear_code_from_the_identity(noise):
    scales = torch.tensor([2.0, 1.0, 0.5]).double()
    clean = normal(200_000, 3) * scales
    corrupt = clean + noise * normal(200_000, 3, seed=1)
    mapping = torch.linalg.lstsq(corrupt, clean).solution.T  # what training would end at
    variance = scales.square().diag()
    expected = variance @ torch.linalg.inv(variance + noise**2 * torch.eye(3))
    torch.testing.assert_close(mapping, expected, rtol=0, atol=0.01)
    assert ((mapping - torch.eye(3)).norm() > 0.1) == (noise > 0)


def factorization(start):
    left, right = start(6, 2), start(4, 2)
    return [left, right], (left @ right.T - normal(6, 4, seed=9)).square().sum(), lambda: left.T


def experts(start):
    parts, gates, x = start(2, 5), start(2, 5), normal(20, 5)
    mixed = (torch.softmax(x @ gates.T, dim=1) * torch.tanh(x @ parts.T)).sum(1)
    return [parts, gates], (mixed - normal(20, seed=9)).square().mean(), lambda: parts


def recurrent(start):
    cell = nn.LSTM(2, 3, batch_first=True).double()
    for parameter in cell.parameters():
        parameter.data = start(*parameter.shape).data
    out, _ = cell(normal(8, 5, 2))
    loss = (out[:, -1].sum(1) - normal(8, seed=9)).square().mean()
    return list(cell.parameters()), loss, lambda: cell.weight_ih_l0.view(4, 3, 2)[2]


def attention(start):
    tokens = normal(7, 6)
    heads = [[start(6, 2) for _ in range(4)] for _ in range(3)]  # query, key, value, output
    mixed = sum(
        torch.softmax(tokens @ q @ (tokens @ k).T, dim=1) @ (tokens @ v) @ o.T
        for q, k, v, o in heads
    )
    loss = (mixed - normal(7, 6, seed=9)).square().mean()
    parameters = [part for head in heads for part in head]
    return parameters, loss, lambda: torch.stack([v.flatten() for _, _, v, _ in heads])


def mixture(start):
    centers, shares, points = start(3, 2), start(3), normal(40, 2, seed=9)
    distance = (points[:, None] - centers).square().sum(-1)
    loss = -torch.logsumexp(torch.log_softmax(shares, 0) - distance, dim=1).mean()
    return [centers, shares], loss, lambda: centers


@pytest.mark.claims("S0-1")
@pytest.mark.parametrize("build", [factorization, experts, recurrent, attention, mixture])
def test_what_is_exchangeable_gets_equal_gradients_from_a_constant_start_and_others_from_random(
    build,
):
    for constant in (True, False):
        drawn = []

        def start(*shape, constant=constant, drawn=drawn):
            drawn.append(shape)
            made = normal(*shape, seed=len(drawn))
            return (torch.full(shape, 0.3).double() if constant else made).requires_grad_()

        parameters, loss, members = build(start)
        before = members().detach().clone()
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes, strict=True):
                parameter -= 0.05 * slope
        after = members().detach()
        assert (after - before).abs().max() > 1e-4
        apart = torch.pdist(after).max().item()
        assert apart < 1e-12 if constant else apart > 1e-2


@pytest.mark.claims("S0-1")
def test_equal_centers_of_k_means_are_parted_by_the_rule_for_ties():
    points, centers = normal(50, 2), torch.full((2, 2), 0.5).double()
    nearest = torch.cdist(points, centers).argmin(1)  # the first of two that are as near
    assert set(nearest.tolist()) == {0}
    centers = torch.stack([points.mean(0), centers[1]])
    assert (centers[0] - centers[1]).norm() > 0.1


@pytest.mark.claims("S0-1.8", "S0-1.0")
def test_breaking_the_tie_of_equal_units_lowers_the_loss_on_seen_and_on_new_examples_and_sooner():
    x, new = normal(200, 2), normal(200, 2, seed=50)
    target, wanted = (torch.tanh(2 * a[:, 0]) - torch.tanh(2 * a[:, 1]) for a in (x, new))
    ends, others, soon = {}, {}, {}
    for name, spread in (("tied", 0.0), ("random", 1.0)):
        w = (0.5 + spread * normal(2, 2, seed=3)).requires_grad_()
        v = (0.5 + spread * normal(2, seed=4)).requires_grad_()
        adam = torch.optim.Adam([w, v], lr=0.05)
        for step in range(500):
            adam.zero_grad()
            loss = (torch.tanh(x @ w.T) @ v - target).square().mean()
            loss.backward()
            adam.step()
            if loss < 0.05 * target.square().mean():
                soon[name] = soon.get(name, step)
        ends[name] = loss.item()
        others[name] = (torch.tanh(new @ w.T) @ v - wanted).square().mean().item()
    assert ends["random"] < ends["tied"] / 10 and others["random"] < others["tied"] / 10
    assert "random" in soon and "tied" not in soon  # a twentieth of the variance


@pytest.mark.claims("S0-1.5d")
def test_features_of_the_graph_move_with_its_nodes_and_marks_by_number_do_not():
    graph = torch.zeros(6, 6).double()
    for i, j in ((0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5)):
        graph[i, j] = graph[j, i] = 1
    order = torch.tensor([3, 5, 0, 1, 4, 2])
    moved = graph[order][:, order]
    powers = [torch.linalg.matrix_power(a, 3).diagonal() for a in (graph, moved)]
    assert torch.equal(powers[0][order], powers[1]) and powers[0].max() == 2

    def layer(adjacency, features):
        return torch.tanh(adjacency @ features @ normal(1, 4, seed=1))

    answers = layer(graph, powers[0][:, None]), layer(moved, powers[1][:, None])
    torch.testing.assert_close(answers[1], answers[0][order])
    numbers = torch.arange(6.0).double()[:, None]
    assert not torch.allclose(layer(moved, numbers), layer(graph, numbers)[order], atol=0.1)


@pytest.mark.claims("S0-1.6a")
def test_attention_does_not_see_a_change_of_basis_of_its_values_nor_the_order_of_heads():
    tokens = normal(5, 4)
    heads = [tuple(normal(4, 3, seed=10 * h + k) for k in range(3)) for h in range(2)]
    outputs = [normal(3, 4, seed=100 + h) for h in range(2)]

    def attend(heads, outputs):
        total = torch.zeros(5, 4).double()
        for (q, k, v), out in zip(heads, outputs, strict=True):
            scores = torch.softmax((tokens @ q) @ (tokens @ k).T, dim=1)
            total = total + scores @ (tokens @ v) @ out
        return total

    plain = attend(heads, outputs)
    torch.testing.assert_close(attend(heads[::-1], outputs[::-1]), plain)
    basis = normal(3, 3, seed=7)
    (q, k, v), rest = heads[0], heads[1]
    renamed = attend([(q, k, v @ basis), rest], [torch.linalg.inv(basis) @ outputs[0], outputs[1]])
    torch.testing.assert_close(renamed, plain)
    assert (attend([(q, k, v @ basis), rest], outputs) - plain).abs().max() > 0.1


@pytest.mark.claims("S1-3")
@pytest.mark.parametrize("power", [1, 2])
def test_no_norm_of_the_weights_tells_two_units_apart(power):
    x, y = normal(40, 3), normal(40, seed=1)
    w = torch.full((8, 3), 0.4, dtype=torch.float64, requires_grad=True)
    v = torch.full((8,), 0.4, dtype=torch.float64, requires_grad=True)
    for _ in range(200):
        penalty = w.abs().pow(power).sum() + v.abs().pow(power).sum()
        loss = (torch.tanh(x @ w.T) @ v - y).square().mean() + 0.01 * penalty
        slopes = torch.autograd.grad(loss, (w, v))
        with torch.no_grad():
            w -= 0.05 * slopes[0]
            v -= 0.05 * slopes[1]
    assert torch.pdist(w.detach()).max() < 1e-9 and v.std() < 1e-9


@pytest.mark.claims("S1-10")
@pytest.mark.parametrize("norm", [nn.BatchNorm1d, nn.LayerNorm])
def test_normalization_layers_part_no_equal_units(norm):
    first, last = nn.Linear(3, 8, bias=False).double(), nn.Linear(8, 1, bias=False).double()
    network = nn.Sequential(first, norm(8).double(), nn.Tanh(), last)
    nn.init.constant_(first.weight, 0.4)
    nn.init.constant_(last.weight, 0.4)
    x, y = normal(40, 3), normal(40, seed=1)
    adam = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(100):
        adam.zero_grad()
        (network(x)[:, 0] - y).square().mean().backward()
        adam.step()
    assert torch.pdist(first.weight.detach()).max() < 1e-9


@pytest.mark.claims("S0-1.3a")
def test_an_odd_layer_of_two_units_has_eight_names_and_not_one_of_them_ties_the_units():
    w, v, x = normal(2, 3), normal(2, seed=1), normal(50, 3, seed=2)
    plain, names = torch.tanh(x @ w.T) @ v, set()
    for order in ([0, 1], [1, 0]):
        for signs in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
            flip = torch.tensor(signs).double()
            renamed = flip[:, None] * w[order], flip * v[order]
            torch.testing.assert_close(torch.tanh(x @ renamed[0].T) @ renamed[1], plain)
            assert (renamed[0][0] - renamed[0][1]).norm() > 0.1
            names.add(tuple(renamed[0].flatten().tolist()))
    assert len(names) == 2**2 * math.factorial(2)
    assert not torch.allclose(torch.relu(-x @ w.T) @ -v, torch.relu(x @ w.T) @ v)  # not odd


@pytest.mark.claims("S0-1.3b")
def test_descent_on_zero_mean_features_needs_fewer_steps_than_on_those_of_sigmoid():
    x, steps = normal(400, 20), {}
    for name, g in (("tanh", torch.tanh), ("sigmoid", torch.sigmoid)):
        features = g(x @ normal(20, 30, seed=1) / 20**0.5)
        target = features @ normal(30, seed=2)
        gram = features.T @ features / 400
        rate = 1 / torch.linalg.eigvalsh(gram)[-1]
        w, count = torch.zeros(30).double(), 0
        while (features @ w - target).square().mean() > 1e-3 * target.var() and count < 10**5:
            w = w - rate * features.T @ (features @ w - target) / 400
            count += 1
        steps[name] = count
    assert steps["sigmoid"] > 3 * steps["tanh"]
    # What does stall is saturation, and sigmoid, which is not odd, saturates as tanh does.
    assert torch.sigmoid(torch.tensor(20.0)) * (1 - torch.sigmoid(torch.tensor(20.0))) < 1e-8


@pytest.mark.claims("S0-1.6a")
def test_attention_with_zero_queries_and_keys_stands_on_a_saddle():
    tokens, target = normal(5, 3), normal(5, 3, seed=1)

    def loss(flat):
        q, k = flat[:6].view(3, 2), flat[6:].view(3, 2)
        scores = torch.softmax((tokens @ q) @ (tokens @ k).T, dim=1)
        return (scores @ tokens - target).square().sum()

    zero = torch.zeros(12, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(loss(zero), zero)
    hessian = torch.autograd.functional.hessian(loss, zero.detach())
    assert slope.abs().max() < 1e-12
    values = torch.linalg.eigvalsh(hessian)
    assert values[0] < -0.1 and values[-1] > 0.1


# Lesson 3


@pytest.mark.claims("S1-9")
def test_sigmoid_with_the_cross_entropy_keeps_its_gradient_where_the_squared_error_loses_it():
    for label in (0.0, 1.0):
        z = torch.tensor([-20.0, -1.0, 0.0, 3.0, 20.0], requires_grad=True)
        wanted = torch.full_like(z, label)
        binary_cross_entropy_with_logits(z, wanted, reduction="sum").backward()
        torch.testing.assert_close(z.grad, z.detach().sigmoid() - label)  # p - y, however far
    squared = torch.tensor([-20.0], requires_grad=True)
    (squared.sigmoid() - 1).square().sum().backward()
    assert squared.grad.abs() < 1e-8
    assert mean_field.chi("sigmoid", 1.0, mean_field.fixed_point("sigmoid", 1.0, 0.0)) < 0.1


def layer_factors(n_in: int, n_out: int, variance: float) -> tuple[float, float]:
    """Mean square of what comes out over what goes in, forward and back, over many layers."""
    w = normal(max(1, 400_000 // (n_in * n_out)), n_out, n_in, seed=n_in + n_out) * variance**0.5
    forward = (w @ torch.ones(n_in).double()).square().mean()
    return forward.item(), (w.mT @ torch.ones(n_out).double()).square().mean().item()


@pytest.mark.claims("S1-13")
def test_another_variance_does_what_the_sentence_on_xavier_asks_and_xavier_does_not():
    for n_in in (10, 1000):
        forward, _ = layer_factors(n_in, 50, 1 / (n_in * 50))
        assert forward == pytest.approx(1 / 50, rel=0.1)  # free of the inputs
    for n_out in (10, 50):
        _, backward = layer_factors(1000, n_out, 1 / (1000 * n_out))
        assert backward == pytest.approx(1 / 1000, rel=0.15)  # free of the outputs
    xavier = [layer_factors(n, 50, 2 / (n + 50))[0] for n in (10, 1000)]
    assert xavier[1] > 4 * xavier[0]


@pytest.mark.claims("S1-1r", "S1-7")
@pytest.mark.parametrize(("n_in", "n_out"), [(1000, 1000), (100, 100), (1000, 100)])
def test_what_counts_is_the_variance_times_the_fan_not_the_size_of_the_weights(n_in, n_out):
    forward, backward = layer_factors(n_in, n_out, 0.03**2)
    assert forward == pytest.approx(n_in * 0.03**2, rel=0.3)
    assert backward == pytest.approx(n_out * 0.03**2, rel=0.3)


@pytest.mark.claims("S1-2a")
def test_xavier_needs_a_slope_of_one_at_zero_and_not_tanh():
    for name in ("linear", "tanh"):
        assert mean_field.chi(name, 1.0, 1e-12) == pytest.approx(1, rel=1e-6)
    assert mean_field.chi("sigmoid", 1.0, 1e-12) == pytest.approx(1 / 16, rel=1e-6)
    assert mean_field.chi("relu", 1.0, 1.0) == pytest.approx(1 / 2, rel=1e-6)
    # Below scale 1 tanh decays exponentially, at 1 only like 1/(2l).
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    lengths = {}
    for scale in (0.9, 1.0):
        q = [1.0]
        for _ in range(60):
            squares = np.tanh(math.sqrt(q[-1]) * nodes) ** 2
            q.append(scale**2 * float(weights @ squares / weights.sum()))
        lengths[scale] = q
    assert math.log(lengths[0.9][59] / lengths[0.9][60]) == pytest.approx(-math.log(0.81), rel=0.05)
    assert 2 * 60 * lengths[1.0][60] == pytest.approx(1, abs=0.06)


@pytest.mark.claims("S1-2b")
@pytest.mark.parametrize("depth", [2, 30])
def test_he_matters_for_relu_by_depth(depth):
    kept = {}
    for name, scale in (("He", math.sqrt(2)), ("Xavier", 1.0)):
        forward, _ = propagate(
            [300] * (depth + 1),
            sigma_w=[scale],
            nonlinearity="relu",
            batch=8,
            generator=seeded(),
            dtype=torch.float64,
        )
        kept[name] = (forward[0, -1] / forward[0, 0]).item()
    assert kept["Xavier"] == pytest.approx(kept["He"] * 2.0 ** -(depth - 1), rel=1e-6)
    assert (kept["Xavier"] > 0.2) == (depth == 2)


def trained(depth: int, scale: float, rate: float, steps: int) -> torch.Tensor:
    """Final losses of six ReLU networks, started with variance scale²/fan_in."""
    g = seeded(1)
    h0 = torch.randn(6, 32, 4, generator=g)
    target = torch.sin(2 * h0[..., 0]) * h0[..., 1]
    target = (target - target.mean(1, keepdim=True)) / target.std(1, keepdim=True)
    sizes = [4, *[16] * (depth - 1), 1]
    scales = [scale] * (depth - 1) + [1.0]  # the output is linear
    weights = [
        (torch.randn(6, a, b, generator=g) * s / a**0.5).requires_grad_()
        for a, b, s in zip(sizes, sizes[1:], scales, strict=False)
    ]
    for _ in range(steps):
        h = h0
        for w in weights[:-1]:
            h = torch.relu(h @ w)
        loss = ((h @ weights[-1])[..., 0] - target).square().mean(1)
        slopes = torch.autograd.grad(loss.sum(), weights)
        with torch.no_grad():
            for w, slope in zip(weights, slopes, strict=True):
                w -= rate * slope
    return loss.detach()


@pytest.mark.claims("S1-2b")
def test_thirty_relu_layers_train_from_he_and_not_from_xavier_and_two_train_from_both():
    he, xavier, rates = math.sqrt(2), 1.0, (0.03, 0.1, 0.3, 1.0)
    # Both at the same rates and for as long; medians of six networks, at the best rate.
    deep = [
        min(trained(30, scale, rate, 160).nan_to_num(9.0).median() for rate in rates)
        for scale in (he, xavier)
    ]
    assert deep[0] < 0.75 < 0.95 < deep[1]
    shallow = [
        min(trained(2, scale, rate, 100).nan_to_num(9.0).median() for rate in (0.03, 0.1, 0.3))
        for scale in (he, xavier)
    ]
    assert shallow[0] == pytest.approx(shallow[1], rel=0.25) and max(shallow) < 0.3


# Lesson 4


@pytest.mark.claims("S1-5g")
@pytest.mark.parametrize("kappa", [1.01, 1e6])
def test_a_condition_number_is_the_growth_of_a_relative_error(kappa):
    a = torch.diag(torch.tensor([1, 1 / kappa], dtype=torch.float64))
    b = torch.tensor([1.0, 0]).double()
    error = torch.tensor([0, 1e-9]).double()
    x, changed = torch.linalg.solve(a, b), torch.linalg.solve(a, b + error)
    growth = ((changed - x).norm() / x.norm()) / (error.norm() / b.norm())
    assert growth.item() == pytest.approx(kappa, rel=1e-6)
    assert condition_number(a) == pytest.approx(kappa, rel=1e-9)


@pytest.mark.claims("S1-5g")
def test_near_one_is_not_near_enough_in_depth():
    layer = torch.diag(torch.tensor([1.1, 1.0], dtype=torch.float64))
    assert condition_number(layer) < 1.11
    assert condition_number(torch.linalg.matrix_power(layer, 100)) == pytest.approx(1.1**100)
    turn = torch.linalg.qr(normal(4, 4)).Q
    assert condition_number(torch.linalg.matrix_power(turn, 100)) == pytest.approx(1, abs=1e-9)


@pytest.mark.claims("S1-5a", "S1-5b")
def test_the_norm_is_the_largest_eigenvalue_exactly_if_no_negative_one_is_larger():
    largest = lambda m: torch.linalg.eigvalsh(m)[-1]  # noqa: E731
    for seed in range(200):
        a, b = (m + m.T for m in normal(2, 3, 3, seed=seed))
        norms = [torch.linalg.matrix_norm(m, 2) for m in (a, b)]
        assert torch.linalg.matrix_norm(a @ b, 2) <= norms[0] * norms[1] * (1 + 1e-9)
        values = torch.linalg.eigvalsh(a)
        torch.testing.assert_close(norms[0], values.abs().max())
        assert torch.isclose(norms[0], values[-1]).item() == (values[-1] >= -values[0]).item()
    kept, broken = torch.diag(torch.tensor([2.0, -1])), torch.diag(torch.tensor([1.0, -2]))
    assert torch.linalg.matrix_norm(kept, 2) ** 2 == largest(kept) ** 2
    assert torch.linalg.matrix_norm(broken, 2) ** 2 == 4 > largest(broken) ** 2 == 1


@pytest.mark.claims("S0-3b")
@pytest.mark.parametrize(
    ("shape", "always"),
    [((6, 4, 3), True), ((3, 4, 6), True), ((6, 4, 6), False), ((2, 6, 2), False)],
)
def test_the_lower_bound_for_rectangular_layers_holds_where_widths_are_monotone(shape, always):
    m, k, n = shape
    a, b = normal(300, m, k, seed=1), normal(300, k, n, seed=2)
    least = [torch.linalg.svdvals(part)[:, -1] for part in (a, b, a @ b)]
    held = (least[2] >= least[0] * least[1] * (1 - 1e-9)).double().mean()
    assert (held == 1) == always
    if not always:
        assert held < 0.3


# Lesson 5


@pytest.mark.claims("S2-2d")
@pytest.mark.parametrize("output", ["linear", "nonlinear"])
def test_all_three_slopes_hold_for_any_nonlinearity(output):
    a, b, c, x, t = sympy.symbols("a b c x t")
    g = sympy.Function("g")
    s = b * g(a * x) + c * x
    y = g(s) if output == "nonlinear" else s
    outer = g(t).diff(t).subs(t, s) if output == "nonlinear" else 1
    inner = g(t).diff(t).subs(t, a * x)
    expected = {a: outer * b * inner * x, b: outer * g(a * x), c: outer * x}
    for weight, slope in expected.items():
        assert sympy.simplify((y.diff(weight) - slope).doit()) == 0
    if output == "nonlinear":
        assert sympy.simplify(y.diff(c) - x) != 0  # it is x for a linear output alone
        assert skip_gradient([0.4, -0.7, 20.0], 1.5, "tanh", "nonlinear")[1][2] < 1e-9


@pytest.mark.claims("S2-2b")
def test_only_with_one_hidden_layer_are_all_pairs_of_layers_wired():
    widths = [10, 20, 15, 5]
    pairs = sum(a * b for i, a in enumerate(widths) for b in widths[i + 1 :])
    assert skip_weight_count(widths) < pairs
    assert skip_weight_count([3, 4, 2]) == 3 * 4 + 4 * 2 + 3 * 2


@pytest.mark.claims("S2-2a")
def test_the_loss_decides_what_an_outlier_does_and_a_squashed_output_caps_what_is_reached():
    targets = torch.tensor([0.0, 0, 0, 0, 100])
    tried = torch.linspace(-5, 105, 2201)
    best = {}
    for loss in ("mse_loss", "l1_loss", "huber_loss"):
        measure = getattr(nn.functional, loss)
        risks = torch.stack([measure(c.expand(5), targets) for c in tried])
        best[loss] = round(tried[risks.argmin()].item(), 2)
    assert best == {"mse_loss": 20, "l1_loss": 0, "huber_loss": 0.25}
    z = torch.linspace(-30, 30, 100)
    assert nn.functional.softplus(z).min() > 0 and z.exp().min() > 0
    far = torch.tensor([15.0, 20, 25])
    assert ((torch.tanh(z)[:, None] - far).square().mean(1) >= 14**2).all()


@pytest.mark.claims("S2-2c")
def test_a_linear_path_alone_loses_little_with_ten_inputs_and_all_with_four_hundred():
    x, y = load_diabetes(return_X_y=True)
    many = np.random.default_rng(0).normal(size=(len(y), 400))
    lost, wide = [], []
    for split in range(8):
        order = np.random.default_rng(split).permutation(len(y))
        learn, rest = order[:300], order[300:]
        found = LinearRegression().fit(x[learn], y[learn])
        lost.append(found.score(x[learn], y[learn]) - found.score(x[rest], y[rest]))
        found = LinearRegression().fit(many[learn], y[learn])
        wide.append([found.score(many[part], y[part]) for part in (learn, rest)])
    assert min(lost) > -0.05 and np.median(lost) < 0.12 and max(lost) < 0.25
    assert np.min(wide, axis=0)[0] > 0.99 and np.max(wide, axis=0)[1] < 0


@pytest.mark.claims("S2-2c")
@pytest.mark.parametrize(
    ("inputs", "count", "width", "steps"), [(10, 300, 8, 600), (190, 200, 1, 1000)]
)
def test_a_skip_makes_a_network_overfit_with_many_inputs_and_not_with_few(
    inputs, count, width, steps
):
    """A tanh layer with the linear path, and with its weights held at 0; six draws."""
    gains = []
    for draw in range(6):
        x = normal(2 * count, inputs, seed=draw)
        y = torch.tanh(x[:, :2].sum(1)) + 0.7 * normal(2 * count, seed=100 + draw)
        held_out = {}
        for skipping in (True, False):
            with torch.random.fork_rng():
                torch.manual_seed(draw)
                network = SkipLayerNetwork([inputs, width, 1]).double()
            skips = [p for name, p in network.named_parameters() if "skip" in name]
            if not skipping:
                for parameter in skips:
                    nn.init.zeros_(parameter).requires_grad_(False)
            trainable = [p for p in network.parameters() if p.requires_grad]
            adam = torch.optim.Adam(trainable, lr=0.02)
            for _ in range(steps):
                adam.zero_grad()
                (network(x[:count])[:, 0] - y[:count]).square().mean().backward()
                adam.step()
            rest = (network(x[count:])[:, 0] - y[count:]).square().mean().item()
            held_out[skipping] = rest
        gains.append(held_out[True] / held_out[False])
    assert np.median(gains) > 1.25 if inputs > 100 else 0.9 < np.median(gains) < 1.1


@pytest.mark.claims("S2-2c")
def test_decay_of_the_deep_path_lowers_the_loss_on_others():
    x = normal(200, 3)
    y = x @ torch.tensor([1.0, -1, 0.5]).double() + 0.5 * normal(200, seed=5)
    ends = {}
    for decay in (0.0, 0.3):
        torch_state = torch.random.get_rng_state()
        torch.manual_seed(0)
        network = SkipLayerNetwork([3, 60, 1]).double()
        torch.random.set_rng_state(torch_state)
        skip = [p for name, p in network.named_parameters() if "skip" in name]
        deep = [p for name, p in network.named_parameters() if "skip" not in name]
        assert skip and deep
        groups = [{"params": skip}, {"params": deep, "weight_decay": decay}]
        adam = torch.optim.AdamW(groups, lr=0.01, weight_decay=0.0)
        for _ in range(1500):
            adam.zero_grad()
            (network(x[:60])[:, 0] - y[:60]).square().mean().backward()
            adam.step()
        ends[decay] = (network(x[60:])[:, 0] - y[60:]).square().mean().item()
    assert ends[0.3] < 0.9 * ends[0.0]


# Lesson 6


@pytest.mark.claims("S0-4")
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_lars_and_lamb_ignore_the_gradients_scale_and_clipping_only_bounds_it(factor):
    def moved(build, clip=False):
        lengths = []
        for scale in (1.0, factor):
            w = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
            w.grad = scale * torch.tensor([0.6, 0.8], dtype=torch.float64)
            if clip:
                nn.utils.clip_grad_norm_([w], 1.0)
            build([w]).step()
            lengths.append((w.detach() - torch.tensor([3.0, 4.0]).double()).norm().item())
        return lengths[1] / lengths[0]

    assert moved(lambda p: LARS(p, lr=0.1)) == pytest.approx(1, rel=1e-6)
    assert moved(lambda p: LAMB(p, lr=0.1, eps=0.0)) == pytest.approx(1, rel=1e-6)
    assert moved(lambda p: torch.optim.SGD(p, lr=0.1)) == pytest.approx(factor, rel=1e-6)
    clipped = moved(lambda p: torch.optim.SGD(p, lr=0.1), clip=True)
    assert clipped == pytest.approx(1 if factor > 1 else factor, rel=1e-5)


@pytest.mark.claims("S0-4")
def test_a_dead_unit_stays_dead_under_layerwise_rates():
    for build in (LARS, LAMB):
        w = torch.tensor([[3.0, 4.0], [1.0, 2.0]], requires_grad=True)
        w.grad = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
        before = w.detach().clone()
        build([w], lr=0.1).step()
        assert torch.equal(w[0], before[0]) and not torch.equal(w[1], before[1])


@pytest.mark.claims("S1-6")
@pytest.mark.parametrize(("angle", "share"), [(0.0, 1.0), (0.5, 0.5**0.5), (1.0, 0.0)])
def test_with_decay_the_relative_step_of_lars_depends_on_the_direction(angle, share):
    """‖g‖ = β‖w‖: along w the step is the full share, across it less, against it none."""
    w = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    turn = math.pi * angle
    rotation = torch.tensor([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    w.grad = 0.1 * rotation.double() @ w.detach()
    before = w.detach().clone()
    LARS([w], lr=1.0, trust_coefficient=0.01, weight_decay=0.1, momentum=0.0).step()
    relative = ((w.detach() - before).norm() / before.norm()).item()
    assert relative == pytest.approx(0.01 * share, abs=1e-9)


# Lesson 9


@pytest.mark.claims("S3-3d")
def test_by_person_the_sheets_nine_of_eighteen_are_above_chance_too():
    """Labels shuffled within each of three people of six faces, against fixed answers."""
    rows = ["200100", "101010", "002010", "200010", "000030", "000012"]
    answers = [[k for k, count in enumerate(row) for _ in range(int(count))] for row in rows]
    # One face of each expression a person, as the sheet's counts allow; any such deal will do.
    people = np.array(answers).T
    shuffles = np.random.default_rng(0).permuted(np.tile(np.arange(6), (20_000, 3, 1)), axis=2)
    agree = (shuffles == people).sum((1, 2))
    assert (people == np.arange(6)).sum() == 9
    assert (agree >= 9).mean() < 0.01 and abs(agree.mean() - 3) < 0.05
    assert stats.binomtest(9, 18, 1 / 6, alternative="greater").pvalue < 0.002
