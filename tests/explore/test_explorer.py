"""explore(): what it calls, what it carries, and what it refuses by name."""

import itertools
import math
from functools import partial

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from trainability.explore import explore
from trainability.explore.controls import draws, linear_range, log_range
from trainability.explore.document import to_json
from trainability.explore.explorer import MOST_BYTES, MOST_POINTS, Explorer
from trainability.explore.precision import Precision, absolute, relative


def picture(y, *, title=None, **meta) -> go.Figure:
    return go.Figure(
        {"type": "scatter", "y": y},
        {"title": {"text": title}, "meta": {"summary": f"It ends at {y[-1]}."} | meta},
    )


def line(slope=2, offset=0) -> go.Figure:
    return picture([offset, slope + offset])


def anything(**axes) -> go.Figure:
    return picture([float(sum(map(hash, map(str, axes.values()))) % 1000)])


def made(function, /, **options) -> Explorer:
    """``explore`` over a function that needs no name of its own."""
    return explore(function, **{"name": "made"} | options)


# What it shows


def test_the_defaults_of_the_signature_are_where_controls_start():
    explorer = explore(line, slope=[1, 2, 3], offset=linear_range(-1, 1, 21))
    assert explorer.defaults == {"slope": 2, "offset": 0.0}
    assert explorer.name == "line"
    assert list(explorer.default_figure.data[0].y) == [0, 2]


def test_a_default_between_two_values_starts_at_the_nearest():
    explorer = made(lambda x=0.51: picture([x]), x=linear_range(0, 1, 21))
    assert explorer.defaults == {"x": 0.5}


def test_without_a_default_lists_start_at_the_first_and_ranges_in_the_middle():
    def function(a, b, c, d):
        return picture([a, b, c])

    explorer = explore(function, a=[5, 6], b=log_range(0.01, 100, 21), c=draws(4), d=False)
    assert explorer.defaults == {"a": 5, "b": 1.0, "c": 0, "d": False}


def test_axes_keep_the_order_in_which_they_are_passed():
    explorer = explore(line, offset=[0, 1], slope=[1, 2])
    assert list(explorer.controls) == list(explorer.defaults) == ["offset", "slope"]
    assert [axis["name"] for axis in explorer.payload["axes"]] == ["offset", "slope"]


def test_figure_takes_any_axes_and_keeps_the_defaults_of_the_others():
    explorer = explore(line, slope=[1, 2, 3], offset=[0, 10])
    assert list(explorer.figure(slope=3).data[0].y) == [0, 3]
    assert list(explorer.figure(offset=10).data[0].y) == [10, 12]
    assert list(explorer.figure(slope=2.5, offset=0.5).data[0].y) == [0.5, 3.0]


def test_labels_are_names_in_words_unless_others_are_given():
    def function(init_scale=1, depth=5):
        return picture([init_scale, depth])

    explorer = explore(function, labels={"depth": "Tiefe"}, init_scale=[1, 2], depth=[5, 6])
    assert explorer.labels == {"init_scale": "init scale", "depth": "Tiefe"}


def test_a_function_of_any_keywords_is_accepted():
    explorer = explore(anything, a=["x", "y"], b=["u", "v"])
    assert explorer.defaults == {"a": "x", "b": "u"}


@pytest.mark.parametrize("name", ["a", "Hero-2", "x_y", "Z9"])
def test_a_name_of_letters_digits_dashes_and_underscores_is_taken(name):
    assert explore(line, name=name, slope=[1, 2]).name == name


# What it carries


def grid_of(explorer: Explorer) -> list[dict]:
    values = (control.values for control in explorer.controls.values())
    return [
        dict(zip(explorer.controls, state, strict=True)) for state in itertools.product(*values)
    ]


def test_the_function_is_called_once_a_grid_point_with_keywords_only():
    calls = []

    def function(**axes):
        calls.append(axes)
        return anything(**axes)

    explorer = explore(function, a=["x", "y", "z"], b=["u", "v"])
    assert explorer.payload is explorer.payload
    assert calls == grid_of(explorer)


def test_with_batch_the_function_is_called_once_a_remaining_combination():
    calls = []

    def function(scale=2, depth=1):
        calls.append((scale, depth))
        return [line(s, depth) for s in scale]

    explorer = explore(function, batch="scale", scale=[1, 2, 3], depth=[1, 2])
    assert explorer.payload["axes"][0]["start"] == 1
    assert calls == [((1, 2, 3), 1), ((1, 2, 3), 2)]


