"""Lesson 6 under the reader's hand: single steps, the table of repairs, batch sizes."""

import pytest
from playwright.sync_api import expect

from explorers import EVERY_STATE, click_on


def test_sgd_freezes_where_signals_vanish_and_overwrites_where_they_explode(lesson):
    for state in lesson.evaluate(EVERY_STATE, "anatomy"):
        scale, step = float(state["init_scale"]), state["step"]
        if state["nonlinearity"] == "tanh" and scale < 0.5:
            assert state["verdict"] == "frozen", state
        if state["nonlinearity"] == "relu" and scale > 3 and step == "1":
            assert state["verdict"] == "overwrites", state


def test_saturated_layers_differ_and_healthy_ones_do_not(lesson):
    for state in lesson.evaluate(EVERY_STATE, "anatomy"):
        if state["nonlinearity"] == "tanh" and state["step"] == "1":
            if state["init_scale"] == "1":
                assert state["ratio"] < 30, state
            if state["init_scale"] == "4":
                assert state["ratio"] > 1000, state


def test_what_overflowed_and_what_was_lost_is_said(lesson):
    said = set()
    for state in lesson.evaluate(EVERY_STATE, "anatomy"):
        if state["nonlinearity"] == "relu" and state["step"] == "2":
            if state["init_scale"] == "4":
                assert "SGD overflowed in" in state["summary"], state
            if float(state["init_scale"]) < 0.3:
                assert "lost to rounding" in state["summary"], state
            said.add("SGD overflowed" in state["summary"])
    assert said == {True, False}


@pytest.mark.claims("S0-4")
def test_the_table_says_what_the_lesson_says(lesson):
    states = lesson.evaluate(EVERY_STATE, "table")
    assert len(states) == 8 * 16 * 4
    verdicts = {(s["failure"], s["remedy"]): s["verdict"] for s in states if s["steps"] == "400"}
    gradients = {"SGD", "clipping", "AGC", "LARS", "LARS, decay", "LAMB", "Adam", "Muon"}
    for failure in ("exactly zero", "infinite"):
        assert {verdicts[failure, name] for name in gradients} == {"does not help"}
    scales = ("vanishing", "exploding", "exactly zero", "infinite", "saturated")
    assert {verdicts[failure, "RMSNorm + LARS"] for failure in scales} == {"heals"}
    assert {verdicts["exploding, strong", name] for name in gradients} == {"heals"}
    assert "heals" not in {v for (f, _), v in verdicts.items() if "tied units" in f}
    valley = {name: verdicts["ill-conditioned layer", name] for name in gradients | {"BatchNorm"}}
    assert valley["Muon"] == valley["BatchNorm"] == "heals" != valley["LARS"]
    curves = lesson.evaluate(EVERY_STATE, "rates")
    told = {(s["failure"], s["remedy"]): s["verdict"] for s in curves if s["steps"] == "400"}
    assert told == verdicts


def test_a_click_on_a_cell_shows_its_loss_against_the_rate(lesson):
    table, curves = (lesson.locator(f'[data-explorer="{n}"]') for n in ("table", "rates"))
    click_on(lesson, table, 0, 7)  # Muon against vanishing
    expect(table.locator('[data-axis="remedy"]')).to_have_value("7")
    expect(curves.locator('[role="status"]')).to_contain_text("Muon against vanishing")
    expect(curves.locator('[role="status"]')).to_contain_text("heals")


def test_the_goals_are_reached(lesson):
    goals = lesson.locator(".explorer-goal")
    anatomy, table = (lesson.locator(f'[data-explorer="{n}"]') for n in ("anatomy", "table"))
    expect(goals.nth(0)).not_to_have_attribute("data-reached", "now")
    anatomy.locator('[data-axis="init_scale"]').press("End")
    expect(goals.nth(0)).to_have_attribute("data-reached", "now")
    expect(goals.nth(1)).not_to_have_attribute("data-reached", "now")
    table.locator('[data-axis="failure"]').select_option(label="exactly zero")
    table.locator('[data-axis="remedy"]').select_option(label="RMSNorm + LARS")
    expect(goals.nth(1)).to_have_attribute("data-reached", "now")


def test_no_optimizer_wins_by_much_in_the_split_that_is_shown(lesson):
    states = lesson.evaluate(EVERY_STATE, "batch_and_rate")
    for batch in ("32", "1024"):
        found = [s["accuracy"] for s in states if s["batch_size"] == batch]
        assert len(found) == 8 and max(found) - min(found) < 0.04
    at = {b: max(s["accuracy"] for s in states if s["batch_size"] == b) for b in ("32", "1024")}
    assert at["32"] > at["1024"] + 0.04
