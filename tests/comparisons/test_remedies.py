"""The failures are what they are called, and remedies do what the lesson says of them."""

import math
from dataclasses import replace

import pytest
import torch

from trainability.comparisons import (
    FAILURES,
    REMEDIES,
    Attempts,
    Remedy,
    attempt,
    failing_network,
    split_digits,
)
from trainability.optim import LARS
from trainability.training import NetworkStack, random_start

INPUTS, LABELS = (part[:64] for part in split_digits().train)
CHANCE = math.log(10)
TIED, VALLEY = "wrong direction: tied units", "ill-conditioned layer"


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
    attempts = attempt(broken(failure, seed), LABELS, remedies=remedies, steps=steps)
    return {name: attempts[name].loss[attempts[name].best, -1].item() for name in names}


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


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_uneven_layers_compute_what_even_ones_do_and_want_rates_far_apart(seed):
    start = [64, *[32] * 20, 10]
    even = random_start(start, 2.0, torch.Generator().manual_seed(seed))
    uneven = broken("uneven layers", seed)
    logits = []
    for weights in (even, uneven.weights):
        signal = uneven.inputs
        for weight in weights[:-1]:
            signal = torch.relu(signal @ weight.T)
        logits.append(signal @ weights[-1].T)
    torch.testing.assert_close(*logits)
    _, gradients, _, _ = first_pass("uneven layers", seed)
    wanted = torch.stack(
        [w.norm() / g.norm() for w, g in zip(uneven.weights, gradients, strict=True)]
    )
    assert wanted.argmin() == 10 and wanted[torch.arange(21) != 10].min() > 1e11 * wanted[10]


def layer_inputs(failure, seed):
    network = broken(failure, seed)
    signals = [network.inputs]
    for weight in network.weights[:-1]:
        signals.append(torch.tanh(signals[-1] @ weight.T))
    return signals


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_ill_conditioned_layer_has_one_strong_direction_and_no_saturated_unit(seed):
    for layer, signal in enumerate(layer_inputs(VALLEY, seed)):
        # Eigenvalues of the inputs' second moments: the curvatures of a linear layer's loss.
        first, second = torch.linalg.svdvals(signal.double()).square()[:2]
        assert first / second > (1000 if layer == 0 else 50), layer
        assert layer == 0 or (signal.abs() > 0.99).double().mean() < 0.05
    assert layer_inputs(VALLEY, seed)[0].square().mean().item() == pytest.approx(1)
    for signal in layer_inputs("none", seed):
        first, second = torch.linalg.svdvals(signal.double()).square()[:2]
        assert first / second < 20
    starts = broken(VALLEY, seed).weights, broken("none", seed).weights
    assert all(torch.equal(a, b) for a, b in zip(*starts, strict=True))


@pytest.mark.claims("S0-4")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_in_100_steps_layerwise_rates_do_not_heal_ill_conditioned_layers_and_muon_does(seed):
    losses = ends(VALLEY, ["SGD", "LARS", "LAMB", "Adam", "Muon"], seed)
    assert losses["SGD"] > 2
    assert losses["LARS"] > 1.3 and losses["LAMB"] > 1.3
    assert losses["Muon"] < 0.3 and 0.5 < losses["Adam"] < losses["LARS"] - 0.2
    # Where nothing is ill-conditioned, the same network is no trouble.
    assert max(ends("none", ["SGD", "LARS"], seed).values()) < 0.3


def test_units_that_are_tied_receive_equal_gradients():
    _, gradients, _, network = first_pass(TIED)
    for layer, gradient in enumerate(gradients[:-1]):
        torch.testing.assert_close(gradient, gradient[:1].expand_as(gradient))
        assert gradient.norm() > 1e-3
        if layer:
            torch.testing.assert_close(gradient, gradient[:, :1].expand_as(gradient))
    assert network.weights[0].shape == (32, 64)


@pytest.mark.claims("S0-4")
def test_layerwise_rates_move_what_vanishes_and_do_not_heal_it_in_100_steps():
    for seed in (0, 1):
        losses = ends("vanishing", ["SGD", "clipping", "AGC", "LARS", "LAMB"], seed)
        assert all(abs(losses[name] - CHANCE) < 0.01 for name in ("SGD", "clipping", "AGC"))
        assert all(0.5 < losses[name] < CHANCE - 0.4 for name in ("LARS", "LAMB"))


def test_given_time_layerwise_rates_heal_what_vanishes():
    assert ends("vanishing", ["LARS"], steps=400)["LARS"] < 0.5


def last_losses(network, name, rates, steps):
    remedies = {name: replace(REMEDIES[name], rates=rates)}
    return attempt(network, LABELS, remedies=remedies, steps=steps)[name].loss[:, -1]


@pytest.mark.claims("S0-4")
def test_plain_sgd_survives_an_explosion_at_a_rate_far_below_the_usual_ones():
    usual = last_losses(broken("exploding"), "SGD", (0.003, 0.03, 0.3), 100)
    assert usual.isnan().all()
    small = last_losses(broken("exploding"), "SGD", (3e-5, 1e-4), 400)
    assert small.min() < 0.6
    bounded = ends("exploding", ["clipping", "AGC", "LARS", "LAMB", "RMSNorm"])
    assert max(bounded.values()) < 0.5  # at usual rates, in 100 steps


