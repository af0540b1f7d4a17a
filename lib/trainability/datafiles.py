"""The book's small data files, wherever a lesson runs."""

import hashlib
import json
import urllib.request
from pathlib import Path, PurePosixPath

FOLDER = "data"


def read_data(name: str, repository: str = "", folder: Path | None = None) -> str:
    """Return the text of a file of the book's ``data`` folder.

    It is looked for beside the notebook and one folder up, as in a copy of the
    repository. Where neither has it, as in Colab, it is read from ``repository``.

    Parameters
    ----------
    name : str
        Path inside ``data``, such as ``"trainability_map/accuracy.json"``.
    repository : str
        Address of the book's repository, as the set-up cell of a notebook has it.
    folder : Path, optional
        Where to begin, the working directory by default.

    Raises
    ------
    ValueError
        For a path that leads out of ``data``.
    FileNotFoundError
        Where no copy is found and no repository is known.

    Examples
    --------
    >>> read_data("no/such.json", folder=Path("/"))
    Traceback (most recent call last):
    ...
    FileNotFoundError: data/no/such.json is missing here; run the notebook in a copy of the book
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"name={name!r} must be a path inside the folder {FOLDER}")
    here = Path.cwd() if folder is None else folder
    for place in (here, here.parent):
        if (place / FOLDER / path).is_file():
            return (place / FOLDER / path).read_text(encoding="utf-8")
    if not repository:
        raise FileNotFoundError(
            f"{FOLDER}/{name} is missing here; run the notebook in a copy of the book"
        )
    with urllib.request.urlopen(f"{repository}/raw/main/{FOLDER}/{name}", timeout=30) as answer:
        content: bytes = answer.read()
    return content.decode("utf-8")


def write_data(path: Path, text: str) -> str:
    """Replace a data file as a whole, once its text is seen to be JSON.

    Parameters
    ----------
    path : Path
        The file; what stood there stays until the new one is written.
    text : str
        JSON.

    Returns
    -------
    str
        The SHA-256 of the file, for the table in ``data/README.md``.

    Raises
    ------
    ValueError
        For a text that is not JSON; the file stays as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_data(Path(folder, "made.json"), "{}")[:8]
    '44136fa3'
    """
    json.loads(text)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)
    return hashlib.sha256(text.encode()).hexdigest()
