"""One network by a pure function: the numbers of ``propagate``, in Python and in a page."""

import math

import pytest
import torch

from trainability.figures.initialization_variance import signal_profile
from trainability.figures.signal_by_layer import read_signal, signal_by_layer
from trainability.programs import Program
from trainability.programs.figure import filled
from trainability.programs.tracing import trace
from trainability.signal import layer_by_layer, propagate

RUN = """
  const text = (array) => Array.from(array, String);
  return given.map(({ plan, settings }) => {
    const program = new module.Program(plan);
    const { forward, backward } = program.run(settings);
    return [text(forward), text(backward)];
  });
"""
ENDS = {
    "sizes": {"depth": (1, 100), "width": (8, 256)},
    "numbers": {"init_scale": (0.25, 4.0), "bias_scale": (0.0, 1.0)},
}
# Not chaotic: what rounding does to these is not amplified by many layers.
STATES = [
    ("tanh", "float32", 1.0, 0.0, 50, 128, 0),
    ("tanh", "float32", 1.1, 0.3, 20, 33, 123456),
    ("relu", "float32", 1.41, 0.0, 100, 64, 7),
    ("sigmoid", "float32", 3.7, 0.5, 30, 20, 2**32 - 1),
    ("linear", "float32", 2.5, 0.0, 100, 128, 3),
    ("linear", "float64", 2.5, 0.1, 5, 9, 3),
    ("relu", "float32", 2.0, 1.0, 1, 8, 4),
    ("relu", "float32", 4.0, 0.0, 2, 256, 5),
]


def by_torch(nonlinearity, number_type, init_scale, bias_scale, depth, width, seed):
    return layer_by_layer(
        init_scale,
        bias_scale,
        depth,
        width,
        nonlinearity,
        number_type,
        generator=torch.Generator().manual_seed(seed),
    )


@pytest.mark.parametrize("state", STATES, ids=str)
def test_it_is_the_network_of_propagate(state):
    nonlinearity, number_type, init_scale, bias_scale, depth, width, seed = state
    wanted = propagate(
        [width] * (depth + 1),
        sigma_w=init_scale,
        sigma_b=bias_scale,
        nonlinearity=nonlinearity,
        batch=16,
        generator=torch.Generator().manual_seed(seed),
        dtype=getattr(torch, number_type),
    )
    found = by_torch(*state)
    torch.testing.assert_close(found["forward"], wanted.forward, rtol=1e-4, atol=0, equal_nan=True)
    torch.testing.assert_close(
        found["backward"], wanted.backward, rtol=1e-4, atol=0, equal_nan=True
    )


def in_a_page(in_module, state):
    nonlinearity, number_type, init_scale, bias_scale, depth, width, seed = state
    plan = trace(layer_by_layer, **ENDS, nonlinearity=nonlinearity, number_type=number_type)
    settings = {"init_scale": init_scale, "bias_scale": bias_scale, "depth": depth}
    given = [{"plan": plan.document(), "settings": settings | {"width": width, "seed": seed}}]
    ((forward, backward),) = in_module("runtime.js", RUN, given)
    read = [[float(x.replace("Infinity", "inf")) for x in part] for part in (forward, backward)]
    return [torch.tensor(part, dtype=torch.float64) for part in read]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_a_page_computes_the_curves_of_torch(in_module, state):
    wanted = by_torch(*state)
    for mine, name in zip(in_a_page(in_module, state), ("forward", "backward"), strict=True):
        torch.testing.assert_close(mine, wanted[name], rtol=1e-4, atol=0, equal_nan=True)


@pytest.mark.parametrize("number_type", ["float16", "bfloat16"])
@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
def test_short_types_leave_their_range_at_the_same_layer(in_module, number_type, scale):
    state = ("linear", number_type, scale, 0.0, 100, 16, 1)
    wanted = by_torch(*state)
    for mine, name in zip(in_a_page(in_module, state), ("forward", "backward"), strict=True):
        assert torch.equal(mine.isfinite(), wanted[name].isfinite())
        kept = wanted[name].isfinite() & (wanted[name] > 1e-12)
        torch.testing.assert_close(mine[kept], wanted[name][kept], rtol=0.1, atol=0)


