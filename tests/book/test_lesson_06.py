"""Lesson 6 under the reader's hand: rates, single steps, the table of repairs, batch sizes."""

import pytest
import torch
from playwright.sync_api import expect

from conftest import ROOT
from explorers import COMPLETE, EVERY_STATE, click_on, maker, on_page

LESSON = ROOT / "chapters/06_lars.ipynb"
REPAIRS, LARGE = "06a_repairs", "06b_large_batches"
CELLS = {
    "breakage": ("broken", "sweep-run", "sweep-explorer"),
    "trust": ("trust", "sweep-run", "trust-run", "trust-explorer"),
}


@pytest.fixture(scope="module")
def made():
    return maker([LESSON], CELLS)


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ({"depth": 5, "width": 12}, 8),
        ({"nonlinearity": "tanh", "depth": 4, "width": 11, "shared": 3.0, "seed": 2}, 6),
        ({"uneven": 2.0, "depth": 6, "weight_decay": 0.01, "rate": 0.01}, 5),
    ],
    ids=str,
)
def test_every_remedy_and_rate_trains_in_the_page_as_in_torch(lesson, made, state, steps):
    explorer, here = made("breakage"), on_page("breakage")
    lesson.evaluate(
        f"async ([s, n]) => {{ await {here}.set({{ ...s, step: 0 }}); await {here}.step(n); }}",
        [state, steps],
    )
    meta = lesson.evaluate(f"{here}.figure.layout.meta")
    wanted = explorer.figure(steps, **state).layout.meta
    for number in ("best_sgd", "best_adam", "best_lamb", "best_lars", "best_rmsnorm", "here_lars"):
        assert meta[number] == pytest.approx(wanted[number], rel=0.02, abs=5e-3), number
    assert meta["verdict"] == wanted["verdict"]
    state = dict.fromkeys(state) and {"depth": 12, "width": 16, "seed": 0}
    lesson.evaluate(f"async (s) => {{ await {here}.set({{ ...s, step: 0 }}); }}", state)


def test_a_button_breaks_the_network_and_the_goal_is_to_beat_plain_sgd(lesson):
    root, here = lesson.locator('[data-explorer="breakage"]'), on_page("breakage")
    lesson.get_by_role("button", name="exactly zero").click()
    expect(root.get_by_role("status")).to_contain_text("nothing heals yet")
    lesson.get_by_role("button", name="uneven layers").click()
    goal = lesson.locator(".explorer-goal", has_text="Beat plain SGD")
    expect(goal).not_to_have_attribute("data-reached", "now")
    lesson.evaluate(f"async () => {{ const e = {here}; await e.set({{ depth: 8 }}); }}")
    root.get_by_role("button", name="Train", exact=True).click()
    expect(goal).to_have_attribute("data-reached", "now", timeout=120_000)
    root.get_by_role("button", name="Pause").click()
    meta = lesson.evaluate(f"{here}.figure.layout.meta")
    assert meta["best_sgd"] > 0.5


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"skip": 1.0, "init_scale": 0.21, "seed": 4},
        {"nonlinearity": "relu", "norm": "LayerNorm", "depth": 9, "width": 13},
    ],
    ids=str,
)
def test_the_loss_along_a_step_is_that_of_torch(lesson, made, state):
    explorer, here = made("trust"), on_page("trust")
    lesson.evaluate(f"async (state) => {{ await {here}.set(state); }}", state)
    wanted = explorer.function.read(**explorer.numbers(**state))
    for output in ("loss_sgd", "line_muon", "kept_lars", "radius_adam"):
        found = lesson.evaluate(f"Array.from({here}.numbers('{output}'))")
        numbers = torch.tensor([float(x) for x in found], dtype=torch.float64)
        torch.testing.assert_close(numbers, wanted[output].flatten(), rtol=1e-3, atol=1e-3)


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


