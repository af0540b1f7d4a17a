"""A grid, packed: read back by a decoder of its own and compared with direct calls."""

import base64
import json
import math
import zlib
from copy import deepcopy
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainability.explore.document import leaves, to_json
from trainability.explore.payload import pack, whole
from trainability.explore.precision import absolute, relative

fixed = settings(derandomize=True, deadline=None, max_examples=40)
SCRIPT = "</script><img src=x onerror=alert(1)>"


class Decoder:
    """Reads the format: numpy and zlib only, nothing of the library.

    Sections are integers (32-bit, zigzag differences, all low bytes first), the last is
    JSON. One section a column holds, for each grid point, 0 for nothing or the number of
    an array or JSON value. Then a table of four rows (offset, length, columns,
    precision), then the codes of all arrays, each with differences of its own.
    """

    def __init__(self, packed: dict) -> None:
        self.packed = json.loads(to_json(packed))  # as a page gets it
        data = zlib.decompress(base64.b64decode(self.packed["blob"]), wbits=-15)
        ends = np.cumsum(self.packed["sections"])
        assert ends[-1] == len(data)
        parts = [data[end - n : end] for end, n in zip(ends, self.packed["sections"], strict=True)]
        *streams, table, codes, values = parts
        self.streams = [self.integers(stream) for stream in streams]
        self.table = self.integers(table).reshape(4, -1)
        self.steps = self.differences(codes)
        self.values = json.loads(values.decode("utf-8"))

    @staticmethod
    def differences(data: bytes) -> np.ndarray:
        planes = np.frombuffer(data, dtype=np.uint8).reshape(4, -1).astype(np.uint64)
        zigzag = sum(
            (plane << np.uint64(8 * i) for i, plane in enumerate(planes)), np.zeros_like(planes[0])
        )
        return np.array([(int(z) >> 1) ^ -(int(z) & 1) for z in zigzag], dtype=np.int64)

    @staticmethod
    def summed(steps: np.ndarray) -> np.ndarray:
        return (np.cumsum(steps) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)

    def integers(self, data: bytes) -> np.ndarray:
        return self.summed(self.differences(data))

    def array(self, number: int) -> list:
        offset, length, columns, precision = self.table[:, number - 1].tolist()
        codes = self.summed(self.steps[offset : offset + length])
        kind, step = self.packed["precisions"][precision]
        if kind == "float32":
            flat = codes.view(np.float32).astype(float).tolist()
        else:
            special = {-(2**31): math.nan, -(2**31) + 1: -math.inf, 2**31 - 1: math.inf}
            if kind == "relative":
                special[-(2**31) + 2] = 0.0
            flat = [
                special[c]
                if c in special
                else (c * step if kind == "absolute" else 10 ** (c * step))
                for c in codes.tolist()
            ]
        if not columns:
            return flat
        return [flat[i : i + columns] for i in range(0, length, columns)]

    def figure(self, point: int) -> dict:
        figure = deepcopy(self.packed["figure"])
        for column, stream in zip(self.packed["columns"], self.streams, strict=True):
            number, path = int(stream[point]), column["path"]
            if number == 0:
                remove(figure, path)
            elif column["kind"] == "array":
                put(figure, path, self.array(number))
            else:
                put(figure, path, self.values[number - 1])
        return pruned(plain(figure))


def put(figure: dict, path: list, leaf: object) -> None:
    node = figure
    for step, following in pairwise(path):
        if isinstance(node, list):
            while len(node) <= step:
                node.append({})
            node = node[step]
        else:
            if not isinstance(node.get(step), dict | list):
                node[step] = [] if isinstance(following, int) else {}
            node = node[step]
    node[path[-1]] = leaf


def remove(figure: dict, path: list) -> None:
    node = figure
    for step in path[:-1]:
        present = step < len(node) if isinstance(node, list) else step in node
        if not present or not isinstance(node[step], dict | list):
            return
        node = node[step]
    node.pop(path[-1], None)


def plain(value: Any) -> Any:
    """Plotly's JSON, typed arrays and spelled numbers included, as plain Python data."""
    if isinstance(value, dict) and "bdata" in value:
        flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
        shape = [int(n) for n in str(value.get("shape", flat.size)).split(",")]
        return flat.astype(float).reshape(shape).tolist()
    if isinstance(value, dict) and "$number" in value:
        return float(value["$number"])
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def pruned(figure: dict) -> dict:
    """Without the dictionaries that say nothing."""

    def prune(node: dict) -> dict:
        kept = {k: prune(v) if isinstance(v, dict) else v for k, v in node.items()}
        return {k: v for k, v in kept.items() if v != {}}

    traces = [prune(trace) for trace in figure.get("data", [])]
    while traces and not traces[-1]:
        traces.pop()
    return {"data": traces, "layout": prune(figure.get("layout", {}))}


