"""Sentences that show an explorer's state, and goals that judge it."""

import json
import math
from html.parser import HTMLParser
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from trainability.explore import explore
from trainability.explore.controls import log_range, seeds
from trainability.explore.explorer import Explorer
from trainability.explore.follow import bound_text, goal, presets
from trainability.programs import Run

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "\"quoted\" & 'single'",
    "a < b > c",
    "&lt;",
    "é\u2028",
]


class Parsed(HTMLParser):
    """The tags of a fragment, in order, with the text inside each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], "unclosed elements"

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1], data))

    def text(self) -> str:
        return "".join(data for _, data in self.texts)


def profile(scale=1.0, depth=10, kind="tanh", bias=True, **readings) -> go.Figure:
    end = scale**depth + len(kind) + bias
    meta = {"summary": f"It ends at {end:.2g}.", "end": end, "count": depth, "verdict": "healthy"}
    return go.Figure({"type": "scatter", "y": [1, end]}, {"meta": meta | readings})


def network(function=profile, **axes) -> Explorer:
    values = {
        "scale": log_range(0.1, 10, 21),
        "depth": [5, 10, 20],
        "kind": ["tanh", "relu"],
        "bias": False,
    }
    return explore(function, name="hero", **(axes or values))


def steps(function) -> Explorer:
    """An explorer over one axis of three values that starts at the first."""
    return explore(function, name="steps", a=[1, 2, 3])


def step(a, **readings) -> go.Figure:
    return go.Figure({"type": "bar", "y": [a]}, {"meta": {"summary": f"Step {a}."} | readings})


def bindings(html: str) -> list[str | None]:
    return [attributes["data-bind"] for tag, attributes in Parsed(html).tags if tag == "span"]


def test_a_sentence_shows_labels_of_axes_and_readings_of_the_figure():
    html = bound_text(
        "Scale {hero.scale}, {hero.depth} layers of {hero.kind}, bias {hero.bias}: {hero.summary}",
        network(),
    ).html()
    assert Parsed(html).text() == "Scale 1, 10 layers of tanh, bias true: It ends at 6."
    assert bindings(html) == [
        "hero.scale",
        "hero.depth",
        "hero.kind",
        "hero.bias",
        "hero.summary",
    ]


def test_readings_that_are_fractions_are_written_with_three_digits():
    explorer = steps(
        lambda a: step(a, ratio=math.pi * 1e-12, count=12, lost=math.nan, far=math.inf)
    )
    text = bound_text("{steps.ratio} {steps.count} {steps.lost} {steps.far}", explorer).html()
    assert Parsed(text).text() == "3.14e-12 12 nan inf"


def test_a_sentence_may_follow_several_explorers():
    other = explore(lambda width: step(width), name="other-2", width=[7, 8])
    html = bound_text("{hero.depth} and {other-2.width} and {hero.depth}", network(), other).html()
    assert Parsed(html).text() == "10 and 7 and 10"
    assert bindings(html) == ["hero.depth", "other-2.width", "hero.depth"]


def test_a_sentence_without_fields_is_a_sentence():
    html = bound_text("Nothing {here} to { hero.depth } follow {}.").html()
    assert Parsed(html).text() == "Nothing {here} to { hero.depth } follow {}."
    assert bindings(html) == []


@pytest.mark.parametrize("field", ["other.depth", "Hero.depth", "her.summary"])
def test_an_explorer_that_was_not_passed_is_refused_by_name(field):
    with pytest.raises(ValueError, match=f"template names '{field.split('.')[0]}'"):
        bound_text(f"At {{{field}}}.", network())


@pytest.mark.parametrize("key", ["width", "Depth", "summar", "_"])
def test_a_field_that_is_neither_axis_nor_reading_is_refused_by_name(key):
    with pytest.raises(ValueError, match=f"template names hero.{key}: neither an axis"):
        bound_text(f"At {{hero.{key}}}.", network())


@pytest.mark.parametrize("hostile", HOSTILE)
def test_words_of_template_labels_and_readings_are_text_and_not_markup(hostile):
    explorer = explore(
        lambda a: step(len(a), word=hostile), name="hostile", a=[hostile, "something else"]
    )
    html = bound_text(f"{hostile}: {{hostile.a}}, {{hostile.word}}", explorer).html()
    assert Parsed(html).text() == f"{hostile}: {hostile}, {hostile}"
    assert [tag for tag, _ in Parsed(html).tags] == ["p", "span", "span"]


def test_a_sentence_can_show_a_menu_that_passes_on_arrays():
    points = {"moons": np.zeros(3), "circles": np.ones(3), "line": np.arange(3)}
    explorer = explore(lambda data: step(float(data.sum())), name="sets", data=points)
    html = bound_text("These are {sets.data}.", explorer).html()
    assert Parsed(html).text() == "These are moons."


# Goals


def goal_data(html: str) -> dict:
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    ((_, attributes),) = [tag for tag in Parsed(html).tags if "data-goal" in tag[1]]
    return json.loads(attributes["data-goal"], parse_constant=refuse)


def verdict(html: str) -> str:
    tags = Parsed(html)
    assert [a.get("role") for _, a in tags.tags].count("status") == 1
    return tags.texts[-1][1]


def test_a_goal_waits_until_every_condition_holds():
    explorer = network()
    aim = goal("Get there.", explorer, {"depth": 20, "kind": "relu", "end": (0.0, 10.0)})
    aim.validate()
    assert verdict(aim.html()) == "Not yet."
    assert not aim.check({"depth": 20}).right
    assert not aim.check({"depth": 20, "kind": "relu", "scale": 2.0}).right
    assert aim.check({"depth": 20, "kind": "relu"}).text == "Reached. It ends at 6."


def test_the_page_gets_the_conditions_as_it_compares_them():
    explorer = network()
    conditions = {
        "scale": (0.5, 2),
        "depth": 20,
        "kind": "relu",
        "bias": False,
        "verdict": "healthy",
        "end": (1, 5.5),
    }
    assert goal_data(goal("Go.", explorer, conditions).html()) == {
        "explorer": "hero",
        "when": {
            "scale": [0.5, 2],
            "depth": 20,
            "kind": "relu",
            "bias": "false",
            "verdict": "healthy",
            "end": [1, 5.5],
        },
    }


def test_a_menu_that_passes_on_values_is_judged_by_its_label_in_the_page():
    kinds = {"ReLU": max, "Tanh": math.tanh}
    explorer = explore(lambda g: step(float(g(0.5, 1) if g is max else 0)), name="g", g=kinds)
    aim = goal("Go.", explorer, {"g": "Tanh"})
    assert goal_data(aim.html())["when"] == {"g": "Tanh"}
    assert aim.check({"g": math.tanh}).text == "Reached. Step 0.0."


@pytest.mark.parametrize(
    ("end", "reached"),
    [
        (0.99, False),
        (1.0, True),
        (1.5, True),
        (2.0, True),
        (2.01, False),
        (math.nan, False),
        (math.inf, False),
        (-math.inf, False),
    ],
)
def test_a_pair_holds_both_its_ends_and_nothing_that_is_not_finite(end, reached):
    aim = goal("Go.", steps(lambda a: step(a, end=0.0)), {"end": (1.0, 2.0)})
    assert aim.reached({"a": 1}, {"end": end}) is reached


def test_an_axis_may_lie_between_two_values():
    aim = goal("Go.", network(), {"scale": (1.5, 3)})
    assert aim.reached({"scale": 2.0}, {})
    assert not aim.reached({"scale": 1.0}, {})


def test_a_goal_may_have_no_upper_end():
    html = goal("Go.", steps(lambda a: step(a, size=a)), {"size": (2.5, math.inf)}).html()
    assert "size" in goal_data(html)["when"]


def test_a_goal_without_its_reading_in_some_states_is_not_reached_there():
    explorer = steps(lambda a: step(a, **({} if a == 2 else {"size": float(a)})))
    aim = goal("Go.", explorer, {"size": (2.5, 3.5)})
    aim.validate()
    assert not aim.reached({"a": 2}, {"summary": "s"})
    assert aim.reached({"a": 3}, {"size": 3.0})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_reading_that_is_not_finite_somewhere_on_the_grid_does_not_stop_the_check(value):
    explorer = steps(lambda a: step(a, size=value if a == 2 else float(a)))
    goal("Go.", explorer, {"size": (2.5, 3.5)}).validate()
    with pytest.raises(ValueError, match="reached nowhere"):
        goal("Go.", explorer, {"size": (3.5, 4.5)}).validate()


@pytest.mark.parametrize(
    "when", [{"depth": 20, "verdict": "vanishing"}, {"end": (-2, -1)}, {"end": (3, 2)}]
)
def test_a_goal_that_no_state_reaches_is_refused_by_its_prompt(when):
    with pytest.raises(ValueError, match="goal 'Go on' is reached nowhere on the grid"):
        goal("Go on", network(), when).validate()


@pytest.mark.parametrize("when", [{"depth": 10}, {"end": (0, 100)}, {"verdict": "healthy"}, {}])
def test_a_goal_that_is_reached_at_the_start_is_refused_by_its_prompt(when):
    with pytest.raises(ValueError, match="goal 'Go on' is reached before"):
        goal("Go on", network(), when).validate()


@pytest.mark.parametrize("key", ["width", "Depth", "summar", ""])
def test_a_condition_on_nothing_is_refused_by_name(key):
    with pytest.raises(ValueError, match=f"when names '{key}'"):
        goal("Go.", network(), {key: 1})


@pytest.mark.parametrize(
    ("axis", "value"), [("kind", "sigmoid"), ("bias", 1), ("depth", "many"), ("depth", None)]
)
def test_a_value_that_an_axis_does_not_have_is_refused(axis, value):
    with pytest.raises(ValueError, match="is not one of"):
        goal("Go.", network(), {axis: value})


@pytest.mark.parametrize("value", [60, -5])
def test_a_number_that_a_list_does_not_hold_is_refused_and_not_moved_to_its_neighbor(value):
    with pytest.raises(ValueError, match="is not one of 5, 10, 20"):
        goal("Go.", network(), {"depth": value})


@pytest.mark.parametrize("hostile", HOSTILE)
def test_words_of_prompt_condition_and_reading_are_text_and_not_markup(hostile):
    def function(a):
        return go.Figure({"type": "bar", "y": [len(a)]}, {"meta": {"summary": f"{hostile}!"}})

    explorer = explore(function, name="hostile", a=["start", hostile])
    aim = goal(hostile, explorer, {"a": hostile})
    assert goal_data(aim.html()) == {"explorer": "hostile", "when": {"a": hostile}}
    assert Parsed(aim.html()).text() == f"Goal. {hostile}Not yet."
    assert [tag for tag, _ in Parsed(aim.html()).tags] == ["div", "p", "strong", "p"]


def test_a_goal_judges_a_state_that_is_given():
    asked = goal("Go deep.", network(), {"depth": 20, "kind": "relu"})
    assert not asked.check({"depth": 20}).right
    reply = asked.check({"depth": 20, "kind": "relu"})
    assert reply.right and reply.text == "Reached. It ends at 6."
    with pytest.raises(TypeError, match="no axis"):
        asked.check({"deep": 20})


def test_a_goal_offers_its_hints_below_in_order():
    asked = goal("Reach <3>.", network(), {"depth": 20}, hints=["Up.", "To the <end>."])
    html = asked.html()
    assert html.index("Hint 1 of 2") < html.index("Up.") < html.index("Hint 2 of 2")
    assert "To the &lt;end&gt;." in html
    assert "<details" not in goal("Reach 20.", network(), {"depth": 20}).html()


def test_presets_bring_every_axis_but_a_seed_to_a_value():
    explorer = explore(
        lambda a=2, b="x", seed=0: step(a), name="steps", a=[1, 2, 3], b=["x", "y"], seed=seeds()
    )
    offered = presets(explorer, {"first": {"a": 1}, "all": {"b": "y", "seed": 7}})
    assert offered.states == {
        "first": {"a": "1", "b": "x"},
        "all": {"a": "2", "b": "y", "seed": "7"},
    }
    buttons = [attributes for tag, attributes in Parsed(offered.html()).tags if tag == "button"]
    assert [json.loads(each["data-values"]) for each in buttons] == list(offered.states.values())


@pytest.mark.parametrize("words", HOSTILE)
def test_words_of_presets_stay_words(words):
    parsed = Parsed(presets(steps(step), {words: {"a": 2}}).html())
    assert [tag for tag, _ in parsed.tags] == ["div", "button"] and parsed.text() == words


def test_presets_name_what_cannot_be_set():
    with pytest.raises(ValueError, match="preset 'far' sets 'b', which is none of a"):
        presets(steps(step), {"far": {"b": 1}})
    with pytest.raises(ValueError, match="4 is not one of 1, 2, 3"):
        presets(steps(step), {"far": {"a": 4}})


def test_a_goal_s_solution_must_reach_it():
    def late(a):
        return step(a, there=a)

    asked = {"there": 3}
    goal("Go there.", steps(late), asked, solution={"a": 3}).validate()
    with pytest.raises(ValueError, match="not reached by its solution"):
        goal("Go there.", steps(late), asked, solution={"a": 2}).validate()


def test_a_goal_of_a_run_may_take_steps_that_no_search_takes():
    run = Run(
        init=lambda x=1.0: {"x": torch.full((), 1.0) * x},
        step=lambda state, lr=0.25: ({"x": state["x"] - lr * state["x"]}, {"loss": state["x"]}),
        figure={
            "data": [{"type": "scatter", "y": {"$": "loss"}}],
            "layout": {"meta": {"summary": {"$text": "x is {x:3}."}, "rest": {"$": "x"}}},
        },
    )
    explorer = explore(run, name="falling", x=[0.5, 1.0], lr=[0.25, 0.5])
    reached = {"rest": (0.1, 0.2)}
    goal("Stop between.", explorer, reached, solution={"lr": 0.5, "step": 3}).validate()
    with pytest.raises(ValueError, match="not reached by its solution"):
        goal("Stop between.", explorer, reached, solution={"lr": 0.5, "step": 30}).validate()
