"""What the tests of diagnostics share: the examples of the validation, and small data."""

import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2] / "data" / "diagnostics"))


@pytest.fixture(autouse=True)
def drawn_from_a_fork():
    """Torch's own starts draw from the global generator, which is as before in the end."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    """Sixty-four points around four centers, and their classes."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(64) % 4
    centers = torch.randn(4, 10, generator=generator)
    return 0.7 * centers[labels] + 0.7 * torch.randn(64, 10, generator=generator), labels


@pytest.fixture
def network() -> nn.Sequential:
    """A healthy classifier of such points."""
    layers = [nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4)]
    return nn.Sequential(*layers)
