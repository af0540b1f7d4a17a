"""The trainability map and the phase diagram: what is drawn where, and what is said of it."""

import copy
import math
import re
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trainability import mean_field
from trainability.figures.mean_field import trainability_map
from trainability.figures.phase_diagram import phase_diagram

fixed = settings(derandomize=True, deadline=None, max_examples=60)
SCALES, DEPTHS = [0.5, 1.0, 1.5, 2.0], [2, 8, 32]
VERDICTS = {"ordered", "critical", "chaotic", "divergent"}


def trained(accuracy, pick=None, **changes) -> go.Figure:
    words = {
        "sigma_w": SCALES,
        "depths": DEPTHS,
        "depth_scale": [1.0, math.inf, 4.0, 0.5],
        "gradient_scale": [0.8, math.inf, 2.0, 1.0],
        "setting": "After 300 steps",
        "pick": pick,
    }
    return go.Figure(trainability_map(np.asarray(accuracy, float), **(words | changes)))


def some(*good: tuple[int, int]) -> np.ndarray:
    """Accuracies of which those at (depth, scale) are 0.95, the others chance."""
    accuracy = np.full((3, 4), 0.1)
    for row, column in good:
        accuracy[row, column] = 0.95
    return accuracy


def meta(figure: go.Figure) -> dict:
    return figure.layout.meta


def assert_one_sentence(text: str) -> None:
    assert text.endswith(".") and "\n" not in text
    assert not re.search(r"[.!?]\s", text)


@pytest.mark.parametrize(
    ("good", "share", "deepest", "words"),
    [
        ([], 0, 0, "none reaches 90%"),
        ([(0, 1)], 1 / 12, 2, "90% have 2 layers, at weight variance 1"),
        ([(0, 0), (1, 1), (1, 3)], 3 / 12, 8, "90% have 8 layers, at weight variances 1 to 4"),
        ([(2, 2), (0, 0)], 2 / 12, 32, "90% have 32 layers, at weight variance 2.2"),
        (list(np.ndindex(3, 4)), 1, 32, "90% have 32 layers, at weight variances 0.25 to 4"),
    ],
)
def test_the_share_trained_and_the_deepest_are_counted(good, share, deepest, words):
    figure = trained(some(*good))
    assert meta(figure)["trained"] == pytest.approx(share, rel=6e-3)
    assert meta(figure)["deepest"] == deepest
    summary = meta(figure)["summary"]
    percent = f"{float(f'{100 * share:.2g}'):g}% of the networks"
    assert summary.startswith(f"After 300 steps: {percent} classify 90% right; ")
    assert summary.endswith(f"{words}.")
    assert_one_sentence(summary)
    assert figure.layout.title.text == f"Trained: {percent}, up to {deepest} layers"


def test_a_few_networks_of_many_are_not_said_to_be_none():
    accuracy = np.full((3, 400), 0.1)
    accuracy[1, 7] = 1.0
    ones = np.ones(400)
    scales = {"sigma_w": 1 + np.arange(400) / 400, "depth_scale": ones, "gradient_scale": ones}
    figure = trained(accuracy, **scales)
    assert "0.083% of the networks" in meta(figure)["summary"]
    assert "0.083% of the networks" in figure.layout.title.text


def test_ninety_percent_is_enough_and_less_is_not():
    accuracy = some()
    accuracy[0], accuracy[1] = 0.9, 0.8999
    assert meta(trained(accuracy))["deepest"] == 2
    assert meta(trained(accuracy))["trained"] == pytest.approx(1 / 3, rel=6e-3)


@fixed
@given(accuracy=arrays(float, (3, 4), elements=st.floats(0, 1) | st.just(math.nan)))
def test_any_accuracies_are_counted_and_shown_as_they_are(accuracy):
    figure = trained(accuracy)
    rows = [[value >= 0.9 for value in row] for row in accuracy.tolist()]  # NaN is not
    deepest = max((depth for depth, row in zip(DEPTHS, rows, strict=True) if any(row)), default=0)
    assert meta(figure)["trained"] == pytest.approx(sum(map(sum, rows)) / 12, rel=6e-3)
    assert meta(figure)["deepest"] == deepest
    assert_one_sentence(meta(figure)["summary"])
    np.testing.assert_array_equal(figure.data[0].z, 100 * accuracy)


