"""Lesson 8 under the reader's hand: contours, step sizes, real data."""

import math

import pytest
import torch
from playwright.sync_api import expect

from explorers import EVERY_STATE, click_on, on_page
from trainability.svm import box_plane


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


def test_a_narrow_kernel_parts_the_machines_by_the_free_bias(lesson):
    for state in lesson.evaluate(EVERY_STATE, "tumor"):
        width = float(state["sigma"])
        if width < 0.75:
            assert state["verdict"] == "part" and state["ours"] > 0.9 > 0.7 > state["svc"], state
        if width > 10:
            assert abs(state["ours"] - state["svc"]) < 0.06, state


def test_the_goals_are_reached(lesson):
    goals = lesson.locator(".explorer-goal")
    scored, stepping = (lesson.locator(f'[data-explorer="{n}"]') for n in ("scored", "stepping"))
    scored.locator('[data-axis="kernel"]').select_option(label="poly 3")
    scored.locator('[data-axis="steps"]').press("Home")
    expect(goals.nth(0)).not_to_have_attribute("data-reached", "now")
    scored.locator('[data-axis="lr"]').press("Home")
    expect(goals.nth(0)).to_have_attribute("data-reached", "now")
    stepping.locator('[data-axis="kernel"]').select_option(label="poly 2")
    for _ in range(6):
        stepping.locator('[data-axis="lr"]').press("ArrowRight")
    expect(goals.nth(1)).to_have_attribute("data-reached", "now")


BOX = on_page("box")


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


def test_a_click_sets_the_start_of_the_path(lesson):
    root = lesson.locator('[data-explorer="box"]')
    lesson.evaluate(f"async () => {{ await {BOX}.set({{ wall: 12, step: 1.1 }}); }}")
    click_on(lesson, root, 6.0, 6.0)
    expect(root.get_by_role("status")).to_contain_text("from (6, 6)")
    expect(root.get_by_role("status")).to_contain_text("arrives")
