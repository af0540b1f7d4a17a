"""Tensors inside tuples, lists, mappings and dataclasses, as models take and return them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor


def main_tensor(output: Any) -> Tensor | None:
    """Return the tensor that predicts: the output, its ``logits``, or its first floating part.

    Examples
    --------
    >>> import torch
    >>> main_tensor({"hidden": torch.zeros(1), "logits": torch.ones(2)})
    tensor([1., 1.])
    """
    if isinstance(output, Mapping) and isinstance(output.get("logits"), Tensor):
        tensor: Tensor = output["logits"]
        return tensor
    logits = None if isinstance(output, Tensor) else getattr(output, "logits", None)
    if isinstance(logits, Tensor):
        return logits
    return next((tensor for tensor in tensors_in(output) if tensor.is_floating_point()), None)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors of nested tuples, lists, mappings and dataclasses, first to last."""
    if isinstance(value, Tensor):
        yield value
        return
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, tuple | list):
        parts = list(value)
    elif is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, each.name) for each in fields(value)]
    else:
        parts = []
    for part in parts:
        yield from tensors_in(part)


def mapped(function: Callable[[Tensor], Tensor], value: Any) -> Any:
    """Return nested tuples, lists and mappings with each tensor replaced."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Mapping):
        made = {name: mapped(function, part) for name, part in value.items()}
        return made if type(value) is dict else _like(value, made)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(function, part) for part in value))
    if isinstance(value, tuple | list):
        return type(value)(mapped(function, part) for part in value)
    return value


def _like(value: Mapping[Any, Any], made: dict[Any, Any]) -> Any:
    same = copy.copy(value)
    try:
        same.update(made)  # type: ignore[attr-defined]
    except AttributeError:
        return made
    return same


def cloned(value: Any) -> Any:
    """Return nested tensors that share nothing with the given ones, not even a graph."""
    return mapped(lambda tensor: tensor.detach().clone(), value)
