"""Listings and quizzes: whole without a script, escaped, and refused where they would mislead."""

import re

import pytest

from trainability.explore.listing import Link, Row, listing
from trainability.explore.quiz import Statement, quiz

HOSTILE = "<script>alert('x')</script>"


def rows():
    return [
        Row("a", ["**Bold** and *soft*, `code` < 3", Link("here", "x.html#a")], {"kind": "one"}),
        Row("b", [HOSTILE, ["first", Link(HOSTILE, '"><b>'), ""]], {"kind": HOSTILE}),
    ]


def test_a_listing_is_whole_without_a_script_and_its_texts_are_escaped():
    html = listing("Rows", ["What", "Where"], rows(), name="rows").html()
    assert "<strong>Bold</strong> and <em>soft</em>, <code>code</code> &lt; 3" in html
    assert '<a href="x.html#a">here</a>' in html
    assert '<tr id="rows.a" data-facet-kind="one">' in html
    assert "<script" not in html and "<b>" not in html and '""' not in html
    assert html.count("<tr ") == 2 and "hidden>" not in html.partition("<tbody>")[2]
    assert html.count("<p>first</p>") == 1 and "<p></p>" not in html


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: [*r, r[0]], "two rows named 'a'"),
        (lambda r: [r[0], Row("c", ["x"], {"kind": "y"})], "1 cells for 2"),
        (lambda r: [r[0], Row("c", ["x", "y"], {})], "other facets"),
    ],
)
def test_rows_that_do_not_fit_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        listing("Rows", ["What", "Where"], change(rows()), name="rows")


@pytest.mark.parametrize("name", ["", "Rows", "a b", '"'])
def test_a_name_that_no_address_can_hold_is_refused(name):
    with pytest.raises(ValueError, match="lower-case"):
        listing("Rows", ["What", "Where"], rows(), name=name)
    with pytest.raises(ValueError, match="lower-case"):
        quiz([statement()], name=name)


def statement(answer="false", text="2 + 2 = 5."):
    return Statement(text, answer, "It is 4.", "sums", Link("Sums", "sums.html"))


def test_a_quiz_asks_and_hides_what_it_will_tell():
    made = quiz([statement(), statement("depends", HOSTILE)], name="sums")
    html = made.html()
    assert html.count('type="radio"') == 6 and "<script" not in html
    for reply in re.findall(r'<p class="quiz-reply"[^>]*>', html):
        assert " hidden>" in reply


def test_a_quiz_needs_statements_with_one_of_three_answers():
    with pytest.raises(ValueError, match="no statements"):
        quiz([], name="sums")
    with pytest.raises(ValueError, match="must be one of"):
        quiz([statement("maybe")], name="sums")
