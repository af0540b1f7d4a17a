"""Nonlinearities by name, with the derivative a backward pass needs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Nonlinearity:
    """An elementwise function g and its derivative, both in place.

    Attributes
    ----------
    name : str
        The field's name: ``"tanh"``, ``"relu"``, ``"sigmoid"``, ``"linear"``, or
        the name of the callable it was made from.
    forward_ : callable
        ``forward_(z)`` may overwrite the preactivations z. It returns the
        activations g(z) and the tensor that ``backward_`` needs.
    backward_ : callable
        ``backward_(gradient, saved)`` multiplies ``gradient`` by g'(z) in place.
    """

    name: str
    forward_: Callable[[Tensor], tuple[Tensor, Tensor]]
    backward_: Callable[[Tensor, Tensor], Tensor]


def resolve_nonlinearity(nonlinearity: str | Callable[[Tensor], Tensor]) -> Nonlinearity:
    """Return the nonlinearity of that name, or wrap an elementwise callable.

    Parameters
    ----------
    nonlinearity : str or callable
        ``"tanh"``, ``"relu"``, ``"sigmoid"``, ``"linear"``, or a function of a
        tensor that returns a tensor of the same shape and that autograd can
        differentiate.

    Raises
    ------
    ValueError
        For a name that is not in the list.
    TypeError
        For anything that is neither a name nor callable.

    Examples
    --------
    >>> tanh = resolve_nonlinearity("tanh")
    >>> activation, saved = tanh.forward_(torch.zeros(1))
    >>> tanh.backward_(torch.ones(1), saved)  # tanh'(0) = 1
    tensor([1.])
    """
    if isinstance(nonlinearity, str):
        if nonlinearity not in _BY_NAME:
            names = ", ".join(repr(name) for name in _BY_NAME)
            raise ValueError(
                f"nonlinearity={nonlinearity!r} is unknown; use one of {names}, or a callable"
            )
        return _BY_NAME[nonlinearity]
    if callable(nonlinearity):
        return _from_callable(nonlinearity)
    raise TypeError(f"nonlinearity must be a name or a callable, not {type(nonlinearity).__name__}")


def as_function(nonlinearity: str | Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return g as a function that autograd can differentiate, any number of times.

    Raises
    ------
    ValueError, TypeError
        As :func:`resolve_nonlinearity`.

    Examples
    --------
    >>> as_function("relu")(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    name = resolve_nonlinearity(nonlinearity).name
    return nonlinearity if callable(nonlinearity) else _FUNCTIONS[name]


_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "linear": lambda z: z,
}


def vector_jacobian_product(
    function: Callable[[Tensor], Tensor], at: Tensor, arriving: Tensor
) -> Tensor:
    """Send a gradient back through a function, without a graph that outlives the call.

    A page can do it, too, within a :func:`trainability.programs.scan`.

    Parameters
    ----------
    function : callable
        Of one tensor; autograd can differentiate it.
    at : Tensor
        Where it was computed.
    arriving : Tensor
        The gradient with respect to what it returns.

    Examples
    --------
    >>> vector_jacobian_product(torch.square, torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0]))
    tensor([2., 4.])
    """
    with torch.enable_grad():
        leaf = at.detach().requires_grad_()
        (below,) = torch.autograd.grad(function(leaf), leaf, arriving)
    return below


def _from_callable(function: Callable[[Tensor], Tensor]) -> Nonlinearity:
    def forward_(preactivation: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            z = preactivation.detach().requires_grad_()
            try:
                activation = function(z)
                if not isinstance(activation, Tensor) or activation.shape != z.shape:
                    raise ValueError("nonlinearity: the callable must keep the shape of its tensor")
                if activation.dtype != z.dtype:
                    raise ValueError("nonlinearity: the callable must keep the dtype of its tensor")
                (derivative,) = torch.autograd.grad(activation.sum(), z)
            except RuntimeError as error:
                raise ValueError(
                    f"nonlinearity: autograd cannot differentiate the callable: {error}"
                ) from error
        return activation.detach(), derivative

    name = getattr(function, "__name__", type(function).__name__)
    return Nonlinearity(name, forward_, Tensor.mul_)


def _tanh_(preactivation: Tensor) -> Tensor:
    if preactivation.device.type == "cpu" and preactivation.dtype in (torch.float32, torch.float64):
        # numpy's vectorized tanh takes a third of the time of torch's, and that on one core.
        values = preactivation.numpy()
        np.tanh(values, out=values)
        return preactivation
    return preactivation.tanh_()


def _tanh_backward_(gradient: Tensor, activation: Tensor) -> Tensor:
    grad_input: Tensor = torch.ops.aten.tanh_backward.grad_input(
        gradient, activation, grad_input=gradient
    )
    return grad_input


def _sigmoid_backward_(gradient: Tensor, activation: Tensor) -> Tensor:
    grad_input: Tensor = torch.ops.aten.sigmoid_backward.grad_input(
        gradient, activation, grad_input=gradient
    )
    return grad_input


def _relu_backward_(gradient: Tensor, activation: Tensor) -> Tensor:
    grad_input: Tensor = torch.ops.aten.threshold_backward.grad_input(
        gradient, activation, 0, grad_input=gradient
    )
    return grad_input


def _saving_the_activation(
    name: str,
    function_: Callable[[Tensor], Tensor],
    backward_: Callable[[Tensor, Tensor], Tensor],
) -> Nonlinearity:
    def forward_(preactivation: Tensor) -> tuple[Tensor, Tensor]:
        activation = function_(preactivation)
        return activation, activation

    return Nonlinearity(name, forward_, backward_)


_BY_NAME = {
    nonlinearity.name: nonlinearity
    for nonlinearity in (
        _saving_the_activation("tanh", _tanh_, _tanh_backward_),
        _saving_the_activation("relu", torch.relu_, _relu_backward_),
        _saving_the_activation("sigmoid", torch.sigmoid_, _sigmoid_backward_),
        _saving_the_activation("linear", lambda z: z, lambda gradient, activation: gradient),
    )
}
