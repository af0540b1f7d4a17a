"""The self-contained face, as nbconvert, Colab or nbviewer show it, read in a browser."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from playwright.sync_api import Locator, Page, expect
from plotly.offline import get_plotlyjs, get_plotlyjs_version

from trainability.explore import explore
from trainability.explore.assets import self_contained_assets
from trainability.explore.explorer import Explorer
from trainability.explore.follow import goal, presets
from trainability.explore.markup import explorer_html, figure_html
from trainability.explore.precision import absolute, relative

CDN = f"https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js"
HOSTILE = '</script><img src=x onerror="window.hacked=1">&\'`\u2028'
ODD = [1.0, 0.0, math.nan, math.inf, -math.inf, -2.5, 1e-30, 3e38]


def page_of(*outputs: str) -> str:
    body = "\n".join(f"{output}\n{self_contained_assets()}" for output in outputs)
    return (
        f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>page</title><main>{body}</main>"
    )


@pytest.fixture
def show(read, tmp_path: Path) -> Callable[..., Page]:
    """Open a page of outputs in a browser that reaches plotly's CDN and nothing else."""

    def open_page(*outputs: str, **options: object) -> Page:
        path = tmp_path / "page.html"
        path.write_text(page_of(*outputs), encoding="utf-8")
        reader = read(answers={CDN: get_plotlyjs()}, **options)
        page = reader.open(path.as_uri())
        assert reader.strangers == []
        assert reader.faults == []
        return page

    return open_page


def line(name: str = "line", **axes: Any) -> Explorer:
    def draw(slope: float = 1, word: str = "a", on: bool = False) -> go.Figure:
        y = [slope * k for k in range(3)]
        figure = go.Figure(go.Scatter(x=[0, 1, 2], y=y, name=f"{word} {on}"))
        figure.update_layout(title_text=f"slope {slope}", xaxis_title_text="time (s)")
        meta = {"summary": f"Slope {slope}, {word}, {on}.", "pick": {"set": {"slope": "x"}}}
        return figure.update_layout(meta=meta)

    return explore(
        draw, name=name, **(axes or {"slope": [1, 2, 3], "word": ["a", "b"], "on": True})
    )


def reading(root: Locator) -> str:
    return root.get_by_role("status").inner_text()


def numbers(root: Locator) -> list[list[float]]:
    """The y of every trace, as the page holds them."""
    return root.locator(".js-plotly-plot").evaluate(
        """graph => graph.data.map(trace => {
          const flat = v => v.bdata ? v : Array.from(v, x => x.length === undefined ? String(x)
            : Array.from(x, String)).flat();
          return flat(trace.z || trace.y);
        })"""
    )


def test_every_kind_of_control_works_outside_the_book(show):
    page = show(explorer_html(line()))
    root = page.locator(".explorer")
    root.get_by_label("slope").first.press("ArrowRight")
    root.get_by_label("word").select_option(label="b")
    root.get_by_label("on", exact=True).check()
    page.wait_for_function(
        "document.querySelector('.explorer [role=status]').textContent === 'Slope 2, b, True.'"
    )
    assert numbers(root) == [["0", "2", "4"]]
    page.wait_for_function("location.hash === '#line?slope=2&word=b&on=true'")


