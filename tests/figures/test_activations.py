"""Activations and norms: the shares drawn, the verdict said, and nothing lost at the ends."""

import math
import re

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad, trapezoid

from trainability.figures.activations import layer_distribution, norm_fluctuation
from trainability.signal import layer_activations

fixed = settings(derandomize=True, deadline=None, max_examples=60)
VERDICTS = {"silent", "saturated", "exploding", "alive"}
NONLINEARITIES = ("tanh", "sigmoid", "relu", "linear")


def drawn(values, nonlinearity="tanh", scale=1.0, layer=3) -> go.Figure:
    activations = torch.as_tensor(values, dtype=torch.float64)
    return go.Figure(
        layer_distribution(activations, nonlinearity=nonlinearity, scale=scale, layer=layer)
    )


def network(nonlinearity, scale, layer, dtype=torch.float32) -> torch.Tensor:
    (values,) = layer_activations(
        [128] * (layer + 1),
        sigma_w=scale,
        layers=[layer],
        nonlinearity=nonlinearity,
        batch=16,
        generator=torch.Generator().manual_seed(0),
        dtype=dtype,
    )
    return values.view(16, 128)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def scattered(fan_out, nonlinearity="linear", matrices=4000) -> torch.Tensor:
    z = torch.tensor(normal(matrices, fan_out))
    g = z if nonlinearity == "linear" else 2**0.5 * z.relu()
    return g.square().mean(dim=1)


def fluctuation(ratios, fan_out, nonlinearity="linear") -> go.Figure:
    words = {"nonlinearity": nonlinearity, "setting": "normal weights"}
    return go.Figure(norm_fluctuation(torch.as_tensor(ratios), fan_out=fan_out, **words))


def meta(figure: go.Figure) -> dict:
    return figure.layout.meta


def ends_of(bars) -> tuple[float, float]:
    return bars.x[0] - bars.width / 2, bars.x[-1] + bars.width / 2


def assert_one_sentence(text: str) -> None:
    assert text.endswith(".") and "\n" not in text
    assert not re.search(r"[.!?]\s", text)


def assert_page_can_place(numbers) -> None:
    """In float32 they stay finite, and only zeros are zero."""
    wide = np.asarray(numbers, dtype=np.float64)
    assert (np.abs(wide) <= np.finfo(np.float32).max).all()
    assert ((wide.astype(np.float32) == 0) == (wide == 0)).all()
    assert (np.diff(wide.astype(np.float32)) > 0).all()


# What theory says of each: tanh shrinks by ½ a layer; at σ_w = 10 most of |z| is above
# artanh 0.9 = 1.47; ReLU grows by 4/√2; of sigmoid's inputs only a constant is left (χ₁ = 0.056).
THEORY = [
    ("tanh", 0.5, 20, "silent"),
    ("relu", 0.5, 10, "silent"),
    ("sigmoid", 1.0, 10, "silent"),
    ("tanh", 10.0, 5, "saturated"),
    ("sigmoid", 40.0, 1, "saturated"),
    ("relu", 4.0, 12, "exploding"),
    ("linear", 10.0, 45, "exploding"),
    ("tanh", 1.0, 5, "alive"),
    ("sigmoid", 1.0, 1, "alive"),
    ("relu", 2**0.5, 10, "alive"),
    ("linear", 1.0, 20, "alive"),
]


@pytest.mark.parametrize(("nonlinearity", "scale", "layer", "verdict"), THEORY)
def test_layers_that_theory_knows_are_read_as_theory_says(nonlinearity, scale, layer, verdict):
    values = network(nonlinearity, scale, layer)
    figure = go.Figure(
        layer_distribution(values, nonlinearity=nonlinearity, scale=scale, layer=layer)
    )
    assert meta(figure)["verdict"] == verdict
    assert meta(figure)["summary"].startswith(f"{nonlinearity}, scale {scale:.3g}, layer {layer}: ")
    assert meta(figure)["summary"].endswith(f": {verdict}.")
    assert not any(other in meta(figure)["summary"] for other in VERDICTS - {verdict})
    assert_one_sentence(meta(figure)["summary"])
    assert figure.layout.title.text.startswith(f"Layer {layer}: ")


