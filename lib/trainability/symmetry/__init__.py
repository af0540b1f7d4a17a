"""Count duplicate hidden units, and follow what keeps them alike or parts them."""

from trainability.symmetry.duplicates import (
    constant_init_limit,
    distinct_units,
    expected_distinct_units,
    tie_probability,
    tied_units,
)
from trainability.symmetry.kinds import SYMMETRIES, Symmetry, kind_of, start_weights
from trainability.symmetry.matching import interpolate, loss_barrier, match_units
from trainability.symmetry.orbits import flip_units, loss_curvature, rescale_units
from trainability.symmetry.units import (
    count_distinct_units,
    split_units,
    unit_labels,
    unit_spread,
)

__all__ = [
    "SYMMETRIES",
    "Symmetry",
    "constant_init_limit",
    "count_distinct_units",
    "distinct_units",
    "expected_distinct_units",
    "flip_units",
    "interpolate",
    "kind_of",
    "loss_barrier",
    "loss_curvature",
    "match_units",
    "rescale_units",
    "split_units",
    "start_weights",
    "tie_probability",
    "tied_units",
    "unit_labels",
    "unit_spread",
]