def test_hostile_names_and_values_stay_text(show):
    def draw(word: str = HOSTILE, other: int = 1) -> go.Figure:
        figure = go.Figure(go.Scatter(x=[0, 1], y=[0, other], name=word, text=[word, word]))
        figure.update_layout(xaxis_title_text=word, meta={"summary": f"{word} {other}"})
        return figure.update_layout(annotations=[{"text": "x", "name": word}])

    explorer = explore(
        draw, name="hostile", labels={"word": HOSTILE}, word=[HOSTILE, "=1+1", "b"], other=[1, 2]
    )
    page = show(explorer_html(explorer), figure_html(draw()))
    root = page.locator(".explorer")
    root.locator("summary").click()
    root.locator("tbody tr").first.wait_for()
    assert HOSTILE.strip("\u2028") in page.locator(".explorer [role=status]").text_content()
    assert root.locator("select option").first.text_content() == HOSTILE
    root.locator("select").select_option(label="b")
    page.wait_for_function(
        "document.querySelector('.explorer [role=status]').textContent === 'b 1'"
    )
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("precision", [None, {"y": absolute(1e-3)}, {"x": relative(1e-3)}])
def test_numbers_that_are_none_travel_as_themselves(show, precision):
    def draw(k: int = 0) -> go.Figure:
        values = ODD if precision is None else [v for v in ODD if not 1e5 < abs(v) < math.inf]
        values = values[k:] + values[:k]
        figure = go.Figure(go.Scatter(x=list(range(len(values))), y=values))
        return figure.update_layout(meta={"summary": f"Turned by {k}.", "largest": math.inf})

    page = show(explorer_html(explore(draw, name="odd", k=[0, 1, 2], precision=precision)))
    root = page.locator(".explorer")
    root.get_by_label("k").first.press("ArrowRight")
    page.wait_for_function("document.querySelector('[role=status]').textContent === 'Turned by 1.'")
    expected = [float(v) for v in draw(1).data[0].y]
    shown = [float(v.replace("Infinity", "inf")) for v in numbers(root)[0]]
    for mine, theirs in zip(shown, expected, strict=True):
        close = math.isclose(mine, theirs, rel_tol=1e-6, abs_tol=6e-4 if precision else 0)
        assert mine == theirs or close or (math.isnan(mine) and math.isnan(theirs))
    root.locator("summary").click()
    root.locator("tbody tr").first.wait_for()
    cells = root.locator("tbody td:last-child").all_inner_texts()
    assert {"NaN", "inf", "-inf"} <= set(cells)


def test_surfaces_and_a_changing_number_of_curves_are_restored(show):
    def draw(n: int = 1) -> go.Figure:
        surface = go.Heatmap(z=[[n, 2, 3], [4, 5, 6 * n]])
        lines = [go.Scatter(y=[0, k, n]) for k in range(n)]
        return go.Figure([surface, *lines]).update_layout(meta={"summary": f"{n} curves."})

    page = show(explorer_html(explore(draw, name="surface", n=[1, 2, 3])))
    root = page.locator(".explorer")
    for n in (2, 3, 2, 1):
        root.get_by_label("n", exact=True).fill(str(n - 1))
        page.wait_for_function(
            "n => document.querySelector('.js-plotly-plot').data.length === n + 1", arg=n
        )
        expected = [[n, 2, 3, 4, 5, 6 * n], *([0, k, n] for k in range(n))]
        if n > 1:  # the default travels in plotly's own encoding
            assert [[float(v) for v in values] for values in numbers(root)] == expected


def test_a_click_on_the_figure_sets_the_controls_it_declares(show):
    page = show(explorer_html(line(slope=[0, 1, 2], word=["a", "b"])))
    root = page.locator(".explorer")
    assert reading(root).startswith("Slope 1")
    page.evaluate(
        "document.querySelector('.js-plotly-plot').emit('plotly_click', {points: [{x: 2, y: 4}]})"
    )
    page.wait_for_function(
        "document.querySelector('[role=status]').textContent.startsWith('Slope 2')"
    )
    box = root.locator(".js-plotly-plot .point").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function(
        "document.querySelector('[role=status]').textContent.startsWith('Slope 0')"
    )


def test_a_figure_may_set_another_explorer(show):
    def chart(shift: int = 0) -> go.Figure:
        figure = go.Figure(go.Scatter(x=[1, 2, 3], y=[shift] * 3, mode="markers"))
        pick = {"set": {"slope": "x"}, "explorer": "line"}
        return figure.update_layout(meta={"summary": f"Shift {shift}.", "pick": pick})

    page = show(explorer_html(explore(chart, shift=[0, 1])), explorer_html(line()))
    page.evaluate(
        "document.querySelector('[data-explorer=chart] .js-plotly-plot')"
        ".emit('plotly_click', {points: [{x: 3, y: 0}]})"
    )
    page.wait_for_function(
        "document.querySelector('[data-explorer=line] [role=status]').textContent"
        ".startsWith('Slope 3')"
    )


