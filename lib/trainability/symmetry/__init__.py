"""Count duplicate hidden units, and follow what keeps them alike or parts them."""

from trainability.symmetry.duplicates import (
    constant_init_limit,
    distinct_units,
    expected_distinct_units,
    tie_probability,
    tied_units,
)
from trainability.symmetry.orbits import flip_units, loss_curvature, rescale_units
from trainability.symmetry.units import unit_labels, unit_spread

__all__ = [
    "constant_init_limit",
    "distinct_units",
    "expected_distinct_units",
    "flip_units",
    "loss_curvature",
    "rescale_units",
    "tie_probability",
    "tied_units",
    "unit_labels",
    "unit_spread",
]
