"""Lesson 8 under the reader's hand: points of the reader's, step sizes, real data."""

import math

import pytest
import torch
from playwright.sync_api import expect

from conftest import until
from explorers import EVERY_STATE, click_on, on_page, place_on
from trainability.figures.dual_race import DUAL_RACE
from trainability.programs import Run
from trainability.svm import PAGE_POINTS, begin_race, box_plane, look_at_race, step_of_race

RACE, BOX = on_page("race"), on_page("box")
TORCHS = Run(begin_race, step_of_race, DUAL_RACE, look_at_race)
MAKE = f"""async ([state, steps]) => {{
  await {RACE}.set(state);
  await {RACE}.step(steps);
}}"""


def numbers(page, explorer, name):
    found = page.evaluate(f"Array.from({explorer}.numbers('{name}'))")
    return torch.tensor([float("nan") if x is None else float(x) for x in found]).double()


def test_the_page_finds_torchs_multipliers_for_the_readers_points(lesson):
    root = lesson.locator('[data-explorer="race"]')
    click_on(lesson, root, -3.0, 3.0)
    until(lesson, f"{RACE}.state().points.length === 29")
    state = {"kernel": "RBF", "bias": "none", "price": 1.0, "rate": 0.9}
    for changed in ({}, {"bias": "free", "price": 4.0}, {"kernel": "degree 2", "rate": 0.5}):
        lesson.evaluate(f"async () => {{ await {RACE}.restart(); }}")
        lesson.evaluate(MAKE, [state | changed, 150])
        shown = lesson.evaluate(f"{RACE}.state()")
        points = torch.tensor(shown.pop("points"), dtype=torch.float64)
        wanted = TORCHS.run(150, points=points, **shown)
        for name in ("plain", "scores", "supports", "errors", "offset"):
            found = numbers(lesson, RACE, name)
            torch.testing.assert_close(found, wanted[name].flatten(), rtol=1e-6, atol=1e-6)
        assert abs(numbers(lesson, RACE, "gap")[-1] - wanted["gap"][-1]) < 1e-6


def test_a_mouse_over_a_point_shows_its_bump_alone(lesson):
    root = lesson.locator('[data-explorer="race"]')
    lesson.evaluate(MAKE, [{}, 40])
    whole = numbers(lesson, RACE, "scores")
    x, y, _ = PAGE_POINTS["two clouds"][3].tolist()
    place = place_on(root, x, y)
    lesson.mouse.move(*place)
    until(lesson, f"{RACE}.state().bump === 4")
    expect(root.get_by_role("status").first).to_contain_text("bump 4")
    alone = numbers(lesson, RACE, "scores").view(41, 41)
    assert not torch.allclose(alone.flatten(), whole, atol=0.05)
    assert alone.min() >= 0 or alone.max() <= 0
    lesson.mouse.move(place[0], 5)
    until(lesson, f"{RACE}.state().bump === 0")
    root.locator('[data-axis="bump"]').press("ArrowRight")  # by keyboard, too
    until(lesson, f"{RACE}.state().bump === 1")


def test_islands_reach_the_goal_and_presets_set_whole_states(lesson):
    goal = lesson.locator(".explorer-goal", has_text="Exercise 1")
    expect(goal).not_to_have_attribute("data-reached", "now")
    lesson.get_by_role("button", name="islands").click()
    lesson.evaluate(MAKE, [{"price": 100}, 200])
    expect(goal).to_have_attribute("data-reached", "now")
    lesson.get_by_role("button", name="a ring, free bias").click()
    state = lesson.evaluate(f"{RACE}.state()")
    assert state["bias"] == "free" and len(state["points"]) == 24
    assert state["price"] == 1 and state["sigma"] == 1


@pytest.mark.claims("S3-2d")
def test_every_state_that_has_converged_holds_the_closed_form(lesson):
    row_sums = {"poly 2": 8.0, "poly 3": 24.0}
    kinds = set()
    for state in lesson.evaluate(EVERY_STATE, "scored"):
        kinds.add(state["verdict"])
        if state["verdict"] != "converged":
            continue
        sigma = float(state["sigma"])
        s = row_sums.get(state["kernel"], (1 - math.exp(-2 / sigma**2)) ** 2)
        exact = 1 / s if state["price"] == "hard" else min(1 / s, 1)
        assert state["largest"] == pytest.approx(exact, rel=0.02), state
    assert kinds == {"converged", "still falling", "cycles"}


