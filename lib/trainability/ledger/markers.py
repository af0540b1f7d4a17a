"""Which tests hold which claim, read from the markers in their source."""

import ast
from collections.abc import Iterator
from pathlib import Path


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
    tests: dict[str, list[str]] = {}
    for path in sorted((root / "tests").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_bytes(), filename=name)
        for test, claims in _held_in(tree, name).items():
            for claim in claims:
                tests.setdefault(claim, []).append(test)
    return tests


def _held_in(tree: ast.Module, file: str) -> dict[str, list[str]]:
    """Return the claims of each marked test of one file, each claim once."""
    markers = {
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_marker(node)
    }
    constants = dict(_constants(tree))
    held: dict[str, dict[str, None]] = {}  # keys of a dict: ordered, each once
    placed: set[ast.expr] = set()
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


def _is_marker(node: ast.Attribute) -> bool:
    """Whether this is ``pytest.mark.claims`` or ``mark.claims``, called or not."""
    if node.attr != "claims":
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
    names = [value for value in values if isinstance(value, str)]
    if call.keywords or not names or len(names) < len(values):
        raise ValueError(
            f"{file}:{call.lineno}: write the ids as plain strings, as in "
            '@pytest.mark.claims("S1-13")'
        )
    return names


def source_address(test: str, repository: str = "") -> str:
    """Return where a test's file is to be read, or nothing where no repository is known.

    Examples
    --------
    >>> source_address("tests/test_x.py::test_a", "https://example.org/book")
    'https://example.org/book/blob/main/tests/test_x.py'
    """
    file, _, _ = test.partition("::")
    return f"{repository}/blob/main/{file}" if repository else ""
