"""Draw how layers are conditioned: a circle's fate, and the spectrum of their product."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, superscript, two_digits
from trainability.figures.palette import REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import DASHES, LOWER_PANEL, axis, curve

NEEDLE = 100.0  # an aspect ratio beyond which a circle's image looks like a line
ROUND = 0.005  # decades; a ratio below still prints as 1
WELL, BEYOND_FLOAT32 = 1, 7  # decades of the condition number


def circle_through_layers(
    image: np.ndarray,
    log_aspect: np.ndarray,
    *,
    mean: np.ndarray,
    setting: str,
) -> dict[str, Any]:
    """Draw what a product of 2 × 2 matrices makes of a circle, and how thin it becomes.

    ``meta`` holds ``log_aspect`` after the last layer, ``layers`` and the ``verdict``:
    ``"round"``, ``"oval"`` or ``"needle"``.

    Parameters
    ----------
    image : array, shape (n, 2)
        The image of the circle, scaled so that its longest radius is 1.
    log_aspect : array, shape (L + 1,)
        log10 of the ratio of its axes after 0, 1, …, L layers.
    mean : array, shape (L + 1,)
        The mean of ``log_aspect`` over many draws.
    setting : str
        What the layers are, in words.
    """
    layers = np.arange(len(log_aspect))
    square = {"range": [-1.1, 1.1]}
    outline = curve(image[:, 0], image[:, 1], "image of the circle", fill="toself")
    return figure(
        read_aspect(log_aspect, setting=setting),
        [
            outline | {"hoverinfo": "skip", "showlegend": False},
            curve(layers, log_aspect, "this draw", mode="lines+markers") | LOWER_PANEL,
            curve(layers, mean, "mean over draws", line={"dash": "dash", "width": 2}) | LOWER_PANEL,
        ],
        height=720,
        xaxis=axis("first coordinate (rescaled)", **square),
        yaxis=axis("second (rescaled)", domain=[0.46, 1], **square)
        | {"scaleanchor": "x", "constrain": "domain"},
        xaxis2=axis("layer", anchor="y2", rangemode="tozero"),
        yaxis2=axis("log₁₀ (length / width)", domain=[0, 0.3], anchor="x2", rangemode="tozero"),
    )


def read_aspect(log_aspect: np.ndarray, *, setting: str) -> Reading:
    """Say how thin a product of layers has made a circle.

    The arguments are those of :func:`circle_through_layers`.

    Examples
    --------
    >>> [read_aspect(np.array([0.0, ends]), setting="").verdict for ends in (0.0, 1.0, 2.0)]
    ['round', 'oval', 'needle']
    """
    layers, last = len(log_aspect) - 1, float(log_aspect[-1])
    verdict = "round" if last < ROUND else "oval" if last < math.log10(NEEDLE) else "needle"
    ratio = _power(last)
    title = {
        "round": f"After {layers} layers it is still a circle",
        "oval": f"After {layers} layers: {ratio} times as long as wide",
        "needle": f"After {layers} layers a needle: {ratio} times as long as wide",
    }[verdict]
    return Reading(
        verdict,
        title,
        f"{setting}, {layers} layers: length over width is {ratio}: {verdict}.",
        {"log_aspect": rounded(last), "layers": layers},
    )


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
        curve(depths, spectra[:, i], name, mode="lines+markers", line={"dash": dash})
        for (name, i), dash in zip(shown.items(), DASHES, strict=False)
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
