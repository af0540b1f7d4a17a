"""Lesson 3 under the reader's hand: figures that move together, clicks, goals, sketches."""

import re

from playwright.sync_api import Locator, Page, expect

from explorers import click_on
from trainability.explore.markup import FINER


def explorer(page: Page, name: str) -> Locator:
    return page.locator(f'[data-explorer="{name}"]')


def value(root: Locator, axis: str) -> str | None:
    control = root.locator(f'[data-axis="{axis}"]')
    if control.evaluate("node => node.tagName") == "SELECT":
        return control.evaluate("node => node.selectedOptions[0].textContent")
    return control.get_attribute("aria-valuetext")


def test_the_two_first_figures_move_together(lesson):
    hero, inside = explorer(lesson, "hero"), explorer(lesson, "one_layer")
    hero.get_by_label("nonlinearity").select_option(label="relu")
    hero.locator('[data-axis="init_scale"]').press("End")
    expect(inside.get_by_role("status")).to_contain_text("relu, scale 4,")
    inside.locator('[data-axis="seed"]').press("End")
    expect(hero.locator('[data-axis="seed"]')).to_have_value("7")


def test_a_click_on_a_layer_opens_that_layer_below(lesson):
    hero, inside = explorer(lesson, "hero"), explorer(lesson, "one_layer")
    click_on(lesson, hero, 1, 1e6)  # far above the curves: the column counts
    expect(inside.locator('[data-axis="layer"]')).to_have_attribute("aria-valuetext", "1")
    expect(inside.get_by_role("status")).to_contain_text("layer 1:")


def test_a_click_on_the_phase_diagram_sets_it_and_the_first_figure(lesson):
    hero, phase = explorer(lesson, "hero"), explorer(lesson, "phase")
    hero.get_by_label("nonlinearity").select_option(label="sigmoid")
    click_on(lesson, phase, 1.6, 0.8)
    expect(phase.get_by_role("status")).to_contain_text("σ_w = 1.6, σ_b = 0.8")
    expect(hero.locator('[data-axis="init_scale"]')).to_have_attribute(
        "aria-valuetext", re.compile(r"1\.(59|6)")
    )
    assert value(hero, "nonlinearity") == "tanh"


def test_a_click_on_a_trained_network_shows_one_of_its_kind(lesson):
    hero, learned = explorer(lesson, "hero"), explorer(lesson, "learned")
    hero.get_by_label("nonlinearity").select_option(label="relu")
    click_on(lesson, learned, 2.0, 12)
    expect(hero.get_by_role("status")).to_contain_text("Scale 2, tanh, 12 layers of 128, float32")


def test_the_goals_are_reached_and_say_so(lesson):
    goals = lesson.locator(".explorer-goal")
    hero, phase = explorer(lesson, "hero"), explorer(lesson, "phase")
    hero.locator('[data-axis="depth"]').press("End")
    for _ in range(6 * FINER):
        hero.locator('[data-axis="init_scale"]').press("ArrowRight")
    expect(goals.nth(0)).to_have_attribute("data-reached", "now")
    hero.get_by_label("nonlinearity").select_option(label="sigmoid")
    hero.locator('[data-axis="init_scale"]').press("Home")
    expect(goals.nth(1)).to_have_attribute("data-reached", "now")
    expect(goals.nth(1).get_by_role("status")).to_contain_text("underflows to exactly 0")
    for _ in range(7):
        phase.locator('[data-axis="sigma_w"]').press("ArrowLeft")
    expect(goals.nth(2)).to_have_attribute("data-reached", "now")


def test_a_true_sketch_is_told_so_and_a_wrong_one_where_it_fails(lesson):
    sketch = lesson.locator('[data-question="relu-sketch"]')
    truth = sketch.locator(".question-data").evaluate("node => JSON.parse(node.textContent).truth")
    for point, height in zip(sketch.get_by_role("slider").all(), truth, strict=True):
        low, high = (float(point.get_attribute(f"aria-value{end}")) for end in ("min", "max"))
        steps = round(abs(height) / ((high - low) / 100))
        for _ in range(steps):
            point.press("ArrowDown" if height < 0 else "ArrowUp")
    sketch.locator("[data-action=check]").click()
    expect(sketch.get_by_role("status")).to_contain_text("Right.")
    expect(sketch.locator(".curve.truth")).to_have_count(2)  # the curve and its legend
    sketch.locator("[data-action=again]").click()
    sketch.get_by_role("slider").last.press("End")
    sketch.locator("[data-action=check]").click()
    expect(sketch.get_by_role("status")).to_contain_text(re.compile("It is otherwise.*too high"))
