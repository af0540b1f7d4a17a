"""Skip-layer networks: their weights, their gradient by hand, and the slopes of deep ones."""

import math
import re

import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from trainability.skip import (
    SkipLayerNetwork,
    gradient_cosine_after_step,
    skip_gradient,
    skip_weight_count,
    slope_along_a_line,
    slope_correlation,
    switched_share,
)

numbers = st.floats(-3, 3).map(lambda number: round(number, 6))
FUNCTIONS = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "linear": lambda z: z,
    torch.sin: torch.sin,
}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.claims("S2-2b")
@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_the_number_of_weights_is_that_of_a_network_built(widths):
    network = SkipLayerNetwork(widths)
    matrices = [p for p in network.parameters() if p.ndim == 2]
    assert skip_weight_count(widths) == sum(p.numel() for p in matrices)


@pytest.mark.claims("S2-2b")
def test_the_counts_of_the_sheet_and_the_redundant_single_layer():
    assert skip_weight_count([10, 20, 15, 5]) == 625 == 575 + 50
    assert skip_weight_count((7, 5, 4, 3)) == 88
    assert skip_weight_count([10, 5]) == 2 * 50
    every_pair = sum(a * b for j, b in enumerate([10, 20, 15, 5]) for a in [10, 20, 15, 5][:j])
    assert every_pair == 875  # another network


@pytest.mark.parametrize(
    ("widths", "error"),
    [([3], ValueError), ([3, 0], ValueError), ("35", TypeError), (5, TypeError)],
)
def test_widths_that_make_no_network_are_refused(widths, error):
    for build in (skip_weight_count, SkipLayerNetwork):
        with pytest.raises(error, match="widths"):
            build(widths)


@pytest.mark.claims("S2-2d")
@pytest.mark.parametrize("output", ["linear", "nonlinear"])
@pytest.mark.parametrize("g", FUNCTIONS)
@given(w=st.tuples(numbers, numbers, numbers), x=numbers)
@settings(deadline=None, max_examples=40)
def test_the_gradient_by_hand_is_autograds(g, output, w, x):
    y, gradient = skip_gradient(list(w), x, g, output)
    leaf, function = torch.tensor(w, dtype=torch.float64, requires_grad=True), FUNCTIONS[g]
    s = leaf[1] * function(leaf[0] * x) + leaf[2] * x
    expected = function(s) if output == "nonlinear" else s
    expected.backward()
    torch.testing.assert_close(y, expected.detach())
    torch.testing.assert_close(gradient, leaf.grad)
    assert y.shape == () and gradient.shape == (3,)


@pytest.mark.claims("S2-2d")
def test_the_gradient_has_the_sheets_numbers_and_holds_for_any_nonlinearity():
    w = torch.tensor([0.4, -0.7, 0.2], dtype=torch.float64)
    y, gradient = skip_gradient(w, 1.5, "tanh", output="nonlinear")
    assert y.item() == pytest.approx(-0.0757891, abs=1e-7)
    assert gradient.tolist() == pytest.approx([-0.742865, 0.533965, 1.491384], abs=1e-6)
    _, gradient = skip_gradient(w, 1.5, "tanh")
    assert gradient.tolist() == pytest.approx([-0.747157, 0.537050, 1.5], abs=1e-6)
    a, b, c, x = sympy.symbols("a b c x")
    g = sympy.Function("g")
    s = b * g(a * x) + c * x
    prime = g(a * x).diff(a) / x
    assert sympy.simplify(s.diff(a) - b * prime * x) == 0
    assert s.diff(b) == g(a * x) and s.diff(c) == x


def test_types_are_kept_and_plain_numbers_are_taken_as_they_are_written():
    single = torch.tensor([0.4, -0.7, 0.2])
    assert skip_gradient(single, 1.5, "tanh")[1].dtype == torch.float32
    assert skip_gradient([0.4, -0.7, 0.2], 1.5, "tanh")[0].item() == pytest.approx(
        -0.7 * math.tanh(0.6) + 0.3, abs=1e-15
    )
    assert skip_gradient(torch.tensor([1, 2, 3]), torch.tensor([2]), "linear")[0].item() == 10
    before = single.clone()
    skip_gradient(single, 1.5, "relu", "nonlinear")
    assert torch.equal(single, before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1, 2], 1.0, "tanh"), ValueError, "w has shape (2,); it must hold 3 number(s)"),
        (([1, 2, math.nan], 1.0, "tanh"), ValueError, "w holds inf or nan"),
        (("abc", 1.0, "tanh"), TypeError, "w='abc' must hold 3 number(s)"),
        (([1, 2, 3], [1, 2], "tanh"), ValueError, "x has shape (2,)"),
        (([1, 2, 3], 1.0, "selu"), ValueError, "nonlinearity='selu' is unknown"),
        (([1, 2, 3], 1.0, "tanh", "softmax"), ValueError, "output='softmax' is unknown"),
    ],
)
def test_wrong_arguments_of_the_gradient_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        skip_gradient(*arguments)


