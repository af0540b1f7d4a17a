"""Whether the reader's learning rate moves the weights too far, or not at all."""

from __future__ import annotations

import math

from trainability.diagnostics.candidates import Candidate, Remedy
from trainability.diagnostics.findings import number
from trainability.diagnostics.judging import BLOCKED, LEAST_GAIN, SLOWED, Judge
from trainability.diagnostics.remedies import in_float32, scale_rate
from trainability.diagnostics.trial import Run

# A usual first step changes a matrix by 1e-3 of its size, at most by a tenth. At 1e-5 a change by
# its own size takes a hundred thousand steps.
SMALL_STEP, LARGE_STEP = 1e-5, 0.3
FACTORS_DOWN, FACTORS_UP = (1e-1, 1e-2, 1e-3, 1e-4), (1e1, 1e2, 1e3, 1e4, 1e5)
UNMOVED = 0.9


def judge_rate(judge: Judge) -> None:
    """Add a finding where another rate learns and the reader's does not.

    The rate is judged with the remedies that helped in place: where those make the reader's
    rate learn, there is nothing to say of it.
    """
    own = judge.trials.run(judge.applied, own=True)
    step = _largest_step(own, judge.trainable)
    if _learned(own) and SMALL_STEP <= step <= LARGE_STEP:
        return
    lost = max((own.unmoved[n] for n in own.unmoved if n in judge.trainable), default=0.0)
    if step < SMALL_STEP and lost > UNMOVED:
        judge.judge([_rounded_away(lost)])
    else:
        _try_rates(judge, own, step, up=step < SMALL_STEP)


def _learned(run: Run) -> bool:
    return run.start - run.final > LEAST_GAIN * abs(run.start)


def _largest_step(run: Run, trainable: set[str]) -> float:
    finite = [run.steps[n] for n in run.steps if n in trainable and math.isfinite(run.steps[n])]
    return max(finite, default=0.0)


def _try_rates(judge: Judge, own: Run, step: float, *, up: bool) -> None:
    remedies: list[tuple[float, Remedy]] = [
        (factor, scale_rate(factor)) for factor in (FACTORS_UP if up else FACTORS_DOWN)
    ]
    runs = [(judge.trials.run([*judge.applied, r], own=True), f, r) for f, r in remedies]
    best, factor, remedy = min(runs, key=lambda each: each[0].final)
    share = judge.share(own, best)
    if share is None or share >= SLOWED or not _learned(best):
        return
    kind, words = ("rate_too_low", "little") if up else ("rate_too_high", "much")
    judge.judge_confirmed(
        Candidate(
            kind,
            (),
            step,
            1e-3,
            f"The first step changes a weight by up to {number(step)} of its size: too {words}, "
            f"as a rate {number(max(factor, 1 / factor))} times {'larger' if up else 'smaller'} "
            "learns where this one does not.",
            f"Multiply the rate by {number(factor)}.",
            severity="severe" if share < BLOCKED else "warning",
            apply=remedy,
        ),
        own,
        best,
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
