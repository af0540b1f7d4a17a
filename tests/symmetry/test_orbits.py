"""Walks along orbits: which changes of weights leave a function alone, and what they do change."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from trainability.symmetry import flip_units, loss_curvature, rescale_units
from trainability.training import outputs


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


X, Y = normal(20, 3), normal(20, seed=1)
W, V = normal(4, 5, 3, seed=2), normal(4, 1, 5, seed=3)


def moved(change, nonlinearity) -> float:
    before, after = (outputs(X, w, v, nonlinearity=nonlinearity) for w, v in ((W, V), change(W, V)))
    return (before - after).abs().max().item()


@pytest.mark.claims("S0-1.3a")
@given(st.floats(0.01, 100))
def test_rescaling_keeps_the_function_of_relu_units_and_no_other(alpha):
    def change(w, v):
        return rescale_units(w, v, alpha)

    for name in ("relu", "linear", nn.functional.leaky_relu):
        assert moved(change, name) < 1e-9
    if abs(alpha - 1) > 0.05:
        assert moved(change, "tanh") > 1e-3 and moved(change, "sigmoid") > 1e-3


@pytest.mark.claims("S0-1.3a")
def test_flipping_signs_keeps_the_function_of_odd_units_and_no_other():
    for name in ("tanh", "linear", torch.sin):
        assert moved(flip_units, name) < 1e-12
    for name in ("relu", "sigmoid"):
        assert moved(flip_units, name) > 0.1
    # Sigmoid's output bias takes over what the flip leaves.
    gap = outputs(X, *flip_units(W, V), nonlinearity="sigmoid") + V.sum(dim=2).unsqueeze(1)
    torch.testing.assert_close(gap, outputs(X, W, V, nonlinearity="sigmoid"))


def test_each_unit_may_have_a_factor_of_its_own():
    factors = torch.tensor([0.1, 1.0, 2.0, 5.0, 10.0]).double()
    w, v = rescale_units(W, V, factors)
    torch.testing.assert_close(w / W, factors.view(-1, 1).expand_as(W))
    torch.testing.assert_close(V / v, factors.expand_as(V))
    assert moved(lambda w, v: rescale_units(w, v, factors), "relu") < 1e-12


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan"), float("inf"), [1.0, -1.0, 1, 1, 1]])
def test_a_factor_must_be_positive_and_finite(alpha):
    with pytest.raises(ValueError, match="must be positive and finite"):
        rescale_units(W, V, alpha)


@pytest.mark.parametrize(
    ("name", "function"),
    [("tanh", torch.tanh), ("relu", torch.relu), ("sigmoid", torch.sigmoid), (None, torch.sin)],
)
def test_gradient_norm_and_sharpness_are_those_of_a_dense_hessian(name, function):
    gradient, sharpness = loss_curvature(X, Y, W, V, name or function)
    for run in range(4):

        def loss(theta):
            w, v = theta[:15].view(5, 3), theta[15:]
            return ((function(X @ w.T) @ v - Y) ** 2).mean() / 2

        theta = torch.cat([W[run].ravel(), V[run].ravel()]).requires_grad_()
        (slope,) = torch.autograd.grad(loss(theta), theta)
        hessian = torch.autograd.functional.hessian(loss, theta.detach())
        assert gradient[run].item() == pytest.approx(slope.norm().item(), rel=1e-9)
        largest = torch.linalg.eigvalsh(hessian)[-1].item()
        assert sharpness[run].item() == pytest.approx(largest, rel=1e-9)


def test_along_an_orbit_the_function_stands_still_and_the_sharpness_does_not():
    sharpness = [
        loss_curvature(X, Y, *rescale_units(W, V, alpha), "relu")[1] for alpha in (0.1, 1.0, 10.0)
    ]
    assert (sharpness[0] > 5 * sharpness[1]).all() and (sharpness[2] > 5 * sharpness[1]).all()
    for plain, flipped in zip(
        loss_curvature(X, Y, W, V, "tanh"),
        loss_curvature(X, Y, *flip_units(W, V), "tanh"),
        strict=True,
    ):
        torch.testing.assert_close(plain, flipped)  # a flip is orthogonal: nothing changes


def test_an_unknown_nonlinearity_is_refused():
    with pytest.raises(ValueError, match=re.escape("nonlinearity='selu' is unknown")):
        loss_curvature(X, Y, W, V, "selu")
