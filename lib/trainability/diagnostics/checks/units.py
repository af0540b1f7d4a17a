"""Units that are copies of one another, do not answer, or answer alike to all inputs."""

from collections.abc import Iterator

from trainability.diagnostics.candidates import Candidate
from trainability.diagnostics.case import Case
from trainability.diagnostics.findings import named
from trainability.diagnostics.measurement import Activation, Measurement
from trainability.diagnostics.remedies import redraw
from trainability.diagnostics.weights import Weight

# A unit of a random ReLU layer is zero on one example with probability ½, on n with 2⁻ⁿ. Deep
# layers see examples that resemble each other, and half of their units are then zero on all.
DEAD = 0.75
LEAST_ROWS = 8
SATURATED = 0.5


def unit_candidates(measurement: Measurement, case: Case) -> Iterator[Candidate]:
    """Yield duplicate, dead and saturated units."""
    yield from _duplicates(measurement)
    inner = [seen for seen in measurement.activations if seen is not measurement.ended_by]
    dead = [
        seen
        for seen in inner
        if seen.dead is not None and seen.dead > DEAD and seen.rows >= LEAST_ROWS
    ]
    if dead:
        worst = max(seen.dead or 0.0 for seen in dead)
        yield Candidate(
            "dead_units",
            _places(dead),
            worst,
            0.5,
            f"{worst:.0%} of the ReLU units of {named([seen.name for seen in dead])} are zero on "
            "every example, and no gradient passes them.",
            "Start with biases of zero and weights of variance 2/fan_in, and normalize the inputs.",
            undecided="severe" if worst == 1 else "warning",
            apply=redraw(_feeders(dead), measurement),
        )
    flat = [seen for seen in inner if seen.saturated is not None and seen.saturated > SATURATED]
    if flat:
        worst = max(seen.saturated or 0.0 for seen in flat)
        yield Candidate(
            "saturated_units",
            _places(flat),
            worst,
            SATURATED,
            f"{worst:.0%} of the outputs of {named([seen.name for seen in flat])} lie where the "
            f"{flat[0].function} is flat, with a slope below a twentieth of its steepest.",
            "Start with smaller weights: variance 1/fan_in for tanh, and normalize the inputs.",
            apply=redraw(_feeders(flat), measurement),
        )


def _places(seen: list[Activation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in seen for name in (each.feeder, each.name)))


def _feeders(seen: list[Activation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.feeder for each in seen))


def _duplicates(measurement: Measurement) -> Iterator[Candidate]:
    """Yield layers in which units have equal incoming weights and equal gradients.

    Equal weights alone are no fault: a matrix that starts at zero behind random ones has rows
    that differ after a step. Where all units of a layer start with the same weights, random
    biases or outgoing weights may part them, and the trial decides. The units of the last layer
    are told apart by the targets.
    """
    last = measurement.signals[-1].name if measurement.signals else None
    matrices = [weight for weight in measurement.weights if weight.is_matrix]
    of_last = [weight for weight in matrices if weight.module == last]
    outputs = () if measurement.output is None else tuple(measurement.output.shape[1:])
    inner = [
        weight
        for weight in matrices
        if weight.duplicates
        and (weight.module != last or (len(of_last) > 1 and weight.units not in outputs))
    ]
    for equal in (
        [weight for weight in inner if weight.equal_gradients],
        [weight for weight in inner if weight.uniform and not weight.equal_gradients],
    ):
        if equal:
            yield _duplicate(equal, measurement)


def _duplicate(equal: list[Weight], measurement: Measurement) -> Candidate:
    where = tuple(dict.fromkeys(weight.module for weight in equal))
    most = max(equal, key=lambda weight: weight.duplicates)
    whole = most.duplicates == most.units
    tied = most.equal_gradients
    words = (
        "their weights and their gradients, and no step of gradient descent parts them"
        if tied
        else "their weights: at most their biases, and what reads them, tell them apart"
    )
    return Candidate(
        "duplicate_units",
        where,
        float(most.duplicates),
        0.0,
        f"{most.duplicates} of {most.units} units of {named(where)} equal another unit in {words}.",
        "Draw the weights at random, such as by torch.nn.init.kaiming_normal_.",
        severity="severe" if most.duplicates > most.units / 2 else "warning",
        slowed="severe" if whole and tied else "warning",
        least="warning" if tied else "",
        apply=redraw(where, measurement),
        lasting=tied,
    )