def test_the_heat_is_the_accuracy_in_percent_where_scale_and_depth_are():
    accuracy = np.arange(12).reshape(3, 4) / 11
    figure = trained(accuracy)
    heat = figure.data[0]
    assert list(heat.x) == SCALES and list(heat.y) == DEPTHS
    assert np.allclose(heat.z, 100 * accuracy)
    assert (heat.zmin, heat.zmax) == (0, 100)
    assert heat.colorbar.title.text == "right (%)"
    assert "%{z:.0f}%<extra>" in heat.hovertemplate


def test_the_lines_of_theory_are_six_depth_scales_and_stay_finite():
    signal, gradient = [0.0, 3.3, math.inf, 700.0], [math.inf, 1.0, 0.25, 9.0]
    _, first, second = trained(some(), depth_scale=signal, gradient_scale=gradient).data
    for line, scales in [(first, signal), (second, gradient)]:
        assert list(line.x) == SCALES
        for found, scale in zip(line.y, scales, strict=True):
            if math.isfinite(scale):
                assert found == pytest.approx(6 * scale)
            else:  # far above the picture, which it leaves
                assert 100 * DEPTHS[-1] < found < np.finfo(np.float32).max


def test_the_lines_of_theory_agree_with_the_logarithm_of_the_slope():
    # For σ_w² < 1 without bias tanh shrinks to its linear part: χ is σ_w² in both.
    scales = [0.5, 0.7, 0.9]
    theory = {
        "depth_scale": [mean_field.depth_scale("tanh", w * w, 0.0) for w in scales],
        "gradient_scale": [mean_field.gradient_depth_scale("tanh", w * w, 0.0) for w in scales],
    }
    _, *lines = trained(np.zeros((3, 3)), sigma_w=scales, **theory).data
    for line in lines:
        assert np.allclose(line.y, 6 / -np.log(np.square(scales)))


def test_heat_and_lines_differ_in_more_than_color_and_only_the_heat_answers_clicks():
    heat, *lines = trained(some()).data
    assert heat.type == "heatmap" and heat.hoverinfo != "skip"
    assert [line.hoverinfo for line in lines] == ["skip", "skip"]
    assert len({line.line.dash for line in lines} - {None, "solid"}) == 2
    assert len({line.name for line in lines}) == 2


def test_the_axes_of_the_map_have_units_and_ticks_that_are_what_they_say():
    layout = trained(some()).layout
    assert "variance σ_w²" in layout.xaxis.title.text and "1/fan-in" in layout.xaxis.title.text
    assert layout.yaxis.title.text == "depth (layers)"
    assert [float(text) for text in layout.xaxis.ticktext] == [0.25, 0.5, 1, 2, 4]
    assert np.allclose(np.square(layout.xaxis.tickvals), [0.25, 0.5, 1, 2, 4])
    assert list(layout.yaxis.tickvals) == DEPTHS
    low, high = (10**end for end in layout.yaxis.range)
    assert low < DEPTHS[0] and DEPTHS[-1] < high
    assert layout.xaxis.type == layout.yaxis.type == "log"


# The phase diagram. A plane whose χ rises with σ_w, whatever σ_b.
SIGMA_W, SIGMA_B = np.linspace(0.5, 2.5, 11), np.linspace(0, 1, 6)
PLANE = np.tile(SIGMA_W / 1.5, (6, 1))
CURVE = (np.linspace(0, 1, 5), np.linspace(0.2, 1, 5))
RINGS = {"measured": [0.15, 0.45, 0.55, 0.85, 1.0], "width": 500, "followed": [0.2, 0.5, 0.8]}
LINE = ([1.0, 1.2], [0.0, 0.3])
HERE = {"sigma_w": 1.0, "sigma_b": 0.3, "q": 0.4, "chi": 0.7, "depth_scale": 2.8, "c": 1.0}


def phases(here=HERE, chi=PLANE, critical=LINE, correlation=CURVE, **more) -> go.Figure:
    axes = {"sigma_w": SIGMA_W, "sigma_b": SIGMA_B, "critical": critical}
    words = {"correlation": correlation, "setting": "tanh"} | RINGS | more
    return go.Figure(phase_diagram(chi, here=here, **axes, **words))


