"""One product of random layers, followed layer by layer, so that a page can draw its own."""

import math

import torch
from torch import Tensor

from trainability.linear import nearest_orthogonal
from trainability.nonlinearities import as_function
from trainability.programs import scan

KINDS = ("gaussian", "rotation", "identity + gaussian")
WEIGHTS = ("gaussian", "orthogonal")
NORMS = ("none", "LayerNorm")
ARROWS = 10
_PLANE = torch.eye(2, dtype=torch.float64)
_LOG10 = math.log(10)
_EPS = 1e-5  # of torch's nn.LayerNorm
_POINTS = 49  # of the circle
_TINY = 1e-300


def circle_by_layer(
    layers: int = 20,
    kind: str = "gaussian",
    share: float = 0.25,
    *,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Send a circle and two of its radii through random 2 × 2 layers.

    Parameters
    ----------
    layers : int
    kind : {"gaussian", "rotation", "identity + gaussian"}
        Independent normal entries of variance ½; a uniformly distributed rotation; or the layer
        x + share · Wx of a residual network.
    share : float
        Of the last kind.
    generator : torch.Generator
        Source of every number.

    Returns
    -------
    dict
        ``images``, (layers + 1, 49, 2), each scaled so that its longest radius is about 1, and
        ``radii``, (layers + 1, 2, 2), the images of (1, 0) and (0, 1) scaled alike; ``log_aspect``,
        (layers + 1,), log10 of length over width; all float64.

    Examples
    --------
    >>> turned = circle_by_layer(5, "rotation", generator=torch.Generator().manual_seed(0))
    >>> turned["log_aspect"].abs().max().item() < 1e-6
    True
    """
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r} is unknown; use one of {', '.join(map(repr, KINDS))}")

    def through(carry: tuple[Tensor, Tensor], _: tuple[()]) -> tuple[tuple[Tensor, Tensor], Tensor]:
        product, log_area = carry
        normal = torch.randn(2, 2, generator=generator).double()
        layer = normal / 2**0.5
        if kind == "rotation":
            a, b = normal[0, 0], normal[0, 1]
            rows = torch.stack([torch.stack([a, -b]), torch.stack([b, a])])
            layer = rows / (a.square() + b.square()).sqrt()
        elif kind == "identity + gaussian":
            layer = _PLANE + share * layer
        area = (layer[0, 0] * layer[1, 1] - layer[0, 1] * layer[1, 0]).abs()
        product = layer @ product
        size = product.square().sum().sqrt().clamp(min=_TINY)
        log_area = log_area + torch.log(area.clamp(min=_TINY)) - 2 * torch.log(size)
        product = product / size
        # Of a matrix with σ₁² + σ₂² = 1 and σ₁σ₂ = area.
        area = torch.exp(log_area)
        longest = (1 + (1 - 4 * area.square()).clamp(min=0).sqrt()) / 2
        return (product, log_area), torch.cat(
            [product.view(4), ((torch.log(longest) - log_area) / _LOG10).view(1)]
        )

    first = _PLANE / 2**0.5
    start = first, torch.log(torch.full((), 0.5).double())
    _, followed = scan(through, start, length=layers)
    identity = torch.cat([first.view(1, 4), torch.zeros(1, 1).double()], 1)
    followed = torch.cat([identity, followed])
    products = followed[:, :4].view(-1, 2, 2)
    turn = torch.arange(_POINTS).double() * (2 * torch.pi / (_POINTS - 1))
    circle = torch.stack([turn.cos(), turn.sin()])
    images = products @ circle
    longest = images.square().sum(1).amax(1).sqrt().view(-1, 1, 1).clamp(min=_TINY)
    return {
        "images": (images / longest).transpose(1, 2),
        "radii": (products / longest).transpose(1, 2),
        "log_aspect": followed[:, 4],
    }


def gradients_by_layer(
    depth: int = 20,
    width: int = 100,
    nonlinearity: str = "linear",
    weights: str = "gaussian",
    norm: str = "none",
    skip: float = 0.0,
    *,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Send ten independent gradients back through one random network.

    Parameters
    ----------
    depth, width : int
        Layers, and units in each.
    nonlinearity : {"linear", "relu", "tanh"}
        Behind each layer. Weights have the variance that keeps the mean square of small signals.
    weights : {"gaussian", "orthogonal"}
    norm : {"none", "LayerNorm"}
        What stands before each nonlinearity, without weights of its own.
    skip : float
        How much of what it reads each layer adds to what it puts out.
    generator : torch.Generator
        Source of every number.

    Returns
    -------
    dict
        In the order of the layers, so that the last entry is before the first step back:
        ``rank``, the effective rank (Σσ²)²/Σσ⁴ of the Jacobian (its *participation ratio*), which
        is ``width`` for an isometry and 1 where one direction is left; ``of_ten``, that of the ten
        gradients' directions, 10 at most; ``cosines``, (depth + 1, 10, 10), between them.

    Examples
    --------
    >>> back = gradients_by_layer(8, 64, generator=torch.Generator().manual_seed(0))
    >>> round(back["rank"][-1].item()), back["rank"][0].item() < 64 / 6
    (64, True)
    """
    for name, given, known in (("weights", weights, WEIGHTS), ("norm", norm, NORMS)):
        if given not in known:
            raise ValueError(
                f"{name}={given!r} is unknown; use one of {', '.join(map(repr, known))}"
            )
    g = as_function(nonlinearity)
    gain: float = 2**0.5 if nonlinearity == "relu" else 1.0

    def forward(signal: Tensor, _: tuple[()]) -> tuple[Tensor, tuple[Tensor, ...]]:
        weight = torch.randn(width, width, generator=generator) / width**0.5
        if weights == "orthogonal":
            weight = nearest_orthogonal(weight)
        z = gain * (signal @ weight.T)
        size = torch.ones(1)
        if norm == "LayerNorm":
            z = z - z.mean()
            size = (z.square().mean() + _EPS).sqrt().view(1)
            z = z / size
        with torch.enable_grad():
            free = z.detach().requires_grad_()
            (slope,) = torch.autograd.grad(g(free).sum(), free)
        return g(z) + skip * signal, (weight, slope, z, size)

    def through(arriving: Tensor, layer: tuple[Tensor, ...]) -> Tensor:
        weight, slope, z, size = layer
        dz = arriving * slope
        if norm == "LayerNorm":
            dz = dz - dz.mean(1, keepdim=True) - z * (dz * z).mean(1, keepdim=True)
            dz = dz / size
        return gain * (dz @ weight) + skip * arriving

    def backward(
        carry: tuple[Tensor, Tensor], layer: tuple[Tensor, ...]
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        jacobian, arrows = (through(each, layer) for each in carry)
        jacobian = jacobian / jacobian.square().sum().sqrt().clamp(min=1e-30)
        arrows = arrows / arrows.square().sum(1, keepdim=True).sqrt().clamp(min=1e-30)
        rank = 1 / (jacobian @ jacobian.T).square().sum().clamp(min=1e-30)
        return (jacobian, arrows), (rank, arrows @ arrows.T)

    signal = torch.randn(1, width, generator=generator)
    arrows = torch.randn(ARROWS, width, generator=generator)
    arrows = arrows / arrows.square().sum(1, keepdim=True).sqrt()
    _, layers = scan(forward, signal, length=depth)
    place = torch.arange(width)
    identity = (place.view(1, -1) == place.view(-1, 1)).float() / width**0.5
    _, (ranks, cosines) = scan(backward, (identity, arrows), layers, reverse=True)
    all_cosines = torch.cat([cosines, (arrows @ arrows.T).unsqueeze(0)])
    return {
        "rank": torch.cat([ranks, torch.ones(1) * width]),
        "of_ten": ARROWS**2 / all_cosines.square().sum((1, 2)),
        "cosines": all_cosines,
    }
