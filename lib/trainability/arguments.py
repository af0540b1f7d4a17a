"""Checks of what a caller passes in; each error names the argument and what is allowed."""

import re
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor


def is_whole(value: object) -> bool:
    """Say whether ``value`` is an integer of any library, and not a truth value."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def checked_count(name: str, value: int, *, least: int) -> int:
    """Return a whole number of at least ``least``."""
    if not is_whole(value):
        raise TypeError(f"{name}={value!r} must be a whole number")
    if value < least:
        raise ValueError(f"{name}={value!r} must be a whole number of at least {least}")
    return int(value)


def checked_number(name: str, value: float) -> float:
    """Return a real number that is not nan as a float."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}={value!r} must be a number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{name} is too large; it must be finite") from None
    if number != number:
        raise ValueError(f"{name} is nan; it must be a number")
    return number


def checked_nonnegative(name: str, value: float) -> float:
    """Return a finite number that is not negative as a float."""
    number = checked_number(name, value)
    if not 0 <= number <= sys.float_info.max:
        raise ValueError(f"{name}={value!r} must be finite and not negative")
    return number


def checked_probability(name: str, value: float) -> float:
    """Return a number from 0 to 1 as a float."""
    number = checked_number(name, value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name}={value!r} must be a probability, from 0 to 1")
    return number


def checked_widths(
    widths: Sequence[int], name: str = "widths", *, least: int = 2
) -> tuple[int, ...]:
    """Return at least ``least`` positive layer widths as ints."""
    if isinstance(widths, str | bytes) or not isinstance(widths, Sequence):
        raise TypeError(f"{name}={widths!r} must be a sequence of whole numbers")
    if len(widths) < least:
        needed = "one layer" if least == 1 else "an input and one layer"
        raise ValueError(f"{name}={widths!r} needs at least {needed}")
    for width in widths:
        if not is_whole(width) or width < 1:
            raise ValueError(f"{name} holds {width!r}; every width must be a positive whole number")
    return tuple(int(width) for width in widths)


def checked_layers(layers: Sequence[int], depth: int) -> tuple[int, ...]:
    """Return layer numbers, each between 1 and ``depth``."""
    if isinstance(layers, str | bytes) or not isinstance(layers, Sequence):
        raise TypeError(f"layers={layers!r} must be a sequence of layer numbers")
    if len(layers) == 0:
        raise ValueError(f"layers={layers!r} asks for no layer; name some of 1 to {depth}")
    for layer in layers:
        if not is_whole(layer) or not 1 <= layer <= depth:
            raise ValueError(f"layers holds {layer!r}; use whole numbers from 1 to {depth}")
    return tuple(int(layer) for layer in layers)


def listed(value: Any) -> Any:
    """Return a vector of torch or numpy as a list, and anything else as it is."""
    return value.tolist() if getattr(value, "ndim", None) == 1 else value


def checked_record(record: Sequence[int], steps: int) -> tuple[int, ...]:
    """Return increasing counts of steps; ``steps`` alone where none is given."""
    record = listed(record)
    if isinstance(record, str | bytes) or not isinstance(record, Sequence):
        raise TypeError(f"record={record!r} must be a sequence of step counts")
    counts = tuple(checked_count("record: a step count", count, least=0) for count in record)
    if any(later <= earlier for earlier, later in pairwise(counts)):
        raise ValueError(f"record={record!r} must increase")
    if counts and counts[-1] > steps:
        raise ValueError(f"record={record!r} goes beyond steps={steps}")
    return counts or (steps,)


def checked_scales(sigma_w: float | Sequence[float] | Tensor) -> Tensor:
    """Return finite scales that are not negative as a float64 tensor, shape () or (S,)."""
    try:
        given = torch.as_tensor(sigma_w, device="cpu")
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise TypeError(f"sigma_w must be a number or a vector of numbers: {error}") from None
    if given.dtype == torch.bool or given.is_complex():
        raise TypeError(f"sigma_w must hold real numbers, not {given.dtype}")
    scales = torch.as_tensor(sigma_w, device="cpu", dtype=torch.float64)
    if scales.ndim > 1 or scales.numel() == 0:
        raise ValueError(f"sigma_w has shape {tuple(scales.shape)}; use a number or a vector")
    bad = scales[~(torch.isfinite(scales) & (scales >= 0))]
    if bad.numel():
        raise ValueError(f"sigma_w holds {bad[0].item()}; scales must be finite and not negative")
    return scales


