"""Small counterexamples that a page computes: a matrix, a first step, two equal units."""

from typing import Any

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import MEASURED, REFERENCE, WARNING
from trainability.figures.traces import axis, curve

_MATRIX = "The matrix ({a:3}, {b:3}; {c:3}, {d:3}) has "
_STEP = (
    "{pixels:3} pixels, rate {lr:2}, {optimizer}: one step moves each weight by {moved:2} and the "
    "first image's score by {shift:3}; the loss goes from {before:3} to {after:3}"
)
_UNITS = (
    "All weights {value:3} (the first of unit 2 {offset:3} more), input ({x1:3}, {x2:3}), "
    "{nonlinearity} units, rate {lr:3}; after step {step} the weights differ by up to "
    "{spread:2}, the units by {apart:2}"
)
_SQUARE = {"scaleanchor": "x", "constrain": "domain", "zeroline": True}


def _line(key: str, name: str, color: str, **look: Any) -> dict[str, Any]:
    return curve(mark(f"{key}_x"), mark(f"{key}_y"), name, line={"color": color, **look})


ONE_MATRIX: dict[str, Any] = {
    "data": [
        _line("circle", "unit circle", REFERENCE, dash="dot"),
        _line("image", "its image", MEASURED, width=2.5),
        _line("stretch", "most stretched", WARNING, width=3),
    ],
    "layout": {
        "title": {
            "text": first_of(
                ("complex", sentence("No real eigenvalues; norm {norm:3}, κ {condition:3}")),
                (None, sentence("λ {high:3} and {low:3}; norm {norm:3}, κ {condition:3}")),
            )
        },
        "meta": {
            "summary": first_of(
                (
                    "complex",
                    sentence(
                        f"{_MATRIX}no real eigenvalues; its norm is {{norm:3}} and its condition "
                        "number {condition:3}: out of reach."
                    ),
                ),
                *(
                    (
                        key,
                        sentence(
                            f"{_MATRIX}eigenvalues {{high:3}} and {{low:3}}, norm {{norm:3}}; the "
                            "first over the second is {ratio:3}, the "
                            f"condition number {{condition:3}}: {word}."
                        ),
                    )
                    for key, word in (
                        ("norm_fails", "the norm is not the largest eigenvalue"),
                        ("ratio_fails", "the condition number is not that ratio"),
                        (None, "both claims hold here"),
                    )
                ),
            ),
            "verdict": first_of(
                ("complex", "out of reach"),
                ("norm_fails", "norm fails"),
                ("ratio_fails", "ratio fails"),
                (None, "both hold"),
            ),
            "symmetric": mark("symmetric"),
            "norm_fails": mark("norm_fails"),
            "ratio": mark("ratio"),
            "high": mark("high"),
            "condition": mark("condition"),
        },
        "height": 460,
        "xaxis": axis("first entry", range=[-6, 6]),
        "yaxis": axis("second entry", range=[-6, 6]) | _SQUARE,
    },
}

FIRST_STEP: dict[str, Any] = {
    "data": [
        curve(mark("places"), mark("curve"), "loss", line={"color": MEASURED}),
        curve(mark("step_x"), mark("step_y"), "the first step", mode="lines+markers")
        | {"line": {"color": WARNING, "width": 3}, "marker": {"size": 11, "color": WARNING}},
    ],
    "layout": {
        "title": {
            "text": first_of(
                ("rises", sentence("The loss rises from {before:3} to {after:3}")),
                (None, sentence("The loss falls from {before:3} to {after:3}")),
            )
        },
        "meta": {
            "summary": first_of(
                *(
                    (
                        key,
                        sentence(f"{_STEP}: {word}."),
                    )
                    for key, word in (("rises", "it rises"), (None, "it falls"))
                )
            ),
            "verdict": first_of(("rises", "it rises"), (None, "it falls")),
            "rise": mark("rise"),
        },
        "height": 420,
        "xaxis": axis("score of the first image"),
        "yaxis": axis("loss", rangemode="tozero"),
    },
}

_WEIGHTS = ["unit 1, first", "unit 1, second", "unit 2, first", "unit 2, second", "out 1", "out 2"]
TWO_UNITS: dict[str, Any] = {
    "data": [
        {"type": "bar", "name": "before", "x": _WEIGHTS, "y": mark("before")}
        | {"marker": {"color": REFERENCE}},
        {"type": "bar", "name": "after", "x": _WEIGHTS, "y": mark("after")}
        | {"marker": {"color": MEASURED}},
    ],
    "layout": {
        "title": {
            "text": first_of(
                ("parted", sentence("The units differ by {apart:2}")),
                ("unequal", sentence("Equal units, unequal weights: they differ by {spread:2}")),
                (None, "All weights are equal"),
            )
        },
        "meta": {
            "summary": first_of(
                *(
                    (
                        key,
                        sentence(f"{_UNITS}: {word}."),
                    )
                    for key, word in (
                        ("parted", "the units part"),
                        ("unequal", "equal units, unequal weights"),
                        (None, "all equal"),
                    )
                )
            ),
            "verdict": first_of(
                ("parted", "the units part"),
                ("unequal", "equal units, unequal weights"),
                (None, "all equal"),
            ),
            "spread": mark("spread"),
            "apart": mark("apart"),
            "step": mark("step"),
        },
        "height": 420,
        "barmode": "group",
        "xaxis": axis(""),
        "yaxis": axis("weight"),
    },
}
