"""Lesson 8 under the reader's hand: contours, step sizes, real data."""

import math

import pytest
from playwright.sync_api import expect

from explorers import EVERY_STATE


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
