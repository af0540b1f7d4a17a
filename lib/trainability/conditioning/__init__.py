"""Measure and bound the conditioning of products of matrices and of residual blocks."""

from trainability.conditioning.bounds import (
    condition_number,
    jacobian_singular_values,
    singular_value_bounds,
)
from trainability.conditioning.one_product import circle_by_layer, gradients_by_layer
from trainability.conditioning.products import log_singular_values
from trainability.conditioning.random_products import (
    lyapunov_exponents,
    random_product_log_singular_values,
    random_products_log_singular_values,
    squared_singular_edge,
)

__all__ = [
    "circle_by_layer",
    "condition_number",
    "gradients_by_layer",
    "jacobian_singular_values",
    "log_singular_values",
    "lyapunov_exponents",
    "random_product_log_singular_values",
    "random_products_log_singular_values",
    "singular_value_bounds",
    "squared_singular_edge",
]
