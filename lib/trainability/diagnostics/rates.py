"""Whether the reader's learning rate moves the weights too far, or not at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from trainability.diagnostics.candidates import Candidate, Remedy
from trainability.diagnostics.findings import number
from trainability.diagnostics.judging import BLOCKED, LEAST_GAIN, SLOWED, Judge
from trainability.diagnostics.measurement import Measurement
from trainability.diagnostics.remedies import in_float32, scale_rate
from trainability.diagnostics.trial import Run
from trainability.diagnostics.weights import Weight

# A usual first step changes a matrix by 1e-3 of its size, at most by a tenth. At 1e-5 a change by
# its own size takes a hundred thousand steps.
SMALL_STEP, LARGE_STEP = 1e-5, 0.3
TARGETS = (1e-1, 1e-2, 1e-3, 1e-4)
UNMOVED, RISEN = 0.9, 1.1
# A step of three times a matrix's size leaves nothing of how it started.
OVERWRITES = 3.0


def judge_rate(judge: Judge, measurement: Measurement) -> None:
    """Add a finding where another rate learns and the reader's does not.

    The rate is judged with the remedies that helped in place: where those make the reader's
    rate learn, there is nothing to say of it.
    """
    own = judge.trials.run(judge.applied, "own")
    step = _largest_step(own, measurement.weights)
    if _learned(own) and SMALL_STEP <= step <= LARGE_STEP:
        return
    lost = max(
        (own.unmoved[w.name] for w in measurement.weights if w.name in own.unmoved), default=0.0
    )
    if step < SMALL_STEP and lost > UNMOVED:
        judge.judge([_rounded_away(lost)])
    else:
        _try_rates(judge, own, step, up=step < SMALL_STEP)


def _learned(run: Run) -> bool:
    return run.start - run.final > LEAST_GAIN * abs(run.start)


def _largest_step(run: Run, weights: Sequence[Weight]) -> float:
    """Return the largest ‖ΔW‖/‖W‖ of a matrix; one of zeros counts with its usual size.

    Biases and scales start at anything, 1e-6 included, and count where there is no matrix.
    """
    moved = [weight for weight in weights if weight.size > 0 and run.moves.get(weight.name, 0.0)]
    counted = [weight for weight in moved if weight.is_matrix] or moved
    return max((run.moves[weight.name] / weight.size for weight in counted), default=0.0)


def _try_rates(judge: Judge, own: Run, step: float, *, up: bool) -> None:
    exponents = [round(math.log10(target / step)) for target in TARGETS] if step > 0 else []
    factors = [10.0**e for e in exponents if (e > 0 if up else e < 0)]
    if not factors:
        return
    remedies = [(factor, scale_rate(factor)) for factor in factors]
    runs = [(judge.trials.run([*judge.applied, r], "own"), f, r) for f, r in remedies]
    best, factor, remedy = min(runs, key=lambda each: each[0].final)
    share = judge.share(own, best)
    risen = not up and own.final > RISEN * own.start >= best.final
    better = share is not None and share < SLOWED and _learned(best)
    if risen or better:
        # A loss that only rises need not wait until the other is down to guessing.
        severity = "severe" if risen or (share or 0.0) < BLOCKED else "warning"
        judge.judge_confirmed(_other_rate(step, factor, remedy, severity), own, best)
    elif step > OVERWRITES:
        candidate = _other_rate(step, factor, remedy, "warning")
        words = f"{candidate.sentence} Here a copy learned all the same."
        judge.judge_confirmed(replace(candidate, sentence=words, apply=None), own, best)


def _other_rate(step: float, factor: float, remedy: Remedy, severity: str) -> Candidate:
    up = factor > 1
    kind, words = ("rate_too_low", "little") if up else ("rate_too_high", "much")
    times = f"{number(max(factor, 1 / factor))} times {'larger' if up else 'smaller'}"
    return Candidate(
        kind,
        (),
        step,
        1e-3,
        f"The first step changes a weight by up to {number(step)} of its size, where 0.001 to "
        f"0.1 is usual: too {words}. A rate {times} was the best of those tried.",
        f"Multiply the rate by {number(factor)}.",
        severity=severity,
        apply=remedy,
    )


def _rounded_away(lost: float) -> Candidate:
    return Candidate(
        "underflow",
        (),
        lost,
        0.0,
        f"The optimizer's first step leaves {lost:.0%} of the weights as they were: it is "
        "smaller than the distance of two neighboring numbers of their type.",
        "Keep the weights in float32, and compute under torch.autocast.",
        least="warning",
        apply=in_float32,
    )
