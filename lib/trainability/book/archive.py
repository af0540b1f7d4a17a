"""The whole book as one file: unpack it anywhere, open ``index.html``, no network needed.

``make archive`` builds the book and runs this.
"""

import os
import sys
import zipfile
from pathlib import Path

NAME = "trainability"
MOMENT = (2026, 1, 1, 0, 0, 0)  # so that the same book gives the same file


def write_archive(html: Path, target: Path) -> int:
    """Write the built pages into a zip file, whole or not at all.

    Parameters
    ----------
    html : Path
        The folder of the built book.
    target : Path
        The file to write; its folder must exist.

    Returns
    -------
    int
        How many files it holds.

    Raises
    ------
    FileNotFoundError
        If the book is not built.
    """
    if not (html / "index.html").is_file():
        raise FileNotFoundError(f"{html} holds no built book; run `make book` first")
    files = sorted(path for path in html.rglob("*") if path.is_file())
    files = [path for path in files if path.name != f"{NAME}.zip"]
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                name = f"{NAME}/{path.relative_to(html).as_posix()}"
                entry = zipfile.ZipInfo(name, MOMENT)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return len(files)


def main() -> int:
    """Archive the book of this folder; say where, or what is missing."""
    target = Path("_build") / f"{NAME}.zip"
    try:
        count = write_archive(Path("_build/html"), target)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    size = target.stat().st_size / 1e6
    print(f"{target}: {count} files, {size:.1f} MB; unpack it and open {NAME}/index.html.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
