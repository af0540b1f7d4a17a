"""The archive: one file, the same each time, read from a folder with the network cut."""

import zipfile

import pytest
from playwright.sync_api import expect

from trainability.book.archive import write_archive


def test_the_unpacked_archive_is_the_whole_book_without_a_network(book, read, tmp_path):
    target = tmp_path / "book.zip"
    count = write_archive(book, target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == count
        assert all(name.startswith("trainability/") for name in archive.namelist())
        archive.extractall(tmp_path)
    folder = tmp_path / "trainability"
    for path in sorted(book.rglob("*.html")):
        assert (folder / path.relative_to(book)).read_bytes() == path.read_bytes()
    for name in ("index.html", "chapters/09_cafe.html"):
        reader = read()
        page = reader.open((folder / name).as_uri())
        explorer = page.locator(".explorer").first
        status = explorer.get_by_role("status")
        before = status.inner_text()
        handle = explorer.get_by_role("slider").first
        handle.press("ArrowLeft" if name.endswith("cafe.html") else "ArrowRight")
        expect(status).not_to_have_text(before)
        assert reader.strangers == [] and reader.faults == []


def test_the_same_book_gives_the_same_file_and_no_part_is_left(book, tmp_path):
    for name in ("a.zip", "b.zip"):
        write_archive(book, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip"]


def test_without_a_built_book_the_mend_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `make book` first"):
        write_archive(tmp_path, tmp_path / "book.zip")
    assert list(tmp_path.iterdir()) == []