@pytest.mark.claims("S0-4")
def test_lars_survives_a_strong_explosion_at_small_steps_and_given_time():
    weights = random_start([64, *[32] * 20, 10], 9.0, torch.Generator().manual_seed(0))
    network = broken("exploding")._replace(weights=weights)
    assert last_losses(network, "LARS", (0.3, 1.0, 3.0, 10.0, 30.0), 100).min() > 2
    assert last_losses(network, "LARS", (0.007, 0.01, 0.014), 800).min() < 0.5
    assert last_losses(network, "RMSNorm + LARS", (1.0,), 100).min() < 0.5


@pytest.mark.claims("S0-4")
@pytest.mark.parametrize("failure", ["exactly zero", "infinite"])
def test_what_the_gradient_does_not_hold_no_optimizer_brings_back(failure):
    optimizers = [name for name, remedy in REMEDIES.items() if not remedy.normalize]
    losses = ends(failure, optimizers, steps=20)
    if failure == "infinite":
        assert all(math.isnan(loss) for loss in losses.values())
    else:
        assert all(loss == pytest.approx(CHANCE, abs=1e-5) for loss in losses.values())
    for seed in (0, 1):
        losses = ends(failure, ["RMSNorm", "RMSNorm + LARS"], seed)
        assert losses["RMSNorm + LARS"] < 0.4
        # The gradient that normalization makes of tiny weights is huge: usual rates overflow.
        assert losses["RMSNorm"] < 0.4 if failure == "infinite" else losses["RMSNorm"] > 2
        if failure == "exactly zero":
            assert last_losses(broken(failure, seed), "RMSNorm", (1e-7,), 400).min() < 0.5


@pytest.mark.claims("S0-4")
def test_a_saturated_forward_pass_is_mended_in_front_or_by_decay_and_by_no_length_of_step():
    decay = Remedy(lambda groups: LARS(groups, lr=1.0, weight_decay=0.01), (3.0,))
    tried = attempt(broken("saturated"), LABELS, remedies={"decay": decay}, steps=400)
    assert tried["decay"].loss.min() < 0.5
    losses = ends("saturated", ["LARS", "LAMB", "Adam", "RMSNorm", "RMSNorm + LARS"])
    assert losses["RMSNorm"] < 0.1 and losses["RMSNorm + LARS"] < 0.1
    assert min(losses[name] for name in ("LARS", "LAMB", "Adam")) > 1.2


@pytest.mark.claims("S0-4")
def test_no_remedy_unties_equal_units():
    assert min(ends(TIED, list(REMEDIES)).values()) > 1.2
    network = broken(TIED)
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
    attempts = attempt(broken("none"), LABELS, remedies=remedies, steps=4, record=[0, 2, 4])
    assert list(attempts) == ["SGD", "RMSNorm"]
    tried = attempts["SGD"]
    assert tried.loss.shape == (6, 3) and tried.relative_step.shape == (6, 3, 21)
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
    trial = attempt(broken("infinite"), LABELS, remedies=sgd, steps=2, record=[0, 1, 2])["SGD"]
    assert torch.isnan(trial.loss).all() and torch.isnan(trial.relative_step).all()


@pytest.mark.parametrize("failure", ["exactly zero", "infinite"])
def test_what_cannot_move_is_recorded_without_taking_the_steps(failure, monkeypatch):
    passes = []
    backward = NetworkStack.backward
    monkeypatch.setattr(
        NetworkStack, "backward", lambda *given: passes.append(1) or backward(*given)
    )
    gradients = {name: REMEDIES[name] for name in ("SGD", "AGC", "LARS", "LAMB", "Adam", "Muon")}
    record = [0, 10, 50]
    attempts = attempt(broken(failure), LABELS, remedies=gradients, steps=50, record=record)
    assert len(passes) == 1
    for tried in attempts.values():
        assert tried.loss.shape[1] == 3 and tried.relative_step.shape[1:] == (3, 21)
        if failure == "exactly zero":
            assert (tried.loss == tried.loss[:, :1]).all()
            assert (tried.relative_step[:, :2] == 0).all()
            assert tried.relative_step[:, 2].isnan().all()
        else:
            assert tried.loss.isnan().all() and tried.relative_step.isnan().all()
    passes.clear()
    mixed = gradients | {"decays": Remedy(lambda g: torch.optim.SGD(g, weight_decay=0.1), (0.1,))}
    attempts = attempt(broken("exactly zero"), LABELS, remedies=mixed, steps=3, record=[0, 3])
    assert len(passes) == 4 and (attempts["decays"].relative_step[:, 0] > 0.009).all()


def test_an_unknown_failure_is_named():
    with pytest.raises(ValueError, match="failure='dead' is unknown; use one of 'none'"):
        broken("dead")
