"""What a package's public functions take and return can be had from the package itself."""

import builtins
import functools
import importlib
import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from test_examples import DOORS
from trainability.comparisons import Digits, Examples, Trial, Trials


def public(door: str) -> dict[str, object]:
    module = importlib.import_module(door)
    return {name: getattr(module, name) for name in module.__all__}


def hinted(thing: object) -> Iterator[Callable[..., object]]:
    """Yield what has type hints: a function, or a class with its public methods and properties."""
    if inspect.isfunction(thing):
        yield thing
    if inspect.isclass(thing):
        yield thing
        for name, member in vars(thing).items():
            function = getattr(member, "fget", None) or getattr(member, "func", member)
            if not name.startswith("_") and inspect.isfunction(function):
                yield function


def classes_in(hint: object) -> Iterator[type]:
    """Yield the classes of the library that a type hint names, however deep inside."""
    if inspect.isclass(hint) and hint.__module__.startswith("trainability."):
        yield hint
    for part in typing.get_args(hint):
        for one in part if isinstance(part, list) else [part]:
            yield from classes_in(one)


class Names(dict):
    """A module's names; one that is imported for the hints alone, as plotly's are, is anything."""

    def __missing__(self, name: str) -> object:
        return getattr(builtins, name, None) or MagicMock()


def classes_of(thing: object) -> set[type]:
    classes = set()
    for one in hinted(thing):
        own = SimpleNamespace(__annotations__=inspect.get_annotations(one))
        hints = typing.get_type_hints(own, Names(vars(sys.modules[one.__module__])))
        classes |= {each for hint in hints.values() for each in classes_in(hint)}
    return classes


@pytest.mark.parametrize("door", DOORS)
def test_every_class_that_a_public_name_takes_or_returns_is_public_in_its_package(door):
    for name, thing in public(door).items():
        for needed in classes_of(thing):
            home = public(".".join(needed.__module__.split(".")[:2]))
            assert home.get(needed.__name__) is needed, f"{name} needs {needed.__qualname__}"


def test_the_reading_of_hints_can_fail():
    def make(trials: dict[str, list[Trials]], text: str) -> Digits | None: ...

    make.__annotations__["text"] = "nowhere.Text"
    assert classes_of(make) == {Trials, Digits}
    assert classes_of(Trials) == {Trial}
    assert classes_of(Digits) == {Digits, Examples}
    assert classes_of(functools.partial(make)) == set()
