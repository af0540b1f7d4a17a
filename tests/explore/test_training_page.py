"""A run in a page of its own: trained there by hand, restored by its address, on own points."""

import re
from collections.abc import Callable
from functools import partial

import pytest
import torch
from playwright.sync_api import Page, expect

from conftest import until
from networks import FIGURE, NETWORK, POINTS
from trainability.explore import explore
from trainability.explore.controls import examples, log_range, seeds
from trainability.explore.kernel import PageView
from trainability.explore.markup import explorer_html
from trainability.programs import Run

PAIR = torch.tensor([[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]], dtype=torch.float64)
EXPLORER = "document.querySelector('.explorer').explorer"
STEP = "Number(document.querySelector('.explorer').dataset.step)"
MAKE = f"""async ([settings, steps]) => {{
  await {EXPLORER}.set(settings);
  if (steps) await {EXPLORER}.step(steps);
  return Array.from({EXPLORER}.numbers('loss'));
}}"""
LOSSES = f"Array.from({EXPLORER}.numbers('loss'))"


def training(**more):
    axes = {
        "spread": [0.0, 0.01, 0.5, 1.0],
        "width": (2, 40),
        "lr": log_range(0.001, 1000, 61),
        "optimizer": ["SGD", "Adam"],
        "dropout": ["none", "per example"],
        "points": examples({"five": POINTS, "a pair": PAIR}),
        "seed": seeds(),
    }
    return explore(NETWORK, name="net", **axes | more)


@pytest.fixture(scope="module")
def explorer():
    return training()


@pytest.fixture
def show(alone, explorer) -> Callable[..., Page]:
    return partial(alone, explorer)


def same(found: list[float], wanted: torch.Tensor) -> None:
    torch.testing.assert_close(torch.tensor(found).double(), wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"width": 12, "seed": 123456, "lr": 0.5},
        {"optimizer": "Adam", "dropout": "per example", "points": "a pair"},
        {"spread": 0, "width": 2, "seed": 2**32 - 1},
    ],
    ids=str,
)
def test_a_script_trains_and_gets_torchs_numbers(show, explorer, settings):
    page = show()
    root = page.locator(".explorer")
    assert root.get_attribute("data-source") == "program"
    assert root.get_attribute("data-step") == "0"
    found = page.evaluate(MAKE, [settings, 50])
    assert root.get_attribute("data-step") == "50"
    given = settings | ({"points": PAIR} if "points" in settings else {})
    wanted = explorer.run(50, **given)
    same(found, wanted["loss"])
    same(page.evaluate(f"Array.from({EXPLORER}.numbers('w_in'))"), wanted["w_in"].flatten())
    expect(page.get_by_role("status").first).to_contain_text("50 steps of")


def test_a_run_whose_start_takes_no_setting_trains_and_acts_on_its_sliders(alone):
    run = Run(
        init=lambda: {"x": torch.full((), 1.0)},
        step=lambda state, lr=0.1: ({"x": state["x"] - lr * state["x"]}, {"loss": state["x"]}),
        figure={
            "data": [{"type": "scatter", "x": {"$": "steps"}, "y": {"$": "loss"}}],
            "layout": {"meta": {"summary": {"$text": "Step {step}: x is {x:3}, rate {lr:2}."}}},
        },
    )
    explorer = explore(run, name="bare", lr=log_range(0.001, 1.0, 61))
    page = alone(explorer)
    same(page.evaluate(MAKE, [{}, 3]), explorer.run(3)["loss"].double())
    same(
        page.evaluate(MAKE, [{"lr": 0.01}, 2]),
        explorer.run(5, lr=0.01, until=[(3, "lr", 0.1)])["loss"].double(),
    )


