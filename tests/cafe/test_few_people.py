"""What helps with new people: the stored counts, and a part of them again."""

import hashlib
import io
import json
import runpy
import zipfile

import pytest
import torch

from conftest import ROOT
from trainability.cafe import CAFENet, fit, load_cafe, synthetic_archive, write_synthetic_cafe

FOLDER = ROOT / "data" / "few_people"


@pytest.fixture(scope="module")
def stored():
    return json.loads((FOLDER / "remedies.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def make():
    return runpy.run_path(str(FOLDER / "make.py"))


def test_every_remedy_has_a_count_of_900_for_each_of_sixteen_draws(stored):
    assert stored["draws"] == list(range(16)) and len(stored["test"]) == 11
    for counts in stored["test"].values():
        assert len(counts) == 16 and all(150 < count < 900 for count in counts)
    assert set(stored["chosen"]["stopped early"]) <= set(stored["settings"]["stops"])
    assert set(stored["chosen"]["weights decay"]) <= set(stored["settings"]["decays"])
    for stop, early, plain in zip(
        stored["chosen"]["stopped early"],
        stored["test"]["stopped early"],
        stored["test"]["as the sheet asks"],
        strict=True,
    ):
        assert stop != 200 or early == plain


def test_the_script_trains_as_the_lesson_does_on_the_lessons_people(make):
    assert make["people_of"](0, 6) == list(range(6))
    faces, others = make["faces_of"](list(range(6))), load_cafe("synthetic", "test")
    inputs = faces.flatten(1)
    weights, biases = make["trained"](inputs, 0)
    net = CAFENet(torch.Generator().manual_seed(0))
    fit(net, inputs, torch.arange(6).repeat(6), 201)
    scores = others.inputs() @ weights[0, -1].T + biases[0, -1]
    same = (scores.argmax(1) == net(others.inputs()).argmax(1)).sum().item()
    assert same >= 14  # two paths of rounding, enlarged by the leaps of the loss


def test_people_left_out_are_not_learned_from(make):
    """A face that tells its label only to those who saw its person is guessed at."""
    generator = torch.Generator().manual_seed(0)
    faces = torch.rand(36, 60, generator=generator)
    scores = make["left_out"](faces, 0)
    assert len(scores) == len(make["STOPS"]) and max(scores) < 18
    weights, biases = make["trained"](faces, 0)
    assert make["right"](weights[0, -1], biases[0, -1], faces).sum() > 18


def test_the_archive_holds_the_files_that_are_written_and_the_loader_reads_them(tmp_path):
    data = synthetic_archive()
    assert hashlib.sha256(data).digest() == hashlib.sha256(synthetic_archive()).digest()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    write_synthetic_cafe(tmp_path / "written")
    names = sorted(path.name for path in (tmp_path / "written").iterdir())
    assert sorted(path.name for path in (tmp_path / "cafe_drawn").iterdir()) == names
    for name in names:
        parts = (tmp_path / folder / name for folder in ("cafe_drawn", "written"))
        assert len({part.read_bytes() for part in parts}) == 1
    assert torch.equal(load_cafe(tmp_path / "cafe_drawn").images, load_cafe("synthetic").images)
