"""Diagnose what a function returns: ``python -m trainability.diagnostics package.module:name``.

The function takes nothing and returns the arguments of ``diagnose``: a mapping of them by name,
or a tuple of model, inputs and targets. Exit status 0 where nothing severe was found, 1 where
something was, and 2 with one sentence for bad use.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from trainability.diagnostics import Report, diagnose

USAGE = "usage: python -m trainability.diagnostics package.module:function"


def main(arguments: Sequence[str]) -> int:
    """Print the report of what the named function returns, and return the exit status."""
    if len(arguments) != 1 or arguments[0].count(":") != 1:
        return _refused(USAGE)
    module_name, name = arguments[0].split(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        function = getattr(importlib.import_module(module_name), name)
    except Exception as error:
        return _refused(f"{arguments[0]} cannot be imported: {error}")
    if not callable(function):
        return _refused(f"{arguments[0]} is no function; it must return the arguments")
    try:
        report = _diagnosed(function())
    except Exception as error:  # status 1 is kept for what a report says
        return _refused(f"{arguments[0]}: {type(error).__name__}: {error}")
    print(report)
    return int(any(finding.severity == "severe" for finding in report.findings))


def _diagnosed(made: object) -> Report:
    if isinstance(made, Mapping):
        return diagnose(**made)
    if isinstance(made, tuple):
        return diagnose(*made)
    raise TypeError("the function must return a mapping or a tuple of diagnose's arguments")


def _refused(sentence: str) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
