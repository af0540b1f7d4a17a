"""Where a lesson finds its data: beside it, one folder up, or in the repository."""

import functools
import hashlib
import http.server
import threading

import pytest

from trainability.datafiles import read_data, write_data


def place(folder, name="set/x.json", text="ü"):
    path = folder / "data" / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def test_a_file_is_found_beside_the_notebook_and_one_folder_up(tmp_path):
    place(tmp_path)
    (tmp_path / "chapters").mkdir()
    assert read_data("set/x.json", folder=tmp_path) == "ü"
    assert read_data("set/x.json", folder=tmp_path / "chapters") == "ü"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "set/../../secret"])
def test_a_path_that_leads_out_of_the_data_is_refused(tmp_path, name):
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(ValueError, match="inside the folder data"):
        read_data(name, folder=tmp_path)


def test_elsewhere_the_repository_is_asked(tmp_path):
    place(tmp_path / "raw" / "main", text="from the repository")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *arguments: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert read_data("set/x.json", address, folder=tmp_path / "empty") == "from the repository"
        server.shutdown()


def test_without_any_copy_the_error_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="run the notebook in a copy of the book"):
        read_data("set/x.json", folder=tmp_path)


def test_a_file_is_replaced_by_json_alone_and_its_hash_is_told(tmp_path):
    path = tmp_path / "made.json"
    for text in ('["ü"]\n', "[1,\n2]"):
        assert write_data(path, text) == hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.read_bytes() == text.encode()
    with pytest.raises(ValueError, match="Expecting"):
        write_data(path, "[1,\n")
    assert path.read_text() == "[1,\n2]" and list(tmp_path.iterdir()) == [path]
