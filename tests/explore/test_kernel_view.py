"""The view that a kernel feeds: what Python answers, and what the page's script makes of it."""

import json
import math
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Locator, Page, expect
from plotly.offline import get_plotlyjs

from networks import POINTS
from trainability.explore import explore
from trainability.explore.assets import widget_module
from trainability.explore.controls import examples, linear_range, log_range
from trainability.explore.explorer import Explorer
from trainability.explore.follow import bound_text, goal
from trainability.explore.kernel import KernelView
from trainability.programs import Program

# What anywidget gives a view, with a kernel at the other end of `ask`.
MODEL = """(given) => {
  const { render } = window.view;
  const listeners = [];
  const model = {
    get: (key) => given[key],
    on: (name, listener) => listeners.push(listener),
    send: async (message) => {
      window.asked = [...(window.asked ?? []), message.kind];
      const answer = JSON.parse(await window.ask(given.name, JSON.stringify(message)));
      if (message.kind === "plotly") answer.buffers = [await window.plotlySource()];
      listeners.forEach((listener) => listener(answer, answer.buffers ?? []));
    },
  };
  const el = document.createElement("div");
  document.querySelector("main").append(el);
  window.closers = { ...window.closers, [given.name]: render({ model, el }) };
}"""


class Wave:
    """A function that remembers how it was called."""

    def __init__(self):
        self.calls = []

    def __call__(self, frequency=1.0, kind="sin", curves=1, shift=False):
        self.calls.append(frequency)
        if frequency > 9.5:
            raise ZeroDivisionError("too fast <b>")
        x = np.linspace(0, 6, 9)
        y = getattr(np, kind)(frequency * x) + shift
        traces = [go.Scatter(x=x, y=k * y, name=f"curve {k}") for k in range(1, curves + 1)]
        notes = [{"text": "slow", "x": 0, "y": 0}] if frequency < 1 else []
        summary = f"{kind} at {frequency:.3f} & more"
        meta = {"summary": summary, "pick": {"set": {"frequency": "x"}}, "device": "cpu"}
        layout = {"title": {"text": kind}, "annotations": notes, "meta": meta}
        return go.Figure(traces, layout)


AXES: dict[str, Any] = {"frequency": log_range(0.1, 10, 21), "kind": ["sin", "cos"]}


@pytest.fixture
def wave() -> Wave:
    return Wave()


@pytest.fixture
def waves(wave) -> Explorer:
    return explore(wave, name="wave", curves=[1, 2, 3], shift=False, **AXES)


@pytest.fixture
def notebook(read, tmp_path) -> Callable[..., Page]:
    """A page in which views are shown as a notebook shows them, each fed by this process."""
    module = widget_module().replace("export default", "window.view =").replace("</", "<\\/")
    head = "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>notebook</title>"
    path = tmp_path / "notebook.html"
    path.write_text(f"{head}<main></main><script>{module}</script>", encoding="utf-8")
    reader = read()
    views: dict[str, KernelView] = {}

    def ask(name: str, text: str) -> str:
        message = json.loads(text)
        if message["kind"] == "plotly":
            return json.dumps({"id": message["id"]})
        return json.dumps(views[name].answer(message["state"]) | {"id": message["id"]})

    reader.page.expose_function("ask", ask)
    reader.page.expose_function("plotlySource", get_plotlyjs)
    reader.page.goto(path.as_uri())

    def show(*shown: Explorer) -> Page:
        for explorer in shown:
            view = views[explorer.name] = KernelView(explorer)
            given = {"name": explorer.name, "html": view.html, "settings": view.settings}
            reader.page.evaluate(MODEL, given)
        for explorer in shown:
            reader.page.locator(f"[data-explorer={explorer.name}][data-ready]").wait_for()
        assert reader.faults == []
        return reader.page

    return show


def root(page: Page, name: str) -> Locator:
    return page.locator(f"[data-explorer={name}]")


def status(page: Page, name: str = "wave") -> Locator:
    return root(page, name).get_by_role("status")


def drawn(page: Page, name: str = "wave") -> list[list[float]]:
    return (
        root(page, name)
        .locator(".js-plotly-plot")
        .evaluate("graph => graph._fullData.map((trace) => Array.from(trace.y))")
    )


def set_state(page: Page, name: str, **state: object) -> None:
    page.evaluate(
        "([name, state]) => document.querySelector(`[data-explorer=${name}]`).explorer.set(state)",
        [name, state],
    )


