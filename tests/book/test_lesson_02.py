"""Lesson 2 under the reader's hand: the way between two networks, and the walk along an orbit."""

from playwright.sync_api import expect

from explorers import EVERY_STATE, click_on


def test_matching_opens_the_way_and_a_shuffled_copy_closes_it(lesson):
    states = lesson.evaluate(EVERY_STATE, "rebasin")
    assert len(states) == 21 * 3 * 3 * 8
    for state in states:
        if state["other"] != "matched":
            assert state["verdict"] == "barrier", state
        elif state["width"] != "8":
            assert state["verdict"] == "open", state


def test_a_walk_with_the_mouse_and_the_goal_of_the_first_exercise(lesson):
    root = lesson.locator('[data-explorer="rebasin"]')
    goal = lesson.locator(".explorer-goal").first
    expect(goal).not_to_have_attribute("data-reached", "now")
    root.locator('[data-axis="other"]').select_option(label="matched")
    expect(goal).to_have_attribute("data-reached", "now")
    expect(root.get_by_role("status")).to_contain_text("no barrier")
    click_on(lesson, root, 0.2, 0.5)
    expect(root.locator('[data-axis="place"]')).to_have_attribute("aria-valuetext", "0.2")
    expect(goal).to_have_attribute("data-reached", "before")


def test_only_the_symmetries_of_a_nonlinearity_keep_the_function(lesson):
    for state in lesson.evaluate(EVERY_STATE, "orbit"):
        flipped, factor_one = state["flip"] == "true", state["alpha"] == "1"
        keeps = not flipped if state["nonlinearity"] == "relu" else factor_one
        assert (state["verdict"] == "same function") == keeps, state
