"""Errors name the argument and what is allowed."""

import threading

import pytest
import torch
from samples import classifier, points, seeded
from torch import nn

from trainability import diagnose


@pytest.fixture(autouse=True)
def drawn_from_a_seed():
    with seeded():
        yield


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"model": torch.relu}, TypeError, "model must be a torch.nn.Module"),
        ({"inputs": "x"}, TypeError, "inputs must be a tensor"),
        ({"inputs": []}, TypeError, "inputs must be a tensor"),
        ({"inputs": torch.empty(0, 10)}, ValueError, "inputs holds an empty tensor"),
        ({"targets": [1, 2]}, TypeError, "targets must be a tensor unless a loss"),
        ({"targets": torch.randn(64, 3)}, ValueError, "targets have shape .64, 3."),
        ({"targets": torch.zeros(63, dtype=torch.long)}, ValueError, "targets have shape .63,."),
        ({"targets": torch.full((64,), 7)}, ValueError, "class 7, but the output has 4"),
        ({"loss": 3}, TypeError, "loss must be callable"),
        ({"loss": lambda output, targets: output}, ValueError, "loss must return a scalar"),
        ({"optimizer": "adam"}, TypeError, "optimizer must be a torch.optim.Optimizer"),
        ({"steps": 0}, ValueError, "steps=0"),
        ({"steps": 2.5}, TypeError, "steps=2.5"),
        ({"generator": 7}, TypeError, "generator must be a torch.Generator"),
        ({"model": nn.LazyLinear(4)}, ValueError, "lazy layers"),
    ],
)
def test_a_wrong_argument_is_named_in_one_sentence(changed, error, words):
    inputs, targets = points()
    arguments = {"model": classifier(), "inputs": inputs, "targets": targets} | changed
    with pytest.raises(error, match=words) as caught:
        diagnose(**arguments)
    assert "\n" not in str(caught.value)


def test_a_model_that_cannot_be_copied_is_refused_in_words():
    model = classifier()
    model.lock = threading.Lock()
    with pytest.raises(ValueError, match="model or optimizer cannot be copied"):
        diagnose(model, *points())


@pytest.mark.parametrize(("output", "target"), [((8, 1), (8,)), ((8,), (8, 1)), ((8, 2), (8, 2))])
def test_a_last_dimension_of_one_may_be_missing(output, target):
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(output))

        def forward(self, x):
            return self.scale * 1

    assert diagnose(Fixed(), torch.ones(8, 1), torch.zeros(target)) is not None
