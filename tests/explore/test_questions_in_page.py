"""Questions in a page, with the network cut: judged as Python judges, by mouse and by keys."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import plotly.graph_objects as go
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from trainability.explore.ask import VERDICTS, choice, ordering, sketch, value, verdict
from trainability.explore.assets import script, style_sheet
from trainability.explore.questions import Ordering, Question

HOSTILE = '</script><img src=x onerror="window.hacked=1">&\'`'
LONG = f"`{'w' * 80}`"
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
STEPS = ["The sum has $n$ terms.", f"Cross terms {LONG} vanish.", "Each is $1/n$.", "The sum is 1."]


def curve(y, *, log: bool, y_range: list[float]) -> go.Figure:
    layout = {
        "xaxis": {"title": {"text": "layer"}, "range": [-0.5, 4.5]},
        "yaxis": {"title": {"text": "size"}, "range": y_range, "type": "log" if log else "linear"},
    }
    return go.Figure(go.Scatter(x=[0, 1, 2, 3, 4], y=y), layout)


FALL = curve([1, 1e-2, 1e-4, 1e-6, 0], log=True, y_range=[-8, 0])
LEVEL = curve([0.001] * 5, log=False, y_range=[0, 0.002])
HALVES = curve([12.5] * 5, log=False, y_range=[0, 25])
VARIABLES = {"n_out": [20, 1e6], "n_in": [10, 0.125]}
GROUNDS = {"light": "#ffffff", "dark": "#14181e"}
OPTIONS = {
    "It halves, $x/2$.": "One layer, $2^{-1}$.",
    f"Hostile {HOSTILE}": f"Said {HOSTILE}",
    "By `1024`.": f"Long {LONG}.",
}
HINTS = ["Think of one layer.", f"Then of ten: $2^{{10}}$ {LONG}."]


def questions() -> dict[str, Question]:
    """Questions of every kind, by name."""
    traps = {"1/n_out": "That keeps the gradient's, $1/n$.", "n_in": HOSTILE}
    made = [
        choice(
            f"How {LONG}?",
            OPTIONS,
            answer="By `1024`.",
            name="halved",
            hints=HINTS,
            explanation="10.",
        ),
        verdict("Depth helps, $L > 1$.", "depends", "Up to `50` layers.", name="depth"),
        value("$2^{-3}$?", 0.125, name="number", unit="m", traps={8: "Upside down."}, hints=HINTS),
        value("How many?", 0, name="near", absolute=0.5, explanation="None.", predict=True),
        value("Which?", "1/n_in", name="formula", variables=VARIABLES, traps=traps),
        ordering("Order it.", STEPS, name="proof", explanation="Done, $x < y$."),
        sketch("Fall.", FALL, at=[0, 1, 2, 3, 4], name="fall", tolerance=1, explanation="Line."),
        sketch("Level.", LEVEL, at=[0, 2, 4], name="level", tolerance=0.0001),
        sketch("Halves.", HALVES, at=[0, 4], name="halves", tolerance=0.1),
    ]
    return {question.name: question for question in made}


ALL: dict[str, Any] = questions()
PREDICTIONS = [name for name, question in ALL.items() if question.predict]


@dataclass
class Sheet:
    """A page of questions, and what the reader does with one of them."""

    page: Page

    def of(self, name: str) -> Locator:
        return self.page.locator(f"[data-question={name}]")

    def check(self, name: str) -> str | None:
        self.of(name).locator("[data-action=check]").click()
        return self.reply(name)

    def reply(self, name: str) -> str | None:
        return self.of(name).get_by_role("status").text_content()

    def answered(self, name: str) -> str | None:
        return self.of(name).get_attribute("data-answered")

    def focus(self) -> str:
        return self.page.evaluate("document.activeElement.tagName.toLowerCase()")

    def focused_in(self, name: str) -> bool:
        return self.of(name).evaluate("root => root.contains(document.activeElement)")

    def is_focused(self, target: Locator) -> bool:
        return target.evaluate("element => element === document.activeElement")

    def is_open(self, name: str) -> bool:
        return self.of(name).locator("fieldset").evaluate("fieldset => !fieldset.disabled")

    def tab_to(self, target: Locator) -> None:
        """Press Tab, or Shift and Tab, until ``target`` has the focus."""
        behind = target.evaluate(
            "element => Boolean(document.activeElement.compareDocumentPosition(element) & 2)"
        )
        for _ in range(60):
            if self.is_focused(target):
                return
            self.page.keyboard.press("Shift+Tab" if behind else "Tab")
        raise AssertionError("Tab does not lead there")

    def restart(self, name: str) -> None:
        self.of(name).locator("[data-action=again]").click()
        assert (self.reply(name), self.answered(name)) == ("", None)


def document(theme: str, *shown: Question) -> str:
    body = "\n".join(question.html() for question in shown)
    return (
        f"<!DOCTYPE html><html lang=en data-theme={theme}><meta charset=utf-8><title>page</title>"
        f"<meta name=viewport content='width=device-width'><style>{style_sheet()} "
        f"body {{ margin: 0 auto; max-width: 50rem; background: {GROUNDS[theme]}; }}</style>"
        f"<main><h1 style='color:gray'>Questions</h1>{body}</main><script>{script('null')}</script>"
    )


@pytest.fixture
def show(read, tmp_path: Path) -> Iterator[Callable[..., Sheet]]:
    """Open a page of questions; at the end nothing went wrong, went out, or was kept."""
    readers = []

    def open_page(*shown: str | Question, theme: str = "light", **options: object) -> Sheet:
        path = tmp_path / "page.html"
        asked = [ALL[given] if isinstance(given, str) else given for given in shown or ALL]
        path.write_text(document(theme, *asked), encoding="utf-8")
        reader = read(**options)
        reader.page.on("request", lambda request: sent.append(request.url))
        readers.append((reader, path.as_uri()))
        reader.page.goto(path.as_uri())
        return Sheet(reader.page)

    sent: list[str] = []
    yield open_page
    for reader, address in readers:
        assert reader.faults == []
        assert set(sent) == {address}
        if not reader.page.evaluate("'trainabilityExplorers' in window"):
            continue
        kept = "[document.cookie, localStorage.length, sessionStorage.length, location.search]"
        assert reader.page.evaluate(kept) == ["", 0, 0, ""]
        assert reader.context.storage_state() == {"cookies": [], "origins": []}
        assert reader.page.evaluate("[window.hacked, document.images.length]") == [None, 0]


def as_shown(text: str) -> str:
    """The text of a reply as a page without MathJax shows it."""
    return re.sub(r"`([^`]+)`", r"\1", re.sub(r"\$([^$]+)\$", r"\\(\1\\)", text))


# Python and the page say the same


def test_every_choice_hears_in_the_page_what_python_says(show):
    sheet = show("halved")
    for option in OPTIONS:
        sheet.of("halved").locator("input").nth(list(OPTIONS).index(option)).check()
        reply = ALL["halved"].check(option)
        expected = f"Not yet. Said {HOSTILE}" if HOSTILE in option else as_shown(reply.text)
        assert sheet.check("halved") == expected
        assert sheet.answered("halved") == ("right" if reply.right else "wrong")


def test_every_verdict_hears_in_the_page_what_python_says(show):
    sheet = show("depth")
    for word in VERDICTS:
        sheet.of("depth").get_by_label(word, exact=True).check()
        assert sheet.check("depth") == as_shown(ALL["depth"].check(word).text)
        sheet.restart("depth")


VALUES = {
    "number": ["0.125", "1/8", "2^-3", "0.126", "0.1263", "8", "8.1", "-1", "1e300", "7.9"],
    "near": ["0", "0.5", "-0.51", "log(2)"],
    "formula": [
        *("1/n_in", "n_in^-1", "n_out/(n_in·n_out)", "1/n_out", "0.1", "8", "n_out"),
        *("1/n_in + 0.0001", "√(1/n_in)^2", "exp(-log(n_in))", "2/(n_in+n_out)"),
    ],
}


@pytest.mark.parametrize("name", list(VALUES))
def test_every_value_hears_in_the_page_what_python_says(show, name):
    sheet = show(name)
    for text in VALUES[name]:
        sheet.of(name).get_by_role("textbox").fill(text)
        reply = ALL[name].check(text)
        assert sheet.check(name) == as_shown(reply.text)
        assert sheet.answered(name) == ("right" if reply.right else "wrong")
        if ALL[name].predict:
            sheet.restart(name)


def test_a_hostile_trap_is_said_as_text(show):
    sheet = show("formula")
    sheet.of("formula").get_by_role("textbox").fill("n_in")
    assert sheet.check("formula") == f"Not yet. {HOSTILE}"


def test_every_unreadable_value_hears_the_sentence_that_python_raises(show):
    sheet = show("formula")
    for text in [
        "",
        "  ",
        "n",
        "2 n_in",
        "n_in.real",
        "1/0",
        "log(-n_in)",
        "alert(1)",
        "__proto__",
    ]:
        sheet.of("formula").get_by_role("textbox").fill(text)
        with pytest.raises(ValueError) as refused:
            ALL["formula"].check(text)
        assert sheet.check("formula") == str(refused.value)
        assert sheet.answered("formula") is None


def lines_of(sheet: Sheet, question: Ordering) -> list[str]:
    return [
        question.lines[int(line.get_attribute("data-line") or -1)]
        for line in sheet.of(question.name).locator("li").all()
    ]


def move(sheet: Sheet, question: Ordering, line: str, to: int) -> None:
    """Bring a line to a place by the keyboard, one press of its button a step."""
    at = lines_of(sheet, question).index(line)
    way = "up" if to < at else "down"
    button = sheet.of(question.name).get_by_role("button", name=f"Move line {at + 1} {way}")
    button.focus()
    for _ in range(abs(at - to)):
        sheet.page.keyboard.press("Enter")
        assert sheet.focus() == "button"
    assert lines_of(sheet, question)[to] == line


def test_every_order_hears_in_the_page_what_python_says(show):
    sheet, question = show("proof"), ALL["proof"]
    assert lines_of(sheet, question) == [STEPS[i] for i in question.shuffled]
    for order in ([0, 1, 3, 2], [0, 2, 1, 3], [3, 2, 1, 0], [0, 1, 2, 3]):
        wanted = [STEPS[i] for i in order]
        for to, line in enumerate(wanted):
            move(sheet, question, line, to)
        assert lines_of(sheet, question) == wanted
        assert sheet.check("proof") == as_shown(question.check(wanted).text)


def test_the_lines_name_their_places_and_the_ends_go_no_further(show):
    sheet, question = show("proof"), ALL["proof"]
    for _ in range(2):
        buttons = sheet.of("proof").locator("li button").all()
        names = [button.get_attribute("aria-label") for button in buttons]
        assert names == [f"Move line {i} {way}" for i in (1, 2, 3, 4) for way in ("up", "down")]
        disabled = [button.is_disabled() for button in buttons]
        assert disabled == [True, *[False] * 6, True]
        move(sheet, question, lines_of(sheet, question)[0], 3)


def heights(sheet: Sheet, name: str) -> list[float]:
    """The reader's curve as the picture holds it, in the terms of the axis."""
    low, high = ALL[name].axes.y_range
    top, bottom = ends_of_the_axis(sheet, name)
    centers = (
        sheet.of(name)
        .locator("circle")
        .evaluate_all("circles => circles.map(circle => Number(circle.getAttribute('cy')))")
    )
    return [high - (y - top) / (bottom - top) * (high - low) for y in centers]


