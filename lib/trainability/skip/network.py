"""Networks whose input is also wired straight to the output: weights, gradients, training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from trainability.arguments import checked_tensor, checked_widths
from trainability.linear import linear
from trainability.nonlinearities import Nonlinearity, as_function, resolve_nonlinearity


class SkipLayerNetwork(nn.Module):
    """A fully connected network with a second, direct linear path from input to output.

    f(x) = W_L g(W_{L−1} ⋯ g(W_1 x + b_1) ⋯) + b_L + S x, and g of that where the output is
    squashed. The direct path S gives the gradient a way of length one, and the network a
    linear model to start from.

    Parameters
    ----------
    widths : sequence of int
        Units a layer, the input first: two or more positive numbers.
    nonlinearity : {"tanh", "relu", "sigmoid", "linear"} or callable
        g, between the layers; tanh by default.
    output : {"linear", "nonlinear"}
        ``"linear"`` for regression; ``"nonlinear"`` applies g to the output as well.
    generator : torch.Generator, optional
        Draws the start as ``torch.nn.Linear`` does; torch's own generator by default.

    Attributes
    ----------
    layers : torch.nn.ModuleList
        The layers of the deep path, with biases.
    skip : torch.nn.Linear
        S, without a bias of its own: the last layer has one.

    Raises
    ------
    TypeError, ValueError
        Naming the argument at fault.

    References
    ----------
    Ripley (1996), "Pattern Recognition and Neural Networks", section 5.1,
    https://doi.org/10.1017/CBO9780511812651

    Examples
    --------
    With the deep path switched off the network is linear regression:

    >>> network = SkipLayerNetwork([3, 8, 1], generator=torch.Generator().manual_seed(0))
    >>> with torch.no_grad():
    ...     _ = network.layers[-1].weight.zero_(), network.layers[-1].bias.zero_()
    >>> x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    >>> torch.equal(network(x), x @ network.skip.weight.T)
    True
    """

    def __init__(
        self,
        widths: Sequence[int],
        nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
        output: str = "linear",
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        widths = checked_widths(widths)
        self.function = as_function(nonlinearity)
        self.squashed = _checked_output(output)
        self.layers = nn.ModuleList(linear(*pair, generator=generator) for pair in pairwise(widths))
        self.skip = linear(widths[0], widths[-1], bias=False, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Return f(x), shape (..., outputs), for inputs of shape (..., inputs)."""
        y = self.deep(x) + self.skip(x)
        return self.function(y) if self.squashed else y

    def deep(self, x: Tensor) -> Tensor:
        """Return what the deep path alone contributes."""
        for layer in self.layers[:-1]:
            x = self.function(layer(x))
        output: Tensor = self.layers[-1](x)
        return output


def skip_weight_count(widths: Sequence[int]) -> int:
    """Count the weights of a skip-layer network, without biases: Σ_l d_{l−1} d_l + d_0 d_L.

    Each layer is connected to the next, and the input also to the output. Networks in
    which *all* pairs of layers are connected have more. With a single layer the skip path
    duplicates it: 2 d_0 d_1 weights that do the work of d_0 d_1.

    Parameters
    ----------
    widths : sequence of int
        d_0, …, d_L, the input first: two or more positive numbers.

    Raises
    ------
    TypeError, ValueError
        For other widths.

    Examples
    --------
    >>> skip_weight_count([10, 20, 15, 5])  # 200 + 300 + 75, and 50 for the skip
    625
    """
    widths = checked_widths(widths)
    plain = sum(a * b for a, b in pairwise(widths))
    return plain + widths[0] * widths[-1]


def skip_gradient(
    w: Tensor | Sequence[float],
    x: float | Tensor,
    nonlinearity: str | Callable[[Tensor], Tensor],
    output: str = "linear",
) -> tuple[Tensor, Tensor]:
    """Return the output of the smallest skip-layer network, and its gradient in the three weights.

    With a = w_xh·x, h = g(a) and s = w_hy·h + w_xy·x it is y = s (or g(s)), and

        ∇_w y = [w_hy g'(a) x,  h,  x],   times g'(s) where the output is squashed.

    Parameters
    ----------
    w : Tensor or sequence of float, shape (3,)
        w_xh, w_hy, w_xy: input to hidden, hidden to output, input to output.
    x : float or Tensor of one number
        The input.
    nonlinearity : {"tanh", "relu", "sigmoid", "linear"} or callable
        g, elementwise.
    output : {"linear", "nonlinear"}
        ``"nonlinear"`` squashes the output by the same g.

    Returns
    -------
    tuple of Tensor, shapes () and (3,)
        y and ∇_w y, in the type of ``w`` (float64 for plain numbers). ``w`` is unchanged.

    Raises
    ------
    TypeError, ValueError
        Naming the argument at fault.

    Examples
    --------
    >>> y, gradient = skip_gradient([0.4, -0.7, 0.2], 1.5, "tanh")
    >>> [round(number, 4) for number in gradient.tolist()]
    [-0.7472, 0.537, 1.5]
    """
    w = _checked_vector("w", w, 3)
    x = _checked_vector("x", x, 1).reshape(()).to(w)
    squashed, function = _checked_output(output), resolve_nonlinearity(nonlinearity)
    to_hidden, to_output, direct = w
    h, slope = _value_and_slope(function, to_hidden * x)
    s = to_output * h + direct * x
    gradient = torch.stack([to_output * slope * x, h, x])
    if not squashed:
        return s, gradient
    y, slope = _value_and_slope(function, s)
    return y, slope * gradient


def _value_and_slope(function: Nonlinearity, z: Tensor) -> tuple[Tensor, Tensor]:
    value, saved = function.forward_(z.detach().clone())
    kept = value.clone()
    return kept, function.backward_(torch.ones_like(z), saved)


def _checked_output(output: str) -> bool:
    if output not in ("linear", "nonlinear"):
        raise ValueError(f"output={output!r} is unknown; use 'linear' or 'nonlinear'")
    return output == "nonlinear"


def _checked_vector(name: str, numbers: float | Tensor | Sequence[float], count: int) -> Tensor:
    try:
        given = torch.as_tensor(numbers)
        if not isinstance(numbers, Tensor) and given.is_floating_point():
            given = torch.as_tensor(numbers, dtype=torch.float64)  # 0.4 as it is written
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}={numbers!r} must hold {count} number(s)") from None
    checked_tensor(name, given)
    if given.numel() != count:
        raise ValueError(f"{name} has shape {tuple(given.shape)}; it must hold {count} number(s)")
    exact = given if given.is_floating_point() else given.double()
    return exact.detach().reshape(-1)
