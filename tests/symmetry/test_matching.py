"""Units matched across networks, and the way between two: against brute force and arithmetic."""

from itertools import permutations

import pytest
import torch

from trainability.symmetry import interpolate, loss_barrier, match_units
from trainability.training import outputs


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network(seed: int, units: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    return normal(units, 3, seed=seed), normal(2, units, seed=seed + 100)


def distance(first, second) -> float:
    return sum((a - b).square().sum().item() for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_no_order_of_the_units_brings_two_networks_nearer_than_matching_does(seed):
    first, (w_in, w_out) = network(seed), network(seed + 10)
    orders = [list(order) for order in permutations(range(5))]
    least = min(distance(first, (w_in[order], w_out[:, order])) for order in orders)
    matched = match_units(*first, w_in, w_out)
    assert distance(first, matched) == pytest.approx(least)
    assert distance(first, (w_in, w_out)) > least


@pytest.mark.parametrize("seed", range(5))
def test_a_shuffled_copy_is_put_back_in_order_and_computes_the_same_on_the_way(seed):
    w_in, w_out = network(seed)
    order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
    shuffled = w_in[order], w_out[:, order]
    matched = match_units(w_in, w_out, *shuffled)
    assert torch.equal(matched[0], w_in) and torch.equal(matched[1], w_out)
    x = normal(20, 3, seed=1)
    torch.testing.assert_close(outputs(x, *shuffled), outputs(x, *matched))


def test_networks_of_different_shapes_are_not_matched():
    with pytest.raises(ValueError, match="one shape"):
        match_units(*network(0), *network(1, units=6))
    w_in, w_out = network(1)
    with pytest.raises(ValueError, match="one shape"):
        match_units(*network(0), w_in[:, :2], w_out)


def test_the_way_begins_at_the_first_network_and_ends_at_the_second():
    first, second = network(0), network(1)
    way = interpolate(first, second, torch.tensor([0.0, 0.25, 1.0]).double())
    for part, a, b in zip(way, first, second, strict=True):
        assert part.shape == (3, *a.shape)
        torch.testing.assert_close(part, torch.stack([a, 0.75 * a + 0.25 * b, b]))
    with pytest.raises(ValueError, match="shorter"):
        interpolate(first, second[:1], torch.tensor([0.5]))


def test_a_barrier_is_measured_from_the_line_between_the_ends():
    steep = torch.tensor([0.0, 1.0, 2.0, 3.0])
    assert loss_barrier(steep) < 1e-6  # it rises, but not above the line
    assert loss_barrier(steep.square()) < 1e-6  # it sags
    bump = torch.tensor([0.0, 0.0, 5.0, 0.0])
    both = loss_barrier(torch.stack([steep, steep + bump]))
    torch.testing.assert_close(both, bump[[0, 2]], rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="two places"):
        loss_barrier(torch.ones(3, 1))
