"""PGM files: another library agrees on the good ones, and the bad ones are named."""

import io
import os
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from trainability.cafe.pgm import MOST_HEADER_BYTES, parse_pgm, pgm_bytes, read_pgm

SHAPE = (3, 5)
IMAGE = np.arange(15, dtype=np.uint8).reshape(SHAPE)
RASTER = bytes(range(15))
GOOD = b"P5\n5 3\n255\n" + RASTER
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def pillow(data):
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened)


@given(arrays.arrays(np.uint8, SHAPES))
def test_another_library_writes_what_we_read_and_reads_what_we_write(image):
    written = io.BytesIO()
    Image.fromarray(image).save(written, "PPM")
    np.testing.assert_array_equal(parse_pgm(written.getvalue(), image.shape), image)
    np.testing.assert_array_equal(pillow(pgm_bytes(image)), image)


@pytest.mark.parametrize(
    "header",
    [
        b"P5\n5 3\n255\n",
        b"P5 5 3 255 ",
        b"P5\r\n5\t3\r\n255\n",
        b"P5\v5\f3 255\r",
        b"P5\n# drawn by hand\n5 3\n# 16 gray values? no\n255\n",
        b"P5\n#\n#\n5 3 255\n",
        b"P5 005 3 255\n",
        b"P5\n5 3\n255#c\n\n",
        b"P5\n5 3\n255# c\r\n",
        b"P5\n5#wide\n 3#high\n 255\n",
        b"P5#right behind\n 5 3 255\n",
        b"P5 5 3 2#in the middle of a number\n55\n",
        b"P5 5 3 255#one\n#two\r#three\n ",
        b"P5\n#" + b"long " * 400 + b"\n5 3 255\n",
    ],
)
def test_any_header_that_the_format_allows_is_read(header):
    np.testing.assert_array_equal(parse_pgm(header + RASTER, SHAPE), IMAGE)
    if not header.startswith(b"P5#"):  # which Pillow does not know
        np.testing.assert_array_equal(pillow(header + RASTER), IMAGE)


BLANKS = st.text(" \t\n\r\v\f", min_size=1, max_size=3)
COMMENTS = st.builds("#{}{}".format, st.text("ab#09 \t", max_size=4), st.sampled_from(["\n", "\r"]))


@given(st.data())
def test_comments_anywhere_in_a_header_change_nothing(data):
    first = data.draw(BLANKS)  # Pillow wants one directly behind P5
    parts = [first[0]]
    for letter in first[1:] + "5" + data.draw(BLANKS) + "3" + data.draw(BLANKS) + "255":
        parts += [*data.draw(st.lists(COMMENTS, max_size=2)), letter]
    parts += [*data.draw(st.lists(COMMENTS, max_size=2)), data.draw(st.sampled_from(" \t\n\r"))]
    written = b"P5" + "".join(parts).encode() + RASTER
    np.testing.assert_array_equal(parse_pgm(written, SHAPE), IMAGE)
    np.testing.assert_array_equal(pillow(written), IMAGE)


def test_the_first_white_space_behind_the_last_number_begins_the_gray_values():
    for first in b"\n #\r7":
        raster = bytes([first]) + RASTER[1:]
        for header in (b"P5 5 3 255\n", b"P5 5 3 255#c\n "):
            assert parse_pgm(header + raster, SHAPE).tobytes() == raster


def test_gray_values_up_to_any_largest_value_are_scaled_to_255():
    for largest in range(1, 256):
        gray = np.arange(largest + 1, dtype=np.uint8)[None]
        data = b"P5 %d 1 %d\n" % (largest + 1, largest) + gray.tobytes()
        image = parse_pgm(data, gray.shape)
        exact = [Fraction(255 * value, largest) for value in range(largest + 1)]
        assert image[0, 0] == 0 and image[0, -1] == 255 and image.dtype == np.uint8
        assert max(abs(int(g) - e) for g, e in zip(image[0], exact, strict=True)) <= Fraction(1, 2)
        whole = [value.denominator != 2 for value in exact]  # halves: up here, to even in Pillow
        np.testing.assert_array_equal(image[0, whole], pillow(data)[0, whole])
        assert not image.flags.writeable


