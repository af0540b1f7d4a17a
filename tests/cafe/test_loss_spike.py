"""Gradient descent of a softmax regression by its logits alone, against torch's own."""

import pytest
import torch
from torch import nn

from trainability.cafe import descent_losses, largest_curvature


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(7, 40, generator=generator, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0])
    weights = torch.randn(3, 40, generator=generator, dtype=torch.float64)
    return weights, torch.randn(3, generator=generator, dtype=torch.float64), inputs, labels


def test_the_losses_are_those_of_torch_s_gradient_descent(problem):
    weights, biases, inputs, labels = problem
    layer = nn.Linear(40, 3).double()
    layer.weight.data, layer.bias.data = weights.clone(), biases.clone()
    optimizer, expected = torch.optim.SGD(layer.parameters(), lr=0.3), []
    for _ in range(9):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(layer(inputs), labels)
        expected.append(loss.item())
        loss.backward()
        optimizer.step()
    losses = descent_losses(*problem, lr=0.3, steps=8)
    assert losses.tolist() == pytest.approx(expected)
    assert descent_losses(*problem, lr=0.3, steps=0).tolist() == pytest.approx(expected[:1])


def test_from_zero_the_loss_falls_below_two_over_the_curvature_and_rises_above():
    # One input, scaled, and both labels: the curvature at 0 is all there is.
    inputs = torch.full((2, 1), 3.0).double()
    start = torch.tensor([[0.1], [-0.1]]).double(), torch.zeros(2).double()
    border = 2 / largest_curvature(inputs, classes=2)
    labels = torch.tensor([0, 1])
    below = descent_losses(*start, inputs, labels, 0.9 * border, steps=30)
    above = descent_losses(*start, inputs, labels, 1.1 * border, steps=30)
    assert (below.diff() <= 0).all() and above[-1] > above[0]


def test_nothing_passed_in_is_changed(problem):
    before = [part.clone() for part in problem]
    descent_losses(*problem, lr=0.3, steps=3)
    assert all(torch.equal(a, b) for a, b in zip(before, problem, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"lr": -1.0, "steps": 1}, "lr=-1.0"), ({"lr": 1.0, "steps": -1}, "steps=-1")],
)
def test_what_is_out_of_range_is_named(problem, options, message):
    with pytest.raises(ValueError, match=message):
        descent_losses(*problem, **options)