def ends_of_the_axis(sheet: Sheet, name: str) -> tuple[float, float]:
    ends = "line => ['x1', 'x2', 'y1', 'y2'].map(key => Number(line.getAttribute(key)))"
    lines = sheet.of(name).locator("line.grid").evaluate_all(f"lines => lines.map({ends})")
    return next((y1, y2) for x1, x2, y1, y2 in lines if x1 == x2)


def said_by_python(name: str, drawn: list[float]) -> str:
    logarithmic = ALL[name].axes.logarithmic
    return as_shown(ALL[name].check([10**y for y in drawn] if logarithmic else drawn).text)


PRESSED = {
    "fall": [
        {0: ["End"], 1: ["PageUp"] * 2 + ["ArrowUp"] * 5, 3: ["PageDown"] * 3, 4: ["Home"]},
        {0: ["PageDown"], 4: ["ArrowDown", "ArrowLeft", "ArrowUp", "ArrowRight"]},
        {2: ["ArrowUp"]},
    ],
    "level": [
        {0: ["ArrowUp"] * 3},
        {1: ["PageDown"], 2: ["ArrowUp"]},
        {0: ["Home"], 2: ["End", "End"]},
    ],
    # A quarter is rounded up by JavaScript, and to the even digit by Python's own formats.
    "halves": [{0: ["ArrowUp"]}, {1: ["ArrowDown"] * 3}],
}
SIZES = {"Arrow": 1, "Page": 10, "Home": 100, "End": 100}


