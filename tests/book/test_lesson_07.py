"""Lesson 7 under the reader's hand: the plane of solutions, points of the reader's, descent."""

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from conftest import until
from explorers import EVERY_STATE, on_page, place_on
from trainability.figures.both_boundaries import read_both_boundaries
from trainability.figures.solution_plane import read_solution_plane
from trainability.svm_bias import NEAR_AND_FAR, both_boundaries, solution_plane

PLANE, BOTH = on_page("plane"), on_page("both")
SETTING = {"positive": 1.0, "negative": -4.0, "bias_feature": 1.0, "origin": 0.0}


def explorer(page: Page, name: str) -> Locator:
    return page.locator(f'[data-explorer="{name}"]')


def drag(page: Page, name: str, subplot: str, start: tuple, end: tuple) -> None:
    page.mouse.move(*place_on(explorer(page, name), *start, subplot))
    page.mouse.down()
    x, y = place_on(explorer(page, name), *end, subplot)
    page.mouse.move(x - 20, y)
    page.mouse.move(x, y)
    page.mouse.up()


def reset(page: Page, name: str) -> None:
    page.locator(f'[data-explorer="{name}"]').get_by_role("button", name="Reset").click()


@pytest.mark.parametrize(
    "state",
    [{}, {"negative": -2.4}, {"positive": 2.0, "negative": -0.4, "origin": -3.0}],
    ids=str,
)
def test_the_plane_of_solutions_is_that_of_torch(lesson, state):
    state = SETTING | state
    lesson.evaluate(f"async (state) => {{ await {PLANE}.set(state); }}", state)
    wanted = read_solution_plane(**solution_plane(**state))
    for name in ("lambda_1", "u_x", "corner_y", "bar_1", "edge_x_0", "objective_2"):
        found = lesson.evaluate(f"Array.from({PLANE}.numbers('{name}'))")
        numbers = torch.tensor([float(x) for x in found], dtype=torch.float64)
        torch.testing.assert_close(numbers, wanted[name].flatten(), rtol=1e-6, atol=1e-6)


@pytest.mark.claims("S3-1h", "S3-1e-iii")
def test_the_circle_leaves_the_corner_at_three_and_the_goals_are_reached(lesson):
    edge = lesson.locator(".explorer-goal", has_text="touches an edge")
    same = lesson.locator(".explorer-goal", has_text="above five")
    for negative, verdict in ((-2.8, "one boundary"), (-3.2, "one constraint pushes alone")):
        state = SETTING | {"negative": negative}
        lesson.evaluate(f"async (state) => {{ await {PLANE}.set(state); }}", state)
        assert lesson.evaluate(f"{PLANE}.figure.layout.meta.verdict") == verdict
    expect(edge).not_to_have_attribute("data-reached", "now")
    root = lesson.locator('[data-explorer="plane"]')
    root.locator('[data-axis="negative"]').press("Home")
    expect(edge).to_have_attribute("data-reached", "now")
    expect(same).not_to_have_attribute("data-reached", "now")
    root.locator('[data-axis="bias_feature"]').press("End")
    expect(same).to_have_attribute("data-reached", "now")
    # Or by the origin, halfway between the points.
    reset(lesson, "plane")
    state = SETTING | {"negative": -10.0, "origin": -4.5}
    lesson.evaluate(f"async (state) => {{ await {PLANE}.set(state); }}", state)
    expect(same).to_have_attribute("data-reached", "now")


def test_points_and_origin_are_dragged_on_the_line_of_the_data(lesson):
    reset(lesson, "plane")
    free = lesson.evaluate(f"{PLANE}.figure.layout.meta.boundary_2")
    drag(lesson, "plane", "x2y2", (-6, 0), (-9, 0))
    until(lesson, f"Math.abs({PLANE}.state().negative + 9) < 0.15")
    drag(lesson, "plane", "x2y2", (1, 0), (2, 0))
    until(lesson, f"Math.abs({PLANE}.state().positive - 2) < 0.15")
    reset(lesson, "plane")
    drag(lesson, "plane", "x2y2", (0, -1.4), (-2.5, -1.4))
    until(lesson, f"Math.abs({PLANE}.state().origin + 2.5) < 0.15")
    assert lesson.evaluate(f"{PLANE}.figure.layout.meta.boundary_2") == free
    assert lesson.evaluate(f"{PLANE}.state().negative") == -6
    assert lesson.evaluate(f"{PLANE}.figure.layout.meta.verdict") == "one boundary"


def test_a_drag_beyond_the_line_ends_at_the_slider_s_end(lesson):
    reset(lesson, "plane")
    drag(lesson, "plane", "x2y2", (1, 0), (4.4, 0))
    until(lesson, f"{PLANE}.state().positive === 3")


