"""The page's face: whole without scripts, and nothing in it that was not meant."""

import base64
import json
import math
import os
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.explore import explore
from trainability.explore.control import Control
from trainability.explore.controls import draws, linear_range, log_range
from trainability.explore.explorer import Explorer
from trainability.explore.markup import explorer_html, figure_html, spoken_title

VOID = {"input"}
HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "\"><script>alert('1')</script>",
    "'\" onmouseover=alert(1) x='",
    "<!-- ]]> &lt; &amp;",
    "two\u2028lines\u2029or three",
    "é 中 😀 \u202e",
    "{{ jinja }} ${js} %(py)s",
]


class Node:
    def __init__(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Node | str] = []

    def all(self, *tags: str, **attributes: str) -> list["Node"]:
        """Every element inside, this one included, in the order of the document."""
        inside = [
            node for child in self.children if isinstance(child, Node) for node in child.all()
        ]
        nodes = [self, *inside]
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [
            node
            for node in nodes
            if (not tags or node.tag in tags) and wanted.items() <= node.attributes.items()
        ]

    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text() for c in self.children)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.path = [Node("page", {})]

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"an attribute of {tag} stands twice"
        node = Node(tag, dict(attributes))
        self.path[-1].children.append(node)
        if tag not in VOID:
            self.path.append(node)

    def handle_endtag(self, tag):
        assert self.path.pop().tag == tag

    def handle_data(self, data):
        self.path[-1].children.append(data)

    def handle_comment(self, data):
        raise AssertionError("a comment came out of text")


def read(html: str) -> Node:
    reader = Reader()
    reader.feed(html)
    reader.close()
    (page,) = reader.path
    (root,) = [child for child in page.children if isinstance(child, Node)]
    return root


def only(nodes: list[Node]) -> Node:
    (node,) = nodes
    return node


def payload(root: Node) -> dict:
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    parts = [json.loads(part.text(), parse_constant=refuse) for part in root.all("script")]
    assert sum(map(len, parts)) == len(set().union(*parts)), "something is said twice"
    return {key: value for part in parts for key, value in part.items()}


def profile(scale=1.0, depth=10, kind="tanh", bias=True, draw=0) -> go.Figure:
    y = [scale, depth + draw, len(kind) + bias]
    meta = {"summary": f"It ends at {y[-1]}."}
    return go.Figure({"type": "scatter", "y": y}, {"title": {"text": "A profile"}, "meta": meta})


@pytest.fixture(scope="module")
def network() -> Explorer:
    return explore(
        profile,
        name="hero",
        labels={"kind": "nonlinearity"},
        scale=log_range(0.1, 10, 21),
        depth=[5, 10],
        kind=["tanh", "relu!"],
        bias=False,
        draw=draws(3),
    )


@pytest.fixture(scope="module")
def root(network) -> Node:
    return read(explorer_html(network))


def test_the_root_carries_class_and_name(root):
    assert root.tag == "div"
    assert root.attributes["class"] == "explorer"
    assert root.attributes["data-explorer"] == "hero"
    assert root.attributes["aria-label"] == "Interactive figure hero"


def test_axes_are_the_only_form_controls_and_stand_in_their_order(root, network):
    controls = root.all("input", "select", "textarea")
    assert [control.attributes["data-axis"] for control in controls] == list(network.controls)
    kinds = [control.attributes.get("type", control.tag) for control in controls]
    assert kinds == ["range", "range", "select", "checkbox", "range"]


def test_every_control_has_exactly_one_label(root, network):
    words = {}
    for control in root.all("input", "select"):
        label = only(root.all("label", **{"for": control.attributes["id"]}))
        words[control.attributes["data-axis"]] = label.text()
    assert words == network.labels
    assert len(root.all("label")) == len(network.controls)


