"""What a question says to an answer, and that its words stay words."""

import json
import math
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainability.explore.ask import VERDICTS, choice, ordering, sketch, value, verdict
from trainability.explore.question_markup import hints_html, rich
from trainability.explore.questions import Choice, Question, Reply

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "\"><script>alert('1')</script>",
    "'\" onmouseover=alert(1) x='",
    "<!-- ]]> &lt; &amp;",
    "$a<b>c</b> \\) <img src=x onerror=alert(1)>$ and `<i>code</i>`",
    "two\u2028lines\u2029or three",
    "{{ jinja }} ${js} %(py)s",
]
STEPS = ["first", "second", "third", "fourth"]


class Parsed(HTMLParser):
    """The tags of a fragment, in order, with the text inside each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], "unclosed elements"

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"an attribute of {tag} stands twice"
        self.tags.append((tag, dict(attributes)))
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data):
        raise AssertionError("a comment came out of text")

    def outline(self):
        return [(tag, sorted(attributes)) for tag, attributes in self.tags]

    def text(self, *, of: str = "") -> str:
        return "".join(data for tag, data in self.texts if not of or tag == of)


def data_of(question: Question) -> dict:
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(Parsed(question.html()).text(of="script"), parse_constant=refuse)


def curve(y, *, log=False, y_range=None, x=(0, 1, 2, 3), **axes) -> go.Figure:
    y_axis = {"title": {"text": "size"}, "range": y_range or ([-8, 0] if log else [0, 10])}
    x_axis = {"title": {"text": "layer"}, "range": [-0.5, 3.5]} | axes.pop("xaxis", {})
    y_axis |= {"type": "log" if log else "linear"} | axes.pop("yaxis", {})
    return go.Figure(go.Scatter(x=x, y=y), {"xaxis": x_axis, "yaxis": y_axis})


def fall(**settings) -> Question:
    """The question for a curve that falls by a decade a layer."""
    figure = curve([1, 0.1, 0.01, 0.001], log=True)
    given: dict[str, Any] = {"at": [0, 1, 2, 3], "name": "fall", "tolerance": 0.5} | settings
    return sketch("Draw it.", figure, **given)


def halved(**settings) -> Question:
    options = {"It halves.": "That is one layer.", "By 1,024.": "Ten halvings.", "No way.": ""}
    return choice("How?", options, answer="By 1,024.", name="halved", **settings)


# Choices


def test_a_right_choice_hears_its_own_reply_and_the_explanation():
    reply = halved(explanation="$2^{10} = 1024$.").check("By 1,024.")
    assert reply == Reply(True, "Right. Ten halvings. $2^{10} = 1024$.")


def test_a_wrong_choice_hears_its_own_reply_and_not_the_explanation():
    question = halved(explanation="Told too early.")
    assert question.check("It halves.") == Reply(False, "Not yet. That is one layer.")
    assert question.check("No way.") == Reply(False, "Not yet.")


def test_a_choice_refuses_what_is_no_option():
    with pytest.raises(ValueError, match=r"'halved' is not one of 'It halves\.'"):
        halved().check("halved")


@pytest.mark.parametrize("options", [{"only": ""}, {"a": "", "b": ""}])
def test_a_choice_needs_options_and_its_answer_among_them(options):
    with pytest.raises(ValueError, match="choice 'q': answer='only' must be one of two or more"):
        choice("Which?", options, answer="only", name="q")


@pytest.mark.parametrize("answer", VERDICTS)
@pytest.mark.parametrize("given", VERDICTS)
def test_a_verdict_shows_why_after_any_answer(answer, given):
    question = verdict("Depth helps.", answer, "Up to a point.", name="depth")
    opening = "Right." if given == answer else "It is otherwise."
    truth = {"true": "The claim is true.", "false": "The claim is false."}
    words = f"{opening} {truth.get(answer, 'It depends.')} Up to a point."
    assert question.check(given) == Reply(given == answer, words)
    assert "Depth helps." in question.prompt


def test_a_verdict_has_three_answers_only():
    with pytest.raises(ValueError, match="choice 'depth': answer='maybe'"):
        verdict("Depth helps.", "maybe", "Up to a point.", name="depth")


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (halved(predict=True, explanation="Because."), "By 1,024.", "No way."),
        (value("?", 2, name="q", predict=True, explanation="Because."), 2, 3),
        (fall(explanation="Because."), [1, 0.1, 0.01, 0.001], [1, 1, 1, 1]),
    ],
)
def test_a_prediction_explains_itself_after_any_answer(question, right, wrong):
    assert question.check(right).text.startswith("Right. ")
    assert question.check(wrong).text.startswith("It is otherwise.")
    assert question.check(right).text.endswith(" Because.")
    assert question.check(wrong).text.endswith(" Because.")
    assert "Predict." in question.html()
    assert data_of(question)["predict"] is True


# Values


@pytest.mark.parametrize(
    ("given", "right"),
    [(100, True), (101, True), (99, True), (101.01, False), (98.99, False), ("10^2", True)],
)
def test_a_value_may_be_off_by_a_share_of_the_answer(given, right):
    assert value("?", 100, name="q", relative=0.01).check(given).right is right


@pytest.mark.parametrize(
    ("given", "right"), [(0.5, True), (-0.5, True), (0.51, False), (0, True), ("-0.51", False)]
)
def test_a_value_may_be_off_by_an_absolute_amount(given, right):
    assert value("?", 0, name="q", absolute=0.5).check(given).right is right


def test_a_relative_tolerance_works_for_negative_answers():
    question = value("?", -100, name="q")
    assert question.check(-100.5).right
    assert question.check(-102).text == "Not yet. Your value is too small."
    assert question.check(100).text == "Not yet. Your value is too large."


def test_a_wrong_value_hears_on_which_side_it_lies():
    question = value("?", 8, name="q", explanation="Told too early.")
    assert question.check(9) == Reply(False, "Not yet. Your value is too large.")
    assert question.check("2^2") == Reply(False, "Not yet. Your value is too small.")


def test_a_trap_has_a_word_of_its_own_and_the_first_that_fits_speaks():
    traps = {"1/2": "One layer.", 20: "Twice.", "40/2": "Never said."}
    question = value("?", 10, name="q", traps=traps)
    assert question.check(0.5).text == "Not yet. One layer."
    assert question.check("4*5").text == "Not yet. Twice."
    assert question.check(21).text == "Not yet. Your value is too large."


def variance(**settings) -> Question:
    variables: dict[str, list[float]] = {"n_out": [20, 100], "n_in": [10, 1e6]}
    return value("?", "1 / n_in", name="q", variables=variables, **settings)


def test_a_formula_is_right_where_it_is_right_at_every_sample():
    for text in ["1/n_in", "n_in^-1", "n_out/(n_in*n_out)", "sqrt(1/n_in^2)"]:
        assert variance().check(text).right, text
    # Right at the first sample alone.
    assert variance().check("0.1") == Reply(
        False, "Not yet. At n_out = 100, n_in = 1e+06 your formula is too large."
    )


def test_a_wrong_formula_hears_of_the_first_sample_with_the_names_in_the_authors_order():
    reply = variance().check("1/n_out")
    assert reply.text == "Not yet. At n_out = 20, n_in = 10 your formula is too small."


def test_a_trap_of_a_formula_must_fit_at_every_sample():
    question = variance(traps={"1/n_out": "That keeps the gradient's."})
    assert question.check("5/(5*n_out)").text == "Not yet. That keeps the gradient's."
    assert "your formula is too small" in question.check("0.05").text


def test_an_unreadable_value_says_so():
    for text, words in [("", "Type a number"), ("n_inn", "use n_out, n_in"), ("1/0", "no finite")]:
        with pytest.raises(ValueError, match=words):
            variance().check(text)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1))
def test_a_value_is_right_exactly_within_its_tolerance(answer, given_value, size):
    for kind, room in [("relative", size * abs(answer)), ("absolute", size)]:
        reply = value("?", answer, name="q", **{kind: size}).check(repr(given_value))
        assert reply.right is (abs(given_value - answer) <= room)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"answer": "1/n"}, "'1/n' has no value. n is unknown"),
        ({"answer": math.inf}, "'inf' has no value"),
        ({"answer": math.nan}, "'nan' has no value"),
        ({"traps": {"1/0": ""}}, "'1/0' has no value"),
        ({"traps": {"2 2": ""}}, "'2 2' has no value. This cannot be read"),
        ({"traps": {1.001: ""}}, "the trap 1.001 counts as a right answer"),
        ({"relative": -1}, "a tolerance"),
        ({"relative": math.nan}, "a tolerance"),
        ({"absolute": math.inf}, "a tolerance"),
        ({"absolute": "1"}, "a tolerance"),
        ({"variables": {"a": [1, 2], "b": [1]}}, "lists of one length"),
        ({"variables": {"a": []}}, "lists of one length"),
        ({"variables": {"a": [math.inf]}}, "'a' must be finite numbers"),
        ({"variables": {"a": ["1"]}}, "'a' must be finite numbers"),
        ({"variables": {"a b": [1]}}, "cannot type the variable 'a b'"),
        ({"variables": {"λ": [1]}}, "cannot type the variable 'λ'"),
        ({"variables": {"e": [1]}}, "cannot type the variable 'e'"),
        ({"variables": {"sqrt": [1]}}, "cannot type the variable 'sqrt'"),
        ({"variables": {"</script>": [1]}}, "cannot type the variable '</script>'"),
    ],
)
def test_a_value_that_cannot_be_judged_is_refused_by_its_name(settings, words):
    with pytest.raises(ValueError, match=r"^value 'odd': ") as refused:
        value("?", **({"answer": 1.0, "name": "odd"} | settings))
    assert words in str(refused.value)


# Orders


def proof(**settings) -> Question:
    return ordering("Order it.", STEPS, name="proof", **settings)


@pytest.mark.parametrize(
    ("order", "first"),
    [([1, 0, 2, 3], 1), ([0, 2, 1, 3], 2), ([0, 1, 3, 2], 3), ([3, 0, 1, 2], 1)],
)
def test_a_wrong_order_hears_of_its_first_wrong_line(order, first):
    reply = proof(explanation="Told too early.").check([STEPS[i] for i in order])
    assert reply == Reply(False, f"Not yet. Line {first} is the first that does not follow.")


def test_the_right_order_hears_the_explanation():
    assert proof(explanation="Done.").check(STEPS) == Reply(True, "Right. Done.")


@pytest.mark.parametrize("answer", [STEPS[:3], [*STEPS, "first"], ["first"] * 4, []])
def test_an_order_must_hold_each_line_once(answer):
    with pytest.raises(ValueError, match="'proof' must hold each line once"):
        proof().check(answer)


@pytest.mark.parametrize("lines", [["a", "b"], ["a", "b", "a"], []])
def test_an_order_needs_three_different_lines(lines):
    with pytest.raises(ValueError, match="ordering 'few' needs three or more lines"):
        ordering("Order it.", lines, name="few")


@pytest.mark.parametrize("count", [3, 4, 9])
def test_the_reader_never_finds_the_lines_in_order_nor_the_first_line_first(count):
    lines = [f"line {i}" for i in range(count)]
    for k in range(50):
        shuffled = ordering("Order it.", lines, name=f"proof-{k}").shuffled
        assert sorted(shuffled) == list(range(count))
        assert shuffled[0] != 0


def test_the_page_holds_the_lines_as_shuffled():
    question = proof()
    shown = [d for tag, d in Parsed(question.html()).texts if d in STEPS]
    assert shown == [STEPS[i] for i in question.shuffled] != STEPS


# Sketches


def test_a_sketch_within_the_tolerance_is_right_and_hears_how_close_it_came():
    reply = fall(explanation="A line.").check([1, 0.1, 0.02, 0.001])
    assert reply == Reply(True, "Right. You are nowhere more than 0.30 decades off. A line.")


def test_a_sketch_hears_where_it_is_furthest_off_and_on_which_side():
    high = fall().check([1, 0.1, 1, 0.001]).text
    assert high == "It is otherwise. You are furthest off at layer 2: 2.00 decades too high."
    low = fall().check([1, 1e-5, 0.01, 0.001]).text
    assert low == "It is otherwise. You are furthest off at layer 1: 4.00 decades too low."


def test_what_leaves_a_logarithmic_axis_stands_at_its_end():
    figure = curve([0, 1e-30, math.inf, 1e-8], log=True)
    question = sketch("?", figure, at=[0, 1, 2, 3], name="q", tolerance=0.1)
    assert question.axes.truth == (-8, -8, 0, -8)
    assert question.check([0, 0, math.inf, 0]).right
    assert question.check([1e-300, -1, 1e300, 1e-8]).right
    off = question.check([0, 0, 0, 0]).text
    assert off.endswith("at layer 2: 8.00 decades too low.")


def test_a_linear_axis_counts_in_its_own_units():
    question = sketch("?", curve([0, 5, 20, 10]), at=[0, 1, 2], name="q", tolerance=1)
    assert question.axes.truth == (0, 5, 10)
    assert question.check([0.99, 4.01, 12]).right
    assert question.check([0, 5, 7]).text.endswith("at layer 2: 3.0 too low.")
    assert question.check([2, 5, 10]).text.endswith("at layer 0: 2.0 too high.")


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_the_scale_of_an_axis_does_not_swallow_the_difference(scale):
    figure = curve([0.123 * scale, 0.4 * scale, scale, 0], y_range=[0, scale])
    question = sketch("?", figure, at=[0, 1], name="q", tolerance=0.01 * scale)
    assert question.axes.truth == pytest.approx([0.123 * scale, 0.4 * scale], rel=1e-2)
    assert question.check([0.123 * scale, 0.4 * scale]).right
    said = question.check([0.123 * scale, 0.45 * scale]).text
    assert float(said.split()[-3]) == pytest.approx(0.05 * scale, rel=0.11)


def test_halves_are_rounded_up_as_the_page_rounds_them():
    figure = curve([0, 0, 0, 0], y_range=[0, 10])
    question = sketch("?", figure, at=[0, 1], name="q", tolerance=0.01)
    for given_value, shown in [(0.25, "0.3"), (0.75, "0.8"), (0.15, "0.1"), (0.05, "0.1")]:
        assert question.check([0, given_value]).text.endswith(f": {shown} too high.")


def test_a_sketch_asks_for_as_many_values_as_places():
    with pytest.raises(ValueError, match="'fall' asks for 4 values"):
        fall().check([1, 2])


def test_a_sketch_compares_with_the_curve_it_names():
    figure = curve([1, 1, 1, 1])
    figure.add_scatter(x=np.arange(4), y=np.array([2.0, 3, 4, 5]))
    question = sketch("?", figure, at=[0, 3], name="q", tolerance=0.1, trace=1)
    assert question.axes.truth == (2, 5)


@pytest.mark.parametrize(
    ("figure", "settings", "words"),
    [
        (curve([1, 1, 1, 1]), {"at": [1]}, "two or more places"),
        (curve([1, 1, 1, 1]), {"at": [2, 1]}, "rising"),
        (curve([1, 1, 1, 1]), {"at": [1, 1]}, "rising"),
        (curve([1, 1, 1, 1]), {"at": [0, 9]}, "places of the x axis"),
        (curve([1, 1, 1, 1]), {"at": [0, 1.5]}, "no point at [1.5]"),
        (curve([1, None, 1, 1]), {}, "no point at [1.0]"),
        (curve([1, math.nan, 1, 1]), {}, "no point at [1.0]"),
        (curve([1, 1, 1, 1], x=None), {}, "its x and its y"),
        (curve([1, 1, 1, 1]), {"trace": 1}, "trace=1: the figure has 1 curves"),
        (curve([1, 1, 1, 1], xaxis={"title": {"text": ""}}), {}, "xaxis needs a title"),
        (curve([1, 1, 1, 1], xaxis={"range": None}), {}, "xaxis needs a title and a range"),
        (curve([1, 1, 1, 1], yaxis={"range": [0, None]}), {}, "yaxis needs a title and a range"),
        (curve([1, 1, 1, 1], yaxis={"range": [1, 0]}), {}, "yaxis must rise"),
        (curve([1, 1, 1, 1], xaxis={"type": "log"}), {}, "x axis must be linear"),
        (curve([1, 1, 1, 1]), {"tolerance": 0}, "tolerance=0 must be a number above 0"),
        (curve([1, 1, 1, 1]), {"tolerance": math.nan}, "tolerance=nan"),
        (curve([1, 1, 1, 1]), {"tolerance": math.inf}, "tolerance=inf"),
        (curve([1, 1, 1, 1]), {"tolerance": "1"}, "tolerance='1'"),
    ],
)
def test_a_sketch_that_cannot_be_drawn_is_refused_by_its_name(figure, settings, words):
    with pytest.raises(ValueError, match=r"^sketch 'odd': ") as refused:
        sketch("?", figure, **({"at": [0, 1], "name": "odd", "tolerance": 1} | settings))
    assert words in str(refused.value)


# What every question needs


@pytest.mark.parametrize("name", ["", "A", "1a", "a b", "a.b", 'a"b', "a'b", "a\n", "é", "<b>"])
def test_a_name_that_could_leave_its_attribute_is_refused(name):
    with pytest.raises(ValueError, match="use lower-case letters") as refused:
        value("?", 1, name=name)
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_a_question_without_a_prompt_is_refused_by_its_name(prompt):
    with pytest.raises(ValueError, match="question 'bare' needs a prompt"):
        value(prompt, 1, name="bare")


def test_one_string_is_no_list_of_hints():
    question = {"name": "q", "prompt": "?", "options": (("a", ""), ("b", "")), "answer": "a"}
    with pytest.raises(TypeError, match="hints of 'q' must be a list"):
        Choice(**question, hints="one string")


# Words


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("$a<b$", '<span class="math" data-tex="a&lt;b">\\(a&lt;b\\)</span>'),
        ("`a<b`", "<code>a&lt;b</code>"),
        ("$x$", '<span class="math" data-tex="x">\\(x\\)</span>'),
        ("`$x$`", "<code>$x$</code>"),
        ("one $ alone and one ` too", "one $ alone and one ` too"),
        ("$$ and ``", "$$ and ``"),
        ("", ""),
    ],
)
def test_math_and_code_are_marked_and_all_else_is_text(text, html):
    assert rich(text) == html


@given(st.text())
def test_rich_text_loses_no_letter_and_brings_no_other_tag(text):
    html = rich(text)
    tags = re.findall(r"<[^>]*>", html)
    known = {'<span class="math">', "</span>", "<code>", "</code>", "<em>", "</em>"}
    assert {re.sub(r' data-tex="[^"<>]*"', "", tag) for tag in tags} <= known
    letters = unescape(re.sub(r"<[^>]*>", "", html))
    bare = dict.fromkeys(map(ord, "$`\\()*"))
    assert letters.translate(bare) == text.translate(bare)


def test_hints_open_one_after_the_other():
    html = hints_html(["gentle", "plain $x<y$", "plainest"])
    labels = ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3"]
    parsed = Parsed(html)
    assert [text for tag, text in parsed.texts if tag == "summary"] == labels
    assert [tag for tag, _ in parsed.tags].count("details") == 3
    # Each lies inside the one before, so that no later hint is seen before an earlier one.
    assert html.endswith("</details>" * 3)
    assert html.index("gentle") < html.index("Hint 2 of 3") < html.index("plain ")
    assert "x&lt;y" in html
    assert "open" not in [name for _, attributes in parsed.tags for name in attributes]


def test_one_hint_is_not_counted_and_no_hint_is_nothing():
    assert "<summary>Hint</summary>" in hints_html(["only"])
    assert hints_html([]) == ""


def every_kind(words: str) -> list[Question]:
    """Every kind of question, with the words in every text."""
    texts: dict[str, Any] = {"explanation": words, "hints": [words, "second", words]}
    named = {"title": {"text": words}}
    figure = curve([1, 2, 3, 4], xaxis=named, yaxis=named)
    variables = {"n": [2, 3]}
    return [
        choice(words, {words: words, "b": words}, answer=words, name="a-choice", **texts),
        verdict(words, "depends", words, name="a-verdict"),
        value(words, 1, name="a-number", unit=words, traps={2: words}, predict=True, **texts),
        value(words, "2*n", name="a-formula", variables=variables, traps={"n": words}, **texts),
        ordering(words, [words, "b", "c"], name="an-order", **texts),
        sketch(words, figure, at=[0, 1], name="a-sketch", tolerance=1, **texts),
    ]


KINDS = [question.name for question in every_kind("plain")]


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=KINDS)
@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_bring_no_element_and_no_attribute(words, kind):
    def outline(text):
        return Parsed(every_kind(text)[kind].html()).outline()

    # The same marks of math and code, around harmless letters.
    plain = "$a$ and `code`" if words.startswith("$") else "plain"
    assert outline(words) == outline(plain)


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=KINDS)
@pytest.mark.parametrize("words", [words for words in HOSTILE if not words.startswith("$")])
def test_hostile_words_stay_words(words, kind):
    question = every_kind(words)[kind]
    parsed = Parsed(question.html())
    assert words in parsed.text(of="p")
    script = json.loads(parsed.text(of="script"))
    assert script["predict"] is question.predict
    if question.kind == "sketch":
        assert (script["xTitle"], script["yTitle"]) == (words, words)


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=KINDS)
def test_no_tag_and_no_line_separator_stands_in_the_data(kind):
    for words in HOSTILE:
        html = every_kind(words)[kind].html()
        start = html.index('<script type="application/json"')
        inside = html[html.index(">", start) + 1 : html.index("</script>", start)]
        assert not any(mark in inside for mark in ("<", "\u2028", "\u2029"))


def test_the_data_never_holds_a_number_that_json_has_no_word_for():
    figure = curve([0, math.inf, 1e-300, -1], log=True)
    drawn = sketch("?", figure, at=[0, 1, 2, 3], name="q", tolerance=1)
    assert data_of(drawn)["truth"] == [-8, 0, -8, -8]
    assert data_of(variance())["expected"] == [0.1, 1e-6]


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=KINDS)
def test_every_id_stands_once_and_every_label_names_something(kind):
    tags = Parsed(every_kind("plain")[kind].html()).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    named = [a[key] for _, a in tags for key in ("for", "aria-labelledby") if key in a]
    assert len(ids) == len(set(ids))
    assert set(named) <= set(ids)
    assert all(identifier.startswith(f"{KINDS[kind]}.") for identifier in ids)


def test_the_answer_rests_until_a_script_wakes_it():
    for question in every_kind("plain"):
        parsed = Parsed(question.html())
        (fieldset,) = [attributes for tag, attributes in parsed.tags if tag == "fieldset"]
        assert "disabled" in fieldset
        assert "JavaScript" in parsed.text()


def test_nothing_is_taken_from_elsewhere():
    for question in every_kind("plain"):
        for tag, attributes in Parsed(question.html()).tags:
            assert tag not in {"img", "link", "iframe", "style", "a", "form"}
            assert not {"src", "href", "style", "onclick"} & set(attributes)


MAKE = """
import sys
sys.path.insert(0, sys.argv[1])
from test_questions import HOSTILE, every_kind
for words in HOSTILE:
    for question in every_kind(words):
        sys.stdout.buffer.write(question.html().encode())
