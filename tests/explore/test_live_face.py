"""The live face without a front end: what a control does, when the function is called."""

import asyncio
import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.explore import explore, schedule
from trainability.explore.controls import linear_range, log_range
from trainability.explore.live import LiveFace


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


@pytest.fixture
def wave():
    return Wave()


@pytest.fixture
def at_once(monkeypatch):
    """Serve every change at once, though the browser of other tests keeps a loop running."""

    def no_loop():
        raise RuntimeError

    monkeypatch.setattr(schedule, "asyncio", SimpleNamespace(get_running_loop=no_loop))


@pytest.fixture
def face(wave, at_once):
    controls = {"frequency": log_range(0.1, 10, 21), "kind": ["sin", "cos"]}
    explorer = explore(wave, name="wave", curves=[1, 2, 3], shift=False, **controls)
    return LiveFace(explorer)


def words(face):
    return face._status.value


@pytest.mark.parametrize(
    "state",
    [
        {"frequency": 2.345},
        {"frequency": 0.5},
        {"kind": "cos"},
        {"curves": 3},
        {"shift": True},
        {"frequency": 3.3, "kind": "cos", "curves": 2, "shift": True},
    ],
)
def test_moving_controls_shows_what_a_direct_call_returns(face, wave, state):
    for axis, value in state.items():
        face.controls[axis].value = value
    direct = wave(**state)
    assert len(face.figure.data) == len(direct.data)
    for shown, expected in zip(face.figure.data, direct.data, strict=True):
        assert np.array_equal(shown.y, expected.y)
        assert shown.name == expected.name
    assert face.figure.layout.title.text == direct.layout.title.text
    assert len(face.figure.layout.annotations) == len(direct.layout.annotations)
    assert direct.layout.meta["summary"].replace("&", "&amp;") in words(face)


def test_what_one_state_adds_the_next_takes_away(face):
    before = face.figure.to_plotly_json()
    face.controls["frequency"].value = 0.5
    face.controls["curves"].value = 3
    face.set(face.explorer.defaults)
    after = face.figure.to_plotly_json()
    for document in (before, after):
        for trace in document["data"]:
            trace.pop("uid", None)
    assert after["data"] == before["data"]
    assert after["layout"].get("annotations", []) == before["layout"].get("annotations", [])


def test_an_error_of_the_function_is_told_and_the_figure_stays(face):
    shown = [tuple(trace.y) for trace in face.figure.data]
    face.controls["frequency"].value = 10.0
    assert 'role="alert"' in face._caption.value
    assert "ZeroDivisionError: too fast &lt;b&gt;" in face._caption.value
    assert [tuple(trace.y) for trace in face.figure.data] == shown


def test_the_caption_says_how_long_and_where(face):
    face.controls["frequency"].value = 2.0
    assert "ms on cpu" in face._caption.value


def test_a_pinned_curve_stays_beneath_the_present_one(face):
    pin = face.widget.children[-2].children[1]
    before = tuple(face.figure.data[0].y)
    pin.value = True
    face.controls["frequency"].value = 2.0
    assert [trace.name for trace in face.figure.data] == ["curve 1", "curve 1 (pinned)"]
    assert tuple(face.figure.data[1].y) == before
    pin.value = False
    assert len(face.figure.data) == 1


def test_a_click_sets_the_controls_that_the_figure_declares(face):
    trace = face.figure.data[0]
    points = SimpleNamespace(point_inds=[1], xs=[4.2], ys=[0.0])
    for callback in trace._click_callbacks:
        callback(trace, points, None)
    assert face.controls["frequency"].value == 4.2


def test_linked_faces_move_the_axes_they_share(face, wave):
    def other(frequency=1.0, size=1):
        figure = go.Figure(go.Scatter(y=[frequency, size]))
        return figure.update_layout(meta={"summary": f"Other {frequency:.3f}, {size}."})

    axes = {"frequency": log_range(0.1, 10, 21), "size": [1, 2]}
    leader = LiveFace(explore(other, name="leader", link="pair", **axes))
    follower = LiveFace(explore(wave, name="follower", link="pair", frequency=axes["frequency"]))
    leader.controls["frequency"].value = 2.345
    assert follower.controls["frequency"].value == 2.345
    assert "at 2.345" in words(follower)
    assert face.controls["frequency"].value == 1.0
    follower.controls["frequency"].value = 0.5
    assert "Other 0.500" in words(leader)