def theory(nonlinearity: str, sigma_w: float, sigma_b: float) -> dict[str, float]:
    point: dict[str, Any] = {
        "nonlinearity": nonlinearity,
        "sigma_w2": sigma_w**2,
        "sigma_b2": sigma_b**2,
    }
    q = mean_field.fixed_point(**point)
    here = {"sigma_w": sigma_w, "sigma_b": sigma_b, "q": q}
    here["chi"] = mean_field.chi(nonlinearity, sigma_w**2, q)
    here["depth_scale"] = mean_field.depth_scale(**point)
    return here | {"c": mean_field.fixed_correlation(**point)}


CRITICAL_POINT = tuple(math.sqrt(value) for value in mean_field.critical_line("tanh", 0.8))
STATES = {
    "ordered": ("tanh", 1.0, 0.3),
    "critical": ("tanh", *CRITICAL_POINT),
    "chaotic": ("tanh", 2.5, 0.05),
    "divergent": ("relu", 1.6, 0.5),
}
MORE_STATES = [
    ("relu", 1.2, 0.5, "ordered"),
    ("relu", 2**0.5, 0.0, "critical"),
    ("relu", 2**0.5, 0.1, "divergent"),
    ("linear", 1.0, 0.0, "critical"),
    ("linear", 1.1, 0.0, "divergent"),
    ("sigmoid", 2.5, 1.0, "ordered"),
    ("tanh", 1.0, 0.0, "critical"),
    ("tanh", 0.0, 0.0, "ordered"),
]


@pytest.mark.parametrize(
    ("nonlinearity", "sigma_w", "sigma_b", "verdict"),
    [*((*point, verdict) for verdict, point in STATES.items()), *MORE_STATES],
)
def test_points_that_theory_knows_are_read_as_theory_says(nonlinearity, sigma_w, sigma_b, verdict):
    figure = phases(theory(nonlinearity, sigma_w, sigma_b), setting=nonlinearity)
    assert meta(figure)["verdict"] == verdict
    summary = meta(figure)["summary"]
    assert summary.startswith(f"{nonlinearity}, σ_w = {sigma_w:.3g}, σ_b = {sigma_b:.3g}: ")
    assert summary.endswith(f": {verdict}.")
    assert not any(other in summary for other in VERDICTS - {verdict})
    assert_one_sentence(summary)


def test_the_four_phases_have_titles_and_readings_of_their_own():
    figures = [phases(theory(*point)) for point in STATES.values()]
    assert len({figure.layout.title.text for figure in figures}) == 4
    assert len({meta(figure)["summary"] for figure in figures}) == 4


@pytest.mark.parametrize(
    ("scale", "words"),
    [(0.0, "of 0 layers"), (3.62, "of 3.6 layers"), (125.8, "of 130 layers")],
)
def test_the_depth_scale_is_read_in_layers(scale, words):
    assert (
        f"depth scale {words}: ordered." in meta(phases(HERE | {"depth_scale": scale}))["summary"]
    )


def test_an_infinite_depth_scale_is_said_to_have_no_end():
    critical = HERE | {"depth_scale": math.inf, "chi": 1.0}
    assert meta(phases(critical))["summary"].endswith("with a depth scale without end: critical.")
    assert meta(phases(critical))["depth_scale"] == math.inf


def test_the_numbers_of_the_point_are_kept_for_prose():
    kept = meta(phases(HERE | {"q": 0.123456, "chi": 0.7654321, "depth_scale": math.pi}))
    assert (kept["q"], kept["chi"], kept["depth_scale"]) == (0.1235, 0.7654, 3.142)


