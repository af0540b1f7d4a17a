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


@pytest.mark.parametrize("skip", [0.5, 1.0])
def test_a_skip_adds_what_a_layer_reads_as_autograd_has_it(skip):
    generator = torch.Generator().manual_seed(1)
    drawn = draw_network(INPUTS, 5, 6, CLASSES, 1.5, generator=generator)
    network = {name: each.double().requires_grad_() for name, each in drawn.items()}
    inputs = torch.randn(EXAMPLES, INPUTS, generator=generator).double()
    labels = torch.arange(EXAMPLES) % CLASSES

    def normalized(z):
        return torch.tanh(torch.nn.functional.layer_norm(z, z.shape[1:]))

    signal = normalized(inputs @ network["w_first"].T + network["b_first"])
    outputs = [signal]
    for weight, bias in zip(network["w"], network["b"], strict=True):
        signal = normalized(signal @ weight.T + bias) + skip * signal
        outputs.append(signal)
    loss = cross_entropy(signal @ network["w_last"].T + network["b_last"], labels)
    wanted = torch.autograd.grad(loss, [*network.values(), *outputs])
    still = {name: each.detach() for name, each in network.items()}
    back = backpropagate(still, inputs, torch.eye(CLASSES).double()[labels], normalized, skip=skip)
    torch.testing.assert_close(back.outputs, torch.stack(outputs).detach())
    for (name, found), slope in zip(
        ((name, back.gradients[name]) for name in network), wanted[: len(network)], strict=True
    ):
        torch.testing.assert_close(found, slope, msg=name)
    sizes = torch.stack([each.square().mean() for each in wanted[len(network) :]])
    torch.testing.assert_close(back.slopes, sizes)


def test_in_float16_a_scaled_loss_saves_gradients_that_would_underflow():
    generator = torch.Generator().manual_seed(0)
    network = draw_network(INPUTS, 20, 8, CLASSES, 0.25, generator=generator)
    inputs = torch.randn(EXAMPLES, INPUTS, generator=generator)
    targets = torch.eye(CLASSES)[torch.arange(EXAMPLES) % CLASSES]
    exact, plain, scaled = (
        backpropagate(network, inputs, targets, torch.tanh, **options)
        for options in (
            {},
            {"number_type": "float16"},
            {"number_type": "float16", "loss_scale": 2.0**15},
        )
    )
    lost, kept = ((each.slopes == 0).sum().item() for each in (plain, scaled))
    assert lost > kept > 0  # a finite scale saves some layers, not all
    top = slice(-3, None)
    torch.testing.assert_close(scaled.slopes[top], exact.slopes[top], rtol=0.05, atol=0)
    assert exact.slopes.min() > 0 and plain.loss.dtype == torch.float32


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
