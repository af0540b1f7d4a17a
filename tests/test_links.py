"""External addresses: found wherever readers meet them, well-formed, and asked in earnest."""

import http.server
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from trainability.book import links

LONG = 60.0  # seconds, for answers that come
SHORT = 0.2  # seconds, for one that never comes


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    return links.collect(ROOT)


def test_addresses_are_found_in_notebooks_notes_docstrings_and_the_ledger(tmp_path):
    files = {
        "README.md": "See [a](https://d2l.ai/a(b)c), <https://d2l.ai/d>.",
        "chapters/01.ipynb": json.dumps({"cells": [{"source": ["[x](https://d2l.", "ai/cell)"]}]}),
        "lib/trainability/x.py": 'def f():\n    """From https://d2l.ai/doc."""\n    g("https://d2l.ai/no")',
        "data/claims/claims.json": json.dumps({"claims": [{"quote": "at https://d2l.ai/claim;"}]}),
        "data/x/README.md": "`https://d2l.ai/code` and https://example.org/placeholder",
        "_build/y.md": "https://d2l.ai/no",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert links.collect(tmp_path) == {
        "https://d2l.ai/a(b)c": ["README.md"],
        "https://d2l.ai/cell": ["chapters/01.ipynb"],
        "https://d2l.ai/claim": ["data/claims/claims.json"],
        "https://d2l.ai/code": ["data/x/README.md"],
        "https://d2l.ai/d": ["README.md"],
        "https://d2l.ai/doc": ["lib/trainability/x.py"],
    }


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("(https://d2l.ai/a).", "https://d2l.ai/a"),
        ("*https://d2l.ai/a*", "https://d2l.ai/a"),
        ("https://d2l.ai/a_(b).", "https://d2l.ai/a_(b)"),
        ('<a href="https://d2l.ai/a">', "https://d2l.ai/a"),
        ('[a](https://d2l.ai/a "title")', "https://d2l.ai/a"),
        ("[a](https://d2l.ai/a.)", "https://d2l.ai/a."),
        ("[a](https://d2l.ai/a b)", "https://d2l.ai/a b"),
        ("<https://d2l.ai/a b>", "https://d2l.ai/a b"),
        ("https:/d2l.ai", "https:/d2l.ai"),
    ],
)
def test_an_address_ends_where_its_sentence_goes_on_and_a_fault_in_it_stays(text, address):
    assert links.addresses_in(text) == [address]
    named = links.addresses_in("[https://d2l.ai/name](https://d2l.ai/target) [https://d2l.ai/end]")
    assert named == ["https://d2l.ai/name", "https://d2l.ai/target", "https://d2l.ai/end"]


def test_every_address_of_the_book_is_well_formed_and_spelled_in_one_way(found):
    assert {name.partition("/")[0] for files in found.values() for name in files} > {"chapters"}
    assert {address: links.fault(address) for address in found if links.fault(address)} == {}
    assert links.duplicates(found) == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://d2l.ai", "not https"),
        ("https://d2l.ai/a b", "space"),
        ("https://d2l.ai/a.", "punctuation"),
        ("https://d2l.ai/a)", "parenthesis"),
        ("https:/d2l.ai", "no host"),
        ("https://localhost/a", "no host"),
        ("https://d2l,ai/a", "no host"),
        ("https://d2l.ai/ä", "percent-encoded"),
        ("https://d2l.ai/%2", "percent-encoded"),
    ],
)
def test_a_fault_of_form_is_named(address, said):
    assert said in links.fault(address)
    assert links.fault("https://d2l.ai/a_(b)/%28?c=d#e") == ""


@pytest.mark.parametrize(
    "other", ["http://d2l.ai/a(b)", "https://d2l.ai/a(b)/", "https://D2L.ai/a%28b%29"]
)
def test_two_spellings_of_one_address_are_told_and_two_addresses_are_not(other):
    pair = sorted(["https://d2l.ai/a(b)", other])
    assert links.duplicates([*pair, "https://d2l.ai/A(b)", "https://d2l.ai/a(b)#c"]) == [pair]


class Host(http.server.ThreadingHTTPServer):
    """Answers by what the path says, and counts what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str]] = []
        self.agents: set[str] = set()
        self.end = threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path))
        self.server.agents.add(self.headers["User-Agent"])
        if self.path == "/hanging":
            self.server.end.wait()
            return
        self.send_response(self._status())
        self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def _status(self) -> int:
        if self.path == "/no-head":
            return 405 if self.command == "HEAD" else 200
        if self.path == "/second-try":
            return 503 if Counter(self.server.asked)[self.command, self.path] < 2 else 200
        return int(self.path[1:])

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.end.set()
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "alive", "methods"),
    [
        ("/200", True, ["HEAD"]),
        ("/301", True, ["HEAD"]),
        ("/no-head", True, ["HEAD", "GET"]),
        ("/second-try", True, ["HEAD", "GET", "HEAD"]),
        ("/403", None, ["HEAD", "GET", "HEAD", "GET"]),
        ("/404", False, ["HEAD", "GET", "HEAD", "GET"]),
    ],
)
def test_a_head_is_asked_for_then_all_and_both_once_more(host, path, alive, methods):
    answer = links.ask(host.address + path, "a test", LONG, pause=0)
    assert answer.alive is alive
    assert [method for method, asked in host.asked if asked == path] == methods
    assert host.agents == {"a test"}


def test_a_host_that_hangs_or_is_not_there_is_dead(host):
    assert links.ask(f"{host.address}/hanging", "a test", SHORT, pause=0).alive is False
    silent = links.ask("http://127.0.0.1:1/", "a test", LONG, pause=0)
    assert silent.alive is False and silent.message


def write_book(folder: Path, *addresses: str) -> None:
    (folder / "README.md").write_text("\n".join(addresses))
    (folder / "LICENSE").write_text(addresses[-1])
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "book"\nversion = "1.2"\nurls.Repository = "https://d2l.ai/book"\n'
    )


def test_dead_addresses_are_printed_with_their_files_and_fail(host, tmp_path, capsys):
    write_book(tmp_path, f"{host.address}/200", f"{host.address}/403", f"{host.address}/404")
    assert links.main(tmp_path, LONG, pause=0) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"refused: {host.address}/403 (403 Forbidden), in README.md",
        f"dead: {host.address}/404 (404 Not Found), in LICENSE, README.md",
        "1 of 3 addresses are dead; replace each in the files named.",
    ]
    said = "book-links/1.2 (checks the addresses that a book cites; +https://d2l.ai/book)"
    assert host.agents == {said}


def test_a_book_whose_addresses_answer_passes_and_no_network_is_called_so(host, tmp_path, capsys):
    write_book(tmp_path, f"{host.address}/200", f"{host.address}/301")
    assert links.main(tmp_path, LONG, pause=0) == 0
    assert capsys.readouterr().out == "None of the 2 addresses is dead.\n"
    write_book(tmp_path, f"{host.address}/404")
    assert links.main(tmp_path, LONG, pause=0) == 1
    assert "where there is a network" in capsys.readouterr().out


def test_the_check_runs_before_anything_is_installed(tmp_path):
    write_book(tmp_path, "https://example.org/a-placeholder")
    bare = [sys.executable, "-I", "-S", links.__file__, str(tmp_path)]
    ran = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "None of the 0 addresses is dead.\n"), ran.stderr
