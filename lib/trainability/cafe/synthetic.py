"""A drawn stand-in for the CAFE images, in their format and under names of their form."""

import functools
import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from trainability.arguments import checked_count
from trainability.cafe.drawing.face import (
    EXPRESSIONS,
    Person,
    draw_face,
    random_person,
    random_take,
)
from trainability.cafe.pgm import pgm_bytes

# By the middle digit: six persons to train on, three to test on, one that neither split names.
PERSONS = ("011", "045", "052", "068", "084", "097", "023", "031", "036", "048ng")
NOISE = 1.5  # half the width, in gray values, of each of two uniform errors of the camera


def drawn_person(index: int, seed: int = 0) -> Person:
    """Return a drawn person at rest, whose expressions are those of :func:`synthetic_person`.

    Examples
    --------
    >>> drawn_person(2).glasses
    True
    """
    return random_person(np.random.default_rng([seed, index]))


def synthetic_person(index: int, seed: int = 0) -> np.ndarray:
    """Return one drawn person's six expressions, in the order of ``EXPRESSIONS``.

    There is no end of persons: index 0 to 9 are those of :func:`synthetic_files`.

    Parameters
    ----------
    index, seed : int
        Not negative.

    Returns
    -------
    array of uint8, shape (6, 380, 240)

    Examples
    --------
    >>> faces = synthetic_person(0)
    >>> pgm_bytes(faces[0]) == synthetic_files()["011_a1.pgm"]
    True
    """
    index, seed = checked_count("index", index, least=0), checked_count("seed", seed, least=0)
    person = drawn_person(index, seed)
    faces = []
    for number, action in enumerate(EXPRESSIONS.values()):
        generator = np.random.default_rng([seed, index, number])
        gray = 255 * draw_face(person, action, random_take(generator)).numpy()
        for _ in range(2):
            gray = gray + generator.uniform(-NOISE, NOISE, gray.shape)
        faces.append(np.floor(np.clip(gray, 0, 255) + 0.5).astype(np.uint8))
    return np.stack(faces)


@functools.lru_cache(maxsize=2)
def synthetic_files(seed: int = 0) -> Mapping[str, bytes]:
    r"""Return the 60 files of the stand-in by name: ten persons, six expressions, one take each.

    The faces are drawn. Person, expression and take (pose, light, noise) are drawn from
    generators of their own, so none depends on another. The same seed gives the same bytes.

    Parameters
    ----------
    seed : int
        Not negative; other seeds give other persons.

    Returns
    -------
    mapping of str to bytes
        Binary PGM files of 380 × 240 pixels. Read-only.

    Examples
    --------
    >>> files = synthetic_files()
    >>> len(files), list(files)[:3]
    (60, ['011_a1.pgm', '011_d1.pgm', '011_h1.pgm'])
    >>> files["011_a1.pgm"][:15]
    b'P5\n240 380\n255\n'
    """
    seed = checked_count("seed", seed, least=0)
    files = {}
    for index, name in enumerate(PERSONS):
        for emotion, image in zip(EXPRESSIONS, synthetic_person(index, seed), strict=True):
            files[f"{name}_{emotion[0]}1.pgm"] = pgm_bytes(image)
    return MappingProxyType(files)


def synthetic_archive(seed: int = 0) -> bytes:
    """Return the stand-in's 60 files as a zip file that holds one folder, ``cafe_drawn``.

    The same seed gives the same faces, and one version of zlib the same bytes.

    Examples
    --------
    >>> with zipfile.ZipFile(io.BytesIO(synthetic_archive())) as archive:
    ...     archive.namelist()[:2]
    ['cafe_drawn/011_a1.pgm', 'cafe_drawn/011_d1.pgm']
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in synthetic_files(seed).items():
            entry = zipfile.ZipInfo(f"cafe_drawn/{name}", (2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return target.getvalue()


def write_synthetic_cafe(folder: Path | str, seed: int = 0) -> None:
    """Write the stand-in's 60 files into a folder, which is made where it is missing.

    Each file is written whole or not at all.

    Parameters
    ----------
    folder : Path or str
    seed : int
        As for :func:`synthetic_files`.

    Raises
    ------
    FileExistsError
        If a file of one of the names is there already; nothing is written then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_synthetic_cafe(folder)
    ...     len(list(Path(folder).glob("*.pgm")))
    60
    """
    folder = Path(folder)
    files = synthetic_files(seed)
    folder.mkdir(parents=True, exist_ok=True)
    there = [name for name in files if os.path.lexists(folder / name)]
    if there:
        raise FileExistsError(f"{folder / there[0]} exists; give an empty folder")
    for name, data in files.items():
        with tempfile.TemporaryDirectory(dir=folder, prefix=".part") as part:
            (Path(part) / name).write_bytes(data)
            os.replace(Path(part) / name, folder / name)
