"""Lesson 5 under the reader's hand: shattered slopes, and who learns what when."""

from playwright.sync_api import expect

from explorers import EVERY_STATE


def test_depth_shatters_slopes_and_a_scaled_skip_keeps_them_smooth(lesson):
    deep = [s for s in lesson.evaluate(EVERY_STATE, "line") if s["depth"] == "50"]
    plain = [s["correlation"] for s in deep if s["skip"] == "false"]
    scaled = [
        s["correlation"]
        for s in deep
        if s["skip"] == "true" and 0.1 < float(s["branch_scale"]) < 0.2
    ]
    assert sum(plain) / len(plain) < 0.45 and sum(scaled) / len(scaled) > 0.8


def test_in_600_steps_four_sigmoid_layers_learn_with_the_skip_only(lesson):
    for state in lesson.evaluate(EVERY_STATE, "who"):
        if state["nonlinearity"] == "sigmoid" and state["depth"] == "4":
            assert (state["verdict"] == "stalled") == (state["skip"] == "false"), state


def test_the_goals_are_reached(lesson):
    goals = lesson.locator(".explorer-goal")
    line, who = (lesson.locator(f'[data-explorer="{name}"]') for name in ("line", "who"))
    for _ in range(10):
        line.locator('[data-axis="branch_scale"]').press("ArrowLeft")
    expect(goals.nth(0)).to_have_attribute("data-reached", "now")
    expect(goals.nth(1)).not_to_have_attribute("data-reached", "now")
    who.locator('[data-axis="skip"]').press("Space")
    expect(goals.nth(1)).to_have_attribute("data-reached", "now")
