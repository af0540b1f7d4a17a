"""What the tests of diagnostics share: a small classifier, its data, and the examples' place."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

EXAMPLES = Path(__file__).parents[2] / "data" / "diagnostics"
sys.path.insert(0, str(EXAMPLES))


@contextmanager
def seeded() -> Iterator[None]:
    """Let torch's own starts draw from a seed; the global generator is as before in the end."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        yield


def points() -> tuple[Tensor, Tensor]:
    """Return sixty-four points around four centers, and their classes."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(64) % 4
    centers = torch.randn(4, 10, generator=generator)
    return 0.7 * centers[labels] + 0.7 * torch.randn(64, 10, generator=generator), labels


def classifier() -> nn.Sequential:
    """Return a healthy classifier of such points."""
    layers = [nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4)]
    return nn.Sequential(*layers)