def test_the_plane_is_the_logarithm_of_chi_and_its_scale_says_what_the_ends_hold():
    chi = np.array([[0.0, 0.2, 0.25, 0.5], [1.0, 2.0, 4.0, math.inf]])
    axes = {"sigma_w": [1, 2, 3, 4], "sigma_b": [0, 1], "critical": LINE, "correlation": CURVE}
    heat = go.Figure(phase_diagram(chi, here=HERE, setting="tanh", **axes, **RINGS)).data[0]
    assert np.allclose(heat.z, [[-2, -2, -2, -1], [0, 1, 2, 2]])
    assert list(heat.x) == [1, 2, 3, 4] and list(heat.y) == [0, 1]
    labels = dict(zip(heat.colorbar.tickvals, heat.colorbar.ticktext, strict=True))
    assert labels == {-2: "≤ ¼", -1: "½", 0: "1", 1: "2", 2: "≥ 4"}
    assert (heat.zmin, heat.zmax) == (-2, 2)
    assert heat.colorbar.title.text == "χ₁"


def test_the_point_chosen_is_marked_where_it_is():
    cross = phases(HERE | {"sigma_w": 1.7, "sigma_b": 0.6}).data[2]
    assert (list(cross.x), list(cross.y)) == ([1.7], [0.6])
    assert cross.mode == "markers" and cross.marker.symbol == "x"
    assert (cross.xaxis, cross.yaxis) == (None, None)  # on the plane, not on the map below


def test_the_critical_line_is_drawn_and_named_and_its_absence_said():
    figure = phases()
    drawn = (list(figure.data[1].x[:-1]), list(figure.data[1].y[:-1]))  # the last is no point
    assert drawn == LINE and math.isnan(figure.data[1].x[-1])
    assert "solid black line: critical" in figure.layout.xaxis.title.text
    none = phases(critical=([], []))
    assert np.isnan(none.data[1].x).all()
    assert "no critical line in this range" in none.layout.xaxis.title.text


def test_the_correlation_map_crosses_the_diagonal_at_the_marked_correlation():
    here = theory("tanh", 2.0, 0.2)
    before = np.linspace(0, 1, 201)
    after = [mean_field.correlation_map("tanh", c, 4.0, 0.04) for c in before]
    shown = phases(here, correlation=(before, after), measured=after, width=9)
    diagonal, curve, _, mark, _ = shown.data[3:]
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert np.array_equal(curve.x, before) and np.array_equal(curve.y, after)
    assert list(mark.x) == list(mark.y) == [here["c"]]
    assert 0 < here["c"] < 0.9
    crossing = before[:-1][np.diff(np.sign(curve.y - curve.x)) < 0]
    assert abs(crossing[0] - mark.x[0]) < 2 / 200


def test_only_the_plane_answers_clicks_and_the_correlation_map_has_axes_of_its_own():
    heat, *others = phases().data
    assert heat.hoverinfo != "skip"
    assert {trace.hoverinfo for trace in others} == {"skip"}
    assert {(trace.xaxis, trace.yaxis) for trace in others[2:]} == {("x2", "y2")}
    layout = phases().layout
    assert layout.yaxis2.domain[1] < layout.yaxis.domain[0]


def test_the_lines_of_the_correlation_map_differ_in_more_than_color():
    diagonal, curve, _, mark, rings = phases().data[3:]
    assert diagonal.line.dash == "dot" and curve.line.dash is None
    assert (curve.mode, mark.mode, rings.mode) == ("lines", "markers", "markers")
    assert (mark.marker.symbol, rings.marker.symbol) == (None, "circle-open")


def sides(figure: go.Figure) -> list:
    """The words on the plane; those on the map below say what its marks are."""
    return [note for note in figure.layout.annotations if note.xref == "paper"]


def labels(figure: go.Figure) -> list[tuple[str, float]]:
    return [(note.text, note.x) for note in sides(figure)]


def test_the_sides_of_the_plane_are_told_in_words():
    assert labels(phases()) == [("χ₁ < 1", 0.12), ("χ₁ > 1", 0.88)]
    assert labels(phases(chi=PLANE[:, ::-1])) == [("χ₁ > 1", 0.12), ("χ₁ < 1", 0.88)]
    assert labels(phases(chi=PLANE / 10)) == [("χ₁ < 1", 0.5)]
    assert labels(phases(chi=PLANE * 10)) == [("χ₁ > 1", 0.5)]


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "sigmoid"])
def test_the_words_for_a_side_are_true_of_the_point_below_them(nonlinearity):
    chi = [[theory(nonlinearity, w, b)["chi"] for w in SIGMA_W] for b in SIGMA_B]
    figure = phases(chi=np.array(chi))
    bottom, top = figure.layout.yaxis.domain
    for note in sides(figure):
        sigma_w = 0.5 + 2 * note.x
        sigma_b = (note.y - bottom) / (top - bottom)
        found = theory(nonlinearity, sigma_w, sigma_b)["chi"]
        assert note.text == ("χ₁ > 1" if found > 1 else "χ₁ < 1")