def test_the_four_verdicts_have_titles_of_their_own():
    values = {"silent": 1e-3, "saturated": 30.0, "alive": 0.5}
    titles = [drawn(np.tanh(size * normal(999))).layout.title.text for size in values.values()]
    titles.append(drawn(1e3 * normal(999), "linear").layout.title.text)
    assert len({title.partition(" (")[0] for title in titles}) == 4


def test_units_that_differ_but_say_the_same_to_every_input_are_silent():
    constants = np.tile(1 / (1 + np.exp(-normal(50))), (16, 1))
    assert constants.std() > 0.1
    figure = drawn(constants + 1e-5 * normal(16, 50), "sigmoid")
    assert meta(figure)["verdict"] == "silent"
    assert meta(figure)["spread"] == pytest.approx(1e-5, rel=0.1)
    # Where the shape does not tell inputs apart, it cannot be seen.
    assert meta(drawn(constants.ravel(), "sigmoid"))["verdict"] == "alive"


def test_the_spread_is_numpys():
    values = 0.4 * normal(20, 30) + normal(30)
    units = math.sqrt(values.var(axis=0).mean())
    assert meta(drawn(values, "linear"))["spread"] == pytest.approx(units, rel=6e-3)
    alone = drawn(values.ravel(), "linear")
    assert meta(alone)["spread"] == pytest.approx(values.std(), rel=6e-3)
    assert f"(spread {values.std():.2g})" in alone.layout.title.text


@pytest.mark.parametrize(("spread", "words"), [(0.123, "0.12"), (101, "100"), (215, "220")])
def test_the_spread_is_written_without_an_exponent_where_that_is_short(spread, words):
    figure = drawn([-spread, spread], "linear")
    assert f"spread by {words}: " in meta(figure)["summary"]
    assert f"(spread {words})" in figure.layout.title.text


@pytest.mark.parametrize(
    ("spread", "verdict"),
    [(0.0099, "silent"), (0.0101, "alive"), (99, "alive"), (101, "exploding")],
)
def test_a_factor_of_a_hundred_either_way_is_still_alive(spread, verdict):
    assert meta(drawn([-spread, spread], "linear"))["verdict"] == verdict


@pytest.mark.parametrize(("share", "verdict"), [(0.5, "alive"), (0.51, "saturated")])
@pytest.mark.parametrize("nonlinearity", ["tanh", "sigmoid"])
def test_saturated_is_where_more_than_half_lie_near_the_ends(nonlinearity, share, verdict):
    z = np.where(np.arange(100) < 100 * share, 2.0, 0.5) * np.resize([-1, 1], 100)
    values = np.tanh(z) if nonlinearity == "tanh" else 1 / (1 + np.exp(-2 * z))
    summary = meta(drawn(values, nonlinearity))["summary"]
    assert summary.endswith(f": {verdict}.")
    assert ("51% of the activations" in summary) == (verdict == "saturated")


