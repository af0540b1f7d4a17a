"""Orbits: other weights, the same function. What moves along them is the loss's landscape."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from trainability.nonlinearities import as_function


def rescale_units(
    w_in: Tensor, w_out: Tensor, alpha: float | Sequence[float] | Tensor
) -> tuple[Tensor, Tensor]:
    """Multiply what hidden units read by α, and divide what they write by α.

    For α > 0 and units with g(αz) = α g(z), such as ReLU or linear ones, the network
    computes the same function. tanh and sigmoid units do not allow it.

    Parameters
    ----------
    w_in : Tensor, shape (..., H, d)
        Incoming weights, a row a unit, biases included.
    w_out : Tensor, shape (..., K, H)
        Outgoing weights, a column a unit.
    alpha : float or array-like, shape (H,)
        One factor for all units, or one for each; positive.

    Returns
    -------
    tuple of Tensor
        New weights of the same shapes.

    Raises
    ------
    ValueError
        For a factor that is not positive and finite.

    References
    ----------
    Neyshabur, Salakhutdinov and Srebro (2015), "Path-SGD", section 2,
    https://arxiv.org/abs/1506.02617

    Examples
    --------
    >>> w, v = rescale_units(torch.tensor([[3.0, 4.0]]), torch.tensor([[20.0]]), 2.0)
    >>> w.tolist(), v.tolist()  # both have norm 10 now
    ([[6.0, 8.0]], [[10.0]])
    """
    factor = torch.as_tensor(alpha, dtype=w_in.dtype, device=w_in.device)
    if not ((factor > 0) & torch.isfinite(factor)).all():
        raise ValueError(f"alpha={alpha!r} must be positive and finite")
    return w_in * factor.view(-1, 1), w_out / factor.view(-1)


def flip_units(w_in: Tensor, w_out: Tensor) -> tuple[Tensor, Tensor]:
    """Change the sign of all that hidden units read and write.

    For odd nonlinearities, g(−z) = −g(z), such as tanh or sine, the network computes the
    same function. Sigmoid units need a new output bias as well: b + Σ_j v_j.

    Parameters
    ----------
    w_in, w_out : Tensor, shapes (..., H, d) and (..., K, H)

    Returns
    -------
    tuple of Tensor
        New weights of the same shapes.

    References
    ----------
    Sussmann (1992), "Uniqueness of the weights for minimal feedforward nets with a given
    input-output map", https://doi.org/10.1016/S0893-6080%2805%2980037-1

    Examples
    --------
    >>> flip_units(torch.tensor([[1.0]]), torch.tensor([[2.0]]))
    (tensor([[-1.]]), tensor([[-2.]]))
    """
    return -w_in, -w_out


def loss_curvature(
    inputs: Tensor,
    targets: Tensor,
    w_in: Tensor,
    w_out: Tensor,
    nonlinearity: str | Callable[[Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    """Return gradient norm and sharpness: the Hessian's largest eigenvalue, for ½·mean (f(x) − y)².

    Parameters
    ----------
    inputs, targets : Tensor, shapes (n, d) and (n,)
        Append a column of ones to the inputs for biases.
    w_in, w_out : Tensor, shapes (R, H, d) and (R, 1, H)
        R networks f(x) = v g(Wx), looked at one by one but computed together.
    nonlinearity : {"tanh", "relu", "sigmoid", "linear"} or callable
        g, as autograd can differentiate it.

    Returns
    -------
    tuple of Tensor, shape (R,)
        Gradient norm and sharpness, over the H·(d + 1) weights.

    Raises
    ------
    TypeError, ValueError
        For a nonlinearity that is neither one of the names nor callable.

    References
    ----------
    Dinh, Pascanu, S. Bengio and Y. Bengio (2017), "Sharp minima can generalize for deep
    nets", https://arxiv.org/abs/1703.04933

    Examples
    --------
    f = v·w·x at v = w = 1, where the Hessian is [[1, 1], [1, 1]] plus (f − y) off the
    diagonal:

    >>> one = torch.ones(1, 1, 1)
    >>> slope, sharpness = loss_curvature(torch.ones(1, 1), torch.ones(1), one, one, lambda z: z)
    >>> slope.item(), round(sharpness.item(), 3)
    (0.0, 2.0)
    """
    function = as_function(nonlinearity)
    count, units, features = w_in.shape
    theta = torch.cat([w_in.flatten(1), w_out.flatten(1)], dim=1).detach().requires_grad_()
    w = theta[:, : units * features].view(count, units, features)
    v = theta[:, units * features :].view(count, units, 1)
    gap = (function(inputs @ w.mT) @ v).squeeze(-1) - targets
    losses = gap.square().mean(dim=1) / 2
    (gradient,) = torch.autograd.grad(losses.sum(), theta, create_graph=True)
    # The networks share no weight, so the sum's Hessian holds each one's own block.
    rows = [
        torch.autograd.grad(column.sum(), theta, retain_graph=True)[0]
        for column in gradient.unbind(dim=1)
    ]
    hessian = torch.stack(rows, dim=1)
    return gradient.detach().norm(dim=1), torch.linalg.eigvalsh(hessian)[:, -1]
