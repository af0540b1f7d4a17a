"""Six acted expressions, 36 faces to learn from, and a softmax classifier of raw pixels."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from trainability.arguments import checked_number
from trainability.left_out import LeftOut
from trainability.pgm import parse_pgm, read_pgm
from trainability.softmax import train_softmax
from trainability.synthetic_cafe import synthetic_files

IMAGE_DIMS = (380, 240)
EMOTIONS = ("anger", "disgusted", "happy", "maudlin", "fear", "surprise")
SYNTHETIC = "synthetic"
MOST_IMAGES = 2000  # some 180 MB
FOLDER_VARIABLE = "TRAINABILITY_CAFE"
_LABELS = {name[0]: label for label, name in enumerate(EMOTIONS)}
_NAMES = {
    "train": re.compile(r"(\d[0-14-9]\d)_([a-z])\d\.pgm", re.ASCII),
    "test": re.compile(r"(\d[2-3]\d)_([a-z])\d\.pgm", re.ASCII),
    "all": re.compile(r"(\d\d\d)_([a-z])\d\.pgm", re.ASCII),
}


@dataclass(frozen=True, eq=False)
class CafeFaces:
    """Faces of one split, sorted by file name.

    Attributes
    ----------
    images : Tensor of uint8, shape (n, 380, 240)
        Gray values from 0 (black) to 255.
    labels : Tensor of int64, shape (n,)
        Index into :data:`EMOTIONS`.
    persons : Tensor of int64, shape (n,)
        The number that begins the file's name.
    skipped : tuple of str
        Names that no split takes: other expressions, persons with letters, other files.
    source : str
        The folder that was read, or ``"synthetic"`` for drawn faces.
    """

    images: Tensor
    labels: Tensor
    persons: Tensor
    skipped: tuple[str, ...] = ()
    source: str = ""

    def inputs(self) -> Tensor:
        """Return the images as rows of numbers from 0 to 1, float32, shape (n, 91200)."""
        return self.images.flatten(1).float() / 255


def load_cafe(folder: str | Path | None = None, split: str = "train") -> CafeFaces:
    """Read the faces of one split, real ones where the reader has them and drawn ones else.

    Parameters
    ----------
    folder : str or Path, optional
        The folder of the CAFE images, flat, with names such as ``011_a1.pgm``: person,
        expression, take. Without it, the folder that the environment variable
        ``TRAINABILITY_CAFE`` names is read, else ``data/cafe`` here or one folder up. Where
        there is none, and for ``"synthetic"``, the faces are drawn; see
        :func:`trainability.synthetic_cafe.synthetic_files`.
    split : {"train", "test", "all"}
        Persons whose number has 2 or 3 in the middle are ``"test"``, the others ``"train"``.

    Returns
    -------
    CafeFaces
        With ``source`` saying which.

    Raises
    ------
    ValueError
        For an unknown split, a folder without images of the split or with more than 2,000, or
        naming the file that is not a binary PGM image of 380 × 240 pixels with one byte each.
    FileNotFoundError
        If the folder is missing.

    Examples
    --------
    >>> faces = load_cafe("synthetic")
    >>> tuple(faces.images.shape), faces.labels[:6].tolist()
    ((36, 380, 240), [0, 1, 4, 2, 3, 5])
    >>> faces.skipped[:2]
    ('048ng_a1.pgm', '048ng_d1.pgm')
    """
    if not isinstance(split, str) or split not in _NAMES:
        raise ValueError(f"split={split!r} must be one of {', '.join(map(repr, _NAMES))}")
    if not isinstance(folder, str | Path | None) or folder == "":
        raise TypeError(f"folder={folder!r} must be the path of a folder, 'synthetic' or None")
    source = str(_found_folder() if folder is None else folder)
    if source == SYNTHETIC:
        files = synthetic_files()
        images = {name: parse_pgm(files[name], IMAGE_DIMS, name) for name in _named(files, split)}
    else:
        place = Path(source).expanduser()
        if not place.is_dir():
            said = f"{FOLDER_VARIABLE}={source}" if folder is None else source
            raise FileNotFoundError(f"{said} is not a folder; give the one of the CAFE images")
        files = [path.name for path in place.iterdir()]
        names = _named(files, split)
        if len(names) > MOST_IMAGES:
            raise ValueError(f"{source} holds {len(names)} images; at most {MOST_IMAGES} are read")
        images = {name: read_pgm(place / name, IMAGE_DIMS) for name in names}
    if not images:
        holds = f"it holds {sorted(files)[0]!r} and others" if files else "it is empty"
        raise ValueError(
            f"{source} has no image of split {split!r} named like 011_a1.pgm; {holds}. "
            "Give the folder of the CAFE images, or 'synthetic' for drawn faces"
        )
    parts = [_NAMES[split].fullmatch(name).groups() for name in images]
    return CafeFaces(
        torch.from_numpy(np.stack(list(images.values()))),
        torch.tensor([_LABELS[letter] for _, letter in parts]),
        torch.tensor([int(person) for person, _ in parts]),
        tuple(sorted(set(files) - set(_named(files, "all")))),
        source,
    )


def _found_folder() -> str | Path:
    if named := os.environ.get(FOLDER_VARIABLE):
        return named
    places = (Path("data/cafe"), Path("../data/cafe"))
    return next((place for place in places if place.is_dir()), SYNTHETIC)


def _named(files: Iterable[str], split: str) -> list[str]:
    """Return the names that a split takes, sorted."""
    found = ((name, _NAMES[split].fullmatch(name)) for name in sorted(files))
    return [name for name, parts in found if parts and parts[2] in _LABELS]


def get_cafe_data(split: str = "train", folder: str | Path | None = None) -> tuple[Tensor, Tensor]:
    """Return the inputs and labels of one split.

    Parameters
    ----------
    split, folder
        As for :func:`load_cafe`.

    Returns
    -------
    X : Tensor of float32, shape (n, 91200)
        Gray values from 0 (black) to 1, row by row.
    y : Tensor of int64, shape (n,)

    Examples
    --------
    >>> X, y = get_cafe_data("test", "synthetic")
    >>> tuple(X.shape), y.bincount().tolist()
    ((18, 91200), [3, 3, 3, 3, 3, 3])
    """
    faces = load_cafe(folder, split)
    return faces.inputs(), faces.labels


class CAFENet(nn.Module):
    """Softmax regression: one linear layer from pixels to logits.

    It returns logits, not probabilities: ``CrossEntropyLoss`` applies the softmax itself, in a
    form that does not overflow.

    Parameters
    ----------
    generator : torch.Generator, optional
        Draws the start as ``torch.nn.Linear`` does, uniform within ±1/√91200; torch's own
        generator by default.

    Examples
    --------
    >>> net = CAFENet(torch.Generator().manual_seed(0))
    >>> sum(parameter.numel() for parameter in net.parameters())
    547206
    >>> tuple(net(torch.zeros(2, 91200)).shape)
    (2, 6)
    """

    def __init__(self, generator: torch.Generator | None = None) -> None:
        super().__init__()
        pixels = IMAGE_DIMS[0] * IMAGE_DIMS[1]
        self.linear = nn.Linear(pixels, len(EMOTIONS))
        if generator is not None:
            for parameter in self.parameters():
                nn.init.uniform_(parameter, -(pixels**-0.5), pixels**-0.5, generator=generator)

    def forward(self, X: Tensor) -> Tensor:
        """Return logits of shape (n, 6) for inputs of shape (n, 91200)."""
        return self.linear(X)


def fit(net: CAFENet, X: Tensor, y: Tensor, n_epochs: int = 201) -> list[float]:
    """Train with cross entropy and torch's default Adam, the whole batch at every step.

    Parameters
    ----------
    net : CAFENet
        Changed in place, by ``n_epochs`` steps.
    X : Tensor of float32, shape (n, 91200)
        On the device of ``net``.
    y : Tensor of int64, shape (n,)
        Labels from 0 to 5.
    n_epochs : int
        At least 1.

    Returns
    -------
    list of float
        The mean loss at the start of each epoch, before its step: the zeroth is that of the
        untrained net.

    Examples
    --------
    >>> X, y = get_cafe_data("train", "synthetic")
    >>> losses = fit(CAFENet(torch.Generator().manual_seed(0)), X, y)
    >>> losses[0] < 2, losses[1] > 40, losses[200] < 0.1  # why it rises is the lesson
    (True, True, True)
    """
    if not isinstance(net, CAFENet):
        raise TypeError(f"net must be a CAFENet, not {type(net).__name__}; loop over others")
    _check_examples(X, y)
    weight, bias = net.linear.weight, net.linear.bias
    path = train_softmax(weight.detach()[None], bias.detach()[None], X.to(weight), y, n_epochs)
    with torch.no_grad():
        weight.copy_(path.weights[0, 0])
        bias.copy_(path.biases[0, 0])
    return path.losses[:, 0].tolist()


def _check_examples(X: Tensor, y: Tensor) -> None:
    pixels = IMAGE_DIMS[0] * IMAGE_DIMS[1]
    if not isinstance(X, Tensor) or X.ndim != 2 or X.shape[1] != pixels or len(X) == 0:
        raise ValueError(f"X must be a tensor of shape (n, {pixels}), n at least 1")
    if not X.is_floating_point() or not torch.isfinite(X).all():
        raise ValueError("X must hold finite floating numbers, such as pixels divided by 255")
    if not isinstance(y, Tensor) or y.shape != X.shape[:1] or y.dtype != torch.int64:
        raise ValueError(f"y must be a tensor of {len(X)} int64 labels")
    if y.min() < 0 or y.max() >= len(EMOTIONS):
        raise ValueError(f"y must hold labels from 0 to {len(EMOTIONS) - 1}")


def weight_images(net: CAFENet) -> Tensor:
    """Return the weights of the six outputs as gray images on one common scale.

    The smallest weight of all becomes 0 and the largest 255: (w - min)·255/(max - min), cut
    to whole numbers. A weight of zero is therefore some middle gray, not black.

    Returns
    -------
    Tensor of uint8, shape (6, 380, 240)

    Raises
    ------
    ValueError
        If all weights are equal, or some are not finite.

    Examples
    --------
    >>> images = weight_images(CAFENet(torch.Generator().manual_seed(0)))
    >>> tuple(images.shape), images.min().item(), images.max().item()
    ((6, 380, 240), 0, 255)
    """
    weight = net.linear.weight.detach().double()
    least, largest = weight.min(), weight.max()
    if not torch.isfinite(least + largest):
        raise ValueError("the weights are not finite, so there is nothing to draw")
    if least == largest:
        raise ValueError("all weights are equal, so there is no range to map to gray values")
    gray = ((weight - least) / (largest - least) * 255).to(torch.uint8)
    return gray.view(len(EMOTIONS), *IMAGE_DIMS)


def leave_one_person_out(
    faces: CafeFaces,
    *,
    n_epochs: int = 201,
    offset: float = 0.0,
    generator: torch.Generator | None = None,
) -> LeftOut:
    """Train once for each person without that person's faces, all at once, and ask about them.

    Parameters
    ----------
    faces : CafeFaces
        Of at least two persons, such as ``load_cafe(split="all")``.
    n_epochs : int
        Steps, as for :func:`fit`.
    offset : float
        Subtracted from all inputs, which lie from 0 to 1.
    generator : torch.Generator, optional
        Draws the start that all share; see :class:`CAFENet`.

    Returns
    -------
    LeftOut
        In the order of ``faces``.

    Raises
    ------
    ValueError
        With a single person.

    Examples
    --------
    >>> faces = load_cafe("synthetic", "test")
    >>> luck = torch.Generator().manual_seed(0)
    >>> found = leave_one_person_out(faces, n_epochs=20, offset=0.5, generator=luck)
    >>> found.people.tolist(), tuple(found.predicted.shape)
    ([23, 31, 36], (18,))
    """
    people = faces.persons.unique()
    if len(people) < 2:
        raise ValueError("faces are of one person; leaving it out leaves nothing to learn from")
    net, count = CAFENet(generator), len(people)
    weight, bias = net.linear.weight.detach(), net.linear.bias.detach()
    start = weight.expand(count, -1, -1), bias.expand(count, -1)
    X = faces.inputs() - checked_number("offset", offset)
    out = faces.persons == people[:, None]
    path = train_softmax(*start, X, faces.labels, n_epochs, keep=~out)
    predicted = torch.empty_like(faces.labels)
    for mine, learned, shift in zip(out, path.weights[0], path.biases[0], strict=True):
        predicted[mine] = (X[mine] @ learned.T + shift).argmax(dim=1)
    return LeftOut(predicted, faces.labels, faces.persons)
