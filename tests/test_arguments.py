"""A tensor is what a function asks for, or an error says which word of it does not hold."""

import numpy as np
import pytest
import torch

from trainability.arguments import checked_tensor

NAN = torch.tensor([[1.0, float("nan")]])


@pytest.mark.parametrize("shape", ["(n, d)", "(2, 3)", "(n, 3)", "one matrix, (rows, columns)"])
def test_a_tensor_that_fits_comes_back_as_it_is(shape):
    value = torch.ones(2, 3, requires_grad=True)
    assert checked_tensor("x", value, shape=shape, floating=True) is value


@pytest.mark.parametrize(
    ("value", "options", "error"),
    [
        ([1.0], {}, TypeError("x must be a tensor, not list")),
        (np.ones(2), {"floating": True}, TypeError("x must be a floating tensor, not ndarray")),
        (torch.ones(2) > 0, {}, TypeError("x must hold real numbers, not torch.bool")),
        (1j * torch.ones(2), {}, TypeError("x must hold real numbers, not torch.complex64")),
        (
            torch.arange(2),
            {"floating": True},
            TypeError("x must be a floating tensor, not torch.int64; use x.float()"),
        ),
        (torch.eye(2).to_sparse(), {}, TypeError("x is sparse; pass x.to_dense()")),
        (torch.ones(3), {"shape": "(n, d)"}, ValueError("x has shape (3,); it must be (n, d)")),
        (torch.ones(0), {"shape": "(n,)"}, ValueError("x has shape (0,); it must be (n,)")),
        (
            torch.ones(2, 3),
            {"shape": "(n, 4)"},
            ValueError("x has shape (2, 3); it must be (n, 4)"),
        ),
        (torch.ones(()), {"shape": "(1,)"}, ValueError("x has shape (); it must be (1,)")),
        (NAN, {}, ValueError("x holds inf or nan; every number must be finite")),
        (NAN / 0, {}, ValueError("x holds inf or nan; every number must be finite")),
    ],
)
def test_what_does_not_fit_is_named(value, options, error):
    with pytest.raises(type(error)) as caught:
        checked_tensor("x", value, **options)
    assert str(caught.value) == str(error)


def test_what_is_not_asked_for_passes():
    assert checked_tensor("x", NAN, finite=False) is NAN
    for odd in (torch.ones(2) > 0, 1j * torch.ones(2), torch.ones(0)):
        assert checked_tensor("x", odd, real=False) is odd