def checked_tensor(
    name: str,
    value: Tensor,
    *,
    shape: str = "",
    real: bool = True,
    floating: bool = False,
    finite: bool = True,
) -> Tensor:
    """Return a dense tensor of numbers as it is, once it is what is asked for.

    Parameters
    ----------
    name : str
        What the caller calls it; errors use this name.
    value : Tensor
        As the caller got it.
    shape : str, optional
        What errors say of the shape, with the sizes in parentheses: a whole number asks for
        that size, a word for any of at least 1.
    real, floating, finite : bool
        Whether complex numbers and truth values are refused, whole numbers, and inf and nan.

    Raises
    ------
    TypeError, ValueError
        Naming what is wrong.

    Examples
    --------
    >>> checked_tensor("x", torch.ones(2, 3), shape="(examples, 3)").shape
    torch.Size([2, 3])
    >>> checked_tensor("x", torch.ones(2, 3), shape="(examples, 4)")
    Traceback (most recent call last):
    ValueError: x has shape (2, 3); it must be (examples, 4)
    """
    wanted = "a floating tensor" if floating else "a tensor"
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be {wanted}, not {type(value).__name__}")
    if real and (value.is_complex() or value.dtype == torch.bool):
        raise TypeError(f"{name} must hold real numbers, not {value.dtype}")
    if floating and not value.is_floating_point():
        raise TypeError(f"{name} must be {wanted}, not {value.dtype}; use {name}.float()")
    if value.layout is not torch.strided:
        raise TypeError(f"{name} is sparse; pass {name}.to_dense()")
    if shape and not _has_shape(value, shape):
        raise ValueError(f"{name} has shape {tuple(value.shape)}; it must be {shape}")
    if finite and not torch.isfinite(value).all():
        raise ValueError(f"{name} holds inf or nan; every number must be finite")
    return value


def _has_shape(value: Tensor, shape: str) -> bool:
    sizes = re.findall(r"\w+", shape.partition("(")[2].partition(")")[0])
    return value.ndim == len(sizes) and all(
        size == int(wanted) if wanted.isdecimal() else size > 0
        for size, wanted in zip(value.shape, sizes, strict=True)
    )


def checked_dtype(dtype: torch.dtype | None) -> torch.dtype:
    """Return a floating type, float32 where none is given."""
    dtype = torch.float32 if dtype is None else dtype
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise TypeError(f"dtype={dtype!r} must be a floating torch.dtype such as torch.float32")
    return dtype


def checked_device(generator: torch.Generator, device: str | torch.device | None) -> torch.device:
    """Return the device asked for, the generator's by default.

    A generator on the CPU serves every device: what it draws is moved there, so that the
    same seed gives the same numbers everywhere. Any other must be on the device itself.
    """
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator, not {type(generator).__name__}")
    try:
        wanted = generator.device if device is None else torch.device(device)
    except (TypeError, RuntimeError) as error:
        raise ValueError(f"device={device!r} is no device of torch: {error}") from None
    home = generator.device
    if home.type != "cpu" and (wanted.type != home.type or wanted.index not in (None, home.index)):
        raise ValueError(
            f"generator lives on {home}, but device={str(wanted)!r} was asked for; make it with "
            f"torch.Generator(device={str(wanted)!r}), or on the CPU"
        )
    return wanted if home.type == "cpu" else home


def drawn(
    draw: Callable[..., Tensor],
    *shape: int,
    generator: torch.Generator,
    device: torch.device,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Draw where the generator lives, and move the numbers to ``device``.

    Parameters
    ----------
    draw : callable
        ``torch.randn`` or ``torch.rand``.
    """
    made = draw(*shape, generator=generator, device=generator.device, dtype=dtype)
    return made.to(device)
