"""The slope of a deep random network along a line of inputs, with or without skip connections."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from trainability.arguments import (
    checked_count,
    checked_device,
    checked_number,
    checked_tensor,
    drawn,
)


def slope_along_a_line(
    x: Tensor,
    *,
    depth: int,
    width: int = 100,
    branch_scale: float | None = None,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return output and slope f'(x) of one random ReLU network with a single input.

    Blocks with a skip connection are h ← h + α W relu(h), those without h ← W relu(h). W has
    He's variance 2/width, the input enters as W_0 (x, 1), and the output is v·h.

    Parameters
    ----------
    x : Tensor, shape (N,), floating
        Places on the line.
    depth, width : int
        Blocks, and units in each, at least 1.
    branch_scale : float, optional
        α, the scale of each block's branch; no skip connections where it is left out.
    generator : torch.Generator
        Source of the weights, drawn in the same order whatever ``branch_scale``.

    Returns
    -------
    tuple of Tensor, shape (N,)
        f(x) and f'(x), the latter by carrying the derivative forward.

    Raises
    ------
    TypeError, ValueError
        Naming the argument at fault.

    References
    ----------
    Balduzzi et al. (2017), "The shattered gradients problem: if resnets are the answer, then
    what is the question?", https://arxiv.org/abs/1702.08591

    Examples
    --------
    Neighboring slopes of a deep plain network have little in common; a skip fixes that:

    >>> x = torch.linspace(-2, 2, 200)
    >>> def alike(scale):
    ...     generator = torch.Generator().manual_seed(0)
    ...     _, slope = slope_along_a_line(x, depth=50, branch_scale=scale, generator=generator)
    ...     return slope_correlation(slope, lag=5)
    >>> alike(None) < 0.5 < 0.8 < alike(0.1)
    True
    """
    checked_tensor("x", x, shape="(N,)", floating=True)
    checked_device(generator, x.device)
    depth, width = checked_count("depth", depth, least=1), checked_count("width", width, least=1)
    scale = None if branch_scale is None else checked_number("branch_scale", branch_scale)

    normal = _normal_like(x, generator)
    entry = normal(width, 2)
    h = torch.stack([x, torch.ones_like(x)], dim=1) @ entry.T
    slope = entry[:, 0].expand(len(x), -1)
    for _ in range(depth):
        weight = normal(width, width) * (2 / width) ** 0.5
        branch, branch_slope = h.relu() @ weight.T, (slope * (h > 0)) @ weight.T
        if scale is None:
            h, slope = branch, branch_slope
        else:
            h, slope = h + scale * branch, slope + scale * branch_slope
    readout = normal(width) / width**0.5
    return h @ readout, slope @ readout


def slope_correlation(slope: Tensor, lag: int) -> float:
    """Correlate a slope with itself some places further along the line.

    Parameters
    ----------
    slope : Tensor, shape (N,)
        f' at evenly spaced places.
    lag : int
        How many places further, at least 1 and below N.

    Returns
    -------
    float
        1 for slopes that do not change between neighbors, 0 for white noise. NaN where the
        slope is constant.

    Examples
    --------
    >>> round(slope_correlation(torch.tensor([1.0, -1.0, 1.0, -1.0]), lag=2), 6)
    1.0
    """
    lag = checked_count("lag", lag, least=1)
    if lag >= len(slope):
        raise ValueError(f"lag={lag} must be below the {len(slope)} places there are")
    pair = torch.stack([slope[:-lag], slope[lag:]]).double()
    pair = pair - pair.mean(dim=1, keepdim=True)
    norms = pair.norm(dim=1)
    correlation: float = ((pair[0] @ pair[1]) / (norms[0] * norms[1])).item()
    return correlation


