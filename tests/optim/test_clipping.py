"""Adaptive clipping, unit by unit."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainability.optim import adaptive_clip_grad_


def clipped(weight, gradient, **options):
    weight = torch.as_tensor(weight).requires_grad_()
    weight.grad = torch.as_tensor(gradient, dtype=weight.dtype)
    adaptive_clip_grad_(weight, **options)
    return weight.grad


@given(scale=st.floats(-20, 30), clipping=st.floats(1e-3, 1))
def test_a_unit_keeps_its_direction_and_at_most_its_share(scale, clipping):
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(4, 3, 2, generator=generator)
    gradient = torch.randn(4, 3, 2, generator=generator) * 10.0**scale
    found = clipped(weight.clone(), gradient.clone(), clipping=clipping)
    for unit in range(4):
        w, before, after = (t[unit].double().flatten() for t in (weight, gradient, found))
        assert after.norm() <= clipping * max(w.norm(), 1e-3) * (1 + 1e-5) or torch.equal(
            before, after
        )
        cosine = before @ after / (before.norm() * after.norm())
        assert cosine.item() == pytest.approx(1, abs=1e-6)


@pytest.mark.claims("S0-4")
def test_what_is_short_enough_is_left_alone_so_that_nothing_small_grows():
    gradient = torch.full((2, 2), 1e-9)
    assert torch.equal(clipped(torch.ones(2, 2), gradient.clone()), gradient)


def test_units_that_are_zero_may_move_by_the_floor():
    found = clipped(torch.zeros(1, 2), [[3.0, 4.0]])
    torch.testing.assert_close(found.norm().item(), 1e-5)


def test_a_vector_is_one_unit():
    found = clipped(torch.tensor([3.0, 4.0]), [30.0, 40.0])
    torch.testing.assert_close(found, torch.tensor([0.03, 0.04]))


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_a_unit_that_is_not_finite_becomes_nan_and_no_other(bad):
    found = clipped(torch.ones(2, 2), [[bad, 1.0], [0.001, 0.001]])
    assert torch.isnan(found[0]).all() and torch.isfinite(found[1]).all()


def test_parameters_without_gradient_are_passed_over_and_settings_checked():
    adaptive_clip_grad_([torch.ones(2, requires_grad=True)])
    for options in ({"clipping": -1.0}, {"eps": math.nan}):
        with pytest.raises(ValueError, match=next(iter(options))):
            adaptive_clip_grad_([], **options)
