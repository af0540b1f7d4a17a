"""Tests of the corrected statements of lessons 3 and 4 (to be moved to the files named)."""

import math

import numpy as np
import pytest
import torch

from trainability import mean_field
from trainability.conditioning import log_singular_values
from trainability.signal import layer_activations, propagate, propagate_wide


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# item 3 -> tests/signal/test_initialization_claims.py
def way_back(loss: str, nonlinearity, gain: float, seed: int, depth: int = 25) -> float:
    """The gradient's mean square at the first layer over that at the last, by autograd."""
    generator, layers, width = seeded(seed), [], 200
    signal = torch.randn(8, width, generator=generator)
    for _ in range(depth):
        weight = torch.randn(width, width, generator=generator) * gain / width**0.5
        layers.append((signal @ weight.T).requires_grad_())
        signal = nonlinearity(layers[-1])
    readout = torch.randn(width, 10, generator=generator) / width**0.5
    labels = torch.randint(10, (8,), generator=generator)
    value = {
        "squared length": lambda: layers[-1].square().sum() / 2,
        "readout": lambda: torch.nn.functional.cross_entropy(signal @ readout, labels),
        "random vector": lambda: (layers[-1] * torch.randn(8, width, generator=generator)).sum(),
    }[loss]()
    first, last = torch.autograd.grad(value, [layers[0], layers[-1]])
    return (first.square().mean() / last.square().mean()).item()


@pytest.mark.claims("S1-1")
@pytest.mark.parametrize(
    ("nonlinearity", "gain"), [(lambda z: z * 1, 1.0), (torch.relu, 2**0.5)], ids=["linear", "relu"]
)
def test_a_gradient_keeps_its_size_if_it_does_not_depend_on_the_weights_it_goes_through(
    nonlinearity, gain
):
    def medians(loss):
        return np.median([way_back(loss, nonlinearity, gain, seed) for seed in range(7)])

    assert 0.4 < medians("random vector") < 2
    assert 0.4 < medians("readout") < 2.5
    assert 12 < medians("squared length") < 50  # about the depth, 25


# item 4 -> tests/conditioning/test_products.py
def test_a_chain_near_the_identity_spreads_like_the_root_of_its_depth_at_first():
    def decades(chain):
        def mean(depth):
            values = log_singular_values(chain[:depth])
            return ((values[:, 0] - values[:, 1]) / math.log(10)).mean().item()

        return np.array([mean(depth) for depth in (1, 4, 16)])

    noise = torch.randn(16, 2000, 2, 2, generator=seeded(0)).double() / 2**0.5
    root = decades(torch.eye(2) + noise / 4)
    assert root[1:] / root[:-1] == pytest.approx([2, 2], rel=0.15)  # a line would have 4
    line = decades(noise)
    assert line[2] - line[1] == pytest.approx(12 * math.log10(2), rel=0.05)


# item 6, 9 -> tests/signal/test_wide_networks.py
def test_a_tanh_network_of_fifty_layers_is_healthy_over_a_range_above_one_and_not_below():
    scales = [0.89, 1.0, 1.3, 1.55, 2.0]
    for draw in range(8):
        options = {"sigma_w": scales, "seed": draw, "batch": 16, "device": "cpu"}
        (_, gradient), _ = propagate_wide(128, 50, **options)
        ratio = (gradient[:, 0] / gradient[:, -1]).sqrt()
        assert ((ratio > 0.01) & (ratio < 100)).tolist() == [False, True, True, True, False]


def test_the_gain_five_thirds_lets_a_gradient_grow_a_hundredfold_over_fifty_layers():
    q = mean_field.fixed_point("tanh", (5 / 3) ** 2, 0.0)
    factor = mean_field.chi("tanh", (5 / 3) ** 2, q) ** 0.5
    assert factor**49 == pytest.approx(106, abs=1)  # fifty layers have 49 between them
    _, gradient = propagate(
        [1000] * 51, sigma_w=5 / 3, batch=4, generator=seeded(0), dtype=torch.float32
    )
    measured = (gradient[10] / gradient[-1]).sqrt() ** (1 / 39)
    assert measured == pytest.approx(factor, rel=0.02)


