"""Check the ledger's quotes against the four documents, and write down what was checked.

    python data/claims/check_quotes.py FOLDER

FOLDER holds the documents as 000_*.txt to 003_*.txt; they are not ours to pass on, so
``quotes.json`` keeps a hash of each quote that was found. A test compares: a quote that is edited
must be checked again.

A quote is a chain of pieces: ``…`` is a cut, ``[…]`` outside of math an addition of ours. The
pieces must occur in the row's document, in this order, character for character. Only white space
and dollar signs are free: a formula on a line of its own may stand inline.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent


def plain(text: str) -> str:
    """Text with single spaces and without dollar signs."""
    return " ".join(text.replace("$", "").split())


def pieces(quote: str) -> list[str]:
    """The source's own words in a quote, between cuts and additions."""
    spans = re.split(r"(\$[^$]*\$)", quote)
    marked = [span if span[:1] == "$" else re.sub(r"\[[^]]*\]", "…", span) for span in spans]
    return [piece for piece in map(plain, "".join(marked).split("…")) if piece]


def missing(quote: str, document: str) -> list[str]:
    """The pieces that do not occur in a document, or not in their order."""
    text, at, lost = plain(document), 0, []
    for piece in pieces(quote):
        place = text.find(piece, at)
        if place < 0:
            lost.append(piece)
        else:
            at = place + len(piece)
    return lost


def digest(quote: str) -> str:
    """What ``quotes.json`` keeps of a quote."""
    return hashlib.sha256(quote.encode()).hexdigest()


def main(folder: str) -> None:
    """Compare every quote, then write the hashes."""
    files = sorted(Path(folder).glob("00[0-3]_*.txt"))
    documents = {f"S{i}": file.read_text(encoding="utf-8") for i, file in enumerate(files)}
    rows = json.loads((HERE / "claims.json").read_text(encoding="utf-8"))["claims"]
    lost = {row["id"]: missing(row["quote"], documents[row["id"][:2]]) for row in rows}
    if any(lost.values()):
        sys.exit(
            "\n".join(f"{name}: not there: {piece!r}" for name in lost for piece in lost[name])
        )
    kept = {row["id"]: digest(row["quote"]) for row in rows if row["quote"]}
    (HERE / "quotes.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(f"{len(kept)} quotes are verbatim")


if __name__ == "__main__":
    main(sys.argv[1])
