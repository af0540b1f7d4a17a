"""The reading of a signal profile: what is said, and that it is what was drawn."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainability.figures.initialization_variance import signal_profile
from trainability.signal import propagate

fixed = settings(derandomize=True, deadline=None, max_examples=60)


def profile(signal, gradient, scale=1.0, setting="tanh, test") -> go.Figure:
    """Draw sizes as they are: the function takes their squares."""
    forward = torch.tensor(signal, dtype=torch.float64).square()
    backward = torch.tensor(gradient, dtype=torch.float64).square()
    return go.Figure(signal_profile(forward, backward, scale=scale, setting=setting))


def measured(sigma_w, depth, nonlinearity, dtype=torch.float32) -> go.Figure:
    q, gradient = propagate(
        [64] * (depth + 1),
        sigma_w=sigma_w,
        nonlinearity=nonlinearity,
        batch=16,
        generator=torch.Generator().manual_seed(0),
        dtype=dtype,
    )
    figure = signal_profile(q, gradient, scale=sigma_w, setting=f"{nonlinearity}, {depth} layers")
    return go.Figure(figure)


STATES = {
    "healthy": profile([1.0, 1.1, 0.9], [0.8, 1.2, 1.0]),
    "vanishing": profile([1.0, 0.1, 0.01], [1e-4, 1e-2, 1.0]),
    "exploding": profile([1.0, 10.0, 100.0], [1e4, 1e2, 1.0]),
    "overflow": profile([1.0, 1e30, math.inf], [1e4, 1e2, 1.0]),
    "underflow": profile([1.0, 0.9, 0.8], [0.0, 1e-40, 1.0]),
}
VERDICTS = {
    "healthy": "healthy",
    "vanishing": "vanishing",
    "exploding": "exploding",
    "overflow": "exploding",
    "underflow": "vanishing",
}


def summary(figure: go.Figure) -> str:
    return figure.layout.meta["summary"]


@pytest.mark.parametrize("state", STATES)
def test_the_reading_ends_with_its_verdict_and_with_no_other(state):
    meta = STATES[state].layout.meta
    assert meta["verdict"] == VERDICTS[state]
    assert meta["summary"].endswith(f": {VERDICTS[state]}.")
    others = set(VERDICTS.values()) - {VERDICTS[state]}
    assert not any(other in meta["summary"] for other in others)


def test_every_state_reads_differently_even_without_its_setting():
    def words(figure):
        return summary(figure).split(": ", 1)[1]

    assert len({words(figure) for figure in STATES.values()}) == len(STATES)
    assert len({figure.layout.title.text for figure in STATES.values()}) == len(STATES)


@pytest.mark.parametrize("state", STATES)
def test_the_reading_is_one_sentence_that_names_scale_and_setting(state):
    assert summary(STATES[state]).startswith("Scale 1, tanh, test: ")
    assert "\n" not in summary(STATES[state])


def test_the_vanishing_gradient_is_read_as_a_factor():
    assert "shrinks by a factor of 1.0·10⁴ on its way back" in summary(STATES["vanishing"])


def test_the_exploding_gradient_is_read_as_a_factor():
    assert "grows by a factor of 1.0·10⁴ on its way back" in summary(STATES["exploding"])


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(155, "160"), (999, "1000"), (3870, "3.9·10³"), (15400, "1.5·10⁴"), (2.5e107, "2.5·10¹⁰⁷")],
)
def test_factors_are_written_with_two_digits(ratio, words):
    assert f"grows by a factor of {words} on" in summary(profile([1, 1], [ratio, 1]))
    assert f"shrinks by a factor of {words} on" in summary(profile([1, 1], [1 / ratio, 1]))


def test_the_healthy_gradient_is_read_as_a_plain_number():
    assert "reaches the first layer at 0.8 times its size" in summary(STATES["healthy"])


def test_the_picture_marks_the_layer_where_numbers_leave_their_type():
    for state, words in [("overflow", "overflows at layer 3"), ("underflow", "0 at layer 1")]:
        setting, note = STATES[state].layout.annotations
        assert words in note.text
        assert f"at layer {note.x}" in note.text
        assert setting.text == "tanh, test"
    assert [note.text for note in STATES["healthy"].layout.annotations] == ["tanh, test"]


def test_a_deep_network_is_drawn_at_layers_spread_evenly_from_the_first_to_the_last():
    signal = [float(k) for k in range(1, 101)]
    curve = profile(signal, signal).data[0]
    assert curve.x[0] == 1 and curve.x[-1] == 100
    assert len(curve.x) == 26
    assert np.ptp(np.diff(curve.x)) <= 1
    assert np.allclose(curve.y, curve.x)
    shallow = profile(signal[:26], signal[:26]).data[0]
    assert list(shallow.x) == list(range(1, 27))


def test_a_click_on_a_layer_is_declared_where_it_is_asked_for():
    forward = torch.ones(3)
    pick = {"set": {"layer": "x"}, "explorer": "inside"}
    figure = signal_profile(forward, forward, scale=1.0, setting="tanh", pick=pick)
    assert figure["layout"]["meta"]["pick"] == pick
    assert "pick" not in profile([1, 1], [1, 1]).layout.meta


@pytest.mark.parametrize("broken", [math.inf, math.nan])
@pytest.mark.parametrize("layer", [1, 2, 4])
def test_the_signal_overflows_at_the_first_layer_that_is_not_finite(layer, broken):
    signal = [1.0] * (layer - 1) + [broken] * (5 - layer)
    figure = profile(signal, [1.0, 1.0, 1.0, 1.0])
    assert f"the signal overflows at layer {layer} of 4: exploding." in summary(figure)
    assert "overflow" in figure.layout.title.text


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_gradient_underflows_at_the_last_layer_that_it_does_not_reach(layer):
    gradient = [0.0] * layer + [1e-40] * (3 - layer) + [1.0]
    figure = profile([1.0] * 4, gradient)
    assert f"underflows to exactly 0 at layer {layer} of 4: vanishing." in summary(figure)
    assert "underflows" in figure.layout.title.text


@pytest.mark.parametrize("gradient", [[math.inf, 1e30, 1.0], [math.nan, math.inf, 1.0]])
def test_a_gradient_that_overflows_is_exploding_and_said_to_overflow(gradient):
    figure = profile([1.0, 1.0, 1.0], gradient)
    assert figure.layout.meta["verdict"] == "exploding"
    assert "overflow" in summary(figure)


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [
        (0.0099, "vanishing"),
        (0.0101, "healthy"),
        (1.0, "healthy"),
        (99.0, "healthy"),
        (101.0, "exploding"),
    ],
)
def test_a_factor_of_a_hundred_either_way_is_still_healthy(ratio, verdict):
    assert profile([1.0, 1.0], [ratio, 1.0]).layout.meta["verdict"] == verdict


def test_the_verdict_compares_the_first_layer_with_the_last_whatever_their_size():
    assert profile([1, 1], [1e-9, 1e-9]).layout.meta["verdict"] == "healthy"
    assert profile([1, 1], [1e-9, 1e-3]).layout.meta["verdict"] == "vanishing"
    assert profile([1, 1], [1e9, 1e3]).layout.meta["verdict"] == "exploding"


def test_the_ratios_are_first_against_last_and_last_against_first():
    meta = profile([2.0, 1.0, 5.0], [0.25, 1.0, 0.5]).layout.meta
    assert meta["gradient_ratio"] == pytest.approx(0.5)
    assert meta["signal_ratio"] == pytest.approx(2.5)


def test_a_signal_that_is_zero_from_the_start_has_no_ratio():
    meta = profile([0.0, 0.0], [0.0, 1.0]).layout.meta
    assert math.isnan(meta["signal_ratio"])
    assert meta["verdict"] == "vanishing"


sizes = st.floats(1e-150, 1e150) | st.sampled_from([0.0, math.inf, math.nan])


@fixed
@given(
    pairs=st.lists(st.tuples(sizes, sizes), min_size=1, max_size=12),
    last=st.tuples(sizes, st.floats(0.5, 2)),
)
def test_any_profile_gets_one_verdict_and_a_whole_sentence(pairs, last):
    signal, gradient = zip(*pairs, last, strict=True)
    meta = profile(signal, gradient).layout.meta
    assert meta["verdict"] in {"vanishing", "exploding", "healthy"}
    assert meta["summary"].endswith(f": {meta['verdict']}.")
    if not all(map(math.isfinite, signal)):
        assert meta["verdict"] == "exploding"
    elif 0.0 in gradient and all(map(math.isfinite, gradient)):
        assert meta["verdict"] == "vanishing"
    elif meta["verdict"] == "healthy":
        assert 0.0099 < gradient[0] / gradient[-1] < 101


def test_the_roots_of_the_mean_squares_are_drawn_layer_by_layer():
    figure = profile([1.0, 2.0, 3.0], [6.0, 5.0, 4.0])
    signal, gradient = figure.data
    assert list(signal.x) == list(gradient.x) == [1, 2, 3]
    assert list(signal.y) == pytest.approx([1.0, 2.0, 3.0])
    assert list(gradient.y) == pytest.approx([6.0, 5.0, 4.0])
    assert figure.layout.yaxis.type == "log"


def test_numbers_that_are_not_finite_are_drawn_as_themselves():
    signal, gradient = profile([1.0, math.inf, math.nan], [0.0, 1.0, 1.0]).data
    assert list(signal.y)[:2] == [1.0, math.inf]
    assert math.isnan(signal.y[2])
    assert gradient.y[0] == 0.0


def test_the_two_curves_differ_in_more_than_color():
    signal, gradient = profile([1.0, 1.0], [1.0, 1.0]).data
    assert signal.name != gradient.name
    assert signal.line.dash != gradient.line.dash


def test_the_tensors_of_the_caller_are_left_unchanged():
    forward, backward = torch.tensor([4.0, 9.0]), torch.tensor([1.0, 16.0])
    signal_profile(forward, backward, scale=1.0, setting="relu")
    assert forward.tolist() == [4.0, 9.0]
    assert backward.tolist() == [1.0, 16.0]


@pytest.mark.parametrize(
    ("sigma_w", "depth", "nonlinearity", "dtype", "verdict", "words"),
    [
        (1.0, 10, "tanh", torch.float32, "healthy", "reaches the first layer"),
        (2**0.5, 30, "relu", torch.float32, "healthy", "reaches the first layer"),
        (0.5, 50, "tanh", torch.float32, "vanishing", "shrinks by a factor of"),
        (2.0, 40, "linear", torch.float32, "exploding", "grows by a factor of"),
        (10.0, 45, "linear", torch.float32, "exploding", "signal overflows at layer"),
        (10.0, 45, "linear", torch.float64, "exploding", "grows by a factor of"),
        (0.1, 60, "tanh", torch.float32, "vanishing", "underflows to exactly 0"),
        (0.1, 60, "tanh", torch.float64, "vanishing", "shrinks by a factor of"),
    ],
)
def test_networks_that_theory_knows_are_read_as_theory_says(
    sigma_w, depth, nonlinearity, dtype, verdict, words
):
    figure = measured(sigma_w, depth, nonlinearity, dtype)
    assert figure.layout.meta["verdict"] == verdict
    assert words in summary(figure)
