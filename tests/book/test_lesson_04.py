"""Lesson 4 under the reader's hand: needles, arrows, valleys, bounds and spectra."""

import pytest
import torch
from playwright.sync_api import expect

from conftest import ROOT
from explorers import EVERY_STATE, click_on, maker

LESSON = ROOT / "chapters/04_gradient_conditioning.ipynb"
MAKERS = {
    "circle": ("needle", "circle-explorer"),
    "arrows": ("arrows", "circle-explorer", "arrows-explorer"),
    "valley": ("valley", "circle-explorer", "descent-function", "descent-explorer"),
}


@pytest.fixture(scope="module")
def made():
    return maker([LESSON], MAKERS)


@pytest.mark.parametrize(
    ("name", "state", "outputs"),
    [
        ("circle", {}, ("strip_x", "second_y", "log_aspect")),
        ("circle", {"kind": "rotation", "layers": 31, "seed": 7}, ("strip_y", "first_x")),
        ("circle", {"kind": "identity + gaussian", "share": 1.0}, ("log_aspect", "strip_x")),
        ("arrows", {}, ("arrows_x", "rank", "of_ten")),
        (
            "arrows",
            {"nonlinearity": "relu", "weights": "orthogonal", "seed": 2},
            ("rank", "of_ten"),
        ),
        ("arrows", {"norm": "LayerNorm", "width": 33, "depth": 7, "skip": 0.5}, ("rank", "rim_y")),
        ("valley", {"momentum": 0.5, "a": -1.5}, ("path_x", "path_y", "distance")),
    ],
    ids=str,
)
def test_the_page_computes_what_torch_computes(lesson, made, name, state, outputs):
    explorer = f"document.querySelector('[data-explorer=\"{name}\"]').explorer"
    lesson.evaluate(f"async (state) => {{ await {explorer}.set(state); }}", state)
    mine = made(name)
    program = mine.function
    wanted = program.read(**mine.numbers(**state)) if program.read else mine.numbers(**state)
    for output in outputs:
        found = lesson.evaluate(f"Array.from({explorer}.numbers('{output}'))")
        numbers = torch.tensor([float("nan") if x is None else float(x) for x in found])
        expected = wanted[output].double().flatten()
        torch.testing.assert_close(numbers.double(), expected, rtol=2e-3, atol=2e-3, equal_nan=True)


def test_a_needle_under_gaussian_layers_and_a_circle_under_rotations(lesson):
    root = lesson.locator('[data-explorer="circle"]')
    goal = lesson.locator(".explorer-goal").first
    root.locator('[data-axis="layers"]').press("End")
    expect(root.get_by_role("status")).to_contain_text("needle")
    expect(goal).not_to_have_attribute("data-reached", "now")
    root.locator('[data-axis="kind"]').select_option(label="rotation")
    root.locator('[data-axis="layers"]').press("ArrowLeft")
    expect(root.get_by_role("status")).to_contain_text("round")
    expect(goal).to_have_attribute("data-reached", "now")


def test_orthogonal_weights_keep_directions_and_reach_the_goal(lesson):
    root = lesson.locator('[data-explorer="arrows"]')
    goal = lesson.locator(".explorer-goal", has_text="effective rank above 3.7")
    root.locator('[data-axis="nonlinearity"]').select_option(label="relu")
    expect(goal).not_to_have_attribute("data-reached", "now")
    root.locator('[data-axis="weights"]').select_option(label="orthogonal")
    expect(goal).to_have_attribute("data-reached", "now")


def test_descent_starts_where_the_reader_clicks_and_diverges_beyond_its_edge_only(lesson):
    root = lesson.locator('[data-explorer="valley"]')
    click_on(lesson, root, -1.0, 0.5)
    expect(root.locator('[data-axis="a"]')).to_have_attribute("aria-valuetext", "-1")
    root.get_by_text("Numbers", exact=True).click()
    expect(root.locator("th", has_text="descent").first).to_be_visible()
    expect(root.locator("th", has_text="where to click")).to_have_count(0)
    explorer = "document.querySelector('[data-explorer=\"valley\"]').explorer"
    for momentum in (0.0, 0.5, 0.9):
        edge = 2 * (1 + momentum)
        for rate in (0.5, edge - 0.1, edge + 0.1):
            state = {"condition": 20, "rate": min(rate, 4), "momentum": momentum}
            lesson.evaluate(f"async (state) => {{ await {explorer}.set(state); }}", state)
            verdict = lesson.evaluate(f"{explorer}.figure.layout.meta.verdict")
            assert (verdict == "diverges") == (state["rate"] > edge), state


@pytest.mark.page("04b_bounds")
def test_the_folklore_is_kept_by_definite_matrices_only(lesson):
    by_kind = {}
    for state in lesson.evaluate(EVERY_STATE, "folklore"):
        by_kind.setdefault(state["kind"], set()).add(state["verdict"])
    assert by_kind["positive definite"] == {"kept"}
    assert {"broken", "complex"} <= by_kind["symmetric, indefinite"]
    assert "broken" in by_kind["not symmetric"]


@pytest.mark.page("04a_long_products")
def test_the_goal_of_the_spectrum_is_reached(lesson):
    goal = lesson.locator(".explorer-goal").first
    spectrum = lesson.locator('[data-explorer="spectrum"]')
    spectrum.locator('[data-axis="width"]').press("End")
    for _ in range(2):
        spectrum.locator('[data-axis="depth"]').press("ArrowLeft")
    expect(goal).to_have_attribute("data-reached", "now")
