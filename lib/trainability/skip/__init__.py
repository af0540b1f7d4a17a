"""Build networks with skip layers, and measure their gradients and what each path learns."""

from trainability.skip.network import SkipLayerNetwork, skip_gradient, skip_weight_count
from trainability.skip.shattered_gradients import (
    gradient_cosine_after_step,
    slope_along_a_line,
    slope_correlation,
    switched_share,
)
from trainability.skip.two_paths import PathHistory, PathSettings, TwoPaths, train_two_paths

__all__ = [
    "PathHistory",
    "PathSettings",
    "SkipLayerNetwork",
    "TwoPaths",
    "gradient_cosine_after_step",
    "skip_gradient",
    "skip_weight_count",
    "slope_along_a_line",
    "slope_correlation",
    "switched_share",
    "train_two_paths",
]
