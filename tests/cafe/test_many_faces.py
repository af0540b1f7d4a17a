"""Few people give portraits, many give masks: the stored weights, and a part of them again."""

import base64
import json
import runpy

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from conftest import ROOT
from trainability.cafe import energy_outside, read_many_people, synthetic_person
from trainability.cafe.inner_face import outside_inner_face
from trainability.figures.many_faces import portraits

FOLDER = ROOT / "data" / "many_faces"


@pytest.fixture(scope="module")
def stored():
    return json.loads((FOLDER / "weights.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def weights(stored):
    texts = [text for row in stored["weights"] for text in row]
    flat = b"".join(base64.b64decode(text) for text in texts)
    shape = len(stored["draws"]), len(stored["counts"]), 6, 19, 12
    return np.frombuffer(flat, dtype=np.int8).reshape(shape)


@pytest.fixture(scope="module")
def make():
    return runpy.run_path(str(FOLDER / "make.py"))


def test_the_stored_weights_of_six_people_are_learned_again(stored, weights, make):
    faces = torch.stack([make["small"](synthetic_person(k)) for k in range(6)])
    at = stored["counts"].index(6)
    again = make["cell"](faces, list(range(6)), faces.flatten(0, 1))
    image = np.frombuffer(base64.b64decode(again["weights"]), dtype=np.int8)
    assert abs(image.astype(int) - weights[0, at].ravel()).max() <= 1
    assert (
        (again["rank"], again["train"])
        == (36, 36)
        == (stored["rank"][0][at], stored["train"][0][at])
    )


def test_the_stored_file_is_read_as_its_notes_say(stored, weights):
    many = read_many_people((FOLDER / "weights.json").read_text(encoding="utf-8"))
    assert many.counts == tuple(stored["counts"]) and many.weights.dtype == np.int8
    np.testing.assert_array_equal(many.weights, weights)
    for at, row in enumerate(weights):
        np.testing.assert_allclose(many.outside[at], [energy_outside(cell) for cell in row])
    np.testing.assert_allclose(many.right * 900, stored["test"])
    assert many.rank.tolist() == stored["rank"] and many.missed.tolist() == stored["missed"]


@pytest.mark.claims("S3-3e-ii", "S3-3d")
def test_with_more_people_the_weights_leave_hair_and_clothes_in_every_draw(stored, weights):
    """If a weight image stayed a face at any number, these shares would not fall."""
    outside = energy_outside(weights)
    few, some, many = (outside[:, stored["counts"].index(n)] for n in (6, 60, 500))
    assert few.min() > 0.24 and few.max() < 0.405 and some.max() < 0.15
    assert some.min() > 0.07 and many.min() > 0.035 and many.max() < 0.045
    assert outside_inner_face((19, 12)).mean() == pytest.approx(0.65, abs=0.01)
    right = np.array(stored["test"]) / 900
    after_six = right[:, stored["counts"].index(6)]
    assert after_six.min() > 0.345 and after_six.max() < 0.445
    assert right[:, -1].min() > 0.955 and right[:, -1].max() < 0.975


@pytest.mark.claims("S3-3e-ii")
def test_once_the_images_span_pixel_space_any_picture_is_a_combination_of_faces():
    """So "because a combination of faces" says nothing then: noise is one, too."""
    faces = np.concatenate([synthetic_person(k) for k in range(2)])
    for rows, columns, outside in ((19, 12, True), (5, 2, False)):
        pooled = faces.reshape(12, rows, 380 // rows, columns, 240 // columns).mean(axis=(2, 4))
        x = pooled.reshape(12, -1)
        noise = np.random.default_rng(0).standard_normal(x.shape[1])
        rest = noise - x.T @ np.linalg.lstsq(x.T, noise, rcond=None)[0]
        share = np.linalg.norm(rest) / np.linalg.norm(noise)
        assert share > 0.9 if outside else share < 1e-8
        assert np.linalg.matrix_rank(x) == min(12, rows * columns)


def test_the_energy_outside_does_not_see_what_all_six_share():
    image = np.zeros((6, 19, 12))
    image[0, 10, 5], image[1, 0, 0] = 2.0, 1.0
    alone = energy_outside(image)
    assert alone == pytest.approx(1 / 5)
    np.testing.assert_allclose(energy_outside(image + np.ones((19, 12))), alone)


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.4, "portrait"), (0.15, "between"), (0.05, "mask")]
)
def test_portrait_and_mask_are_told_apart_and_said(share, verdict):
    weights = np.random.default_rng(0).standard_normal((6, 19, 12))
    shares = np.array([[0.5, share], [0.5, 0.5]])
    figure = go.Figure(
        portraits(weights, [1, 500], shares, 1 - shares, people=500, draw=0, rank=228)
    )
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and f"{100 * share:.0f}%" in figure.layout.title.text
    assert "500 people" in meta["summary"] and "228 of 228" in meta["summary"]
    laid = figure.data[3].z
    assert np.isfinite(laid).sum() == 6 * 228 and np.nanmax(abs(laid)) == 1
    assert list(figure.data[0].y) == [50, 100 * share]