def test_a_plan_is_small_and_the_same_each_time():
    fixed = {"nonlinearity": "tanh", "number_type": "float32"}
    text = trace(layer_by_layer, **ENDS, **fixed).text()
    assert len(text) < 20_000
    assert trace(layer_by_layer, **ENDS, **fixed).text() == text


READINGS = [
    ({}, "vanishing", "shrinks by a factor of"),
    ({"init_scale": 1.0}, "healthy", "reaches the first layer at"),
    ({"init_scale": 3.0}, "exploding", "grows by a factor of"),
    ({"init_scale": 4.0, "nonlinearity": "relu", "number_type": "float16"}, "exploding", "signal"),
    ({"init_scale": 0.25, "number_type": "float16"}, "vanishing", "underflows to exactly 0"),
    ({"depth": 1}, "healthy", "at 1 times its size"),
    ({"bias_scale": 0.25}, "vanishing", "Scale 0.5, bias scale 0.25, tanh"),
]


@pytest.mark.parametrize(("state", "verdict", "words"), READINGS)
def test_the_figure_says_what_happens(state, verdict, words):
    figure = Program(layer_by_layer, signal_by_layer(), read_signal)(**state)
    meta = figure["layout"]["meta"]
    assert meta["verdict"] == verdict and words in meta["summary"]
    layers = state.get("depth", 50)
    assert [len(trace["x"]) for trace in figure["data"]] == [layers, layers]


EVENTS = [
    ([1, math.inf, math.nan, math.nan], [math.nan, math.inf, 1, 1]),
    ([1, math.inf, *[math.nan] * 6], [*[math.nan] * 6, math.inf, 1]),
    ([1, 1, 1, math.inf], [1, 1, 1, 1]),
    ([1, 1, 1, 1], [math.inf, 1, 1, 1]),
    ([1, 1, 1, 1], [0, 0, 0, 1]),
    ([1, 1, 1, 1], [0, math.inf, 1, 1]),
    ([0.5, 0.2, 0.1, 0.05], [1e-3, 0.01, 0.1, 1]),
    ([1, 2, 4, 8], [1e3, 100, 10, 1]),
    ([1, 1, 1, 1], [2, 1, 1, 1]),
]


@pytest.mark.parametrize(("signal", "gradient"), EVENTS)
def test_it_judges_and_marks_as_the_figure_of_one_profile_does(signal, gradient):
    squares = [torch.tensor(part, dtype=torch.float64) ** 2 for part in (signal, gradient)]
    wanted = signal_profile(*squares, scale=1.0, setting="")["layout"]
    words = {"init_scale": 1.0, "bias_scale": 0.0, "depth": len(signal), "width": 8}
    numbers = read_signal(*squares) | words
    drawn = filled(signal_by_layer(), numbers | {"nonlinearity": "tanh", "number_type": "float32"})
    found = drawn["layout"]
    assert found["meta"]["verdict"] == wanted["meta"]["verdict"]
    assert found["title"] == wanted["title"]
    assert found["shapes"] == wanted["shapes"]
    assert found["xaxis"] == wanted["xaxis"] and found["yaxis"] == wanted["yaxis"]
    assert found["annotations"][1:] == wanted["annotations"][1:]


def read(forward, backward):
    as_squares = [torch.tensor(part, dtype=torch.float64) ** 2 for part in (forward, backward)]
    return {name: tensor.tolist() for name, tensor in read_signal(*as_squares).items()}


def test_the_first_event_on_its_way_is_told():
    inf, nan = math.inf, math.nan
    fine = [1.0, 1.0, 1.0, 1.0]
    assert read([1, inf, nan, nan], fine)["signal_overflow"] == 2
    assert read([1, 1, 1, nan], fine)["signal_overflow"] == 4
    assert read(fine, fine)["signal_overflow"] == 0
    # The gradient comes from the last layer.
    turned = read(fine, [0.0, inf, 1.0, 1.0])
    assert (turned["gradient_overflow"], turned["gradient_underflow"]) == (2, 0)
    turned = read(fine, [0.0, 0.0, 1.0, 1.0])
    assert (turned["gradient_overflow"], turned["gradient_underflow"]) == (0, 2)