@pytest.mark.parametrize("name", list(PRESSED))
def test_every_sketch_by_keyboard_hears_in_the_page_what_python_says(show, name):
    sheet = show(name)
    low, high = ALL[name].axes.y_range
    for presses in PRESSED[name]:
        expected = [(low + high) / 2] * len(ALL[name].axes.x)
        for i, keys in presses.items():
            slider = sheet.of(name).get_by_role("slider").nth(i)
            slider.focus()
            for key in keys:
                sheet.page.keyboard.press(key)
                assert sheet.is_focused(slider), key
                size = next(size for start, size in SIZES.items() if key.startswith(start))
                step = -size if key.endswith(("Down", "Left", "Home")) else size
                expected[i] = min(high, max(low, expected[i] + step * (high - low) / 100))
        assert heights(sheet, name) == pytest.approx(expected, abs=(high - low) * 1e-6)
        assert sheet.check(name) == said_by_python(name, expected)
        sheet.restart(name)


def stroke(
    sheet: Sheet,
    name: str,
    *places: tuple[float, float],
    button: Literal["left", "right"] = "left",
) -> None:
    """Draw through places, given as shares of the picture's width and height."""
    board = sheet.of(name).locator("svg")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box is not None, "the picture is hidden"
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    sheet.page.mouse.move(*points[0])
    sheet.page.mouse.down(button=button)
    for point in points[1:]:
        sheet.page.mouse.move(*point)
    sheet.page.mouse.up(button=button)


