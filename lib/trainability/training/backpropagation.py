"""Networks whose depth is a setting: drawn, run forward and backward so that a page can do it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from trainability.linear import nearest_orthogonal
from trainability.nonlinearities import vector_jacobian_product
from trainability.programs import scan

INITS = ("normal", "uniform", "orthogonal")


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
    init: str = "normal",
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
    init : {"normal", "uniform", "orthogonal"}
        ``"uniform"`` is torch's default for ``nn.Linear``: weights and biases between
        ±1/√fan-in, without regard to ``scale``, ``spread`` and ``bias``. ``"orthogonal"`` turns
        each square hidden layer into the orthogonal matrix nearest to it, times ``scale``.
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
    if init not in INITS:
        raise ValueError(f"init={init!r} is unknown; use one of {', '.join(map(repr, INITS))}")

    def uniform(size: float, *shape: int) -> Tensor:
        return (2 * torch.rand(*shape, generator=generator) - 1) / size

    def drawn(*shape: int) -> Tensor:
        size: float = shape[-1] ** 0.5
        if init == "uniform":
            return uniform(size, *shape)
        return (spread * torch.randn(*shape, generator=generator) + (1 - spread)) * (scale / size)

    def biases(fan_in: int, *shape: int) -> Tensor:
        if init == "uniform":
            return uniform(fan_in**0.5, *shape)
        return torch.zeros(*shape) + bias

    network = {
        "w_first": drawn(width, inputs),
        "b_first": biases(inputs, width),
        "w": drawn(depth - 1, width, width),
        "b": biases(width, depth - 1, width),
        "w_last": drawn(classes, width),
        "b_last": biases(width, classes) if init == "uniform" else torch.zeros(classes),
    }
    if init == "orthogonal":
        _, turned = scan(lambda _, w: ((), scale * nearest_orthogonal(w)), (), network["w"])
        network["w"] = turned
    return network


def backpropagate(
    network: Mapping[str, Tensor],
    inputs: Tensor,
    targets: Tensor,
    nonlinearity: Callable[[Tensor], Tensor],
    *,
    softmaxes: int = 1,
    skip: float = 0.0,
    number_type: str | None = None,
    loss_scale: float = 1.0,
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
        From what the units of a hidden layer sum up, (n, H), to what they put out.
    softmaxes : {1, 2}
        2 for a network that ends in a softmax, although the loss has its own.
    skip : float
        How much of what it reads a hidden layer adds to what it puts out; the first layer
        has no skip.
    number_type : str, optional
        The type of the pass through the hidden layers and back, as torch calls it; by default
        that of the inputs, which the loss and all that is returned have, too.
    loss_scale : float
        Multiplies the gradient before it goes back; what is returned is divided by it.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = draw_network(2, 2, 5, 3, generator=generator)
    >>> back = backpropagate(network, torch.ones(1, 2), torch.eye(3)[:1], torch.tanh)
    >>> tuple(back.outputs.shape), back.gradients["b_last"].sum().abs().item() < 1e-6
    ((2, 1, 5), True)
    """
    own = inputs.dtype
    dtype = getattr(torch, number_type) if number_type else own
    low = {name: network[name].to(dtype) for name in ("w_first", "b_first", "w", "b")}

    def forward(signal: Tensor, layer: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        weight, bias = layer
        z = signal @ weight.T + bias
        return nonlinearity(z) + skip * signal, (signal, z)

    def backward(
        arriving: Tensor, layer: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        signal, z, weight = layer
        dz = vector_jacobian_product(nonlinearity, z, arriving)
        slope = arriving.to(own).square().mean()
        return dz @ weight + skip * arriving, (dz.T @ signal, dz.sum(0), slope)

    seen = inputs.to(dtype)
    first = seen @ low["w_first"].T + low["b_first"]
    last, (signals, z) = scan(forward, nonlinearity(first), (low["w"], low["b"]))
    loss, logits, top, dw_last, db_last = _judge(network, last.to(own), targets, softmaxes)
    arriving, (dw, db, slopes) = scan(
        backward, (top * loss_scale).to(dtype), (signals, z, low["w"]), reverse=True
    )
    dz = vector_jacobian_product(nonlinearity, first, arriving)
    answers = (logits * targets).sum(1, keepdim=True)
    below = {"w_first": dz.T @ seen, "b_first": dz.sum(0), "w": dw, "b": db}
    slopes = torch.cat([arriving.to(own).square().mean().view(1), slopes])
    return Backpropagation(
        loss=loss,
        right=((logits >= answers).float().sum(1) == 1).float().mean(),
        gradients={name: part.to(own) / loss_scale for name, part in below.items()}
        | {"w_last": dw_last, "b_last": db_last},
        outputs=torch.cat([signals, last.unsqueeze(0)]).to(own),
        slopes=slopes / loss_scale**2,
    )


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
