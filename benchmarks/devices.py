"""Wide networks on the devices there are: how live they stay, and that devices agree."""

from collections.abc import Callable, Iterator

import torch

from benchmarks.measures import Measure, interleaved
from trainability.device import available_devices
from trainability.signal import propagate_wide
from trainability.signal.wide_networks import SAME_EVERYWHERE

DEPTH, BATCH = 200, 16
TOLERANCE = 1e-3  # of mean squares in float32, after 200 layers at criticality


def measure(rounds: int = 5) -> Iterator[Measure]:
    """Yield, for each device, wide networks against drawing and multiplying alone."""
    for device in available_devices().values():
        width = 1024 if device == "cpu" else 4096
        calls = {"whole": _whole(width, device), "parts": _parts(width, device)}
        seconds = interleaved(calls, rounds)
        where = f"{DEPTH} tanh layers of {width:,}, batch {BATCH}, {device}"
        ratio = seconds["whole"] / seconds["parts"]
        yield Measure(f"propagate_wide / its draws and products ({where})", ratio, 1.5)
        if device == "cpu":
            continue
        calls = {name: _whole(1024, name) for name in (device, "cpu")}
        seconds = interleaved(calls, rounds)
        ratio = seconds["cpu"] / seconds[device]
        where = f"{DEPTH} tanh layers of 1,024"
        yield Measure(f"cpu / {device} ({where})", ratio, 5.0, at_least=True)
        yield Measure(f"largest relative difference, cpu and {device}", _apart(device), TOLERANCE)


def _finish(device: str) -> None:
    if device != "cpu":
        getattr(torch, device).synchronize()


def _whole(width: int, device: str) -> Callable[[], None]:
    def run() -> None:
        propagate_wide(width, DEPTH, sigma_w=1.0, seed=0, batch=BATCH, device=device)
        _finish(device)

    return run


def _parts(width: int, device: str) -> Callable[[], None]:
    """Return a call that draws all weights and multiplies by each twice, and does no more."""
    signal = torch.randn(BATCH, width, device=device)

    def run() -> None:
        generator = torch.Generator(device).manual_seed(0)
        weights = [
            torch.randn(width, width, generator=generator, device=device) for _ in range(DEPTH)
        ]
        for weight in (*weights, *reversed(weights)):
            signal @ weight
        _finish(device)

    return run


def _apart(device: str) -> float:
    """Return how far the mean squares of one network are apart on two devices.

    At σ_w = 1. A smaller scale underflows in so many layers, and at a larger one, in chaos,
    rounding grows from layer to layer until two devices agree on the average alone.
    """
    there, here = (
        propagate_wide(SAME_EVERYWHERE, DEPTH, sigma_w=1.0, seed=0, batch=BATCH, device=place)[0]
        for place in (device, "cpu")
    )
    pairs = zip(there, here, strict=True)
    return max(((a.cpu() - b) / b).abs().max().item() for a, b in pairs)
