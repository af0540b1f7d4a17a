"""The plane of solutions of two points on a line, against the solvers and KKT."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from trainability.figures.solution_plane import SOLUTION_PLANE, read_solution_plane
from trainability.programs.figure import filled
from trainability.svm_bias import boundary, solution_plane, solve_augmented, solve_explicit

places = st.floats(-8, 8, allow_nan=False)


def normals(first, second, constant):
    rows = [[first, constant], [-second, -constant]]
    return torch.tensor(rows, dtype=torch.float64)


@given(first=places, second=places, constant=st.floats(0.2, 4), origin=st.floats(-3, 3))
def test_both_answers_are_those_of_the_solvers_and_the_pushes_lead_to_the_first(
    first, second, constant, origin
):
    assume(abs(first - second) > 0.3)
    found = solution_plane(first, second, constant, origin)
    x = torch.tensor([[first - origin], [second - origin]], dtype=torch.float64)
    labels = torch.tensor([1, -1])
    penalized, free = solve_augmented(x, labels, constant), solve_explicit(x, labels)
    near = {"rel": 1e-4, "abs": 1e-5}
    assert found["u"][0].item() == pytest.approx(penalized.w.item(), **near)
    assert found["u"][1].item() * constant == pytest.approx(penalized.b, **near)
    assert found["corner"][0].item() == pytest.approx(free.w.item(), **near)
    assert found["corner"][1].item() * constant == pytest.approx(free.b, **near)
    assert found["boundary_2"].item() == pytest.approx(boundary(free) + origin, **near)
    assert found["margin_2"].item() == pytest.approx(free.margin, **near)
    p = normals(first - origin, second - origin, constant)
    assert found["multipliers"].min() >= -1e-9
    torch.testing.assert_close(found["multipliers"] @ p, found["u"], rtol=1e-6, atol=1e-8)
    assert (p @ found["u"]).min() > 1 - 1e-6
    assert found["pushes_x"][-1] == found["u"][0]


@given(first=places, second=places, constant=st.floats(0.2, 4))
def test_the_wedge_is_where_both_constraints_hold_and_the_circle_only_touches_it(
    first, second, constant
):
    assume(abs(first - second) > 0.3)
    found = solution_plane(first, second, constant)
    p = normals(first, second, constant)
    corners = torch.stack([found["wedge_x"], found["wedge_y"]], 1)
    assert (corners @ p.T).min() > 1 - 1e-6
    circle = 0.999 * torch.stack([found["circle_x"], found["circle_y"]], 1)
    assert ((circle @ p.T).amin(1) < 1).all()
    edges = torch.stack([found["edge_x"], found["edge_y"]], 2)
    for k in range(2):
        torch.testing.assert_close(edges[k] @ p[k], torch.ones(2).double(), rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize(
    ("negative", "verdict"),
    [(-2.0, "one boundary"), (-3.0, "one boundary"), (-5.0, "one constraint pushes alone")],
)
def test_the_figure_says_what_the_circle_touches(negative, verdict):
    words = {"positive": 1.0, "negative": negative, "bias_feature": 1.0, "origin": 0.0}
    found = solution_plane(**words)
    figure = filled(SOLUTION_PLANE, words | found | read_solution_plane(**found))
    assert figure["layout"]["meta"]["verdict"] == verdict


def test_an_origin_that_moves_takes_the_penalized_boundary_along_and_not_the_free_one():
    here, there = solution_plane(), solution_plane(origin=-1.5)
    assert there["boundary_2"].item() == pytest.approx(here["boundary_2"].item())
    assert abs(there["boundary_1"] - here["boundary_1"]).item() > 0.1