def test_a_finger_holds_a_point_and_scrolls_the_page_elsewhere(lesson):
    held = [
        lesson.evaluate(
            """([x, y]) => {
              const target = document.elementFromPoint(x, y);
              const touch = new Touch({ identifier: 1, target, clientX: x, clientY: y });
              const event = new TouchEvent('touchstart',
                { touches: [touch], changedTouches: [touch], targetTouches: [touch],
                  bubbles: true, cancelable: true });
              target.dispatchEvent(event);
              return event.defaultPrevented;
            }""",
            place_on(explorer(lesson, "plane"), x, 0, "x2y2"),
        )
        for x in (-6, -9)
    ]
    assert held == [True, False]


def test_the_two_classes_of_scikit_learn_are_told_apart_by_their_loss(lesson):
    goal = lesson.locator(".explorer-goal", has_text="LinearSVC's margin")
    root = lesson.locator('[data-explorer="hinges"]')
    expect(root.get_by_role("status").first).to_contain_text("w = (0.4, 0)")
    expect(goal).not_to_have_attribute("data-reached", "now")
    root.locator('[data-axis="loss"]').select_option(label="hinge")
    expect(root.get_by_role("status").first).to_contain_text("w = (0.5, 0)")
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.page("07a_any_data")
def test_both_boundaries_of_the_readers_points_are_torchs(lesson):
    reset(lesson, "both")
    page = lesson
    page.mouse.click(*place_on(explorer(page, "both"), -3, 4))
    until(page, f"{BOTH}.state().points.length === {len(NEAR_AND_FAR) + 1}")
    drag(page, "both", "xy", (-5.8, 0.4), (-7.5, -2.0))
    until(page, f"{BOTH}.state().points[5][0] < -7.3")
    for changed in ({}, {"price": 0.3}, {"loss": "squared hinge", "bias_feature": 4.0}):
        page.evaluate(f"async (state) => {{ await {BOTH}.set(state); }}", changed)
        state = page.evaluate(f"{BOTH}.state()")
        points = torch.tensor(state.pop("points"), dtype=torch.float64)
        solved = both_boundaries(points, **state)
        wanted = solved | read_both_boundaries(**solved)
        for name in ("alpha_1", "alpha_2", "w_1", "b_2", "pushing_1", "line_x_2_1"):
            found = page.evaluate(f"Array.from({BOTH}.numbers('{name}'))")
            mine = torch.tensor([float(x) for x in found], dtype=torch.float64)
            torch.testing.assert_close(mine, wanted[name].flatten(), rtol=1e-6, atol=1e-6)
        angle = page.evaluate(f"{BOTH}.numbers('angle')[0]")
        assert angle == pytest.approx(wanted["angle"].item(), abs=1e-4)  # a root near 0


@pytest.mark.page("07a_any_data")
def test_a_point_of_the_other_class_makes_the_data_inseparable_by_keyboard_alone(lesson):
    page = lesson
    reset(page, "both")
    root = page.locator('[data-explorer="both"]')
    goal = page.locator(".explorer-goal", has_text="Exercise 1")
    expect(goal).not_to_have_attribute("data-reached", "now")
    summary = root.locator("summary", has_text="Your own points")
    summary.press("Enter")
    expect(root.locator(".explorer-points")).not_to_contain_text("training")
    root.get_by_label("x of point 1", exact=True).fill("-6")
    root.get_by_label("y of point 1", exact=True).fill("0")
    expect(goal).to_have_attribute("data-reached", "now")
    expect(root.get_by_role("status").first).to_contain_text("points within the margin")


@pytest.mark.page("07a_any_data")
@pytest.mark.claims("S3-1e-iv")
def test_only_the_penalized_boundary_depends_on_the_shift(lesson):
    for state in lesson.evaluate(EVERY_STATE, "shifted"):
        a, shift, B = (float(state[name]) for name in ("a", "shift", "bias_feature"))
        middle = (1 - a) / 2
        assert state["boundary_2"] == pytest.approx(middle, abs=1e-3)
        product = min((1 + shift) * (middle + shift), (shift - a) * (middle + shift))
        if abs(product + B**2) > 1e-6:
            assert (state["verdict"] == "differ") == (product < -(B**2)), state


@pytest.mark.page("07b_logistic")
def test_descent_goes_to_the_penalized_boundary_and_faster_divided_by_the_loss(lesson):
    kinds = set()
    for state in lesson.evaluate(EVERY_STATE, "descent"):
        kinds.add(state["verdict"])
        a, B = float(state["a"]), float(state["bias_feature"])
        if a > 1.5:
            assert state["divided"] < 0.03 * max(1.0, B**2), state
            assert state["divided"] < state["plain"] or state["plain"] < 1e-3, state
    assert kinds == {"nearer to the penalized bias", "one boundary"}
