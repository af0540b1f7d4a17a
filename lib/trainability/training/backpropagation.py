"""Networks whose depth is a setting: drawn, run forward and backward so that a page can do it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from trainability.programs import scan


@dataclass(frozen=True)
class Backpropagation:
    """What :func:`backpropagate` returns.

    Attributes
    ----------
    loss : Tensor, shape ()
        Mean cross entropy.
    right : Tensor, shape ()
        Share of the examples whose own class has the largest logit, ties not counted.
    gradients : dict of str to Tensor
        Of the loss, by the weights' names.
    outputs : Tensor, shape (L, n, H)
        What each hidden layer puts out.
    slopes : Tensor, shape (L,)
        Mean squares of the loss's gradient with respect to each hidden layer's output.
    """

    loss: Tensor
    right: Tensor
    gradients: dict[str, Tensor]
    outputs: Tensor
    slopes: Tensor


def draw_network(
    inputs: int,
    depth: int,
    width: int,
    classes: int,
    scale: float = 1.0,
    spread: float = 1.0,
    bias: float = 0.0,
    *,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Draw a network of hidden layers of one width.

    Parameters
    ----------
    inputs, depth, width, classes : int
        Inputs, hidden layers (two or more), units in each, and outputs.
    scale : float
        The weights' standard deviation times √fan-in, at a spread of 1.
    spread : float
        Share that is drawn; the rest is one number. At 0 all weights of a layer are equal.
    bias : float
        Of the hidden layers; that of the last layer is 0.
    generator : torch.Generator
        Source of every number.

    Returns
    -------
    dict
        ``w_first`` (width, inputs), ``w`` (depth − 1, width, width), ``w_last`` (classes, width),
        and ``b_first``, ``b``, ``b_last``.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = draw_network(64, 3, 32, 10, scale=2.0, spread=0.0, generator=generator)
    >>> network["w_first"].unique().item(), tuple(network["w"].shape)
    (0.25, (2, 32, 32))
    """

    def drawn(*shape: int) -> Tensor:
        size: float = shape[-1] ** 0.5
        return (spread * torch.randn(*shape, generator=generator) + (1 - spread)) * (scale / size)

    return {
        "w_first": drawn(width, inputs),
        "b_first": torch.zeros(width) + bias,
        "w": drawn(depth - 1, width, width),
        "b": torch.zeros(depth - 1, width) + bias,
        "w_last": drawn(classes, width),
        "b_last": torch.zeros(classes),
    }


def backpropagate(
    network: Mapping[str, Tensor],
    inputs: Tensor,
    targets: Tensor,
    nonlinearity: Callable[[Tensor], Tensor],
    *,
    softmaxes: int = 1,
) -> Backpropagation:
    """Send examples through a network, and the gradient of their loss back.

    The layers stand in a :func:`trainability.programs.scan`, so that a plan holds one, however
    many there are.

    Parameters
    ----------
    network : mapping of str to Tensor
        As :func:`draw_network` makes it; further entries do no harm.
    inputs : Tensor, shape (n, d)
    targets : Tensor, shape (n, classes)
        1 for each example's class, else 0.
    nonlinearity : callable
        That of the hidden layers.
    softmaxes : {1, 2}
        2 for a network that ends in a softmax, although the loss has its own.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = draw_network(2, 2, 5, 3, generator=generator)
    >>> back = backpropagate(network, torch.ones(1, 2), torch.eye(3)[:1], torch.tanh)
    >>> tuple(back.outputs.shape), back.gradients["b_last"].sum().abs().item() < 1e-6
    ((2, 1, 5), True)
    """

    def forward(signal: Tensor, layer: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        weight, bias = layer
        z = signal @ weight.T + bias
        return nonlinearity(z), (signal, z)

    def backward(
        arriving: Tensor, layer: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        signal, z, weight = layer
        dz = _through(nonlinearity, z, arriving)
        return dz @ weight, (dz.T @ signal, dz.sum(0), arriving.square().mean())

    first = inputs @ network["w_first"].T + network["b_first"]
    last, (signals, z) = scan(forward, nonlinearity(first), (network["w"], network["b"]))
    loss, logits, top, dw_last, db_last = _judge(network, last, targets, softmaxes)
    low, (dw, db, slopes) = scan(backward, top, (signals, z, network["w"]), reverse=True)
    dz = _through(nonlinearity, first, low)
    own = (logits * targets).sum(1, keepdim=True)
    return Backpropagation(
        loss=loss,
        right=((logits >= own).float().sum(1) == 1).float().mean(),
        gradients={
            "w_first": dz.T @ inputs,
            "b_first": dz.sum(0),
            "w": dw,
            "b": db,
            "w_last": dw_last,
            "b_last": db_last,
        },
        outputs=torch.cat([signals, last.unsqueeze(0)]),
        slopes=torch.cat([low.square().mean().view(1), slopes]),
    )


def _through(nonlinearity: Callable[[Tensor], Tensor], z: Tensor, arriving: Tensor) -> Tensor:
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        return torch.autograd.grad(nonlinearity(z), z, arriving)[0]


def _judge(
    network: Mapping[str, Tensor], last: Tensor, targets: Tensor, softmaxes: int
) -> tuple[Tensor, ...]:
    """The loss, the logits, and the gradients for the last hidden layer and what reads it."""
    given = last, network["w_last"], network["b_last"]
    signal, weight, bias = leaves = [each.detach().requires_grad_() for each in given]
    with torch.enable_grad():
        logits = signal @ weight.T + bias
        if softmaxes == 2:
            logits = logits.softmax(1)
        loss = -(log_softmax(logits, 1) * targets).sum() / targets.shape[0]
        gradients = torch.autograd.grad(loss, leaves)
    return loss.detach(), logits.detach(), *gradients