def test_by_keyboard_alone_a_reader_trains_pauses_changes_the_rate_and_goes_on(show, explorer):
    page = show()
    page.get_by_label("width", exact=True).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.get_by_label("seed", exact=True).focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("123456")
    button = page.get_by_role("button", name="Train", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    until(page, f"{STEP} > 20")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Enter")
    paused = page.evaluate(STEP)
    losses = page.evaluate(LOSSES)
    assert len(losses) == paused and losses[-1] < losses[0]
    same(losses, explorer.run(paused, width=12, seed=123456)["loss"])
    page.get_by_label("lr", exact=True).focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    button.focus()
    page.keyboard.press("Enter")
    until(page, f"{STEP} > {paused + 20}")
    page.keyboard.press("Enter")
    ended, losses = page.evaluate(STEP), page.evaluate(LOSSES)
    until(page, f"location.hash.includes('step={ended}&until={paused}*lr*0.1')")
    label = page.evaluate(f"{EXPLORER}.state().lr")
    assert label > 0.1
    given = {"width": 12, "seed": 123456, "lr": label}
    same(losses, explorer.run(ended, until=[(paused, "lr", 0.1)], **given)["loss"])
    again = show(after=page.evaluate("location.hash"))
    until(again, f"{STEP} === {ended}")
    assert again.evaluate(LOSSES) == losses
    expect(again.get_by_label("seed", exact=True)).to_have_value("123456")
    expect(again.get_by_role("button", name="Train", exact=True)).to_be_visible()


def test_nothing_starts_by_itself_and_a_press_of_step_makes_one(show, explorer):
    page = show()
    assert page.evaluate(STEP) == 0 and page.evaluate(LOSSES) == []
    for count in (1, 2, 3):
        page.get_by_role("button", name="Step", exact=True).click()
        until(page, f"{STEP} === {count}")
    same(page.evaluate(LOSSES), explorer.run(3)["loss"])
    page.get_by_role("button", name="Restart").click()
    until(page, f"{STEP} === 0")
    assert page.evaluate(LOSSES) == []
    expect(page.locator(".explorer-count")).to_have_text("step 0")


@pytest.mark.parametrize(
    ("name", "value", "goes_on"),
    [
        ("lr", 10, True),
        ("optimizer", "Adam", True),
        ("dropout", "per example", True),
        ("width", 9, False),
        ("spread", 1, False),
        ("seed", 5, False),
        ("points", "a pair", False),
    ],
)
def test_a_setting_acts_at_once_or_begins_anew(show, name, value, goes_on):
    page = show()
    before = page.evaluate(MAKE, [{}, 30])
    after = page.evaluate(MAKE, [{name: value}, 0])
    assert after == (before if goes_on else [])
    longer = page.evaluate(MAKE, [{}, 5])
    assert len(longer) == (35 if goes_on else 5)


def valley(start_at=1.0):
    return {"x": torch.full((2,), 1.0) * start_at, "y": torch.zeros(1)}


def descend(state, lr=0.1):
    x = state["x"]
    return {"x": x - lr * 4 * x**3, "y": state["y"]}, {"loss": (x**4).sum()}


def test_a_run_that_diverges_stops_and_says_at_which_step_and_where(alone):
    layout = FIGURE["layout"] | {"meta": {"summary": {"$text": "{step} steps at {lr:3}."}}}
    run = Run(valley, descend, {"data": FIGURE["data"][1:], "layout": layout})
    page = alone(explore(run, name="valley", start_at=[0.5, 1.0, 2.0], lr=log_range(0.1, 10, 21)))
    page.get_by_label("lr", exact=True).focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="Train", exact=True).click()
    status = page.get_by_role("status")
    steps = next(k for k in range(99) if not run.run(k + 1, lr=10.0)["loss"].isfinite().all())
    expect(status).to_contain_text(
        f"Diverged at step {steps + 1}: loss is no finite number; the largest is "
    )
    expect(status).to_contain_text(
        re.compile(r"the largest is [\d.]+·10\S+, in x\. \d steps at 10")
    )
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
    assert page.evaluate(LOSSES) == pytest.approx(run.run(steps, lr=10.0)["loss"].tolist())
    page.get_by_role("button", name="Reset").click()
    expect(status).to_have_text("0 steps at 0.1.")
    assert page.get_by_role("button", name="New seed").is_hidden()


