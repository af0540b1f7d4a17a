"""Pictures for the lesson on layerwise rates: single steps, and batch sizes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures import two_digits
from trainability.figures.lines import DASHES, marked_line, powers_of_ten


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
        where SGD moves a layer by more than its own length, ``"frozen"`` where by less
        than a millionth, else ``"moves"``.
    """
    sgd = relative["SGD"]
    largest, smallest = float(sgd.max()), float(sgd.min())
    verdict = "frozen" if smallest < 1e-6 else "moves"
    verdict = "overwrites" if not largest <= 1 else verdict
    title = {
        "overwrites": "SGD's step is longer than the weights it changes",
        "frozen": "SGD's step leaves whole layers where they are",
        "moves": "Every layer moves, under every optimizer",
    }[verdict]
    layers = np.arange(1, len(sgd) + 1)
    even = "; ".join(
        f"{name} by {two_digits(float(np.median(values)))}"
        for name, values in relative.items()
        if name != "SGD"
    )
    return {
        "data": [
            marked_line(layers, values, name, index)
            for index, (name, values) in enumerate(relative.items())
        ]
        + [
            marked_line(layers, values, f"{name}, trust ratio", list(relative).index(name))
            | {"xaxis": "x2", "yaxis": "y2", "showlegend": False}
            for name, values in trust.items()
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}: SGD moves its layers by {two_digits(smallest)} to "
                f"{two_digits(largest)} of their length: {verdict}. In the middle, {even}.",
                "verdict": verdict,
                "largest": float(f"{largest:.3g}"),
                "smallest": float(f"{smallest:.3g}"),
                "ratio": float(f"{largest / smallest:.3g}") if smallest else math.inf,
            },
            "height": 680,
            "xaxis": {"title": {"text": "layer"}},
            "yaxis": powers_of_ten("relative step ‖ΔW‖/‖W‖", [-12, 6], [0.4, 1]),
            "xaxis2": {"title": {"text": "layer"}, "anchor": "y2"},
            "yaxis2": powers_of_ten("trust ratio", [-12, 6], [0, 0.26])
            | {"anchor": "x2", "dtick": 6},
        },
    }


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
