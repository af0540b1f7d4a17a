"""PGM files: another library agrees on the good ones, and the bad ones are named."""

import io
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from trainability.pgm import MOST_HEADER_BYTES, parse_pgm, pgm_bytes, read_pgm

SHAPE = (3, 5)
IMAGE = np.arange(15, dtype=np.uint8).reshape(SHAPE)
GOOD = b"P5\n5 3\n255\n" + bytes(range(15))
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))


@given(arrays.arrays(np.uint8, SHAPES))
def test_another_library_writes_what_we_read_and_reads_what_we_write(image):
    written = io.BytesIO()
    Image.fromarray(image).save(written, "PPM")
    np.testing.assert_array_equal(parse_pgm(written.getvalue(), image.shape), image)
    with Image.open(io.BytesIO(pgm_bytes(image))) as opened:
        np.testing.assert_array_equal(np.asarray(opened), image)


@pytest.mark.parametrize(
    "header",
    [
        b"P5\n5 3\n255\n",
        b"P5 5 3 255 ",
        b"P5\r\n5\t3\r\n255\n",
        b"P5\n# drawn by hand\n5 3\n# 16 gray values? no\n255\n",
        b"P5\n#\n#\n5 3 255\n",
        b"P5 005 3 255\n",
    ],
)
def test_any_header_that_the_format_allows_is_read(header):
    np.testing.assert_array_equal(parse_pgm(header + bytes(range(15)), SHAPE), IMAGE)


def test_gray_values_that_look_like_white_space_stay_gray_values():
    spaces = np.full(SHAPE, ord("\n"), dtype=np.uint8)
    np.testing.assert_array_equal(parse_pgm(pgm_bytes(spaces), SHAPE), spaces)
    numbers = np.full(SHAPE, ord("7"), dtype=np.uint8)
    np.testing.assert_array_equal(parse_pgm(pgm_bytes(numbers), SHAPE), numbers)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "does not begin with P5"),
        (b"P", "does not begin with P5"),
        (b"\x89PNG\r\n", "does not begin with P5"),
        (b"P2\n5 3\n255\n0 1 2", "ASCII"),
        (b"P6\n5 3\n255\n" + bytes(45), "does not begin with P5"),
        (b"P5", "no PGM header"),
        (b"P5\n5 3\n", "no PGM header"),
        (b"P5\n5 3\n255", "no PGM header"),
        (b"P5\n-5 3\n255\n", "no PGM header"),
        (b"P5\n5.0 3\n255\n", "no PGM header"),
        (b"P55 3\n255\n" + bytes(15), "no PGM header"),
        (b"P5\n" + b"#" * 10**6, "no PGM header"),
        (b"P5\n" + b" " * MOST_HEADER_BYTES + b"5 3\n255\n" + bytes(15), "no PGM header"),
        (b"P5\n" + b"9" * 5000 + b" 3\n255\n", "no PGM header"),
        (b"P5\n999999999 999999999\n255\n", "999999999 wide"),
        (b"P5\n3 5\n255\n" + bytes(15), "3 wide and 5 high; it must be 5 wide and 3 high"),
        (b"P5\n0 0\n255\n", "0 wide"),
        (b"P5\n5 3\n65535\n" + bytes(30), "16-bit"),
        (b"P5\n5 3\n127\n" + bytes(15), "up to 127"),
        (b"P5\n5 3\n0\n" + bytes(15), "up to 0"),
        (GOOD[:-1], "ends early: 14 of 15"),
        (b"P5\n5 3\n255\n", "ends early: 0 of 15"),
        (GOOD + b"\n", "goes on for 1 bytes"),
    ],
)
def test_each_kind_of_bad_file_is_named_and_said_to_be_so(data, said):
    with pytest.raises(ValueError, match=said) as caught:
        parse_pgm(data, SHAPE, "011_a1.pgm")
    assert "011_a1.pgm" in str(caught.value) and len(str(caught.value)) < 200


@given(st.binary(max_size=64), st.integers(0, 25), st.integers(0, 25))
def test_whatever_the_bytes_are_a_wrong_image_is_never_read(noise, start, end):
    data = GOOD[:start] + noise + GOOD[end:]
    try:
        image = parse_pgm(data, SHAPE)
    except ValueError as error:
        assert str(error).startswith("image ")
        return
    # What passed must be a header of this size, and then exactly these gray values.
    assert data[:2] == b"P5" and data.endswith(image.tobytes())
    words = b" ".join(line.split(b"#")[0] for line in data[: len(data) - 15].split(b"\n")).split()
    assert words == [b"P5", b"5", b"3", b"255"] or b"\r" in data or b"0" in data


def test_an_image_that_is_not_gray_or_not_flat_is_not_written():
    with pytest.raises(TypeError, match="holds float64"):
        pgm_bytes(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="shape"):
        pgm_bytes(np.zeros((2, 2, 3), dtype=np.uint8))


def test_a_file_is_read_and_a_folder_a_pipe_or_nothing_is_refused(tmp_path):
    good, pipe = tmp_path / "good.pgm", tmp_path / "pipe.pgm"
    good.write_bytes(GOOD)
    os.mkfifo(pipe)  # to open it would wait forever
    np.testing.assert_array_equal(read_pgm(good, SHAPE), IMAGE)
    for path in (tmp_path, pipe, tmp_path / "missing.pgm"):
        with pytest.raises(ValueError, match="is not a file") as caught:
            read_pgm(path, SHAPE)
        assert str(path) in str(caught.value)


def test_a_huge_file_is_refused_without_being_read(tmp_path):
    huge = tmp_path / "huge.pgm"
    with huge.open("wb") as file:
        file.write(GOOD)
        file.truncate(10**12)  # a terabyte that takes no room on disk
    with pytest.raises(ValueError, match=r"huge\.pgm is larger"):
        read_pgm(huge, SHAPE)