STROKES = {
    "fall": [
        [(0.15, 0.05), (0.5, 0.4), (0.97, 0.85)],
        [(0.97, 0.2), (0.15, 0.7)],
        [(0.15, 0.3), (0.97, 1.5)],
        [(0.5, 0.5)],
    ],
    "level": [[(0.15, 0.44), (0.97, 0.44)], [(0.15, 0.1), (0.97, 0.9)]],
}


@pytest.mark.parametrize("name", list(STROKES))
def test_every_sketch_by_mouse_hears_in_the_page_what_python_says(show, name):
    sheet = show(name)
    start, replies = heights(sheet, name), set()
    for places in STROKES[name]:
        stroke(sheet, name, *places)
        drawn = heights(sheet, name)
        assert drawn != start
        assert sheet.check(name) == said_by_python(name, drawn)
        replies.add(sheet.reply(name))
        sheet.restart(name)
        assert heights(sheet, name) == start
    assert len(replies) == len(STROKES[name])


def test_the_truth_is_not_in_the_picture_before_the_reader_commits(show):
    sheet = show("fall")
    truth, handle = (sheet.of("fall").locator(at) for at in (".truth", "circle"))
    assert truth.count() == 0
    assert {point.get_attribute("aria-disabled") for point in handle.all()} == {"false"}
    handle.first.press("End")
    assert truth.count() == 0
    sheet.check("fall")
    assert truth.count() == 2  # the curve, and its line in the legend
    assert {point.get_attribute("aria-disabled") for point in handle.all()} == {"true"}


def test_a_fast_stroke_leaves_a_straight_line_over_the_places_it_skips(show):
    sheet = show("fall")
    stroke(sheet, "fall", (0.12, 0.1), (0.98, 0.7))
    drawn = heights(sheet, "fall")
    steps = [right - left for left, right in pairwise(drawn)]
    assert steps == pytest.approx([steps[0]] * 4, abs=1e-6)
    assert steps[0] < -0.5


def test_a_stroke_that_begins_elsewhere_or_with_the_right_button_draws_nothing(show):
    sheet = show("fall")
    stroke(sheet, "fall", (0.5, -0.1), (0.5, 0.2), (0.8, 0.8))
    stroke(sheet, "fall", (0.2, 0.1), (0.8, 0.8), button="right")
    assert heights(sheet, "fall") == pytest.approx([-4] * 5)
    assert sheet.check("fall") == "Draw your curve first."