def direct(figure: go.Figure) -> dict:
    document = figure.to_plotly_json()
    document["layout"].pop("template", None)
    return pruned(plain(document))


def undefined(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def assert_same(found: object, wanted: object, close, where: str = "figure") -> None:
    """Compare numbers by ``close(found, wanted, where)``, all else exactly."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), where
        assert set(found) == set(wanted), where
        for key in wanted:
            assert_same(found[key], wanted[key], close, f"{where}.{key}")
    elif isinstance(wanted, list):
        assert isinstance(found, list), where
        assert len(found) == len(wanted), where
        for i, (mine, theirs) in enumerate(zip(found, wanted, strict=True)):
            assert_same(mine, theirs, close, f"{where}.{i}")
    elif undefined(wanted):
        assert undefined(found), where  # plotly draws a gap for both
    elif isinstance(wanted, int | float) and not isinstance(wanted, bool):
        assert isinstance(found, int | float), where
        assert found == wanted or close(found, wanted, where), (where, found, wanted)
    else:
        assert (type(found), found) == (type(wanted), wanted), where


def as_float32(found: float, wanted: float, where: str) -> bool:
    return where.startswith("figure.data") and found == float(np.float32(wanted))


def exactly(found: float, wanted: float, where: str) -> bool:
    return False


def assert_travels(figures: list[go.Figure], default=0, precision=None, close=as_float32) -> dict:
    packed = pack([leaves(figure) for figure in figures], default, precision)
    decoder = Decoder(packed)
    assert_same(pruned(plain(decoder.packed["figure"])), direct(figures[default]), close)
    for point, figure in enumerate(figures):
        assert_same(decoder.figure(point), direct(figure), close)
    return packed


def curve(y, **layout) -> go.Figure:
    return go.Figure([{"type": "scatter", "y": y}], layout)


odd = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0])
single = st.floats(width=32)
words = st.text(max_size=4) | st.sampled_from([SCRIPT, "\u2028", "$number", "é", '"'])
reading = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | words
array = st.lists(single | st.none(), max_size=6) | st.lists(words, min_size=1, max_size=3)


@st.composite
def matrices(draw) -> np.ndarray:
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    flat = draw(st.lists(single, min_size=9, max_size=9))
    return np.array(flat[: shape[0] * shape[1]], dtype=np.float32).reshape(shape)


shared = {
    "x": array,
    "name": words,
    "customdata": array,
    "text": st.lists(words, min_size=1, max_size=3),
    "marker": st.fixed_dictionaries({"opacity": st.lists(st.floats(0, 1, width=32), max_size=4)}),
}
dashes = st.fixed_dictionaries({}, optional={"dash": st.sampled_from(["dot", "dash"])})
curves = st.fixed_dictionaries(
    {"type": st.just("scatter"), "y": array}, optional=shared | {"line": dashes}
)
bars = st.fixed_dictionaries({"type": st.just("bar"), "y": array}, optional=shared)
heatmaps = st.fixed_dictionaries(
    {"type": st.sampled_from(["heatmap", "contour"]), "z": matrices()},
    optional={"x": st.lists(single, min_size=1, max_size=3), "showscale": st.booleans()},
)
layouts = st.fixed_dictionaries(
    {},
    optional={
        "title": st.fixed_dictionaries({"text": words}),
        "annotations": st.lists(
            st.fixed_dictionaries({"text": words, "x": st.floats(0, 1)}), max_size=2
        ),
        "xaxis": st.fixed_dictionaries({"type": st.sampled_from(["linear", "log"])}),
        "meta": st.dictionaries(
            st.sampled_from(["summary", "verdict", "ratio", "é", "<"]), reading
        ),
        "showlegend": st.booleans(),
    },
)
figures = st.builds(go.Figure, st.lists(curves | bars | heatmaps, max_size=3), layouts)


@settings(fixed, max_examples=80)
@given(grid=st.lists(figures, min_size=1, max_size=6), data=st.data())
def test_every_figure_of_any_grid_reads_back_as_it_was_made(grid, data):
    assert_travels(grid, default=data.draw(st.integers(0, len(grid) - 1)))


@fixed
@given(
    grid=st.lists(
        st.lists(st.floats(-1e5, 1e5) | odd, min_size=1, max_size=6), min_size=1, max_size=5
    ),
    step=st.sampled_from([0.001, 0.25, 10.0]),
)
def test_absolute_precision_moves_drawn_numbers_by_at_most_half_a_step(grid, step):
    def close(found, wanted, where):
        return abs(found - wanted) <= step * 0.5000001

    assert_travels([curve(np.array(y)) for y in grid], precision=absolute(step), close=close)


positive = st.floats(1e-300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0])


@fixed
@given(
    grid=st.lists(st.lists(positive, min_size=1, max_size=6), min_size=1, max_size=5),
    step=st.sampled_from([0.0005, 0.004, 0.5]),
)
def test_relative_precision_carries_numbers_far_beyond_float32(grid, step):
    def close(found, wanted, where):
        if found <= 0 or wanted <= 0 or not math.isfinite(found):
            return False
        return abs(math.log10(found) - math.log10(wanted)) <= step / 2 + 1e-9

    assert_travels([curve(np.array(y)) for y in grid], precision=relative(step), close=close)


def test_a_precision_by_attribute_leaves_the_others_in_float32():
    grid = [
        go.Figure({"type": "scatter", "x": [1.0, 2.0, 3.0 + k], "y": [1e-60, 1e60, 2.0 + k]})
        for k in range(3)
    ]

    def close(found, wanted, where):
        return ".y." in where and abs(math.log10(found / wanted)) <= 0.005 + 1e-9

    assert_travels(grid, precision={"y": relative(0.01)}, close=close)


def test_each_attribute_may_have_a_precision_of_its_own():
    grid = [
        go.Figure({"type": "scatter", "x": [0.5, 1.5 + k], "y": [1e-60, 1e60 * (k + 1)]})
        for k in range(3)
    ]

    def close(found, wanted, where):
        return ".y." in where and abs(math.log10(found / wanted)) <= 0.005 + 1e-9

    packed = assert_travels(grid, precision={"x": absolute(0.25), "y": relative(0.01)}, close=close)
    assert sorted(packed["precisions"]) == [["absolute", 0.25], ["relative", 0.01]]


@pytest.mark.parametrize("value", [1e39, -1e300, 1e-60, 5e-324])
def test_a_number_beyond_float32_is_refused_with_its_attribute_and_the_remedy(value):
    points = [leaves(curve([1.0, 2.0])), leaves(curve([1.0, value]))]
    with pytest.raises(ValueError, match=r"figure's y: .*float32.*relative.*absolute"):
        pack(points, 0)


def test_a_negative_number_under_relative_precision_is_refused_with_its_attribute():
    points = [leaves(go.Figure({"type": "scatter", "x": [-1.0, 2.0], "y": [1.0, 2.0]}))]
    with pytest.raises(ValueError, match=r"figure's x: relative precision .* absolute"):
        pack(points, 0, relative(0.01))


def test_an_attribute_deep_inside_a_trace_is_named_with_its_path():
    points = [leaves(go.Figure({"type": "scatter", "y": [1.0], "marker": {"size": [1e300]}}))]
    with pytest.raises(ValueError, match=r"figure's marker\.size: "):
        pack(points, 0)


@pytest.mark.parametrize("default", [0, 1, 2, 3])
def test_grid_points_may_have_different_numbers_of_traces(default):
    grid = [
        go.Figure([go.Scatter(y=np.arange(k + 1.0), name=str(i)) for i in range(count)])
        for k, count in enumerate([2, 0, 4, 1])
    ]
    assert_travels(grid, default)


@pytest.mark.parametrize("default", [0, 1])
def test_a_trace_may_change_its_type(default):
    assert_travels(
        [
            go.Figure(go.Scatter(x=[1, 2], y=[3, 4], line={"dash": "dot"})),
            go.Figure(go.Heatmap(z=[[1, 2], [3, math.nan]], colorscale="Viridis")),
        ],
        default,
    )


@pytest.mark.parametrize("default", [0, 1, 2])
def test_matrices_of_different_shapes_keep_their_rows(default):
    flat = np.arange(12.0)
    shapes = [(3, 4), (4, 3), (12, 1)]
    assert_travels([go.Figure(go.Heatmap(z=flat.reshape(shape))) for shape in shapes], default)


@pytest.mark.parametrize("default", [0, 1])
def test_a_matrix_beside_rows_of_words_keeps_its_rows(default):
    grid = [
        go.Figure(go.Heatmap(z=[[1, 2]], customdata=np.array([[1.5, math.inf], [3.0, math.nan]]))),
        go.Figure(go.Heatmap(z=[[1, 2]], customdata=[["a", "b"], ["c", "d"]])),
    ]
    assert_travels(grid, default, close=exactly)


@pytest.mark.parametrize("default", [0, 1, 2])
def test_numbers_words_and_nothing_may_take_turns_in_one_attribute(default):
    assert_travels([curve([1.5, math.nan]), curve(["a", "b"]), curve([])], default)


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]])
@pytest.mark.parametrize("default", [0, 1, 2])
def test_a_reading_may_be_a_mapping_here_a_word_there_and_missing_elsewhere(order, default):
    states = [
        {"summary": "s", "pick": {"set": {"depth": "x"}}},
        {"summary": "s", "pick": "none"},
        {"summary": "s"},
    ]
    assert_travels([curve([1.0], meta=states[i]) for i in order], default)


def test_an_image_of_three_channels_travels():
    channels = [np.full((2, 2, 3), k, dtype=np.uint8) for k in range(3)]
    assert_travels([go.Figure(go.Image(z=z), {"title": {"text": "i"}}) for z in channels])


def test_hostile_words_travel_as_words():
    hostile = [
        SCRIPT,
        "\u2028\u2029",
        "\"\\'",
        "<!--",
        "&amp;",
        "\x00\x1f",
        "😀",
        '{"$number":"nan"}',
    ]
    grid = [
        go.Figure(
            {"type": "scatter", "x": [word, "a"], "y": [1, 2], "name": word},
            {"title": {"text": word}, "meta": {"summary": word, word: word}},
        )
        for word in hostile
    ]
    packed = assert_travels(grid, default=2)
    assert "<" not in to_json(packed)


def test_what_is_the_same_everywhere_is_no_column():
    packed = assert_travels([curve([1.0, k], meta={"summary": "s"}) for k in range(4)])
    assert [list(column["path"]) for column in packed["columns"]] == [["data", 0, "y"]]


def test_a_grid_of_one_point_has_no_columns():
    assert assert_travels([curve([1.0, 2.0])])["columns"] == []


def test_an_empty_figure_travels():
    assert_travels([go.Figure(), curve([1.0])])
    assert_travels([curve([1.0]), go.Figure()])


def code_count(packed: dict) -> int:
    return packed["sections"][-2] // 4


@pytest.mark.parametrize("lengths", [[5, 10, 100], [100, 5, 10], [10, 100, 5, 100]])
def test_an_array_that_begins_another_is_stored_inside_it(lengths):
    whole = np.random.default_rng(0).normal(size=100)
    packed = assert_travels([curve(whole[:length]) for length in lengths])
    assert code_count(packed) == 100


def test_arrays_of_several_families_are_each_stored_inside_their_own():
    families = np.random.default_rng(0).normal(size=(3, 60))
    grid = [curve(whole[:length]) for length in (10, 60, 20) for whole in families]
    assert code_count(assert_travels(grid)) == 180


def test_equal_arrays_are_stored_once_wherever_they_stand():
    y = np.random.default_rng(0).normal(size=50)
    grid = [
        go.Figure([{"type": "scatter", "x": y, "y": y}, {"type": "bar", "y": [k]}])
        for k in range(4)
    ]
    assert code_count(assert_travels(grid)) == 50 + 4


def test_smooth_families_of_curves_pack_into_less_than_a_third():
    x = np.linspace(0, 1, 200)
    packed = pack([leaves(curve(np.exp(-k * x / 10))) for k in range(50)], 0, absolute(1e-3))
    assert len(packed["blob"]) < 50 * 200 * 4 / 3


def test_equal_grids_are_packed_into_equal_bytes():
    def packed():
        grid = [
            curve([k, math.nan, -math.nan, math.inf], meta={"summary": str(k)}) for k in range(5)
        ]
        return to_json(pack([leaves(figure) for figure in grid], 2))

    assert packed() == packed()


def test_packing_leaves_the_figures_as_they_are():
    points = [leaves(curve(np.array([1.0, 2.0, k]), meta={"summary": str(k)})) for k in range(3)]
    before = [{path: np.copy(leaf).tolist() for path, leaf in point.items()} for point in points]
    pack(points, 0)
    assert [{path: np.copy(x).tolist() for path, x in point.items()} for point in points] == before


def test_the_comparison_of_figures_can_fail():
    packed = pack([leaves(curve([1.0, 2.0])), leaves(curve([1.0, 3.0]))], 0)
    decoder = Decoder(packed)
    for wrong in ([1.0, 2.5], [1.0, math.nan], [1.0], ["1.0", "3.0"], [[1.0, 3.0]]):
        with pytest.raises(AssertionError):
            assert_same(decoder.figure(1), direct(curve(wrong)), as_float32)


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([0, 255], "u1"),
        ([-128, 127], "i1"),
        ([256, 65535], "u2"),
        ([-129, 32767], "i2"),
        ([65536, 0.5], "f4"),
        ([1, -0.0], "f4"),
        ([1, math.nan, math.inf], "f4"),
        ([0.1], "f8"),
        ([1e300], "f8"),
    ],
)
def test_a_whole_figure_holds_its_numbers_in_as_few_bytes_as_keep_them(numbers, kind):
    figure = go.Figure({"type": "scatter", "y": np.array(numbers, dtype=float)})
    spec = whole(leaves(figure))["data"][0]["y"]
    assert spec["dtype"] == kind
    read = np.frombuffer(base64.b64decode(spec["bdata"]), dtype=f"<{kind}").astype(float)
    assert read.tobytes() == np.array(numbers, dtype=float).tobytes()