@pytest.mark.parametrize("axis", ["scale", "reading", "data", "x_y", "label"])
def test_every_id_stands_once_whatever_an_axis_is_called(axis):
    explorer = explore(lambda **axes: profile(depth=axes[axis]), name="hero", **{axis: [1, 2]})
    root = read(explorer_html(explorer))
    ids = [node.attributes["id"] for node in root.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    label = only(root.all("label"))
    (control,) = root.all("input")
    assert label.attributes["for"] == control.attributes["id"]
    graph = only(root.all("div", role="img"))
    named = only(root.all(id=graph.attributes["aria-labelledby"]))
    assert named.attributes["role"] == "status"


def test_sliders_count_positions_and_say_their_values(root, network):
    for axis, position, last, label in [("scale", "10", "20", "1"), ("depth", "1", "1", "10")]:
        slider = only(root.all("input", data_axis=axis)).attributes
        assert (slider["min"], slider["max"], slider["step"]) == ("0", last, "1")
        assert (slider["value"], slider["aria-valuetext"]) == (position, label)
        assert only(root.all("span", data_value=axis)).text() == label


def test_menus_list_their_labels_and_select_the_default(root):
    options = only(root.all("select")).all("option")
    assert [(o.attributes["value"], o.text()) for o in options] == [("0", "tanh"), ("1", "relu!")]
    assert ["selected" in o.attributes for o in options] == [True, False]


@pytest.mark.parametrize("start", [True, False])
def test_a_switch_is_checked_where_its_default_is_true(start):
    def function(bias=start):
        return profile(bias=bias)

    box = only(read(explorer_html(explore(function, bias=False))).all("input"))
    assert box.attributes["type"] == "checkbox"
    assert ("checked" in box.attributes) is start


def test_every_slider_can_be_played_and_no_other_control(root):
    played = [b.attributes["data-play"] for b in root.all("button") if "data-play" in b.attributes]
    assert played == ["scale", "depth", "draw"]


def test_every_action_is_a_button_and_has_words(root):
    buttons = root.all("button")
    assert all(button.attributes["type"] == "button" for button in buttons)
    assert all(button.text().strip() for button in buttons)
    actions = {button.attributes.get("data-action") for button in buttons} - {None}
    assert actions == {"reset", "pin", "link", "csv"}
    assert only(root.all("details")).all("summary")[0].text() == "Numbers"


def test_one_polite_status_line_reads_the_default_figure(root, network):
    status = only(root.all(role="status"))
    assert status.attributes["aria-live"] == "polite"
    assert status.text() == "It ends at 5." == network.default_figure.layout.meta["summary"]


def test_one_graph_is_named_by_the_reading(root):
    graph = only(root.all("div", role="img"))
    assert graph.attributes["aria-labelledby"] == root.all(role="status")[0].attributes["id"]


def test_the_controls_rest_until_a_script_wakes_them(root):
    assert "disabled" in only(root.all("fieldset")).attributes
    assert "JavaScript" in only(root.all("noscript")).text()


def test_the_payload_is_inert_json(root, network):
    scripts = [script.attributes for script in root.all("script")]
    assert scripts == [
        {"type": "application/json", "class": "explorer-payload"},
        {"type": "application/json", "class": "explorer-states"},
    ]
    data = payload(root)
    assert data["name"] == "hero"
    assert data["blob"] == network.payload["blob"]
    assert [axis["name"] for axis in data["axes"]] == list(network.controls)


def test_nothing_is_taken_from_elsewhere(root):
    for node in root.all():
        assert node.tag not in {"img", "link", "iframe", "style", "a"}
        assert not {"src", "href", "style", "onclick"} & set(node.attributes)


def hostile_explorer(words: str) -> Explorer:
    """Hostile words in every place where a caller's words go."""

    def function(a=words, b=1):
        length = len(a) + b
        trace = {"type": "scatter", "x": [a, "x"], "y": [length, 2], "name": words}
        layout = {
            "title": {"text": words},
            "annotations": [{"text": f"{words}{a}"}],
            "xaxis": {"title": {"text": words}},
            "meta": {"summary": f"{words}: {a}", "verdict": words, words: words},
        }
        return go.Figure(trace, layout)

    return explore(
        function, name="hostile", labels={"a": words, "b": words}, a=["x", words], b=[1, 2]
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words_wherever_they_go(words):
    html = explorer_html(hostile_explorer(words))
    root = read(html)
    assert [label.text() for label in root.all("label")] == [words, words]
    assert [option.text() for option in root.all("option")] == ["x", words]
    assert only(root.all(role="status")).text() == f"{words}: {words}"
    assert root.all("button")[0].attributes["aria-label"] == f"Play {words}"
    data = payload(root)
    assert data["axes"][0]["labels"] == ["x", words]
    assert data["figure"]["layout"]["title"]["text"] == words
    assert data["figure"]["layout"]["meta"][words] == words
    assert data["figure"]["data"][0]["name"] == words


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_bring_no_element_and_no_attribute(words):
    def outline(html):
        return [(node.tag, sorted(node.attributes)) for node in read(html).all()]

    assert outline(explorer_html(hostile_explorer(words))) == outline(
        explorer_html(hostile_explorer("plain"))
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_labels_of_a_slider_made_by_hand_stay_words(words):
    slider = Control("range", (1, 2), (words, "x"))
    explorer = explore(lambda a: profile(depth=a), name="hostile", a=slider)
    root = read(explorer_html(explorer))
    assert only(root.all("input")).attributes["aria-valuetext"] == words
    assert only(root.all("span")).text() == words


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_axis_stays_the_name_of_an_axis_or_is_refused(words):
    try:
        explorer = explore(
            lambda **axes: profile(depth=axes[words]), name="hostile", **{words: [1, 2]}
        )
    except (TypeError, ValueError) as refused:
        assert words in str(refused) or repr(words) in str(refused)
        return
    root = read(explorer_html(explorer))
    control = only(root.all("input"))
    assert control.attributes["data-axis"] == words
    assert only(root.all("label")).attributes["for"] == control.attributes["id"]


def test_no_line_separator_and_no_tag_stands_in_the_payload():
    for words in HOSTILE:
        html = explorer_html(hostile_explorer(words))
        parts = html.split('<script type="application/json" class="explorer-')[1:]
        assert len(parts) == 2
        for part in parts:
            inside = part[part.index(">") + 1 : part.index("</script>")]
            assert not any(mark in inside for mark in ("<", "\u2028", "\u2029"))
            json.loads(inside)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_menu_may_pass_on_a_number_that_json_has_no_word_for(value):
    # The hard margin of a support vector machine is C = inf.
    def function(c=1.0):
        return profile(depth=min(c, 9.0) if c == c else 4.0)

    explorer = explore(function, c={"soft": 1.0, "hard": value})
    root = read(explorer_html(explorer))
    assert payload(root)["axes"][0]["labels"] == ["soft", "hard"]


def test_figures_with_numbers_that_json_has_no_words_for_are_written():
    def function(a):
        meta = {"summary": "s", "ratio": math.inf, "lost": math.nan}
        return go.Figure({"type": "bar", "y": [a, math.nan, math.inf]}, {"meta": meta})

    root = read(explorer_html(explore(function, a=[1, 2])))
    meta = payload(root)["figure"]["layout"]["meta"]
    assert meta["ratio"] == {"$number": "inf"}
    assert meta["lost"] == {"$number": "nan"}


MAKE_TWICE = """
import sys
import numpy as np
import plotly.graph_objects as go
from trainability.explore import explore
from trainability.explore.controls import draws, log_range
from trainability.explore.markup import explorer_html
from trainability.explore.precision import relative

def hero(scale=0.5, depth=10, kind="tanh", draw=0):
    random = np.random.default_rng(draw)
    y = random.random(depth) * scale ** np.arange(depth) + len(kind)
    y[::4] = np.nan
    meta = {"summary": f"It ends at {y[-1]:.3g}.", "words": sorted({"a", "b", "c"}), "x": np.inf}
    traces = [{"type": "scatter", "y": y, "name": "é"}, {"type": "heatmap", "z": np.outer(y, y)}]
    return go.Figure(traces, {"title": {"text": kind}, "meta": meta})

explorer = explore(
    hero, precision=relative(0.01), scale=log_range(0.1, 10, 20), depth=[5, 10],
    kind={"Tanh": "tanh", "ReLU": "relu_"}, draw=draws(2),
)
sys.stdout.buffer.write(explorer_html(explorer).encode())
"""


def test_two_fresh_processes_write_the_same_bytes():
    running = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE_TWICE],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    first, second = (process.communicate()[0] for process in running)
    assert [process.returncode for process in running] == [0, 0]
    assert len(first) > 1000
    assert first == second


# Plain figures


def values_of(spec: dict) -> list[float]:
    return np.frombuffer(base64.b64decode(spec["bdata"]), dtype=spec["dtype"]).tolist()


def test_a_plain_figure_shows_its_reading_and_carries_its_data():
    root = read(figure_html(profile()))
    assert root.attributes == {"class": "figure"}
    graph = only(root.all("div", role="img"))
    assert graph.attributes["aria-label"] == "It ends at 5."
    assert only(root.all("p")).text() == "It ends at 5."
    assert only(root.all("script")).attributes == {"type": "application/json"}
    assert values_of(payload(root)["figure"]["data"][0]["y"]) == [1.0, 10.0, 5.0]


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        ({"title": {"text": "Only a title"}}, "Only a title"),
        ({}, "Figure"),
        ({"meta": {"other": 1}}, "Figure"),
        ({"meta": "words"}, "Figure"),
        ({"meta": {"summary": "Read me."}, "title": {"text": "t"}}, "Read me."),
    ],
)
def test_a_plain_figure_always_has_a_name(layout, name):
    root = read(figure_html(go.Figure({"type": "bar", "y": [1]}, layout)))
    assert only(root.all("div", role="img")).attributes["aria-label"] == name


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_of_a_plain_figure_stay_words(words):
    layout = {"title": {"text": words}, "meta": {"summary": words}}
    figure = go.Figure({"type": "scatter", "x": [words], "y": [1], "name": words}, layout)
    root = read(figure_html(figure))
    assert [node.tag for node in root.all()] == ["div", "div", "p", "script"]
    assert only(root.all("div", role="img")).attributes["aria-label"] == words
    assert payload(root)["figure"]["data"][0]["name"] == words