def test_one_click_may_set_several_explorers(show):
    def chart(shift: int = 0) -> go.Figure:
        figure = go.Figure(go.Scatter(x=[0, 1, 2], y=[shift] * 3))
        other = {"set": {"slope": "x"}, "explorer": "line", "fixed": {"word": "b"}}
        pick = [{"set": {"shift": "x"}}, other]
        return figure.update_layout(meta={"summary": f"Shift {shift}.", "pick": pick})

    page = show(explorer_html(explore(chart, shift=[0, 1, 2])), explorer_html(line()))
    page.evaluate(
        "document.querySelector('[data-explorer=chart] .js-plotly-plot')"
        ".emit('plotly_click', {points: [{x: 2, y: 0}]})"
    )
    for name, start in [("line", "Slope 2, b"), ("chart", "Shift 2")]:
        page.wait_for_function(
            "([name, start]) => document.querySelector(`[data-explorer=${name}] [role=status]`)"
            ".textContent.startsWith(start)",
            arg=[name, start],
        )


def test_linked_explorers_move_the_axes_they_share_and_no_other(show):
    def other(slope: int = 1, size: int = 1) -> go.Figure:
        figure = go.Figure(go.Scatter(y=[slope, size]))
        return figure.update_layout(meta={"summary": f"Other {slope}, {size}."})

    axes = {"slope": [1, 2, 3], "size": [1, 2]}
    linked = explorer_html(explore(other, name="linked", link="both", **axes))
    loose = explorer_html(explore(other, name="loose", **axes))
    page = show(explorer_html(line(link="both", slope=[0, 1, 2, 3])), linked, loose)
    said = "[data-explorer={}] [role=status]"
    page.locator("[data-explorer=line]").get_by_label("slope").first.press("End")
    expect(page.locator(said.format("linked"))).to_have_text("Other 3, 1.")
    page.locator("[data-explorer=linked]").get_by_label("slope").first.press("ArrowLeft")
    expect(page.locator(said.format("line"))).to_contain_text("Slope 2")
    page.locator("[data-explorer=line]").get_by_label("slope").first.press("Home")
    page.wait_for_timeout(200)
    # Slope 0 is on one axis alone, so the other stays where it was.
    expect(page.locator(said.format("linked"))).to_have_text("Other 2, 1.")
    expect(page.locator(said.format("loose"))).to_have_text("Other 1, 1.")


def test_who_follows_what_a_hand_moves_is_drawn_as_lightly(show):
    def other(slope: int = 1) -> go.Figure:
        figure = go.Figure(go.Scatter(y=[slope, 1]))
        return figure.update_layout(meta={"summary": f"Other {slope}."})

    linked = explorer_html(explore(other, link="both", slope=[0, 1, 2]))
    page = show(explorer_html(line(link="both", slope=[0, 1, 2])), linked)
    drawn = page.locator("[data-explorer=line] [data-axis=slope]").evaluate(
        """async slider => {
          slider.value = "2";
          slider.dispatchEvent(new Event('input', { bubbles: true }));
          for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
          return [...document.querySelectorAll(".explorer")].map(
            root => root.querySelectorAll(".explorer-graph > .light").length);
        }"""
    )
    assert drawn == [1, 1]
    expect(page.locator(".light")).to_have_count(0)  # at rest
    expect(page.locator("[data-explorer=other] [role=status]")).to_have_text("Other 2.")


