"""Norms and scaled steps that layerwise optimizers stand on."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainability.norms import euclidean_norms
from trainability.optim.trust_ratio import add_scaled_, trust_ratios

KINDS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.floats(-200, 200, width=16), min_size=0, max_size=9))
def test_norms_are_those_of_the_standard_library(kind, values):
    tensor = torch.tensor(values, dtype=kind)
    expected = math.hypot(*tensor.double().tolist())
    assert euclidean_norms([tensor]).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (torch.float32, 3e38),
        (torch.float32, 1e-40),
        (torch.float64, 1e300),
        (torch.float64, 1e-300),
        (torch.bfloat16, 1e38),
        (torch.float16, 6e4),
    ],
)
def test_norms_are_right_where_squares_leave_the_type(kind, size):
    tensor = torch.full((100,), size, dtype=kind)
    assert euclidean_norms([tensor]).item() == pytest.approx(10 * tensor[0].item(), rel=1e-5)


def test_long_sums_keep_their_digits():
    tensor = torch.full((10_000_000,), 0.1)
    expected = tensor[0].double().item() * 10_000_000**0.5
    assert euclidean_norms([tensor]).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_what_is_not_finite_has_no_finite_norm_and_no_ratio(bad):
    norm = euclidean_norms([torch.tensor([1.0, bad])])
    assert not torch.isfinite(norm).any()
    assert torch.isnan(trust_ratios(torch.ones(1), norm)).all()
    assert torch.isnan(trust_ratios(norm, torch.ones(1))).all()


def test_adding_scaled_tensors_is_what_it_says():
    for kind in KINDS:
        targets = [torch.tensor([1.0, 2.0], dtype=kind), torch.tensor([[3.0]], dtype=kind)]
        tensors = [torch.tensor([4.0, -8.0], dtype=kind), torch.tensor([[2.0]], dtype=kind)]
        add_scaled_(targets, tensors, torch.tensor([0.5, -1.0]).double())
        assert targets[0].tolist() == [3.0, -2.0] and targets[1].tolist() == [[1.0]]


def test_a_factor_beyond_the_type_is_cut_to_its_largest_number():
    target, tensor = torch.zeros(1), torch.full((1,), 1e-40)
    add_scaled_([target], [tensor], torch.tensor([1e39], dtype=torch.float64))
    assert target.item() == pytest.approx(3.4028e-2, rel=1e-3)  # not 0.1
    target, tensor = (
        torch.zeros(1, dtype=torch.float64),
        torch.full((1,), 1e-40, dtype=torch.float64),
    )
    add_scaled_([target], [tensor], torch.tensor([1e39], dtype=torch.float64))
    assert target.item() == pytest.approx(0.1)
