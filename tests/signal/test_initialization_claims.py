"""Claims of lesson 3 that need a network trained or a stack run, beside those of the theory."""

import math

import pytest
import torch
from torch import nn

from trainability.signal import propagate


def unit_below_zero() -> tuple[torch.Tensor, nn.Linear]:
    """Return inputs, and a unit whose preactivation is at most -1 on every one of them."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 5, generator=generator, dtype=torch.float64)
    unit = nn.Linear(5, 1, dtype=torch.float64)
    with torch.no_grad():
        unit.weight.fill_(1.0)
        unit.bias.fill_(-1.0 - x.sum(dim=1).max().item())
    return x, unit


def trained(function, steps: int = 500) -> tuple[list[float], float, float]:
    """Train the unit to answer 1; return its gradients' norms, how far it moved, its largest z."""
    x, unit = unit_below_zero()
    assert unit(x).max() <= -1 + 1e-9
    before = [parameter.detach().clone() for parameter in unit.parameters()]
    optimizer, norms = torch.optim.SGD(unit.parameters(), lr=1.0), []
    for _ in range(steps):
        optimizer.zero_grad()
        (function(unit(x)) - 1).square().mean().backward()
        slopes = [p.grad for p in unit.parameters() if p.grad is not None]
        norms.append(float(sum(slope.norm().item() for slope in slopes)))
        optimizer.step()
    moved = sum((p - b).norm().item() for p, b in zip(unit.parameters(), before, strict=True))
    return norms, moved, unit(x).max().item()


@pytest.mark.claims("S1-8b")
def test_a_relu_unit_below_zero_on_all_data_is_dead_for_good_where_tanh_and_sigmoid_recover():
    norms, moved, largest = trained(torch.relu)
    assert set(norms) == {0.0} and moved == 0.0  # products with a slope of 0, so no rounding
    assert largest < 0
    for function in (torch.tanh, torch.sigmoid):
        norms, moved, largest = trained(function)
        assert min(norms) > 0 and norms[0] > 1e-3
        assert moved > 1 and largest > 0


@pytest.mark.claims("S1-8b")
def test_relu_is_the_more_stable_in_depth_at_hes_variance_and_at_no_other():
    def reached(nonlinearity: str, scales: list[float]) -> list[float]:
        _, gradient = propagate(
            [200] * 51,
            sigma_w=scales,
            nonlinearity=nonlinearity,
            batch=16,
            generator=torch.Generator().manual_seed(0),
            dtype=torch.float64,
        )
        return (gradient[:, 0] / gradient[:, -1]).tolist()

    he, xavier, twice = reached("relu", [math.sqrt(2), 1.0, 2.0])
    assert 0.1 < he < 10
    # Elsewhere ReLU is not stable: it is homogeneous, and 49 layers raise the factor to 49.
    assert xavier / he == pytest.approx(0.5**49, rel=1e-9)
    assert twice / he == pytest.approx(2.0**49, rel=1e-9)
    assert max(reached("sigmoid", [0.5, 1.0, math.sqrt(2), 2.0, 4.0, 6.0])) < 1e-6
