"""What a random matrix does to a norm: the shares drawn, and the verdict said."""

import math
import re

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from hypothesis import settings
from scipy import stats
from scipy.integrate import quad

from trainability.figures.norm_fluctuation import norm_fluctuation

fixed = settings(derandomize=True, deadline=None, max_examples=60)
VERDICTS = {"silent", "saturated", "exploding", "alive"}
NONLINEARITIES = ("tanh", "sigmoid", "relu", "linear")


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


def assert_one_sentence(text: str) -> None:
    assert text.endswith(".") and "\n" not in text
    assert not re.search(r"[.!?]\s", text)


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
def test_the_exact_curve_is_the_chi_square_law_bar_by_bar(fan_out):
    _, exact = fluctuation([1.0, 1.1], fan_out).data
    edges = np.linspace(0, 3, 61)
    expected = 100 * np.diff(stats.chi2(fan_out, scale=1 / fan_out).cdf(edges))
    np.testing.assert_allclose(exact.y[:-1], expected[:-1], atol=1e-9)
    assert sum(exact.y) == pytest.approx(100)


@pytest.mark.parametrize("fan_out", [1, 5, 20, 200])
def test_the_exact_curve_of_relu_is_what_many_matrices_show(fan_out):
    _, exact = fluctuation([1.0, 1.1], fan_out, "relu").data
    ratios = scattered(fan_out, "relu", matrices=200_000 // fan_out).numpy()
    counts, _ = np.histogram(np.minimum(ratios, 2.9999), 60, (0, 3))
    expected = 100 * counts / len(ratios)
    error = 100 * np.sqrt(np.asarray(exact.y) / 100 / len(ratios))
    assert (np.abs(exact.y - expected) < 5 * error + 0.01).all()
    assert sum(exact.y) == pytest.approx(100, abs=1e-3)


def test_curve_and_bars_differ_in_more_than_color_and_the_mean_is_marked():
    figure = fluctuation(scattered(10), 10)
    assert [trace.type for trace in figure.data] == ["bar", "scatter"]
    assert len({trace.name for trace in figure.data}) == 2
    (mark,) = figure.layout.shapes
    assert mark.x0 == mark.x1 == 1 and mark.line.dash == "dot"
    assert figure.layout.yaxis.title.text == "share of matrices (%)"
    assert figure.layout.xaxis.title.text.startswith("norm² / mean")
