"""The part of a notebook that some of its cells rest on.

A build executes every cell. A test that needs only the explorers, or the exercises, runs
these and the cells that define what they use.
"""

import ast
import re
import symtable
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import nbformat

CHANGING = {"add", "append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update"}
SHOWS = re.compile(
    r"= explore\(|\A[a-z]\w*\Z"  # or a cell that shows an explorer made before
    r"|\b(choice|value|ordering|sketch|goal|verdict|bound_text|explore_figure)\("
)


@dataclass(frozen=True)
class Names:
    """The names that a cell binds, changes, uses at once, and uses later, inside functions."""

    bound: frozenset[str]
    changed: frozenset[str]
    used: frozenset[str]
    later: frozenset[str]


def names_of(source: str) -> Names:
    """Read the names of a cell; lines of IPython's own are left out."""
    plain = re.sub(r"^\s*%.*$", "", source, flags=re.MULTILINE)
    top = symtable.symtable(plain, "cell", "exec")
    symbols = top.get_symbols()
    changed = set()
    for node in _outside_of_functions(ast.parse(plain)):
        match node:
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                changed |= _root(node)
            case ast.AugAssign(target=ast.Name(id=name)):
                changed.add(name)
            case ast.Call(func=ast.Attribute(attr=name) as method) if (
                name in CHANGING or name.endswith("_")
            ):
                changed |= _root(method)
    used = set(changed)
    later: set[str] = set()
    for inner in top.get_children():
        # A comprehension is a function of its own, but runs at once.
        at_once = inner.get_name() in {"listcomp", "setcomp", "dictcomp", "genexpr"}
        (used if at_once else later).update(_globals(inner))
    return Names(
        frozenset(s.get_name() for s in symbols if s.is_assigned() or s.is_imported()),
        frozenset(changed),
        frozenset(used | {s.get_name() for s in symbols if s.is_referenced()}),
        frozenset(later),
    )


def _globals(table: symtable.SymbolTable) -> set[str]:
    own = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return own.union(*map(_globals, table.get_children()))


def _outside_of_functions(tree: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield from _outside_of_functions(child)


def _root(node: ast.expr) -> set[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def rested_on(sources: list[str], wanted: Iterable[int]) -> list[int]:
    """Return the positions of the cells that those at ``wanted`` rest on, and theirs, in order.

    A name counts as the last cell before has bound it, or changed it since. What a function
    uses may be bound after it, as long as that is before the last wanted cell.
    """
    names = [names_of(source) for source in sources]
    needed = set(wanted)
    end = max(needed, default=0)
    waiting = sorted(needed)
    while waiting:
        at = waiting.pop()
        made = [place for name in names[at].used for place in _makers(names, name, at)]
        for name in names[at].later:
            made += list(_makers(names, name, at + 1)) or list(_makers(names, name, end))
        new = set(made) - needed
        needed |= new
        waiting += sorted(new)
    return sorted(needed)


def _makers(names: list[Names], name: str, before: int) -> Iterator[int]:
    for place in range(before - 1, -1, -1):
        if name in names[place].changed:
            yield place
        if name in names[place].bound:
            yield place
            return


def sliced(
    notebook: nbformat.NotebookNode, wanted: Callable[[str], object] = SHOWS.search
) -> nbformat.NotebookNode:
    """Return the notebook with its text, the cells that are wanted, and those they rest on."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [cell.source for cell in code]
    kept = rested_on(sources, [i for i, source in enumerate(sources) if wanted(source)])
    ids = {code[i].id for i in kept} | {code[0].id}
    made = nbformat.from_dict(notebook)
    made.cells = [c for c in notebook.cells if c.cell_type != "code" or c.id in ids]
    return made
