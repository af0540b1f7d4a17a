"""A kernel SVM in training: its scores, its support vectors, three gaps; filled in by a page."""

from typing import Any

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.palette import CLASSES, HERE, INK, OPTIMIZERS, OUTPUT, WARNING
from trainability.figures.traces import CLASS_SYMBOLS, axis, curve

_REACH = 4.0  # the picture goes from minus this to this


_WORDS = ("not trained", "converged", "on the way")


def _judged(*parts: Any) -> dict[str, Any]:
    return first_of(*zip(("untrained", "converged", None), parts, strict=True))


_STORY = (
    "{kernel}, σ = {sigma:3}, C = {price:3}, bias {bias}, steps of {rate:3} of what is safe, bump "
    "{bump}: at step {step}, {supports} of {many} points are support vectors, {bounded} of them at "
    "C, and {errors} are on the wrong side; Σαy = {total:2}"
)


def _points(name: str, label: int) -> dict[str, Any]:
    marker = {"symbol": CLASS_SYMBOLS[label], "size": 11, "color": CLASSES[label]}
    marker["line"] = {"width": 1, "color": INK}
    words = "label 1" if label > 0 else "label −1"
    return curve(mark(f"{name}_x"), mark(f"{name}_y"), words, mode="markers", marker=marker)


def _ring(name: str, words: str, symbol: str, color: str) -> dict[str, Any]:
    marker = {"symbol": f"{symbol}-open", "size": 19, "color": color, "line": {"width": 2.5}}
    there = curve(mark(f"{name}_x"), mark(f"{name}_y"), words, mode="markers")
    return there | {"marker": marker, "hoverinfo": "skip"}


def _gap(name: str, words: str, color: str, dash: str) -> dict[str, Any]:
    line = {"color": color, "dash": dash}
    return curve(mark("steps"), mark(name), words, line=line, xaxis="x2", yaxis="y2")


DUAL_RACE: dict[str, Any] = {
    "data": [
        {
            "type": "contour",
            "x": mark("places"),
            "y": mark("places"),
            "z": mark("scores"),
            "name": "score",
            "colorscale": OUTPUT,
            "zmin": -2,
            "zmax": 2,
            "zauto": False,
            "autocontour": False,
            "contours": {"start": -1, "end": 1, "size": 2, "coloring": "heatmap"},
            "line": {"color": INK, "width": 1, "dash": "dash"},
            "showscale": False,
            "hoverinfo": "x+y+z",
        },
        {
            "type": "contour",
            "x": mark("places"),
            "y": mark("places"),
            "z": mark("scores"),
            "name": "f = 0",
            "autocontour": False,
            "contours": {"start": 0, "end": 0, "size": 1, "coloring": "none"},
            "line": {"color": INK, "width": 2.5},
            "showscale": False,
            "showlegend": False,
            "hoverinfo": "skip",
        },
        _points("plus", 1),
        _points("minus", -1),
        _ring("inside", "0 < α < C", "circle", HERE),
        _ring("end", "α = C", "diamond", WARNING),
        _gap("gap", "projected gradient", OPTIMIZERS["LAMB"], "solid"),
        _gap("gap_fast", "accelerated", OPTIMIZERS["Muon"], "dash"),
        _gap("gap_single", "coordinate ascent", OPTIMIZERS["LARS"], "dot"),
    ],
    "layout": {
        "title": {
            "text": first_of(
                ("missing", sentence("There is no point {bump}: these are {many}")),
                ("untrained", "Not trained yet: every score is 0"),
                ("alone", sentence("Point {bump} alone, at step {step}")),
                ("converged", sentence("Step {step}: {supports} of {many} are support vectors")),
                (None, sentence("Step {step}: on the way, {errors} on the wrong side")),
            )
        },
        "meta": {
            "summary": _judged(*(sentence(f"{_STORY}: {word}.") for word in _WORDS)),
            "verdict": _judged(*_WORDS),
            "supports": mark("supports"),
            "bounded": mark("bounded"),
            "idle": mark("idle"),
            "errors": mark("errors"),
            "many": mark("many"),
            "hovered": "bump",
        },
        "height": 860,
        "dragmode": False,
        "hovermode": "closest",
        "xaxis": axis("first feature", range=[-_REACH, _REACH], fixedrange=True),
        "yaxis": axis("second feature", domain=[0.33, 1], range=[-_REACH, _REACH], fixedrange=True)
        | {"scaleanchor": "x", "constrain": "domain"},
        "xaxis2": axis("steps, or passes over all points", anchor="y2", rangemode="tozero"),
        "yaxis2": axis("relative gap", domain=[0, 0.22], anchor="x2", range=[-10.5, 0.5])
        | {"type": "log", "exponentformat": "power", "dtick": 2},
    },
}
