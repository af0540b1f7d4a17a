"""A loop whose length is a setting."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils import _pytree as pytree

# What records the functions that run now, innermost last.
recorders: list[Any] = []


def scan(
    body: Callable[[Any, Any], tuple[Any, Any]],
    carry: Any,
    xs: Any = (),
    *,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Apply a function to slices in turn, carrying a state from one to the next.

    Run by torch this is a plain loop. In a plan the body stands once, however often it is
    repeated, so that a network's depth can be a setting.

    Parameters
    ----------
    body : callable
        ``body(carry, x)`` returns the next carry, of the same shapes and types, and what is
        kept of this turn: tensors, or tuples, lists and dicts of them.
    carry : tensor, or a tuple, list or dict of tensors
        What the first turn starts from; ``()`` for nothing.
    xs : tensor, or a tuple, list or dict of tensors, optional
        Of one length in their first dimension; each turn gets a slice of each.
    length : int, optional
        The number of turns, needed where there are no ``xs``.
    reverse : bool
        From the last slice to the first. What is kept lies in the order of the slices.

    Returns
    -------
    carry
        After the last turn.
    kept
        What each turn kept, stacked along a new first dimension.

    Examples
    --------
    >>> scan(lambda total, x: (total + x, total), torch.tensor(0.0), torch.tensor([1.0, 2.0, 3.0]))
    (tensor(6.), tensor([0., 1., 3.]))
    """
    leaves = pytree.tree_leaves(xs)
    turns = leaves[0].shape[0] if leaves else length  # len() of a symbol would be a number
    if turns is None:
        raise ValueError("scan needs xs to go through, or a length")
    if recorders:
        recorded: tuple[Any, Any] = recorders[-1].scan(body, carry, xs, turns, reverse)
        return recorded
    if any(len(leaf) != turns for leaf in leaves) or length not in (None, turns):
        raise ValueError(f"scan: the xs are not all of length {turns}")
    kept = []
    for i in reversed(range(turns)) if reverse else range(turns):
        carry, each = body(carry, pytree.tree_map(lambda leaf, at=i: leaf[at], xs))
        kept.append(each)
    if not kept:
        return carry, _nothing(body, carry, xs)
    ordered = kept[::-1] if reverse else kept
    return carry, pytree.tree_map(lambda *parts: torch.stack(parts), *ordered)


def _nothing(body: Callable[[Any, Any], tuple[Any, Any]], carry: Any, xs: Any) -> Any:
    """What no turn at all keeps: stacks of length 0, of the shapes that a turn would keep."""
    from torch._subclasses.fake_tensor import FakeTensorMode  # rarely needed, and slow to load

    with FakeTensorMode(allow_non_fake_inputs=True):
        slices = pytree.tree_map(lambda leaf: torch.empty(leaf.shape[1:], dtype=leaf.dtype), xs)
        _, each = body(carry, slices)
    return pytree.tree_map(lambda part: torch.empty((0, *part.shape), dtype=part.dtype), each)
