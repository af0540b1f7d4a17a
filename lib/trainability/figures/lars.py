"""Pictures for the lesson on layerwise rates: single steps, and batch sizes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures import two_digits
from trainability.figures.lines import DASHES, marked_line, powers_of_ten

# Where a step is drawn that is 0 or too short for the axis, and one too long or not a number.
SHORTEST, LONGEST = 1e-15, 1e15


def anatomy_of_a_step(
    relative: Mapping[str, np.ndarray], trust: Mapping[str, np.ndarray], *, setting: str
) -> dict[str, Any]:
    """Draw how far one step of each optimizer moves each layer, and the trust ratios.

    Parameters
    ----------
    relative : mapping of str to array, shape (L,)
        ‖ΔW‖/‖W‖ of each layer; ``"SGD"`` among the names.
    trust : mapping of str to array, shape (L,)
        Trust ratios, for the optimizers that have them.
    setting : str
        What the network is, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``largest`` and ``smallest``, what
        SGD does to the layers, ``ratio`` of the two, and the ``verdict``: ``"overwrites"``
        where SGD moves a layer by more than its own length, or overflowed, ``"frozen"``
        where by less than a millionth, else ``"moves"``. Steps that are 0 or below 1e-15
        are triangles at the lower edge, steps above 1e15 or not finite at the upper one.
    """
    sgd = relative["SGD"]
    largest, smallest = float(sgd.max()), float(sgd.min())
    verdict = "frozen" if smallest < 1e-6 else "moves"
    verdict = "overwrites" if not largest <= 1 else verdict
    layers = np.arange(1, len(sgd) + 1)
    even = "; ".join(
        f"{name} by {_told(float(np.median(values)))}"
        for name, values in relative.items()
        if name != "SGD"
    )
    axis = {"range": [-15.5, 15.5], "dtick": 5}
    return {
        "data": [
            marked_line(layers, np.where(_inside(values), values, np.nan), name, index)
            for index, (name, values) in enumerate(relative.items())
        ]
        + [
            marked_line(layers, values, f"{name}, trust ratio", list(relative).index(name))
            | {"xaxis": "x2", "yaxis": "y2", "showlegend": False}
            for name, values in trust.items()
        ]
        + _at_the_edges(layers, relative),
        "layout": {
            "title": {"text": _title(sgd, verdict)},
            "meta": {
                "summary": f"{setting}: {_summary(sgd)}: {verdict}. In the middle, {even}.",
                "verdict": verdict,
                "largest": float(f"{largest:.3g}"),
                "smallest": float(f"{smallest:.3g}"),
                "ratio": float(f"{largest / smallest:.3g}") if smallest else math.inf,
            },
            "height": 680,
            "xaxis": {"title": {"text": "layer"}},
            "yaxis": powers_of_ten("relative step ‖ΔW‖/‖W‖", [], [0.4, 1]) | axis,
            "xaxis2": {"title": {"text": "layer"}, "anchor": "y2"},
            "yaxis2": powers_of_ten("trust ratio", [], [0, 0.26])
            | axis
            | {"anchor": "x2", "dtick": 10},
        },
    }


def _inside(values: np.ndarray) -> np.ndarray:
    return (values >= SHORTEST) & (values <= LONGEST)


def _at_the_edges(layers: np.ndarray, relative: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    everything = np.concatenate(list(relative.values()))
    colors = [
        marked_line((), layers, "", index)["line"]["color"]
        for index in range(len(relative))
        for _ in layers
    ]
    places = {
        "0 or lost to rounding": (everything < SHORTEST, SHORTEST, "triangle-down-open"),
        "overflowed": (~(everything <= LONGEST), LONGEST, "triangle-up-open"),
    }
    return [
        {
            "type": "scatter",
            "x": np.tile(layers, len(relative)),
            "y": np.where(where, edge, np.nan),
            "mode": "markers",
            "name": name,
            "marker": {"symbol": symbol, "size": 9, "color": colors},
        }
        for name, (where, edge, symbol) in places.items()
    ]


def _title(sgd: np.ndarray, verdict: str) -> str:
    if not np.isfinite(sgd).all():
        return "SGD overflowed"
    if not sgd.any():
        return "SGD's step is lost to rounding in every layer"
    return {
        "overwrites": "SGD's step is longer than the weights it changes",
        "frozen": "SGD's step leaves whole layers where they are",
        "moves": "Every layer moves, under every optimizer",
    }[verdict]


def _summary(sgd: np.ndarray) -> str:
    overflowed, lost = int((~np.isfinite(sgd)).sum()), int((sgd == 0).sum())
    if overflowed:
        return f"SGD overflowed in {overflowed} of {len(sgd)} layers"
    if lost == len(sgd):
        return "SGD's step is lost to rounding in every layer"
    told = f"SGD moves its layers by {two_digits(sgd.min())} to {two_digits(sgd.max())} of their "
    return told + ("length" + f", {lost} of {len(sgd)} lost to rounding" * bool(lost))


def _told(share: float) -> str:
    return two_digits(share) if share else "0 (lost to rounding)"


def batch_sizes(
    batches: Sequence[int],
    accuracy: Mapping[str, Sequence[float]],
    *,
    batch: int,
    optimizer: str,
    rates: Sequence[float],
    tried: np.ndarray,
    best: int,
    setting: str,
) -> dict[str, Any]:
    """Draw accuracy against batch size, and against the rate for one size and optimizer.

    Parameters
    ----------
    batches : sequence of int
        B sizes.
    accuracy : mapping of str to sequence of B float
        Mean test accuracy at the rate chosen for each size.
    batch, optimizer : int and str
        Which of them the lower panel shows.
    rates : sequence of float
        R rates tried there.
    tried : array, shape (R, D)
        Test accuracy of every rate and draw.
    best : int
        The rate that was chosen, on other digits.
    setting : str
        What else was set, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``accuracy`` there, ``rate``,
        ``spread`` over the draws (their standard deviation) and the ``verdict``: ``"loses"``
        where the accuracy is a percent or more below that of the smallest batch.
    """
    mean = tried.mean(axis=1)
    found, spread = float(mean[best]), float(tried[best].std(ddof=1))
    lost = accuracy[optimizer][0] - found
    verdict = "loses" if lost >= 0.01 else "keeps up"
    title = f"{optimizer} at batch {batch}: {100 * found:.1f}% right"
    lines = [
        marked_line(batches, 100 * np.array(values), name, i) | {"line": {"dash": DASHES[i % 6]}}
        for i, (name, values) in enumerate(accuracy.items())
    ]
    for line in lines:
        line["line"] |= {"width": 4 if line["name"] == optimizer else 1.5}
    chosen = {"x": [rates[best]], "y": [100 * found], "mode": "markers", "showlegend": False}
    return {
        "data": [
            *lines,
            {"type": "scatter", "x": rates, "y": 100 * mean, "mode": "lines+markers"}
            | {"xaxis": "x2", "yaxis": "y2", "name": optimizer, "showlegend": False},
            {"type": "scatter", **chosen, "xaxis": "x2", "yaxis": "y2", "name": "chosen"}
            | {"marker": {"size": 14, "symbol": "diamond-open", "line": {"width": 3}}},
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{optimizer}, batch {batch}, {setting}: {100 * found:.1f}% right "
                f"(standard deviation {100 * spread:.1f} over draws) at rate "
                f"{rates[best]:.3g}: {verdict}.",
                "verdict": verdict,
                "accuracy": round(found, 4),
                "spread": round(spread, 4),
                "rate": rates[best],
            },
            "height": 680,
            "xaxis": {"title": {"text": "batch size"}, "type": "log", "tickvals": list(batches)},
            "yaxis": {"title": {"text": "right on test digits (%)"}, "domain": [0.44, 1]}
            | {"range": [50, 100]},
            "xaxis2": {"title": {"text": "rate"}, "type": "log", "anchor": "y2"}
            | {"tickvals": rates[::2], "ticktext": [f"{rate:.3g}" for rate in rates[::2]]},
            "yaxis2": {"title": {"text": "right (%)"}, "domain": [0, 0.28], "anchor": "x2"}
            | {"range": [0, 102]},
        },
    }
