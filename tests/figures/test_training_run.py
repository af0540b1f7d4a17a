"""The figure of a deep network in training: what it measures, and what it says."""

import math

import plotly.graph_objects as go
import pytest
import torch

from trainability.figures.training_run import TRAINING_RUN, count_distinct, read_training_run
from trainability.programs.figure import filled
from trainability.symmetry import count_distinct_units

SETTINGS = {"depth": 2, "width": 3, "nonlinearity": "relu", "optimizer": "SGD", "lr": 0.1} | {
    "trained": "all layers"
}


def read(signals, loss=0.5, right=1.0, slopes=(1e-4, 1e-2), units=((1.0,), (2.0,)), step=7):
    numbers = torch.tensor(loss), torch.tensor(right)
    rest = torch.tensor(slopes), torch.tensor(units)
    return read_training_run(*numbers, torch.as_tensor(signals), *rest, step)


def drawn(**measured):
    numbers = read(torch.ones(2, 4, 3), **measured)
    run = {"steps": [0, 1], "loss": [2.0, 1.0], "step": 7}
    return go.Figure(filled(TRAINING_RUN, SETTINGS | run | numbers))


def test_sizes_are_root_mean_squares_by_layer():
    signals = torch.randn(3, 8, 5, generator=torch.Generator().manual_seed(0))
    found = read(signals, slopes=(1.0, 4.0, 9.0))
    for layer, size in zip(signals, found["signal"], strict=True):
        assert size.item() == pytest.approx(math.sqrt(layer.square().mean().item()))
    assert found["gradient"].tolist() == [1, 2, 3] and found["layer"].tolist() == [1, 2, 3]
    assert found["end"] == 3.5


def test_the_cosine_is_the_mean_over_all_pairs_of_examples():
    last = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    pairs = [
        torch.cosine_similarity(last[i], last[j], dim=0)
        for i in range(6)
        for j in range(6)
        if i != j
    ]
    found = read(last.unsqueeze(0), slopes=(1.0,))["cosine"]
    assert found.item() == pytest.approx(torch.stack(pairs).mean().item(), abs=1e-6)


def test_a_unit_is_silent_where_it_is_zero_for_every_example():
    signals = torch.ones(2, 4, 5)
    signals[0, :, 0] = 0
    signals[1, :3, 1] = 0  # not for the fourth
    assert read(signals)["dead"] == 10


def test_units_are_counted_as_the_library_counts_them():
    units = torch.randn(5, 3, generator=torch.Generator().manual_seed(2))
    units = torch.cat([units, units[:2]])
    assert count_distinct(units) == count_distinct_units(units, 1e-9) == 5


def test_it_has_learned_where_more_than_nine_tenths_are_right():
    assert drawn(right=0.91).layout.meta["verdict"] == "learned"
    stuck = drawn(right=0.9, loss=2.0)
    assert stuck.layout.meta["verdict"] == "not learned"
    assert stuck.layout.title.text == "Step 7: loss 2, 90% right"
    assert stuck.layout.meta["summary"] == (
        "2 layers of 3, relu, all layers trained by SGD, rate 0.1, step 7: loss 2, 90% right. "
        "From the first hidden layer to the last the signal goes from 1 to 1, the gradient from "
        "0.01 to 0.1. 0% of the units are silent; 2 of 3 in the first layer differ; two examples "
        "have a cosine of 1 in the last: not learned."
    )


def test_signal_and_gradient_differ_without_color():
    shown = drawn()
    _, signal, gradient = shown.data
    assert signal.line.dash != gradient.line.dash and signal.marker.symbol != gradient.marker.symbol
