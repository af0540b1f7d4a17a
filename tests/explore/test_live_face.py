"""The live face without a front end: what a control does, when the function is called."""

import asyncio
import math
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
def face(wave, monkeypatch):
    def no_loop():
        raise RuntimeError

    # The browser of other tests keeps a loop running in this thread.
    monkeypatch.setattr(schedule, "asyncio", SimpleNamespace(get_running_loop=no_loop))
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
    assert "curve 2 y" in accordion.children[0].value


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
