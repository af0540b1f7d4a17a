"""Compare remedies for failing networks, first steps, and batch sizes."""

from trainability.comparisons.batch_size import (
    Digits,
    Examples,
    Tuning,
    split_digits,
    tune_at_batch,
)
from trainability.comparisons.failing_networks import FAILURES, Failure, failing_network
from trainability.comparisons.first_steps import FirstSteps, first_steps
from trainability.comparisons.rate_sweep import RATES, SWEPT, RateSweep
from trainability.comparisons.remedies import REMEDIES, Attempts, Remedy, attempt
from trainability.comparisons.trials import Trial, Trials, judged, read_trials
from trainability.comparisons.trust_radius import LENGTHS, RULES, TrustRadius

__all__ = [
    "FAILURES",
    "LENGTHS",
    "RATES",
    "REMEDIES",
    "RULES",
    "SWEPT",
    "Attempts",
    "Digits",
    "Examples",
    "Failure",
    "FirstSteps",
    "RateSweep",
    "Remedy",
    "Trial",
    "Trials",
    "TrustRadius",
    "Tuning",
    "attempt",
    "failing_network",
    "first_steps",
    "judged",
    "read_trials",
    "split_digits",
    "tune_at_batch",
]
