"""Matrices that stretch some directions far more than others."""

from collections.abc import Iterator

from trainability.diagnostics.candidates import Candidate
from trainability.diagnostics.case import Case
from trainability.diagnostics.findings import named, number
from trainability.diagnostics.measurement import Measurement
from trainability.diagnostics.remedies import orthogonalize

# Of a random square matrix the largest singular value is 2.5 times the median one, whatever its
# size; its condition number, n times a heavy-tailed number, says little. Below eight singular
# values the least one is compared, which falls below 1e-4 of the largest once in a thousand draws.
SPREAD, SPREAD_OF_FEW, FEW = 100.0, 1e4, 8


def conditioning_candidates(measurement: Measurement, case: Case) -> Iterator[Candidate]:
    """Yield matrices with a few singular values that dwarf the others.

    The condition number of a product of random matrices is infinite in the limit of depth, and
    deep ReLU networks train nevertheless: only single matrices are judged.
    """
    bent = [
        weight
        for weight in measurement.weights
        if weight.spread is not None
        and not weight.duplicates
        and weight.spread > (SPREAD_OF_FEW if min(weight.shape[:2]) < FEW else SPREAD)
    ]
    if not bent:
        return
    where = tuple(dict.fromkeys(weight.module for weight in bent))
    worst = max(weight.spread or 0.0 for weight in bent)
    yield Candidate(
        "ill_conditioned",
        where,
        worst,
        2.5,
        f"The largest singular value of {named(where)} is {number(worst)} times the median one, "
        "and 2.5 times in a random matrix: what lies in the other directions is learned that "
        "much slower.",
        "Start from orthogonal matrices (torch.nn.init.orthogonal_) or independent entries.",
        apply=orthogonalize([weight.name for weight in bent]),
        least="remark",
    )