@pytest.mark.parametrize(
    "state",
    [
        {"frequency": 2.345},
        {"frequency": 0.5},
        {"kind": "cos"},
        {"curves": 3},
        {"shift": "true"},
        {"frequency": 3.3, "kind": "cos", "curves": 2, "shift": "true"},
    ],
)
def test_a_state_shows_what_a_direct_call_returns(notebook, waves, wave, state):
    page = notebook(waves)
    set_state(page, "wave", **state)
    direct = wave(**state | {"shift": "shift" in state})
    expect(status(page)).to_have_text(direct.layout.meta["summary"])
    wanted = [np.asarray(trace.y) for trace in direct.data]
    assert len(drawn(page)) == len(wanted)
    for mine, theirs in zip(drawn(page), wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6)
    title = root(page, "wave").locator(".gtitle")
    expect(title).to_have_text(state.get("kind", "sin"))
    assert root(page, "wave").locator(".annotation").count() == len(direct.layout.annotations)


def test_a_slider_has_places_between_those_of_the_page(notebook, waves, wave):
    page = notebook(waves)
    root(page, "wave").get_by_label("frequency").first.press("ArrowRight")
    between = 10 ** (2 * 10.25 / 20 - 1)
    expect(status(page)).to_have_text(f"sin at {between:.3f} & more")
    assert wave.calls[-1] == pytest.approx(between)


def test_what_one_state_adds_the_next_takes_away(notebook, waves):
    page = notebook(waves)
    before = drawn(page)
    set_state(page, "wave", frequency=0.5, curves=3)
    expect(root(page, "wave").locator(".annotation")).to_have_count(1)
    root(page, "wave").get_by_role("button", name="Reset").click()
    expect(root(page, "wave").locator(".annotation")).to_have_count(0)
    assert drawn(page) == before


def test_an_error_of_the_function_is_told_and_the_figure_stays(notebook, waves):
    page = notebook(waves)
    shown = drawn(page)
    set_state(page, "wave", frequency=10)
    alert = root(page, "wave").get_by_role("alert")
    expect(alert).to_have_text("ZeroDivisionError: too fast <b>")
    assert drawn(page) == shown
    set_state(page, "wave", frequency=2)
    expect(status(page)).to_have_text("sin at 2.000 & more")
    expect(alert).to_have_count(0)


def test_the_same_state_is_tried_again_after_an_error(notebook):
    fails = [True]

    def line(slope=1):
        if slope == 2 and fails.pop():
            fails.append(False)
            raise OSError("not yet")
        return go.Figure(go.Scatter(y=[0, slope]), {"meta": {"summary": f"Slope {slope}."}})

    page = notebook(explore(line, slope=[1, 2, 3]))
    set_state(page, "line", slope=2)
    expect(root(page, "line").get_by_role("alert")).to_have_text("OSError: not yet")
    set_state(page, "line", slope=2)
    expect(status(page, "line")).to_have_text("Slope 2.")


def test_the_caption_says_how_long_and_where(notebook, waves):
    page = notebook(waves)
    caption = root(page, "wave").locator(".explorer-caption")
    expect(caption).to_have_text("Computed on cpu.")
    set_state(page, "wave", frequency=2)
    expect(caption).to_contain_text("Computed in ")
    expect(caption).to_contain_text(" ms on cpu.")


def test_a_pinned_curve_stays_beneath_the_present_one(notebook, waves):
    page = notebook(waves)
    before = drawn(page)[0]
    root(page, "wave").get_by_role("button", name="Pin").click()
    set_state(page, "wave", frequency=2)
    expect(status(page)).to_contain_text("2.000")
    names = "graph => graph.data.map((trace) => trace.name)"
    graph = root(page, "wave").locator(".js-plotly-plot")
    assert graph.evaluate(names) == ["curve 1", "curve 1 (pinned)"]
    assert drawn(page)[1] == before
    root(page, "wave").get_by_role("button", name="Unpin").click()
    page.wait_for_function("document.querySelector('.js-plotly-plot').data.length === 1")


def test_a_click_sets_the_controls_that_the_figure_declares(notebook, waves, wave):
    page = notebook(waves)
    page.evaluate(
        "document.querySelector('.js-plotly-plot').emit('plotly_click', {points: [{x: 4.2, y: 0}]})"
    )
    expect(status(page)).to_have_text("sin at 4.200 & more")
    assert wave.calls[-1] == pytest.approx(4.2)
    page.evaluate(
        "document.querySelector('.js-plotly-plot').emit('plotly_click', {points: [{x: 0, y: 0}]})"
    )
    expect(status(page)).to_have_text("sin at 0.100 & more")  # the nearest end of the range


