"""How finely numbers travel to the page: float32, or a declared coarser step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

# Codes outside the range of any quantized number; the page reads them back.
NAN_CODE = np.int32(-(2**31))
MINUS_INF_CODE = np.int32(-(2**31) + 1)
ZERO_CODE = np.int32(-(2**31) + 2)
PLUS_INF_CODE = np.int32(2**31 - 1)


@dataclass(frozen=True)
class Precision:
    """One way to write numbers as 32-bit codes.

    Attributes
    ----------
    kind : {"float32", "absolute", "relative"}
        float32 as it is; multiples of ``step``; or powers 10^(k·``step``).
    step : float
        The distance of neighboring numbers, in units or in decades.
    """

    kind: Literal["float32", "absolute", "relative"] = "float32"
    step: float = 0.0

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return int32 codes for ``values``.

        Raises
        ------
        ValueError
            Where a finite number would turn into another kind of number: to infinity,
            to zero, or past the sign.
        """
        if self.kind == "float32":
            return _encode_float32(values)
        values = np.asarray(values, dtype=np.float64)
        finite = np.isfinite(values)
        codes = np.zeros(values.shape, dtype=np.float64)
        if self.kind == "absolute":
            with np.errstate(over="ignore"):
                codes[finite] = np.rint(values[finite] / self.step)
        else:
            if (values[finite] < 0).any():
                raise ValueError(
                    "relative precision is for numbers of at least 0; use absolute(…) instead"
                )
            positive = finite & (values > 0)
            codes[positive] = np.rint(np.log10(values[positive]) / self.step)
        if (np.abs(codes) > 2**30).any():
            raise ValueError(f"step {self.step} is too fine for these numbers; use a larger one")
        codes = codes.astype(np.int32)
        if self.kind == "relative":
            codes[values == 0] = ZERO_CODE
            changed = ~np.isfinite(self.decode(codes)) & finite
            changed |= (self.decode(codes) == 0) & (values != 0) & finite
            if changed.any():
                raise ValueError(f"step {self.step} is too coarse at the ends of float64")
        codes[np.isnan(values)] = NAN_CODE
        codes[np.isposinf(values)] = PLUS_INF_CODE
        codes[np.isneginf(values)] = MINUS_INF_CODE
        return codes

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the numbers that the page reads from ``codes``."""
        if self.kind == "float32":
            return codes.view(np.float32)
        numbers = codes * self.step
        if self.kind == "relative":
            with np.errstate(over="ignore"):
                numbers = 10.0**numbers
            numbers[codes == ZERO_CODE] = 0.0
        numbers[codes == NAN_CODE] = np.nan
        numbers[codes == PLUS_INF_CODE] = np.inf
        numbers[codes == MINUS_INF_CODE] = -np.inf
        return numbers


FLOAT32 = Precision()


def absolute(step: float) -> Precision:
    """Round to multiples of ``step``, for quantities on a linear axis.

    Examples
    --------
    >>> absolute(0.01).encode(np.array([0.126]))
    array([13], dtype=int32)
    """
    return Precision("absolute", _checked_step("absolute", step))


def relative(step: float) -> Precision:
    """Round the base-10 logarithm to multiples of ``step`` decades.

    For quantities of at least 0 on a logarithmic axis; 0, inf and NaN stay themselves.
    A step of 0.001 keeps numbers within 0.12 %.

    Examples
    --------
    >>> relative(0.001).encode(np.array([1e-12]))
    array([-12000], dtype=int32)
    """
    return Precision("relative", _checked_step("relative", step))


def digits(precision: Precision | Mapping[str, Precision] | None) -> int:
    """Return how many digits a table may show, so that none is invented; 6 at most.

    Examples
    --------
    >>> digits(relative(0.001))
    3
    """
    parts = precision.values() if isinstance(precision, Mapping) else [precision]
    steps = [part.step for part in parts if part is not None and part.kind == "relative"]
    return min([6, *(math.ceil(-math.log10(step * math.log(10))) for step in steps)])


def _checked_step(function: str, step: float) -> float:
    if isinstance(step, bool) or not isinstance(step, int | float):
        raise TypeError(f"{function}: step={step!r} must be a number")
    if not 0 < step < float("inf"):
        raise ValueError(f"{function}: step={step!r} must be positive and finite")
    return float(step)


def _encode_float32(values: np.ndarray) -> np.ndarray:
    wide = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore", under="ignore"):
        narrow = wide.astype(np.float32)
    changed = np.isinf(narrow) & np.isfinite(wide) | (narrow == 0) & (wide != 0)
    if changed.any():
        raise ValueError(
            f"{wide[changed][0]:g} does not fit float32; declare relative(…) or absolute(…) "
            "precision for it"
        )
    narrow[np.isnan(narrow)] = np.nan  # one bit pattern for NaN, so that builds are identical
    return narrow.view(np.int32)
