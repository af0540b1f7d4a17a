"""The network of :func:`trainability.signal.propagate` as a function that a page runs, too."""

import torch
from torch import Tensor

from trainability.nonlinearities import as_function, vector_jacobian_product
from trainability.programs import scan


def layer_by_layer(
    init_scale: float = 0.5,
    bias_scale: float = 0.0,
    depth: int = 50,
    width: int = 128,
    nonlinearity: str = "tanh",
    number_type: str = "float32",
    *,
    generator: torch.Generator,
    device: str | torch.device | None = None,
) -> dict[str, Tensor]:
    """Send 16 inputs through a random network, and a gradient back.

    The numbers are those of :func:`trainability.signal.propagate` with a batch of 16. This
    function is pure and of one network, so that it can be recorded as a plan; that one takes
    many scales at once.

    Parameters
    ----------
    init_scale, bias_scale : float
        σ_w and σ_b: the weights' standard deviation is σ_w/√width, the biases' σ_b.
    depth, width : int
        Layers, and units in each.
    nonlinearity : str
        ``"tanh"``, ``"relu"``, ``"sigmoid"`` or ``"linear"``.
    number_type : str
        The type of the pass, as torch calls it. What is drawn is float32.
    generator : torch.Generator
        Source of every number, on the CPU.
    device : str or torch.device, optional
        Where to compute; the CPU by default.

    Returns
    -------
    dict
        ``forward``, the mean square of the preactivations z of each layer, and ``backward``,
        that of the gradients ∂R/∂z; both of shape (depth,), float64, on the CPU.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> curves = layer_by_layer(init_scale=2.0, nonlinearity="linear", generator=generator)
    >>> torch.log2(curves["forward"][[0, 10]]).round().tolist()  # four times a layer
    [2.0, 22.0]
    """
    g, dtype = as_function(nonlinearity), getattr(torch, number_type)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    def draw(_: tuple[()], __: tuple[()]) -> tuple[tuple[()], tuple[Tensor, Tensor]]:
        weight = normal(width, width) / width**0.5
        return (), (weight.to(device, dtype), (normal(width) * bias_scale).to(device, dtype))

    inputs = normal(16, width).to(device, dtype)
    _, (weights, biases) = scan(draw, (), length=depth)
    arriving = normal(16, width).to(device, dtype)

    def forward(signal: Tensor, layer: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        weight, bias = layer
        z = signal @ weight.T * init_scale + bias
        return g(z), (z, mean_square(z))

    def backward(gradient: Tensor, layer: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        weight, z_below = layer
        below = vector_jacobian_product(g, z_below, gradient @ weight * init_scale)
        return below, mean_square(gradient)

    _, (z, sizes) = scan(forward, inputs, (weights, biases))
    first, others = scan(backward, arriving, (weights[1:], z[:-1]), reverse=True)
    return {"forward": sizes, "backward": torch.cat([mean_square(first).view(1), others])}


def mean_square(tensor: Tensor) -> Tensor:
    """Return the mean square of a tensor's entries, in float64 and on the CPU: MPS has none."""
    return tensor.cpu().double().square().mean()