def test_linked_views_move_the_axes_they_share(notebook, waves, wave):
    def other(frequency=1.0, size=1):
        figure = go.Figure(go.Scatter(y=[frequency, size]))
        return figure.update_layout(meta={"summary": f"Other {frequency:.3f}, {size}."})

    frequency = AXES["frequency"]
    leader = explore(other, name="leader", link="pair", frequency=frequency, size=[1, 2])
    follower = explore(wave, name="follower", link="pair", frequency=frequency, curves=[1, 2])
    page = notebook(leader, follower, waves)
    set_state(page, "leader", frequency=2.345)
    expect(status(page, "follower")).to_have_text("sin at 2.345 & more")
    expect(status(page)).to_have_text("sin at 1.000 & more")
    set_state(page, "follower", frequency=0.5)
    expect(status(page, "leader")).to_have_text("Other 0.500, 1.")


def test_fifty_rapid_moves_call_the_function_a_handful_of_times(notebook, wave):
    page = notebook(explore(wave, name="rapid", frequency=linear_range(0.5, 3, 26), curves=[1, 2]))
    before = len(wave.calls)
    handle = root(page, "rapid").get_by_label("frequency").first
    for _ in range(50):
        handle.press("ArrowRight")
    expect(status(page, "rapid")).to_have_text("sin at 2.250 & more")
    assert 1 <= len(wave.calls) - before <= 6
    assert wave.calls[-1] == pytest.approx(2.25)


def test_sentences_and_goals_follow_between_the_places_of_the_page(notebook, waves):
    page = notebook(waves)
    text = bound_text("At {wave.frequency}: {wave.summary}", waves).html()
    reach = goal("Reach 2 to 3.", waves, {"frequency": (2, 3)}).html()
    page.evaluate(
        """html => {
          const box = document.createElement("section");
          box.innerHTML = html;
          document.querySelector("main").append(box);
          window.trainabilityExplorers.start();
        }""",
        text + reach,
    )
    expect(page.locator(".explorer-text")).to_have_text("At 1: sin at 1.000 & more")
    set_state(page, "wave", frequency=2.345678)
    expect(page.locator(".explorer-text")).to_have_text("At 2.346: sin at 2.346 & more")
    page.locator(".explorer-goal[data-reached=now]").wait_for()


def test_a_view_shown_again_takes_the_place_of_the_first(notebook, waves):
    page = notebook(waves)
    sentence = bound_text("{wave.summary}", waves).html()
    page.evaluate(
        """html => {
          const box = document.createElement("section");
          box.innerHTML = html;
          document.querySelector("main").append(box);
          window.trainabilityExplorers.start();
          window.closers.wave();
          document.querySelector("main > div").remove();
        }""",
        sentence,
    )
    notebook(waves)
    set_state(page, "wave", frequency=0.5)
    expect(page.locator(".explorer-text")).to_have_text("sin at 0.500 & more")


def test_plotly_is_sent_once_for_all_views_of_a_page(notebook, waves, wave):
    page = notebook(waves, explore(wave, name="second", **AXES))
    assert page.evaluate("window.asked.filter((kind) => kind === 'plotly').length") == 1


def wide(scale=1.0, depth=10, width=16, device=None):
    if width == 64:
        warnings.warn("width 64 is too large; shown with width 32", stacklevel=2)
    if width == 128:
        warnings.warn("not for readers", RuntimeWarning, stacklevel=2)
    said = f"Scale {scale:g}, depth {depth}, width {width}, on {device}."
    return go.Figure(go.Scatter(y=[scale, depth, width]), {"meta": {"summary": said}})


LIVE = {"depth": [10, 20, 200], "width": [16, 64, 128], "device": {"Fast one": "gpu", "CPU": "cpu"}}


def with_more(**live):
    return explore(wide, name="wide", scale=[1.0, 2.0], depth=[10, 20], live=live or LIVE)


def said(answer: dict) -> str:
    return answer["figure"]["layout"]["meta"]["summary"]


def test_a_kernel_offers_axes_and_values_that_the_page_has_not():
    explorer = with_more()
    assert [axis["name"] for axis in explorer.payload["axes"]] == ["scale", "depth"]
    assert len(explorer.payload["axes"][1]["labels"]) == 2
    view = KernelView(explorer)
    assert [axis["name"] for axis in view.settings["axes"]] == ["scale", "depth", "width", "device"]
    answer = view.answer({"scale": 0, "depth": 2, "width": 1, "device": 1})
    assert said(answer) == "Scale 1, depth 200, width 64, on cpu."


