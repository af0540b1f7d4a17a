"""The CAFE faces: read from a reader's folder, or drawn."""

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trainability.cafe.pgm import parse_pgm, read_pgm
from trainability.cafe.synthetic import synthetic_files

IMAGE_DIMS = (380, 240)
EMOTIONS = ("anger", "disgusted", "happy", "maudlin", "fear", "surprise")
SYNTHETIC = "synthetic"
MOST_IMAGES = 2000  # some 180 MB
FOLDER_VARIABLE = "TRAINABILITY_CAFE"
_LABELS = {name[0]: label for label, name in enumerate(EMOTIONS)}
_ANY_CASE = re.ASCII | re.IGNORECASE
_NAMES = {
    "train": re.compile(r"(\d[0-14-9]\d)_([a-z])\d\.pgm", _ANY_CASE),
    "test": re.compile(r"(\d[2-3]\d)_([a-z])\d\.pgm", _ANY_CASE),
    "all": re.compile(r"(\d\d\d)_([a-z])\d\.pgm", _ANY_CASE),
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
        All other names of the folder, those that no split takes: other expressions, persons
        with letters, ``._011_a1.pgm`` and ``.DS_Store``, folders, a second spelling of a name.
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
        expression, take, in small letters or capitals. Where two names differ in nothing else,
        the one that sorts last (small letters) is read and the other is skipped. A path with
        backslashes is also tried with slashes. Without a folder, the one that the environment
        variable ``TRAINABILITY_CAFE`` names is read, else ``data/cafe`` here or one folder up.
        Where there is none, and for ``"synthetic"``, the faces are drawn; see
        :func:`trainability.cafe.synthetic.synthetic_files`.
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
    source = str(_default_folder() if folder is None else folder)
    files: Collection[str]
    if source == SYNTHETIC:
        files = drawn = synthetic_files()
        images = {name: parse_pgm(drawn[name], IMAGE_DIMS, name) for name in _named(files, split)}
    else:
        place = Path(source).expanduser()
        if not place.is_dir() and "\\" in source:
            place = Path(source.replace("\\", "/")).expanduser()
        if not place.is_dir():
            setting = f"{FOLDER_VARIABLE}={source}" if folder is None else source
            raise FileNotFoundError(f"{setting} is not a folder; give the one of the CAFE images")
        files = [path.name for path in place.iterdir()]
        names = _named(files, split)
        if len(names) > MOST_IMAGES:
            raise ValueError(f"{source} holds {len(names)} images; at most {MOST_IMAGES} are read")
        images = {name: read_pgm(place / name, IMAGE_DIMS) for name in names}
    if not images:
        raise ValueError(
            f"{source} has no image of split {split!r} named like 011_a1.pgm; {_contents(files)}. "
            "Give the folder of the CAFE images, or 'synthetic' for drawn faces"
        )
    return CafeFaces(
        torch.from_numpy(np.stack(list(images.values()))),
        torch.tensor([_LABELS[name[4].lower()] for name in images]),  # 011_a1.pgm
        torch.tensor([int(name[:3]) for name in images]),
        tuple(sorted(set(files) - set(_named(files, "all")))),
        source,
    )


def _default_folder() -> str | Path:
    if named := os.environ.get(FOLDER_VARIABLE):
        return named
    places = (Path("data/cafe"), Path("../data/cafe"))
    return next((place for place in places if place.is_dir()), SYNTHETIC)


def _contents(files: Iterable[str]) -> str:
    names = sorted(files)
    if not names:
        return "it is empty"
    others = {0: "", 1: " and one other"}.get(len(names) - 1, f" and {len(names) - 1} others")
    return f"it holds {names[0]!r}{others}"


def _named(files: Iterable[str], split: str) -> list[str]:
    """Return the names that a split takes, sorted without regard to case, each spelling once."""
    spellings = {}
    for name in sorted(files):  # capitals sort first, so small letters stay
        parts = _NAMES[split].fullmatch(name)
        if parts and parts[2].lower() in _LABELS:
            spellings[name.lower()] = name
    return [spellings[name] for name in sorted(spellings)]