@pytest.mark.claims("S2-2a")
def test_a_linear_output_reaches_every_number_and_a_squashed_one_does_not():
    x = torch.linspace(-1e3, 1e3, 50)[:, None]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        linear = SkipLayerNetwork([1, 4, 1])
        squashed = SkipLayerNetwork([1, 4, 1], output="nonlinear")
        loose = SkipLayerNetwork([1, 4, 1], nonlinearity="sigmoid", output="nonlinear")
    assert squashed(x).abs().max() <= 1 and loose(x).min() >= 0
    assert linear(x).abs().max() > 1
    # With the squared loss a linear output learns targets far outside of ±1.
    target = 5 * torch.sin(torch.linspace(-2, 2, 50))[:, None] + 20
    optimizer = torch.optim.Adam(linear.parameters(), lr=0.1)
    for _ in range(500):
        optimizer.zero_grad()
        nn.functional.mse_loss(linear(x / 1e3), target).backward()
        optimizer.step()
    assert nn.functional.mse_loss(linear(x / 1e3), target) < 1


def test_a_network_is_the_sum_of_its_paths_and_trains_in_every_part():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = SkipLayerNetwork([3, 5, 4, 2], nonlinearity="relu").double()
    x = torch.randn(7, 3, generator=seeded(), dtype=torch.float64)
    layers = network.layers
    deep = layers[2](torch.relu(layers[1](torch.relu(layers[0](x)))))
    torch.testing.assert_close(network(x), deep + x @ network.skip.weight.T)
    torch.testing.assert_close(network.deep(x), deep)
    network(x).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
    copy = SkipLayerNetwork([3, 5, 4, 2], nonlinearity="relu").double()
    copy.load_state_dict(network.state_dict())
    torch.testing.assert_close(copy(x), network(x))
    with pytest.raises(ValueError, match="output='tanh' is unknown"):
        SkipLayerNetwork([3, 1], output="tanh")


@pytest.mark.claims("S2-2c")
def test_the_skip_path_learns_where_the_deep_one_is_starved_and_is_redundant_where_it_is_not():
    x = torch.randn(100, 4, generator=seeded(), dtype=torch.float64)
    target = x @ torch.tensor([[1.0], [-1.0], [0.5], [0.0]]).double()

    def learned(skip: bool) -> float:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = SkipLayerNetwork([4, 8, 8, 8, 8, 1], nonlinearity="sigmoid").double()
        if not skip:
            nn.init.zeros_(network.skip.weight)
            network.skip.weight.requires_grad_(False)
        parts = [p for p in network.parameters() if p.requires_grad]
        optimizer = torch.optim.SGD(parts, lr=0.1)
        for _ in range(200):
            optimizer.zero_grad()
            nn.functional.mse_loss(network(x), target).backward()
            optimizer.step()
        return 1 - nn.functional.mse_loss(network(x), target).item() / target.var().item()

    assert learned(True) > 0.95 and learned(False) < 0.1
    # Redundant: with linear units the deep path undoes whatever the skip does.
    network = SkipLayerNetwork([4, 4, 1], nonlinearity="linear").double()
    before = network(x).detach()
    with torch.no_grad():
        shift = torch.randn(1, 4, generator=seeded(1), dtype=torch.float64)
        network.skip.weight += shift
        undo = torch.linalg.solve(network.layers[0].weight.T, shift.T).T
        network.layers[1].weight -= undo
        network.layers[1].bias += undo @ network.layers[0].bias
    torch.testing.assert_close(network(x).detach(), before, atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize("scale", [None, 1.0, 0.1])
@pytest.mark.parametrize("depth", [1, 6])
def test_the_slope_along_a_line_is_autograds(scale, depth):
    x = torch.linspace(-2, 2, 37, dtype=torch.float64).requires_grad_()
    options = {"depth": depth, "width": 20, "branch_scale": scale}
    with torch.no_grad():
        output, slope = slope_along_a_line(x, **options, generator=seeded())
    generator = seeded()

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    h = torch.stack([x, torch.ones_like(x)], dim=1) @ normal(20, 2).T
    for _ in range(depth):
        branch = h.relu() @ (normal(20, 20) * 0.1**0.5).T
        h = branch if scale is None else h + scale * branch
    expected = h @ (normal(20) / 20**0.5)
    torch.testing.assert_close(output, expected.detach())
    torch.testing.assert_close(slope, torch.autograd.grad(expected.sum(), x)[0])


def test_depth_shatters_slopes_and_a_scaled_skip_keeps_them_together():
    x = torch.linspace(-2, 2, 200)

    def alike(depth, scale):
        values = [
            slope_correlation(
                slope_along_a_line(x, depth=depth, branch_scale=scale, generator=seeded(s))[1],
                lag=4,
            )
            for s in range(8)
        ]
        return sum(values) / 8

    shallow, deep, kept = alike(1, None), alike(50, None), alike(50, 50**-0.5)
    assert deep < 0.45 and shallow > 0.8 and kept > 0.8


def test_the_correlation_of_slopes_is_pearsons_and_bad_arguments_are_refused():
    values = torch.randn(50, generator=seeded(), dtype=torch.float64)
    for lag in (1, 7):
        pair = torch.stack([values[:-lag], values[lag:]])
        expected = torch.corrcoef(pair)[0, 1].item()
        assert slope_correlation(values, lag) == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="lag=50 must be below the 50 places"):
        slope_correlation(values, 50)
    with pytest.raises(TypeError, match="x must be a floating tensor"):
        slope_along_a_line(torch.arange(3), depth=1, generator=seeded())
    with pytest.raises(ValueError, match="depth=0"):
        slope_along_a_line(torch.ones(3), depth=0, generator=seeded())


