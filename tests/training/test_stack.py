"""Networks side by side are the networks one by one."""

import pytest
import torch
from torch import nn

from trainability.comparisons import first_steps
from trainability.optim import LARS
from trainability.training import NetworkStack, random_start, relative_steps

GENERATOR = torch.Generator().manual_seed(0)
INPUTS, LABELS = torch.randn(12, 5, generator=GENERATOR).double(), torch.arange(12) % 3


def starts(count=3, widths=(5, 7, 4, 3)):
    drawn = [random_start(widths, 1.5, torch.Generator().manual_seed(k)) for k in range(count)]
    return [torch.stack(layer).double() for layer in zip(*drawn, strict=True)]


def alone(weights, normalize):
    """The same network from torch's own modules."""
    layers = []
    for index, weight in enumerate(weights):
        linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False).double()
        linear.weight.data = weight.clone()
        layers.append(linear)
        if index < len(weights) - 1:
            if normalize:
                layers.append(nn.RMSNorm(weight.shape[0], elementwise_affine=False))
            layers.append(nn.Tanh())
    return nn.Sequential(*layers)


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    "build",
    [
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
        lambda p: LARS(p, 50.0),
        lambda p: torch.optim.Adam(p, 0.01),
    ],
)
def test_each_network_learns_as_it_would_alone(normalize, build):
    weights = starts()
    stack = NetworkStack(weights, "tanh", normalize=normalize)
    optimizers = [build(member) for member in stack.members]
    singles = [alone([w[k] for w in weights], normalize) for k in range(3)]
    single_optimizers = [build(list(single.parameters())) for single in singles]
    for _ in range(4):
        losses = stack.backward(INPUTS, LABELS)
        for optimizer in optimizers:
            optimizer.step()
        for k, (single, optimizer) in enumerate(zip(singles, single_optimizers, strict=True)):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(single(INPUTS), LABELS)
            loss.backward()
            optimizer.step()
            torch.testing.assert_close(losses[k], loss.detach())
    for k, single in enumerate(singles):
        for mine, theirs in zip(stack.members[k], single.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs)
        loss, right = stack.measure(INPUTS, LABELS)
        logits = single(INPUTS)
        torch.testing.assert_close(loss[k], nn.functional.cross_entropy(logits, LABELS).detach())
        assert right[k] == (logits.argmax(1) == LABELS).double().mean()


def test_members_share_the_stacks_memory_and_the_start_is_not_changed():
    weights = [weight.requires_grad_() for weight in starts()]
    before = [weight.detach().clone() for weight in weights]
    stack = NetworkStack(weights, "relu")
    stack.backward(INPUTS, LABELS)
    assert all(float(member[0].grad.abs().sum()) > 0 for member in stack.members)
    with torch.no_grad():
        stack.members[1][2].fill_(7.0)
    assert (stack.weights[2][1] == 7).all() and not (stack.weights[2][0] == 7).any()
    for weight, start in zip(weights, before, strict=True):
        assert torch.equal(weight, start) and weight.grad is None


def test_weights_whose_gradients_were_taken_are_refused():
    stack = NetworkStack(starts(), "tanh")
    torch.optim.SGD(stack.weights, 0.1).zero_grad()
    with pytest.raises(RuntimeError, match="lost the gradients"):
        stack.backward(INPUTS, LABELS)


def test_shapes_that_do_not_follow_one_another_are_refused():
    with pytest.raises(ValueError, match="do not follow"):
        NetworkStack([torch.ones(2, 3, 4), torch.ones(2, 5, 4)], "tanh")
    with pytest.raises(ValueError, match="networks, fan_out, fan_in"):
        NetworkStack([torch.ones(3, 4)], "tanh")
    with pytest.raises(ValueError, match="sigma_w2"):
        random_start([3, 4], -1.0, GENERATOR)


def test_a_relative_step_is_a_quotient_of_frobenius_norms():
    before, after = torch.ones(1, 2, 3), torch.ones(1, 2, 3)
    after[0, 1, 2] = 4.0
    assert relative_steps([before], [after]).item() == pytest.approx(3 / 6**0.5)


def test_the_anatomy_measures_what_each_optimizer_does():
    optimizers = {
        "SGD": lambda p: torch.optim.SGD(p, 0.1),
        "LARS": lambda p: LARS(p, 5.0, momentum=0.0),
    }
    weights = starts()
    found = first_steps(weights, INPUTS, LABELS, optimizers, nonlinearity="tanh", steps=2)
    single = alone([w[2] for w in weights], False)
    nn.functional.cross_entropy(single(INPUTS), LABELS).backward()
    for layer, weight in enumerate(single.parameters()):
        ratio = 0.1 * weight.grad.norm() / weight.norm()
        torch.testing.assert_close(found["SGD"].relative_step[2, 0, layer], ratio.detach())
        trust = 1e-3 * weight.norm() / weight.grad.norm()
        assert found["LARS"].trust_ratio[2, 0, layer].item() == pytest.approx(trust.item())
    assert found["SGD"].trust_ratio is None
    torch.testing.assert_close(found["LARS"].relative_step, torch.full((3, 2, 3), 0.005).double())
