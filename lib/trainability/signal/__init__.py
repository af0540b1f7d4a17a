"""Propagate signals through random networks, forward and backward."""

from trainability.signal.one_network import layer_by_layer
from trainability.signal.propagation import (
    Propagation,
    layer_activations,
    propagate,
    second_moment,
    variance_factors,
)
from trainability.signal.wide_networks import layer_correlations, propagate_wide

__all__ = [
    "Propagation",
    "layer_activations",
    "layer_by_layer",
    "layer_correlations",
    "propagate",
    "propagate_wide",
    "second_moment",
    "variance_factors",
]
