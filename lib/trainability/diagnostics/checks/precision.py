"""Numbers that are too small for their type."""

from collections.abc import Iterator

import torch

from trainability.diagnostics.candidates import Candidate
from trainability.diagnostics.case import Case
from trainability.diagnostics.findings import named, number
from trainability.diagnostics.measurement import Measurement
from trainability.diagnostics.remedies import raise_eps


def precision_candidates(measurement: Measurement, case: Case) -> Iterator[Candidate]:
    """Yield an optimizer whose eps the type of its parameters rounds to zero.

    The least positive float16 is 6e-8. Squares of gradients below 2.4e-4 are zero in it, and with
    eps = 1e-8, which is zero as well, Adam divides by zero.
    """
    if case.optimizer is None:
        return
    owners = {
        id(parameter): name
        for name, module in case.model.named_modules()
        for parameter in module.parameters(recurse=False)
    }
    lost: dict[str, float] = {}
    for group in case.optimizer.param_groups:
        eps = group.get("eps")
        if not isinstance(eps, float) or eps <= 0:
            continue
        for parameter in group["params"]:
            if torch.tensor(eps).to(parameter.dtype).item() == 0:
                lost[owners.get(id(parameter), "")] = eps
    if not lost:
        return
    where, eps = tuple(lost), next(iter(lost.values()))
    yield Candidate(
        "underflow",
        where,
        0.0,
        eps,
        f"The optimizer's eps of {number(eps)} is zero in float16, the type of {named(where)}, "
        "and so are the squares of small gradients: the step divides by zero.",
        "Keep the weights in float32 and compute under torch.autocast, or set eps=1e-4.",
        least="warning",
        apply=raise_eps,
    )
