"""Compute what infinitely wide random networks do: lengths, correlations, depth scales."""

from trainability.mean_field.correlations import (
    correlation_map,
    depth_scale,
    fixed_correlation,
    gradient_depth_scale,
)
from trainability.mean_field.gaussian import Homogeneous, Quadrature
from trainability.mean_field.lengths import chi, critical_line, fixed_point
from trainability.mean_field.phase import Phase
from trainability.mean_field.recursions import CorrelationMap

__all__ = [
    "CorrelationMap",
    "Homogeneous",
    "Phase",
    "Quadrature",
    "chi",
    "correlation_map",
    "critical_line",
    "depth_scale",
    "fixed_correlation",
    "fixed_point",
    "gradient_depth_scale",
]
