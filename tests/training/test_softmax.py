"""Softmax regressions side by side are torch's own, one by one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from loops import textbook
from trainability.cafe import (
    largest_curvature,
    loss_after_first_step,
    share_outside_span,
)
from trainability.training import train_softmax


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(networks=1, classes=3, features=8, count=10, seed=0):
    generator = seeded(seed)
    weights = torch.randn(networks, classes, features, generator=generator).double()
    biases = torch.randn(networks, classes, generator=generator).double()
    inputs = torch.randn(count, features, generator=generator).double()
    return weights, biases, inputs, torch.randint(classes, (count,), generator=generator)


def by_autograd(weight, bias, inputs, labels, epochs, build):
    linear = torch.nn.Linear(weight.shape[1], weight.shape[0]).double()
    linear.load_state_dict({"weight": weight, "bias": bias})
    losses = textbook(linear, inputs, labels, epochs, build)
    return torch.tensor(losses).double(), linear.weight.detach(), linear.bias.detach()


OPTIMIZERS = {
    "Adam": torch.optim.Adam,
    "fast Adam": lambda params: torch.optim.Adam(params, lr=0.3),
    "descent": lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.9),
}


@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 4),
    st.integers(1, 5),
    st.integers(1, 230),
    st.sampled_from(list(OPTIMIZERS)),
    st.booleans(),
)
def test_each_learns_as_it_would_alone(networks, classes, features, name, own_labels):
    weights, biases, inputs, labels = drawn(networks, classes, features)
    keep = torch.rand(networks, len(inputs), generator=seeded(1)) < 0.7
    keep[:, 0] = True
    taught = torch.stack([labels.roll(k) for k in range(networks)]) if own_labels else labels
    before = weights.clone()
    build = OPTIMIZERS[name]
    path = train_softmax(
        weights, biases, inputs, taught, 5, keep=keep, optimizer=build, record=[0, 2, 5]
    )
    assert torch.equal(weights, before) and torch.equal(path.weights[0][:, 0], before)
    for k in range(networks):
        mine, used = labels.roll(k) if own_labels else labels, keep[k]
        for at, epochs in ((1, 2), (2, 5)):
            losses, weight, bias = by_autograd(
                weights[k], biases[k], inputs[used], mine[used], epochs, build
            )
            torch.testing.assert_close(path.loss[k, :epochs], losses)
            torch.testing.assert_close(path.weights[0][k, at], weight, rtol=1e-6, atol=1e-8)
            torch.testing.assert_close(path.biases[0][k, at], bias, rtol=1e-6, atol=1e-8)


def test_without_a_record_the_last_weights_are_kept():
    path = train_softmax(*drawn(), n_epochs=3)
    assert path.loss.shape == (1, 3) and path.weights[0].shape == (1, 1, 3, 8)


@pytest.mark.parametrize("epochs", [0, -1, True, 2.0])
def test_a_number_of_epochs_that_is_none_is_refused(epochs):
    with pytest.raises((TypeError, ValueError), match="n_epochs"):
        train_softmax(*drawn(), n_epochs=epochs)


@pytest.mark.claims("S3-3b,c")
@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.floats(1e-4, 0.1))
def test_the_first_step_of_adam_is_predicted_from_signs(seed, lr):
    weights, biases, inputs, labels = drawn(features=50, seed=seed)
    predicted = loss_after_first_step(weights[0], biases[0], inputs, labels, lr)
    adam = lambda params: torch.optim.Adam(params, lr=lr)  # noqa: E731
    path = train_softmax(weights, biases, inputs, labels, 2, optimizer=adam)
    assert path.loss[0, 1].item() == pytest.approx(predicted, rel=1e-4)


def test_the_largest_curvature_is_that_of_the_hessian():
    _, _, inputs, labels = drawn(classes=4, features=6)

    def loss(flat):
        weight, bias = flat[:24].view(4, 6), flat[24:]
        return cross_entropy(inputs @ weight.T + bias, labels)

    # Equal logits for all classes make equal probabilities.
    start = torch.ones(28).double()
    hessian = torch.autograd.functional.hessian(loss, start)
    expected = torch.linalg.eigvalsh(hessian)[-1].item()
    assert largest_curvature(inputs, 4) == pytest.approx(expected, rel=1e-10)


@pytest.mark.claims("S3-3b,c")
def test_descent_near_equal_probabilities_falls_below_two_over_the_curvature_and_not_above():
    _, _, inputs, labels = drawn(classes=4, features=6)
    start = torch.zeros(1, 4, 6).double(), torch.zeros(1, 4).double()
    # Labels that the inputs do not tell keep the minimum near equal probabilities.
    inputs, labels = inputs.repeat(4, 1), torch.arange(4).repeat_interleave(len(inputs))
    for factor, falls in ((0.95, True), (1.05, False)):
        rate = factor * 2 / largest_curvature(inputs, 4)
        descent = lambda params, rate=rate: torch.optim.SGD(params, lr=rate)  # noqa: E731
        pushed = start[0] + 1e-3 * torch.randn(1, 4, 6, generator=seeded()).double()
        history = train_softmax(pushed, start[1], inputs, labels, 400, optimizer=descent)
        assert (history.loss[0, -1] <= history.loss[0, 0]) == falls


@pytest.mark.claims("S3-3e-i", "S3-3e-ii")
@settings(deadline=None, max_examples=15)
@given(st.integers(1, 40), st.integers(0, 100))
def test_descent_stays_in_the_span_of_its_images_at_any_number_and_adam_does_not(count, seed):
    weights, biases, inputs, labels = drawn(features=60, count=count, seed=seed)
    descent = lambda params: torch.optim.SGD(params, lr=0.3, momentum=0.9)  # noqa: E731
    outside = {}
    for name, build in (("descent", descent), ("Adam", torch.optim.Adam)):
        path = train_softmax(weights, biases, inputs, labels, 30, optimizer=build)
        outside[name] = share_outside_span(path.weights[0][0, 0] - weights[0], inputs)
    assert outside["descent"] < 1e-6 and outside["Adam"] > 0.01


def test_a_share_outside_of_dependent_images_counts_their_span_once():
    images = torch.tensor([[1.0, 0, 0], [2, 0, 0], [0, 0, 0]])
    assert share_outside_span(torch.tensor([[3.0, 4.0, 0]]), images) == pytest.approx(0.8)
    with pytest.raises(ValueError, match="change is 0"):
        share_outside_span(torch.zeros(1, 3), images)


@pytest.mark.claims("S3-3b,c")
def test_adams_first_step_lowers_the_loss_on_small_images_and_lifts_it_on_large_ones():
    def change(pixels, seed):
        g = seeded(seed)
        x = torch.rand(36, pixels, generator=g)
        y = torch.arange(36) % 6
        layer = torch.nn.Linear(pixels, 6)
        with torch.no_grad():
            layer.weight.uniform_(-(pixels**-0.5), pixels**-0.5, generator=g)
            layer.bias.zero_()
        adam = torch.optim.Adam(layer.parameters(), lr=1e-3)
        before = cross_entropy(layer(x), y)
        before.backward()
        adam.step()
        return (cross_entropy(layer(x), y) - before).item()

    assert max(change(64, seed) for seed in range(30)) < 0
    assert min(change(91_200, seed) for seed in range(3)) > 1
