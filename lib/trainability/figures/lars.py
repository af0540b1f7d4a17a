"""Draw layerwise rates: single steps of several optimizers, and batch sizes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import OPTIMIZERS
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, curve, marked_line, powers_of_ten

# Where a step is drawn that is 0 or too short for the axis, and one too long or not a number.
SHORTEST, LONGEST = 1e-15, 1e15
FROZEN, OVERWRITTEN = 1e-6, 1  # relative steps
LOSS_OF_ACCURACY = 0.01  # against the smallest batch


def anatomy_of_a_step(
    relative: Mapping[str, np.ndarray], trust: Mapping[str, np.ndarray], *, setting: str
) -> dict[str, Any]:
    """Draw how far one step of each optimizer moves each layer, and the trust ratios.

    ``meta`` holds ``largest`` and ``smallest``, what SGD does to the layers, ``ratio`` of the
    two, and the ``verdict``: ``"overwrites"`` where SGD moves a layer by more than its own
    length, or overflowed, ``"frozen"`` where by less than a millionth, else ``"moves"``. Steps
    that are 0 or below 1e-15 are triangles at the lower edge, steps above 1e15 or not finite at
    the upper one.

    Parameters
    ----------
    relative : mapping of str to array, shape (L,)
        ‖ΔW‖/‖W‖ of each layer, by optimizer; ``"SGD"`` among the names, which are those of
        :data:`trainability.figures.palette.OPTIMIZERS`.
    trust : mapping of str to array, shape (L,)
        Trust ratios, for the optimizers that have them.
    setting : str
        What the network is, in words.
    """
    layers = np.arange(1, len(relative["SGD"]) + 1)
    lines = [
        _line(layers, np.where(_inside(values), values, np.nan), name, list(relative).index(name))
        for name, values in relative.items()
    ]
    ratios = [
        _line(layers, values, name, list(relative).index(name))
        | {"name": f"{name}, trust ratio", "showlegend": False, **LOWER_PANEL}
        for name, values in trust.items()
    ]
    decades = {"range": [-15.5, 15.5]}
    return figure(
        read_steps(relative, setting=setting),
        [*lines, *ratios, *_at_the_edges(layers, relative)],
        height=680,
        xaxis=axis("layer"),
        yaxis=powers_of_ten("relative step ‖ΔW‖/‖W‖", [0.4, 1], dtick=5, **decades),
        xaxis2=axis("layer", anchor="y2"),
        yaxis2=powers_of_ten("trust ratio", [0, 0.26], anchor="x2", dtick=10, **decades),
    )


def read_steps(relative: Mapping[str, np.ndarray], *, setting: str) -> Reading:
    """Say what a step of SGD does to the layers, and how far the others move them.

    The arguments are those of :func:`anatomy_of_a_step`.

    Examples
    --------
    >>> steps = [1e-9, 0.1], [1e-3, 0.1], [1e-3, 30.0]
    >>> [read_steps({"SGD": np.array(step)}, setting="").verdict for step in steps]
    ['frozen', 'moves', 'overwrites']
    """
    sgd = relative["SGD"]
    largest, smallest = float(sgd.max()), float(sgd.min())
    verdict = "frozen" if smallest < FROZEN else "moves"
    verdict = "overwrites" if not largest <= OVERWRITTEN else verdict  # nan after overflow
    even = "; ".join(
        f"{name} by {_length(float(np.median(values)))}"
        for name, values in relative.items()
        if name != "SGD"
    )
    return Reading(
        verdict,
        _title(sgd, verdict),
        f"{setting}: {_summary(sgd)}: {verdict}. In the middle, {even}.",
        {
            "largest": rounded(largest),
            "smallest": rounded(smallest),
            "ratio": rounded(largest / smallest) if smallest else math.inf,
        },
    )


def _line(x: np.ndarray | Sequence[int], y: np.ndarray, name: str, index: int) -> dict[str, Any]:
    """Return the line of an optimizer, in its color."""
    return marked_line(x, y, name, index, OPTIMIZERS.get(name))


def _inside(values: np.ndarray) -> np.ndarray:
    return (values >= SHORTEST) & (values <= LONGEST)


def _at_the_edges(layers: np.ndarray, relative: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    everything = np.concatenate(list(relative.values()))
    looks = [_line((), layers, name, index)["line"] for index, name in enumerate(relative)]
    colors = [look["color"] for look in looks for _ in layers]
    places = {
        "0 or lost to rounding": (everything < SHORTEST, SHORTEST, "triangle-down-open"),
        "overflowed": (~(everything <= LONGEST), LONGEST, "triangle-up-open"),
    }
    return [
        curve(np.tile(layers, len(relative)), np.where(where, edge, np.nan), name, mode="markers")
        | {"marker": {"symbol": symbol, "size": 9, "color": colors}}
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
    rest = f", {lost} of {len(sgd)} lost to rounding" if lost else ""
    ends = f"{two_digits(sgd.min())} to {two_digits(sgd.max())}"
    return f"SGD moves its layers by {ends} of their length{rest}"


def _length(share: float) -> str:
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

    ``meta`` holds ``accuracy`` there, ``rate``, ``spread`` over the draws (their standard
    deviation) and the ``verdict``: ``"loses"`` where the accuracy is a percent or more below
    that of the smallest batch.

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
    """
    reading = read_batch(
        accuracy,
        batch=batch,
        optimizer=optimizer,
        rates=rates,
        tried=tried,
        best=best,
        setting=setting,
    )
    lines = [
        _line(batches, 100 * np.array(values), name, index)
        for index, (name, values) in enumerate(accuracy.items())
    ]
    for line in lines:
        line["line"] |= {"width": 4 if line["name"] == optimizer else 1.5}
    mean = 100 * tried.mean(axis=1)
    below = {"showlegend": False, **LOWER_PANEL}
    over_rates = curve(rates, mean, optimizer, mode="lines+markers", **below)
    mark = {"size": 14, "symbol": "diamond-open", "line": {"width": 3}}
    chosen = curve([rates[best]], [mean[best]], "chosen", mode="markers", marker=mark, **below)
    return figure(
        reading,
        [*lines, over_rates | {"line": {"color": OPTIMIZERS.get(optimizer)}}, chosen],
        height=680,
        xaxis=axis("batch size", type="log", tickvals=list(batches)),
        yaxis=axis("right on test digits (%)", domain=[0.44, 1], range=[50, 100]),
        xaxis2=axis("rate", type="log", anchor="y2", tickvals=rates[::2])
        | {"ticktext": [f"{rate:.3g}" for rate in rates[::2]]},
        yaxis2=axis("right (%)", domain=[0, 0.28], anchor="x2", range=[0, 102]),
    )


