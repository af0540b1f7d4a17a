"""The external addresses of the book: collected, judged by their form, and asked for an answer.

``make links`` runs this. It needs a network and Python alone, no installed package, so that a
weekly check costs seconds. The form of the addresses is tested without a network.
"""

import ast
import json
import re
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

PLACES = (
    "*.md",
    "CITATION.cff",
    "LICENSE",
    ".github/**/*.md",
    ".github/ISSUE_TEMPLATE/*.yml",
    "*.ipynb",
    "chapters/*.ipynb",
    "data/*.md",
    "data/*/*.md",
    "data/*/*.py",
    "data/claims/claims.json",
    "benchmarks/*.py",
    "lib/**/*.py",
    "tests/**/*.py",
)
TIMEOUT = 20.0  # seconds
PAUSE = 1.0  # seconds between two addresses of one host, which may take haste for an attack
REFUSALS = frozenset({401, 403, 429})
PUNCTUATION = ".,;:!?"

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Between delimiters an address is taken as it stands, so that a fault in it is seen.
_ADDRESS = re.compile(
    r"""\]\((?P<link>https?:(?:[^()\n]|\([^()\n]*\))*?)(?:\s+"[^"\n]*")?\)
    | <(?P<angled>https?:[^<>\n]*)>
    | \b(?P<bare>https?:/[^\s<>"'`\\{}|^\[\]]*)""",
    re.VERBOSE,
)
_PLACEHOLDER = re.compile(
    r"https?://(?:HOST|(?:[\w-]+\.)*example\.\w+|github\.com/someone)(?:/|\Z)"
)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d+)?", re.IGNORECASE)
_FOREIGN = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})")


class Answer(NamedTuple):
    """What came of asking: ``alive`` is ``None`` where a host refuses scripts."""

    alive: bool | None
    message: str


def collect(root: Path) -> dict[str, list[str]]:
    """Find every external address of the book, and the files that hold it.

    Parameters
    ----------
    root : Path
        The book's folder. Read are its notebooks, Markdown files, docstrings and the ledger.

    Returns
    -------
    dict of str to list of str
        Addresses in alphabetical order, each with the paths of its files below ``root``.
        Placeholders, such as those on ``example.org``, are left out.
    """
    files = defaultdict(set)
    for path in {path for place in PLACES for path in root.glob(place) if path.is_file()}:
        for text in _texts(path):
            for address in addresses_in(text):
                if not _PLACEHOLDER.match(address):
                    files[address].add(path.relative_to(root).as_posix())
    return {address: sorted(files[address]) for address in sorted(files)}


def addresses_in(text: str) -> list[str]:
    """Return the addresses in a text, without the punctuation of a sentence around them.

    Examples
    --------
    >>> addresses_in("See https://example.org/a, or [b](https://example.org/b).")
    ['https://example.org/a', 'https://example.org/b']
    """
    return [
        _without_punctuation(match["bare"]) if match["bare"] else match[match.lastgroup or 0]
        for match in _ADDRESS.finditer(text)
    ]


def fault(address: str) -> str:
    """Say what is wrong with the form of an address, or nothing.

    Examples
    --------
    >>> fault("http://example.org")
    'is not https'
    """
    if re.search(r"\s", address):
        return "has a space"
    try:
        parts = urlsplit(address)
    except ValueError:
        return "names no host"
    if parts.scheme != "https":
        return "is not https"
    if not _HOST.fullmatch(parts.netloc):
        return "names no host"
    if address[-1] in PUNCTUATION or address.count("(") != address.count(")"):
        return "ends in punctuation, or has a parenthesis without its other half"
    return "has a character to be percent-encoded" if _FOREIGN.search(address) else ""


def duplicates(addresses: Iterable[str]) -> list[list[str]]:
    """Group addresses that are spelled differently and mean the same.

    Two spellings may differ in ``http`` or ``https``, in the case of the host, in a slash at
    the end, or in characters that are percent-encoded.

    Examples
    --------
    >>> duplicates(["https://example.org", "https://example.org/", "https://example.org/a"])
    [['https://example.org', 'https://example.org/']]
    """
    groups = defaultdict(set)
    for address in addresses:
        try:
            parts = urlsplit(address)
        except ValueError:  # another check reports it
            continue
        rest = parts._replace(scheme="", netloc=parts.netloc.lower()).geturl()
        groups[unquote(rest).rstrip("/")].add(address)
    return [sorted(group) for group in groups.values() if len(group) > 1]


