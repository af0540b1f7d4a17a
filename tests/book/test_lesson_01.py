"""Lesson 1 under the reader's hand: one line or many, at every state; where constants lead."""

from playwright.sync_api import expect

from explorers import EVERY_STATE


def test_at_spread_0_one_unit_is_left_at_every_step_unless_dropout_parts_them(lesson):
    states = [s for s in lesson.evaluate(EVERY_STATE, "one_line") if s["spread"] == "0"]
    assert len(states) == 3 * 3 * 2 * 7 * 8
    for state in states:
        if state["dropout"] == "none" or state["step"] == "0":
            assert state["distinct"] == 1 and state["verdict"] == "tied", state
        else:
            assert state["distinct"] > 1 and state["verdict"] != "tied", state
    # One line gets at most three clusters of four right.
    assert max(s["right"] for s in states if s["verdict"] == "tied") == 0.75


def test_a_spread_of_one_solves_the_task_under_every_optimizer_and_nonlinearity(lesson):
    states = lesson.evaluate(EVERY_STATE, "one_line")
    last = [s for s in states if s["spread"] == "1" and s["step"] == "800"]
    assert len(last) == 3 * 3 * 2 * 8 and {s["verdict"] for s in last} == {"solved"}


def test_the_steps_show_the_units_part(lesson):
    root = lesson.locator('[data-explorer="one_line"]')
    status = root.get_by_role("status")
    expect(status).to_contain_text("1 unit of 8, 75% right: tied")
    root.locator('[data-axis="dropout"]').select_option(label="shared mask")
    root.locator('[data-axis="step"]').press("Home")
    expect(status).to_contain_text("step 0: 1 unit of 8")
    root.locator('[data-axis="step"]').press("ArrowRight")
    expect(status).to_contain_text("step 1: 2 different units of 8")
    goal = lesson.locator(".explorer-goal").first
    expect(goal).not_to_have_attribute("data-reached", "now")
    root.locator('[data-axis="step"]').press("End")
    expect(goal).to_have_attribute("data-reached", "now")


def test_gradient_descent_ends_where_the_closed_form_says_from_every_start(lesson):
    for state in lesson.evaluate(EVERY_STATE, "same_start"):
        if state["model"] == "logistic" and state["l2"] == "0":
            assert state["verdict"] == "no minimum", state
        elif state["optimizer"] == "gradient descent":
            assert state["verdict"] == "as predicted", state


def test_adam_ends_elsewhere_where_there_are_many_minimizers(lesson):
    states = lesson.evaluate(EVERY_STATE, "same_start")
    adam = [s for s in states if s["optimizer"] == "Adam" and s["l2"] == "0"]
    many = [s for s in adam if s["model"] == "linear, one equation"]
    assert sum(s["verdict"] == "elsewhere" for s in many) > len(many) / 2