# item 7 -> tests/mean_field/test_theory.py
def test_at_scale_one_tanh_lets_the_gradient_decay_too_like_one_over_the_depth():
    z = torch.linspace(-8, 8, 2001, dtype=torch.float64)
    weight = torch.exp(-z.square() / 2)
    weight /= weight.sum()
    q, kept, at = 1.0, 1.0, {}
    for layer in range(1, 401):
        kept *= (weight * (1 - torch.tanh(q**0.5 * z).square()).square()).sum().item()
        q = (weight * torch.tanh(q**0.5 * z).square()).sum().item()
        at[layer] = layer * kept
    assert at[100] == pytest.approx(at[400], rel=0.02) and 0.6 < at[400] < 0.8
    _, gradient = propagate([200] * 201, sigma_w=1.0, batch=4, generator=seeded(0))
    assert 0.0005 < gradient[0] / gradient[-1] < 0.02


# item 8 -> tests/mean_field/test_theory.py
@pytest.mark.claims("S1-1")
def test_at_scale_2_8_the_few_units_in_the_middle_carry_the_gradient():
    q = mean_field.fixed_point("tanh", 2.8**2, 0.0)
    assert q**0.5 == pytest.approx(2.30, abs=0.01)
    assert mean_field.chi("tanh", 1.0, q) == pytest.approx(0.224, abs=0.001)
    (values,) = layer_activations([128] * 51, sigma_w=2.8, layers=[50], generator=seeded(0))
    slopes = (1 - values.double().square()).square()
    middle, flat = values.abs() < math.tanh(1), values.abs() > 0.9
    assert 0.4 < flat.double().mean() < 0.6 and 0.28 < middle.double().mean() < 0.4
    assert (slopes * middle).sum() > 0.9 * slopes.sum()
    assert 1.5 < 2.8**2 * slopes.mean() < 2
    # The signal is level, and the gradient of an earlier layer is thousands of times larger.
    signal, gradient = propagate([128] * 51, sigma_w=2.8, batch=4, generator=seeded(0))
    assert signal[49] / signal[40] == pytest.approx(1, rel=0.1)
    assert gradient[10] / gradient[49] > 1e3


# item 10 -> tests/conditioning/test_bounds.py
def squared_singular_values(depth: int, q: float, width: int = 100) -> torch.Tensor:
    """Those of an orthogonal tanh network on its critical line, over their mean."""
    sigma_w2, sigma_b2 = mean_field.critical_line("tanh", q)
    generator = seeded(0)
    z = q**0.5 * torch.randn(width, generator=generator).double()
    jacobian = torch.eye(width).double()
    for _ in range(depth):
        weight = torch.linalg.qr(torch.randn(width, width, generator=generator).double())[0]
        jacobian = sigma_w2**0.5 * weight @ (jacobian * (1 - torch.tanh(z) ** 2)[:, None])
        bias = sigma_b2**0.5 * torch.randn(width, generator=generator).double()
        z = sigma_w2**0.5 * weight @ torch.tanh(z) + bias
    squared = torch.linalg.svdvals(jacobian).square()
    return squared / squared.mean()


def test_a_spread_of_order_one_is_no_isometry_which_takes_a_bracket_far_below_one_over_the_depth():
    for depth, q in ((20, 0.0996), (50, 0.0554)):  # the bracket is 0.79 / depth
        bounded = squared_singular_values(depth, q)
        assert 0.4 < bounded.var() < 1.2 and bounded.max() > 2.5 and bounded.min() < 0.05
    near = squared_singular_values(50, 0.0005)  # the bracket is 1e-4 / 50
    assert near.var() < 1e-3 and near.max() < 1.1 and near.min() > 0.85


# item 13 -> tests/conditioning/test_bounds.py
def test_the_curvature_seen_by_a_first_layer_is_that_of_the_jacobian_behind_it():
    x = torch.randn(50, 4, generator=seeded(0)).double()
    y = torch.randn(50, 3, generator=seeded(2)).double()
    jacobian = torch.randn(3, 5, generator=seeded(1)).double()

    def loss(weight):
        return (x @ weight.view(5, 4).T @ jacobian.T - y).square().sum(dim=1).mean() / 2

    hessian = torch.autograd.functional.hessian(loss, torch.zeros(20).double())
    wanted = torch.kron(jacobian.T @ jacobian, x.T @ x / len(x))
    torch.testing.assert_close(hessian, wanted)
    a, b = torch.linalg.svdvals(jacobian), torch.linalg.svdvals(x) / 50**0.5
    largest = torch.linalg.eigvalsh(hessian)[-1]
    torch.testing.assert_close(largest, (a[0] * b[0]) ** 2)
