"""Compute what infinitely wide random networks do: lengths, correlations, depth scales."""

from trainability.mean_field.phase import Phase
from trainability.mean_field.theory import (
    chi,
    correlation_map,
    critical_line,
    depth_scale,
    fixed_correlation,
    fixed_point,
    gradient_depth_scale,
)

__all__ = [
    "Phase",
    "chi",
    "correlation_map",
    "critical_line",
    "depth_scale",
    "fixed_correlation",
    "fixed_point",
    "gradient_depth_scale",
]
