"""What is suspected from one measurement, a module for each family of kinds."""

from trainability.diagnostics.checks.conditioning import conditioning_candidates
from trainability.diagnostics.checks.data import data_candidates
from trainability.diagnostics.checks.gradients import gradient_candidates
from trainability.diagnostics.checks.outputs import output_candidates
from trainability.diagnostics.checks.parameters import parameter_candidates
from trainability.diagnostics.checks.precision import precision_candidates
from trainability.diagnostics.checks.signals import signal_candidates
from trainability.diagnostics.checks.units import unit_candidates

__all__ = [
    "conditioning_candidates",
    "data_candidates",
    "gradient_candidates",
    "output_candidates",
    "parameter_candidates",
    "precision_candidates",
    "signal_candidates",
    "unit_candidates",
]
