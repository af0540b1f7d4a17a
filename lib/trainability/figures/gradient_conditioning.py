"""Pictures for the lesson on conditioning: a circle's fate, spectra, and bounds."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures import two_digits

_GRAY = "#808080"
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NEEDLE = 100.0  # an aspect ratio beyond which a circle's image looks like a line


def circle_through_layers(
    image: np.ndarray,
    log_aspect: np.ndarray,
    *,
    mean: np.ndarray,
    setting: str,
) -> dict[str, Any]:
    """Draw what a product of 2 × 2 matrices makes of a circle, and how thin it becomes.

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

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``log_aspect`` after the last layer,
        ``layers`` and the ``verdict``: ``"round"``, ``"oval"`` or ``"needle"``.
    """
    layers, last = len(log_aspect) - 1, float(log_aspect[-1])
    verdict = "round" if last < 0.005 else "oval" if last < math.log10(NEEDLE) else "needle"
    ratio = _power(last)
    title = {
        "round": f"After {layers} layers it is still a circle",
        "oval": f"After {layers} layers: {ratio} times as long as wide",
        "needle": f"After {layers} layers a needle: {ratio} times as long as wide",
    }[verdict]
    second = {"type": "scatter", "x": np.arange(layers + 1), "xaxis": "x2", "yaxis": "y2"}
    return {
        "data": [
            {
                "type": "scatter",
                "x": image[:, 0],
                "y": image[:, 1],
                "mode": "lines",
                "fill": "toself",
                "name": "image of the circle",
                "hoverinfo": "skip",
                "showlegend": False,
            },
            second | {"y": log_aspect, "mode": "lines+markers", "name": "this draw"},
            second | {"y": mean, "mode": "lines", "name": "mean over draws"} | _line("dash"),
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}, {layers} layers: length over width is {ratio}: {verdict}.",
                "verdict": verdict,
                "log_aspect": float(f"{last:.3g}"),
                "layers": layers,
            },
            "height": 720,
            "xaxis": {"title": {"text": "first coordinate (rescaled)"}, "range": [-1.1, 1.1]},
            "yaxis": {
                "title": {"text": "second (rescaled)"},
                "domain": [0.46, 1],
                "range": [-1.1, 1.1],
                "scaleanchor": "x",
                "constrain": "domain",
            },
            "xaxis2": {"title": {"text": "layer"}, "anchor": "y2", "rangemode": "tozero"},
            "yaxis2": {
                "title": {"text": "log₁₀ (length / width)"},
                "domain": [0, 0.3],
                "anchor": "x2",
                "rangemode": "tozero",
            },
        },
    }


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

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``log_condition``, log10 κ at that
        depth, and the ``verdict``: ``"well conditioned"`` below 10, ``"beyond float32"``
        above 10⁷, else ``"ill conditioned"``.
    """
    row = int(np.flatnonzero(depths == at)[0])
    spread = float(spectra[row, 0] - spectra[row, -1])
    verdict = "well conditioned" if spread < 1 else "ill conditioned"
    verdict = "beyond float32" if spread > 7 else verdict
    kappa = _power(spread)
    curves = [
        {"type": "scatter", "x": depths, "y": spectra[:, i], "mode": "lines+markers"}
        | {"name": name, "line": {"dash": dash}}
        for (name, i), dash in zip(shown.items(), _DASHES, strict=False)
    ]
    ends = np.array([depths[0], depths[-1]])
    for k, i in enumerate(dict.fromkeys(shown.values())):
        theory = {"type": "scatter", "x": ends, "y": ends * exponents[i], "mode": "lines"}
        theory |= {"name": "theory (thin)", "showlegend": k == 0, "hoverinfo": "skip"}
        curves.append(theory | {"line": {"color": _GRAY, "width": 1}})
    mark = {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1}
    return {
        "data": curves,
        "layout": {
            "title": {"text": f"After {at} layers κ is {kappa}"},
            "meta": {
                "summary": f"{setting}, {at} layers: the condition number is {kappa}: {verdict}.",
                "verdict": verdict,
                "log_condition": float(f"{spread:.3g}"),
                "pick": {"set": {"depth": "x"}},
            },
            "hovermode": "x",
            "shapes": [mark | {"line": {"color": _GRAY, "width": 1, "dash": "dot"}}],
            "xaxis": {"title": {"text": "layers"}},
            "yaxis": {"title": {"text": "log₁₀ of singular values"}},
        },
    }


