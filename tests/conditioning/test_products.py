"""Long products against arithmetic with hundreds of digits."""

import math
import re

import mpmath
import pytest
import torch

from trainability.conditioning import log_singular_values


def chain(n: int, depth: int, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return list(torch.randn(depth, n, n, generator=generator, dtype=torch.float64) / n**0.5)


def exact(factors: list[torch.Tensor]) -> list[float]:
    """The logarithms by mpmath, with four hundred digits."""
    with mpmath.workdps(400):
        product = mpmath.eye(len(factors[0]))
        for factor in factors:
            product = mpmath.matrix(factor.tolist()) * product
        values = mpmath.svd_r(product, compute_uv=False)
        return sorted((float(mpmath.log(value)) for value in values), reverse=True)


@pytest.mark.parametrize(("n", "depth"), [(2, 1), (2, 300), (3, 7), (4, 50), (5, 20), (8, 3)])
def test_the_logarithms_agree_with_four_hundred_digits(n, depth):
    factors = chain(n, depth, seed=n + depth)
    assert log_singular_values(factors).tolist() == pytest.approx(exact(factors), abs=1e-10)


@pytest.mark.parametrize("order", [(1e-4, 1e4), (1e4, 1e-4)])
def test_the_order_of_growth_does_not_matter(order):
    layer = torch.tensor([[order[0], 1.0], [0.0, order[1]]], dtype=torch.float64)
    found = log_singular_values([layer] * 100)
    assert found.tolist() == pytest.approx(exact([layer] * 100), rel=1e-10)
    assert found[0] > 900 and found[1] < -900


def test_equal_singular_values_stay_equal_through_thousands_of_layers():
    rotation = torch.linalg.qr(chain(6, 1)[0])[0]
    found = log_singular_values([2 * rotation] * 5000)
    assert found.tolist() == pytest.approx([5000 * math.log(2)] * 6, rel=1e-12)


def test_a_stack_of_products_is_what_each_of_them_is():
    factors = torch.stack([torch.stack(chain(4, 12, seed=s)) for s in range(6)], dim=1)
    together = log_singular_values(factors.view(12, 2, 3, 4, 4)).view(6, 4)
    for s in range(6):
        torch.testing.assert_close(together[s], log_singular_values(chain(4, 12, seed=s)))


def test_zero_directions_are_minus_infinity_or_far_below_the_others():
    assert log_singular_values([torch.zeros(3, 3)]).tolist() == [-math.inf] * 3
    flat = log_singular_values([torch.diag(torch.tensor([1.0, 2.0, 0.0]))] * 3)
    assert flat[:2].tolist() == pytest.approx([3 * math.log(2), 0], abs=1e-9)
    assert flat[2] < -30


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ([], "factors is empty"),
        ([torch.ones(2, 3)], "a factor has shape (2, 3); it must be (..., n, n)"),
        ([torch.eye(2), torch.eye(3)], "factors have shapes (2, 2) and (3, 3); they must agree"),
        ([torch.full((2, 2), math.nan)], "a factor holds inf or nan"),
        ([torch.eye(2) * 1j], "factors must hold real tensors"),
    ],
)
def test_what_cannot_be_multiplied_is_refused(factors, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        log_singular_values(factors)