def test_a_second_stroke_does_not_continue_the_first(show):
    sheet = show("fall")
    stroke(sheet, "fall", (0.14, 0.1), (0.15, 0.1))
    stroke(sheet, "fall", (0.96, 0.7), (0.95, 0.7))
    assert heights(sheet, "fall")[1:4] == pytest.approx([-4] * 3)


def test_a_chord_with_a_modifier_stays_the_browsers(show):
    sheet = show("fall")
    sheet.of("fall").get_by_role("slider").first.focus()
    sheet.page.keyboard.press("Control+ArrowUp")
    assert heights(sheet, "fall") == pytest.approx([-4] * 5)


def test_the_points_say_where_they_are_and_how_high(show):
    sheet = show("fall", "level")
    point = sheet.of("fall").get_by_role("slider", name="layer 2", exact=True)
    assert point.get_attribute("aria-valuetext") == "10 to the power of -4.00"
    point = sheet.of("level").get_by_role("slider", name="layer 4", exact=True)
    point.press("ArrowUp")
    assert point.get_attribute("aria-valuetext") == "0.00102"
    assert float(point.get_attribute("aria-valuenow")) == 0.00102


def test_the_ticks_of_a_logarithmic_axis_are_whole_powers_of_ten(show):
    decades = (1, 2, 3, 5, 12, 30)
    drawn = []
    for k in decades:
        figure = curve([1] * 5, log=True, y_range=[-k, 0])
        drawn.append(sketch("?", figure, at=[0, 1], name=f"ticks-{k}", tolerance=1))
    sheet = show(*drawn)
    for k in decades:
        words = (
            sheet.of(f"ticks-{k}")
            .locator("svg text")
            .evaluate_all(
                "words => words.map(word => [word.textContent, Number(word.getAttribute('y'))])"
            )
        )
        top, bottom = ends_of_the_axis(sheet, f"ticks-{k}")
        powers = {word[2:].translate(RAISED): y for word, y in words if word.startswith("10")}
        assert 2 <= len(powers) <= 7
        for power, y in powers.items():
            assert str(int(power)) == power
            assert y - 4 == pytest.approx(top + (bottom - top) * -int(power) / k)


# Nothing chosen, predictions, starting again


WHAT_TO_DO = {
    "halved": "Choose an answer first.",
    "depth": "Choose an answer first.",
    "number": "Type a number or a formula.",
    "near": "Type a number or a formula.",
    "formula": "Type a number or a formula.",
    "fall": "Draw your curve first.",
    "level": "Draw your curve first.",
    "halves": "Draw your curve first.",
}


def test_nothing_chosen_says_what_to_do_and_counts_as_no_answer(show):
    sheet = show()
    for name, words in WHAT_TO_DO.items():
        assert sheet.check(name) == words
        assert sheet.answered(name) is None
        assert sheet.is_open(name)
        assert sheet.focused_in(name)
        expect(sheet.of(name).locator("[data-action=again]")).to_be_hidden()


def test_an_answer_taken_back_no_longer_counts(show):
    sheet = show("number")
    box = sheet.of("number").get_by_role("textbox")
    box.fill("1/8")
    sheet.check("number")
    assert sheet.answered("number") == "right"
    box.fill("1/")
    sheet.check("number")
    assert sheet.answered("number") is None


def answer(sheet: Sheet, name: str) -> None:
    question = sheet.of(name)
    if ALL[name].kind == "choice":
        question.locator("input").first.check()
    elif ALL[name].kind == "value":
        question.get_by_role("textbox").fill("0.75")
    else:
        question.locator("circle").last.press("End")


