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
_STUDENT = {10: 2.262157}  # the 97.5% quantile, by how many splits there are
_APART = 1.09  # of the intervals of two optimizers, as a factor of the batch size


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
    accuracy: Mapping[str, np.ndarray],
    *,
    overlap: float,
    batch: int,
    optimizer: str,
    rates: Sequence[float],
    tried: np.ndarray,
    best: int,
    setting: str,
) -> dict[str, Any]:
    """Draw accuracy against batch size over splits, gaps to SGD, and one size's rates.

    The gaps are means of the differences split by split, with 95% intervals that allow for
    what the splits share; see :func:`interval_of_gaps`.

    ``meta`` holds ``accuracy`` there, ``rate``, ``spread`` over the draws (their standard
    deviation) and the ``verdict``: ``"loses"`` where the accuracy is a percent or more below
    that of the smallest batch.

    Parameters
    ----------
    batches : sequence of int
        B sizes.
    accuracy : mapping of str to array, shape (S, B)
        Test accuracy on S splits, at the rate chosen for each size; ``"SGD"`` first.
    overlap : float
        Test examples of a split over those that are trained on.
    batch, optimizer : int and str
        Which of them the lowest panel shows.
    rates : sequence of float
        R rates tried there.
    tried : array, shape (R, D)
        Test accuracy of every rate and draw.
    best : int
        The rate that was chosen, on other digits.
    setting : str
        What else was set, in words.
    """
    at = list(batches).index(batch)
    gap, half = interval_of_gaps(accuracy[optimizer], accuracy["SGD"], overlap)
    reading = read_batch(
        100 * accuracy[optimizer][:, at].mean(),
        float(gap[at]),
        float(half[at]),
        batch=batch,
        optimizer=optimizer,
        rate=rates[best],
        right=100 * tried[best].mean(),
        setting=setting,
    )
    lines, bars = [], []
    for index, (name, values) in enumerate(accuracy.items()):
        line = _line(batches, 100 * values.mean(axis=0), name, index)
        line["line"] |= {"width": 4 if name == optimizer else 1.5}
        lines.append(line)
        if not name.startswith("SGD"):
            # Side by side, so that the intervals do not hide each other.
            places = np.array(batches) * _APART ** (index - 2)
            mean, half = interval_of_gaps(values, accuracy["SGD"], overlap)
            gaps = _line(places, mean, f"{name} − SGD", index) | {"mode": "markers"}
            gaps["marker"] |= {"color": OPTIMIZERS[name]}
            error = {"type": "data", "array": half, "color": OPTIMIZERS[name]}
            bars.append(gaps | {"error_y": error, "showlegend": False, **LOWER_PANEL})
    mean = 100 * tried.mean(axis=1)
    below = {"showlegend": False, "xaxis": "x3", "yaxis": "y3"}
    over_rates = curve(rates, mean, optimizer, mode="lines+markers", **below)
    mark = {"size": 14, "symbol": "diamond-open", "line": {"width": 3}}
    chosen = curve([rates[best]], [mean[best]], "chosen", mode="markers", marker=mark, **below)
    sizes = {"type": "log", "tickvals": list(batches)}
    return figure(
        reading,
        [*lines, *bars, over_rates | {"line": {"color": OPTIMIZERS.get(optimizer)}}, chosen],
        height=860,
        xaxis=axis("batch size", **sizes),
        yaxis=axis("right on test digits (%)", domain=[0.68, 1], range=[84, 100]),
        xaxis2=axis("batch size", anchor="y2", **sizes),
        yaxis2=axis("points ahead of SGD", domain=[0.32, 0.57], anchor="x2", range=[-3, 5]),
        xaxis3=axis(f"rate, {optimizer} at batch {batch}", type="log", anchor="y3")
        | {"tickvals": rates[::2], "ticktext": [f"{rate:.3g}" for rate in rates[::2]]},
        yaxis3=axis("right (%)", domain=[0, 0.2], anchor="x3", range=[0, 102]),
    )


def interval_of_gaps(
    ours: np.ndarray, others: np.ndarray, overlap: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean gap between paired accuracies in points, and half of its 95% interval.

    Student's interval, in which the variance of the mean is s²·(1/10 + overlap): splits of one
    data set share examples, and their differences are not independent.

    Parameters
    ----------
    ours, others : array, shape (S, B)
        Accuracies on ten splits, of B settings.
    overlap : float
        Test examples of a split over those that are trained on; 0 for independent splits.

    References
    ----------
    Nadeau, Bengio (2003), "Inference for the generalization error",
    https://doi.org/10.1023/A:1024068626366

    Examples
    --------
    >>> ours = np.linspace(0.9, 0.92, 10)[:, None]
    >>> mean, half = interval_of_gaps(ours, np.full((10, 1), 0.9))
    >>> mean.round(2).tolist(), half.round(2).tolist()
    ([1.0], [0.48])
    """
    if len(ours) not in _STUDENT:
        raise ValueError(f"{len(ours)} splits; the interval is made for 10")
    gap = 100 * (ours - others)
    error = gap.std(axis=0, ddof=1) * (1 / len(gap) + overlap) ** 0.5
    return gap.mean(axis=0), _STUDENT[len(ours)] * error


def read_batch(
    right_over_splits: float,
    gap: float,
    half: float,
    *,
    batch: int,
    optimizer: str,
    rate: float,
    right: float,
    setting: str,
) -> Reading:
    """Say whether an optimizer is apart from SGD; see :func:`batch_sizes`.

    Parameters
    ----------
    right_over_splits : float
        Percent right, the mean over splits.
    gap, half : float
        Points ahead of SGD, and half of the interval.
    batch, optimizer, setting
        As for :func:`batch_sizes`.
    rate, right : float
        The rate chosen in the first split, and percent right there.

    Examples
    --------
    >>> here = {"batch": 64, "optimizer": "LAMB", "rate": 0.1, "right": 90, "setting": ""}
    >>> [read_batch(91.0, gap, 0.9, **here).verdict for gap in (2.4, 0.3, -2.0)]
    ['ahead of SGD', 'not apart from SGD', 'behind SGD']
    """
    ahead = "ahead of SGD" if gap > 0 else "behind SGD"
    verdict = ahead if abs(gap) > half else "not apart from SGD"
    verdict = "SGD itself" if optimizer == "SGD" else verdict
    told = "" if optimizer == "SGD" else f", {gap:+.1f} ± {half:.1f} points against SGD"
    return Reading(
        verdict,
        f"{optimizer} at batch {batch}: {right_over_splits:.1f}% right{told}",
        f"{optimizer}, batch {batch}: {right_over_splits:.1f}% right over ten splits{told}; in "
        f"split 0, {setting}, {right:.1f}% at rate {rate:.3g}: {verdict}.",
        {"accuracy": round(right_over_splits / 100, 4), "gap": round(gap, 2), "rate": rate},
    )
