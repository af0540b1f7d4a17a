"""The ledger: the claims of the source documents, and what is true of each."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

LEDGER = "data/claims/claims.json"
JUDGMENTS = ("true", "depends", "false")
LESSONS = (
    "01_symmetry_breaking",
    "02_other_symmetries",
    "03_initialization_variance",
    "04_gradient_conditioning",
    "05_skip_layers",
    "06_lars",
    "07_svm_bias",
    "08_kernel_svm",
    "09_cafe",
)


@dataclass(frozen=True)
class Claim:
    """A claim of a source document, and what is true.

    The texts are Markdown in one line, with formulas in plain Unicode.

    Attributes
    ----------
    id : str
        The name by which a test's marker calls it, such as ``"S1-13"``.
    document : str
        The document that makes the claim or asks the question.
    claim, verdict, truth, witness : str
        What it says, whether that is so, what is so, and numbers that show it. The last two
        may be empty.
    lesson : int
        The lesson that answers it, from 1.
    section : str
        The heading in that lesson under which it is treated.
    asked : str
        The question of that lesson's "What the notes said" that asks for the verdict, by name;
        empty where none does.
    statement : str
        What is claimed, as one sentence that can be judged by itself.
    judgment : {"true", "depends", "false"}
        What that sentence is.
    because : str
        Why: for a false one the shortest counterexample, for "depends" the condition.
    """

    id: str
    document: str
    claim: str
    verdict: str
    truth: str
    witness: str
    lesson: int
    section: str
    asked: str
    statement: str
    judgment: str
    because: str

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
        return f"{LESSONS[self.lesson - 1]}{suffix}#{anchor}"


def section_id(heading: str) -> str:
    """Return the anchor that the built page gives to a heading.

    Examples
    --------
    >>> section_id("What 18 faces can say")
    'what-18-faces-can-say'
    """
    plain = unicodedata.normalize("NFKD", heading.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"^[-0-9]+|-+$", "", re.sub(r"[^a-z0-9]+", "-", plain))


_KINDS = {field.name: field.type for field in fields(Claim)}


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
        found = _faults(number, entry, claims)
        faults += found
        if not found:
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
    found = [f"{name} has the unknown field {key!r}" for key in entry if key not in _KINDS]
    for key, kind in _KINDS.items():
        if key not in entry:
            found.append(f"{name} lacks {key!r}")
        elif type(entry[key]) is not kind:  # not isinstance: true is no lesson
            found.append(f"{name} has a {key!r} that is no {kind.__name__}")
    if entry.get("judgment", "true") not in JUDGMENTS:
        found.append(f"{name} has a judgment that is none of {', '.join(JUDGMENTS)}")
    if type(entry.get("lesson")) is int and not 1 <= entry["lesson"] <= len(LESSONS):
        found.append(f"{name} is of no lesson from 1 to {len(LESSONS)}")
    if name in earlier:
        found.append(f"{name} occurs twice; give each claim an id of its own")
    return found


def tally(claims: Mapping[str, Claim], held: Mapping[str, Sequence[str]]) -> str:
    """Return in a sentence how many claims are true, depend and are false, and how many tests hold.

    Parameters
    ----------
    claims : mapping
        As :func:`read_claims` returns them.
    held : mapping of str to sequence of str
        The tests of each claim; see :func:`trainability.claim_markers.tests_by_claim`.
    """
    counts = Counter(claim.judgment for claim in claims.values())
    words = {"true": "true as they stand", "depends": "true under a condition", "false": "false"}
    judged = ", ".join(f"{counts[judgment]} {word}" for judgment, word in words.items())
    tests = len({test for name in claims for test in held.get(name, ())})
    return f"{len(claims)} claims: {judged}; held by {tests} tests."


def lessons_present(root: Path) -> set[int]:
    """Return the numbers of the lessons whose notebooks exist."""
    return {int(path.name[:2]) for path in (root / "chapters").glob("[0-9][0-9]_*.ipynb")}
