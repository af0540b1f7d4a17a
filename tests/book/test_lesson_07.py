"""Lesson 7 under the reader's hand: the lifted plane, shifts, a point of the reader's."""

import pytest
import torch
from playwright.sync_api import expect

from explorers import EVERY_STATE, click_on, on_page
from trainability.figures.solution_plane import read_solution_plane
from trainability.svm_bias import solution_plane

PLANE = on_page("plane")


@pytest.mark.parametrize(
    "state",
    [{}, {"negative": -2.4}, {"positive": 2.0, "negative": -0.4, "shift": -3.0}],
    ids=str,
)
def test_the_plane_of_solutions_is_that_of_torch(lesson, state):
    state = {"positive": 1.0, "negative": -4.0, "bias_feature": 1.0, "shift": 0.0} | state
    lesson.evaluate(f"async (state) => {{ await {PLANE}.set(state); }}", state)
    wanted = read_solution_plane(**solution_plane(**state))
    for name in ("lambda_1", "u_x", "corner_y", "bar_1", "edge_x_0", "objective_2"):
        found = lesson.evaluate(f"Array.from({PLANE}.numbers('{name}'))")
        numbers = torch.tensor([float(x) for x in found], dtype=torch.float64)
        torch.testing.assert_close(numbers, wanted[name].flatten(), rtol=1e-6, atol=1e-6)


def test_the_circle_leaves_the_corner_at_three_and_the_goal_is_reached(lesson):
    goal = lesson.locator(".explorer-goal", has_text="touches an edge")
    for negative, verdict in ((-2.8, "one boundary"), (-3.2, "one constraint pushes alone")):
        state = {"positive": 1.0, "negative": negative, "bias_feature": 1.0, "shift": 0.0}
        lesson.evaluate(f"async (state) => {{ await {PLANE}.set(state); }}", state)
        assert lesson.evaluate(f"{PLANE}.figure.layout.meta.verdict") == verdict
    expect(goal).not_to_have_attribute("data-reached", "now")
    lesson.locator('[data-explorer="plane"] [data-axis="negative"]').press("Home")
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.claims("S3-1h", "S3-1e-iii")
def test_the_programs_part_at_the_threshold_and_logistic_descent_follows_the_first(lesson):
    for state in lesson.evaluate(EVERY_STATE, "lifted"):
        a, beyond = float(state["a"]), float(state["a"]) > state["threshold"]
        assert (state["verdict"] == "differ") == beyond, state
        if state["steps"] == "10000" and a > 0.5:
            first, second = state["boundary_1"], state["boundary_2"]
            assert abs(state["descent"] - first) < 0.1 + 0.03 * abs(first), state
            if abs(first - second) > 1:
                assert abs(state["descent"] - first) < abs(state["descent"] - second), state


@pytest.mark.claims("S3-1e-iv")
def test_only_the_penalized_boundary_depends_on_the_shift(lesson):
    for state in lesson.evaluate(EVERY_STATE, "shifted"):
        a, shift, B = (float(state[name]) for name in ("a", "shift", "bias_feature"))
        middle = (1 - a) / 2
        assert state["boundary_2"] == pytest.approx(middle, abs=1e-3)
        parted = min((1 + shift) * (middle + shift), (shift - a) * (middle + shift)) < -(B**2)
        if abs(min((1 + shift) * (middle + shift), (shift - a) * (middle + shift)) + B**2) > 1e-6:
            assert (state["verdict"] == "differ") == parted, state


def test_the_free_bias_has_the_larger_margin_in_every_state(lesson):
    states = lesson.evaluate(EVERY_STATE, "clusters")
    assert all(s["margin_2"] >= s["margin_1"] - 1e-4 for s in states)
    assert {s["verdict"] for s in states} == {"alike", "differ", "inseparable"}


def test_a_click_puts_the_readers_point(lesson):
    root = lesson.locator('[data-explorer="clusters"]')
    click_on(lesson, root, 4.4, -1.8)
    expect(root.locator('[role="status"]')).to_contain_text("your point at (4.4, -1.8)")


def test_the_goals_are_reached(lesson):
    goals = lesson.locator(".explorer-goal")
    lifted, clusters = (lesson.locator(f'[data-explorer="{n}"]') for n in ("lifted", "clusters"))
    for _ in range(12):
        lifted.locator('[data-axis="a"]').press("ArrowRight")
    expect(goals.nth(0)).not_to_have_attribute("data-reached", "now")
    lifted.locator('[data-axis="bias_feature"]').press("End")
    expect(goals.nth(0)).to_have_attribute("data-reached", "now")
    clusters.locator('[data-axis="point_x"]').press("Home")
    for _ in range(3):
        clusters.locator('[data-axis="point_y"]').press("ArrowLeft")
    expect(goals.nth(2)).to_have_attribute("data-reached", "now")