def test_gray_values_that_look_like_white_space_stay_gray_values():
    spaces = np.full(SHAPE, ord("\n"), dtype=np.uint8)
    np.testing.assert_array_equal(parse_pgm(pgm_bytes(spaces), SHAPE), spaces)
    numbers = np.full(SHAPE, ord("7"), dtype=np.uint8)
    np.testing.assert_array_equal(parse_pgm(pgm_bytes(numbers), SHAPE), numbers)


@pytest.mark.parametrize(
    ("data", "message"),
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
        (b"P55 3\n255\n" + RASTER, "no PGM header"),
        (b"P5#c\n5 3\n255\n" + RASTER, "no PGM header"),
        (b"P5\n5 3\n255#c\n" + b"\x80" * 15, "the end of a comment is none"),
        (b"P5\n" + b"#" * 10**6, "no PGM header"),
        (b"P5\n" + b" " * MOST_HEADER_BYTES + b"5 3\n255\n" + RASTER, "no PGM header"),
        (b"P5\n" + b"9" * 5000 + b" 3\n255\n", "no PGM header"),
        (b"P5\n999999999 999999999\n255\n", "999999999 wide"),
        (b"P5\n3 5\n255\n" + RASTER, "3 wide and 5 high; it must be 5 wide and 3 high"),
        (b"P5\n0 0\n255\n", "0 wide"),
        (b"P5\n5 3\n65535\n" + bytes(30), "16-bit gray values, up to 65535; save it with 8 bits"),
        (b"P5\n5 3\n256\n" + bytes(30), "16-bit gray values, up to 256"),
        (b"P5\n5 3\n0\n" + RASTER, "0 as its largest value"),
        (b"P5\n5 3\n65536\n" + RASTER, "65536 as its largest value"),
        (b"P5\n5 3\n13\n" + RASTER, "gray value 14, above its largest value 13"),
        (GOOD[:-1], "ends early: 14 of 15"),
        (b"P5\n5 3\n255\n", "ends early: 0 of 15"),
        (GOOD + b"\n", "goes on for 1 byte after its gray values; it must hold one image"),
        (GOOD + GOOD, "goes on for 26 bytes"),
        (b"P5\r\n5 3\r\n255\r\n" + RASTER, "CR and LF, stand after its largest value"),
    ],
)
def test_each_kind_of_bad_file_is_named_and_said_to_be_so(data, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_pgm(data, SHAPE, "011_a1.pgm")
    assert "011_a1.pgm" in str(caught.value) and len(str(caught.value)) < 220


@given(st.binary(max_size=64), st.integers(0, 25), st.integers(0, 25))
def test_whatever_the_bytes_are_a_wrong_image_is_never_read(noise, start, end):
    data = GOOD[:start] + noise + GOOD[end:]
    try:
        image = parse_pgm(data, SHAPE)
    except ValueError as error:
        assert str(error).startswith("image ")
        return
    # What passed is a header of this size, and then exactly these gray values, scaled.
    head, raster = data[: len(data) - 15], np.frombuffer(data[len(data) - 15 :], dtype=np.uint8)
    words = re.sub(rb"#[^\n\r]*[\n\r]", b"", head).split()
    assert len(words) == 4 and words[0] == b"P5" and head[-1:].isspace()
    assert [int(word) for word in words[1:3]] == [5, 3]
    largest = int(words[3])
    assert raster.max() <= largest <= 255
    np.testing.assert_allclose(image.ravel(), raster * (255 / largest), rtol=0, atol=0.501)


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
    with pytest.raises(ValueError, match=r"huge\.pgm goes on for 999999999974 bytes"):
        read_pgm(huge, SHAPE)


def test_a_file_of_16_bits_is_called_so_and_not_too_large(tmp_path):
    deep = tmp_path / "deep.pgm"
    Image.fromarray(np.full((380, 240), 40_000, dtype=np.uint16)).save(deep, "PPM")
    with pytest.raises(ValueError, match=r"deep\.pgm has 16-bit gray values, up to 65535"):
        read_pgm(deep, (380, 240))
