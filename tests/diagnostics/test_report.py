"""A report prints, stands in a page, becomes JSON, and draws itself."""

import json
import subprocess
import sys
from html.parser import HTMLParser

import pytest
import torch
from samples import classifier, points, seeded
from torch import nn

from trainability import diagnose
from trainability.diagnostics import KINDS, Finding, Layer, Report, Trial
from trainability.diagnostics.lessons import LESSONS

FINDING = Finding(
    "duplicate_units",
    "severe",
    ("<script>alert(1)</script>",),
    float("inf"),
    0.0,
    "Units of <b> & </b> are equal.",
    "Draw them.",
    Trial(float("inf"), 0.5, 20),
    ("01_symmetry_breaking", "The smallest failing example"),
)
REPORT = Report((FINDING,), ("What <i>lies</i> behind.",), (Layer("a<b", "Linear", (2, 3), 1.0),))


class Tags(HTMLParser):
    """Collect the names of tags, and check that they close."""

    def __init__(self):
        super().__init__()
        self.seen, self.open = set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_no_name_or_sentence_is_taken_for_html():
    tags = Tags()
    tags.feed(REPORT._repr_html_())
    assert tags.open == [] and not tags.seen & {"script", "b", "i"}
    assert {"table", "th", "td", "li"} <= tags.seen


def test_the_text_says_severity_sentence_remedy_trial_and_lesson():
    text = str(REPORT)
    for words in ("severe: duplicate_units", "are equal.", "Draw them.", "with the remedy"):
        assert words in text
    assert "after 20 steps the loss is 0.5" in text and "inf without" in text
    assert "01_symmetry_breaking" in text and "Cannot say: What" in text


def test_nothing_found_is_said():
    with seeded():
        report = diagnose(classifier(), *points())
    assert str(report) == "Nothing found."
    assert "Nothing found." in report._repr_html_()


def test_the_dict_is_json_and_keeps_what_is_not_finite_in_words():
    plain = json.loads(json.dumps(REPORT.to_dict(), allow_nan=False))
    assert plain["findings"][0]["measured"] == "inf"
    assert plain["findings"][0]["trial"] == {"before": "inf", "after": 0.5, "steps": 20}
    assert plain["layers"][0]["shape"] == [2, 3]


def test_the_figure_has_both_profiles_and_a_reading():
    with seeded():
        figure = diagnose(classifier(), *points()).figure()
    assert [trace.name for trace in figure.data] == ["signal", "gradient"]
    assert all(len(trace.y) == 5 for trace in figure.data)
    assert "times that in the last" in figure.layout.meta["summary"]
    assert figure.layout.yaxis.type == "log"


def test_every_kind_has_a_page_and_a_section_of_the_book(root):
    assert len(set(KINDS)) == 23
    for page, section in LESSONS.values():
        cells = json.loads((root / "chapters" / f"{page}.ipynb").read_text())["cells"]
        text = "".join("".join(cell["source"]) + "\n" for cell in cells)
        assert f"# {section}\n" in text, (page, section)


MODULE = """
import torch
from torch import nn

def healthy():
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    return nn.Linear(3, 2), torch.randn(16, 3, generator=generator), torch.arange(16) % 2

def broken():
    model, inputs, targets = healthy()
    return {"model": nn.Sequential(model, nn.Tanh(), nn.Linear(2, 2)).requires_grad_(False),
            "inputs": inputs, "targets": targets}

def wrong():
    return 3

def raises():
    raise RuntimeError("two\\nlines")

value = 4
"""


@pytest.mark.parametrize(
    ("argument", "status", "words"),
    [
        ("my.place:healthy", 0, "Nothing found."),
        ("my.place:broken", 1, "severe: frozen_parameters"),
        ("my.place:wrong", 2, "must return a mapping or a tuple"),
        ("my.place:raises", 2, "RuntimeError: two lines"),
        ("my.place:value", 2, "is no function"),
        ("my.place:absent", 2, "cannot be imported"),
        ("nowhere:healthy", 2, "cannot be imported"),
        ("healthy", 2, "usage:"),
    ],
)
def test_the_command_answers_by_its_exit_status(tmp_path, argument, status, words):
    (tmp_path / "my").mkdir()
    (tmp_path / "my" / "place.py").write_text(MODULE)
    command = [sys.executable, "-m", "trainability.diagnostics", argument]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == status, ran.stderr
    said = ran.stderr if status == 2 else ran.stdout
    assert words in said
    assert status != 2 or said.count("\n") == 1


def test_a_linear_layer_alone_has_one_row():
    with seeded():
        report = diagnose(nn.Linear(10, 4), *points())
    assert [(row.name, row.module, row.shape) for row in report.layers] == [("", "Linear", (64, 4))]
    assert torch.isfinite(torch.tensor(report.layers[0].gradient))
