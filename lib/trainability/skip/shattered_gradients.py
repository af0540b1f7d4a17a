"""The slope of a deep random network along a line of inputs, with or without skip connections."""

from __future__ import annotations

import torch
from torch import Tensor

from trainability.arguments import checked_count, checked_device, checked_number, drawn


def slope_along_a_line(
    x: Tensor,
    *,
    depth: int,
    width: int = 100,
    branch_scale: float | None = None,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Output and slope f'(x) of one random ReLU network with a single input.

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
    Neighboring slopes of a deep plain network have little in common; a skip mends that:

    >>> x = torch.linspace(-2, 2, 200)
    >>> def alike(scale):
    ...     generator = torch.Generator().manual_seed(0)
    ...     _, slope = slope_along_a_line(x, depth=50, branch_scale=scale, generator=generator)
    ...     return slope_correlation(slope, lag=5)
    >>> alike(None) < 0.5 < 0.8 < alike(0.1)
    True
    """
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim != 1 or not len(x):
        raise TypeError("x must be a floating tensor of shape (N,)")
    checked_device(generator, x.device)
    depth, width = checked_count("depth", depth, least=1), checked_count("width", width, least=1)
    scale = None if branch_scale is None else checked_number("branch_scale", branch_scale)

    def normal(*shape: int) -> Tensor:
        return drawn(torch.randn, *shape, generator=generator, device=x.device, dtype=x.dtype)

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
    """Correlation of a slope with itself some places further along the line.

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
