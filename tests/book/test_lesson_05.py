"""Lesson 5 under the reader's hand: two paths, a drawn gradient, blocks, slopes, remedies."""

import pytest
import torch
from playwright.sync_api import expect

from conftest import ROOT
from explorers import EVERY_STATE, maker, on_page

MAKERS = {
    "race": ("paths", "race-run", "race-look", "race-explorer"),
    "smallest": ("smallest", "smallest-program"),
    "stacks": ("stacks", "blocks-explorer"),
    "slopes": ("slopes", "slopes-explorer"),
}


@pytest.fixture(scope="module")
def made():
    return maker(
        [ROOT / f"chapters/{page}.ipynb" for page in ("05_skip_layers", "05a_shattered")], MAKERS
    )


def agrees(lesson, explorer, name, state, outputs, near=2e-3):
    lesson.evaluate(f"async (state) => {{ await {on_page(name)}.set(state); }}", state)
    program = explorer.function
    wanted = explorer.numbers(**state)
    if hasattr(program, "function") and program.read:
        wanted = program.read(**wanted)
    for output in outputs:
        found = lesson.evaluate(f"Array.from({on_page(name)}.numbers('{output}'))")
        numbers = torch.tensor([float("nan") if x is None else float(x) for x in found])
        expected = wanted[output].double().flatten()
        torch.testing.assert_close(numbers.double(), expected, rtol=near, atol=near, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "state", "outputs"),
    [
        ("smallest", {}, ("plus_w_xh", "minus_w_hy")),
        ("smallest", {"output": "squashed", "w_xy": 3.0}, ("none", "plus_w_xy")),
        ("smallest", {"nonlinearity": "relu", "w_xh": -1.0}, ("skip_alone", "minus_w_xh")),
        ("stacks", {}, ("signal_1", "gradient_3", "kept_2", "kept_3")),
        ("stacks", {"depth": 12, "width": 33, "branch_scale": 0.4, "seed": 5}, ("signal_4",)),
    ],
    ids=str,
)
def test_the_page_computes_what_torch_computes(lesson, made, name, state, outputs):
    agrees(lesson, made(name), name, state, outputs)


@pytest.mark.page("05a_shattered")
@pytest.mark.parametrize(
    "state", [{"depth": 10, "branch_scale": 0.3}, {"depth": 4, "width": 17, "seed": 3}], ids=str
)
def test_slopes_and_cosines_are_those_of_torch(lesson, made, state):
    outputs = ("slope_0", "value_1", "slope_2", "cosine_2", "alike_2", "size_1")
    agrees(lesson, made("slopes"), "slopes", state, outputs, near=5e-3)


@pytest.mark.parametrize(
    ("state", "steps", "verdict"),
    [
        ({}, 30, "the linear path leads"),
        ({"nonlinearity": "sigmoid", "skip": 0.0}, 50, "not begun"),
        ({"nonlinearity": "sigmoid"}, 100, "the linear path leads"),
        ({"deep_decay": 0.05, "depth": 6, "width": 13, "output_scale": 0.5}, 40, None),
    ],
    ids=str,
)
def test_the_paths_race_in_the_page_as_they_do_in_torch(lesson, made, state, steps, verdict):
    explorer = made("race")
    lesson.evaluate(
        f"async ([s, n]) => {{ await {on_page('race')}.set({{ ...s, step: 0 }}); "
        f"await {on_page('race')}.step(n); }}",
        [state, steps],
    )
    meta = lesson.evaluate(f"{on_page('race')}.figure.layout.meta")
    wanted = explorer.figure(steps, **state).layout.meta
    assert meta["verdict"] == wanted["verdict"]
    assert verdict in (None, meta["verdict"])
    for number in ("r2", "best", "share"):
        assert meta[number] == pytest.approx(wanted[number], abs=1 if number == "share" else 2e-3)


def test_a_button_takes_the_skip_away_and_training_waits_on_a_plateau(lesson):
    root = lesson.locator('[data-explorer="race"]')
    lesson.evaluate(f"async () => {{ await {on_page('race')}.set({{ step: 0 }}); }}")
    lesson.get_by_role("button", name="sigmoid, no skip").click()
    expect(root.get_by_role("status")).to_contain_text("skip 0")
    lesson.evaluate(f"async () => {{ await {on_page('race')}.step(300); }}")
    expect(root.get_by_role("status")).to_contain_text("not begun")
    lesson.get_by_role("button", name="sigmoid", exact=True).click()
    lesson.evaluate(f"async () => {{ await {on_page('race')}.step(100); }}")
    expect(root.get_by_role("status")).to_contain_text("the linear path leads")


def test_a_deep_path_that_decays_stays_as_good_as_linear_regression(lesson):
    goal = lesson.locator(".explorer-goal", has_text="600 steps or more")
    run = f"async (state) => {{ await {on_page('race')}.set(state); "
    run += f"await {on_page('race')}.step(600); }}"
    state = {"nonlinearity": "tanh", "skip": 1.0, "deep_decay": 0.0, "step": 0}
    lesson.evaluate(run, state)
    expect(goal).not_to_have_attribute("data-reached", "now")
    lesson.evaluate(run, state | {"deep_decay": 0.03})
    expect(goal).to_have_attribute("data-reached", "now")


def test_edges_are_as_thick_as_their_weights_and_the_reader_may_change_a_rate_on_the_way(lesson):
    lesson.evaluate(
        f"async () => {{ const e = {on_page('race')};"
        "await e.set({ step: 0 }); await e.step(20); await e.set({ deep_lr: 0.01 });"
        "await e.step(20); }"
    )
    widths = lesson.evaluate(
        f"{on_page('race')}.figure.data.slice(10, 30).map((trace) => trace.line.width)"
    )
    assert sum(width > 0 for width in widths) == 10
    assert all(not (a and b) for a, b in zip(widths[::2], widths[1::2], strict=True))
    rate = lesson.locator('[data-explorer="race"] [data-axis="deep_lr"]')
    expect(rate).to_have_attribute("aria-valuetext", "0.01")


def test_small_branches_keep_the_input_clear(lesson):
    goal = lesson.locator(".explorer-goal", has_text="stay clear")
    set_to = f"async (state) => {{ await {on_page('stacks')}.set(state); }}"
    lesson.evaluate(set_to, {"depth": 100, "branch_scale": 1.0, "seed": 0})
    expect(goal).not_to_have_attribute("data-reached", "now")
    lesson.evaluate(set_to, {"depth": 100, "branch_scale": 0.1, "seed": 0})
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.page("05a_shattered")
def test_depth_shatters_slopes_and_small_branches_keep_them_smooth(lesson):
    goal = lesson.locator(".explorer-goal").first
    set_to = f"async (state) => {{ await {on_page('slopes')}.set(state); }}"
    lesson.evaluate(set_to, {"depth": 100, "width": 64, "branch_scale": 1.0, "seed": 0})
    expect(goal).not_to_have_attribute("data-reached", "now")
    lesson.evaluate(set_to, {"depth": 100, "width": 64, "branch_scale": 0.05, "seed": 0})
    expect(goal).to_have_attribute("data-reached", "now")


@pytest.mark.page("05c_remedies")
@pytest.mark.claims("S2-2c")
def test_every_remedy_ends_near_linear_regression_and_none_without(lesson):
    told = {state["remedy"]: state for state in lesson.evaluate(EVERY_STATE, "remedies")}
    assert told["none"]["verdict"] == "below" and told["none"]["high"] < 0
    assert {told[name]["verdict"] for name in told if name != "none"} == {"near"}
    assert told["decay"]["share"] > 95 > told["none"]["share"]
