"""The settings of functions: what they name, and where each starts."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch

GENERATOR = "generator"


def named_in(function: Callable[..., Any], offered: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the arguments offered that a function names.

    Examples
    --------
    >>> named_in(lambda width, lr: None, {"lr": 0.1, "depth": 3})
    {'lr': 0.1}
    """
    parameters = inspect.signature(function).parameters
    return {name: value for name, value in offered.items() if name in parameters}


def signature_of(
    *functions: Callable[..., Any], leave_out: tuple[str, ...] = ()
) -> inspect.Signature:
    """Return the settings of all functions together, with ``seed`` where one draws.

    Raises
    ------
    TypeError
        For a setting that two functions start at different values.

    Examples
    --------
    >>> def start(width=8, *, generator): ...
    >>> def step(state, lr=0.1, width=8): ...
    >>> signature_of(start, step, leave_out=("state",))
    <Signature (*, width=8, lr=0.1, seed=0)>
    """
    found: dict[str, inspect.Parameter] = {}
    draws = False
    for function in functions:
        for name, parameter in inspect.signature(function).parameters.items():
            draws |= name == GENERATOR
            if name == GENERATOR or name in leave_out:
                continue
            mine = parameter.replace(
                kind=inspect.Parameter.KEYWORD_ONLY, annotation=inspect.Parameter.empty
            )
            known = found.setdefault(name, mine)
            if known.default is not mine.default and known.default != mine.default:
                raise TypeError(f"{name} starts at {known.default!r} and at {mine.default!r}")
    seed = inspect.Parameter("seed", inspect.Parameter.KEYWORD_ONLY, default=0)
    return inspect.Signature([*found.values(), *([seed] if draws else [])])


def defaults_of(signature: inspect.Signature) -> dict[str, Any]:
    """Return where each setting starts, for those that say so."""
    parameters = signature.parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def seeded(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with a generator, seeded, for the seed.

    Examples
    --------
    >>> seeded({"width": 8, "seed": 3})["generator"].initial_seed()
    3
    """
    rest = dict(settings)
    if "seed" in rest:
        rest[GENERATOR] = torch.Generator().manual_seed(int(rest.pop("seed")))
    return rest
