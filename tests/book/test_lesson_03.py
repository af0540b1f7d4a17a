"""Lesson 3 under the reader's hand: a network built and trained, clicks, goals, sketches."""

import re
from pathlib import Path

import nbformat
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from conftest import ROOT
from explorers import click_on
from trainability.explore.markup import FINER

LESSON = ROOT / "chapters/03_initialization_variance.ipynb"
WIDE, NUMBERS = "03a_wide_networks", "03b_numbers_end"


def explorer(page: Page, name: str) -> Locator:
    return page.locator(f'[data-explorer="{name}"]')


def value(root: Locator, axis: str) -> str | None:
    control = root.locator(f'[data-axis="{axis}"]')
    if control.evaluate("node => node.tagName") == "SELECT":
        return control.evaluate("node => node.selectedOptions[0].textContent")
    return control.get_attribute("aria-valuetext")


def made(path: Path, name: str, *cells: str):
    """An explorer of a notebook, made by those of its cells."""
    code = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.id in cells]
    space: dict = {}
    imports = (
        "from trainability.explore import explore\n"
        "from trainability.explore.controls import linear_range, log_range, seeds\n"
    )
    exec(imports + "\n\n".join(code), space)
    return space[name]


@pytest.fixture(scope="module")
def strip():
    return made(LESSON, "strip", "ribbon-run", "ribbon-explorer")


RIBBON = "document.querySelector('[data-explorer=\"ribbon\"]').explorer"


@pytest.mark.parametrize(
    ("state", "steps", "verdict"),
    [
        ({"init_scale": 1.26}, 150, "learned"),
        ({"init_scale": 0.5}, 40, "vanishing"),
        ({"init": "uniform"}, 40, "vanishing"),
        ({"init": "uniform", "skip": 1.0, "seed": 3}, 100, "learned"),
        ({"init": "orthogonal", "depth": 40, "width": 24}, 100, "learned"),
        ({"nonlinearity": "relu", "init_scale": 2.0, "depth": 12}, 0, "healthy"),
        ({"norm": "LayerNorm", "bias_scale": 0.25, "lr": 0.03}, 40, "healthy"),
        ({"number_type": "float16", "init_scale": 0.5, "loss_scale": 1024.0}, 5, "vanishing"),
    ],
    ids=str,
)
def test_a_network_of_the_reader_trains_in_the_page_as_it_does_in_torch(
    lesson, strip, state, steps, verdict
):
    lesson.evaluate(
        f"async ([state, n]) => {{ await {RIBBON}.set(state); await {RIBBON}.step(n); }}",
        [state, steps],
    )
    meta = lesson.evaluate(f"{RIBBON}.figure.layout.meta")
    wanted = strip.figure(steps, **state).layout.meta
    assert meta["verdict"] == wanted["verdict"] == verdict
    lesson.evaluate(f"async (state) => {{ await {RIBBON}.set({{ ...state, step: 0 }}); }}", state)
    start = strip.numbers(**state)
    coarse = state.get("number_type") == "float16"
    for name in ("signal", "gradient", "ribbon", "cosine", "now"):
        found = lesson.evaluate(f"Array.from({RIBBON}.numbers('{name}'))")
        mine = torch.tensor([float(x) for x in found], dtype=torch.float64)
        torch.testing.assert_close(
            mine,
            start[name].double().flatten(),
            rtol=2e-2 if coarse else 1e-3,
            atol=5e-3 if coarse or name in ("ribbon", "cosine") else 1e-12,
        )


def test_a_button_sets_the_network_up_and_the_reader_trains_it_to_the_goal(lesson):
    root = explorer(lesson, "ribbon")
    lesson.get_by_role("button", name="torch's default").click()
    expect(root.get_by_role("status")).to_contain_text("weights uniform")
    expect(root.get_by_role("status")).to_contain_text("vanishing")
    lesson.get_by_role("button", name="orthogonal").click()
    goal = lesson.locator(".explorer-goal", has_text="Fifty layers of tanh")
    lesson.evaluate(f"async () => {{ await {RIBBON}.set({{ depth: 50 }}); }}")
    expect(goal).not_to_have_attribute("data-reached", "now")
    root.get_by_role("button", name="Train", exact=True).click()
    expect(goal).to_have_attribute("data-reached", "now", timeout=60_000)
    root.get_by_role("button", name="Pause").click()


@pytest.mark.page(WIDE)
def test_a_click_on_the_phase_diagram_sets_it_and_the_first_figure(lesson):
    hero, phase = explorer(lesson, "hero"), explorer(lesson, "phase")
    hero.get_by_label("nonlinearity").select_option(label="sigmoid")
    click_on(lesson, phase, 1.6, 0.8)
    expect(phase.get_by_role("status")).to_contain_text("σ_w = 1.6, σ_b = 0.8")
    expect(hero.locator('[data-axis="init_scale"]')).to_have_attribute(
        "aria-valuetext", re.compile(r"1\.(59|6)")
    )
    assert value(hero, "nonlinearity") == "tanh"


@pytest.mark.page(WIDE)
def test_a_click_on_a_trained_network_sets_one_of_its_kind_up_to_be_trained(lesson):
    watch, learned = explorer(lesson, "watch"), explorer(lesson, "learned")
    click_on(lesson, learned, 2.0, 12)
    expect(watch.get_by_role("status")).to_contain_text("12 layers of 32, scale 2, tanh, rate")
    watch.get_by_role("button", name="Train", exact=True).click()
    expect(watch.get_by_role("status")).to_contain_text("learned.", timeout=60_000)


@pytest.mark.page(WIDE)
def test_the_goal_of_the_phase_diagram_is_reached_on_its_line(lesson):
    goal, phase = lesson.locator(".explorer-goal").first, explorer(lesson, "phase")
    for _ in range(7):
        phase.locator('[data-axis="sigma_w"]').press("ArrowLeft")
    expect(goal).to_have_attribute("data-reached", "now")


def test_the_goal_of_the_first_figure_is_reached_and_says_so(lesson):
    goal, hero = lesson.locator(".explorer-goal").first, explorer(lesson, "hero")
    hero.locator('[data-axis="depth"]').press("End")
    for _ in range(6 * FINER):
        hero.locator('[data-axis="init_scale"]').press("ArrowRight")
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.page(NUMBERS)
def test_a_sigmoid_network_of_small_scale_loses_its_gradient_to_underflow(lesson):
    goal, hero = lesson.locator(".explorer-goal").first, explorer(lesson, "hero")
    hero.locator('[data-axis="depth"]').press("End")
    hero.get_by_label("nonlinearity").select_option(label="sigmoid")
    hero.locator('[data-axis="init_scale"]').press("Home")
    expect(goal).to_have_attribute("data-reached", "now")
    expect(goal.get_by_role("status")).to_contain_text("underflows to exactly 0")


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