@pytest.mark.parametrize("batch", ["a", "b", "c"])
def test_the_payload_is_the_same_whichever_axis_is_taken_whole(batch):
    def single(a, b, c):
        return picture([a, b + 0.5 * a, c], verdict=f"{a}{b}{c}")

    def whole(**axes):
        taken = axes.pop(batch)
        return [single(**axes, **{batch: value}) for value in taken]

    axes = {"a": [1, 2, 3], "b": [5, 7], "c": [0.5, 1.5, 2.5, 3.5]}
    point_by_point = explore(single, name="same", **axes)
    at_once = explore(whole, name="same", batch=batch, **axes)
    assert to_json(at_once.payload) == to_json(point_by_point.payload)
    state = {"a": 3, "b": 7, "c": 2.5}
    assert at_once.figure(**state) == point_by_point.figure(**state)
    assert at_once.readings() == point_by_point.readings()


def test_readings_come_with_their_states_in_the_order_of_the_grid():
    def function(a, b):
        return picture([a, b], product=a * b, word=f"{a}-{b}", deep=[a])

    explorer = explore(function, a=[1, 2], b=[3, 4, 5])
    found = explorer.readings()
    assert [state for state, _ in found] == grid_of(explorer)
    for state, meta in found:
        assert meta == explorer.figure(**state).layout.meta


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_a_reading_may_be_infinite(value):
    explorer = made(lambda a: picture([a], ratio=value if a == 2 else 1.0), a=[1, 2, 3])
    assert [meta["ratio"] for _, meta in explorer.readings()] == [1.0, value, 1.0]


def test_the_payload_describes_every_axis_for_the_page():
    def function(rate=0.1, depth=5, kind="relu", bias=True):
        return picture([rate, depth, len(kind), bias])

    explorer = explore(
        function,
        labels={"kind": "nonlinearity"},
        rate=log_range(0.01, 1, 21),
        depth=[5, 10],
        kind={"ReLU": "relu", "tanh!": "tanh!"},
        bias=False,
    )
    rate, depth, kind, bias = explorer.payload["axes"]
    assert rate["kind"] == "range"
    assert rate["scale"] == "log"
    assert rate["values"] == list(explorer.controls["rate"].values)
    assert rate["start"] == 10
    assert depth == {
        "name": "depth",
        "label": "depth",
        "kind": "range",
        "labels": ("5", "10"),
        "values": [5.0, 10.0],
        "scale": None,
        "start": 0,
    }
    assert kind["label"] == "nonlinearity"
    assert kind["labels"] == ("ReLU", "tanh!")
    assert kind["values"] is None
    assert bias["kind"] == "checkbox"
    assert bias["start"] == 1


def test_the_default_figure_travels_whole():
    payload = explore(line, slope=[1, 2, 3]).payload
    assert payload["name"] == "line"
    assert payload["figure"]["layout"]["meta"]["summary"] == "It ends at 2."


def test_payloads_of_two_runs_are_equal():
    def made_again():
        return to_json(explore(line, slope=linear_range(0, 3), offset=draws(3)).payload)

    assert made_again() == made_again()


# Limits


def test_too_many_grid_points_are_refused_with_counts_before_any_is_computed():
    def function(**axes):
        raise AssertionError("computed a grid that cannot be carried")

    explorer = made(function, a=list(range(201)), b=list(range(100)))
    with pytest.raises(ValueError, match=r"20,100 grid points \(201 a × 100 b\).*20,000") as caught:
        _ = explorer.payload
    assert "fewer values" in str(caught.value)
    assert MOST_POINTS == 20_000


