"""Write the marks of a figure that a page fills in; see ``trainability.programs.figure``."""

from typing import Any


def mark(name: str) -> Any:
    """Stand for a number, or an array of them.

    Examples
    --------
    >>> mark("loss")
    {'$': 'loss'}
    """
    return {"$": name}


def sentence(template: str) -> dict[str, str]:
    """Stand for a sentence with fields.

    Examples
    --------
    >>> sentence("step {step}")
    {'$text': 'step {step}'}
    """
    return {"$text": template}


def first_of(*cases: tuple[str | None, Any]) -> dict[str, Any]:
    """Stand for the first part whose number is not 0; None stands for what is left.

    Examples
    --------
    >>> first_of(("tied", "one unit"), (None, "several"))
    {'$first': [['tied', 'one unit'], [None, 'several']]}
    """
    return {"$first": [list(case) for case in cases]}
