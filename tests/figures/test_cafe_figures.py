"""The figures of lesson 9: faces side by side, matrices, the loss spike, persons left out."""

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.cafe import Learned, epochs
from trainability.figures.left_out import left_out
from trainability.figures.loss_spike import loss_spike
from trainability.figures.mosaic import CAPTION, GAP, SHADES, mosaic

IMAGES = np.arange(6 * 4 * 5, dtype=float).reshape(6, 4, 5)
PERFECT = 6 * np.eye(6, dtype=int)


def some_right(count):
    matrix = np.zeros((6, 6), dtype=int)
    matrix[:, 0] = 3
    for k in range(1, count - 2):
        matrix[k] = 0
        matrix[k, k] = 3
    return matrix


def test_a_mosaic_keeps_each_image_whole_with_gaps_between():
    laid = mosaic(IMAGES)
    assert laid.shape == (2 * 4 + CAPTION, 3 * 5 + 2 * GAP)
    for k, image in enumerate(IMAGES):
        row, column = k // 3 * (4 + CAPTION), k % 3 * (5 + GAP)
        np.testing.assert_array_equal(laid[row : row + 4, column : column + 5], image)
    assert np.isnan(laid).sum() == laid.size - IMAGES.size


@pytest.mark.parametrize(
    ("trained", "tested", "verdict"),
    [
        (PERFECT, 3 * np.eye(6, dtype=int), "fit alike, know differently"),
        (PERFECT, some_right(3), "fit alike"),
        (np.roll(PERFECT, 1, axis=0), 3 * np.eye(6, dtype=int), "not both fitted"),
    ],
)
def test_true_and_shuffled_labels_are_drawn_side_by_side_and_told(trained, tested, verdict):
    losses = np.array([1.8, 50.0, 0.25])
    true = Learned(losses, IMAGES, trained, tested)
    shuffled = Learned(2 * losses, -IMAGES, PERFECT, some_right(3))
    figure = go.Figure(epochs(true, shuffled, epoch=2, setting="Drawn faces"))
    meta, data = figure.layout.meta, figure.data
    assert meta["verdict"] == verdict
    assert (meta["loss"], meta["loss_shuffled"]) == (0.25, 0.5)
    assert meta["test"] == pytest.approx(np.trace(tested) / 18, abs=1e-4)
    assert list(data[2].x) == [2, 2] and list(data[2].y) == [0.25, 0.5]
    np.testing.assert_array_equal(data[4].z, tested)
    np.testing.assert_array_equal(data[5].z, some_right(3))
    assert f"{np.trace(tested)} of 18 of other people" in meta["summary"]


def test_weight_images_are_drawn_without_their_mean_on_a_signed_scale():
    one = Learned(np.ones(1), IMAGES, PERFECT, PERFECT)
    data = go.Figure(epochs(one, one, epoch=0, setting="")).data[3]
    apart = IMAGES - IMAGES.mean(axis=0)
    laid = data.z[:4, :5] / 128 * np.abs(apart).max()
    np.testing.assert_allclose(laid, apart[0], atol=SHADES / 128 * np.abs(apart).max())
    assert data.zmin == -data.zmax and len(data.colorscale) == 5


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ([1.8, 50, 3], "spike"),
        ([1.8, 2.5, 0.5], "small rise"),  # not "falls": it rose first
        ([1.8, 1.82, 1.5], "falls"),
        ([1.8, 1.79, 1.78], "slow"),
    ],
)
def test_a_spike_is_told_from_a_fall_and_from_a_crawl(losses, verdict):
    words = {"predicted": 49.0, "share": None, "jump": 44.0, "setting": "Adam"}
    figure = go.Figure(loss_spike(np.array(losses), **words))
    assert figure.layout.meta["verdict"] == verdict
    assert list(figure.data[1].x) == [1] and list(figure.data[1].y) == [49.0]
    assert "predicted 49.00" in figure.layout.meta["summary"]


def test_an_overflow_is_a_spike_and_descent_has_a_share_instead_of_a_prediction():
    words = {"predicted": None, "share": 2.5, "jump": 44.0, "setting": "gradient descent"}
    figure = go.Figure(loss_spike(np.array([1.8, 9.0, np.nan]), **words))
    assert len(figure.data) == 1 and figure.layout.meta["verdict"] == "spike"
    assert "2.5 times 2/λ_max" in figure.layout.meta["summary"]
    assert figure.layout.meta["predicted"] is None


def test_a_loss_without_a_prediction_or_a_share_is_refused():
    with pytest.raises(ValueError, match="both None"):
        loss_spike(np.array([1.8, 1.5]), predicted=None, share=None, jump=44.0, setting="a start")


@pytest.mark.parametrize(("right", "verdict"), [(5, "above"), (3, "at"), (1, "below")])
def test_a_person_left_out_is_set_against_the_mean(right, verdict):
    answers = [k if k < right else (k + 1) % 6 for k in range(6)]
    accuracy = np.array([right / 6, 0.5 + (0.5 - right / 6)])
    figure = go.Figure(
        left_out(
            [11, 36], accuracy, (0.2, 0.8), IMAGES, range(6), answers, person=11, setting="Raw"
        )
    )
    meta = figure.layout.meta
    assert meta["verdict"] == f"{verdict} the mean" and meta["right"] == right
    assert (meta["mean"], meta["low"], meta["high"]) == (0.5, 0.2, 0.8)
    captions = [note.text for note in figure.layout.annotations]
    assert sum("✓" in caption for caption in captions) == right and len(captions) == 6
    assert list(figure.data[0].x) == ["011", "036"]
