"""Networks as wide as the memory of a device allows, down to what it does allow."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from trainability.arguments import (
    checked_count,
    checked_dtype,
    checked_nonnegative,
    checked_number,
)
from trainability.device import Result, first_that_fits, pick_device
from trainability.nonlinearities import resolve_nonlinearity
from trainability.signal.propagation import Propagation, propagate

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
        The mean squares, as of :func:`trainability.signal.propagate`, and the width that was
        measured: halved until it fits. A ``UserWarning`` says so where it is not ``width``.

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
    kind = checked_dtype(dtype)
    place = pick_device(device, double=kind is torch.float64)
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

    return _widest_that_fits(run, needs, width, place)


def layer_correlations(
    width: int,
    before: Sequence[float],
    *,
    length: float,
    sigma_w: float,
    sigma_b: float = 0.0,
    nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
    seed: int,
    device: str | torch.device | None = None,
) -> tuple[Tensor, int]:
    """Measure what one random layer makes of the correlation of two signals.

    It is what :func:`trainability.mean_field.correlation_map` says of infinite width, up to
    an error of about 1/√width.

    Parameters
    ----------
    width : int
        Units in the layer and in its input, at least 2.
    before : sequence of float, K of them
        Correlations of the preactivations that come in, from -1 to 1; met exactly.
    length : float
        Their mean square, finite and positive.
    sigma_w, sigma_b : float
        Weights are N(0, σ_w²/width) and biases N(0, σ_b²); not negative.
    nonlinearity : str or callable
        As for :func:`trainability.signal.propagate`.
    seed : int
        Of the draw.
    device : str or torch.device, optional
        Where to compute; the first choice of ``available_devices`` by default.

    Returns
    -------
    Tensor, int
        The correlations of the preactivations that go out, shape (K,), float32, on
        ``device``, and the width that was measured: as for :func:`propagate_wide`.

    Raises
    ------
    TypeError, ValueError, MemoryError
        As :func:`propagate_wide`.

    Examples
    --------
    To a layer of relu two unrelated inputs look alike, by 1/π:

    >>> after, _ = layer_correlations(
    ...     512, [0.0, 1.0], length=1.0, sigma_w=2**0.5, nonlinearity="relu", seed=0, device="cpu"
    ... )
    >>> bool(abs(after[0] - 1 / torch.pi) < 3 / 512**0.5), round(after[1].item(), 5)
    (True, 1.0)
    """
    width, place = checked_count("width", width, least=2), pick_device(device)
    scale = checked_nonnegative("length", length) ** 0.5
    if scale == 0:
        raise ValueError("length is 0, so the signals have no correlation; use a positive length")
    sigma_w = checked_nonnegative("sigma_w", sigma_w)
    sigma_b = checked_nonnegative("sigma_b", sigma_b)
    cosines = torch.tensor([checked_number("before", c) for c in before])
    if (cosines.abs() > 1).any():
        raise ValueError(f"before={list(before)!r} must hold correlations, from -1 to 1")
    function = resolve_nonlinearity(nonlinearity)

    def run(width: int, device: torch.device) -> Tensor:
        home = device if width > SAME_EVERYWHERE else "cpu"
        generator = torch.Generator(home).manual_seed(seed)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator, device=home).to(device)

        first, other = normal(2, width)
        first = first * (width**0.5 / first.norm())
        other = other - first * ((first @ other) / width)
        other = other * (width**0.5 / other.norm())
        cosine = cosines.to(device)[:, None]
        signals = torch.cat([first[None], cosine * first + (1 - cosine**2).sqrt() * other])
        active, _ = function.forward_(scale * signals)
        out = active @ normal(width, width).mul_(sigma_w / width**0.5) + sigma_b * normal(width)
        out = out / out.norm(dim=1, keepdim=True)
        cosines_above: Tensor = out[1:] @ out[0]
        return cosines_above

    def needs(width: int, device: torch.device) -> int:
        return layer_bytes(width, len(cosines))

    return _widest_that_fits(run, needs, width, place)


def _widest_that_fits(
    run: Callable[..., Result], needs: Callable[..., int], width: int, device: torch.device
) -> tuple[Result, int]:
    """Run the width asked for, or else half as many units again and again."""
    widths = [width]
    while widths[-1] // 2 >= NARROWEST:
        widths.append(widths[-1] // 2)
    attempts = [{"width": units, "device": device} for units in widths]
    result, settings = first_that_fits(run, attempts, needs)
    return result, settings["width"]


def layer_bytes(width: int, correlations: int) -> int:
    """Estimate the memory that :func:`layer_correlations` takes: a matrix, and six signals each.

    Examples
    --------
    >>> round(layer_bytes(4096, 9) / 1e6)
    68
    """
    return 4 * width**2 + 24 * width * (correlations + 1)


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
