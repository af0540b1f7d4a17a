"""Arithmetic that readers type: as Python counts, the same in the page, and never code."""

import math
import operator
import random
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainability.explore.expressions import CONSTANTS, FUNCTIONS, evaluate

EMPTY = "Type a number or a formula."
LONG = "Use at most 200 characters."
UNREADABLE = "This cannot be read as a formula; write every *, and use + - * / ^ ( ), sqrt and log."
ENDLESS = "This formula has no finite value."
KNOWN = {"n_in": 10.0, "n_out": 20.0, "lambda": 0.5}


# Python's own arithmetic as the oracle


def checked(function):
    """Let numpy's scalars, which refuse what is not finite, pass through ``math``."""
    return lambda value: np.float64(function(float(value)))


NAMES = {name: checked(function) for name, function in vars(math).items() if name in FUNCTIONS}
NAMES |= {"abs": abs, "pi": np.float64(math.pi), "e": np.float64(math.e), "F": np.float64}


def own_value(text: str) -> float | None:
    """What Python makes of the text, or nothing where an intermediate value is not finite."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            value = eval(text, {"__builtins__": {}}, NAMES)
    except (ArithmeticError, ValueError):
        return None
    return float(value) if math.isfinite(value) else None


def joined(pair, sign, gap):
    (left, left_own), (right, right_own) = pair
    own = {"^": "**", "·": "*", "×": "*", "−": "-", "÷": "/"}.get(sign, sign)
    return f"{left}{gap}{sign}{gap}{right}", f"{left_own}{own}{right_own}"


numbers = st.one_of(
    st.integers(0, 99).map(str),
    st.floats(0, 99).map(repr),
    st.sampled_from([".5", "7.", "1e2", "2E-3", "1.5e+1", "0", "0.0", "12.50"]),
).map(lambda text: (text, f"F({text})"))
names = st.sampled_from([("pi", "pi"), ("e", "e"), ("π", "pi")])


def larger(inner):
    return st.one_of(
        st.builds(
            joined,
            st.tuples(inner, inner),
            st.sampled_from(["+", "-", "*", "/", "^", "**", "·", "×", "−", "÷"]),
            st.sampled_from(["", " ", "  ", "\t", "\xa0"]),
        ),
        inner.map(lambda pair: tuple(f"({text})" for text in pair)),
        st.tuples(st.sampled_from("+-"), inner).map(lambda p: tuple(p[0] + text for text in p[1])),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), inner).map(
            lambda p: tuple(f"{p[0]}({text})" for text in p[1])
        ),
        inner.map(lambda pair: (f"√({pair[0]})", f"sqrt({pair[1]})")),
    )


formulas = st.recursive(numbers | names, larger, max_leaves=8).filter(lambda p: len(p[0]) <= 200)


@given(formulas)
def test_a_formula_is_worth_what_python_makes_of_it(formula):
    text, own = formula
    expected = own_value(own)
    if expected is None:
        with pytest.raises(ValueError, match="no finite value"):
            evaluate(text)
    else:
        assert evaluate(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2^2", -4),
        ("2^-1", 0.5),
        ("2^3^2", 512),
        ("8/4/2", 1),
        ("1-2-3", -4),
        ("2*-3", -6),
        ("--2", 2),
        ("2 * (3 + 4)", 14),
        ("√(16) · 2", 8),
        (" 1 / 3 ", 1 / 3),
        ("log(e)", 1),
        ("log2(8) + log10(100)", 5),
    ],
)
def test_signs_bind_as_on_paper(text, value):
    assert evaluate(text) == pytest.approx(value, rel=1e-15)


@given(st.floats(0.1, 100), st.floats(0.1, 100))
def test_names_stand_for_their_values(n_in, n_out):
    assert evaluate("2/(n_in+n_out)", {"n_in": n_in, "n_out": n_out}) == 2 / (n_in + n_out)


def test_a_variable_may_bear_a_name_that_python_keeps_for_itself():
    assert evaluate("lambda^2 + if", {"lambda": 3, "if": 1}) == 10


# Refusals


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", EMPTY),
        ("  \t\n", EMPTY),
        ("\xa0", EMPTY),
        ("1+" * 100 + "1", LONG),
        ("x" * 201, LONG),
        ("x", "x is unknown here."),
        ("sqrt", "sqrt is unknown here."),
        ("__import__", "__import__ is unknown here."),
        ("True + None", "True is unknown here."),
        ("E", "E is unknown here."),
        ("2 3", UNREADABLE),
        ("2 pi", UNREADABLE),
        ("2 +", UNREADABLE),
        ("(1", UNREADABLE),
        ("1)", UNREADABLE),
        ("()", UNREADABLE),
        ("1,2", UNREADABLE),
        ("1;2", UNREADABLE),
        ("1 # a comment", UNREADABLE),
        ("'a'", UNREADABLE),
        ('f"{1}"', UNREADABLE),
        ("1j", UNREADABLE),
        ("(1).real", UNREADABLE),
        ("pi.real", UNREADABLE),
        ("pi[0]", UNREADABLE),
        ("[1 for e in pi]", UNREADABLE),
        ("lambda: 1", UNREADABLE),
        ("(e := 1)", UNREADABLE),
        ("1 if e else 2", UNREADABLE),
        ("1 < 2", UNREADABLE),
        ("7 // 2", UNREADABLE),
        ("7 % 2", UNREADABLE),
        ("~1", UNREADABLE),
        ("not e", UNREADABLE),
        ("open(1)", UNREADABLE),
        ("__import__('os')", UNREADABLE),
        ("sqrt()", UNREADABLE),
        ("sqrt(1)(2)", UNREADABLE),
        ("(sqrt)(4)", UNREADABLE),
        ("sqrt(*e)", UNREADABLE),
        ("sqrt(**e)", UNREADABLE),
        ("1_000", UNREADABLE),
        ("0x10", UNREADABLE),
        ("01", UNREADABLE),
        ("٣", UNREADABLE),
        ("1 / 0", ENDLESS),
        ("1 / (1 / 0)", ENDLESS),
        ("9^9^9^9", ENDLESS),
        ("9**9**9", ENDLESS),
        ("1e999", ENDLESS),
        ("1 / 1e999", ENDLESS),
        ("1 ^ 1e999", ENDLESS),
        ("sqrt(-1)", ENDLESS),
        ("(-8)^(1/3)", ENDLESS),
        ("0^-1", ENDLESS),
        ("log(0)", ENDLESS),
        ("exp(1000)", ENDLESS),
        ("1e308 * 10", ENDLESS),
        ("exp(700) * exp(700)", ENDLESS),
    ],
)
def test_what_is_no_arithmetic_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(ValueError) as refused, warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(text)
    assert str(refused.value) == sentence


def test_a_refusal_of_a_name_lists_the_names_that_are_known():
    with pytest.raises(ValueError) as refused:
        evaluate("n_inn", {"n_in": 1, "n_out": 2})
    assert str(refused.value) == "n_inn is unknown here; use n_in, n_out."


@given(st.text(max_size=220))
def test_no_text_does_more_than_give_a_number_or_a_sentence(text):
    try:
        value = evaluate(text)
    except ValueError as refused:
        assert str(refused).endswith(".")
    else:
        assert math.isfinite(value)


# The page's script counts alike


def outcome(text: str) -> float | str:
    try:
        return evaluate(text, KNOWN)
    except ValueError as refused:
        return str(refused)


@pytest.fixture
def in_page(in_module):
    """What expressions.js makes of each text: a number, or the sentence that refuses it."""
    run = """const [texts, known] = given;
      return texts.map((text) => {
        try { return module.evaluate(text, known); } catch (error) { return error.message; }
      });"""
    return lambda texts: in_module("expressions.js", run, [texts, KNOWN])


def disagreements(texts: list[str], shown: list[float | str]) -> list[tuple]:
    pairs = [(text, outcome(text), theirs) for text, theirs in zip(texts, shown, strict=True)]
    return [
        (text, mine, theirs)
        for text, mine, theirs in pairs
        if not (
            mine == theirs
            if isinstance(mine, str) or isinstance(theirs, str)
            else math.isclose(mine, theirs, rel_tol=1e-12, abs_tol=1e-300)
        )
    ]


AWKWARD = [
    *("", " ", "\n", "\xa0", "\ufeff", "\x1c", "\u3000", "\u2028", "1\u2028", "\u200b1"),
    *("1_000", "0x10", "0b1", "0o7", "01", "00", "00.5", "1.", ".5", ".", "1..2", "1.2.3", "1.e3"),
    *("1e", "1e+", "1e5", "1E5", "1e999", "-1e999", "1e-999", "1/1e999", "1^1e999", "9" * 200),
    *("e", "E", "pi", "PI", "π", "2π", "π2", "aπ", "√4", "√(4)", "√√(16)", "sqrt", "sqrt 4"),
    *("sqrt(4)", "sqrt (4)", "(sqrt)(4)", "sqrt((4))", "sqrt()", "sqrt(4,)", "sqrt(4)(2)", "abs"),
    *("__proto__", "constructor", "toString", "hasOwnProperty(1)", "valueOf", "undefined", "NaN"),
    *("Infinity", "inf", "nan", "None", "True", "False", "not", "not 1", "if", "1 in 2", "lambda"),
    *("lambda + 1", "lambda 1", "yield", "(yield 1)", "await e", "print", "e(2)", "2(3)", "foo(2)"),
    *("2 3", "2 pi", "2**-1", "2* *3", "2*·3", "2·*3", "2***3", "2^^3", "2//3", "2−−3", "2--3"),
    *("-2^2", "2^-2^2", "2^3^2", "-2^-2", "+-+2", "2^+1", "2^--1", "(-8)^(1/3)", "0^0", "0^-1"),
    *("1/0", "1/(1/0)", "1/-0", "0/0", "1/0 + foo", "foo + 1/0", "1/0 + (", "foo +", "foo 2"),
    *("1/0 + 2(3)", "foo + sqrt()", "(", ")", "()", "(())", ")(", "(1)(2)", "1,2", "(1,)", "*e"),
    *("log (8)", "log(0)", "log(-1)", "log2(8)", "log10(0.001)", "exp(710)", "exp(-1e9)", "ln(2)"),
    *("n_in", "n_in + n_out", "n_IN", "n_in.real", "n in", "n-in", "ｎ_in", "ﬁ", "K", "ſqrt(4)"),
    *("²", "2²", "٣", "１", "½", "1,5", "1'000", "1 000", "$2$", "`2`", "'2'", '"2"', "{2}", "2;"),
    *(
        "1 # x",
        "1 // x",
        "/* */ 1",
        "a=1",
        "e:=1",
        "1==1",
        "1<2",
        "~1",
        "!1",
        "1%2",
        "1@2",
        "1?2:3",
    ),
    *("(" * 99 + "1" + ")" * 99, "(" * 100 + "1", "-" * 199 + "1", "sqrt(" * 33 + "2" + ")" * 33),
    *("2^" * 99 + "1", "1^" * 99 + "1", "1+" * 99 + "1", "1+" * 99 + "10", "1+" * 100, "(" * 200),
    *(" " * 200, " " * 201, "x" * 200, "x" * 201, "😀", "😀" * 101, "1" + " " * 198 + "2"),
]


def test_python_and_the_page_agree_on_awkward_texts(in_page):
    assert disagreements(AWKWARD, in_page(AWKWARD)) == []


def test_python_and_the_page_agree_on_every_character_of_the_basic_plane(in_page):
    letters = [chr(k) for k in range(0x10000) if not 0xD800 <= k < 0xE000]
    texts = [f"2{letter}3" for letter in letters] + letters[:0x3100]
    assert disagreements(texts, in_page(texts)) == []


def test_python_and_the_page_agree_on_a_soup_of_tokens(in_page):
    generator = random.Random(1)
    tokens = ["1", "2.5", ".5", "1e3", "0", "n_in", "lambda", "foo", "pi", "e", "sqrt", "log", "√"]
    tokens += [*"+-*/^()()()·−", "**", " ", "sqrt(", "exp(", ")"]
    texts = ["".join(generator.choices(tokens, k=generator.randint(1, 9))) for _ in range(20_000)]
    shown = in_page(texts)
    assert disagreements(texts, shown) == []
    assert sum(isinstance(value, float | int) for value in shown) > 500


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "^"])
def test_python_and_the_page_agree_on_each_sign_over_many_numbers(in_page, sign):
    own = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    generator = random.Random(sign)
    pairs = [(generator.uniform(0.01, 50), generator.uniform(0.01, 50)) for _ in range(200)]
    shown = in_page([f"{a!r} {sign} {b!r}" for a, b in pairs])
    expected = [own.get(sign, operator.pow)(a, b) for a, b in pairs]
    assert shown == pytest.approx(expected, rel=1e-13)


def test_the_page_knows_the_same_functions_and_constants(in_page):
    texts = [f"{name}(2)" for name in FUNCTIONS] + list(CONSTANTS)
    expected = [function(2) for function in FUNCTIONS.values()] + list(CONSTANTS.values())
    assert in_page(texts) == pytest.approx(expected, rel=1e-14)
