"""Build networks with skip layers, and measure their gradients and what each path learns."""

from trainability.skip.blocks import STACKS, block_by_block
from trainability.skip.network import SkipLayerNetwork, skip_gradient, skip_weight_count
from trainability.skip.path_race import PathRace
from trainability.skip.shattered_gradients import (
    gradient_cosine_after_step,
    slope_along_a_line,
    slope_correlation,
    switched_share,
)
from trainability.skip.side_by_side import KINDS, LENGTHS, PLACES, slopes_side_by_side
from trainability.skip.smallest import smallest_network
from trainability.skip.two_paths import PathHistory, PathSettings, TwoPaths, train_two_paths

__all__ = [
    "KINDS",
    "LENGTHS",
    "PLACES",
    "STACKS",
    "PathHistory",
    "PathRace",
    "PathSettings",
    "SkipLayerNetwork",
    "TwoPaths",
    "block_by_block",
    "gradient_cosine_after_step",
    "skip_gradient",
    "skip_weight_count",
    "slope_along_a_line",
    "slope_correlation",
    "slopes_side_by_side",
    "smallest_network",
    "switched_share",
    "train_two_paths",
]