def test_the_caption_names_the_device_in_words():
    view = KernelView(with_more())
    assert view.settings["answer"]["caption"] == "Computed on Fast one."
    assert view.answer({"device": 1})["caption"].endswith(" ms on CPU.")


def test_a_single_device_is_named_and_not_offered(notebook):
    page = notebook(with_more(device={"Only one": "cpu"}))
    controls = root(page, "wide").locator("[data-axis]")
    names = [c.get_attribute("data-axis") for c in controls.all()]
    assert names == ["scale", "depth"]
    set_state(page, "wide", scale=2)
    expect(status(page, "wide")).to_contain_text("Scale 2, depth 10, width 16, on cpu.")
    expect(root(page, "wide").locator(".explorer-caption")).to_contain_text("ms on Only one.")


def test_reset_takes_the_further_axes_back_too(notebook):
    page = notebook(with_more())
    set_state(page, "wide", width=64, device="CPU")
    expect(status(page, "wide")).to_contain_text("width 64, on cpu.")
    root(page, "wide").get_by_role("button", name="Reset").click()
    expect(status(page, "wide")).to_have_text("Scale 1, depth 10, width 16, on gpu.")


def test_what_a_function_warns_its_reader_of_is_shown_and_the_rest_passed_on():
    view = KernelView(with_more())
    assert view.answer({"width": 1})["notes"] == ["width 64 is too large; shown with width 32."]
    with pytest.warns(RuntimeWarning, match="not for readers"):
        assert view.answer({"width": 2})["notes"] == []


FULL = {1.0: "CUDA out of memory. Tried to allocate", 2.0: "CUBLAS_STATUS_ALLOC_FAILED", 3.0: "no"}


def crowded(scale=1.0, device=None):
    if device != "cpu":
        raise RuntimeError(FULL[scale])
    return wide(scale, device=device)


def test_what_does_not_fit_into_a_device_is_computed_on_the_last_and_said():
    view = KernelView(explore(crowded, scale=list(FULL), live={"device": LIVE["device"]}))
    note = "The memory of Fast one ran out: computed on CPU."
    first = view.settings["answer"]
    assert said(first).endswith("on cpu.") and first["notes"] == [note]
    assert first["caption"] == "Computed on CPU."
    second = view.answer({"scale": 1, "device": 0})
    assert said(second).startswith("Scale 2") and second["notes"] == [note]
    assert second["caption"].endswith("ms on CPU.")
    assert view.answer({"scale": 2, "device": 0}) == {"error": True, "caption": "RuntimeError: no"}
    third = view.answer({"scale": 2, "device": 1})
    assert said(third).startswith("Scale 3") and third["notes"] == []


def test_what_the_defaults_warn_of_is_below_the_first_figure(notebook):
    def narrow(scale=1.0, width=64):
        return wide(scale, width=width)

    page = notebook(explore(narrow, scale=[1.0, 2.0], live={"width": [64]}))
    caption = root(page, "narrow").locator(".explorer-caption")
    expect(caption).to_contain_text("width 64 is too large; shown with width 32.")


def test_a_figure_may_say_that_it_was_made_elsewhere():
    def kept(scale=1.0, device=None):
        figure = wide(scale, device=device)
        return figure.update_layout(meta=dict(figure.layout.meta) | {"device": "a file"})

    view = KernelView(explore(kept, scale=[1.0, 2.0], live={"device": LIVE["device"]}))
    assert view.settings["answer"]["caption"] == "Computed on a file."


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"scale": -1}, "position -1 is none of 0 to 1"),
        ({"scale": 2}, "position 2 is none of 0 to 1"),
        ({"scale": math.nan}, "position nan is none"),
        ({"scale": "0"}, "position '0' is none"),
        ({"depth": 0.5}, "lies between two values, which are discrete"),
        ({"nowhere": 0}, "KeyError"),
    ],
)
def test_a_position_that_no_control_has_is_answered_with_words(place, words):
    answer = KernelView(with_more()).answer(place)
    assert answer["error"] and words in answer["caption"] and "figure" not in answer


@pytest.mark.parametrize(
    ("live", "error", "words"),
    [
        ({"depth": [10, 50]}, ValueError, "live: depth must keep the published values, and lacks"),
        ({"speed": [1, 2]}, TypeError, "speed is no argument of wide"),
        ({"width": []}, ValueError, "width is empty"),
        ({"width": [32, 64]}, ValueError, "width: its default 16 is not one of 32, 64"),
        ([1, 2], TypeError, "live=.* must be a mapping"),
    ],
)
def test_further_axes_that_do_not_fit_are_refused(live, error, words):
    with pytest.raises(error, match=words):
        explore(wide, scale=[1.0, 2.0], depth=[10, 20], live=live)