def two_matrices(
    angles: np.ndarray,
    eigenvalue: np.ndarray,
    radius: np.ndarray,
    *,
    here: float,
    folklore: float,
    norms: float,
    angle: float,
    setting: str,
) -> dict[str, Any]:
    """Draw the eigenvalues of AB as A is turned, against a wrong bound and a right one.

    Parameters
    ----------
    angles : array, shape (T,)
        By how many degrees A is turned.
    eigenvalue, radius : array, shape (T,)
        Largest eigenvalue of AB, NaN where they are not real, and the largest absolute value
        of an eigenvalue.
    here : float
        The largest eigenvalue at ``angle``, NaN where it is not real.
    folklore : float
        λ_max(A) λ_max(B), which does not depend on the angle.
    norms : float
        σ_max(A) σ_max(B).
    angle : float
        Where the reader stands, in degrees.
    setting : str
        What the matrices are, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``eigenvalue``, ``folklore`` and the
        ``verdict``: ``"broken"``, ``"kept"`` or ``"complex"``.
    """
    verdict = "complex" if math.isnan(here) else "kept"
    verdict = "broken" if here > folklore + 1e-9 else verdict
    product, bound = two_digits(here), two_digits(folklore)
    title, story = {
        "complex": (
            f"Turned by {angle:.3g}°: the eigenvalues of AB are complex",
            "the eigenvalues of AB are not real",
        ),
        "kept": (
            f"{product} is at most {bound}: kept, here",
            f"the largest eigenvalue of AB is {product}, at most {bound}",
        ),
        "broken": (
            f"{product} is more than {bound}: the folklore bound is broken",
            f"the largest eigenvalue of AB is {product}, more than {bound}",
        ),
    }[verdict]
    flat = np.full(len(angles), 1.0)
    curve = {"type": "scatter", "x": angles, "mode": "lines"}
    mark = {"type": "scatter", "x": [angle], "y": [here], "mode": "markers", "name": "here"}
    look = {"size": 13, "symbol": "diamond", "line": {"color": "#000000", "width": 1}}
    return {
        "data": [
            curve | {"y": eigenvalue, "name": "largest eigenvalue of AB"} | _line("solid", 4),
            curve | {"y": radius, "name": "largest |eigenvalue| of AB"} | _line("dot"),
            curve | {"y": folklore * flat, "name": "folklore: λ_max(A) λ_max(B)"} | _line("dash"),
            curve | {"y": norms * flat, "name": "right: ‖A‖ ‖B‖"} | _line("dashdot"),
            mark | {"marker": look, "showlegend": False},
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}, turned by {angle:.3g}°: {story}: {verdict}.",
                "verdict": verdict,
                "eigenvalue": here if math.isnan(here) else float(f"{here:.3g}"),
                "folklore": float(f"{folklore:.3g}"),
                "pick": {"set": {"angle": "x"}},
            },
            "hovermode": "x",
            "xaxis": {"title": {"text": "A turned by (degrees)"}},
            "yaxis": {"title": {"text": "eigenvalues and bounds"}},
        },
    }


def _power(decades: float) -> str:
    """Write 10 to a power: in digits while they are few.

    Examples
    --------
    >>> _power(1.0), _power(18.8)
    ('10', 'about 10¹⁹')
    """
    if decades < 4:
        return two_digits(10**decades)
    return f"about 10{str(round(decades)).translate(_SUPERSCRIPTS)}"


def _line(dash: str, width: float = 2) -> dict[str, Any]:
    return {"line": {"dash": dash, "width": width}}
