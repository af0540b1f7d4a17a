"""Binary PGM files of one known size, read without trusting them."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

MOST_HEADER_BYTES = 16_384
_COMMENT = re.compile(rb"#[^\n\r]*(?:[\n\r]|\Z)")
_SPACE = b" \t\n\r\v\f"
_MOST_DIGITS = 9


class _Header(NamedTuple):
    width: int
    height: int
    largest: int
    end: int  # where the gray values begin


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
    r"""Return the image in the bytes of a binary PGM file with gray values of one byte.

    The header is read as Netpbm's specification has it. White space of any kind and length
    parts its numbers. A comment goes from ``#`` through the next newline or carriage return
    and may stand anywhere before the one white space that ends the header, even between two
    digits. It is left out together with its line end. So after a comment behind the last
    number one more white space must follow.

    Gray values from 0 to the header's largest value m are scaled to 0 to 255: v becomes
    255·v/m, rounded to the nearest whole number, halves up.

    Parameters
    ----------
    data : bytes
        The whole file. Its header ends within 16,384 bytes.
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
        Naming the file: another kind, size or depth, bytes missing or left over, a gray value
        above the header's largest.

    References
    ----------
    Netpbm, https://netpbm.sourceforge.net/doc/pgm.html and, for comments,
    https://netpbm.sourceforge.net/doc/pbm.html

    Examples
    --------
    >>> parse_pgm(b"P5 3 1 255 abc", (1, 3)).tolist()
    [[97, 98, 99]]
    >>> parse_pgm(b"P5 3 1#wide, high\n 11#largest\n \x00\x05\x0b", (1, 3)).tolist()
    [[0, 116, 255]]
    >>> parse_pgm(b"P5 3 1 255 ab", (1, 3), "cut.pgm")
    Traceback (most recent call last):
    ...
    ValueError: cut.pgm ends early: 2 of 3 bytes of gray values are there
    """
    header = _checked_header(data, shape, name)
    size, there = shape[0] * shape[1], len(data) - header.end
    if there < size:
        raise ValueError(f"{name} ends early: {there} of {size} bytes of gray values are there")
    if there > size:
        raise ValueError(_left_over(data, header, there - size, name))
    gray = np.frombuffer(data, dtype=np.uint8, offset=header.end).reshape(shape)
    if header.largest == 255:
        return gray
    if gray.max() > header.largest:
        over = f"the gray value {gray.max()}, above its largest value {header.largest}"
        raise ValueError(f"{name} has {over}; the file is damaged or its header is wrong")
    most = header.largest
    levels = [(2 * 255 * value + most) // (2 * most) for value in range(most + 1)]
    scaled = np.array(levels, dtype=np.uint8)[gray]
    scaled.flags.writeable = False
    return scaled


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
        header = _checked_header(data, shape, str(path))  # 16 bits are called 16 bits
        there = path.stat().st_size - header.end - shape[0] * shape[1]
        raise ValueError(_left_over(data, header, there, str(path)))
    return parse_pgm(data, shape, str(path))


def _checked_header(data: bytes, shape: tuple[int, int], name: str) -> _Header:
    if data[:2] == b"P2":
        raise ValueError(f"{name} is an ASCII PGM file (P2); convert it to a binary one (P5)")
    if data[:2] != b"P5":
        raise ValueError(f"{name} is not a binary PGM file: it does not begin with P5")
    header = _parsed_header(data[:MOST_HEADER_BYTES], name)
    if (header.height, header.width) != shape:
        wanted = f"{shape[1]} wide and {shape[0]} high"
        size = f"{header.width} wide and {header.height} high"
        raise ValueError(f"{name} is {size}; it must be {wanted}")
    if 255 < header.largest < 65536:
        depth = f"16-bit gray values, up to {header.largest}"
        raise ValueError(f"{name} has {depth}; save it with 8 bits, that is values up to 255")
    if not 0 < header.largest < 65536:
        raise ValueError(f"{name} gives {header.largest} as its largest value, not 1 to 65535")
    return header


def _parsed_header(head: bytes, name: str) -> _Header:
    """Read the three numbers, each up to the first white space behind it."""
    numbers, digits, at = [], b"", 2
    begun = False  # a white space must part the first number from P5
    while at < len(head):
        byte = head[at : at + 1]
        if comment := _COMMENT.match(head, at):
            at = comment.end()
            continue
        at += 1
        if byte in _SPACE:
            begun = True
            if digits:
                numbers.append(int(digits))
                digits = b""
            if len(numbers) == 3:
                width, height, largest = numbers
                return _Header(width, height, largest, at)
        elif byte.isdigit() and begun and len(digits) < _MOST_DIGITS:
            digits += byte
        else:
            break
    within = f"in its first {MOST_HEADER_BYTES} bytes"
    if len(numbers) == 2 and digits:
        within = "that ends with one white space (the end of a comment is none)"
    raise ValueError(f"{name} has no PGM header (P5, width, height, largest value) {within}")


def _left_over(data: bytes, header: _Header, count: int, name: str) -> str:
    more = f"{name} goes on for {count} byte{'s' if count > 1 else ''} after its gray values"
    if data[header.end - 1 : header.end + 1] == b"\r\n":
        return (
            f"{more}: two bytes, CR and LF, stand after its largest value instead of one. "
            "Copy it anew in binary mode, or end the header with one LF"
        )
    return f"{more}; it must hold one image and nothing else"
