"""Gradient descent on the logistic loss of points on a line, against autograd and the SVM."""

import pytest
import torch

from trainability.svm_bias import logistic_boundaries, two_point_solution

LABELS = torch.tensor([1.0, -1.0]).double()


def two_points(*far: float) -> torch.Tensor:
    return torch.tensor([[1.0, -a] for a in far]).double()


@pytest.mark.parametrize("divide_by_loss", [True, False])
def test_every_step_is_along_the_gradient_that_autograd_finds(divide_by_loss):
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(3, 5, generator=generator).double()
    labels = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0]).double()
    boundaries = logistic_boundaries(points, labels, 0.7, [1, 4, 9], divide_by_loss=divide_by_loss)
    for at, line in enumerate(points):
        lifted = torch.stack([line, torch.full_like(line, 0.7)], dim=1)
        u, expected = torch.zeros(2).double().requires_grad_(), []
        for count in range(1, 10):
            loss = torch.log1p(torch.exp(-labels * (lifted @ u))).sum()
            (slope,) = torch.autograd.grad(loss, u)
            step = slope / lifted.square().sum() / (loss.detach() if divide_by_loss else 1)
            u = (u.detach() - step).requires_grad_()
            if count in (1, 4, 9):
                expected.append((-0.7 * u[1] / u[0]).item())
        torch.testing.assert_close(boundaries[:, at], torch.tensor(expected).double())


@pytest.mark.parametrize("bias", [0.5, 1.0, 3.0])
def test_the_boundary_tends_to_that_of_the_penalized_bias(bias):
    far = (2.0, 4.0, 10.0)
    boundaries = logistic_boundaries(two_points(*far), LABELS, bias, [100, 1000, 10_000])
    solutions = [two_point_solution(a, "augmented", bias) for a in far]
    limit = torch.tensor([-solution.b / solution.w.item() for solution in solutions])
    misses = (boundaries - limit).abs()
    assert (misses.diff(dim=0) < 0).all() and (misses[-1] < 0.05 * limit.abs().clamp(min=1)).all()


def test_margins_whose_loss_underflows_leave_the_boundary_finite():
    boundaries = logistic_boundaries(two_points(4.0), LABELS, 1.0, [100_000])
    assert abs(boundaries.item() + 1) < 1e-3


def test_data_sets_do_not_influence_each_other():
    together = logistic_boundaries(two_points(2.0, 10.0), LABELS, 1.0, [5, 50])
    alone = [logistic_boundaries(two_points(a), LABELS, 1.0, [5, 50]) for a in (2.0, 10.0)]
    torch.testing.assert_close(together, torch.cat(alone, dim=1))


@pytest.mark.parametrize(
    ("points", "bias", "record", "message"),
    [
        (torch.zeros(2), 1.0, [1], "must have shapes"),
        (torch.zeros(1, 3), 1.0, [1], "must have shapes"),
        (two_points(1.0), 0.0, [1], "bias_feature is 0"),
        (two_points(1.0), -1.0, [1], "bias_feature=-1.0"),
        (two_points(1.0), 1.0, [], "record="),
        (two_points(1.0), 1.0, [0, 1], "record="),
        (two_points(1.0), 1.0, [2, 1], "must increase"),
    ],
)
def test_what_is_out_of_range_is_named(points, bias, record, message):
    with pytest.raises(ValueError, match=message):
        logistic_boundaries(points, LABELS, bias, record)
