"""What an example of the validation is, and the data that examples learn from."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

Arguments = dict[str, Any]


class Example(NamedTuple):
    """A model with its batch, and what a diagnosis should say of it.

    Attributes
    ----------
    name : str
        Unique within the validation.
    make : callable
        Takes a generator and returns the arguments of ``diagnose``, by name.
    kinds : frozenset of str
        Any of these is right; empty for a healthy model.
    source : str
        Where a public program is discussed.
    least : str
        The mildest severity that is right: a frozen first layer is worth a remark.
    """

    name: str
    make: Callable[[torch.Generator], dict[str, Any]]
    kinds: frozenset[str] = frozenset()
    source: str = ""
    least: str = "warning"

    def arguments(self, seed: int = 0) -> dict[str, Any]:
        """Return new arguments; the weights, too, depend on the seed alone."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            return self.make(torch.Generator().manual_seed(seed))


def held_out(name: str) -> bool:
    """Whether an example is of the third that no threshold was chosen on."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 3 == 0


def clusters(
    generator: torch.Generator, features: int, classes: int = 4, batch: int = 64
) -> tuple[Tensor, Tensor]:
    """Return points around one center a class, of mean square about 1, and their classes."""
    labels = torch.arange(batch) % classes
    centers = torch.randn(classes, features, generator=generator)
    points = 0.7 * centers[labels] + 0.7 * torch.randn(batch, features, generator=generator)
    return points, labels


def pictures(
    generator: torch.Generator, channels: int, size: int, classes: int = 10, batch: int = 32
) -> tuple[Tensor, Tensor]:
    """Return normalized images, a smooth template a class under noise, and their classes."""
    labels = torch.arange(batch) % classes
    coarse = torch.randn(classes, channels, 4, 4, generator=generator)
    templates = torch.nn.functional.interpolate(coarse, size=(size, size), mode="bilinear")
    noise = torch.randn(batch, channels, size, size, generator=generator)
    images = templates[labels] + 0.5 * noise
    return (images - images.mean()) / images.std(), labels


def sentences(
    generator: torch.Generator, vocabulary: int, length: int, batch: int = 16
) -> tuple[Tensor, Tensor]:
    """Return token sequences that step by a number of their own, and the tokens that follow."""
    start = torch.randint(vocabulary, (batch, 1), generator=generator)
    stride = torch.randint(1, 4, (batch, 1), generator=generator)
    tokens = (start + stride * torch.arange(length + 1)) % vocabulary
    return tokens[:, :-1], tokens[:, 1:]


def curve(generator: torch.Generator, features: int, batch: int = 64) -> tuple[Tensor, Tensor]:
    """Return inputs of N(0, 1) and a smooth function of them of the same size."""
    inputs = torch.randn(batch, features, generator=generator)
    direction = torch.randn(features, 1, generator=generator) / features**0.5
    targets = torch.sin(2 * inputs @ direction) + 0.5 * inputs[:, :1]
    return inputs, (targets - targets.mean()) / targets.std()


def arguments_of(
    model: nn.Module, data: tuple[Any, Any], optimizer: str = "", **more: Any
) -> Arguments:
    """Return arguments, with an optimizer at the rate that people give it."""
    arguments: Arguments = {"model": model, "inputs": data[0], "targets": data[1], **more}
    trained = [p for p in model.parameters() if p.requires_grad]
    if optimizer == "adam":
        arguments["optimizer"] = torch.optim.Adam(trained, lr=1e-3)
    if optimizer == "adamw":
        arguments["optimizer"] = torch.optim.AdamW(trained, lr=3e-4, weight_decay=0.01)
    if optimizer == "sgd":
        arguments["optimizer"] = torch.optim.SGD(trained, lr=0.05, momentum=0.9, weight_decay=5e-4)
    return arguments