def test_a_view_tells_its_state_and_its_numbers_to_a_script(notebook, waves, wave):
    page = notebook(waves)
    ask = """async () => {
      const { explorer } = document.querySelector(".explorer");
      const figure = await explorer.set({ frequency: 2.345, curves: 2, kind: "cos" });
      return [explorer.state(), Array.from(explorer.numbers("curve 2")), figure.data.length,
        explorer.numbers("nothing") === undefined];
    }"""
    state, numbers, count, unknown = page.evaluate(ask)
    assert state["frequency"] == pytest.approx(2.345)
    assert (state["kind"], state["curves"], count, unknown) == ("cos", 2, 2, True)
    wanted = wave(frequency=2.345, kind="cos", curves=2).data[1].y
    np.testing.assert_allclose(numbers, wanted, rtol=1e-6, atol=1e-6)


def test_the_numbers_of_a_surface_stand_row_by_row(notebook):
    def surface(scale=1):
        heat = go.Heatmap(z=[[scale, 2], [3, 4]], name="heat")
        return go.Figure(heat, {"meta": {"summary": f"Scale {scale}."}})

    page = notebook(explore(surface, scale=[1, 2]))
    set_state(page, "surface", scale=2)
    expect(status(page, "surface")).to_have_text("Scale 2.")
    ask = "Array.from(document.querySelector('.explorer').explorer.numbers('heat'))"
    assert page.evaluate(ask) == [2, 2, 3, 4]


def test_a_state_is_taken_back_whole_also_from_a_menu_of_numbers(notebook):
    def line(slope=10):
        return go.Figure(go.Scatter(y=[0, slope]), {"meta": {"summary": f"Slope {slope}."}})

    page = notebook(explore(line, slope={"10": 100, "small": 10}))
    ask = """async (value) => {
      const { explorer } = document.querySelector(".explorer");
      await explorer.set({ slope: value });
      await explorer.set(explorer.state());
      return explorer.state().slope;
    }"""
    assert [page.evaluate(ask, value) for value in ("small", 100, "10", 10)] == [10, 100, 100, 10]


def test_a_kernel_that_has_gone_is_named_and_the_figure_stays(notebook, waves):
    page = notebook(waves)
    before = drawn(page)
    page.evaluate("() => { window.ask = () => new Promise(() => {}); }")  # no answer comes
    set_later = "document.querySelector('.explorer').explorer.set({ frequency: 2 })"
    page.evaluate(f"() => {{ window.waiting = {set_later}; }}")
    caption = root(page, "wave").locator(".explorer-caption")
    expect(caption).to_have_text("Computing …")
    page.evaluate("document.querySelector('.explorer').explorer.source.close()")
    expect(caption).to_have_text("The kernel has gone; run the cell again.")
    page.evaluate("() => window.waiting")  # whoever waits for the figure is not left waiting
    assert drawn(page) == before


def test_a_sweep_without_a_pause_is_served_less_and_less_often(in_module):
    body = """const pace = new module.Pace();
      const served = [];
      let due = null;
      for (let now = 0; now < 6000; now += 50) {
        if (due !== null && due <= now) {
          pace.served(now);
          served.push(now);
          due = null;
        }
        due = now + pace.delay(now, due !== null || served.length > 0);
      }
      return served;"""
    served = in_module("kernel.js", body)
    assert served[0] == 50
    gaps = [later - earlier for earlier, later in pairwise(served)]
    assert gaps == [600, 1200, 2400]


def test_a_kernel_takes_the_readers_own_points():
    def total(points=POINTS, scale=1.0):
        return {"x": points[:, 0], "total": scale * points[:, :2].sum()}

    program = Program(
        total,
        {
            "data": [{"type": "scatter", "x": {"$": "x"}}],
            "layout": {"meta": {"summary": {"$text": "Total {total}."}}},
        },
    )
    axes = {"points": examples({"five": POINTS}), "scale": [1.0, 2.0]}
    view = KernelView(explore(program, name="own", **axes))
    assert view.settings["axes"][0]["classes"] == [1, -1]
    assert said(view.answer({"points": [[3, 4, 1], [5, 6, -1]], "scale": 1})) == "Total 36."
    refused = view.answer({"points": [[3, 4, 7]], "scale": 1})
    assert refused["error"] and "your table has the class 7" in refused["caption"]
