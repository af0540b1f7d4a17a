"""What the output is made by, against what loss and targets ask for."""

from collections.abc import Iterator

import torch
from torch import Tensor

from trainability.diagnostics.candidates import Candidate
from trainability.diagnostics.case import Case
from trainability.diagnostics.findings import named, number
from trainability.diagnostics.functions import BOUNDED, RECTIFIERS
from trainability.diagnostics.measurement import Activation, Measurement
from trainability.diagnostics.remedies import as_sigmoid, identity, replace_calls

_RANGES = {"sigmoid": (0.0, 1.0), "hardsigmoid": (0.0, 1.0), "softmax": (0.0, 1.0)} | {
    "tanh": (-1.0, 1.0),
    "hardtanh": (-1.0, 1.0),
    "relu": (0.0, float("inf")),
    "relu6": (0.0, 6.0),
}
_OF_LOGITS = ("cross_entropy", "log_softmax", "binary_cross_entropy_with_logits")
_REGRESSIONS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def output_candidates(measurement: Measurement, case: Case) -> Iterator[Candidate]:
    """Yield what is wrong with the last function of the model."""
    last = measurement.ended_by
    if last is not None and last.function in ("softmax", "log_softmax") and last.choices == 1:
        yield _softmax_over_one(last)
    elif _one_class(measurement):
        where = tuple(signal.name for signal in measurement.signals[-1:])
        yield Candidate(
            "softmax_over_one",
            where,
            1.0,
            2.0,
            "Cross entropy over one class is zero whatever the output: the softmax of one number "
            "is 1.",
            "Return a logit for each class, or use binary_cross_entropy_with_logits.",
            least="severe",
        )
    elif last is not None and measurement.losses:
        yield from _against_the_loss(last, measurement, case)
    elif _sums_to_one(measurement) and "cross_entropy" in measurement.losses:
        yield _double_softmax(
            (measurement.signals[-1].name,) if measurement.signals else ("",), None
        )


def _one_class(measurement: Measurement) -> bool:
    output = measurement.output
    if output is None or "cross_entropy" not in measurement.losses:
        return False
    return output.ndim > 1 and output.shape[1] == 1 and output[0].numel() == 1


def _softmax_over_one(last: Activation) -> Candidate:
    return Candidate(
        "softmax_over_one",
        (last.name,),
        1.0,
        2.0,
        f"{named([last.name])} takes the softmax over a single number, which is 1 for every "
        "input: no gradient passes it.",
        "Use a sigmoid for one probability, or return one logit for each class.",
        least="severe",
        apply=replace_calls(last.function, [last.call], as_sigmoid),
    )


def _double_softmax(where: tuple[str, ...], last: Activation | None) -> Candidate:
    return Candidate(
        "double_softmax",
        where,
        2.0,
        1.0,
        f"The output of {named(where)} is a softmax already, and cross entropy takes another: "
        "logits between 0 and 1 keep every probability near 1 over the number of classes, and "
        "the gradient small.",
        "Return the logits; cross entropy applies the softmax itself.",
        least="warning",
        apply=None if last is None else replace_calls(last.function, [last.call], identity),
    )


def _sums_to_one(measurement: Measurement) -> bool:
    output = measurement.output
    if output is None or output.ndim < 2 or output.shape[1] < 2:
        return False
    axis = -1 if output.ndim == 2 else 1
    sums = output.detach().float().sum(axis)
    return bool((output >= 0).all()) and bool(((sums - 1).abs() < 1e-3).all())


def _against_the_loss(
    last: Activation, measurement: Measurement, case: Case
) -> Iterator[Candidate]:
    function, where = last.function, (last.name,)
    of_logits = next((name for name in measurement.losses if name in _OF_LOGITS), "")
    if function == "log_softmax":
        return
    if of_logits and function == "softmax" and not of_logits.startswith("binary"):
        yield _double_softmax(where, last)
    elif of_logits:
        low, high = _RANGES.get(function, (0.0, 0.0))
        yield Candidate(
            "output_range",
            where,
            high,
            None,
            f"{named(where)} keeps the output between {number(low)} and {number(high)}, and the "
            "loss takes it for logits, which need both signs and any size.",
            f"Leave out the {function}: the loss applies its own.",
            apply=replace_calls(function, [last.call], identity),
        )
    elif "nll_loss" in measurement.losses:
        yield Candidate(
            "output_range",
            where,
            None,
            None,
            f"{named(where)} returns a {function}, and this loss takes logarithms of "
            "probabilities: it can be lowered without bound, or hardly at all.",
            "Use log_softmax, or return logits to cross entropy.",
            least="warning",
        )
    elif any(name in _REGRESSIONS for name in measurement.losses):
        yield from _out_of_reach(last, case)


def _out_of_reach(last: Activation, case: Case) -> Iterator[Candidate]:
    targets = case.targets
    if last.function not in (*BOUNDED, *RECTIFIERS, "softmax") or not isinstance(targets, Tensor):
        return
    low, high = _RANGES.get(last.function, (-float("inf"), float("inf")))
    values = targets.detach().float()
    outside = ((values < low - 1e-3) | (values > high + 1e-3)).float().mean().item()
    if outside > 0.01:
        yield Candidate(
            "output_range",
            (last.name,),
            outside,
            0.0,
            f"{named([last.name])} returns a {last.function}, from {number(low)} to "
            f"{number(high)}, and {outside:.0%} of the targets lie outside, up to "
            f"{number(values[torch.isfinite(values)].abs().max().item())} in size.",
            "Leave the output layer without a nonlinearity, or scale the targets into its range.",
            apply=replace_calls(last.function, [last.call], identity),
        )
