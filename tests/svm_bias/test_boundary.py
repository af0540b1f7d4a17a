"""Where a linear classifier on a line changes its answer."""

import pytest
import torch

from trainability.svm_bias import boundary, solve_augmented, solve_explicit, two_point_solution


@pytest.mark.parametrize("a", [0.5, 2.0, 10.0])
def test_the_score_is_zero_at_the_boundary_and_has_both_signs_around_it(a):
    for program in ("augmented", "explicit"):
        solution = two_point_solution(a, program)
        at = boundary(solution)
        scores = [float(solution.w) * (at + step) + solution.b for step in (-0.1, 0.0, 0.1)]
        assert scores[0] < 0 < scores[2] and scores[1] == pytest.approx(0, abs=1e-12)


def test_a_free_bias_puts_the_boundary_halfway_wherever_the_data_lie():
    y = torch.tensor([1, -1])
    for shift in (-6.0, 0.0, 6.0):
        points = torch.tensor([[1.0 + shift], [-4.0 + shift]])
        assert boundary(solve_explicit(points, y)) == pytest.approx(shift - 1.5)


def test_a_boundary_that_is_no_point_is_refused():
    plane = solve_explicit(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), torch.tensor([1, -1]))
    with pytest.raises(ValueError, match="2 weights"):
        boundary(plane)
    one_class = solve_augmented(torch.tensor([[1.0], [-1.0]]), torch.tensor([1, 1]))
    with pytest.raises(ValueError, match="w = 0"):
        boundary(one_class)
