"""A figure in motion: what moves is moved at once, and a reader does not see who draws."""

import re
from io import BytesIO
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from matplotlib.image import imread
from playwright.sync_api import Page, expect

from conftest import until
from trainability.explore import explore
from trainability.explore.controls import linear_range
from trainability.programs import Program

EXPLORER = "document.querySelector('.explorer').explorer"
# From here on plotly's drawings are counted, and none is made because the hand rests.
COUNT = f"""() => {{
  const explorer = {EXPLORER};
  const {{ react }} = explorer.Plotly;
  explorer.drawings = 0;
  explorer.Plotly = {{ ...explorer.Plotly,
    react: (...given) => {{ explorer.drawings += 1; return react(...given); }} }};
  explorer.rest = () => {{}};
}}"""
REST = f"async () => {{ {EXPLORER}.moving = false; await {EXPLORER}.paint(); }}"


def wave(phase=0.0, size=1.0):
    x = torch.arange(40) / 10
    y = size * torch.sin(x + phase)
    gap = torch.where((x > 1) & (x < 1.35), torch.full_like(x, float("nan")), y)
    rows = y[:12].unsqueeze(0) * torch.cos(x[:8]).unsqueeze(1)
    return {
        "x": x,
        "y": y,
        "gap": gap,
        "some": x[::8],
        "dots": y[::8],
        "rows": rows,
        "top": y.amax(),
    }


def mark(name):
    return {"$": name}


def figure(*more, **layout):
    line = {"type": "scatter", "mode": "lines", "name": "wave", "x": mark("x"), "y": mark("gap")}
    dots = {"type": "scatter", "mode": "lines+markers", "name": "dots", "x": mark("some")}
    return {
        "data": [line, dots | {"y": mark("dots"), "line": {"dash": "dot"}}, *more],
        "layout": {
            "title": {"text": {"$text": "A wave at {phase:3}"}},
            "meta": {"summary": {"$text": "A wave of {size:3} at {phase:3}."}},
            "xaxis": {"range": [0, 4]},
            "yaxis": {"range": [-2, 2]},
        }
        | layout,
    }


def waving(drawing):
    axes = {"phase": linear_range(-1, 1, 21), "size": linear_range(0.5, 3, 26)}
    return explore(Program(wave, drawing), name="wave", **axes)


@pytest.fixture
def show(alone):
    def open_page(drawing, **options):
        page = alone(waving(drawing), **options)
        page.evaluate(COUNT)
        return page

    return open_page


def press(page: Page, label: str, key: str = "ArrowRight", times: int = 3) -> None:
    control = page.get_by_label(label, exact=True)
    control.focus()
    for _ in range(times):
        page.keyboard.press(key)


def seen(page: Page) -> np.ndarray:
    picture = page.locator(".explorer-graph").screenshot(animations="disabled")
    return imread(BytesIO(picture))[..., :3]


@pytest.mark.parametrize("width", [1300, 390])
def test_lines_and_points_move_without_plotly_and_look_the_same_when_it_draws(show, width):
    page = show(figure(), width=width)
    before = seen(page)
    press(page, "phase")
    press(page, "size")
    expect(page.get_by_role("status")).to_contain_text("A wave of 1.07 at 0.075.")
    assert page.evaluate(f"{EXPLORER}.drawings") == 0
    moving = seen(page)
    page.evaluate(REST)
    assert page.evaluate(f"{EXPLORER}.drawings") == 1
    resting = seen(page)
    far = np.abs(before - resting).max(-1) > 0.2
    off = np.abs(moving - resting).max(-1) > 0.2
    assert far.sum() > 200 and off.sum() < far.sum() / 20


def test_a_gap_stays_a_gap_and_what_is_beyond_the_axes_is_cut_off(show):
    page = show(figure())
    press(page, "size", "End", 1)
    moving = seen(page)
    page.evaluate(REST)
    assert (np.abs(moving - seen(page)).max(-1) > 0.2).mean() < 1e-3


def test_at_rest_plotly_draws_once_and_hovering_finds_the_new_numbers(alone):
    page = alone(waving(figure()))
    press(page, "size", times=5)
    points = "document.querySelector('.js-plotly-plot').calcdata[1].map(({ y }) => y)"
    wanted = waving(figure()).numbers(size=1.125)["dots"].tolist()
    until(page, f"Math.abs({points}[1] - {wanted[1]}) < 1e-3")
    assert page.evaluate(points) == pytest.approx(wanted, abs=1e-3)
    assert page.evaluate(f"{EXPLORER}.moving") is False


def test_a_script_gets_a_figure_that_plotly_has_drawn(show):
    page = show(figure())
    page.evaluate(f"async () => {{ await {EXPLORER}.set({{ phase: 0.5 }}); }}")
    assert page.evaluate(f"{EXPLORER}.drawings") == 1


