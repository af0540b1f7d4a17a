"""The figures of the clinic: symptoms and recovery."""

import math

import plotly.graph_objects as go
import pytest

from trainability.figures.clinic import read_recovery, read_symptoms, recovery, symptoms

LAYERS = [("0", 1.0, 1e-3), ("1", None, None), ("2", 0.5, 0.25)]


def test_symptoms_show_the_loss_by_step_and_both_sizes_by_module():
    shown = go.Figure(symptoms([2.0, 1.0], LAYERS, title="It stalls"))
    loss, signal, gradient = shown.data
    assert list(loss.y) == [2, 1] and list(loss.x) == [0, 1]
    assert list(signal.y) == [1, None, 0.5] and list(gradient.y) == [1e-3, None, 0.25]
    assert signal.yaxis == gradient.yaxis == "y2" and shown.layout.yaxis2.type == "log"
    assert signal.line.dash != gradient.line.dash
    assert shown.layout.meta["summary"] == (
        "In 1 steps the loss goes from 2 to 1. From module 0 to module 2 the signal goes from 1 to "
        "0.5, the gradient from 0.001 to 0.25."
    )


def test_of_many_modules_at_most_eight_are_named():
    many = [(str(i), 1.0, 1.0) for i in range(101)]
    shown = go.Figure(symptoms([1.0], many, title=""))
    assert len(shown.layout.xaxis2.ticktext) <= 8 and len(shown.data[1].y) == 101


def test_a_run_without_gradients_is_read_without_them():
    assert read_symptoms([1.0, math.nan], [("0", None, None)], title="").sentence == (
        "In 1 steps the loss goes from 1 to not a number."
    )


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (2.0, 0.99, "healed"),
        (2.0, 1.0, "not healed"),
        (math.nan, 1.0, "healed"),
        (math.inf, math.nan, "not healed"),
        (2.0, 3.0, "not healed"),
    ],
)
def test_a_remedy_heals_where_the_loss_falls_below_half(before, after, verdict):
    reading = read_recovery([2.0, before], [2.0, after])
    assert reading.verdict == verdict and reading.sentence.endswith(f"{verdict}.")
    shown = go.Figure(recovery([2.0, before], [2.0, after]))
    assert shown.data[0].line.dash != shown.data[1].line.dash