def test_a_prediction_is_made_once_until_the_reader_starts_again(show):
    sheet = show(*PREDICTIONS)
    for name in PREDICTIONS:
        question = sheet.of(name)
        commit, again = (question.locator(f"[data-action={key}]") for key in ("check", "again"))
        answer(sheet, name)
        first = sheet.check(name)
        assert first.startswith("It is otherwise.")
        assert (sheet.answered(name), sheet.is_open(name)) == ("wrong", False)
        expect(commit).to_be_hidden()
        assert sheet.is_focused(again)
        if ALL[name].kind == "sketch":
            shown = heights(sheet, name)
            stroke(sheet, name, (0.2, 0.1), (0.8, 0.8))
            assert heights(sheet, name) == shown
            again.focus()
        sheet.page.keyboard.press("Enter")
        assert (sheet.reply(name), sheet.answered(name)) == ("", None)
        assert sheet.is_open(name)
        assert question.locator(".truth").count() == 0
        assert question.locator("fieldset").evaluate("box => box.contains(document.activeElement)")
        answer(sheet, name)
        assert sheet.check(name) == first


def test_a_question_that_is_no_prediction_stays_open(show):
    sheet = show("number")
    box = sheet.of("number").get_by_role("textbox")
    for text, opening in [("1", "Not yet."), ("1/8", "Right."), ("2", "Not yet.")]:
        box.fill(text)
        box.press("Enter")
        assert sheet.reply("number").startswith(opening)
        assert sheet.is_focused(box)
    expect(sheet.of("number").get_by_role("button", name="Start again")).to_be_hidden()


def test_what_is_the_truth_lies_where_the_axes_put_it(show):
    sheet = show("fall")
    answer(sheet, "fall")
    sheet.check("fall")
    points = sheet.of("fall").locator("polyline.truth").get_attribute("points").split()
    ys = [float(point.split(",")[1]) for point in points]
    steps = [below - above for above, below in pairwise(ys)]
    # Two decades a layer, from the top of the axis to its bottom.
    assert steps == pytest.approx([steps[0]] * 4)
    assert (ys[0], ys[-1]) == pytest.approx(ends_of_the_axis(sheet, "fall"))


# Hints


@pytest.mark.parametrize("scripts", [True, False])
def test_hints_open_one_after_the_other_even_without_scripts(show, scripts):
    sheet = show("halved", java_script_enabled=scripts)
    first, second = [sheet.of("halved").get_by_text(f"Hint {i} of 2") for i in (1, 2)]
    texts = [sheet.of("halved").get_by_text(hint.split(":")[0]) for hint in HINTS]
    expect(second).to_be_hidden()
    expect(texts[0]).to_be_hidden()
    first.click()
    expect(texts[0]).to_be_visible()
    expect(second).to_be_visible()
    expect(texts[1]).to_be_hidden()
    second.press("Enter")
    expect(texts[1]).to_be_visible()


def test_without_scripts_nothing_can_be_pressed_and_the_explanation_is_read(show):
    sheet = show("halved", "proof", java_script_enabled=False)
    for name, words in [("halved", "10."), ("proof", "Done")]:
        assert not sheet.is_open(name)
        assert words in sheet.of(name).locator("noscript").inner_text()
        expect(sheet.of(name).locator("[data-action=check]")).to_be_hidden()


# The keyboard alone


def answer_by_keys(sheet: Sheet, name: str) -> None:
    """Give the right answer by keys alone, from wherever the focus is."""
    question, press = sheet.of(name), sheet.page.keyboard.press
    if ALL[name].kind == "choice":
        sheet.tab_to(question.locator("input").first)
        press("ArrowDown")
        press("ArrowDown")
    elif ALL[name].kind == "value":
        sheet.tab_to(question.get_by_role("textbox"))
        sheet.page.keyboard.type({"number": "2^-3", "near": "0", "formula": "1/n_in"}[name])
    elif ALL[name].kind == "ordering":
        for to, line in enumerate(STEPS):
            while (at := lines_of(sheet, ALL[name]).index(line)) > to:
                sheet.tab_to(question.get_by_role("button", name=f"Move line {at + 1} up"))
                press("Space")
                assert sheet.focused_in(name)
    else:
        low, high = ALL[name].axes.y_range
        for i, truth in enumerate(ALL[name].axes.truth):
            sheet.tab_to(question.locator("circle").nth(i))
            steps = round((truth - (low + high) / 2) / (high - low) * 100)
            way = "Up" if steps > 0 else "Down"
            for key, times in zip(("Page", "Arrow"), divmod(abs(steps), 10), strict=True):
                for _ in range(times):
                    press(f"{key}{way}")
            if not steps:
                press("ArrowUp")
                press("ArrowDown")