def test_a_follower_never_takes_its_leader_back(show):
    def other(slope: int = 1, size: int = 1) -> go.Figure:
        figure = go.Figure(go.Scatter(y=[slope, size]))
        return figure.update_layout(meta={"summary": f"Other {slope}, {size}."})

    slopes = list(range(30))
    linked = explorer_html(explore(other, link="both", slope=slopes, size=[1, 2]))
    page = show(explorer_html(line(link="both", slope=slopes, word=["a", "b"])), linked)
    places = page.locator("[data-explorer=line] [data-axis=slope]").evaluate(
        """async slider => {
          const seen = [];
          for (let i = 1; i < 30; i++) {
            slider.value = String(i);
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise(requestAnimationFrame);
            seen.push(Number(slider.value));
          }
          return seen;
        }"""
    )
    assert places == slopes[1:]
    expect(page.locator("[data-explorer=other] [role=status]")).to_have_text("Other 29, 1.")


def test_a_goal_that_precedes_its_explorer_is_judged_all_the_same(show):
    explorer = line()
    page = show(goal("Reach slope 3.", explorer, {"slope": 3}).html(), explorer_html(explorer))
    page.locator(".explorer").get_by_label("slope").first.press("End")
    page.locator(".explorer-goal[data-reached=now]").wait_for()


def test_presets_set_a_state_and_show_which_stands(show):
    explorer = line()
    page = show(
        presets(explorer, {"flat": {"slope": 1}, "steep": {"slope": 3}}).html(),
        explorer_html(explorer),
    )
    flat, steep = (page.get_by_role("button", name=name) for name in ("flat", "steep"))
    expect(steep).to_be_enabled()
    expect(steep).to_have_attribute("aria-pressed", "false")
    steep.click()
    expect(steep).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".explorer [role=status]")).to_contain_text("Slope 3")
    flat.press("Enter")
    expect(steep).to_have_attribute("aria-pressed", "false")
    expect(flat).to_have_attribute("aria-pressed", "true")


def test_a_figure_reads_on_a_dark_page_of_unknown_origin(show, tmp_path):
    page = show(f'<div style="background:#111;color:#eee">{explorer_html(line())}</div>')
    fill = page.locator(".js-plotly-plot .xtick text").first.evaluate(
        "t => getComputedStyle(t).fill"
    )
    red = int(fill.split("(")[1].split(",")[0])
    assert red > 180, f"tick labels are {fill} on a nearly black page"


def test_a_plain_figure_draws_itself_and_has_words(show):
    figure = go.Figure(go.Bar(x=["a", "b"], y=[1, 2])).update_layout(title_text="Two <b>bars</b>")
    page = show(figure_html(figure))
    assert page.locator(".figure .js-plotly-plot .bars").count() == 1
    assert page.get_by_role("img", name="Two bars").count() == 1


def without_plotly(read, tmp_path, explorer):
    path = tmp_path / "page.html"
    path.write_text(page_of(explorer_html(explorer)), encoding="utf-8")
    page = read().page
    page.goto(path.as_uri())
    return page


def test_a_page_without_plotly_draws_and_moves(read, tmp_path):
    page = without_plotly(read, tmp_path, line())
    expect(page.locator(".explorer")).to_have_attribute("data-usable", "true")
    picture = page.locator(".explorer-graph > .light")
    before = picture.inner_html()
    page.get_by_role("slider").press("ArrowRight")
    expect(page.get_by_role("status")).to_contain_text("Slope 2")
    assert picture.count() == 1 and picture.inner_html() != before
    picture.hover()  # which asks for plotly, in vain
    page.get_by_role("slider").press("ArrowLeft")
    expect(page.get_by_role("status")).to_have_text(re.compile("^Slope 1"))
    assert "could not" not in page.get_by_role("status").inner_text()


def test_what_plotly_alone_can_draw_says_that_it_is_not_there(read, tmp_path):
    def ring(width=1):
        trace = go.Pie(values=[width, 1], hole=0.5)
        return go.Figure(
            trace, {"meta": {"summary": f"A ring of {width} and 1"}, "title": {"text": "ring"}}
        )

    page = without_plotly(read, tmp_path, explore(ring, width=[1, 2], name="ring"))
    expect(page.get_by_role("status")).to_contain_text("could not be drawn: plotly.js could not")
    expect(page.get_by_role("status")).to_contain_text("A ring of 1 and 1")
