"""Inputs and targets: their scale, and layers that are left with one number."""

from collections.abc import Iterator

import torch
from torch import Tensor

from trainability.diagnostics.candidates import Candidate
from trainability.diagnostics.case import Case
from trainability.diagnostics.containers import tensors_in
from trainability.diagnostics.findings import named, number
from trainability.diagnostics.measurement import Measurement, Signal
from trainability.diagnostics.remedies import standardize_inputs, standardize_targets

# Default rates and starts are made for inputs of mean square 1. The curvature of the loss grows
# with the square of their size: at 10 a safe rate is a hundredth.
LARGE, SMALL = 10.0, 0.01
# A common offset of c standard deviations makes the Hessian's condition number about c².
OFFSET, UNEVEN = 10.0, 100.0
REGRESSIONS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def data_candidates(measurement: Measurement, case: Case) -> Iterator[Candidate]:
    """Yield what is wrong with inputs and targets."""
    yield from _nonfinite(measurement, case)
    if measurement.normalizing_one:
        where = tuple(dict.fromkeys(measurement.normalizing_one))
        yield Candidate(
            "normalization_of_one",
            where,
            1.0,
            2.0,
            f"{named(where)} takes statistics of a single number: less its own mean it is zero, "
            "whatever the input was.",
            "Normalize over more features, or train with more than one example a batch.",
            least="severe" if measurement.output is None else "warning",
        )
    reading = [s for s in measurement.signals if s.reads_data and s.scales is not None]
    wrong = {signal.name: fault for signal in reading if (fault := _unscaled(signal))}
    if wrong:
        where = tuple(wrong)
        measured, expected, words = next(iter(wrong.values()))
        yield Candidate(
            "unscaled_inputs",
            where,
            measured,
            expected,
            f"{named(where)} reads inputs {words}.",
            "Subtract the mean and divide by the standard deviation of the training data, "
            "feature by feature.",
            least="warning" if words.startswith("of root") and measured > 5 * LARGE else "",
            apply=standardize_inputs(where),
        )
    yield from _targets(measurement, case)


def _nonfinite(measurement: Measurement, case: Case) -> Iterator[Candidate]:
    if not measurement.nonfinite:
        return
    bad = [
        name
        for name, value in (("inputs", case.inputs), ("targets", case.targets))
        for tensor in tensors_in(value)
        if not bool(torch.isfinite(tensor).all())
    ]
    where = () if bad else tuple(measurement.nonfinite[:1])
    words = f"{bad[0]} hold inf or nan" if bad else f"{named(where)} is the first that returns them"
    yield Candidate(
        "nonfinite",
        where,
        measurement.loss,
        None,
        f"Numbers overflow or are undefined: {words}. One step with such a gradient ruins every "
        "weight it reaches.",
        "Remove them from the data."
        if bad
        else "Look there for a logarithm or a root of zero, a division by zero, or weights that "
        "are too large for the type.",
        least="severe",
    )


def _unscaled(signal: Signal) -> tuple[float, float, str] | None:
    """Return the number, what is healthy, and words; None where all is well."""
    scales = signal.scales
    if scales is None or scales.largest == 0:
        return None
    if signal.rms_in > LARGE:
        return signal.rms_in, 1.0, f"of root mean square {number(signal.rms_in)}, where 1 is usual"
    if scales.largest < SMALL:
        return scales.largest, 1.0, f"of at most {number(scales.largest)}, where 1 is usual"
    if scales.offset > OFFSET:
        return (
            scales.offset,
            1.0,
            (
                f"whose mean is {number(scales.offset)} times their standard deviation: what all "
                "examples share dwarfs what tells them apart"
            ),
        )
    if scales.uneven > UNEVEN:
        return (
            scales.uneven,
            1.0,
            (
                f"in which one feature varies {number(scales.uneven)} times as much as the median "
                "one, so that no one rate suits both"
            ),
        )
    return None


def _targets(measurement: Measurement, case: Case) -> Iterator[Candidate]:
    targets = case.targets
    regression = any(name in REGRESSIONS for name in measurement.losses)
    if not isinstance(targets, Tensor) or not targets.is_floating_point() or not regression:
        return
    if targets.numel() < 2 or not isinstance(measurement.output, Tensor):
        return
    size = targets.float().square().mean().sqrt().item()
    if 0 < size < SMALL or size > LARGE:
        yield Candidate(
            "unscaled_targets",
            (),
            size,
            1.0,
            f"The targets have root mean square {number(size)}, and a fresh network returns "
            "numbers around 1: the first errors and gradients follow the targets' scale.",
            "Train on targets less their mean, over their standard deviation, and scale the "
            "predictions back.",
            apply=standardize_targets,
        )