def test_keys_alone_lead_from_the_first_tab_to_every_reply(show):
    sheet = show()
    assert sheet.focus() == "body"
    for name in ALL:
        answer_by_keys(sheet, name)
        sheet.tab_to(sheet.of(name).locator("[data-action=check]"))
        sheet.page.keyboard.press("Enter")
        assert sheet.focused_in(name)
        assert sheet.reply(name).startswith("Right.")
        assert sheet.answered(name) == "right"


def test_the_focus_is_seen_wherever_it_goes(show):
    sheet = show()
    seen = 0
    sheet.page.keyboard.press("Tab")
    while sheet.focus() != "body" and seen < 100:
        outline = sheet.page.evaluate(
            "(style => [style.outlineStyle, parseFloat(style.outlineWidth)])"
            "(getComputedStyle(document.activeElement))"
        )
        assert outline[0] == "solid"
        assert outline[1] >= 2
        seen += 1
        sheet.page.keyboard.press("Tab")
    assert 25 <= seen < 100


def test_a_new_width_keeps_the_focus_and_the_curve(show):
    sheet = show("fall")
    slider = sheet.of("fall").get_by_role("slider").nth(3)
    slider.press("PageUp")
    drawn = heights(sheet, "fall")
    sheet.page.set_viewport_size({"width": 420, "height": 800})
    expect(sheet.of("fall").locator("svg")).to_have_attribute("height", "280")
    assert heights(sheet, "fall") == pytest.approx(drawn)
    assert sheet.is_focused(slider)


# Barriers and width


def answer_all(sheet: Sheet) -> None:
    for name in ALL:
        if ALL[name].kind != "ordering":
            answer(sheet, name)
        sheet.check(name)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_question_has_a_serious_barrier_before_or_after_an_answer(show, theme):
    sheet = show(theme=theme, color_scheme=theme)
    for hint in sheet.page.locator("details").all():
        hint.evaluate("details => { details.open = true; }")
    for step in (lambda sheet: None, answer_all):
        step(sheet)
        found = Axe().run(sheet.page).response["violations"]
        serious = [
            (rule["id"], [node["html"][:160] for node in rule["nodes"]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == []
    for curve_color in ("yours", "truth"):
        assert contrast(sheet, f"polyline.{curve_color}", GROUNDS[theme]) >= 3


def contrast(sheet: Sheet, selector: str, ground: str) -> float:
    """The contrast of a stroke, as WCAG 2 defines it."""
    stroke = sheet.page.locator(selector).first.evaluate("line => getComputedStyle(line).stroke")
    colors = [map(int, re.findall(r"\d+", stroke)), bytes.fromhex(ground[1:])]
    shares = [[part / 255 for part in color] for color in colors]
    linear = [
        [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in s] for s in shares
    ]
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_phone_shows_every_question_without_scrolling_sideways(show):
    sheet = show(width=360, height=740, has_touch=True)
    answer_all(sheet)
    sheet.of("halved").locator("input").last.check()
    assert sheet.check("halved").startswith("Right. Long")
    for hint in sheet.page.locator("details").all():
        hint.evaluate("details => { details.open = true; }")
    assert sheet.page.evaluate("document.documentElement.scrollWidth") <= 360
    parts = ".question, .question :is(p, button, input, svg, label, fieldset, summary)"
    edges = sheet.page.locator(parts).evaluate_all(
        "parts => parts.map(part => part.getBoundingClientRect()).filter(box => box.width)"
        ".map(box => [box.left, box.right])"
    )
    assert len(edges) > 30
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= 360


def test_a_finger_draws_and_can_reach_every_button(show):
    sheet = show("fall", "proof", width=360, height=740, has_touch=True)
    board = sheet.of("fall").locator("svg")
    board.tap(position={"x": 200, "y": 60})
    assert max(heights(sheet, "fall")) > -3
    assert sheet.check("fall").startswith("It is otherwise.")
    sizes = sheet.page.locator(".question button:visible").evaluate_all(
        "buttons => buttons.map(button => button.getBoundingClientRect())"
        ".map(box => Math.min(box.width, box.height))"
    )
    assert min(sizes) >= 24