"""


def test_equal_questions_are_equal_html_in_every_process(root):
    here = "".join(question.html() for words in HOSTILE for question in every_kind(words))
    command = [sys.executable, "-c", MAKE, str(root / "tests" / "explore")]
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    there = subprocess.run(command, capture_output=True, check=True, env=environment).stdout
    assert there == here.encode()


# An example of every kind


def test_every_kind_has_an_example():
    dead = choice("Dead?", {"yes": "Look again.", "no": ""}, answer="no", name="dead")
    assert dead.check("yes") == Reply(False, "Not yet. Look again.")
    xavier = verdict("It is outdated.", "false", "It still holds at 0.", name="xavier")
    assert xavier.check("true") == Reply(
        False, "It is otherwise. The claim is false. It still holds at 0."
    )
    small = value("What is $2^{-3}$?", 0.125, name="small", explanation="Yes.")
    assert small.check("1/8") == Reply(True, "Right. Yes.")
    lines = ordering("Order.", ["one", "two", "three"], name="lines")
    assert lines.check(["one", "three", "two"]).text.endswith(
        "Line 2 is the first that does not follow."
    )
    line = sketch("Draw.", curve([1, 2, 3, 4]), at=[0, 3], name="line", tolerance=0.5)
    assert line.check([1, 4]).text == "Right. You are nowhere more than 0.0 off."
