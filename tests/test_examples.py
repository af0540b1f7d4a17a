"""Every public name of the library has an example, and no example draws in secret."""

import importlib
import inspect
import subprocess
import sys

import pytest

from conftest import ROOT
from test_layering import INTERFACE, SOURCES, unit

DOORS = [
    module
    for module, path in SOURCES.items()
    if path.name == "__init__.py" and unit(module) not in ("", *INTERFACE, "ledger")
]
DRAWS = '''
def secret():
    """Draw.

    >>> {call}
    """
'''


@pytest.mark.parametrize("door", DOORS)
def test_every_public_function_and_class_shows_an_example(door):
    module = importlib.import_module(door)
    things = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    without = [
        name
        for name, thing in things.items()
        if inspect.isroutine(thing) or inspect.isclass(thing)
        if ">>> " not in (inspect.getdoc(thing) or "") and not is_record(thing)
    ]
    assert without == []


def is_record(thing: object) -> bool:
    """Whether it is a plain record of results, which the example of its maker shows."""
    return hasattr(thing, "__dataclass_fields__") or hasattr(thing, "_fields")


@pytest.mark.parametrize(
    ("call", "whose"),
    [
        ("import torch; _ = torch.randn(2)", "torch's"),
        ("import torch; _ = torch.manual_seed(0)", "torch's"),
        ("import numpy; _ = numpy.random.rand()", "numpy's"),
        ("import random; _ = random.random()", "random's"),
        ("import torch; _ = torch.randn(2, generator=torch.Generator().manual_seed(0))", ""),
    ],
)
def test_an_example_that_draws_from_a_global_generator_fails(tmp_path, call, whose):
    (tmp_path / "drawing.py").write_text(DRAWS.format(call=call))
    options = ("-q", "-p", "undrawn", "-p", "no:cacheprovider", "--rootdir", str(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--doctest-modules", *options, str(tmp_path)],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode != 0) == bool(whose), ran.stdout + ran.stderr
    assert (f"draws from {whose} global generator" in ran.stdout) == bool(whose)