AXIS = {"yaxis": {"range": [-2, mark("top")]}}
FREE: dict[str, Any] = {"yaxis": {}}
NOTE = {"annotations": [{"text": {"$text": "{phase:3}"}, "x": 1, "y": 1, "showarrow": False}]}
MARKUP = {"title": {"text": {"$text": "<b>A wave</b> at {phase:3}"}}}
BARS = {"type": "bar", "name": "bars", "x": mark("some"), "y": mark("dots")}
STRIP = {"type": "heatmap", "z": mark("rows"), "zmin": -1, "zmax": 1, "showscale": False}
STRIP["colorscale"] = [[0, "#000080"], [0.5, "#ffffff"], [1, "#800000"]]
BARRED = STRIP | {"showscale": True, "colorbar": {"title": {"text": "heat"}, "thickness": 14}}


@pytest.mark.parametrize(
    ("more", "layout"),
    [((), AXIS), ((), FREE), ((), NOTE), ((), MARKUP), ((BARS,), {}), ((STRIP,), {})],
    ids=["an axis", "a free axis", "a note", "a title with markup", "bars", "a strip of heat"],
)
def test_whatever_moves_is_drawn_at_once_and_looks_the_same_when_plotly_draws(show, more, layout):
    page = show(figure(*more, **layout))
    before = seen(page)
    press(page, "phase")
    assert page.locator(".explorer-graph > .light").count() == 1
    assert page.evaluate(f"{EXPLORER}.drawings") == 0
    moving = seen(page)
    page.evaluate(REST)
    assert page.locator(".light").count() == 0
    resting = seen(page)
    far = np.abs(before - resting).max(-1) > 0.2
    off = np.abs(moving - resting).max(-1) > 0.2
    assert far.sum() > 200 and off.sum() < far.sum() / 4 and off.mean() < 0.01


@pytest.mark.parametrize(
    "trace",
    [{"type": "histogram", "x": mark("dots")}, BARRED | {"zmax": mark("size")}],
    ids=["a histogram", "a color bar that changes"],
)
def test_what_only_plotly_can_draw_it_draws_at_once(show, trace):
    page = show(figure(trace))
    press(page, "phase" if trace["type"] == "histogram" else "size", times=1)
    until(page, f"{EXPLORER}.drawings >= 1")
    assert page.locator(".light").count() == 0


@pytest.mark.parametrize("width", [1300, 390])
def test_a_color_bar_stands_still_beside_what_moves(show, width):
    page = show(figure(BARRED), width=width)
    bar = page.locator(".explorer-graph .colorbar").last
    place, image = bar.bounding_box(), seen(page)
    press(page, "phase")
    assert page.evaluate(f"{EXPLORER}.drawings") == 0
    assert page.locator(".light .colorbar").bounding_box() == place
    moving = seen(page)
    page.evaluate(REST)
    resting = seen(page)
    far = np.abs(image - resting).max(-1) > 0.2
    off = np.abs(moving - resting).max(-1) > 0.2
    assert far.sum() > 200 and off.sum() < far.sum() / 4 and off.mean() < 0.01


def test_no_zero_line_runs_over_a_map(show):
    line = "rgb(0, 128, 0)"
    page = show(figure(STRIP, yaxis={"range": [-2, 12], "zerolinecolor": line}, showlegend=False))
    press(page, "phase")
    moving = seen(page)
    page.evaluate(REST)
    resting = seen(page)
    green = [(np.abs(each - [0, 128 / 255, 0]).max(-1) < 0.05).sum() for each in (moving, resting)]
    assert green[0] == green[1]


def test_a_name_that_is_wider_than_the_plot_takes_one_row_of_the_legend(show):
    name = "a name that is wider than the plot of a phone"
    more = {"type": "scatter", "mode": "lines", "name": name, "x": mark("x"), "y": mark("y")}
    page = show(figure(more, xaxis={"range": [0, 4], "title": {"text": "time"}}), width=390)
    press(page, "phase")
    moving = page.locator(".light").get_by_text("time", exact=True).bounding_box()
    page.evaluate(REST)
    resting = page.locator(".xtitle").bounding_box()
    assert moving["y"] == pytest.approx(resting["y"], abs=1.5)


def test_each_power_of_a_log_axis_is_written_by_itself(show):
    page = show(figure(xaxis={"type": "log", "range": [0, 4], "dtick": 1}))
    press(page, "phase")
    wanted = page.locator(".xtick text").all_text_contents()
    shown = page.locator(".light text").all_text_contents()
    assert wanted == ["1", "10", "100", "1000", "10k"]
    assert set(wanted) <= set(shown)


def test_a_point_whose_color_is_a_number_stands_in_the_legend_in_a_color(show):
    marker = {"color": mark("dots"), "size": 12, "cmin": -1, "cmax": 1}
    marker["colorscale"] = STRIP["colorscale"]
    dots = {"type": "scatter", "mode": "markers", "name": "colored", "marker": marker}
    page = show(figure(dots | {"x": mark("some"), "y": mark("dots")}))
    press(page, "phase")
    assert page.locator(".light").count() == 1
    fills = page.locator(".light g:has(> text) path").evaluate_all(
        "parts => parts.map((part) => part.getAttribute('fill'))"
    )
    assert [fill for fill in fills if fill != "none"] != []
    assert [fill for fill in fills if not re.fullmatch("none|#[0-9a-f]{6}", fill)] == []


