"""The updates of optimizers as pure functions, so that a page can make them."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

OPTIMIZERS = ("SGD", "momentum", "Adam")
_MOMENTUM = 0.9
_BETAS = 0.9, 0.999
_EPS = 1e-8


def fresh_memory(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what an optimizer remembers before its first step: zeros.

    Parameters
    ----------
    parameters : mapping of str to Tensor
        By name.

    Returns
    -------
    dict
        A ``"first …"`` and a ``"second …"`` moment of each, and Adam's ``"count"`` of steps.

    Examples
    --------
    >>> sorted(fresh_memory({"w": torch.ones(2)}))
    ['count', 'first w', 'second w']
    """
    memory = {name: torch.zeros_like(tensor) for name, tensor in _moments(parameters).items()}
    return memory | {"count": torch.zeros((), dtype=torch.float64)}


def updated(
    optimizer: str,
    parameters: Mapping[str, Tensor],
    gradients: Mapping[str, Tensor],
    memory: Mapping[str, Tensor],
    lr: float,
) -> dict[str, Tensor]:
    """Return the parameters and the memory after one step.

    Parameters
    ----------
    optimizer : {"SGD", "momentum", "Adam"}
        ``torch.optim.SGD``, the same with ``momentum=0.9``, or ``torch.optim.Adam``.
    parameters, gradients : mapping of str to Tensor
        Of the same names.
    memory : mapping of str to Tensor
        As :func:`fresh_memory` makes it; further entries do no harm.
    lr : float
        Learning rate.

    Raises
    ------
    ValueError
        For an optimizer that is not in the list.

    Examples
    --------
    >>> w = {"w": torch.tensor(1.0)}
    >>> after = updated("SGD", w, {"w": torch.tensor(0.5)}, fresh_memory(w), lr=0.1)
    >>> after["w"]
    tensor(0.9500)
    """
    if optimizer not in OPTIMIZERS:
        known = ", ".join(map(repr, OPTIMIZERS))
        raise ValueError(f"optimizer={optimizer!r} is unknown; use one of {known}")
    after = {name: memory[name] for name in (*_moments(parameters), "count")}
    if optimizer == "Adam":
        after["count"] = memory["count"] + 1
    unbiased = [1 - beta ** after["count"] for beta in _BETAS] if optimizer == "Adam" else []
    for name, parameter in parameters.items():
        step, kept = _step(optimizer, name, gradients[name], after, unbiased)
        after |= kept | {name: parameter - lr * step}
    return after


def _moments(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The names of the moments, each with its parameter."""
    orders = ("first", "second")
    return {f"{order} {name}": tensor for name, tensor in parameters.items() for order in orders}


def _step(
    optimizer: str,
    name: str,
    gradient: Tensor,
    memory: Mapping[str, Tensor],
    unbiased: Sequence[Tensor],
) -> tuple[Tensor, dict[str, Tensor]]:
    """The step against which the parameter goes, and the moments after it."""
    first = memory[f"first {name}"]
    if optimizer == "SGD":
        return gradient, {}
    if optimizer == "momentum":
        velocity = _MOMENTUM * first + gradient
        return velocity, {f"first {name}": velocity}
    beta1, beta2 = _BETAS
    first = beta1 * first + (1 - beta1) * gradient
    second = beta2 * memory[f"second {name}"] + (1 - beta2) * gradient.square()
    scale = (second / unbiased[1]).sqrt() + _EPS
    moments = {f"first {name}": first, f"second {name}": second}
    return first / unbiased[0] / scale, moments