def test_a_pinned_run_stays_beside_the_next(show):
    page = show()
    first = page.evaluate(MAKE, [{}, 40])
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_role("button", name="Restart").click()
    page.evaluate(MAKE, [{"lr": 1}, 40])
    curves = page.evaluate(
        "document.querySelector('.js-plotly-plot').data.filter(({ xaxis }) => xaxis === 'x2')"
        ".map(({ name, y }) => [name, Array.from(y)])"
    )
    assert [name for name, _ in curves] == ["loss", "loss (pinned)"]
    assert curves[1][1] == first and curves[0][1] != first


def test_reset_ends_the_training_and_restart_begins_it_anew(show):
    page = show()
    page.get_by_role("button", name="Train", exact=True).click()
    until(page, f"{STEP} > 20")
    page.get_by_label("steps a second").select_option("10")  # so that its first steps are seen
    page.get_by_role("button", name="Restart").click()
    until(page, f"{STEP} > 0 && {STEP} < 20")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
    until(page, f"{STEP} === 0")


def test_new_seed_is_another_network(show):
    page = show()
    before = page.evaluate(MAKE, [{}, 3])
    page.get_by_role("button", name="New seed").click()
    until(page, f"{STEP} === 0")
    assert page.evaluate(MAKE, [{}, 3]) != before
    assert page.get_by_label("seed", exact=True).input_value() == str(
        page.evaluate(f"{EXPLORER}.state().seed")
    )


def test_training_rests_while_it_is_out_of_sight(show):
    page = show()
    page.evaluate("document.body.style.paddingBottom = '6000px'")
    page.get_by_role("button", name="Train", exact=True).click()
    until(page, f"{STEP} > 5")
    page.evaluate("scrollTo(0, 5000)")
    until(page, f"{EXPLORER}.seen === false")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    resting = page.evaluate(STEP)
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert page.evaluate(STEP) - resting <= 1
    page.evaluate("scrollTo(0, 0)")
    until(page, f"{STEP} > {resting + 5}")


def test_with_reduced_motion_it_draws_rarely_and_trains_all_the_same(show):
    page = show(reduced_motion="reduce")
    page.evaluate(f"""() => {{
      const explorer = {EXPLORER};
      const paint = explorer.paint.bind(explorer);
      explorer.pictures = 0;
      explorer.paint = (answer) => {{ explorer.pictures += 1; return paint(answer); }};
    }}""")
    page.get_by_role("button", name="Train", exact=True).click()
    until(page, f"{EXPLORER}.source.count > 100")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate(f"{EXPLORER}.pictures") < 10


def test_the_reading_is_silent_in_motion_and_spoken_at_rest(show):
    page = show()
    status = page.locator(".explorer-status")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(status).to_have_attribute("aria-live", "off")
    until(page, f"{STEP} > 5")
    page.get_by_role("button", name="Pause").click()
    expect(status).to_have_attribute("aria-live", "polite")
    expect(status).to_contain_text(f"{page.evaluate(STEP)} steps of SGD")


DAMAGED = {
    "#net?step=-3": "step=-3",
    "#net?step=1e9": "step=1e9",
    "#net?step=abc": "step=abc",
    "#net?step=5&until=x": "until=x",
    "#net?step=5&until=3*depth*7": "until=3*depth*7",
    "#net?step=5&until=3*lr*-1": "until=3*lr*-1",
    "#net?step=9&until=5*lr*1*2*lr*0.1": "until=5*lr*1*2*lr*0.1",
}