def test_a_click_may_set_an_axis_to_a_value_of_its_own(wave):
    def chart(shift=0):
        pick = {"set": {"frequency": "x"}, "explorer": "target", "fixed": {"kind": "cos"}}
        meta = {"summary": f"Shift {shift}.", "pick": [pick]}
        return go.Figure(go.Scatter(x=[1, 2], y=[shift, 1]), {"meta": meta})

    axes = {"frequency": log_range(0.1, 10, 21), "kind": ["sin", "cos"]}
    target = LiveFace(explore(wave, name="target", **axes))
    trace = LiveFace(explore(chart, shift=[0, 1])).figure.data[0]
    for callback in trace._click_callbacks:
        callback(trace, SimpleNamespace(point_inds=[1], xs=[2.0], ys=[1.0]), None)
    assert target.state == {"frequency": 2.0, "kind": "cos"}


def test_values_beyond_a_range_go_to_its_nearest_end(face):
    face.set({"frequency": 0.001, "curves": 2})
    assert math.isclose(face.controls["frequency"].value, 0.1)
    assert face.controls["curves"].value == 2


def test_the_table_is_made_when_it_is_opened(face):
    accordion = face.widget.children[-1]
    assert accordion.children[0].value == ""
    accordion.selected_index = 0
    assert accordion.children[0].value.count("<tr>") == 10
    face.controls["curves"].value = 2
    assert "<th scope='col'>curve 2</th>" in accordion.children[0].value


def test_fifty_changes_in_a_row_call_the_function_a_handful_of_times(wave):
    face = LiveFace(explore(wave, name="rapid", frequency=linear_range(0.5, 3, 26), curves=[1, 2]))
    before = len(wave.calls)

    async def sweep():
        for i in range(1, 51):
            face.controls["frequency"].value = 0.5 + i / 25
            await asyncio.sleep(0.01)
        await asyncio.sleep(1.2)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(sweep())).result()
    assert len(wave.calls) - before <= 5
    assert wave.calls[-1] == face.controls["frequency"].value == 2.5
    assert "at 2.500" in words(face)


def test_a_slow_sweep_is_followed_while_it_lasts(wave):
    face = LiveFace(explore(wave, name="slow", frequency=linear_range(0.5, 3, 26), curves=[1, 2]))
    before = len(wave.calls)

    async def sweep():
        for i in range(1, 5):
            face.controls["frequency"].value = 0.5 + i / 25
            await asyncio.sleep(0.3)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(sweep())).result()
    assert len(wave.calls) - before == 4


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


def test_a_kernel_offers_axes_and_values_that_the_page_has_not(at_once):
    explorer = with_more()
    assert [axis["name"] for axis in explorer.payload["axes"]] == ["scale", "depth"]
    assert len(explorer.payload["axes"][1]["labels"]) == 2
    face = LiveFace(explorer)
    assert list(face.controls) == ["scale", "depth", "width", "device"]
    assert face.state == {"scale": 1.0, "depth": 10, "width": 16, "device": "gpu"}
    face.set({"depth": 200, "width": 64, "device": "cpu"})
    assert face.state == {"scale": 1.0, "depth": 200, "width": 64, "device": "cpu"}
    assert "depth 200, width 64, on cpu" in words(face)


def test_the_caption_names_the_device_in_words(at_once):
    face = LiveFace(with_more())
    assert "Computed on Fast one." in face._caption.value
    face.controls["device"].value = "cpu"
    assert "ms on CPU." in face._caption.value


def test_a_single_device_is_named_and_not_offered(at_once):
    face = LiveFace(with_more(device={"Only one": "cpu"}))
    assert list(face.controls) == ["scale", "depth"]
    assert face.state["device"] == "cpu"
    face.controls["scale"].value = 2.0
    assert "ms on Only one." in face._caption.value and "on cpu" in words(face)


def test_reset_takes_the_further_axes_back_too(at_once):
    face = LiveFace(with_more())
    face.set({"width": 128, "device": "cpu"})
    reset = next(b for b in face.widget.children[-2].children if b.description == "Reset")
    reset.click()
    assert face.state == {"scale": 1.0, "depth": 10, "width": 16, "device": "gpu"}


