"""Networks as wide as the memory of a device allows, down to what it does allow."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from trainability.arguments import checked_count, checked_dtype
from trainability.device import first_that_fits, pick_device
from trainability.signal import Propagation, propagate

SAME_EVERYWHERE = 512  # up to this width the CPU draws, so that a seed means one network
NARROWEST = 64


def propagate_wide(
    width: int,
    depth: int,
    *,
    sigma_w: float | Sequence[float] | Tensor,
    seed: int,
    nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
    batch: int = 64,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> tuple[Propagation, int]:
    """Measure a network of equal layers, narrower where memory has no room for it.

    Up to 512 units the numbers are drawn on the CPU: one seed gives one network on every
    device. Wider networks are drawn where they are computed, which is what keeps them
    live on a GPU; there a seed gives another network on each kind of device.

    Parameters
    ----------
    width, depth : int
        Units in each layer and in the input, and the number of layers; at least 1.
    seed : int
        Of the draw.
    device : str or torch.device, optional
        Where to compute; the first choice of ``available_devices`` by default.
    sigma_w, nonlinearity, batch, dtype
        As for :func:`trainability.signal.propagate`.

    Returns
    -------
    Propagation, int
        The mean squares, on ``device``, and the width that was measured: halved until it
        fits. A ``UserWarning`` says so where it is not ``width``.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything outside the ranges above.
    MemoryError
        Where even 64 units do not fit.

    Examples
    --------
    Wider networks stay closer to the theory, which leaves a linear signal as it is at σ_w = 1:

    >>> def off(width):
    ...     options = {"sigma_w": 1.0, "seed": 0, "nonlinearity": "linear", "device": "cpu"}
    ...     (forward, _), _ = propagate_wide(width, 30, **options)
    ...     return (forward[-1] / forward[0]).log().abs().item()
    >>> off(512) < off(16)
    True
    """
    width, depth = checked_count("width", width, least=1), checked_count("depth", depth, least=1)
    place, kind = pick_device(device), checked_dtype(dtype)
    count = torch.as_tensor(sigma_w).numel()

    def run(width: int, device: torch.device) -> Propagation:
        home = device if width > SAME_EVERYWHERE else "cpu"
        return propagate(
            [width] * (depth + 1),
            sigma_w=sigma_w,
            nonlinearity=nonlinearity,
            batch=batch,
            generator=torch.Generator(home).manual_seed(seed),
            device=device,
            dtype=kind,
        )

    def needs(width: int, device: torch.device) -> int:
        return bytes_needed(width, depth, batch=batch, scales=count, dtype=kind)

    widths = [width]
    while widths[-1] // 2 >= NARROWEST:
        widths.append(widths[-1] // 2)
    attempts = [{"width": units, "device": place} for units in widths]
    measured, settings = first_that_fits(run, attempts, needs)
    return measured, settings["width"]


def bytes_needed(width: int, depth: int, *, batch: int, scales: int, dtype: torch.dtype) -> int:
    """Estimate the memory that :func:`trainability.signal.propagate` takes for equal layers.

    All weights, a signal and what its derivative needs a layer, and one matrix more while
    it is drawn.

    Examples
    --------
    >>> round(bytes_needed(4096, 200, batch=64, scales=1, dtype=torch.float32) / 1e9, 1)
    13.9
    """
    weights = depth * width * (width + 1) * dtype.itemsize + 4 * width**2
    signals = (2 * depth + 4) * scales * batch * width * dtype.itemsize
    return weights + signals + 8 * scales * batch * width