def test_a_generator_draws_the_start_and_torchs_own_is_left_alone():
    def network(seed: int) -> SkipLayerNetwork:
        return SkipLayerNetwork([3, 40, 2], generator=torch.Generator().manual_seed(seed))

    state = torch.random.get_rng_state()
    first, again, other = network(0), network(0), network(1)
    assert torch.equal(state, torch.random.get_rng_state())
    for one, same, third in zip(*(n.parameters() for n in (first, again, other)), strict=True):
        assert torch.equal(one, same) and not torch.equal(one, third)
    assert first.layers[1].weight.abs().max() <= 40**-0.5 < 1.1 * first.layers[1].weight.max()


def test_the_share_of_units_that_switch_is_that_of_the_network_whose_slope_is_drawn():
    x = torch.linspace(-2, 2, 21)
    shares = switched_share(x, 3, depth=4, width=7, generator=seeded())
    generator = seeded()
    entry = torch.randn(7, 2, generator=generator)
    h = [[w * place + b for w, b in entry.tolist()] for place in x.tolist()]
    for share in shares.tolist():
        pairs = [(a > 0) != (b > 0) for k in range(18) for a, b in zip(h[k], h[k + 3], strict=True)]
        assert share == pytest.approx(sum(pairs) / len(pairs))
        weight = (torch.randn(7, 7, generator=generator) * (2 / 7) ** 0.5).tolist()
        positive = [[max(unit, 0) for unit in row] for row in h]
        h = [[sum(a * b for a, b in zip(w, row, strict=True)) for w in weight] for row in positive]


def test_a_lag_beyond_the_line_is_named():
    with pytest.raises(ValueError, match="lag=5 must be below the 5 places"):
        switched_share(torch.linspace(0, 1, 5), 5, depth=1, generator=seeded())


def test_the_gradient_of_one_linear_layer_stays_along_any_step():
    one = gradient_cosine_after_step(depth=1, relative_step=0.5, generator=seeded())
    assert one == pytest.approx(1, abs=1e-5)
    still = gradient_cosine_after_step(depth=30, relative_step=0.0, generator=seeded())
    assert still == pytest.approx(1, abs=1e-5)


def test_without_a_scaled_skip_the_gradient_turns_within_a_small_step():
    def middle(scale):
        cosines = [
            gradient_cosine_after_step(depth=50, branch_scale=scale, generator=seeded(draw))
            for draw in range(5)
        ]
        return sorted(cosines)[2]

    assert middle(None) < 0.5 and middle(50**-0.5) > 0.95
