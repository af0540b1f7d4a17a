"""Named nonlinearities against autograd, and what a callable must keep."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from conftest import short
from trainability.nonlinearities import Nonlinearity, resolve_nonlinearity

REFERENCES = {
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "sigmoid": nn.Sigmoid(),
    "linear": nn.Identity(),
}
fixed = settings(derandomize=True, deadline=None, max_examples=60)
numbers = st.floats(-1e3, 1e3, allow_subnormal=False)


def by_autograd(function, values: torch.Tensor, arriving: torch.Tensor):
    z = values.clone().requires_grad_()
    activation = function(z)
    (gradient,) = torch.autograd.grad(activation, z, arriving)
    return activation.detach(), gradient


def both_ways(nonlinearity: Nonlinearity, values: torch.Tensor, arriving: torch.Tensor):
    activation, saved = nonlinearity.forward_(values.clone())
    kept = activation.clone()
    return kept, nonlinearity.backward_(arriving.clone(), saved)


@fixed
@given(
    name=st.sampled_from(sorted(REFERENCES)),
    pairs=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8),
)
def test_named_functions_and_their_derivatives_agree_with_autograd(name, pairs):
    values, arriving = torch.tensor(pairs, dtype=torch.float64).T
    activation, gradient = both_ways(resolve_nonlinearity(name), values, arriving)
    wanted, wanted_gradient = by_autograd(REFERENCES[name], values, arriving)
    torch.testing.assert_close(activation, wanted, rtol=1e-12, atol=1e-300)
    # Near zero the last digits of 1 - a² depend on whether a machine multiplies and adds at once.
    rounding = 4 * torch.finfo(torch.float64).eps * float(arriving.abs().max())
    torch.testing.assert_close(gradient, wanted_gradient, rtol=1e-12, atol=rounding + 1e-300)


@fixed
@given(pairs=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8))
def test_a_wrapped_callable_agrees_with_autograd(pairs):
    values, arriving = torch.tensor(pairs, dtype=torch.float64).T
    for function in (torch.sin, nn.GELU(), lambda z: z * torch.sigmoid(1.7 * z)):
        found = both_ways(resolve_nonlinearity(function), values, arriving)
        wanted = by_autograd(function, values, arriving)
        for mine, reference in zip(found, wanted, strict=True):
            torch.testing.assert_close(mine, reference, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", sorted(REFERENCES))
@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str
)
def test_named_functions_keep_type_and_shape(name, dtype):
    values = torch.linspace(-3, 3, 12, dtype=dtype).view(3, 4)
    arriving = torch.ones(3, 4, dtype=dtype)
    found = both_ways(resolve_nonlinearity(name), values, arriving)
    for mine, reference in zip(found, by_autograd(REFERENCES[name], values, arriving), strict=True):
        assert (mine.dtype, mine.shape) == (dtype, (3, 4))
        torch.testing.assert_close(mine, reference)


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_infinite_and_undefined_preactivations_pass_as_autograd_passes_them(name):
    values = torch.tensor([math.inf, -math.inf, math.nan, 0.0], dtype=torch.float64)
    arriving = torch.tensor([2.0, 2.0, 2.0, 2.0], dtype=torch.float64)
    found = both_ways(resolve_nonlinearity(name), values, arriving)
    for mine, reference in zip(found, by_autograd(REFERENCES[name], values, arriving), strict=True):
        torch.testing.assert_close(mine, reference, equal_nan=True)


def test_the_derivative_of_relu_at_zero_is_zero():
    _, gradient = both_ways(resolve_nonlinearity("relu"), torch.zeros(3), torch.ones(3))
    assert gradient.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("nonlinearity", [*sorted(REFERENCES), torch.sin], ids=short)
def test_the_gradient_is_multiplied_in_place(nonlinearity):
    resolved = resolve_nonlinearity(nonlinearity)
    _, saved = resolved.forward_(torch.linspace(-2, 2, 9))
    gradient = torch.full((9,), 3.0)
    returned = resolved.backward_(gradient, saved)
    assert returned.data_ptr() == gradient.data_ptr()
    torch.testing.assert_close(returned, gradient)


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_named_functions_write_no_second_copy_of_the_layer(name):
    preactivation = torch.linspace(-2, 2, 9)
    activation, saved = resolve_nonlinearity(name).forward_(preactivation)
    assert activation.data_ptr() == saved.data_ptr() == preactivation.data_ptr()


def test_a_wrapped_callable_leaves_no_graph_behind():
    activation, saved = resolve_nonlinearity(torch.sin).forward_(torch.ones(2))
    assert not activation.requires_grad
    assert not saved.requires_grad


def test_a_callable_is_differentiated_even_where_gradients_are_off():
    with torch.no_grad():
        _, saved = resolve_nonlinearity(torch.sin).forward_(torch.tensor([0.0, math.pi]))
    torch.testing.assert_close(saved, torch.tensor([1.0, -1.0]))


def test_nonlinearities_know_their_names():
    def squash(z):
        return z

    assert [resolve_nonlinearity(name).name for name in REFERENCES] == list(REFERENCES)
    assert resolve_nonlinearity(squash).name == "squash"
    assert resolve_nonlinearity(nn.Softplus()).name == "Softplus"


@pytest.mark.parametrize("name", ["", "Relu", "RELU", " tanh", "gelu", "tanh\n"], ids=repr)
def test_an_unknown_name_is_refused_with_every_name_that_exists(name):
    with pytest.raises(ValueError, match="nonlinearity=") as caught:
        resolve_nonlinearity(name)
    assert repr(name) in str(caught.value)
    assert all(repr(known) in str(caught.value) for known in REFERENCES)


@pytest.mark.parametrize("value", [None, 0, 1.5, b"tanh", ["tanh"], torch.ones(1)], ids=repr)
def test_what_is_neither_name_nor_callable_is_refused_by_name(value):
    with pytest.raises(TypeError, match=f"nonlinearity .*{type(value).__name__}"):
        resolve_nonlinearity(value)


@pytest.mark.parametrize(
    "function",
    [lambda z: z.mean(), lambda z: z[:1], lambda z: None, lambda z: 3.0, lambda z: [z]],
    ids=["mean", "slice", "None", "float", "list"],
)
def test_a_callable_that_changes_the_shape_is_refused_by_name(function):
    with pytest.raises(ValueError, match=r"nonlinearity: .*shape"):
        resolve_nonlinearity(function).forward_(torch.ones(2, 3))