def test_the_words_follow_the_plane_where_they_stand_and_not_far_below():
    chi = PLANE.copy()
    chi[:2, -1] = math.inf  # at the bottom right only
    chi[2:] = 0.5
    assert labels(phases(chi=chi)) == [("χ₁ < 1", 0.5)]


def test_the_axes_of_the_phase_diagram_have_titles():
    layout = phases(setting="relu").layout
    assert layout.xaxis.title.text.startswith("weight scale σ_w (")
    assert layout.yaxis.title.text == "bias scale σ_b"
    assert layout.xaxis2.title.text == "correlation of two inputs before a relu layer"
    assert layout.yaxis2.title.text == "correlation after it"


def test_what_a_layer_made_of_correlations_is_ringed_and_its_width_said():
    figure = phases()
    rings = figure.data[-1]
    assert rings.marker.symbol == "circle-open"
    assert list(rings.x) == list(CURVE[0]) and list(rings.y) == RINGS["measured"]
    assert (rings.xaxis, rings.yaxis) == ("x2", "y2")
    assert any("width 500" in note.text for note in figure.layout.annotations)
    divergent = phases(theory(*STATES["divergent"]))
    assert not any("width 500" in note.text for note in divergent.layout.annotations)


def test_a_pair_of_inputs_climbs_the_stairs_between_map_and_diagonal():
    stairs = phases().data[-3]
    assert list(stairs.x) == [0.2, 0.2, 0.5, 0.5, 0.8]
    assert list(stairs.y) == [0.2, 0.5, 0.5, 0.8, 0.8]
    divergent = phases(theory(*STATES["divergent"])).data[-3]
    assert np.isnan(divergent.x).all() and np.isnan(divergent.y).all()


def test_a_click_is_declared_where_it_is_asked_for():
    click = {"set": {"init_scale": "x"}, "explorer": "hero"}
    for draw in (lambda pick: trained(some(), pick=pick), lambda pick: phases(pick=pick)):
        assert meta(draw(click))["pick"] == click
        assert [dict(part) for part in meta(draw([click]))["pick"]] == [click]
        assert "pick" not in meta(draw(None))


def test_the_arrays_of_the_caller_are_left_unchanged():
    words = {"sigma_w": SIGMA_W, "sigma_b": SIGMA_B, "critical": LINE, "correlation": CURVE}
    words |= {"chi": PLANE, "here": HERE, "setting": "tanh", **RINGS}
    before = copy.deepcopy(words)
    phase_diagram(**words)
    np.testing.assert_equal(words, before)
    words = {"accuracy": some((1, 1)), "sigma_w": SCALES, "depths": DEPTHS, "setting": "now"}
    words |= {"depth_scale": np.array([1, 2, math.inf, 4]), "gradient_scale": [1, 2, 3, 4]}
    before = copy.deepcopy(words)
    trainability_map(**words)
    np.testing.assert_equal(words, before)


def test_where_lengths_vanish_signals_shrink_and_no_correlation_is_said_to_settle():
    figure = phases(theory("tanh", 0.5, 0.0))
    assert meta(figure)["summary"].endswith(
        "signals shrink to nothing with a depth scale of 0.72 layers: ordered."
    )
    assert all(np.isnan(trace.y).all() for trace in figure.data[-3:])
    assert any("no map" in note.text for note in figure.layout.annotations)


def test_a_single_critical_point_is_marked_as_one():
    scale = 2**0.5
    point = phases(theory("relu", 1.0, 0.1), critical=([scale] * 3, [0.0] * 3))
    assert point.data[1].mode == "markers"
    assert "black dot: critical" in point.layout.xaxis.title.text
    line = phases(theory("tanh", 1.0, 0.1))
    assert line.data[1].mode == "lines"
    assert "solid black line: critical" in line.layout.xaxis.title.text
