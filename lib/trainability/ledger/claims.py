"""The ledger: the claims of the source documents, and what is true of each."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

LEDGER = "data/claims/claims.json"
VERDICTS = ("true", "true, too weak", "needs a condition", "false", "no claim")
# What a reader who has three answers should choose.
ANSWERS = {
    "true": "true",
    "true, too weak": "true",
    "needs a condition": "depends",
    "false": "false",
}
# Two digits number a lesson; a letter behind them, a deeper page of it.
PAGE = re.compile(r"(0[1-9])[a-z]?_\w+")


@dataclass(frozen=True)
class Claim:
    """A claim of a source document, and what is true.

    The texts are Markdown in one line, with formulas in plain Unicode; only a quote has the
    source's TeX.

    Attributes
    ----------
    id : str
        The name by which a test's marker calls it, such as ``"S1-13"``.
    document : str
        The document that makes the claim or asks the question.
    claim : str
        What it is about, in a few words of ours.
    quote : str
        The source's words, verbatim: ``…`` is a cut, ``[…]`` outside of math an addition. Empty
        where nobody said it.
    verdict : {"true", "true, too weak", "needs a condition", "false", "no claim"}
        What the quote is, in the setting that the source plainly has in mind. Questions, tasks,
        links and what nobody said are no claims.
    reason_verdict : str
        What the reason is that the quote gives, or the proof; empty where it gives none.
    reading : str
        Our own statement, sharper or whole, as one sentence that can be judged by itself; empty
        where the quote is judged as it stands.
    reading_verdict : str
        What that sentence is; empty without one.
    because : str
        Why, of our reading if there is one: for a false one the shortest counterexample, for
        "needs a condition" the condition.
    truth, witness : str
        What is so, and numbers that show it. Either may be empty.
    page : str
        The page that answers it, by its file's name: a lesson, or a deeper page of one.
    section : str
        The heading on that page under which it is treated.
    asked : str
        The question of that lesson that asks for the verdict, by name; empty where none does.
    """

    id: str
    document: str
    claim: str
    quote: str
    verdict: str
    reason_verdict: str
    reading: str
    reading_verdict: str
    because: str
    truth: str
    witness: str
    page: str
    section: str
    asked: str

    @property
    def lesson(self) -> int:
        """The number of the lesson that its page belongs to, from 1."""
        return int(self.page[:2])

    @property
    def statement(self) -> str:
        """The sentence that is judged: our reading, or else the quote."""
        return self.reading or self.quote

    @property
    def judged(self) -> str:
        """The verdict on that sentence."""
        return self.reading_verdict or self.verdict

    @property
    def judgment(self) -> str:
        """Its verdict as one of the three answers true, depends and false."""
        return ANSWERS[self.judged]

    def address(self, suffix: str = ".html") -> str:
        """Return where its section is, seen from another chapter.

        Parameters
        ----------
        suffix : str
            ``".html"`` in the built book, ``".ipynb"`` in JupyterLab.
        """
        anchor = section_id(self.section)
        if suffix == ".ipynb":  # JupyterLab takes the heading as it is written
            anchor = self.section.replace(" ", "-")
        return f"{self.page}{suffix}#{anchor}"


def section_id(heading: str) -> str:
    """Return the anchor that the built page gives to a heading.

    Examples
    --------
    >>> section_id("What 18 faces can say")
    'what-18-faces-can-say'
    """
    plain = unicodedata.normalize("NFKD", heading.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"^[-0-9]+|-+$", "", re.sub(r"[^a-z0-9]+", "-", plain))


_KINDS: dict[str, type] = get_type_hints(Claim)


def read_claims(root: Path) -> dict[str, Claim]:
    """Return the claims of the ledger by id, in its order.

    Parameters
    ----------
    root : Path
        The book's folder.

    Raises
    ------
    ValueError
        If the file is no ledger. The message lists every entry that lacks an id, repeats one,
        or has fields unlike those of `Claim`.
    """
    return parse_claims((root / LEDGER).read_bytes())


def parse_claims(text: str | bytes) -> dict[str, Claim]:
    """Return the claims in the text of a ledger; see :func:`read_claims`."""
    try:
        entries = json.loads(text)["claims"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{LEDGER}: not JSON with a list "claims" ({error})') from error
    if not isinstance(entries, list):
        raise ValueError(f'{LEDGER}: "claims" must be a list, not {type(entries).__name__}')
    claims: dict[str, Claim] = {}
    faults = []
    for number, entry in enumerate(entries, start=1):
        of_entry = _faults(number, entry, claims)
        faults += of_entry
        if not of_entry:
            claims[entry["id"]] = Claim(**entry)
    if faults:
        raise ValueError(f"{LEDGER}: {'; '.join(faults)}")
    return claims


def _faults(number: int, entry: Any, earlier: dict[str, Claim]) -> list[str]:
    """Return what is wrong with one entry of the ledger, a phrase each."""
    if not isinstance(entry, dict):
        return [f"entry {number} is no object"]
    name = entry.get("id")
    if not isinstance(name, str) or not name.strip():
        return [f"entry {number} has no id"]
    faults = [f"{name} has the unknown field {key!r}" for key in entry if key not in _KINDS]
    for key, kind in _KINDS.items():
        if key not in entry:
            faults.append(f"{name} lacks {key!r}")
        elif type(entry[key]) is not kind:  # not isinstance: true is no lesson
            faults.append(f"{name} has a {key!r} that is no {kind.__name__}")
    faults += [f"{name} {fault}" for fault in _faults_of_verdicts(entry)]
    if type(entry.get("page")) is str and not PAGE.fullmatch(entry["page"]):
        faults.append(f"{name} is on no page of a lesson, such as 01_name or 01a_name")
    if name in earlier:
        faults.append(f"{name} occurs twice; give each claim an id of its own")
    return faults


def _faults_of_verdicts(entry: dict[str, Any]) -> list[str]:
    """Return which verdicts are unknown, missing, or about nothing."""
    quote, reading = entry.get("quote"), entry.get("reading")
    verdict, ours = entry.get("verdict"), entry.get("reading_verdict")
    reason = entry.get("reason_verdict", "")
    faults = []
    if verdict not in VERDICTS:
        faults.append(f"has a verdict that is none of {'; '.join(VERDICTS)}")
    if reason and reason not in ANSWERS:
        faults.append(f"has a reason_verdict that is none of {'; '.join(ANSWERS)}")
    if reading and ours not in ANSWERS:
        faults.append(f"has a reading_verdict that is none of {'; '.join(ANSWERS)}")
    if ours and not reading:
        faults.append("judges a reading that it does not have")
    if not quote and (verdict in ANSWERS or reason):
        faults.append("judges words that nobody said")
    if not reading and verdict == "no claim":
        faults.append("has nothing to judge: neither a claim in the quote nor a reading")
    return faults


def tally(claims: Mapping[str, Claim], held: Mapping[str, Sequence[str]]) -> str:
    """Return in two sentences what the sources' words are, what our readings, and what holds them.

    Parameters
    ----------
    claims : mapping
        As :func:`read_claims` returns them.
    held : mapping of str to sequence of str
        The tests of each claim; see :func:`trainability.ledger.markers.tests_by_claim`.
    """
    quoted = Counter(claim.verdict for claim in claims.values() if claim.verdict in ANSWERS)
    read = Counter(claim.reading_verdict for claim in claims.values() if claim.reading)
    tests = len({test for name in claims for test in held.get(name, ())})
    return (
        f"{len(claims)} rows. {quoted.total()} claims in the words of their sources: "
        f"{_counted(quoted)}. {read.total()} readings of ours: {_counted(read)}. "
        f"Held by {tests} tests."
    )


def _counted(counts: Mapping[str, int]) -> str:
    phrases = {
        "true": "true",
        "true, too weak": "true but too weak",
        "needs a condition": "true under a condition",
        "false": "false",
    }
    return ", ".join(f"{counts[key]} {phrase}" for key, phrase in phrases.items())


def lessons_present(root: Path) -> set[int]:
    """Return the numbers of the lessons whose notebooks exist."""
    return {int(path.name[:2]) for path in (root / "chapters").glob("[0-9][0-9]_*.ipynb")}
