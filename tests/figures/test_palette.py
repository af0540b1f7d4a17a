"""Colors have names: one meaning a color, and no literal outside of the palette."""

import ast
import itertools
import json
import re

import pytest

from conftest import ROOT
from trainability.figures import palette

FIGURES = ROOT / "lib" / "trainability" / "figures"
COLOR = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|(?:rgb|hsl)a?\(.*\)", re.IGNORECASE)
GROUPS = {
    "classes": list(palette.CLASSES.values()),
    "programs": list(palette.BIASES.values()),
    "series": list(palette.SERIES),
    "roles": [
        palette.MEASURED,
        palette.PREDICTED,
        palette.HERE,
        palette.WARNING,
        palette.HIDDEN_UNIT,
        palette.REFERENCE,
        palette.MUTED,
        palette.INK,
    ],
    "reaches": [palette.SIGNAL_REACH, palette.GRADIENT_REACH],
}


def literals(source: str) -> list[str]:
    """Return the strings of a source that are colors."""
    constants = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    words = (node.value for node in constants if isinstance(node.value, str))
    return [word for word in words if COLOR.fullmatch(word)]


def code_of(notebook) -> str:
    """Return the code of a notebook's cells, without lines that only IPython understands."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = [
        line
        for cell in cells
        if cell["cell_type"] == "code"
        for line in "".join(cell["source"]).splitlines()
    ]
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


@pytest.mark.parametrize("path", sorted(FIGURES.glob("*.py")), ids=lambda path: path.stem)
def test_a_figure_takes_its_colors_from_the_palette(path):
    found = literals(path.read_text(encoding="utf-8"))
    assert bool(found) == (path.stem == "palette")


NOTEBOOKS = sorted([*(ROOT / "chapters").glob("*.ipynb"), ROOT / "index.ipynb"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_takes_its_colors_from_the_palette(path):
    assert literals(code_of(path)) == []


@pytest.mark.parametrize("color", ["#d55e00", "#FFF", "rgba(255,255,255,0.7)"])
def test_a_color_in_a_source_is_seen(color):
    assert literals(f'line = {{"color": "{color}"}}') == [color]
    assert literals(f'line = {{"note": "a {color} b", "color": NAME}}  # {color}') == []


@pytest.mark.parametrize("group", GROUPS)
def test_the_colors_of_a_group_differ(group):
    colors = GROUPS[group]
    assert len(set(colors)) == len(colors)


def test_optimizers_differ_except_for_one_at_two_rates():
    colors = dict(palette.OPTIMIZERS)
    assert colors.pop("SGD, linear scaling") == colors["SGD"]
    assert len(set(colors.values())) == len(colors)


def test_vermilion_is_a_warning_alone():
    others = itertools.chain(
        *(colors for name, colors in GROUPS.items() if name != "roles"),
        palette.OPTIMIZERS.values(),
        [color for color in GROUPS["roles"] if color != palette.WARNING],
    )
    assert palette.WARNING == "#d55e00"
    assert palette.WARNING not in others


def test_low_is_blue_and_high_is_red_and_a_class_lies_at_its_end_of_the_output():
    def channels(color):
        return [int(color[k : k + 2], 16) for k in (1, 3, 5)]

    (red, _, blue), (other_red, _, other_blue) = (
        channels(palette.DIVERGING[end][1]) for end in (0, -1)
    )
    assert blue > red and other_red > other_blue
    for label, end in ((-1, 0), (1, -1)):
        pale, full = channels(palette.OUTPUT[end][1]), channels(palette.CLASSES[label])
        assert (pale[0] > pale[2]) == (full[0] > full[2])
