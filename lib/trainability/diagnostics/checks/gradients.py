"""How much of the loss's gradient reaches each matrix."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from trainability.diagnostics.candidates import Candidate
from trainability.diagnostics.case import Case
from trainability.diagnostics.containers import mapped
from trainability.diagnostics.findings import named, number
from trainability.diagnostics.functions import BOUNDED, FunctionWatch, no_dropout
from trainability.diagnostics.measurement import Measurement, rms
from trainability.diagnostics.remedies import redraw
from trainability.diagnostics.weights import Weight

# ‖∂L/∂W‖·‖W‖ is the same for all layers of a chain that keeps the variance. Ten layers of
# torch's default start with ReLU, which train, lose about 3e-4.
VANISHED, EXPLODED = 1e-5, 1e3
# χ^(L/2) for the distance of two near inputs: 1 at the edge of chaos.
CHAOS, NUDGE = 30.0, 1e-3


def gradient_candidates(
    measurement: Measurement, case: Case, trainable: set[str]
) -> Iterator[Candidate]:
    """Yield gradients that vanish, explode, or are blocked by zeros."""
    matrices = _in_order(measurement, trainable)
    if len(matrices) < 2 or measurement.nonfinite:
        return
    most = max(weight.effect for weight in matrices)
    yield from _blocked(matrices, measurement, most)
    yield from _vanishing(matrices, measurement, most)
    yield from _exploding(matrices, measurement, case, most)


def _in_order(measurement: Measurement, trainable: set[str]) -> list[Weight]:
    """Return the trainable matrices with a path to the loss, first in the forward pass first."""
    order = {signal.name: place for place, signal in reversed(list(enumerate(measurement.signals)))}
    matrices = [
        weight
        for weight in measurement.weights
        if weight.is_matrix and weight.gradient is not None and weight.name in trainable
    ]
    return sorted(matrices, key=lambda weight: order.get(weight.module, 0))


def _places(weights: Sequence[Weight]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(weight.module for weight in weights))


def _blocked(
    matrices: Sequence[Weight], measurement: Measurement, most: float
) -> Iterator[Candidate]:
    """Yield modules whose gradient is exactly zero, and stays so when others have moved."""
    open_to_it = {weight.module for weight in matrices if weight.gradient != 0}
    blocked = [weight for weight in matrices if weight.module not in open_to_it]
    if not blocked:
        return
    where = _places(blocked)
    zeros = any(weight.norm == 0 for weight in blocked)
    reason = (
        "each is multiplied by another's zero" if zeros else "what follows passes none of it on"
    )
    yield Candidate(
        "vanishing_gradient",
        where,
        0.0,
        most,
        f"The gradient of {named(where)} is exactly zero, now and after some steps: {reason}.",
        "Let one of two factors in a row start at zero, never both."
        if zeros
        else "Look for units that are dead or saturated behind it, or a product with zero.",
        least="warning" if zeros else "remark",
        apply=redraw(where, measurement),
        lasting=True,
        unsure=f"Whether a gradient reaches {named(where)} after the first steps: now it is "
        "exactly zero.",
    )


def _vanishing(
    matrices: Sequence[Weight], measurement: Measurement, most: float
) -> Iterator[Candidate]:
    lost = []
    for weight in matrices:
        if weight.effect > VANISHED * most:
            break
        lost.append(weight)
    if not lost or lost[0].gradient == 0 or most == 0:
        return
    ratio, where = lost[0].effect / most, _places(lost)
    yield Candidate(
        "vanishing_gradient",
        where,
        ratio,
        1.0,
        f"A relative change of {named(where[:1])} changes the loss {number(ratio)} times as much "
        "as one of the layer that matters most; where the variance is kept it is about as much.",
        "Draw the weights with variance 1/fan_in, 2/fan_in before ReLU, prefer ReLU to sigmoid, "
        "and add residual connections or normalization in deep networks.",
        apply=redraw(_places(matrices[:-1]), measurement),
    )


def _exploding(
    matrices: Sequence[Weight], measurement: Measurement, case: Case, most: float
) -> Iterator[Candidate]:
    last = matrices[-1].effect
    ratio = most / last if last > 0 else 1.0
    where = _places([weight for weight in matrices if weight.effect > CHAOS * last])
    if ratio <= CHAOS:
        return
    bounded = any(
        s.function in BOUNDED for s in measurement.activations if s is not measurement.ended_by
    )
    growth = _growth(case) if bounded else 0.0
    if growth > CHAOS:
        yield Candidate(
            "chaotic",
            where,
            growth,
            1.0,
            f"Two inputs that differ by a thousandth end {number(growth)} times as far apart, in "
            f"proportion, as they began, through {named(where)}: gradients grow backward as much.",
            "Draw the weights with variance 1/fan_in for tanh, at the edge of chaos.",
            apply=redraw(where, measurement),
        )
    elif ratio > EXPLODED:
        yield Candidate(
            "exploding_gradient",
            where,
            ratio,
            1.0,
            f"A relative change of {named(where[:1])} changes the loss {number(ratio)} times as "
            "much as one of the last layer; where the variance is kept it is about as much.",
            "Draw the weights with variance 1/fan_in, 2/fan_in before ReLU, or clip the gradient.",
            apply=redraw(where, measurement),
        )


def _growth(case: Case) -> float:
    """Return how much farther apart, relative to their size, two near inputs end than begin."""
    generator = torch.Generator().manual_seed(0)

    def nudged(values: Tensor) -> Tensor:
        if not values.is_floating_point():
            return values
        noise = torch.randn(values.shape, generator=generator).to(values)
        return values + NUDGE * rms(values) * noise

    ends = []
    for inputs in (case.inputs, mapped(nudged, case.inputs)):
        heads: list[Tensor] = []

        def keep(name: str, args: object, result: object, heads: list[Tensor] = heads) -> None:
            if name in BOUNDED and isinstance(result, Tensor):
                heads[:] = [result]

        changed = case.copied()
        changed.inputs = inputs
        with torch.no_grad(), FunctionWatch(keep, no_dropout()):
            changed.output()
        ends.extend(heads)
    if len(ends) != 2 or ends[0].shape != ends[1].shape or rms(ends[0]) == 0:
        return 0.0
    return rms(ends[1] - ends[0]) / rms(ends[0]) / NUDGE