LINES = {"contours": {"start": -1, "end": 1, "size": 0.25}, "x": [*range(12)], "y": [*range(8)]}


def test_contour_lines_are_as_thin_and_as_round_as_plotlys(show):
    page = show(figure(STRIP | LINES | {"type": "contour"}, yaxis={"range": [-2, 11]}))
    press(page, "phase")
    assert page.locator(".light").count() == 1
    moving = seen(page)
    page.evaluate(REST)
    assert (np.abs(moving - seen(page)).max(-1) > 0.25).sum() < 250


def test_a_figure_without_the_color_bar_of_the_last_has_no_room_for_one(alone):
    def shown(kind="a bar"):
        bar = {"z": [[0, 1], [1, 0]], "zmin": 0, "zmax": 1, "showscale": kind == "a bar"}
        meta = {"summary": f"With {kind}."}
        trace = STRIP | BARRED | bar
        return go.Figure(trace, {"title": {"text": "A"}, "meta": meta})

    page = alone(explore(shown, name="chosen", kind=["a bar", "none"]))
    page.evaluate(COUNT)
    page.get_by_label("kind").select_option("none")
    expect(page.get_by_role("status")).to_have_text("With none.")
    assert page.locator(".light").count() == 1
    moving = seen(page)
    page.evaluate(REST)
    assert (np.abs(moving - seen(page)).max(-1) > 0.2).mean() < 1e-2


def test_in_another_theme_plotly_draws_its_color_bar_anew(show):
    page = show(figure(BARRED))
    press(page, "phase")
    inks = """[...new Set(Array.from(document.querySelectorAll('.colorbar text'),
      (text) => getComputedStyle(text).fill))].join()"""
    before = page.evaluate(inks)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    until(page, f"{EXPLORER}.drawings >= 1")
    until(page, f"{inks} !== {before!r} && !{inks}.includes({before!r})")


def test_a_pinned_curve_stays_where_it_is_while_the_other_moves(show):
    page = show(figure())
    page.get_by_role("button", name="Pin").click()
    until(page, f"{EXPLORER}.drawings === 1")
    lines = """[...document.querySelectorAll('.light path[fill=none]')].map(
      (path) => path.getAttribute('d')).filter((d) => d.split('L').length > 4)"""
    press(page, "phase", times=1)
    before = page.evaluate(lines)
    press(page, "phase")
    after = page.evaluate(lines)
    assert page.evaluate(f"{EXPLORER}.drawings") == 1
    assert len(before) == len(after) == 4
    assert sorted(before[k] == after[k] for k in range(4)) == [False, False, True, True]


def test_a_choice_is_drawn_by_the_light_too(alone):
    def shown(kind="small"):
        y = [0.0, 1.0 if kind == "small" else 2.0]
        meta = {"summary": f"It is {kind}."}
        return go.Figure({"type": "scatter", "y": y}, {"title": {"text": kind}, "meta": meta})

    page = alone(explore(shown, name="chosen", kind=["small", "large"]))
    page.evaluate(COUNT)
    page.get_by_label("kind").select_option("large")
    expect(page.get_by_role("status")).to_have_text("It is large.")
    assert page.locator(".explorer-graph > .light").count() == 1
    assert page.evaluate(f"{EXPLORER}.drawings") == 0


def test_a_theme_that_changes_in_motion_changes_the_picture(show):
    page = show(figure())
    press(page, "phase")
    fill = "document.querySelector('.light').getAttribute('fill')"
    before = page.evaluate(fill)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    until(page, f"{fill} !== {before!r}")
    moving = seen(page)
    page.evaluate(REST)
    assert (np.abs(moving - seen(page)).max(-1) > 0.2).mean() < 1e-2


def test_a_curve_that_is_not_there_is_left_out_of_picture_and_legend(alone):
    def shown(boundary="none"):
        traces = [{"type": "scatter", "y": [0, 1], "name": "points"}]
        there = {} if boundary == "none" else {"x": [0, 1], "y": [1, 0]}
        traces.append({"type": "scatter", "name": "boundary", "showlegend": True} | there)
        layout = {"title": {"text": "A"}, "meta": {"summary": f"The boundary: {boundary}."}}
        return go.Figure(traces, layout)

    page = alone(explore(shown, name="chosen", boundary=["one", "none"]))
    page.evaluate(COUNT)
    legend = page.locator(".light").get_by_text("boundary", exact=True)
    for boundary, count in (("none", 0), ("one", 1), ("none", 0)):
        page.get_by_label("boundary", exact=True).select_option(boundary)
        expect(page.get_by_role("status")).to_have_text(f"The boundary: {boundary}.")
        expect(legend).to_have_count(count)
    moving = seen(page)
    page.evaluate(REST)
    assert (np.abs(moving - seen(page)).max(-1) > 0.2).mean() < 1e-2
    moving = seen(page)
    page.evaluate(REST)
    assert (np.abs(moving - seen(page)).max(-1) > 0.2).mean() < 1e-2
