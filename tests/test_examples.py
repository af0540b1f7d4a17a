"""Every public name of the numerics has an example, and no example draws in secret."""

import importlib
import inspect
import re
import subprocess
import sys

import pytest

from conftest import ROOT
from test_layering import INTERFACE, SOURCES, unit

DOORS = [
    module
    for module, path in SOURCES.items()
    if path.name == "__init__.py"
    and module.count(".") == 1
    and unit(module) not in (*INTERFACE, "ledger")
]
DRAWS = {
    "torch's": "import torch; _ = torch.randn(2)",
    "numpy's": "import numpy; _ = numpy.random.rand()",
    "random's": "import random; _ = random.random()",
    "no": "import torch; _ = torch.randn(2, generator=torch.Generator().manual_seed(0))",
}


@pytest.mark.parametrize("door", DOORS)
def test_every_public_function_and_class_shows_an_example(door):
    module = importlib.import_module(door)
    things = {name: getattr(module, name) for name in module.__all__}
    without = [
        name
        for name, thing in things.items()
        if inspect.isroutine(thing) or inspect.isclass(thing)
        if ">>> " not in (inspect.getdoc(thing) or "") and not is_record(thing)
    ]
    assert without == []


def is_record(thing: object) -> bool:
    """Whether it is a record of results or an error, which the example of its maker shows."""
    is_error = inspect.isclass(thing) and issubclass(thing, Exception)
    return is_error or hasattr(thing, "__dataclass_fields__") or hasattr(thing, "_fields")


def test_an_example_that_draws_from_a_global_generator_fails(tmp_path):
    functions = [
        f'def draws_{i}():\n    """Draw.\n\n    >>> {call}\n    """\n\n\n'
        for i, call in enumerate(DRAWS.values())
    ]
    (tmp_path / "drawing.py").write_text("".join(functions))
    options = ("-q", "-p", "undrawn", "-p", "no:cacheprovider", "--rootdir", str(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--doctest-modules", *options, str(tmp_path)],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        check=False,
    )
    named = re.findall(r"draws from (\S+) global generator$", ran.stdout, re.MULTILINE)
    # A summary may say it again.
    assert list(dict.fromkeys(named)) == [whose for whose in DRAWS if whose != "no"], ran.stdout
    assert "1 passed" in ran.stdout
