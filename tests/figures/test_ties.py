"""Units that differ, layer by layer: how they are counted, and what the figure says."""

import plotly.graph_objects as go
import pytest
import torch

from trainability.figures.ties import TIES, effective_units, read_ties
from trainability.programs.figure import filled
from trainability.symmetry import count_distinct_units

SETTINGS = {"start": "random", "norm": "none", "optimizer": "SGD", "step": 5, "lr": 0.1}


def drawn(counts, loss=0.5):
    read = read_ties(torch.tensor(loss), torch.tensor(counts), 4, 5)
    run = {"steps": [0, 1], "loss": [1.0, 0.5]} | {f"units_{i}": [4, 4] for i in range(3)}
    return go.Figure(filled(TIES, SETTINGS | run | read))


@pytest.mark.parametrize("copies", [0, 1, 3])
def test_equal_units_count_once_as_in_the_library(copies):
    generator = torch.Generator().manual_seed(copies)
    reads, writes = (torch.randn(4, n, generator=generator).double() for n in (3, 2))
    reads, writes = (torch.cat([part, part[:copies]]) for part in (reads, writes))
    units = torch.cat([reads, writes], dim=1)
    assert effective_units(reads, writes.T) == count_distinct_units(units, 1e-6) == 4


def test_a_unit_and_its_flip_count_once_and_half_a_flip_does_not():
    reads = torch.tensor([[1.0, 2.0], [-1.0, -2.0]])
    assert effective_units(reads, torch.tensor([[3.0, -3.0]])) == 1
    assert effective_units(reads, torch.tensor([[3.0, 3.0]])) == 2


def test_units_that_read_alike_and_write_differently_are_two():
    assert effective_units(torch.ones(2, 3), torch.tensor([[1.0, 2.0]])) == 2


def test_what_rounding_leaves_between_units_is_nothing():
    reads = torch.tensor([[1.0, 2.0], [1.0, 2.0 + 1e-9]]).double()
    assert effective_units(reads, torch.ones(1, 2).double()) == 1
    reads[1, 1] = 2.001
    assert effective_units(reads, torch.ones(1, 2).double()) == 2


@pytest.mark.parametrize(
    ("counts", "loss", "verdict"),
    [
        ([4.0, 4.0, 4.0], 0.5, "free"),
        ([4.0, 4.0, 4.0], 0.001, "learned"),
        ([4.0, 2.0, 4.0], 0.001, "tied"),
        ([4.0, 4.0, 3.0], 0.5, "tied"),
    ],
)
def test_one_layer_with_fewer_units_is_tied_whatever_the_loss(counts, loss, verdict):
    shown = drawn(counts, loss)
    assert shown.layout.meta["verdict"] == verdict
    one, two, three = (f"{count:.0f}" for count in counts)
    assert f"{one}, {two} and {three} different units of 4" in shown.layout.meta["summary"]
    assert shown.layout.title.text == f"Layers 1, 2, 3: {one}, {two}, {three} units of 4 differ"


def test_layers_differ_without_color():
    lines = [trace.line.dash for trace in drawn([4.0, 4.0, 4.0]).data[1:4]]
    assert len(set(lines)) == 3


def test_the_present_state_is_drawn_before_any_step_is():
    *_, loss, counts = drawn([4.0, 2.0, 3.0], loss=0.5).data
    assert (list(loss.y), list(loss.x)) == ([0.5], [5])
    assert (list(counts.y), list(counts.x)) == ([4, 2, 3], [5, 5, 5])
