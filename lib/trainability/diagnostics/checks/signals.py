"""How the signal grows, fades, and forgets which input it came from."""

from collections.abc import Iterator, Sequence

from torch import Tensor

from trainability.diagnostics.candidates import Candidate
from trainability.diagnostics.case import Case
from trainability.diagnostics.findings import named, number
from trainability.diagnostics.guessing import guessing_loss
from trainability.diagnostics.measurement import Measurement, Signal, rms
from trainability.diagnostics.remedies import redraw

# Starts that keep the variance stay within a factor of ten over a hundred layers; residual
# streams grow like the root of the number of blocks.
LARGE, SMALL = 100.0, 1e-3
# One layer: a matrix of the usual size changes the root mean square by less than this.
LEAP, DROP = 1e3, 1e-4
# Random ReLU layers that keep the variance bring 1 − cosine to about 44/L² (9π²/2 over L²): .018
# after fifty, and they train.
ALIKE = 1e-3
# Logits of a fresh classifier are of order 1. At 30 the loss is ten times that of guessing.
LOGITS = 30.0
# So many times the size of the targets, or the loss of guessing, is far from either.
FAR = 10.0


def signal_candidates(measurement: Measurement, case: Case) -> Iterator[Candidate]:
    """Yield exploding and vanishing signals, and inputs that can no longer be told apart."""
    signals = [signal for signal in measurement.signals if signal.rms_in > 0]
    if not signals or measurement.nonfinite:
        return
    entry, head = signals[0], signals[-1]
    yield from _exploding(signals, measurement, case)
    yield from _vanishing(signals, measurement)
    distinct = head.distinct_in
    if len(signals) > 1 and distinct is not None and distinct < ALIKE:
        at_first = entry.distinct_in if entry.distinct_in is not None else 1.0
        if distinct < ALIKE * min(1.0, 10 * at_first):
            yield _alike(signals, measurement, distinct)


def _gain(signal: Signal) -> float:
    return signal.rms_out / signal.rms_in if signal.rms_in else 1.0


def _responsible(signals: Sequence[Signal], up: bool) -> tuple[str, ...]:
    """Return the layers that change the size tenfold; where none does, those that change it."""
    for factor in (10.0, 1.5):
        chosen = [
            signal.name
            for signal in signals
            if (_gain(signal) > factor if up else _gain(signal) < 1 / factor)
        ]
        if chosen:
            return tuple(dict.fromkeys(chosen))
    return tuple(dict.fromkeys(signal.name for signal in signals))


def _exploding(
    signals: Sequence[Signal], measurement: Measurement, case: Case
) -> Iterator[Candidate]:
    guessing = guessing_loss(measurement, case)
    entry = max(1.0, signals[0].rms_in)
    inner = max((signal.rms_out for signal in signals[:-1]), default=0.0)
    limit = _output_limit(measurement, case, entry)
    leaps = [signal for signal in signals if _gain(signal) > LEAP and signal.rms_out > LOGITS]
    output = signals[-1].rms_out if limit < float("inf") else 0.0
    if inner <= LARGE * entry and output <= limit and not leaps:
        return
    where = _responsible(signals, up=True)
    size = max(inner, output)
    yield Candidate(
        "exploding_signal",
        where,
        size,
        1.0,
        f"The signal grows to a root mean square of {number(size)} on its way through "
        f"{named(where)}; a start that keeps the variance leaves it near 1.",
        "Draw the weights with variance 1/fan_in, 2/fan_in before ReLU, or normalize the layers.",
        least="warning" if (measurement.loss or 0.0) > FAR * guessing else "",
        apply=redraw(where, measurement),
    )


def _output_limit(measurement: Measurement, case: Case, entry: float) -> float:
    """Return above which root mean square a fresh output is too large; inf where none is known."""
    if "cross_entropy" in measurement.losses:
        return LOGITS * entry
    if "mse_loss" in measurement.losses and isinstance(case.targets, Tensor):
        return FAR * max(1.0, rms(case.targets)) * entry
    return float("inf")


def _vanishing(signals: Sequence[Signal], measurement: Measurement) -> Iterator[Candidate]:
    entry, head = min(1.0, signals[0].rms_in), signals[-1]
    lost = head.rms_in < SMALL * entry and len(signals) > 1
    drops = [signal for signal in signals[:-1] if 0 < _gain(signal) < DROP]
    if not lost and not drops:
        return
    where = _responsible(signals[:-1], up=False) if lost else tuple(s.name for s in drops)
    size = head.rms_in if lost else min(_gain(signal) for signal in drops)
    yield Candidate(
        "vanishing_signal",
        where,
        size,
        1.0,
        f"The signal falls to a root mean square of {number(size)} on its way through "
        f"{named(where)}; a start that keeps the variance leaves it near 1.",
        "Draw the weights with variance 1/fan_in, 2/fan_in before ReLU, or normalize the layers.",
        apply=redraw(where, measurement),
    )


def _alike(signals: Sequence[Signal], measurement: Measurement, distinct: float) -> Candidate:
    alike = [
        signal.name
        for signal in signals[:-1]
        if signal.distinct_out is not None and signal.distinct_out < 30 * ALIKE
    ]
    where = tuple(dict.fromkeys(alike or [signals[-1].name]))
    return Candidate(
        "inputs_indistinguishable",
        where,
        1 - distinct,
        1 - 10 * ALIKE,
        f"Behind {named(where[-1:])} the mean cosine between two examples is 1 − "
        f"{number(distinct)}: the last layer reads almost the same from every input, and can "
        "only learn what all examples share.",
        "Draw the weights with variance 1/fan_in, 2/fan_in before ReLU, and biases of zero; add "
        "residual connections or normalization in deep networks.",
        apply=redraw(tuple(dict.fromkeys(signal.name for signal in signals[:-1])), measurement),
    )