@pytest.mark.page(REPAIRS)
@pytest.mark.claims("S0-4")
def test_the_table_says_what_the_lesson_says(lesson):
    states = lesson.evaluate(EVERY_STATE, "table")
    assert len(states) == 9 * 16 * 4
    verdicts = {(s["failure"], s["remedy"]): s["verdict"] for s in states if s["steps"] == "400"}
    gradients = {"SGD", "clipping", "AGC", "LARS", "LARS, decay", "LAMB", "Adam", "Muon"}
    for failure in ("exactly zero", "infinite"):
        assert {verdicts[failure, name] for name in gradients} == {"does not help"}
    scales = ("vanishing", "exploding", "exactly zero", "infinite", "saturated", "uneven layers")
    assert {verdicts[failure, "RMSNorm + LARS"] for failure in scales} == {"heals"}
    assert {verdicts["exploding, strong", name] for name in gradients} == {"heals"}
    assert "heals" not in {v for (f, _), v in verdicts.items() if "tied units" in f}
    assert verdicts["uneven layers", "LARS"] == "heals"
    assert {verdicts["uneven layers", name] for name in ("SGD", "clipping")} == {"does not help"}
    valley = {name: verdicts["ill-conditioned layer", name] for name in gradients | {"BatchNorm"}}
    assert valley["Muon"] == valley["BatchNorm"] == "heals" != valley["LARS"]
    curves = lesson.evaluate(EVERY_STATE, "rates")
    told = {(s["failure"], s["remedy"]): s["verdict"] for s in curves if s["steps"] == "400"}
    assert told == verdicts


@pytest.mark.page(REPAIRS)
def test_a_click_on_a_cell_shows_its_loss_against_the_rate(lesson):
    table, curves = (lesson.locator(f'[data-explorer="{n}"]') for n in ("table", "rates"))
    click_on(lesson, table, 0, 7)  # Muon against vanishing
    expect(table.locator('[data-axis="remedy"]')).to_have_value("7")
    expect(curves.locator('[role="status"]')).to_contain_text("Muon against vanishing")
    expect(curves.locator('[role="status"]')).to_contain_text("heals")


def test_saturated_layers_need_rates_a_thousand_times_apart(lesson):
    goal = lesson.locator(".explorer-goal", has_text="a thousand times")
    expect(goal).not_to_have_attribute("data-reached", "now")
    lesson.locator('[data-explorer="anatomy"] [data-axis="init_scale"]').press("End")
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.page(REPAIRS)
def test_a_remedy_for_exact_zeros_is_found_in_the_table(lesson):
    goal, table = lesson.locator(".explorer-goal"), lesson.locator('[data-explorer="table"]')
    expect(goal).not_to_have_attribute("data-reached", "now")
    table.locator('[data-axis="failure"]').select_option(label="exactly zero")
    table.locator('[data-axis="remedy"]').select_option(label="RMSNorm + LARS")
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.page(LARGE)
def test_at_the_largest_batch_two_are_ahead_of_sgd_and_lars_is_not(lesson):
    states = lesson.evaluate(EVERY_STATE, "batch_and_rate")
    assert len(states) == 6 * 4 * 2
    told = {s["optimizer"]: s["verdict"] for s in states if s["batch_size"] == "1024"}
    assert told["LAMB"] == told["Adam"] == "ahead of SGD"
    assert told["LARS"] == "not apart from SGD"
    best = {b: max(s["accuracy"] for s in states if s["batch_size"] == b) for b in ("32", "1024")}
    assert best["32"] > best["1024"] + 0.04


@pytest.mark.page(REPAIRS)
def test_the_table_can_be_read_and_touched_on_a_phone(lesson):
    before = lesson.viewport_size
    lesson.set_viewport_size({"width": 390, "height": 844})
    table = lesson.locator('[data-explorer="table"]')
    table.locator(".explorer-graph").scroll_into_view_if_needed()
    cell = """graph => {
      const { xaxis, yaxis } = graph._fullLayout;
      const sign = graph.querySelector('.heatmap-label text, .hm text, .heatmaplayer text');
      return [xaxis._length / xaxis._categories.length, yaxis._length / yaxis._categories.length,
        parseFloat(getComputedStyle(sign).fontSize)];
    }"""
    table.evaluate(COMPLETE)
    graph = table.locator(".js-plotly-plot")
    expect(table.locator(".heatmaplayer text").first).to_be_attached()
    lesson.wait_for_function("node => node._fullLayout.width < 390", arg=graph.element_handle())
    wide, high, font = graph.evaluate(cell)
    assert wide > 20 and high > 30 and font >= 12
    assert lesson.evaluate("document.documentElement.scrollWidth") <= 390
    click_on(lesson, table, 8, 3)  # LARS against uneven layers
    expect(table.get_by_role("status").first).to_contain_text("LARS against uneven layers: heals")
    lesson.set_viewport_size(before)
