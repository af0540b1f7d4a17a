"""The ledger: the claims of the source documents, and the tests that hold each of them."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

LEDGER = "data/claims/claims.json"


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
        The lesson that answers it.
    """

    id: str
    document: str
    claim: str
    verdict: str
    truth: str
    witness: str
    lesson: int


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
    text = (root / LEDGER).read_bytes()
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
    if name in earlier:
        found.append(f"{name} occurs twice; give each claim an id of its own")
    return found


def lessons_present(root: Path) -> set[int]:
    """Return the numbers of the lessons whose notebooks exist."""
    return {int(path.name[:2]) for path in (root / "chapters").glob("[0-9][0-9]_*.ipynb")}


def tests_by_claim(root: Path) -> dict[str, list[str]]:
    """Return for each claim the tests marked with it, found without importing any.

    A marker counts where it decorates a test or a test class, and where it marks a
    ``pytest.param`` in the decorator of a test, or in a constant of the module that the
    decorator names.

    Parameters
    ----------
    root : Path
        The book's folder; every Python file under its ``tests/`` is read.

    Returns
    -------
    dict of str to list of str
        Node names, such as ``"tests/test_x.py::TestClass::test_name"``, by claim. Whether the
        claims exist is not asked.

    Raises
    ------
    ValueError
        If a marker's ids are not plain strings, or if it belongs to no test. The message has
        file and line.
    """
    found: dict[str, list[str]] = {}
    for path in sorted((root / "tests").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_bytes(), filename=name)
        for test, claims in _held_in(tree, name).items():
            for claim in claims:
                found.setdefault(claim, []).append(test)
    return found


def _held_in(tree: ast.Module, file: str) -> dict[str, list[str]]:
    """Return the claims of each marked test of one file, each claim once."""
    markers = {node for node in ast.walk(tree) if _is_marker(node)}
    constants = dict(_constants(tree))
    held: dict[str, dict[str, None]] = {}  # keys of a dict: ordered, each once
    placed = set()
    for test, decorators in _tests(tree.body, file, []):
        for node in (node for root in decorators for node in _expanded(root, constants)):
            if isinstance(node, ast.Call) and node.func in markers:
                placed.add(node.func)
                held.setdefault(test, {}).update(dict.fromkeys(_ids(node, file)))
    for stray in sorted(markers - placed, key=lambda node: node.lineno):
        raise ValueError(
            f"{file}:{stray.lineno}: this claims marker holds nothing; call it with ids, on a "
            "test, a test class or a pytest.param in the decorator of a test"
        )
    return {test: list(names) for test, names in held.items()}


def _is_marker(node: ast.AST) -> bool:
    """Whether this is ``pytest.mark.claims`` or ``mark.claims``, called or not."""
    if not (isinstance(node, ast.Attribute) and node.attr == "claims"):
        return False
    above = node.value
    return "mark" in (getattr(above, "attr", None), getattr(above, "id", None))


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def _tests(
    body: list[ast.stmt], prefix: str, inherited: list[ast.expr]
) -> Iterator[tuple[str, list[ast.expr]]]:
    """Yield what pytest collects, as node name and decorators, those of classes included."""
    file = Path(prefix.partition("::")[0]).stem
    if not (file.startswith("test_") or file.endswith("_test")):
        return
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            decorators = inherited + node.decorator_list
            yield from _tests(node.body, f"{prefix}::{node.name}", decorators)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield f"{prefix}::{node.name}", inherited + node.decorator_list


def _expanded(node: ast.AST, constants: dict[str, ast.expr]) -> Iterator[ast.AST]:
    """Walk an expression and the constants that it names, none within itself."""
    for child in ast.walk(node):
        yield child
        if isinstance(child, ast.Name) and child.id in constants:
            others = {name: value for name, value in constants.items() if name != child.id}
            yield from _expanded(constants[child.id], others)


def _ids(call: ast.Call, file: str) -> list[str]:
    values = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args]
    if call.keywords or not values or not all(isinstance(value, str) for value in values):
        raise ValueError(
            f"{file}:{call.lineno}: write the ids as plain strings, as in "
            '@pytest.mark.claims("S1-13")'
        )
    return values
