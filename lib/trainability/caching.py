"""Results that are kept, whichever way the same call is written."""

import inspect
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Cached(Protocol[Arguments, Result_co]):
    """A function that keeps its results until it is told to forget them."""

    def __call__(self, *args: Arguments.args, **named: Arguments.kwargs) -> Result_co:
        """Return what the function returns for these arguments."""

    def cache_clear(self) -> None:
        """Forget all results."""


def cached(function: Callable[Arguments, Result]) -> Cached[Arguments, Result]:
    """Keep each result, as ``functools.cache`` does, for calls that differ in nothing.

    ``functools.cache`` takes ``f(1)`` and ``f(1, device="cpu")`` for two calls where ``"cpu"``
    is the default, and computes twice. Here they are one.

    Parameters
    ----------
    function : callable
        Its arguments must be hashable.

    Returns
    -------
    callable
        With a ``cache_clear`` that forgets all results.

    Examples
    --------
    >>> calls = []
    >>> @cached
    ... def double(x, device="cpu"):
    ...     calls.append(x)
    ...     return 2 * x
    >>> double(1), double(x=1), double(1, "cpu"), double(2), calls
    (2, 2, 2, 4, [1, 2])
    """
    signature = inspect.signature(function)

    @cache
    def kept(args: tuple[Any, ...], named: tuple[tuple[str, Any], ...]) -> Any:
        return function(*args, **dict(named))

    @wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        bound = signature.bind(*args, **named)
        bound.apply_defaults()
        return kept(bound.args, tuple(sorted(bound.kwargs.items())))

    # A function stays one, for doctest and for readers; mypy knows no attributes of functions.
    call.cache_clear = kept.cache_clear  # type: ignore[attr-defined]
    return cast("Cached[Arguments, Result]", call)
