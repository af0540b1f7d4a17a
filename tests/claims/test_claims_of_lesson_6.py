"""Statements of lesson 6 on Muon, deep gradients and LAMB's limits."""

import pytest
import torch

from trainability.comparisons import failing_network, split_digits
from trainability.optim import LAMB
from trainability.training import NetworkStack

INPUTS, LABELS = (part[:64] for part in split_digits().train)


def gradient_spectra(seed):
    """Relative singular values of layer 11's gradient at the vanishing start."""
    network = failing_network("vanishing", INPUTS, 10, torch.Generator().manual_seed(seed))
    stack = NetworkStack([w[None] for w in network.weights], network.nonlinearity)
    stack.backward(network.inputs, LABELS)
    values = torch.linalg.svdvals(stack.weights[10].grad[0].double())
    return values / values[0], stack.members[0][10]


@pytest.mark.claims("S0-4")
def test_a_handful_of_directions_gets_through_twenty_layers_not_one():
    found = torch.stack([gradient_spectra(seed)[0] for seed in range(20)])
    second, ninth = found[:, 1].median().item(), found[:, 8].median().item()
    assert 0.3 < second < 0.8  # far from rank one
    assert 0.001 < ninth < 0.01
    products = []
    for seed in range(20):
        generator, product = torch.Generator().manual_seed(seed), torch.eye(32).double()
        for _ in range(20):
            product = torch.randn(32, 32, generator=generator).double() / 32**0.5 @ product
        values = torch.linalg.svdvals(product)
        products.append((values / values[0])[[1, 8]])
    second, ninth = torch.stack(products).median(dim=0).values.tolist()
    assert 0.3 < second < 0.7 and 0.005 < ninth < 0.03


def test_muon_lifts_singular_values_above_a_few_thousandths_and_no_others():
    turn = torch.linalg.qr(torch.randn(32, 32, generator=torch.Generator().manual_seed(0))).Q
    gains = {}
    for share in (1.0, 0.1, 0.01, 0.005, 1e-3, 1e-4):
        values = torch.zeros(32)
        values[0], values[1] = 1.0, share
        weight = torch.nn.Parameter(torch.zeros(32, 32))
        weight.grad = (turn * values) @ turn.T
        torch.optim.Muon([weight], lr=1.0, weight_decay=0.0).step()
        gains[share] = -(turn[:, 1] @ weight.detach() @ turn[:, 1]).item()
    print(gains)
    assert all(0.6 < gain < 1.3 for share, gain in gains.items() if share >= 0.005)
    assert gains[1e-3] < 0.7 and gains[1e-4] < 0.1  # "every singular value becomes about 1"
    shares, weight = gradient_spectra(0)
    before = weight.detach().clone()
    torch.optim.Muon([weight], lr=1.0, weight_decay=0.0).step()
    moved = torch.linalg.svdvals((before - weight.detach()).double())
    assert shares[16] < 1e-7 and moved[16] < 0.3 and moved[31] < 0.02


def test_an_entry_above_the_root_of_the_largest_number_stops_lamb_in_its_first_steps():
    def moves(ordinary, spike):
        generator = torch.Generator().manual_seed(0)
        weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
        optimizer = LAMB([weight], lr=0.001)
        for _ in range(ordinary):
            weight.grad = torch.randn(2, generator=generator)
            optimizer.step()
        before, weight.grad = weight[0].item(), torch.tensor([spike, 1.0])
        optimizer.step()
        return weight[0].item() != before

    assert moves(0, 1.7e19) and not moves(0, 2e19)
    assert moves(300, 1e20) and not moves(300, 7e20)
