"""Full-batch gradient descent and the largest curvature of its loss."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import nn
from torch.autograd import grad

from trainability.symmetry import loss_curvature
from trainability.training import train_two_layer


def a_cubic() -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    return x, 4 * x**3 - 3 * x


def deep_tanh(seed: int) -> nn.Sequential:
    generator, parts, sizes = torch.Generator().manual_seed(seed), [], (1, 20, 20, 20, 1)
    for n_in, n_out in pairwise(sizes):
        layer = nn.Linear(n_in, n_out, bias=False).double()
        nn.init.normal_(layer.weight, std=0.8 / n_in**0.5, generator=generator)
        parts += [layer, nn.Tanh()]
    return nn.Sequential(*parts[:-1])


def sharpness(network: nn.Sequential) -> float:
    """Largest eigenvalue of the Hessian of ½·mean (f(x) − y)², by Lanczos."""
    x, y = a_cubic()
    weights = list(network.parameters())
    loss = (network(x) - y).square().mean() / 2
    slope = torch.cat([g.flatten() for g in grad(loss, weights, create_graph=True)])

    def product(v):
        parts = grad(slope @ torch.from_numpy(v.ravel()), weights, retain_graph=True)
        return torch.cat([part.flatten() for part in parts]).numpy()

    hessian = LinearOperator((len(slope),) * 2, matvec=product, dtype=float)
    start = np.ones(len(slope))
    return eigsh(hessian, k=1, which="LA", v0=start, return_eigenvectors=False)[0].item()


def train(network: nn.Sequential, rate: float, steps: int) -> None:
    x, y = a_cubic()
    weights = list(network.parameters())
    for _ in range(steps):
        slopes = grad((network(x) - y).square().mean() / 2, weights)
        with torch.no_grad():
            for weight, slope in zip(weights, slopes, strict=True):
                weight.sub_(rate * slope)


@pytest.mark.parametrize(("rate", "steps", "seed"), [(0.1, 500, 0), (0.2, 200, 1)])
def test_a_deep_networks_sharpness_climbs_to_two_over_the_step_and_stays_there(rate, steps, seed):
    network = deep_tanh(seed)
    assert sharpness(network) < 0.6 * 2 / rate
    for more in (steps, 50):  # and still there fifty steps later
        train(network, rate, more)
        assert sharpness(network) == pytest.approx(2 / rate, rel=0.15)


def test_a_small_step_does_not_reach_the_edge_in_the_same_number_of_steps():
    network = deep_tanh(0)
    start = sharpness(network)
    train(network, 0.01, 500)
    assert start < sharpness(network) < 0.2 * 2 / 0.01


def test_a_network_with_one_hidden_layer_need_not_climb_to_the_edge():
    x = torch.linspace(-2, 2, 40, dtype=torch.float64)
    columns, target = torch.stack([x, torch.ones(40)], dim=1), torch.sin(3 * x)
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(1, 30, 2, generator=generator).double()
    v = torch.randn(1, 1, 30, generator=generator).double() / 30**0.5
    options = {"loss": "squared", "steps": 500, "record": [0, 500], "generator": generator}
    for rate in (0.02, 0.05):
        optimizer = lambda parts, rate=rate: torch.optim.SGD(parts[:2], lr=rate)  # noqa: E731
        run = train_two_layer(columns, target[:, None], w, v, optimizer=optimizer, **options)
        before, after = (
            loss_curvature(columns, target, run.w_in[:, t], run.w_out[:, t], "tanh")[1].item()
            for t in (0, 1)
        )
        assert after < 1.1 * before < 0.6 * 2 / rate