@pytest.mark.parametrize("address", DAMAGED)
def test_a_damaged_address_is_told_and_starts_nothing(show, address):
    page = show(after=address)
    status = page.get_by_role("status").first
    expect(status).to_contain_text("This link is damaged")
    expect(status).to_contain_text(DAMAGED[address])
    assert page.evaluate(STEP) == 0


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a place of the plane is on the screen."""
    page.locator(".explorer-graph").scroll_into_view_if_needed()
    left, top = page.evaluate(
        """([x, y]) => {
          const graph = document.querySelector('.js-plotly-plot');
          const frame = graph.querySelector('.nsewdrag[data-subplot="xy"]').getBoundingClientRect();
          const { xaxis, yaxis } = graph._fullLayout;
          return [frame.left + xaxis.c2p(x), frame.top + yaxis.c2p(y)];
        }""",
        [x, y],
    )
    return left, top


def points(page: Page) -> list[list[float]]:
    return page.evaluate(f"{EXPLORER}.state().points")


def test_a_click_adds_a_point_and_the_run_is_torchs_on_these_points(show, explorer):
    page = show()
    page.evaluate(MAKE, [{}, 10])
    page.mouse.click(*at(page, -1.5, 1.5))
    until(page, f"{EXPLORER}.state().points.length === 6")
    x, y, label = points(page)[-1]
    assert abs(x + 1.5) < 0.02 and abs(y - 1.5) < 0.02 and label == 1
    assert page.evaluate(STEP) == 0
    own = torch.tensor(points(page), dtype=torch.float64)
    same(page.evaluate(MAKE, [{}, 20]), explorer.run(20, points=own)["loss"])
    expect(page.get_by_label("points", exact=True)).to_have_value("own")
    page.get_by_role("button", name="Reset").click()
    until(page, f"{EXPLORER}.state().points.length === 5")


def test_a_point_is_dragged_relabeled_and_removed_by_mouse_and_key(show):
    page = show()
    page.mouse.move(*at(page, 1, 1.25))
    page.mouse.down()
    page.mouse.move(*at(page, 0, 1.25))
    page.mouse.move(*at(page, -1.5, 0.25))
    page.mouse.up()
    until(page, f"{EXPLORER}.state().points[0][0] < -1.4")
    moved = points(page)
    assert len(moved) == 5 and abs(moved[0][1] - 0.25) < 0.02 and moved[0][2] == 1
    assert moved[1:] == POINTS.tolist()[1:]
    page.get_by_role("button", name="Other label").click()
    until(page, f"{EXPLORER}.state().points[0][2] === -1")
    page.mouse.click(*at(page, -0.5, -1))  # a press on a point chooses it
    expect(page.locator(".explorer-point")).to_contain_text("Point 3 at (-0.5, -1), label +1")
    page.get_by_role("button", name="Other label").press("Delete")
    until(page, f"{EXPLORER}.state().points.length === 4")
    assert [-0.5, -1.0, 1.0] not in points(page)
    expect(page.locator(".explorer-point")).to_be_hidden()


def test_a_drag_beyond_the_plane_ends_at_its_edge(show):
    page = show()
    x, y = at(page, 1, 1.25)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y - 50)
    page.mouse.move(x + 3000, y - 3000)
    page.mouse.up()
    until(page, f"{EXPLORER}.state().points[0][0] === 2")
    assert points(page)[0][:2] == [2, 2]


def test_by_keyboard_points_are_typed_added_and_removed(show, explorer):
    page = show()
    page.locator("summary", has_text="Your own points").press("Enter")
    field = page.get_by_label("x of point 2")
    field.fill("-1.75")
    until(page, f"{EXPLORER}.state().points[1][0] === -1.75")
    expect(field).to_be_focused()
    page.get_by_label("Label of point 2").select_option(label="+1")
    page.get_by_role("button", name="Add a row").press("Enter")
    expect(page.get_by_label("x of point 6")).to_be_focused()
    page.keyboard.type("1.5")
    page.get_by_role("button", name="Remove point 1", exact=True).press("Enter")
    until(page, f"{EXPLORER}.state().points.length === 5")
    rows = points(page)
    assert rows[0] == [-1.75, 0.75, 1] and rows[-1][2] == 1
    own = torch.tensor(rows, dtype=torch.float64)
    same(page.evaluate(MAKE, [{}, 5]), explorer.run(5, points=own)["loss"])


@pytest.mark.parametrize("typed", ["", "1e9"])
def test_what_is_no_coordinate_is_told_and_changes_nothing(show, typed):
    page = show()
    page.locator("summary", has_text="Your own points").click()
    page.get_by_label("y of point 1").fill(typed)
    expect(page.locator(".explorer-points [role=status]")).to_have_text(
        "Point 1 needs a number for y."
    )
    assert points(page) == POINTS.tolist()


def test_pasted_lines_are_points_and_a_wrong_line_is_named(show):
    page = show()
    page.locator("summary", has_text="Your own points").click()
    page.get_by_label("A line for each point").fill(
        "x1,x2,label\n0.5, 1, 1\n<b>one</b>,2,1\n\n-1;0.25;-1\n2\t2\t3\n1 1"
    )
    page.get_by_role("button", name="Use these lines").click()
    note = page.locator(".explorer-points [role=status]")
    expect(note).to_contain_text("Line 3 is not two numbers and a label of 1 or -1: “<b>one</b>")
    expect(note).to_contain_text("Line 6 is not")
    expect(note).to_contain_text("Line 7 is not")
    expect(note).to_contain_text("2 points are used.")
    assert points(page) == [[0.5, 1, 1], [-1, 0.25, -1]]
    assert page.locator("b").count() == 0


def test_no_more_than_200_points_are_taken(show):
    page = show()
    page.locator("summary", has_text="Your own points").click()
    lines = "\n".join(f"{i / 100},0,1" for i in range(205))
    page.get_by_label("A line for each point").fill(lines)
    page.get_by_role("button", name="Use these lines").click()
    note = page.locator(".explorer-points [role=status]")
    expect(note).to_contain_text("Line 201 is beyond 200 points.")
    assert len(points(page)) == 200
    page.get_by_role("button", name="Add a row").click()
    expect(note).to_have_text("There is room for 200 points.")


def test_own_points_are_in_the_address(show):
    page = show()
    page.evaluate(MAKE, [{"points": [[0.125, -1.5, -1], [1, 0, 1]]}, 7])
    until(page, "location.hash.includes('step=7')")
    address = page.evaluate("location.hash")
    assert "points=0.125_-1.5_-1*1_0_1" in address
    again = show(after=address)
    until(again, f"{STEP} === 7")
    assert points(again) == [[0.125, -1.5, -1], [1, 0, 1]]
    assert again.evaluate(LOSSES) == page.evaluate(LOSSES)


@pytest.mark.parametrize("own", ["1_2", "1_2_5", "1_2_1*", "a_b_1", "*".join(["1_1_1"] * 201)])
def test_points_of_an_address_that_are_none_are_refused(show, own):
    page = show(after=f"#net?points={own}&seed=4")
    expect(page.get_by_role("status").first).to_contain_text("This figure has no points=")
    assert points(page) == POINTS.tolist()
    expect(page.get_by_label("seed", exact=True)).to_have_value("4")


def test_on_a_phone_a_tap_adds_a_point_and_nothing_is_wider_than_the_page(show):
    page = show(width=390, height=800, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Train", exact=True).tap()
    until(page, f"{STEP} > 5")
    page.get_by_role("button", name="Pause").tap()
    page.touchscreen.tap(*at(page, -1.5, 1.5))
    until(page, f"{EXPLORER}.state().points.length === 6")
    assert abs(points(page)[-1][0] + 1.5) < 0.03
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_notebook_trains_in_its_page_too(explorer):
    view = PageView(explorer)
    assert 'data-source="program" data-step="0"' in view.html
    assert 'data-action="link"' not in view.html
    assert view.first.layout.meta["summary"] == explorer.default_figure.layout.meta["summary"]


def test_examples_of_another_shape_are_refused():
    for table, message in (
        (torch.ones(3, 2), r"3 numbers, not the shape \(3, 2\)"),
        (torch.ones(0, 3), "1 to 200 rows"),
        (torch.ones(201, 3), "1 to 200 rows"),
        (torch.tensor([[0.0, float("nan"), 1.0]]), "not finite"),
        (torch.tensor([[0.0, 1.0, 2.0]]), "class 2, which is none of"),
    ):
        with pytest.raises(ValueError, match=message):
            examples({"mine": table})


def test_what_stands_in_the_page_is_data_and_no_markup(explorer):
    html = explorer_html(explorer)
    assert html.count("<script") == 2 == html.count('<script type="application/json"')
