"""Figures as leaves, and JSON that a script element can hold."""

import base64
import json
import math
from datetime import date
from decimal import Decimal

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import short
from trainability.explore.document import leaves, to_json

fixed = settings(derandomize=True, deadline=None, max_examples=40)
hostile = st.text() | st.sampled_from(
    ["</script><img src=x onerror=alert(1)>", "<!--", "]]>", "\u2028\u2029", '"\\', "&lt;", "\x00"]
)
json_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | hostile,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile, inner, max_size=3),
    max_leaves=12,
)


def scatter(**attributes) -> dict:
    found = leaves(go.Figure(go.Scatter(**attributes)))
    return {path[2:]: leaf for path, leaf in found.items()}


def meta(**readings) -> dict:
    found = leaves(go.Figure(layout={"meta": readings}))
    return {path[2:]: leaf for path, leaf in found.items()}


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8", "i8", "u8"])
@pytest.mark.parametrize("shape", [(6,), (2, 3), (6, 1), (1, 1)])
def test_arrays_of_every_type_become_float64_of_their_shape(dtype, shape):
    values = np.arange(1, math.prod(shape) + 1, dtype=dtype).reshape(shape)
    leaf = leaves(go.Figure(go.Heatmap(z=values)))["data", 0, "z"]
    assert leaf.dtype == np.float64
    np.testing.assert_array_equal(leaf, values)


@pytest.mark.parametrize("order", [">f8", ">i4"])
def test_numbers_in_foreign_byte_order_keep_their_values(order):
    leaf = scatter(y=np.array([1, 2, 300], dtype=order))["y",]
    assert leaf.tolist() == [1.0, 2.0, 300.0]


def test_arrays_that_are_views_keep_their_values():
    grid = np.arange(12.0).reshape(3, 4)
    assert scatter(y=grid[:, 1])["y",].tolist() == [1.0, 5.0, 9.0]
    np.testing.assert_array_equal(leaves(go.Figure(go.Heatmap(z=grid.T)))["data", 0, "z"], grid.T)


def test_lists_of_numbers_become_arrays_and_none_becomes_nan():
    np.testing.assert_array_equal(
        scatter(y=[1, None, 2.5, math.nan, math.inf, -math.inf])["y",],
        [1.0, math.nan, 2.5, math.nan, math.inf, -math.inf],
    )
    leaf = leaves(go.Figure(go.Heatmap(z=[[1, None], [3, 4]])))["data", 0, "z"]
    np.testing.assert_array_equal(leaf, [[1.0, math.nan], [3.0, 4.0]])


@pytest.mark.parametrize(
    "values", [["a", "b"], [True, False], ["a", 1], ["1", "2"], np.array([True, False])], ids=repr
)
def test_lists_that_hold_more_than_numbers_stay_json(values):
    assert scatter(x=values)["x",] == list(values)


def test_ragged_rows_stay_json():
    leaf = leaves(go.Figure(go.Heatmap(z=[[1, 2], [3]])))["data", 0, "z"]
    assert leaf == [[1, 2], [3]]


@pytest.mark.parametrize("empty", [[], (), np.array([])], ids=repr)
def test_an_empty_curve_stays_empty(empty):
    assert list(scatter(x=empty, y=empty)["y",]) == []


def test_nested_attributes_are_entered():
    found = scatter(y=[1], line={"dash": "dot", "width": 2}, marker={"color": [1, 2]})
    assert found["line", "dash"] == "dot"
    assert found["line", "width"] == 2
    assert found["marker", "color"].tolist() == [1.0, 2.0]


def test_a_named_color_scale_comes_as_plotly_s_colors_whole_or_as_plain_data():
    trace = {"type": "heatmap", "z": [[1, 2]], "colorscale": "Viridis"}
    places, colors = zip(*leaves({"data": [trace]})[("data", 0, "colorscale")], strict=True)
    whole = leaves(go.Figure(trace))[("data", 0, "colorscale")]
    assert list(colors) == [color for _, color in whole] and colors[0] == "#440154"
    assert list(places) == pytest.approx([place for place, _ in whole])


