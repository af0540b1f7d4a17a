"""Pictures for the lesson on kernel SVMs: contours, the dual on its way, step sizes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures import DIVERGING, two_digits
from trainability.figures.lines import marked_line

SHOWN = 3.0  # scores beyond are drawn as these


def contour(
    x: np.ndarray,
    scores: np.ndarray,
    points: np.ndarray,
    labels: np.ndarray,
    alpha: np.ndarray,
    *,
    counts: Sequence[int],
    gaps: np.ndarray,
    dual: float,
    steps: int,
    share: float,
    setting: str,
) -> dict[str, Any]:
    """Draw the scores over the plane, and the duality gap along the steps.

    Parameters
    ----------
    x : array, shape (K,)
        Places of the grid, the same in both directions.
    scores : array, shape (K, K)
        f there; rows are the second feature.
    points : array, shape (n, 2)
    labels : array, shape (n,)
        1 or -1.
    alpha : array, shape (n,)
        Where the solver stands; points with a positive one are marked.
    counts : sequence of int
        T counts of steps.
    gaps : array, shape (T,)
        Duality gap after each, inf where nothing is known.
    dual : float
        The dual value now, Σα - ½αQα.
    steps : int
        How many were taken.
    share : float
        The step size in units of 2/λ_max(Q).
    setting : str
        Kernel, C and step size, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``dual``, ``gap``, ``share``, ``largest``
        (the largest α) and the ``verdict``: ``"converged"`` where the gap is at most a
        ten-thousandth of Σα, else what the gaps recorded up to here do: ``"still falling"``,
        and only for a ``share`` above 1 ``"cycles"`` or ``"diverges"``.
    """
    gap = float(gaps[list(counts).index(steps)])
    recorded = gaps[: list(counts).index(steps) + 1]
    verdict = "converged" if gap <= 1e-4 * float(alpha.sum()) else _course(recorded, share)
    title = {
        "converged": f"Converged, gap below 0.01%: the largest α is {alpha.max():.3g}",
        "still falling": f"Still falling after {steps} steps: α up to {alpha.max():.3g}",
        "cycles": f"It cycles: the step is {share:.2g} times what is safe",
        "diverges": f"It diverges: the step is {share:.2g} times what is safe",
    }[verdict]
    told = f"{two_digits(gap)}" if math.isfinite(gap) else "unknown"
    clipped = np.clip(scores, -SHOWN, SHOWN)
    shades = {"start": -SHOWN, "end": SHOWN, "size": 0.5}
    data = [
        {"type": "contour", "x": x, "y": x, "z": clipped, "colorscale": DIVERGING}
        | {"zmin": -SHOWN, "zmax": SHOWN, "contours": shades, "name": "score"}
        | {"colorbar": {"title": {"text": "f(x)"}, "len": 0.55, "y": 0.72, "thickness": 12}},
    ]
    for label, symbol, color in ((1, "circle", "#b2182b"), (-1, "square", "#2166ac")):
        where = labels == label
        ring = np.where(alpha[where] > 1e-6 * max(alpha.max(), 1e-300), 3, 1)
        marker = {"symbol": symbol, "size": 13, "color": color}
        marker["line"] = {"width": ring, "color": "#101010"}
        data.append(
            {"type": "scatter", "x": points[where, 0], "y": points[where, 1], "mode": "markers"}
            | {"name": f"label {label}", "marker": marker}
        )
    # As logarithms on a plain axis, so that one precision serves both panels.
    decades = np.array([_decade(value) for value in gaps])
    lower = {"xaxis": "x2", "yaxis": "y2", "showlegend": False}
    data += [
        marked_line(list(counts), decades, "duality gap", 0) | lower | {"mode": "lines"},
        {"type": "scatter", "x": [steps], "y": [_decade(gap)]}
        | lower
        | {"mode": "markers", "name": "here", "marker": {"size": 12, "symbol": "diamond"}},
    ]
    return {
        "data": data,
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}: after {steps} steps the largest α is {alpha.max():.3g}, "
                f"the dual value {dual:.4g}, the gap {told}; the step is {share:.2g} of 2/λ_max: "
                f"{verdict}.",
                "verdict": verdict,
                "dual": float(f"{dual:.4g}"),
                "gap": float(f"{gap:.3g}") if math.isfinite(gap) else math.inf,
                "share": float(f"{share:.3g}"),
                "largest": float(f"{alpha.max():.4g}"),
            },
            "height": 760,
            "xaxis": {"title": {"text": "first feature"}, "range": [-5, 5]},
            "yaxis": {"title": {"text": "second feature"}, "domain": [0.42, 1], "range": [-5, 5]},
            "xaxis2": {"title": {"text": "step"}, "type": "log", "anchor": "y2", "dtick": 1},
            "yaxis2": {"title": {"text": "duality gap"}, "domain": [0, 0.27], "anchor": "x2"}
            | {"range": [-9.5, 3.5], "tickvals": [-9, -6, -3, 0, 3]}
            | {"ticktext": ["10⁻⁹", "10⁻⁶", "10⁻³", "1", "10³"]},
        },
    }


def _course(gaps: np.ndarray, share: float) -> str:
    """Say what recorded gaps do; a step below the bound lets them fall, however slowly.

    Compared are the last four and the four before: an iterate that leaps over the optimum
    and back may show two different gaps in turns while both fall.
    """
    last, before = gaps[-4:], gaps[-8:-4]
    if share <= 1 or len(before) == 0 or last.min() < before.min() * (1 - 1e-9):
        return "still falling"
    return "diverges" if 2 * before.max() < last.max() < math.inf else "cycles"


def _decade(value: float) -> float:
    return math.log10(value) if 1e-14 < value < math.inf else math.nan


def iterates(
    steps: np.ndarray, alpha: np.ndarray, *, limit: float, share: float, setting: str
) -> dict[str, Any]:
    """Draw the entries of α step by step.

    Parameters
    ----------
    steps : array, shape (T,)
    alpha : array, shape (T, n)
        The iterates.
    limit : float
        The optimum, the same in all entries.
    share : float
        The step size in units of 2/λ_max(Q).
    setting : str
        Kernel, start and step size, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure, cut off at 40 times the limit. ``meta`` holds
        ``miss``, the largest distance of the last two iterates from the limit, ``share`` and
        the ``verdict``. Up to a share of 1: ``"converges"``, or ``"slow"``. Beyond, where
        nothing is promised: ``"converges, so far"``, ``"cycles"`` where it is back at the
        last point but one, ``"diverges"`` where the swings grow faster and faster, else
        ``"unsettled"``.
    """
    miss = float(np.abs(alpha[-2:] - limit).max())
    verdict = "converges" if miss < 0.02 * limit else "slow"
    if share > 1:
        verdict = "converges, so far" if verdict == "converges" else _swings(alpha)
    title = {
        "converges": f"Within 2% of {limit:.3g}: it converges",
        "converges, so far": f"Within 2% of {limit:.3g}, so far: the step is not safe",
        "cycles": "Cycles between two points, forever",
        "diverges": f"Diverges: α up to {two_digits(alpha[-2:].max())} after {steps[-1]} steps",
        "unsettled": f"Unsettled: {miss:.2g} away after {steps[-1]} steps",
        "slow": f"Still {miss:.2g} away after {steps[-1]} steps",
    }[verdict]
    top = float(min(alpha.max() * 1.05, 40 * limit))
    return {
        "data": [
            marked_line(steps, np.minimum(entry, 2 * top), f"α_{index + 1}", index)
            for index, entry in enumerate(alpha.T)
        ]
        + [
            {"type": "scatter", "x": steps[[0, -1]], "y": [limit, limit], "mode": "lines"}
            | {"name": "optimum", "line": {"width": 1, "color": "#808080"}}
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}, {share:.2g} of 2/λ_max: the last iterates are up to "
                f"{two_digits(miss)} from the optimum: {verdict}.",
                "verdict": verdict,
                "miss": float(f"{miss:.3g}"),
                "share": float(f"{share:.3g}"),
            },
            "xaxis": {"title": {"text": "step"}},
            "yaxis": {"title": {"text": "entries of α"}, "range": [0, top]},
        },
    }


def _swings(alpha: np.ndarray) -> str:
    """Say what iterates do that have not come near the optimum."""
    back, leap = (float(np.abs(alpha[-1] - alpha[at]).max()) for at in (-3, -2))
    size = float(np.abs(alpha[-2:]).max())
    if back <= 1e-6 * size < leap:
        return "cycles"
    # Two steps are an affine map as long as the same entries are at the wall.
    walls = (alpha[[-1, -2]] == 0) == (alpha[[-5, -6]] == 0)
    grown = back > (1 + 1e-6) * float(np.abs(alpha[-3] - alpha[-5]).max())
    return "diverges" if grown and walls.all() and (alpha[-2:] == 0).any() else "unsettled"


def against_library(
    sigmas: np.ndarray,
    curves: dict[str, np.ndarray],
    ours: np.ndarray,
    theirs: np.ndarray,
    *,
    at: int,
    setting: str,
) -> dict[str, Any]:
    """Draw accuracy against the width of the kernel, and the scores of two machines.

    Parameters
    ----------
    sigmas : array, shape (S,)
        Widths of the kernel.
    curves : dict of str to array, shape (S,)
        Shares of right answers by name; ``"ours, held out"`` and ``"SVC, held out"`` among them.
    ours, theirs : array, shape (m,)
        Scores of the examples held out.
    at : int
        Which width they belong to.
    setting : str
        What else was set.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``ours`` and ``svc``, the accuracies
        there, ``agree``, the share of equal predictions, and the ``verdict``: ``"part"``
        where the two differ by more than 5 points on held-out examples, else
        ``"underfits"`` below 90 percent in training, else ``"alike"``.
    """
    here = {name: float(values[at]) for name, values in curves.items()}
    mine, library = here["ours, held out"], here["SVC, held out"]
    trained = here["ours, in training"]
    verdict = "part" if abs(mine - library) > 0.05 else "alike"
    verdict = "underfits" if verdict == "alike" and trained < 0.9 else verdict
    agree = float(np.mean((ours > 0) == (theirs > 0)))
    second = {"xaxis": "x2", "yaxis": "y2", "mode": "markers", "showlegend": False}
    lines = [
        marked_line(sigmas, 100 * values, name, index) | {"mode": "lines"}
        for index, (name, values) in enumerate(curves.items())
    ]
    mark = {"type": "scatter", "x": [sigmas[at]], "y": [100 * mine], "mode": "markers"}
    return {
        "data": [
            *lines,
            mark | {"name": "here", "marker": {"size": 12, "symbol": "diamond"}},
            {"type": "scatter", "x": theirs, "y": ours, "name": "examples held out", **second}
            | {"marker": {"size": 5, "color": "#0072b2"}},
        ],
        "layout": {
            "title": {"text": f"Held out: ours {100 * mine:.1f}%, SVC {100 * library:.1f}%"},
            "meta": {
                "summary": f"σ {sigmas[at]:.2g}, {setting}: ours {100 * mine:.1f}%, SVC "
                f"{100 * library:.1f}% right on examples held out, the same answer on "
                f"{100 * agree:.1f}%: {verdict}.",
                "verdict": verdict,
                "ours": round(mine, 4),
                "svc": round(library, 4),
                "agree": round(agree, 4),
            },
            "height": 700,
            "xaxis": {"title": {"text": "width σ of the kernel"}, "type": "log"},
            "yaxis": {"title": {"text": "right (%)"}, "domain": [0.48, 1], "range": [45, 102]},
            "xaxis2": {"title": {"text": "score of SVC, with its free bias"}, "anchor": "y2"},
            "yaxis2": {"title": {"text": "score of ours"}, "domain": [0, 0.34], "anchor": "x2"},
        },
    }