def test_what_a_function_warns_its_reader_of_is_shown_and_the_rest_passed_on(at_once):
    face = LiveFace(with_more())
    face.controls["width"].value = 64
    assert '<p role="note">width 64 is too large; shown with width 32.</p>' in face._caption.value
    with pytest.warns(RuntimeWarning, match="not for readers"):
        face.controls["width"].value = 128
    assert "note" not in face._caption.value


def crowded(scale=1.0, device=None):
    if device != "cpu":
        raise RuntimeError(FULL[scale])
    return wide(scale, device=device)


FULL = {1.0: "CUDA out of memory. Tried to allocate", 2.0: "CUBLAS_STATUS_ALLOC_FAILED", 3.0: "no"}


def test_what_does_not_fit_into_a_device_is_computed_on_the_last_and_said(at_once):
    face = LiveFace(explore(crowded, scale=list(FULL), live={"device": LIVE["device"]}))
    note = '<p role="note">The memory of Fast one ran out: computed on CPU.</p>'
    assert "on cpu." in words(face) and note in face._caption.value
    assert "Computed on CPU." in face._caption.value
    face.controls["scale"].value = 2.0
    assert "Scale 2" in words(face) and note in face._caption.value
    assert "ms on CPU." in face._caption.value
    face.controls["scale"].value = 3.0
    assert "RuntimeError: no" in face._caption.value and "Scale 2" in words(face)
    face.controls["device"].value = "cpu"
    assert "Scale 3" in words(face) and "note" not in face._caption.value


def test_what_the_defaults_warn_of_is_below_the_first_figure(at_once):
    def narrow(scale=1.0, width=64):
        return wide(scale, width=width)

    face = LiveFace(explore(narrow, scale=[1.0, 2.0], live={"width": [64]}))
    assert "width 64 is too large" in face._caption.value


def test_a_figure_may_say_that_it_was_made_elsewhere(at_once):
    def kept(scale=1.0, device=None):
        figure = wide(scale, device=device)
        return figure.update_layout(meta=dict(figure.layout.meta) | {"device": "a file"})

    face = LiveFace(explore(kept, scale=[1.0, 2.0], live={"device": LIVE["device"]}))
    assert "Computed on a file." in face._caption.value


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


def test_a_late_report_of_what_a_front_end_drew_takes_no_data(face, wave):
    kept = face.figure.data[0].x
    drawn = {"uid": face.figure.data[0].uid, "x": [7.0, 8.0], "opacity": 1}
    face.figure._js2py_traceDeltas = {
        "trace_deltas": [drawn],
        "trace_edit_id": face.figure._last_trace_edit_id,
    }
    face.figure._js2py_layoutDelta = {
        "layout_delta": {"title": {"text": "another"}},
        "layout_edit_id": face.figure._last_layout_edit_id,
    }
    assert face.figure.data[0].opacity == 1  # the report was read
    assert face.figure.data[0].x is kept
    assert face.figure.layout.title.text == "sin"


def test_an_update_leaves_nothing_that_a_front_end_must_remember(at_once):
    def two(slope=1):
        first = go.Scatter(x=[0, 1], y=[0, slope], line={"width": slope})
        second = go.Scatter(x=[0, 1], y=[0, 5], line={"width": 2}, name=f"at {slope}")
        meta = {"summary": f"Slope {slope}."}
        return go.Figure([first, second, go.Heatmap(z=[[slope]])], {"meta": meta})

    face = LiveFace(explore(two, slope=[1, 2, 3]))
    sent = []
    face.figure.observe(lambda change: sent.append(change["new"]), names="_py2js_update")
    face.controls["slope"].value = 3
    (update,) = filter(None, sent)
    assert update["style_traces"] == [0, 1, 2]
    changed = update["style_data"]
    assert [list(y) for y in changed["y"][:2]] == [[0, 3], [0, 5]]
    (widths,) = (changed[key] for key in changed if key.startswith("line"))
    assert widths[1] in (2, {"width": 2})


def test_a_value_that_a_front_end_has_rounded_is_the_listed_one(face, wave):
    listed = face.state["frequency"]
    before = len(wave.calls)
    face.controls["frequency"].value = listed * (1 + 1e-12)
    assert face.state["frequency"] == listed and len(wave.calls) == before
    face.controls["frequency"].value = listed * 1.01
    assert face.state["frequency"] == pytest.approx(listed * 1.01) and len(wave.calls) > before