def switched_share(
    x: Tensor, lag: int, *, depth: int, width: int = 100, generator: torch.Generator
) -> Tensor:
    """Measure, layer by layer, how many ReLU units are on for one of two neighbors only.

    The network is that of :func:`slope_along_a_line` without skip connections, with the same
    draws.

    Parameters
    ----------
    x : Tensor, shape (N,), floating
        Evenly spaced places on the line.
    lag : int
        How many places apart two neighbors are, at least 1 and below N.
    depth, width : int
        Layers, and units in each, at least 1.
    generator : torch.Generator
        Source of the weights.

    Returns
    -------
    Tensor, shape (depth,), float64
        Mean share over all pairs of neighbors and all units of a layer, from 0 to 1.

    Examples
    --------
    The farther two inputs lie apart, the more units differ:

    >>> x = torch.linspace(-2, 2, 201)
    >>> def share(lag):
    ...     generator = torch.Generator().manual_seed(0)
    ...     return switched_share(x, lag, depth=10, generator=generator).mean()
    >>> bool(share(1) < share(10) < 1)
    True
    """
    lag, depth = checked_count("lag", lag, least=1), checked_count("depth", depth, least=1)
    if lag >= len(x):
        raise ValueError(f"lag={lag} must be below the {len(x)} places there are")
    width = checked_count("width", width, least=1)

    normal = _normal_like(x, generator)
    h, shares = torch.stack([x, torch.ones_like(x)], dim=1) @ normal(width, 2).T, []
    for _ in range(depth):
        shares.append(((h[lag:] > 0) != (h[:-lag] > 0)).float().mean())
        h = h.relu() @ normal(width, width).T * (2 / width) ** 0.5
    return torch.stack(shares).double()


def gradient_cosine_after_step(
    *,
    depth: int,
    width: int = 100,
    branch_scale: float | None = None,
    norm: str = "none",
    relative_step: float = 1e-3,
    generator: torch.Generator,
) -> float:
    """Compare the gradient in the weights before and after one small step along it.

    The blocks are those of :func:`slope_along_a_line`, and what is differentiated is a random
    sum of the last block's outputs, for one random input.

    Parameters
    ----------
    depth, width : int
        Blocks, and units in each, at least 1.
    branch_scale : float, optional
        α, the scale of each block's branch; no skip connections where it is left out.
    norm : {"none", "pre", "post"}
        LayerNorm, without weights of its own, before each branch or behind each sum.
    relative_step : float
        How far each block's weights move against their gradient, in units of their own length.
    generator : torch.Generator
        Source of the input and the weights.

    Returns
    -------
    float
        Cosine of the two gradients: 1 where the step changes nothing, near 0 where the gradient
        holds for no step as long as this.

    Examples
    --------
    >>> def cosine(scale):
    ...     generator = torch.Generator().manual_seed(0)
    ...     return gradient_cosine_after_step(depth=50, branch_scale=scale, generator=generator)
    >>> cosine(None) < 0.5 < 0.95 < cosine(50**-0.5)
    True
    """
    depth, width = checked_count("depth", depth, least=1), checked_count("width", width, least=1)
    scale = None if branch_scale is None else checked_number("branch_scale", branch_scale)
    step = checked_number("relative_step", relative_step)
    if norm not in ("none", "pre", "post"):
        raise ValueError(f"norm={norm!r} is unknown; use 'none', 'pre' or 'post'")
    h = torch.randn(width, generator=generator)
    start = (2 / width) ** 0.5 * torch.randn(depth, width, width, generator=generator)
    readout = torch.randn(width, generator=generator)

    def gradient(weights: list[Tensor]) -> tuple[Tensor, ...]:
        return _output_gradient(weights, h, scale, norm, readout)

    before = gradient(list(start))
    pairs = zip(start, before, strict=True)
    moved = [(w - step * w.norm() * g / g.norm()).detach() for w, g in pairs]
    after = gradient(moved)
    first, second = (torch.cat([g.flatten() for g in part]) for part in (before, after))
    return torch.cosine_similarity(first, second, dim=0).item()


def _output_gradient(
    weights: list[Tensor], h: Tensor, scale: float | None, norm: str, readout: Tensor
) -> tuple[Tensor, ...]:
    weights = [weight.requires_grad_() for weight in weights]
    for weight in weights:
        read = layer_norm(h, h.shape) if norm == "pre" else h
        branch = weight @ read.relu()
        h = branch if scale is None else h + scale * branch
        h = layer_norm(h, h.shape) if norm == "post" else h
    return torch.autograd.grad(readout @ h, weights)


def _normal_like(x: Tensor, generator: torch.Generator) -> Callable[..., Tensor]:
    """Return what draws normal numbers of any shape, of the type of ``x`` and beside it."""
    return partial(drawn, torch.randn, generator=generator, device=x.device, dtype=x.dtype)