def read_batch(
    accuracy: Mapping[str, Sequence[float]],
    *,
    batch: int,
    optimizer: str,
    rates: Sequence[float],
    tried: np.ndarray,
    best: int,
    setting: str,
) -> Reading:
    """Say whether a batch size keeps up with the smallest; see :func:`batch_sizes`.

    Examples
    --------
    >>> here = {"batch": 64, "optimizer": "SGD", "rates": [0.1], "best": 0, "setting": ""}
    >>> for right in (0.95, 0.9):
    ...     tried = np.array([[right, right]])
    ...     print(read_batch({"SGD": [0.95, right]}, tried=tried, **here).verdict)
    keeps up
    loses
    """
    right, spread = float(tried[best].mean()), float(tried[best].std(ddof=1))
    verdict = "loses" if accuracy[optimizer][0] - right >= LOSS_OF_ACCURACY else "keeps up"
    return Reading(
        verdict,
        f"{optimizer} at batch {batch}: {100 * right:.1f}% right",
        f"{optimizer}, batch {batch}, {setting}: {100 * right:.1f}% right (standard deviation "
        f"{100 * spread:.1f} over draws) at rate {rates[best]:.3g}: {verdict}.",
        {"accuracy": round(right, 4), "spread": round(spread, 4), "rate": rates[best]},
    )
