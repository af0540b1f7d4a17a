"""From suspicions to findings: try each remedy, and tell causes from consequences.

A threshold alone accuses healthy models. Here it only makes a suspect. What decides is the
trial: a fault of the start or of the data is severe if a copy with the remedy learns and the
copy without does not. Remedies that help stay applied, causes first; a suspicion that the
measurement of the remedied copy no longer raises was a consequence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from trainability.diagnostics.candidates import Candidate, Remedy
from trainability.diagnostics.case import Case
from trainability.diagnostics.checks import (
    conditioning_candidates,
    data_candidates,
    gradient_candidates,
    output_candidates,
    parameter_candidates,
    precision_candidates,
    signal_candidates,
    unit_candidates,
)
from trainability.diagnostics.findings import SEVERITIES, Finding, Trial
from trainability.diagnostics.lessons import KINDS, LESSONS
from trainability.diagnostics.measurement import Measurement
from trainability.diagnostics.recording import measure
from trainability.diagnostics.trial import Run, Trials

# Of what the remedied copy gains, the other gains less than a third: it does not learn. Less than
# four fifths: it learns badly. Two runs of one healthy model differ by less.
BLOCKED, SLOWED = 1 / 3, 0.8
# A gain below 2 % of the loss within the steps taken is none: neither copy learned.
LEAST_GAIN = 0.02
# Within 20 % above guessing a model may be learning nothing but the classes' shares.
NEAR = 1.2


def suspicions(measurement: Measurement, case: Case, trainable: set[str]) -> list[Candidate]:
    """Return all candidates of one measurement, causes before consequences."""
    if measurement.output is None and measurement.normalizing_one:
        return list(data_candidates(measurement, case))
    candidates = [
        *data_candidates(measurement, case),
        *output_candidates(measurement, case),
        *precision_candidates(measurement, case),
        *parameter_candidates(measurement, case, trainable),
        *unit_candidates(measurement, case),
        *signal_candidates(measurement, case),
        *gradient_candidates(measurement, case, trainable),
        *conditioning_candidates(measurement, case),
    ]
    return sorted(candidates, key=lambda candidate: KINDS.index(candidate.kind))


@dataclass
class Judge:
    """Judges the candidates of one case, one after the other.

    Attributes
    ----------
    trials : Trials
        Runs of copies.
    trainable : set of str
        Names of the parameters that require gradients in the reader's model.
    guessing : float
        The loss of the best constant output; inf where it is not known.
    judged : bool
        Whether there are targets.
    """

    trials: Trials
    trainable: set[str]
    guessing: float
    judged: bool
    applied: list[Remedy] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    cause: str = ""

    @property
    def can_try(self) -> bool:
        """Whether copies can be trained."""
        return self.judged and self.trials.steps > 0

    def judge(self, candidates: list[Candidate]) -> None:
        """Turn candidates into findings."""
        for candidate in candidates:
            if candidate.unsure and not self.can_try:
                self.unsure.append(candidate.unsure)
                continue
            if candidate.lasting and self.can_try and not self._lasts(candidate):
                continue
            if self.applied and not self._still_there(candidate):
                if candidate.severity != "remark":
                    words = f"{candidate.sentence} It follows from the {self.cause} above."
                    self._report(candidate, candidate.least or "remark", None, words)
                continue
            self._try(candidate)

    def _try(self, candidate: Candidate) -> None:
        if candidate.apply is None or not self.can_try:
            unconfirmed = "warning" if candidate.apply and not self.can_try else "remark"
            self._report(candidate, _worse(candidate.least, unconfirmed), None)
            return
        compared = self.compared(candidate.apply)
        before, after, share = min(compared, key=lambda one: 1.0 if one[2] is None else one[2])
        helped = [one for one in compared if one[2] is not None and one[2] < SLOWED]
        before, after, _ = min(helped, key=lambda one: one[1].final, default=(before, after, share))
        trial = Trial(before.final, after.final, self.trials.steps)
        sentence = candidate.sentence
        if share is None:
            severity = _milder(candidate.undecided, candidate.severity)
            sentence += (
                f" In {self.trials.steps} steps neither copy learned, with the remedy or without."
            )
        elif share >= SLOWED:
            severity = "remark"
            sentence += " Yet the copy without the remedy learned about as well."
        elif all(other is None or other < BLOCKED for _, _, other in compared):
            severity = candidate.severity
        else:
            severity = _milder(candidate.slowed, candidate.severity)
        severity = _worse(candidate.least, severity)
        self._report(candidate, severity, trial, sentence)
        if share is not None and share < SLOWED and severity != "remark":
            self.applied.append(candidate.apply)
            self.cause = self.cause or candidate.kind

    def compared(self, remedy: Remedy) -> list[tuple[Run, Run, float | None]]:
        """Return the runs without and with one more remedy, and the share of its gain.

        The reader's optimizer decides alone; without it, or where neither copy learns with it
        (the share is None), Adam and SGD do.
        """
        rules = ["own"] if self.trials.case.optimizer else ["adam", "sgd"]
        runs = [self._pair(remedy, rule) for rule in rules]
        if rules == ["own"] and runs[0][2] is None:
            runs = [self._pair(remedy, rule) for rule in ("adam", "sgd")]
        return runs

    def _pair(self, remedy: Remedy, rule: str) -> tuple[Run, Run, float | None]:
        before = self.trials.run(self.applied, rule)
        after = self.trials.run([*self.applied, remedy], rule)
        return before, after, self.share(before, after)

    def share(self, before: Run, after: Run) -> float | None:
        """Return what part of the gain of one run another has, or None where there is none.

        A gain is counted from the lowest of what the two start at and what guessing reaches;
        from the starts, where both are on their way down to guessing.
        """
        reference = min(before.start, after.start, self.guessing)
        if not math.isfinite(reference):
            return 0.0 if math.isfinite(after.final) and math.isinf(before.final) else None
        least = LEAST_GAIN * abs(reference)
        if reference - after.final <= least:
            if reference - before.final > least:
                return 1.0
            reference = min(before.start, after.start)
            near = math.isfinite(self.guessing) and after.final < NEAR * self.guessing
            if near or reference - after.final <= LEAST_GAIN * abs(reference):
                return None
        return (reference - before.final) / (reference - after.final)

    def _lasts(self, candidate: Candidate) -> bool:
        """Whether a copy that was trained as it is has the same fault."""
        run = self.trials.run([], self.trials.usual)
        return run.case is None or self._again(candidate, run.case.copied())

    def _still_there(self, candidate: Candidate) -> bool:
        return self._again(candidate, self.trials.changed(self.applied))

    def _again(self, candidate: Candidate, case: Case) -> bool:
        measurement = measure(case, judged=self.judged)
        now = suspicions(measurement, case, self.trainable)
        places = set(candidate.where)
        return any(
            other.kind == candidate.kind
            and other.lasting >= candidate.lasting
            and (not places or places & set(other.where))
            for other in now
        )

    def judge_confirmed(self, candidate: Candidate, before: Run, after: Run) -> None:
        """Report a candidate whose trial has been made, and keep its remedy applied."""
        trial = Trial(before.final, after.final, self.trials.steps)
        self._report(candidate, candidate.severity, trial)
        if candidate.apply is not None:
            self.applied.append(candidate.apply)

    def _report(
        self, candidate: Candidate, severity: str, trial: Trial | None, sentence: str = ""
    ) -> None:
        self.findings.append(
            Finding(
                candidate.kind,
                severity,
                candidate.where,
                candidate.measured,
                candidate.expected,
                _capitalized(sentence or candidate.sentence),
                candidate.remedy,
                trial,
                LESSONS[candidate.kind],
            )
        )


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _worse(first: str, second: str) -> str:
    return min((s for s in (first, second) if s), key=SEVERITIES.index)


def _milder(first: str, second: str) -> str:
    return max(first, second, key=SEVERITIES.index)
