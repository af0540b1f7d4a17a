"""Signals and gradients through deep stacks of blocks, of five kinds, by a page too."""

from collections.abc import Callable

import torch
from torch import Tensor

from trainability.nonlinearities import vector_jacobian_product
from trainability.programs import scan

STACKS = ("no skip", "skip, α = 1", "skip, your α", "pre-norm", "post-norm")
_EPS = 1e-5  # of torch's nn.LayerNorm
_BATCH = 16

Block = Callable[[Tensor, Tensor], Tensor]


def block_by_block(
    depth: int = 50, width: int = 64, branch_scale: float = 0.14, *, generator: torch.Generator
) -> dict[str, Tensor]:
    """Send a signal through five stacks with the same weights, and a gradient back.

    With f(h) = W relu(h), W of He's variance 2/width, and N normalizing over the units
    (LayerNorm without weights), a block is h ← f(h); h + f(h); h + α f(h); h + f(N(h)),
    **pre-norm**; or N(h + f(h)), **post-norm**.

    Parameters
    ----------
    depth, width : int
        Blocks, and units in each.
    branch_scale : float
        α of the third.
    generator : torch.Generator
        Source of 16 inputs, of the weights, and of the gradient that arrives at the end.

    Returns
    -------
    dict
        Of each stack, in the order of ``STACKS``, and block, shape (5, depth): ``signal``, the root
        mean square of what the block puts out; ``gradient``, that of the gradient with respect to
        it, over that at the end; ``kept``, the cosine between what it puts out and the
        input of the stack.

    Examples
    --------
    >>> made = block_by_block(depth=4, generator=torch.Generator().manual_seed(0))
    >>> tuple(made["signal"].shape), made["signal"][4].round().tolist()
    ((5, 4), [1.0, 1.0, 1.0, 1.0])
    """
    inputs = torch.randn(_BATCH, width, generator=generator)
    weights = he_weights(depth, width, generator)
    arriving = torch.randn(_BATCH, width, generator=generator)

    def branch(h: Tensor, weight: Tensor) -> Tensor:
        return h.relu() @ weight.T

    blocks: list[Block] = [
        branch,
        lambda h, weight: h + branch(h, weight),
        lambda h, weight: h + branch_scale * branch(h, weight),
        lambda h, weight: h + branch(_normalized(h), weight),
        lambda h, weight: _normalized(h + branch(h, weight)),
    ]
    each = [_through(block, inputs, weights, arriving) for block in blocks]
    names = ("signal", "gradient", "kept")
    return {
        name: torch.stack(rows) for name, rows in zip(names, zip(*each, strict=True), strict=True)
    }


def he_weights(depth: int, width: int, generator: torch.Generator) -> Tensor:
    """Draw square matrices of He's variance one after the other, shape (depth, width, width)."""

    def draw(_: tuple[()], __: tuple[()]) -> tuple[tuple[()], Tensor]:
        return (), torch.randn(width, width, generator=generator) * (2 / width) ** 0.5

    weights: Tensor = scan(draw, (), length=depth)[1]
    return weights


def _through(
    block: Block, inputs: Tensor, weights: Tensor, arriving: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    def forward(h: Tensor, weight: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        after = block(h, weight)
        sizes = after.square().sum(1), inputs.square().sum(1)
        cosine = (after * inputs).sum(1) / (sizes[0] * sizes[1]).clamp(min=1e-30).sqrt()
        return after, (h, _size(after), cosine.mean())

    def backward(gradient: Tensor, own: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        before, weight = own
        below = vector_jacobian_product(lambda h: block(h, weight), before, gradient)
        return below, _size(gradient)

    _, (before, signal, kept) = scan(forward, inputs, weights)
    _, gradient = scan(backward, arriving, (before, weights), reverse=True)
    return signal, gradient / _size(arriving), kept


def _normalized(h: Tensor) -> Tensor:
    apart = h - h.mean(1, keepdim=True)
    return apart * (apart.square().mean(1, keepdim=True) + _EPS).rsqrt()


def _size(values: Tensor) -> Tensor:
    return values.square().mean().sqrt()
