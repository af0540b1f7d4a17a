"""Set the address of the book's repository everywhere it is written.

``make repository URL=https://github.com/someone/trainability`` runs this. An empty URL
takes the address away again.
"""

import re
import sys
from pathlib import Path

from trainability.book.notebooks import write_setup_cells
from trainability.book.pages import write_atomically

_ADDRESS = re.compile(r"https://[\w.-]+(?:/[\w.-]+){2,}\Z")
_CONFIG_LINE = re.compile(r'^(repository:\n  url: )"[^"\n]*"$', re.MULTILINE)
_PROJECT_TABLE = re.compile(r'\n\[project\.urls\]\nRepository = "[^"\n]*"\n')
_CITATION_LINE = re.compile(r"^repository-code: .*\n", re.MULTILINE)
_README_LINE = re.compile(r"^(<!-- address -->).*$", re.MULTILINE)


def checked_address(url: str) -> str:
    """Return ``url`` without a trailing slash or ``.git``; raise ``ValueError`` for no address.

    Examples
    --------
    >>> checked_address("https://github.com/someone/trainability.git")
    'https://github.com/someone/trainability'
    """
    url = url.strip().removesuffix("/").removesuffix(".git")
    if url and not _ADDRESS.match(url):
        raise ValueError(
            f"URL={url!r} is no repository address; use https://HOST/OWNER/NAME, or nothing"
        )
    return url


def set_repository(root: Path, url: str) -> None:
    """Write the address into the configuration, package, citation, README and notebooks.

    Parameters
    ----------
    root : Path
        The book's folder.
    url : str
        ``https://HOST/OWNER/NAME``, or an empty string for none.
    """
    url = checked_address(url)
    config, project, citation, readme = (
        (root / name).read_text(encoding="utf-8")
        for name in ("_config.yml", "pyproject.toml", "CITATION.cff", "README.md")
    )
    if not _CONFIG_LINE.search(config) or not _README_LINE.search(readme):
        raise ValueError(
            "the address has no place: _config.yml needs `repository:` with `url:` first, "
            "README.md a line that starts with <!-- address -->"
        )
    project = _PROJECT_TABLE.sub("", project)
    if url:
        table = f'\n[project.urls]\nRepository = "{url}"\n'
        project = project.replace("\n[tool.setuptools]\n", f"{table}\n[tool.setuptools]\n", 1)
    citation = _CITATION_LINE.sub("", citation)
    cited = f'repository-code: "{url}"\n' if url else ""
    link = f" Repository: <{url}>" if url else ""
    write_atomically(root / "_config.yml", _CONFIG_LINE.sub(rf'\1"{url}"', config))
    write_atomically(root / "pyproject.toml", project)
    write_atomically(root / "CITATION.cff", f"{citation.rstrip()}\n{cited}")
    write_atomically(root / "README.md", _README_LINE.sub(rf"\1{link}", readme))
    write_setup_cells(root)


if __name__ == "__main__":
    try:
        set_repository(Path(), sys.argv[1] if len(sys.argv) > 1 else "")
    except ValueError as error:
        sys.exit(str(error))
    print("The address is set. Build the book again to see its buttons.")
