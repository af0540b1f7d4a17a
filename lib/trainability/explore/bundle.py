"""Join ECMAScript modules into one classic script, which pages opened as files can load.

Each module becomes a function of its own, so a name that was not imported is not there. What
this small bundler does not know it refuses: only ``import { a, b } from "./file.js"`` and
``export`` before one constant, function or class, each at the beginning of a line. Indents and
lines of comments are left out, so a template over several lines is refused, too.
"""

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import \{([^{}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|function|async function) (\w+))", re.MULTILINE)
_UNSAID = re.compile(r"^(?:[ \t]*//.*\n|[ \t]+)", re.MULTILINE)  # comments and indents
_LEFT = re.compile(r"^\s*(?:import|export)\b.*|\bimport\s*[(.].*", re.MULTILINE)


def bundle(modules: Mapping[str, str], entry: str) -> str:
    r"""Return one script that does what the module ``entry`` does.

    Parameters
    ----------
    modules : mapping of str to str
        Source by file name.
    entry : str
        The module that imports the others, directly or not.

    Raises
    ------
    ValueError
        For a module or a name that is not there, for modules that import each other in a
        circle, for a module that nothing imports, for other forms of import and export, and for a
        template over several lines.

    Examples
    --------
    >>> text = bundle(
    ...     {
    ...         "page.js": 'import { one } from "./numbers.js";\nconsole.log(one);\n',
    ...         "numbers.js": "export const one = 1;\n",
    ...     },
    ...     "page.js",
    ... )
    >>> print(text.strip())
    const numbers_js = (() => {
    const one = 1;
    return { one };
    })();
    const page_js = (() => {
    const { one } = numbers_js;
    console.log(one);
    return {  };
    })();
    """
    exports = {name: _EXPORT.findall(source) for name, source in modules.items()}
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ValueError(f"{' imports '.join([*path, name])}: a circle")
        if name in order:
            return
        if name not in modules:
            raise ValueError(f"{path[-1]} imports {name}, which is not there")
        for names, target in _IMPORT.findall(modules[name]):
            visit(target, (*path, name))
            if missing := set(_listed(names)) - set(exports[target]):
                raise ValueError(f"{name} imports {sorted(missing)}, which {target} has not")
        order.append(name)

    visit(entry, ())
    if unused := modules.keys() - order:
        raise ValueError(f"nothing imports {sorted(unused)}")
    return "".join(_as_function(name, modules[name], exports[name]) for name in order)


def reached(modules: Mapping[str, str], entry: str) -> dict[str, str]:
    r"""Return the module ``entry`` and those that it imports, directly or not.

    Examples
    --------
    >>> sources = {"a.js": 'import { b } from "./b.js";\n', "b.js": "", "c.js": ""}
    >>> list(reached(sources, "a.js"))
    ['a.js', 'b.js']
    """
    found = {entry: modules[entry]}
    for _, name in _IMPORT.findall(modules[entry]):
        found |= reached(modules, name)
    return found


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _as_function(name: str, source: str, exported: list[str]) -> str:
    body = _IMPORT.sub(
        lambda match: f"const {{ {', '.join(_listed(match[1]))} }} = {_identifier(match[2])};\n",
        source,
    )
    body = _EXPORT.sub("", body)
    if left := _LEFT.search(body):
        raise ValueError(f"{name}: {left[0].strip()!r} is a form that the bundler does not know")
    if open_lines := [line for line in body.splitlines() if line.count("`") % 2]:
        raise ValueError(f"{name}: {open_lines[0].strip()!r} begins a template of several lines")
    body = _UNSAID.sub("", body).rstrip()
    returned = ", ".join(exported)
    return f"const {_identifier(name)} = (() => {{\n{body}\nreturn {{ {returned} }};\n}})();\n"


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)
