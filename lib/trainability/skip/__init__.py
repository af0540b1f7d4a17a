"""Build networks with skip layers, and measure how their gradients decorrelate."""

from trainability.skip.network import SkipLayerNetwork, skip_gradient, skip_weight_count
from trainability.skip.shattered_gradients import slope_along_a_line, slope_correlation

__all__ = [
    "SkipLayerNetwork",
    "skip_gradient",
    "skip_weight_count",
    "slope_along_a_line",
    "slope_correlation",
]
