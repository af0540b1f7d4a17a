"""The failures are what they are called, and remedies do what the lesson says of them."""

import math

import pytest
import torch

from trainability.batches import split_digits
from trainability.optim import LARS
from trainability.repairs import (
    FAILURES,
    OFFSET,
    REMEDIES,
    Attempts,
    Remedy,
    attempt,
    failing_network,
)
from trainability.stacks import NetworkStack, random_start

INPUTS, LABELS = (part[:64] for part in split_digits().train)
CHANCE = math.log(10)


def broken(failure, seed=0):
    return failing_network(failure, INPUTS, 10, torch.Generator().manual_seed(seed))


def first_pass(failure, seed=0):
    """Loss of the start, and each layer's gradient."""
    network = broken(failure, seed)
    stack = NetworkStack([w[None] for w in network.weights], network.nonlinearity)
    loss = stack.backward(network.inputs, LABELS)
    return loss.item(), [weight.grad[0] for weight in stack.weights], stack, network


def ends(failure, names, seed=0, steps=100):
    remedies = {name: REMEDIES[name] for name in names}
    found = attempt(broken(failure, seed), LABELS, remedies=remedies, steps=steps)
    return {name: found[name].loss[found[name].best, -1].item() for name in names}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_failure_is_what_it_is_called(seed):
    sizes = {f: [g.norm().item() for g in first_pass(f, seed)[1]] for f in FAILURES}
    assert min(sizes["none"]) > 0.01 and max(sizes["none"]) < 10
    assert max(sizes["vanishing"]) < 1e-4 and min(sizes["vanishing"]) > 0
    assert min(sizes["exploding"]) > 30
    assert set(sizes["exactly zero"]) == {0.0}
    assert all(math.isnan(size) for size in sizes["infinite"])
    assert first_pass("exploding", seed)[0] > 100 and math.isnan(first_pass("infinite", seed)[0])
    network = broken("saturated", seed)
    signal = network.inputs
    for weight in network.weights[:-1]:
        signal = torch.tanh(signal @ weight.T)
    assert (signal.abs() > 0.99).double().mean() > 0.7
    assert torch.equal(broken("off center", seed).inputs, INPUTS + OFFSET)


def test_units_that_are_tied_receive_equal_gradients():
    _, gradients, _, network = first_pass("tied units")
    for layer, gradient in enumerate(gradients[:-1]):
        torch.testing.assert_close(gradient, gradient[:1].expand_as(gradient))
        assert gradient.norm() > 1e-3
        if layer:
            torch.testing.assert_close(gradient, gradient[:, :1].expand_as(gradient))
    assert network.weights[0].shape == (32, 64)


@pytest.mark.claims("S0-4")
def test_layerwise_rates_move_what_vanishes_and_do_not_heal_it():
    for seed in (0, 1):
        found = ends("vanishing", ["SGD", "clipping", "AGC", "LARS", "LAMB"], seed)
        assert all(abs(found[name] - CHANCE) < 0.01 for name in ("SGD", "clipping", "AGC"))
        assert all(0.5 < found[name] < CHANCE - 0.4 for name in ("LARS", "LAMB"))


def test_given_time_layerwise_rates_heal_what_vanishes():
    assert ends("vanishing", ["LARS"], steps=400)["LARS"] < 0.5


@pytest.mark.claims("S0-4")
def test_an_explosion_is_healed_by_what_bounds_the_step_up_to_some_strength():
    found = ends("exploding", ["SGD", "clipping", "AGC", "LARS"])
    assert not found.pop("SGD") < 2 and max(found.values()) < 0.5
    for seed in (0, 1):
        luck = torch.Generator().manual_seed(seed)
        weights = random_start([64, *[32] * 20, 10], 9.0, luck)
        stronger = broken("exploding")._replace(weights=weights)
        remedies = {name: REMEDIES[name] for name in ("LARS", "RMSNorm + LARS")}
        tried = attempt(stronger, LABELS, remedies=remedies, steps=100)
        last = {name: a.loss[a.best, -1].item() for name, a in tried.items()}
        assert last["LARS"] > 2 and last["RMSNorm + LARS"] < 1.2


@pytest.mark.claims("S0-4")
@pytest.mark.parametrize("failure", ["exactly zero", "infinite"])
def test_what_the_gradient_does_not_hold_no_optimizer_brings_back(failure):
    optimizers = [name for name, remedy in REMEDIES.items() if not remedy.normalize]
    found = ends(failure, optimizers, steps=20)
    if failure == "infinite":
        assert all(math.isnan(loss) for loss in found.values())
    else:
        assert all(loss == pytest.approx(CHANCE, abs=1e-5) for loss in found.values())
    assert ends(failure, ["RMSNorm + LARS"])["RMSNorm + LARS"] < 0.6


