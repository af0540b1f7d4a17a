"""A network of any depth, backward layer by layer: against torch's own modules and autograd."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from trainability.training import backpropagate, draw_network

INPUTS, CLASSES, EXAMPLES = 5, 4, 12
ACTS = {torch.relu: nn.ReLU, torch.tanh: nn.Tanh, torch.sigmoid: nn.Sigmoid}


def as_module(network, act, softmaxes):
    """The same network of modules, and the outputs of its hidden layers."""
    pairs = [(network["w_first"], network["b_first"])]
    pairs += list(zip(network["w"], network["b"], strict=True))
    layers = []
    for weight, bias in [*pairs, (network["w_last"], network["b_last"])]:
        linear = nn.Linear(*weight.T.shape).to(weight.dtype)
        linear.weight.data, linear.bias.data = weight.clone(), bias.clone()
        layers += [linear, act()]
    last = [nn.Softmax(dim=1)] if softmaxes == 2 else []
    return nn.Sequential(*layers[:-1], *last)


@pytest.mark.parametrize("softmaxes", [1, 2])
@pytest.mark.parametrize("function", ACTS)
@pytest.mark.parametrize(("depth", "width"), [(2, 7), (3, 1), (9, 6)])
def test_loss_gradients_and_sizes_are_autograds(depth, width, function, softmaxes):
    generator = torch.Generator().manual_seed(depth)
    drawn = draw_network(INPUTS, depth, width, CLASSES, 1.5, 0.9, 0.1, generator=generator)
    network = {name: each.double() for name, each in drawn.items()}
    inputs = torch.randn(EXAMPLES, INPUTS, generator=generator).double()
    labels = torch.arange(EXAMPLES) % CLASSES
    targets = torch.eye(CLASSES).double()[labels]
    back = backpropagate(network, inputs, targets, function, softmaxes=softmaxes)

    model = as_module(network, ACTS[function], softmaxes)
    signal, hidden = inputs, []
    for module in model:
        signal = module(signal)
        if isinstance(module, ACTS[function]):
            signal.retain_grad()
            hidden.append(signal)
    loss = cross_entropy(signal, labels)
    loss.backward()
    torch.testing.assert_close(back.loss, loss.detach())
    torch.testing.assert_close(back.outputs, torch.stack(hidden).detach())
    wanted = torch.stack([each.grad.square().mean() for each in hidden])
    torch.testing.assert_close(back.slopes, wanted)
    linears = [module for module in model if isinstance(module, nn.Linear)]
    first, *inner, last = linears
    for name, of in (("w", "weight"), ("b", "bias")):
        slopes = [getattr(each, of).grad for each in (first, last)]
        torch.testing.assert_close(back.gradients[f"{name}_first"], slopes[0])
        torch.testing.assert_close(back.gradients[f"{name}_last"], slopes[1])
        between = torch.stack([getattr(each, of).grad for each in inner])
        torch.testing.assert_close(back.gradients[name], between)
    share = (signal.argmax(1) == labels).double().mean().item()
    assert back.right.item() == pytest.approx(share)


def test_a_tie_is_no_right_answer():
    network = draw_network(
        INPUTS, 2, 3, CLASSES, spread=0.0, generator=torch.Generator().manual_seed(0)
    )
    targets = torch.eye(CLASSES)
    back = backpropagate(network, torch.ones(CLASSES, INPUTS), targets, torch.relu)
    assert back.right == 0  # all logits are equal


def test_the_scale_is_the_deviation_times_the_root_of_the_fan_in():
    generator = torch.Generator().manual_seed(0)
    network = draw_network(64, 40, 100, 10, scale=1.5, generator=generator)
    for name, fan_in in (("w_first", 64), ("w", 100), ("w_last", 100)):
        assert network[name].std().item() * fan_in**0.5 == pytest.approx(1.5, rel=0.05)
    half = draw_network(64, 40, 100, 10, spread=0.5, generator=generator)["w"] * 10
    assert half.mean().item() == pytest.approx(0.5, abs=0.01)
    assert half.std().item() == pytest.approx(0.5, rel=0.01)


def test_biases_are_those_asked_for_but_not_in_the_last_layer():
    network = draw_network(3, 2, 4, 2, bias=-5.0, generator=torch.Generator().manual_seed(0))
    assert (network["b_first"] == -5).all() and (network["b"] == -5).all()
    assert not network["b_last"].any()
