"""Lesson 4 under the reader's hand: needles, bounds, spectra and descent, at every state."""

from playwright.sync_api import expect

from explorers import EVERY_STATE


def test_gaussian_layers_make_a_needle_in_every_draw_and_orthogonal_ones_in_none(lesson):
    states = lesson.evaluate(EVERY_STATE, "circle")
    last = [state for state in states if state["layer"] == "30"]
    assert {s["verdict"] for s in last if s["ensemble"] == "gaussian"} == {"needle"}
    orthogonal = [state for state in states if state["ensemble"] == "orthogonal"]
    assert {state["verdict"] for state in orthogonal} == {"round"}


def test_the_folklore_is_kept_by_definite_matrices_only(lesson):
    by_kind = {}
    for state in lesson.evaluate(EVERY_STATE, "folklore"):
        by_kind.setdefault(state["kind"], set()).add(state["verdict"])
    assert by_kind["positive definite"] == {"kept"}
    assert {"broken", "complex"} <= by_kind["symmetric, indefinite"]
    assert "broken" in by_kind["not symmetric"]


def test_descent_diverges_beyond_its_edge_and_only_there(lesson):
    for state in lesson.evaluate(EVERY_STATE, "descend"):
        edge = 2 * (1 + float(state["momentum"]))
        if float(state["condition"]) > 1 and abs(float(state["rate"]) - edge) > 0.01:
            assert (state["verdict"] == "diverges") == (float(state["rate"]) > edge), state


def test_the_goals_are_reached(lesson):
    goals = lesson.locator(".explorer-goal")
    circle = lesson.locator('[data-explorer="circle"]')
    circle.locator('[data-axis="ensemble"]').select_option(label="orthogonal")
    circle.locator('[data-axis="layer"]').press("End")
    expect(goals.nth(0)).to_have_attribute("data-reached", "now")
    spectrum = lesson.locator('[data-explorer="spectrum"]')
    spectrum.locator('[data-axis="width"]').press("End")
    for _ in range(2):
        spectrum.locator('[data-axis="depth"]').press("ArrowLeft")
    expect(goals.nth(1)).to_have_attribute("data-reached", "now")