def ask(address: str, agent: str, timeout: float = TIMEOUT, pause: float = PAUSE) -> Answer:
    """Ask an address for its head, then for all of it, and once more after a pause.

    Parameters
    ----------
    address : str
        Where to ask. Redirects are followed.
    agent : str
        Who asks, for the header ``User-Agent``.
    timeout : float
        Seconds to wait for each of the up to four answers.
    pause : float
        Seconds between the first try and the second.

    Returns
    -------
    Answer
        Whether the address is alive, and the last answer's message.
    """
    status, message = 0, ""
    for attempt in range(2):
        time.sleep(attempt * pause)
        for method in ("HEAD", "GET"):
            status, message = _request(method, address, agent, timeout)
            if 200 <= status < 300:
                return Answer(True, message)
    return Answer(None if status in REFUSALS else False, message)


def ask_all(
    addresses: Iterable[str], agent: str, timeout: float = TIMEOUT, pause: float = PAUSE
) -> dict[str, Answer]:
    """Ask every address: hosts side by side, the addresses of one host one by one."""
    hosts = defaultdict(list)
    for address in addresses:
        hosts[urlsplit(address).netloc.lower()].append(address)

    def visit(group: list[str]) -> dict[str, Answer]:
        answers: dict[str, Answer] = {}
        for address in group:
            time.sleep(pause if answers else 0)
            answers[address] = ask(address, agent, timeout, pause)
        return answers

    with ThreadPoolExecutor(max_workers=16) as pool:
        visits = pool.map(visit, hosts.values())
        return {address: answer for answers in visits for address, answer in answers.items()}


def user_agent(root: Path) -> str:
    """Say who asks: the project, its version, why, and its address where it has one."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    home = project.get("urls", {}).get("Repository")
    purpose = "checks the addresses that a book cites" + (f"; +{home}" if home else "")
    return f"{project['name']}-links/{project['version']} ({purpose})"


def main(root: Path, timeout: float = TIMEOUT, pause: float = PAUSE) -> int:
    """Ask every address of a folder's book; print the dead ones and the files that hold them.

    Returns
    -------
    int
        1 where an address is dead, else 0. A host that refuses scripts is reported, and no fault.
    """
    files = collect(root)
    answers = ask_all(files, user_agent(root), timeout, pause)
    for name, alive in (("refused", None), ("dead", False)):
        for address in (one for one in files if answers[one].alive is alive):
            print(f"{name}: {address} ({answers[address].message}), in {', '.join(files[address])}")
    dead = sum(answer.alive is False for answer in answers.values())
    if dead and not any(answer.alive for answer in answers.values()):
        print("No address answers at all; run this where there is a network.")
    elif dead:
        print(f"{dead} of {len(files)} addresses are dead; replace each in the files named.")
    else:
        print(f"None of the {len(files)} addresses is dead.")
    return int(dead > 0)


def _texts(path: Path) -> Iterator[str]:
    """The texts of a file in which addresses are meant for a reader."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, _DOCUMENTED):
                yield ast.get_docstring(node, clean=False) or ""
    elif path.suffix == ".ipynb":
        yield from ("".join(cell["source"]) for cell in json.loads(text)["cells"])
    elif path.suffix == ".json":
        yield from _strings(json.loads(text))
    else:
        yield text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _without_punctuation(text: str) -> str:
    """Cut what belongs to the sentence around a bare address: a period, a bracket, emphasis."""
    while text[-1] in f"{PUNCTUATION}*_" or (text[-1] == ")" and text.count(")") > text.count("(")):
        text = text[:-1]
    return text


def _request(method: str, address: str, agent: str, timeout: float) -> tuple[int, str]:
    """Return the status of one request, 0 where no answer came, and its message."""
    opener = build_opener(HTTPCookieProcessor())  # without cookies some hosts redirect forever
    try:
        request = Request(address, method=method, headers={"User-Agent": agent})
        with opener.open(request, timeout=timeout) as answer:
            return answer.status, answer.reason
    except HTTPError as error:
        error.close()
        return error.code, f"{error.code} {error.reason}"
    except (OSError, HTTPException, ValueError) as error:
        return 0, str(getattr(error, "reason", error)) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