@pytest.mark.claims("S0-4")
def test_a_saturated_forward_pass_is_mended_in_front_and_not_behind():
    found = ends("saturated", ["LARS", "LAMB", "Adam", "RMSNorm", "RMSNorm + LARS"])
    assert found["RMSNorm"] < 0.1 and found["RMSNorm + LARS"] < 0.1
    assert min(found[name] for name in ("LARS", "LAMB", "Adam")) > 1.2


@pytest.mark.claims("S0-4")
def test_no_remedy_unties_equal_units():
    assert min(ends("tied units", list(REMEDIES)).values()) > 1.2
    network = broken("tied units")
    for name, lr in {"SGD": 0.1, "LARS": 3.0, "LAMB": 0.01, "Adam": 0.003}.items():
        start = [weight[None].double() for weight in network.weights]
        stack = NetworkStack(start, network.nonlinearity)
        optimizer = REMEDIES[name].optimizer([{"params": stack.members[0], "lr": lr}])
        for _ in range(10):
            stack.backward(network.inputs.double(), LABELS)
            optimizer.step()
        for weight, before in zip(stack.weights[:-1], start, strict=False):
            moved = (weight - before).abs().max().item()
            assert moved > 1e-5
            assert (weight - weight[:, :1]).abs().max().item() < 1e-6 * moved, name


@pytest.mark.claims("S0-4")
def test_ill_conditioning_inside_a_layer_is_beyond_one_number_a_layer():
    """The layer's valley (1, 10⁻⁴) takes as many steps as plain gradient descent at its best."""
    curvature = torch.tensor([1.0, 1e-4]).double()

    def steps_needed(build):
        w = torch.tensor([1.0, 1.0]).double().requires_grad_()
        optimizer = build([w])
        for count in range(5_000):
            optimizer.zero_grad()
            loss = (curvature * w**2).sum() / 2
            if loss < 1e-6:
                return count
            loss.backward()
            before, gradient = w.detach().clone(), w.grad.clone()
            optimizer.step()
            if isinstance(optimizer, LARS):  # one number: the step stays parallel
                move = before - w.detach()
                cosine = move @ gradient / (move.norm() * gradient.norm())
                assert cosine.item() == pytest.approx(1, abs=1e-9)
        return 5_000

    lars = min(steps_needed(lambda p, lr=lr: LARS(p, lr, momentum=0.0)) for lr in (10.0, 100.0))
    assert lars == 5_000  # not there yet
    assert steps_needed(lambda p: torch.optim.Adam(p, lr=0.05)) < 500


def test_an_attempt_records_what_it_was_asked_for():
    remedies = {"SGD": REMEDIES["SGD"], "RMSNorm": REMEDIES["RMSNorm"]}
    found = attempt(broken("none"), LABELS, remedies=remedies, steps=4, record=[0, 2, 4])
    assert list(found) == ["SGD", "RMSNorm"]
    tried = found["SGD"]
    assert tried.loss.shape == (5, 3) and tried.relative_step.shape == (5, 3, 21)
    assert torch.isnan(tried.relative_step[:, -1]).all()
    # Twice the rate, twice the first step.
    rates = torch.tensor(tried.rates)
    first = tried.relative_step[:, 0] / rates[:, None]
    torch.testing.assert_close(first, first[:1].expand_as(first), rtol=1e-3, atol=0)


def test_the_best_rate_is_the_lowest_last_loss_and_never_one_that_overflowed():
    loss = torch.tensor([[1.0, math.nan], [1.0, 0.9], [1.0, 0.5], [0.1, 0.6]])
    assert Attempts((1, 2, 3, 4), loss, loss).best == 2


def test_a_run_that_overflows_moves_nothing_from_there_on():
    sgd = {"SGD": Remedy(REMEDIES["SGD"].optimizer, (0.1,))}
    found = attempt(broken("infinite"), LABELS, remedies=sgd, steps=2, record=[0, 1, 2])["SGD"]
    assert torch.isnan(found.loss).all() and torch.isnan(found.relative_step).all()


def test_an_unknown_failure_is_named():
    with pytest.raises(ValueError, match="failure='dead' is unknown; use one of 'none'"):
        broken("dead")
