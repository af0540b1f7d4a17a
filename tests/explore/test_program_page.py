"""A program in a page of its own: computed there, offline, by hand and by script."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from conftest import until
from trainability.explore import explore
from trainability.explore.controls import linear_range, seeds
from trainability.explore.kernel import KernelView
from trainability.explore.markup import explorer_html
from trainability.programs import Program, scan


def walk(steps=20, size=1.0, kind="free", *, generator):
    """A random walk; one that is held is pulled back."""
    pull = 0.5 if kind == "held" else 1.0

    def step(at, move):
        following = at * pull + size * move
        return following, following

    moves = torch.randn(steps, generator=generator)
    last, places = scan(step, torch.zeros(()), moves)
    return {"places": places, "last": last}


FIGURE = {
    "data": [{"type": "scatter", "name": "places", "y": {"$": "places"}}],
    "layout": {
        "title": {"text": "A walk"},
        "meta": {"summary": {"$text": "After {steps} steps, {kind}: at {last:3}."}},
    },
}


def walking(**more):
    axes = {
        "steps": (2, 400),
        "size": linear_range(0, 2, 21),
        "kind": ["free", "held"],
        "seed": seeds(),
    }
    return explore(Program(walk, FIGURE), name="walk", **axes | more)


@pytest.fixture
def show(alone) -> Callable[..., Page]:
    return partial(alone, walking())


SET = """async (settings) => {
  const { explorer } = document.querySelector('.explorer');
  await explorer.set(settings);
  return [explorer.state(), Array.from(explorer.numbers('places')),
          explorer.figure.layout.meta.summary];
}"""


def same(found: list[float], wanted: torch.Tensor) -> None:
    mine = torch.tensor(found, dtype=wanted.dtype)
    torch.testing.assert_close(mine, wanted, rtol=1e-4, atol=1e-4)


def roughly(summary: str) -> str:
    """A reading without the last digit of its number, which rounding may change."""
    return re.sub(r"\d\.$", "", summary)


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 7, "size": 0.5, "kind": "held", "seed": 3},
        {"steps": 400, "size": 1.234, "kind": "free", "seed": 2**32 - 1},
        {"steps": 2, "size": 0, "kind": "free", "seed": 0},
    ],
    ids=str,
)
def test_a_script_sets_a_state_and_gets_torchs_numbers(show, settings):
    page = show()
    assert page.locator(".explorer").get_attribute("data-source") == "program"
    state, places, summary = page.evaluate(SET, settings)
    assert state == pytest.approx(settings)
    explorer = walking()
    same(places, explorer.numbers(**settings)["places"])
    assert roughly(summary) == roughly(explorer.figure(**settings).layout.meta["summary"])


def test_numbers_are_there_before_anything_moves(show):
    page = show()
    found = page.evaluate(
        "Array.from(document.querySelector('.explorer').explorer.numbers('places'))"
    )
    same(found, walking().numbers()["places"])
    drawn = page.evaluate(
        "document.querySelector('.js-plotly-plot').calcdata[0].map((point) => point.y)"
    )
    same(drawn, walking().numbers()["places"])


def test_by_keyboard_alone_a_reader_sets_width_and_seed_and_an_address_restores_them(show):
    page = show()
    status = page.get_by_role("status")
    page.get_by_label("steps", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("After 23 steps, free")
    page.get_by_label("seed").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("123456")
    until(page, "location.hash.includes('seed=123456')")
    same(page.evaluate(SET, {})[1], walking().numbers(steps=23, seed=123456)["places"])
    expect(status).to_have_text(walking().figure(steps=23, seed=123456).layout.meta["summary"])
    again = show(after=page.evaluate("location.hash"))
    expect(again.get_by_label("seed")).to_have_value("123456")
    expect(again.get_by_role("status")).to_contain_text("After 23 steps, free")


def test_a_place_between_two_listed_values_comes_back_from_its_address(show):
    page = show()
    page.get_by_label("size", exact=True).press("ArrowRight")  # a quarter of a step
    until(page, "location.hash.includes('size=1.025')")
    here = page.evaluate(SET, {})[1]
    same(here, walking().numbers(size=1.025)["places"])
    there = show(after=page.evaluate("location.hash")).evaluate(SET, {})
    assert there[1] == here


@pytest.mark.parametrize("typed", ["", "-3", "1.5", "99999999999"])
def test_what_is_no_seed_is_refused_with_a_sentence_and_a_mark(show, typed):
    page = show()
    field = page.get_by_label("seed")
    before = page.evaluate(SET, {})[1]
    field.fill(typed)
    expect(page.get_by_role("status")).to_contain_text(
        "Type a whole number from 0 to 4294967295. After 20 steps"
    )
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.evaluate(SET, {})[1] == before
    field.fill("5")
    expect(field).to_have_attribute("aria-invalid", "false")
    expect(page.get_by_role("status")).not_to_contain_text("Type a whole number")
    same(page.evaluate(SET, {})[1], walking().numbers(seed=5)["places"])


def test_an_address_with_a_seed_that_is_none_is_told_so(show):
    page = show(after="#walk?seed=-1&steps=9")
    expect(page.get_by_role("status")).to_contain_text("This figure has no seed=-1.")
    expect(page.get_by_role("status")).to_contain_text("After 9 steps")


def test_a_plan_that_fails_says_why_and_the_next_state_is_computed(show):
    page = show()
    page.evaluate(
        "document.querySelector('.explorer').explorer.source.given.plans['held'].version = 9"
    )
    page.get_by_label("kind").select_option("held")
    expect(page.get_by_role("status")).to_contain_text("The plan has version 9")
    page.get_by_label("kind").select_option("free")
    page.get_by_label("steps", exact=True).press("ArrowRight")
    expect(page.get_by_role("status")).to_contain_text("After 21 steps, free")


def test_a_payload_that_cannot_be_read_leaves_its_reading_and_the_rest_of_the_page(show):
    page = show()
    page.evaluate("""() => {
      const whole = document.querySelector('.explorer').outerHTML;
      const start = whole.replaceAll(/ data-(started|ready|usable)="true"/g, '');
      document.querySelector('main').innerHTML =
        start.replaceAll('walk', 'torn').replace('"name":', '"name" ') + start;
      window.trainabilityExplorers.start();
    }""")
    torn, sound = page.locator(".explorer").all()
    expect(torn.get_by_role("status")).to_contain_text("The picture could not be drawn")
    expect(torn.get_by_role("status")).to_contain_text("After 20 steps")
    expect(sound).to_have_attribute("data-usable", "true")


def test_many_changes_in_a_moment_end_at_the_last(show):
    page = show()
    page.evaluate("""async () => {
      const { explorer } = document.querySelector('.explorer');
      const all = [];
      for (let i = 2; i < 60; i++) all.push(explorer.set({ steps: i }));
      await Promise.all(all);
    }""")
    expect(page.get_by_role("status")).to_contain_text("After 59 steps")
    same(page.evaluate(SET, {})[1], walking().numbers(steps=59)["places"])


def test_a_slow_state_lets_the_page_answer_and_a_later_one_follows(show):
    page = show()
    turns = page.evaluate("""async () => {
      const { explorer } = document.querySelector('.explorer');
      const program = explorer.source.programFor(explorer.source.settings(explorer.place));
      const whole = program.inSteps.bind(program);
      program.inSteps = function* (settings) {  // as a program that takes a while
        for (const end = performance.now() + 150; performance.now() < end; ) yield;
        return yield* whole(settings);
      };
      let turns = 0, done = false;
      const count = () => { turns += 1; if (!done) setTimeout(count); };
      setTimeout(count);
      await Promise.all([explorer.set({ steps: 30 }), explorer.set({ steps: 40 })]);
      done = true;
      return turns;
    }""")
    assert turns > 3
    expect(page.get_by_role("status")).to_contain_text("After 40 steps")


def test_pin_reset_csv_and_numbers_work_as_everywhere(show):
    page = show()
    page.get_by_role("button", name="Pin").click()
    page.get_by_label("kind").select_option("held")
    until(page, "document.querySelector('.js-plotly-plot').data.length === 2")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == 21
    page.get_by_text("Numbers").click()
    expect(page.locator("tbody tr")).to_have_count(20)
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("status")).to_contain_text("After 20 steps, free")


def test_on_a_phone_nothing_is_wider_than_the_page(show):
    page = show(width=390, height=800)
    page.get_by_label("seed").fill("7")
    expect(page.get_by_role("status")).to_contain_text("After 20 steps")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_kernel_shows_the_same_figure_for_any_seed():
    view = KernelView(walking())
    answer = view.answer({"steps": 21, "size": 5, "kind": 1, "seed": 99})
    wanted = walking().figure(steps=23, size=0.5, kind="held", seed=99)
    assert answer["figure"]["layout"]["meta"]["summary"] == wanted.layout.meta["summary"]
    refused = view.answer({"steps": 0, "size": 0, "kind": 0, "seed": -4})
    assert refused["error"] and "-4 is none of 0 to" in refused["caption"]


def test_the_page_carries_plans_and_one_figure_and_no_grid():
    explorer = walking()
    html = explorer_html(explorer)
    assert len(html) < 20_000
    assert set(explorer.payload["plans"]) == {"free", "held"}
    assert re.search(r'<input type="number" [^>]*max="4294967295"', html)
    assert "blob" not in explorer.payload
