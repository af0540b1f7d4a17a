"""The pure updates against torch's own optimizers."""

import pytest
import torch

from trainability.training.updates import OPTIMIZERS, fresh_memory, updated

TORCH = {
    "SGD": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    "Adam": lambda p, lr: torch.optim.Adam(p, lr=lr),
}


def loss_of(parameters):
    return (parameters["w"] @ parameters["v"] - 1).square().mean() + parameters["w"].cos().sum()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fifty_steps_are_torchs_own(optimizer):
    generator = torch.Generator().manual_seed(0)
    start = {
        "w": torch.randn(3, 2, generator=generator, dtype=torch.float64),
        "v": torch.randn(2, generator=generator, dtype=torch.float64),
    }
    theirs = {name: tensor.clone().requires_grad_() for name, tensor in start.items()}
    optimizing = TORCH[optimizer](list(theirs.values()), 0.03)
    state = start | fresh_memory(start)
    for _ in range(50):
        optimizing.zero_grad()
        loss_of(theirs).backward()
        optimizing.step()
        leaves = {name: state[name].requires_grad_() for name in start}
        gradients = torch.autograd.grad(loss_of(leaves), list(leaves.values()))
        given = {name: leaf.detach() for name, leaf in leaves.items()}
        state = updated(optimizer, given, dict(zip(start, gradients, strict=True)), state, 0.03)
    for name in start:
        assert not torch.allclose(state[name], start[name])
        torch.testing.assert_close(state[name], theirs[name].detach(), rtol=1e-11, atol=1e-12)


def test_nothing_is_changed_in_place():
    start = {"w": torch.ones(3)}
    memory = fresh_memory(start)
    copies = {name: tensor.clone() for name, tensor in (start | memory).items()}
    after = updated("Adam", start, {"w": torch.ones(3)}, memory, lr=0.1)
    assert after.keys() == copies.keys()
    for name, tensor in (start | memory).items():
        assert torch.equal(tensor, copies[name])


def test_an_unknown_optimizer_is_refused_with_the_list():
    w = {"w": torch.ones(1)}
    with pytest.raises(ValueError, match="'Adagrad' is unknown; use one of 'SGD', 'momentum'"):
        updated("Adagrad", w, w, fresh_memory(w), lr=0.1)