def test_lists_of_the_layout_are_leaves():
    figure = go.Figure(layout={"annotations": [{"text": "a", "x": 1}], "xaxis": {"range": [0, 1]}})
    found = leaves(figure)
    assert found["layout", "xaxis", "range"] == [0, 1]
    assert found["layout", "annotations"] == [{"text": "a", "x": 1}]


def test_typed_arrays_inside_lists_become_lists():
    figure = go.Figure(go.Parcoords(dimensions=[{"values": np.arange(3)}, {"values": [1.5]}]))
    assert leaves(figure)["data", 0, "dimensions"] == [{"values": [0, 1, 2]}, {"values": [1.5]}]


def test_a_cube_of_numbers_inside_a_list_keeps_its_shape():
    cube = np.arange(8.0).reshape(2, 2, 2)
    figure = {"data": [{"type": "parcoords", "dimensions": [{"values": packed(cube)}]}]}
    assert leaves(figure)["data", 0, "dimensions"] == [{"values": cube.tolist()}]


def packed(array: np.ndarray) -> dict[str, str]:
    """An array as plotly writes it."""
    data = base64.b64encode(array.tobytes()).decode()
    return {"dtype": "f8", "bdata": data, "shape": ", ".join(map(str, array.shape))}


def test_the_template_is_left_out_and_stays_in_the_figure():
    figure = go.Figure(go.Scatter(y=[1, 2]), layout={"template": pio.templates["plotly_dark"]})
    before = figure.to_json()
    assert not any("template" in path for path in leaves(figure))
    assert figure.to_json() == before


def test_readings_are_leaves_of_meta_and_keep_their_types():
    found = meta(word="x", count=3, flag=True, nothing=None, ratio=0.5, deep={"a": [1, "b"]})
    assert found == {
        ("word",): "x",
        ("count",): 3,
        ("flag",): True,
        ("nothing",): None,
        ("ratio",): 0.5,
        ("deep", "a"): [1, "b"],
    }
    assert [type(found[key,]) for key in ("count", "flag", "ratio")] == [int, bool, float]


def test_numpy_scalars_become_plain_json():
    found = meta(a=np.float32(0.5), b=np.int64(3), c=np.bool_(True), d=np.str_("x"), e=[np.int8(1)])
    text = to_json({key[0]: leaf for key, leaf in found.items()})
    assert json.loads(text) == {"a": 0.5, "b": 3, "c": True, "d": "x", "e": [1]}


@pytest.mark.parametrize(
    ("value", "word"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")]
)
def test_numbers_that_json_has_no_words_for_are_spelled(value, word):
    assert meta(ratio=value) == {("ratio",): {"$number": word}}
    assert meta(ratios=[1.0, value]) == {("ratios",): [1.0, {"$number": word}]}
    assert meta(deep={"ratio": np.float32(value)}) == {("deep", "ratio"): {"$number": word}}


@pytest.mark.parametrize(
    "value", [{1, 2}, b"bytes", object(), Decimal(1), date(2024, 1, 1), 1j, len], ids=short
)
def test_what_a_page_cannot_show_is_refused_by_its_type(value):
    with pytest.raises(TypeError, match=rf"a figure holds {type(value).__name__}"):
        meta(reading=value)
    with pytest.raises(TypeError, match=rf"a figure holds {type(value).__name__}"):
        meta(reading=[1, value])


@fixed
@given(json_data)
def test_json_reads_back_as_it_was_and_cannot_leave_its_script(data):
    text = to_json(data)
    assert json.loads(text) == data
    assert not any(mark in text for mark in ("<", "\u2028", "\u2029", "\n", "\r"))


@fixed
@given(json_data)
def test_equal_data_are_equal_json(data):
    def reversed_keys(value):
        if isinstance(value, list):
            return [reversed_keys(item) for item in value]
        if isinstance(value, dict):
            return {key: reversed_keys(value[key]) for key in reversed(value)}
        return value

    assert to_json(reversed_keys(data)) == to_json(data)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_has_no_word_for_is_an_error_when_it_comes_undisguised(value):
    with pytest.raises(ValueError, match="JSON"):
        to_json({"x": [value]})