@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
def test_the_bars_are_numpys_histogram_in_percent(nonlinearity):
    z = 0.7 * normal(3000)
    functions = {"tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    functions |= {"relu": lambda z: np.maximum(z, 0), "linear": lambda z: z}
    values = functions[nonlinearity](z)
    (bars,) = drawn(values, nonlinearity).data
    low, high = ends_of(bars)
    counts, edges = np.histogram(np.clip(values, low, high), len(bars.x), (low, high))
    assert np.allclose(bars.x, (edges[1:] + edges[:-1]) / 2)
    assert np.allclose(bars.y, 100 * counts / 3000)
    assert sum(bars.y) == pytest.approx(100)


def test_each_nonlinearity_has_the_axis_of_its_values():
    def ends(nonlinearity, values):
        return ends_of(drawn(values, nonlinearity).data[0])

    assert ends("tanh", [0.1, -0.2]) == pytest.approx((-1, 1))
    assert ends("sigmoid", [0.5, 0.6]) == pytest.approx((0, 1))
    assert ends("relu", [0.0, 2**0.5]) == pytest.approx((0, 4), abs=1e-9)
    assert ends("linear", [-3.0, 3.0]) == pytest.approx((-12, 12))


def test_what_lies_beyond_the_axis_is_in_the_last_bar_and_the_axis_says_so():
    heavy = [0.0] * 990 + [100.0] * 10  # root mean square 10, so the axis ends at 40
    figure = drawn(heavy, "relu")
    assert ends_of(figure.data[0])[1] == pytest.approx(40)
    assert figure.data[0].y[-1] == pytest.approx(1)
    assert sum(figure.data[0].y) == pytest.approx(100)
    assert "last bar: all beyond" in figure.layout.xaxis.title.text
    both = drawn([*heavy, *(-100.0 for _ in range(10))], "linear")
    assert both.data[0].y[0] == both.data[0].y[-1] == pytest.approx(100 * 10 / 1010)
    assert "outer bars: all beyond" in both.layout.xaxis.title.text
    assert "beyond" not in drawn([0.1, 0.2]).layout.xaxis.title.text


@pytest.mark.parametrize("broken", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("count", [1, 1024, 2047, 2048])
def test_overflow_is_counted_and_never_dropped(broken, count):
    figure = drawn([broken] * count + [1.0] * (2048 - count), "linear")
    assert meta(figure)["verdict"] == "exploding"
    words = f"{count} of 2048 activations have overflowed: exploding."
    assert meta(figure)["summary"].endswith(words)
    assert figure.layout.title.text == "Layer 3: numbers have overflowed"
    assert sum(figure.data[0].y) == pytest.approx(100 * (1 - count / 2048))
    assert_page_can_place(figure.data[0].x)


@pytest.mark.parametrize("nonlinearity", ["relu", "linear"])
@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-48, 1e-30, 1.0, 1e37, 1e200, 1e300, 1.7e308])
def test_activations_of_any_size_are_placed_where_the_page_can_draw_them(size, nonlinearity):
    values = size * np.array([1.0, 0.5, 0.0, 0.25 if nonlinearity == "relu" else -1.0])
    figure = drawn(values, nonlinearity)
    (bars,) = figure.data
    assert_page_can_place(bars.x)
    assert sum(bars.y) == pytest.approx(100)
    assert 0 < bars.width < np.finfo(np.float32).max
    expected = "silent" if size < 1e-3 else "alive" if size == 1 else "exploding"
    assert meta(figure)["verdict"] == expected
    assert meta(figure)["spread"] == pytest.approx(size * (values / size).std(), rel=6e-3, abs=0)


def test_large_activations_that_are_all_the_same_are_silent():
    for nonlinearity in ("relu", "linear"):
        figure = drawn([1e200] * 5, nonlinearity)
        assert meta(figure)["verdict"] == "silent"
        assert figure.data[0].y[-1] == pytest.approx(100)


numbers = st.floats(allow_nan=True, allow_infinity=True)


@fixed
@given(values=st.lists(numbers, min_size=1, max_size=30), nonlinearity=st.sampled_from(["linear"]))
def test_any_numbers_get_one_verdict_a_whole_sentence_and_all_their_bars(values, nonlinearity):
    figure = drawn(values, nonlinearity)
    (bars,) = figure.data
    finite = [value for value in values if math.isfinite(value)]
    assert meta(figure)["verdict"] in VERDICTS - {"saturated"}
    assert meta(figure)["summary"].endswith(f": {meta(figure)['verdict']}.")
    assert_one_sentence(meta(figure)["summary"])
    assert sum(bars.y) == pytest.approx(100 * len(finite) / len(values))
    assert ("overflowed" in meta(figure)["summary"]) == (len(finite) < len(values))
    assert_page_can_place(bars.x)


def test_the_axes_of_the_activations_have_titles_with_units():
    for nonlinearity in NONLINEARITIES:
        layout = drawn([0.1, 0.5], nonlinearity).layout
        assert layout.xaxis.title.text.startswith(f"activation {nonlinearity}(z)")
        assert layout.yaxis.title.text == "share of activations (%)"


def test_the_activations_of_the_caller_are_left_unchanged():
    values = torch.tensor([[0.5, -2.0], [math.inf, 9.0]])
    before = values.clone()
    layer_distribution(values, nonlinearity="linear", scale=1.0, layer=1)
    assert torch.equal(values, before)
    ratios = torch.tensor([0.5, 7.0])
    norm_fluctuation(ratios, fan_out=1, nonlinearity="linear", setting="normal weights")
    assert ratios.tolist() == [0.5, 7.0]