def test_too_many_bytes_are_refused_with_counts_and_the_remedies():
    noise = np.random.default_rng(0).normal(size=(4, MOST_BYTES // 8))
    explorer = made(lambda k: picture(noise[k].astype(np.float32)), k=[0, 1, 2, 3])
    with pytest.raises(ValueError, match=r"4 grid points \(4 k\) into [\d,]+ bytes") as caught:
        _ = explorer.payload
    for words in ("2,000,000", "fewer values", "shorter traces", "precision=relative"):
        assert words in str(caught.value)


def test_a_declared_precision_brings_a_payload_under_the_limit():
    noise = np.random.default_rng(0).normal(size=(16, MOST_BYTES // 33))

    def noisy(precision):
        seeds = list(range(16))
        return made(lambda k: picture(noise[k].astype(np.float32)), precision=precision, k=seeds)

    with pytest.raises(ValueError, match="bytes"):
        _ = noisy(None).payload
    assert len(noisy(absolute(0.1)).payload["blob"]) < MOST_BYTES


def test_the_default_figure_counts_in_the_size_of_the_payload():
    still = {"type": "scatter", "y": np.linspace(0, 1, MOST_BYTES // 2)}
    meta = {"summary": "Constant."}

    explorer = made(
        lambda k: go.Figure([still, {"type": "bar", "y": [k]}], {"meta": meta}), k=[1, 2, 3]
    )
    with pytest.raises(ValueError, match="bytes"):
        _ = explorer.payload


# Axes that change nothing


@pytest.mark.parametrize("still", ["a", "b", "c"])
@pytest.mark.parametrize("values", [[1, 2, 3], ["x", "y"], True], ids=str)
def test_an_axis_that_changes_nothing_is_refused_by_name(still, values):
    def function(**axes):
        shown = [value for axis, value in axes.items() if axis != still]
        return picture([len(str(shown))], title=str(shown))

    explorer = explore(function, **{"a": [1, 2], "b": ["u", "v"], "c": [5, 6]} | {still: values})
    with pytest.raises(ValueError, match=f"moving {still} from .* to .* changes nothing"):
        _ = explorer.payload


@pytest.mark.parametrize(
    "show",
    [
        lambda a: picture([a]),
        lambda a: picture([0], title=f"{a}"),
        lambda a: picture([0]).update_layout(annotations=[{"text": f"{a}"}]),
        lambda a: picture([0]).update_traces(name=f"{a}"),
        lambda a: picture([0] * a),
        lambda a: picture([math.nan if a == 2 else math.inf]),
    ],
    ids=["data", "title", "annotation", "trace name", "length", "NaN"],
)
def test_data_title_and_annotations_are_changes(show):
    assert made(show, a=[1, 2, 3]).payload["columns"]


@pytest.mark.parametrize(
    "show",
    [
        lambda a: picture([0], verdict=a, summary=f"Now {a}."),
        lambda a: picture([0]).update_layout(height=400 + a),
        lambda a: picture([math.nan, 1.0]),
    ],
    ids=["reading", "size", "NaN"],
)
def test_a_reading_or_a_size_alone_is_no_change_that_a_reader_sees(show):
    with pytest.raises(ValueError, match="moving a from 1 to 2 changes nothing"):
        _ = made(show, a=[1, 2, 3]).payload


def test_one_menu_entry_that_changes_nothing_is_found():
    explorer = made(lambda a: picture([len(a)]), a=["xy", "x", "yx"])
    with pytest.raises(ValueError, match="moving a from xy to yx changes nothing"):
        _ = explorer.payload


@pytest.mark.parametrize(
    ("precision", "size"), [(absolute(0.1), 1e-6), (relative(0.01), 1e-9), (None, 1e-12)], ids=str
)
def test_a_change_that_the_precision_rounds_away_is_no_change(precision, size):
    explorer = made(lambda a: picture([1 + a * size]), precision=precision, a=[1, 2, 3])
    with pytest.raises(ValueError, match="moving a from 1 to 2 changes nothing"):
        _ = explorer.payload


# What it refuses


@pytest.mark.parametrize("function", [None, 5, "line", [line], go.Figure()], ids=type)
def test_what_cannot_be_called_is_refused_by_name(function):
    with pytest.raises(TypeError, match="function must be callable"):
        explore(function, slope=[1, 2])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "1a",
        "-a",
        "a\n",
        "é",
        "a.b",
        "a?b",
        "a&b",
        "</script>",
        '"',
        "a'",
        5,
        True,
        ["a"],
    ],
    ids=repr,
)
def test_a_name_that_an_address_cannot_hold_is_refused(name):
    with pytest.raises(ValueError, match="name="):
        explore(line, name=name, slope=[1, 2])


def test_a_function_without_a_name_needs_one():
    for function in (lambda slope: line(slope), partial(line)):
        with pytest.raises(ValueError, match="name="):
            explore(function, slope=[1, 2])
        assert explore(function, name="named", slope=[1, 2]).name == "named"


def test_an_explorer_needs_an_axis():
    with pytest.raises(ValueError, match="line has no axis; pass at least one"):
        explore(line)


@pytest.mark.parametrize(
    ("values", "error"),
    [([], ValueError), ([1], ValueError), ("tanh", TypeError), (None, TypeError), (5, TypeError)],
    ids=repr,
)
def test_an_axis_that_is_no_control_is_refused_by_name(values, error):
    with pytest.raises(error, match="slope"):
        explore(line, slope=values)


def test_a_mistyped_axis_is_refused_with_the_arguments_that_exist():
    with pytest.raises(TypeError, match=r"slop is no argument of line\(slope, offset\)"):
        explore(line, slop=[1, 2])


def test_a_mistyped_axis_of_a_partial_function_is_refused_by_name():
    with pytest.raises(TypeError, match="slop is no argument"):
        explore(partial(line, offset=1), name="part", slop=[1, 2])


def test_an_argument_without_values_is_refused_by_name():
    def function(a, b, c=3):
        return picture([a, b])

    with pytest.raises(TypeError, match="b has no values: function needs it"):
        explore(function, a=[1, 2])


def test_an_argument_of_a_partial_function_without_values_is_refused_by_name():
    with pytest.raises(TypeError, match="b has no values"):
        explore(partial(lambda a, b: picture([a, b])), name="part", a=[1, 2])


@pytest.mark.parametrize("default", ["sigmoid", None, True, math.nan, 1 + 1j], ids=repr)
def test_a_default_that_is_none_of_the_values_is_refused_by_the_name_of_its_axis(default):
    with pytest.raises(ValueError, match="x: its default"):
        made(lambda x=default: picture([x]), x=[1, 2, 3])


@pytest.mark.parametrize("default", [0.5, 1000, math.inf])
def test_a_default_beyond_the_values_is_refused_and_not_clipped(default):
    with pytest.raises(ValueError, match="x: its default"):
        made(lambda x=default: picture([x]), x=[1, 2, 3])


@pytest.mark.parametrize("batch", ["depth", "", 5, ["slope"], [16, 32], True], ids=repr)
def test_a_batch_that_is_no_axis_is_refused_by_name(batch):
    with pytest.raises((TypeError, ValueError), match="batch"):
        explore(line, batch=batch, slope=[1, 2])


@pytest.mark.parametrize(
    "labels",
    [{"depth": "Tiefe"}, {"Slope": "x"}, ["slope"], "slope", 5, {"slope": 3}, {"slope": None}],
    ids=repr,
)
def test_labels_that_name_no_axis_in_words_are_refused_by_name(labels):
    with pytest.raises((TypeError, ValueError), match="labels"):
        explore(line, labels=labels, slope=[1, 2])


@pytest.mark.parametrize(
    "precision", ["relative", 0.001, True, Precision, {"y": 0.001}, {"y": "fine"}], ids=repr
)
def test_a_precision_of_another_kind_is_refused_by_name(precision):
    with pytest.raises((TypeError, ValueError), match="precision"):
        _ = explore(line, precision=precision, slope=[1, 2]).payload


@pytest.mark.parametrize(
    "result",
    [
        None,
        5,
        "figure",
        [],
        {"data": []},
        go.Scatter(y=[1]),
        [picture([1])],
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_function_that_returns_no_figure_is_refused_by_name(result):
    def function(a):
        return result

    explorer = explore(function, a=[1, 2])
    wanted = f"function returned {type(result).__name__}, not a plotly figure"
    for show in (
        lambda: explorer.figure(),
        lambda: explorer.default_figure,
        lambda: explorer.payload,
    ):
        with pytest.raises(TypeError, match=wanted):
            show()


def test_a_figure_missing_at_one_grid_point_only_is_found():
    explorer = made(lambda a: picture([a]) if a < 3 else None, a=[1, 2, 3])
    assert explorer.default_figure
    with pytest.raises(TypeError, match=r"made: .* returned NoneType"):
        _ = explorer.payload


@pytest.mark.parametrize(
    "meta",
    [
        None,
        {},
        {"summary": None},
        {"summary": ""},
        {"summary": "  "},
        {"summary": 5},
        {"summary": ["It rises."]},
        {"summary": "It rises.\nIt falls."},
        {"summary": "It rises.\n"},
        {"Summary": "It rises."},
        "It rises.",
        ["summary"],
    ],
    ids=repr,
)
def test_a_figure_without_a_reading_in_one_sentence_is_refused(meta):
    def function(a):
        return go.Figure({"type": "scatter", "y": [a]}, {"meta": meta})

    wanted = r"function must leave a one-sentence reading .* fig\.layout\.meta"
    explorer = explore(function, a=[1, 2])
    with pytest.raises(ValueError, match=wanted):
        explorer.figure()
    with pytest.raises(ValueError, match=wanted):
        _ = explorer.payload


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        (picture([1]), "must return a list of figures, one a value, not Figure"),
        (None, "must return a list of figures, one a value, not NoneType"),
        ({"a": picture([1])}, "must return a list of figures, one a value, not dict"),
        (iter([picture([1])]), "must return a list of figures, one a value, not list_iterator"),
    ],
    ids=["Figure", "None", "dict", "iterator"],
)
def test_a_batch_function_that_returns_no_list_is_refused(result, wanted):
    explorer = made(lambda a: result, batch="a", a=[1, 2])
    for show in (lambda: explorer.figure(), lambda: explorer.payload):
        with pytest.raises(TypeError, match=f"batch='a' the function {wanted}"):
            show()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_batch_function_that_returns_too_few_or_too_many_figures_is_refused(count):
    explorer = made(lambda a: [picture([k]) for k in range(count)], batch="a", a=[1, 2])
    with pytest.raises(ValueError, match=f"returned {count} figures for 2 values of a"):
        _ = explorer.payload


def test_a_batch_that_holds_something_else_than_figures_is_refused():
    explorer = made(lambda a: [picture([1]), None], batch="a", a=[1, 2])
    with pytest.raises(TypeError, match="returned NoneType, not a plotly figure"):
        _ = explorer.payload


def test_an_unknown_axis_of_figure_is_refused_with_the_axes_that_exist():
    explorer = explore(line, slope=[1, 2], offset=[0, 1])
    with pytest.raises(TypeError, match="'depth' is no axis of line: slope, offset"):
        explorer.figure(depth=5)


def test_an_error_of_the_function_reaches_its_author():
    def function(a):
        raise ZeroDivisionError("in my own words")

    with pytest.raises(ZeroDivisionError, match="in my own words"):
        _ = explore(function, a=[1, 2]).payload


def test_an_axis_may_be_called_function():
    explorer = made(lambda function: picture([len(function)]), function=["sin", "tanh"])
    assert explorer.defaults == {"function": "sin"}


def test_plain_data_are_a_figure_like_any_other():
    def whole(a=1, b=1):
        return go.Figure(plain(a, b))

    def plain(a=1, b=1):
        curve = {"type": "scatter", "x": np.arange(3), "y": [a, b, 2.5], "line": {"dash": "dot"}}
        extra = [{"type": "bar", "y": np.ones(2)}] if a == 2 else []
        meta = {"summary": f"{a}, {b}.", "odd": np.float64(a / 3)}
        return {"data": [curve, *extra], "layout": {"meta": meta, "title": {"text": "t"}}}

    axes = {"a": [1, 2, 3], "b": [1, 2]}
    first, second = (explore(f, name="same", **axes) for f in (whole, plain))
    assert first.readings() == second.readings()
    assert first.payload["columns"] == second.payload["columns"]
    assert isinstance(second.default_figure, go.Figure)
    assert second.figure(a=2).data[1].type == "bar"
    assert len(second.payload["blob"]) <= len(first.payload["blob"]) + 8


def test_plain_data_with_an_attribute_that_plotly_does_not_know_are_refused_wherever_they_occur():
    def function(a=1):
        curve = {"type": "scatter", "y": [a]} | ({"colour": "red"} if a == 3 else {})
        return {"data": [curve], "layout": {"meta": {"summary": f"{a}."}}}

    explorer = explore(function, a=[1, 2, 3])
    assert explorer.default_figure.data[0].y == (1,)
    with pytest.raises(ValueError, match="colour"):
        _ = explorer.payload


def test_a_grid_leaves_the_style_of_other_figures_alone():
    def function(a=1):
        return go.Figure(go.Scatter(y=[a]), {"meta": {"summary": f"{a}."}})

    before = pio.templates.default
    _ = explore(function, a=[1, 2]).payload
    assert pio.templates.default == before
