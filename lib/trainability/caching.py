"""Results that are kept, whichever way the same call is written."""

import inspect
from collections.abc import Callable
from functools import cache, wraps
from typing import Any


def cached(function: Callable[..., Any]) -> Callable[..., Any]:
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

    call.cache_clear = kept.cache_clear  # type: ignore[attr-defined]
    return call
