"""Binary PGM files of one known size, read without trusting them."""

import re
from pathlib import Path

import numpy as np

MOST_HEADER_BYTES = 512
_GAP = rb"(?:\s|#[^\n\r]*[\n\r])+"
_NUMBER = rb"(\d{1,9})"
_HEADER = re.compile(rb"P5" + _GAP + _NUMBER + _GAP + _NUMBER + _GAP + _NUMBER + rb"\s")


def pgm_bytes(image: np.ndarray) -> bytes:
    r"""Return a gray image as the bytes of a binary PGM file.

    Parameters
    ----------
    image : array of uint8, shape (height, width)

    Raises
    ------
    TypeError, ValueError
        For any other type or shape.

    Examples
    --------
    >>> pgm_bytes(np.array([[0, 255, 7]], dtype=np.uint8))
    b'P5\n3 1\n255\n\x00\xff\x07'
    """
    image = np.asarray(image)
    if image.dtype != np.uint8:
        raise TypeError(f"image holds {image.dtype}; a PGM file here takes uint8")
    if image.ndim != 2 or 0 in image.shape:
        raise ValueError(f"image has shape {image.shape}; it must be (height, width)")
    height, width = image.shape
    return b"P5\n%d %d\n255\n" % (width, height) + image.tobytes()


def parse_pgm(data: bytes, shape: tuple[int, int], name: str = "image") -> np.ndarray:
    """Return the image in the bytes of a binary PGM file with gray values of one byte.

    Parameters
    ----------
    data : bytes
        The whole file. Between the numbers of its header, which ends within 512 bytes, any
        white space and comments may stand.
    shape : (int, int)
        The height and width that the image must have. Nothing is allocated by the header's
        word.
    name : str
        What errors call the file.

    Returns
    -------
    array of uint8, shape ``shape``
        Read-only.

    Raises
    ------
    ValueError
        Naming the file: another kind, size or depth, bytes missing or left over.

    References
    ----------
    Netpbm, https://netpbm.sourceforge.net/doc/pgm.html

    Examples
    --------
    >>> parse_pgm(b"P5 3 1 255 abc", (1, 3)).tolist()
    [[97, 98, 99]]
    >>> parse_pgm(b"P5 3 1 255 ab", (1, 3), "cut.pgm")
    Traceback (most recent call last):
    ...
    ValueError: cut.pgm ends early: 2 of 3 bytes of gray values are there
    """
    if data[:2] == b"P2":
        raise ValueError(f"{name} is an ASCII PGM file (P2); convert it to a binary one (P5)")
    if data[:2] != b"P5":
        raise ValueError(f"{name} is not a binary PGM file: it does not begin with P5")
    found = _HEADER.match(data[:MOST_HEADER_BYTES])
    if found is None:
        within = f"in its first {MOST_HEADER_BYTES} bytes"
        raise ValueError(f"{name} has no PGM header (P5, width, height, largest value) {within}")
    width, height, largest = (int(number) for number in found.groups())
    if (height, width) != shape:
        wanted = f"{shape[1]} wide and {shape[0]} high"
        raise ValueError(f"{name} is {width} wide and {height} high; it must be {wanted}")
    if largest != 255:
        depth = "16-bit" if largest > 255 else f"up to {largest}"
        raise ValueError(f"{name} has gray values {depth}; save it with values up to 255")
    size, there = height * width, len(data) - found.end()
    if there < size:
        raise ValueError(f"{name} ends early: {there} of {size} bytes of gray values are there")
    if there > size:
        raise ValueError(f"{name} goes on for {there - size} bytes after its gray values")
    return np.frombuffer(data, dtype=np.uint8, offset=found.end()).reshape(shape)


def read_pgm(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Return the image in a file; see :func:`parse_pgm`.

    Of a file that is too large no more than an image's bytes are read.

    Raises
    ------
    ValueError
        Naming the file.
    OSError
        Where it cannot be opened.

    Examples
    --------
    >>> read_pgm(Path("/"), (380, 240))
    Traceback (most recent call last):
    ...
    ValueError: / is not a file
    """
    if not path.is_file():
        raise ValueError(f"{path} is not a file")
    most = MOST_HEADER_BYTES + shape[0] * shape[1]
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{path} is larger than an image of {shape[1]} x {shape[0]} pixels")
    return parse_pgm(data, shape, str(path))
