"""Draw the spectrum of a product of layers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, superscript, two_digits
from trainability.figures.palette import REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import SYMBOLS, axis, curve

WELL, BEYOND_FLOAT32 = 1, 7  # decades of the condition number


def product_spectrum(
    depths: np.ndarray,
    spectra: np.ndarray,
    *,
    exponents: np.ndarray,
    shown: Mapping[str, int],
    at: int,
    setting: str,
) -> dict[str, Any]:
    """Draw how the singular values of a product of n × n layers spread with depth.

    ``meta`` holds ``log_condition``, log10 κ at that depth, and the ``verdict``: ``"well
    conditioned"`` below 10, ``"beyond float32"`` above 10⁷, else ``"ill conditioned"``.

    Parameters
    ----------
    depths : array, shape (T,)
        Numbers of layers.
    spectra : array, shape (T, n)
        log10 of the singular values of the product of so many layers, descending.
    exponents : array, shape (n,)
        What each of them gains in a layer by theory, in decades.
    shown : mapping of str to int
        Which of the n are drawn, by name.
    at : int
        The one of ``depths`` that the reading is about.
    setting : str
        What the layers are, in words.
    """
    curves = [
        curve(depths, spectra[:, i], name, mode="markers", marker={"symbol": symbol, "size": 9})
        for (name, i), symbol in zip(shown.items(), SYMBOLS, strict=False)
    ]
    ends = np.array([depths[0], depths[-1]])
    thin: dict[str, Any] = {"line": {"color": REFERENCE, "width": 1}, "hoverinfo": "skip"}
    for k, i in enumerate(dict.fromkeys(shown.values())):
        theory = curve(ends, ends * exponents[i], "theory (thin)", showlegend=k == 0, **thin)
        curves.append(theory)
    mark = {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1}
    return figure(
        read_spectrum(depths, spectra, at=at, setting=setting),
        curves,
        pick={"set": {"depth": "x"}},
        hovermode="x",
        shapes=[mark | {"line": {"color": REFERENCE, "width": 1, "dash": "dot"}}],
        xaxis=axis("layers"),
        yaxis=axis("log₁₀ of singular values"),
    )


def read_spectrum(depths: np.ndarray, spectra: np.ndarray, *, at: int, setting: str) -> Reading:
    """Say how badly a product of layers is conditioned.

    The arguments are those of :func:`product_spectrum`.

    Examples
    --------
    >>> depths, spectra = np.array([1, 9]), np.array([[0.0, -0.5], [0.0, -8.0]])
    >>> [read_spectrum(depths, spectra, at=at, setting="").verdict for at in (1, 9)]
    ['well conditioned', 'beyond float32']
    """
    row = int(np.flatnonzero(depths == at)[0])
    spread = float(spectra[row, 0] - spectra[row, -1])
    verdict = "well conditioned" if spread < WELL else "ill conditioned"
    verdict = "beyond float32" if spread > BEYOND_FLOAT32 else verdict
    kappa = _power(spread)
    return Reading(
        verdict,
        f"After {at} layers κ is {kappa}",
        f"{setting}, {at} layers: the condition number is {kappa}: {verdict}.",
        {"log_condition": rounded(spread)},
    )


def _power(decades: float) -> str:
    """Write 10 to a power: in digits while they are few.

    Examples
    --------
    >>> _power(1.0), _power(18.8)
    ('10', 'about 10¹⁹')
    """
    if decades < 4:
        return two_digits(10**decades)
    return f"about 10{superscript(round(decades))}"
