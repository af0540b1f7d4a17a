"""Where tensors are computed: which device there is, its memory, and what fits into it."""

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import psutil
import torch

VARIABLE = "TRAINABILITY_DEVICE"
GROUP = Path("/sys/fs/cgroup")  # the limits of a container, such as Binder's
_EXHAUSTED = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")
Result = TypeVar("Result")


def available_devices(*, double: bool = False) -> dict[str, str]:
    """Name the devices that torch can compute on here, the first choice first.

    CUDA comes before Apple's MPS, and the CPU is last. The environment variable
    ``TRAINABILITY_DEVICE`` names the only one to be used, as in
    ``TRAINABILITY_DEVICE=cpu jupyter lab``.

    Parameters
    ----------
    double : bool
        Whether float64 is needed. MPS has none: the CPU takes its place then.

    Returns
    -------
    dict of str to str
        A description for a reader, and the name that torch takes.

    Raises
    ------
    ValueError
        When the variable names a device that is not here.

    Examples
    --------
    >>> list(available_devices().values())[-1]
    'cpu'
    """
    here = ["cpu"]
    if torch.backends.mps.is_available():
        here.insert(0, "mps")
    if torch.cuda.is_available():
        here.insert(0, "cuda")
    wanted = os.environ.get(VARIABLE, "").strip()
    if wanted and wanted not in here:
        raise ValueError(f"{VARIABLE}={wanted!r} is not here; use one of {', '.join(here)}")
    chosen = [wanted] if wanted else here
    able = [name for name in chosen if not (double and name == "mps")]
    return {describe_device(name): name for name in able or ["cpu"]}


def live_device(*, double: bool = False) -> dict[str, dict[str, str]]:
    """Return the control by which a reader of a live explorer picks the device.

    Parameters
    ----------
    double : bool
        Whether float64 is needed, as for :func:`available_devices`.

    Returns
    -------
    dict
        For ``live`` of :func:`trainability.explore.explore`: the devices under ``"device"``.

    Examples
    --------
    >>> list(live_device()["device"].values()) == list(available_devices().values())
    True
    """
    return {"device": available_devices(double=double)}


def live_widths(narrowest: int) -> list[int]:
    """Return the widths of layers that a live explorer offers here, each twice the one before.

    Parameters
    ----------
    narrowest : int
        The first of them.

    Returns
    -------
    list of int
        Four where only a CPU computes, six where there is more.

    Examples
    --------
    >>> live_widths(128)[:4]
    [128, 256, 512, 1024]
    """
    alone = set(available_devices().values()) == {"cpu"}
    return [narrowest * 2**k for k in range(4 if alone else 6)]


def pick_device(device: str | torch.device | None = None, *, double: bool = False) -> torch.device:
    """Return ``device``, or the first choice of :func:`available_devices` for ``None``.

    MPS has no float64: with ``double`` the CPU stands in for it, and a ``UserWarning`` says so.

    Raises
    ------
    ValueError
        For a device that torch does not know.

    Examples
    --------
    >>> pick_device("cpu")
    device(type='cpu')
    """
    if device is None:
        device = next(iter(available_devices(double=double).values()))
    try:
        picked = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"device={device!r} is no device of torch: {error}") from None
    if double and picked.type == "mps":
        warnings.warn("Apple's GPU has no float64: computed on the CPU", stacklevel=2)
        return torch.device("cpu")
    return picked


def describe_device(device: str | torch.device) -> str:
    """Describe a device as a reader knows it.

    Examples
    --------
    >>> describe_device("cpu").startswith("CPU, ")
    True
    """
    kind = torch.device(device).type
    if kind == "cuda":
        return f"{torch.cuda.get_device_name(device)} (CUDA)"
    if kind == "mps":
        return "Apple GPU (MPS)"
    count = torch.get_num_threads()
    return f"CPU, {count} thread{'s' * (count > 1)}" if kind == "cpu" else str(device)


def free_memory(device: str | torch.device) -> int:
    """Return how many bytes a new tensor may take on ``device``.

    On the CPU it is what the system has left, or what the container may still take,
    whichever is less.

    Examples
    --------
    >>> free_memory("cpu") > 0
    True
    """
    kind = torch.device(device).type
    if kind == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + cached
    if kind == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    free = psutil.virtual_memory().available
    try:
        limit, used = (int((GROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
        files = re.search(
            r"^inactive_file (\d+)", (GROUP / "memory.stat").read_text(), re.MULTILINE
        )
    except (OSError, ValueError):  # no container, or one without a limit
        return free
    return min(free, limit - used + (int(files[1]) if files else 0))


def first_that_fits(
    run: Callable[..., Result],
    attempts: Sequence[Mapping[str, Any]],
    needs: Callable[..., int] | None = None,
) -> tuple[Result, Mapping[str, Any]]:
    """Run what was asked for, or else the first smaller run that memory has room for.

    Parameters
    ----------
    run : callable
        Called with the settings of one attempt; each names its ``device``.
    attempts : sequence of mappings
        Settings, what was asked for first and the smallest last.
    needs : callable, optional
        Called with the same settings; returns an estimate in bytes. An attempt that
        needs more than is free is not begun: on a CPU it would be killed, not refused.

    Returns
    -------
    result, settings
        Of the attempt that fitted.

    Raises
    ------
    MemoryError
        When the last attempt does not fit either.

    Warns
    -----
    UserWarning
        When a smaller run stands for what was asked; it says what was missing.

    Examples
    --------
    >>> def needs(width, device):
    ...     return width * 2**60
    >>> tries = [{"width": width, "device": "cpu"} for width in (4096, 0)]
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     result, settings = first_that_fits(lambda width, device: width, tries, needs)
    >>> settings["width"], "width 4096" in str(caught[0].message)
    (0, True)
    """
    missing = ""
    for settings in attempts:
        lacking = _lacking(needs, settings)
        if not lacking:
            try:
                result = run(**settings)
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                lacking = "its memory ran out"
            else:
                if missing:
                    warnings.warn(f"{missing}; shown with {_description(settings)}", stacklevel=2)
                return result, settings
            _give_back(settings["device"])
        missing = missing or f"{_description(settings)}, is too large: {lacking}"
    raise MemoryError(f"{missing}, and nothing smaller is left to try")


def _lacking(needs: Callable[..., int] | None, settings: Mapping[str, Any]) -> str:
    if needs is None:
        return ""
    needed, free = needs(**settings), free_memory(settings["device"])
    return "" if needed <= free else f"it needs {needed / 1e9:.1f} GB and {free / 1e9:.1f} are free"


def _description(settings: Mapping[str, Any]) -> str:
    shown = [f"{name} {value}" for name, value in settings.items() if name != "device"]
    return f"{', '.join(shown)} on {describe_device(settings['device'])}"


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(phrase in str(error) for phrase in _EXHAUSTED)


def _give_back(device: str | torch.device) -> None:
    """Return what torch keeps for later tensors, so that a smaller run finds it."""
    kind = torch.device(device).type
    if kind in ("cuda", "mps"):
        getattr(torch, kind).empty_cache()