@pytest.mark.parametrize("value", [1e-60, 1e60, -1e300, 5e-324])
def test_a_plain_figure_carries_numbers_beyond_float32(value):
    # A plain figure has no precision to declare, and underflow is part of the story.
    root = read(figure_html(go.Figure({"type": "scatter", "y": [1.0, value]})))
    assert values_of(payload(root)["figure"]["data"][0]["y"]) == [1.0, value]


def test_a_plain_figure_carries_nan_and_infinity():
    root = read(figure_html(go.Figure({"type": "scatter", "y": [math.inf, math.nan, -math.inf]})))
    np.testing.assert_array_equal(
        values_of(payload(root)["figure"]["data"][0]["y"]), [math.inf, math.nan, -math.inf]
    )


@pytest.mark.parametrize(
    ("title", "spoken"),
    [
        (None, ""),
        ("", ""),
        ("Plain words", "Plain words"),
        ("<b>Bold</b> words", "Bold words"),
        ("Two<br>lines", "Two lines"),
        ("q<sub>l</sub> over <i>layers</i>", "q l over layers"),
        ("q < 1 and χ > 1", "q < 1 and χ > 1"),
        ("loss<0.1", "loss<0.1"),
    ],
)
def test_a_title_is_spoken_without_tags_and_with_every_word(title, spoken):
    figure = go.Figure(layout={"title": {"text": title}})
    assert spoken_title(figure).split() == spoken.split()


def test_an_explorer_is_named_by_its_name_whatever_its_figure_says():
    def untitled(a):
        return go.Figure({"type": "bar", "y": [a]}, {"meta": {"summary": "s"}})

    explorer = explore(untitled, a=linear_range(0, 1, 20))
    assert read(explorer_html(explorer)).attributes["aria-label"] == "Interactive figure untitled"
