"""Statements of lesson 5 on plateaus, gradients along a step, and residual growth."""

import warnings

import pytest
import torch
from torch import nn

from trainability.skip import PathSettings, SkipLayerNetwork, train_two_paths


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.claims("S2-2c")
def test_without_a_skip_sigmoid_layers_wait_on_a_plateau_and_then_learn_as_well():
    from sklearn.datasets import load_diabetes

    x, target = (torch.tensor(part).float() for part in load_diabetes(return_X_y=True))
    x, target = x / x.std(dim=0), ((target - target.mean()) / target.std())[:, None]
    least = torch.linalg.lstsq(x.double(), target.double()).solution.float()
    linear = 1 - (x @ least - target).square().mean() / target.var(correction=0)
    network = SkipLayerNetwork([10, 20, 20, 20, 20, 1], nonlinearity="sigmoid")
    for layer in network.layers:
        fan_in = layer.weight.shape[1]
        layer.weight.data = torch.randn(layer.weight.shape, generator=seeded(fan_in)) / fan_in**0.5
        nn.init.zeros_(layer.bias)
    optimizer, reached = torch.optim.SGD(network.layers.parameters(), lr=0.1), {}
    for step in range(2001):
        output = network.deep(x)
        loss = (output - target).square().mean() / 2
        if step in (600, 2000):
            reached[step] = 1 - 2 * loss.item() / target.var(correction=0).item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert reached[600] < 0.1 and reached[2000] > linear - 0.05, reached


def test_a_scaled_skip_keeps_the_gradient_in_the_weights_along_a_step():
    def cosine(alpha, seed, depth=50, width=100, share=1e-3):
        generator = seeded(seed)
        h = torch.randn(width, generator=generator)
        start = [torch.randn(width, width, generator=generator) for _ in range(depth)]
        readout = torch.randn(width, generator=generator)

        def gradient(weights):
            weights, signal = [w.requires_grad_() for w in weights], h
            for weight in weights:
                branch = weight @ signal.relu()
                signal = branch if alpha is None else signal + alpha * branch
            return torch.autograd.grad(readout @ signal, weights)

        start = [weight * (2 / width) ** 0.5 for weight in start]
        before = gradient(start)
        moved = [
            (w - share * w.norm() * g / g.norm()).detach()
            for w, g in zip(start, before, strict=True)
        ]
        flat = [torch.cat([g.flatten() for g in parts]) for parts in (before, gradient(moved))]
        return torch.cosine_similarity(*flat, dim=0).item()

    found = {
        alpha: torch.tensor([cosine(alpha, seed) for seed in range(10)])
        for alpha in (None, 1.0, 50**-0.5)
    }
    assert found[None].median() < 0.4 and found[1.0].median() < 0.5
    assert found[50**-0.5].min() > 0.95


def test_narrow_residual_networks_grow_faster_on_average_and_slower_in_the_median():
    generator = seeded()
    h = torch.randn(20_000, 8, generator=generator, dtype=torch.float64)
    start = h.square().sum(dim=1)
    for _ in range(20):
        weight = torch.randn(20_000, 8, 8, generator=generator, dtype=torch.float64) * 0.5
        h = h + torch.einsum("nij,nj->ni", weight, h.relu())
    growth = h.square().sum(dim=1) / start
    assert growth.mean() > 2**20 and growth.median() < 2**20 / 50


def test_measuring_patients_of_no_variance_warns_of_nothing():
    x, y = torch.randn(9, 2, generator=seeded()), torch.zeros(9, 1)
    parts = {"learned": torch.arange(5), "held out": torch.arange(5, 9)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settings = PathSettings(zero_output=True)
        history = train_two_paths(x, y, parts, settings, steps=0, generator=seeded())
    assert history.r2["held out"].isnan().all() and history.linear_share.isnan().all()