@pytest.mark.page("08a_step_size")
@pytest.mark.claims("S3-2.0c", "S3-2e")
def test_safe_steps_converge_and_unsafe_ones_do_so_only_from_zero(lesson):
    kinds = set()
    for state in lesson.evaluate(EVERY_STATE, "stepping"):
        kinds.add(state["verdict"])
        if state["share"] < 0.95:
            assert state["verdict"] in ("converges", "slow"), state
        if state["share"] > 1.05 and state["start"] == "unequal":
            assert state["verdict"] in ("cycles", "diverges", "unsettled"), state
        if state["kernel"] == "RBF σ=2" and state["start"] == "unequal":
            # Beyond 1/(2k), with k = e^{-1/2} between neighbors, each leap is longer.
            assert (state["verdict"] == "diverges") == (float(state["lr"]) > 0.83), state
    assert {"converges", "converges, so far", "slow", "cycles", "diverges"} <= kinds


@pytest.mark.page("08b_real_data")
def test_a_narrow_kernel_parts_the_machines_by_the_free_bias(lesson):
    for state in lesson.evaluate(EVERY_STATE, "tumor"):
        width = float(state["sigma"])
        if width < 0.75:
            assert state["verdict"] == "part" and state["ours"] > 0.9 > 0.7 > state["svc"], state
        if width > 10:
            assert abs(state["ours"] - state["svc"]) < 0.06, state


def test_a_smaller_step_reaches_the_goal_of_degree_three(lesson):
    goal = lesson.locator(".explorer-goal", has_text="degree 3")
    scored = lesson.locator('[data-explorer="scored"]')
    scored.locator('[data-axis="kernel"]').select_option(label="poly 3")
    scored.locator('[data-axis="steps"]').press("Home")
    expect(goal).not_to_have_attribute("data-reached", "now")
    scored.locator('[data-axis="lr"]').press("Home")
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.page("08a_step_size")
def test_an_unsafe_step_that_works_reaches_the_goal(lesson):
    goal = lesson.locator(".explorer-goal", has_text="Exercise 1")
    stepping = lesson.locator('[data-explorer="stepping"]')
    stepping.locator('[data-axis="kernel"]').select_option(label="poly 2")
    expect(goal).not_to_have_attribute("data-reached", "now")
    for _ in range(6):
        stepping.locator('[data-axis="lr"]').press("ArrowRight")
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.page("08a_step_size")
@pytest.mark.parametrize(
    "state",
    [{}, {"kernel": "poly 3", "step": 0.9, "wall": 3.0}, {"first": 10.0, "second": 9.0}],
    ids=str,
)
def test_the_plane_in_the_box_is_that_of_torch(lesson, state):
    state = {"kernel": "poly 2", "step": 1.1, "wall": 12.0, "first": 2.0, "second": 0.5} | state
    lesson.evaluate(f"async (state) => {{ await {BOX}.set(state); }}", state)
    wanted = box_plane(**state)
    for name in ("path_x", "energy", "fate", "share"):
        found = lesson.evaluate(f"Array.from({BOX}.numbers('{name}'))")
        numbers = torch.tensor([float(x) for x in found], dtype=torch.float64)
        torch.testing.assert_close(numbers, wanted[name].flatten(), rtol=1e-6, atol=1e-6)


@pytest.mark.page("08a_step_size")
def test_a_click_sets_the_start_of_the_path(lesson):
    root = lesson.locator('[data-explorer="box"]')
    lesson.evaluate(f"async () => {{ await {BOX}.set({{ wall: 12, step: 1.1 }}); }}")
    click_on(lesson, root, 6.0, 6.0)
    expect(root.get_by_role("status")).to_contain_text("from (6, 6.2)")
    expect(root.get_by_role("status")).to_contain_text("arrives")
