"""Parameters that no step reaches: frozen, unused, or unknown to the optimizer."""

from collections.abc import Iterable, Iterator

from trainability.diagnostics.candidates import Candidate
from trainability.diagnostics.case import Case
from trainability.diagnostics.findings import named
from trainability.diagnostics.measurement import Measurement
from trainability.diagnostics.remedies import optimize_all, train_all
from trainability.diagnostics.weights import Weight


def parameter_candidates(
    measurement: Measurement, case: Case, trainable: set[str]
) -> Iterator[Candidate]:
    """Yield parameters that stay as they are.

    Parameters
    ----------
    trainable : set of str
        Names of the parameters that require gradients in the reader's model.
    """
    if not measurement.weights:
        return
    yield from _frozen(measurement, trainable)
    yield from _not_optimized(measurement, case, trainable)
    yield from _unused(measurement, trainable)


def _owners(weights: Iterable[Weight]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(weight.module for weight in weights))


def _share(part: list[Weight], whole: list[Weight]) -> float:
    return sum(weight.entries for weight in part) / sum(weight.entries for weight in whole)


def _frozen(measurement: Measurement, trainable: set[str]) -> Iterator[Candidate]:
    frozen = [weight for weight in measurement.weights if weight.name not in trainable]
    if not frozen:
        return
    left = [weight for weight in measurement.weights if weight.name in trainable]
    only_scales = not any(len(weight.shape) > 1 for weight in left)
    share = _share(frozen, measurement.weights)
    where = _owners(frozen)
    words = f"{share:.0%} of the parameters do not require gradients, in {named(where)}"
    if not left:
        words, most, least = f"No parameter requires a gradient: {words}", "severe", "severe"
    elif only_scales:
        words = f"{words}: only biases and scales of normalization are left to train"
        most, least = "severe", "warning"
    else:
        most, least = "remark", "remark"
    yield Candidate(
        "frozen_parameters",
        where,
        share,
        None,
        f"{words}.",
        "Set requires_grad_(True) on what is to be trained, and give it to the optimizer; leave "
        "it, where the weights come from an earlier training.",
        severity=most,
        least=least,
        apply=train_all,
    )


def _not_optimized(
    measurement: Measurement, case: Case, trainable: set[str]
) -> Iterator[Candidate]:
    if case.optimizer is None:
        return
    held = {id(p) for group in case.optimizer.param_groups for p in group["params"]}
    names = {name for name, p in case.model.named_parameters() if id(p) not in held}
    wanted = [weight for weight in measurement.weights if weight.name in trainable]
    missing = [weight for weight in wanted if weight.name in names]
    if not missing:
        return
    share, where = _share(missing, wanted), _owners(missing)
    yield Candidate(
        "not_optimized",
        where,
        share,
        0.0,
        f"{share:.0%} of the parameters that require gradients are unknown to the optimizer, in "
        f"{named(where)}: they stay as they started.",
        "Make the optimizer from model.parameters(), after the last change of the model; freeze "
        "by requires_grad_(False) what is to stay.",
        least="severe" if share == 1 else "warning",
        apply=optimize_all,
    )


def _unused(measurement: Measurement, trainable: set[str]) -> Iterator[Candidate]:
    judged = [
        weight for weight in measurement.weights if weight.judged and weight.name in trainable
    ]
    unused = [weight for weight in judged if weight.gradient is None]
    if not unused:
        return
    where = _owners(unused)
    uncalled = [name for name in where if name not in measurement.called]
    share = _share(unused, judged)
    if not measurement.loss_reaches:
        words = "The loss has no path back to any parameter"
    elif uncalled and len(uncalled) == len(where):
        words = f"The forward pass does not use {named(where)} ({share:.0%} of the parameters)"
    else:
        words = f"No gradient has a path to {named(where)} ({share:.0%} of the parameters)"
    yield Candidate(
        "unused_parameters",
        where,
        share,
        0.0,
        f"{words}: they stay as they started.",
        "Call it in forward, or remove it; look for detach, no_grad, argmax or numpy between it "
        "and the loss.",
        severity="severe",
        least="severe" if not measurement.loss_reaches else "warning",
    )
