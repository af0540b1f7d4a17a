"""The loss of the best output that does not look at the input."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from trainability.diagnostics.case import Case
from trainability.diagnostics.measurement import Measurement


def guessing_loss(measurement: Measurement, case: Case) -> float:
    """Return the loss of the best output that is the same for all examples, or inf.

    For cross entropy it is the entropy of the classes in the batch, for the mean squared error
    the variance of the targets.
    """
    targets = case.targets
    if not isinstance(targets, Tensor) or targets.numel() == 0:
        return math.inf
    if "cross_entropy" in measurement.losses and not targets.is_floating_point():
        shares = targets.flatten().clamp(min=0).bincount() / targets.numel()
        return float(torch.special.entr(shares.double()).sum())
    if "mse_loss" in measurement.losses and targets.is_floating_point():
        values = targets.double()
        constant = values.mean(0, keepdim=True).expand_as(values)
        return float(functional.mse_loss(constant, values))
    return math.inf