@pytest.mark.parametrize(
    ("fan_out", "nonlinearity", "verdict"),
    [
        (1, "linear", "luck"),
        (22, "linear", "luck"),
        (23, "linear", "reliable"),
        (55, "relu", "luck"),
        (56, "relu", "reliable"),
    ],
)
def test_the_norm_is_luck_where_theory_scatters_by_more_than_three_tenths(
    fan_out, nonlinearity, verdict
):
    figure = fluctuation(scattered(fan_out, nonlinearity), fan_out, nonlinearity)
    assert meta(figure)["verdict"] == verdict
    summary = meta(figure)["summary"]
    assert summary.endswith(f": {verdict}.")
    assert ("luck" in summary) != ("reliable" in summary)
    assert_one_sentence(summary)
    units = "1 unit, " if fan_out == 1 else f"{fan_out} units, "
    assert summary.startswith(f"{units}{nonlinearity}, normal weights: ")


@pytest.mark.parametrize("fan_out", [1, 7, 200])
def test_the_variance_of_theory_is_that_of_the_moments_of_a_normal_number(fan_out):
    def moment(power):
        return quad(lambda z: z**power * stats.norm.pdf(z), 0, 40)[0]

    relu = (moment(4) / moment(2) ** 2 - 1) / fan_out
    linear = stats.chi2(fan_out).var() / fan_out**2
    found = [meta(fluctuation([1.0, 1.1], fan_out, g))["theory"] for g in ("linear", "relu")]
    assert found == pytest.approx([linear, relu], rel=6e-3)


@pytest.mark.parametrize("fan_out", [1, 10, 100])
@pytest.mark.parametrize("nonlinearity", ["linear", "relu"])
def test_the_measured_variance_is_numpys_and_close_to_theory(fan_out, nonlinearity):
    ratios = scattered(fan_out, nonlinearity)
    figure = fluctuation(ratios, fan_out, nonlinearity)
    variance = np.var(ratios.numpy())
    assert meta(figure)["variance"] == pytest.approx(variance, rel=6e-3)
    assert meta(figure)["variance"] == pytest.approx(meta(figure)["theory"], rel=0.25)
    percent = f"scatters by {100 * math.sqrt(variance):.0f}%"
    assert figure.layout.title.text.endswith(percent)


@pytest.mark.parametrize("fan_out", [1, 3, 50])
def test_the_bars_of_the_norms_are_numpys_histogram_in_percent(fan_out):
    ratios = scattered(fan_out)
    bars = fluctuation(ratios, fan_out).data[0]
    counts, edges = np.histogram(np.minimum(ratios.numpy(), 3), 60, (0, 3))
    assert np.allclose(bars.x, (edges[1:] + edges[:-1]) / 2)
    assert np.allclose(bars.y, 100 * counts / len(ratios))
    assert sum(bars.y) == pytest.approx(100)


def test_norms_beyond_the_axis_are_in_the_last_bar_and_the_axis_says_so():
    figure = fluctuation([0.5, 1.0, 3.5, 80.0], 1)
    assert figure.data[0].y[-1] == pytest.approx(50)
    assert "last bar: beyond" in figure.layout.xaxis.title.text


@pytest.mark.parametrize("fan_out", [1, 5, 20, 200])
@pytest.mark.parametrize("nonlinearity", ["linear", "relu"])
def test_the_bell_curve_counts_the_same_matrices_as_the_bars(fan_out, nonlinearity):
    figure = fluctuation([1.0, 1.1], fan_out, nonlinearity)
    bars, bell = figure.data
    width = bars.x[1] - bars.x[0]
    theory = stats.norm(1, math.sqrt(meta(figure)["theory"]))
    share = 100 * (theory.cdf(3) - theory.cdf(0))
    assert trapezoid(bell.y, bell.x) / width == pytest.approx(share, rel=2e-3)
    if theory.std() < 0.32:  # else its foot would lie below zero, where no norm is
        assert share == pytest.approx(100, abs=0.2)
    assert bell.x[np.argmax(bell.y)] == pytest.approx(1)


def test_bell_and_bars_differ_in_more_than_color_and_the_mean_is_marked():
    figure = fluctuation(scattered(10), 10)
    assert [trace.type for trace in figure.data] == ["bar", "scatter"]
    assert len({trace.name for trace in figure.data}) == 2
    (mark,) = figure.layout.shapes
    assert mark.x0 == mark.x1 == 1 and mark.line.dash == "dot"
    assert figure.layout.yaxis.title.text == "share of matrices (%)"
    assert figure.layout.xaxis.title.text.startswith("norm² / mean")
