"""A second device, made in Python, so that code for GPUs can be tested without one.

torch lets a backend be written in Python. This one keeps its numbers on the CPU and is as
strict as CUDA: tensors of two devices do not mix, numpy does not see its tensors, and it has
no generator of its own. What runs here and agrees with the CPU leaves nothing behind there. What
it cannot show is how another device rounds, and what is missing there, such as float64 on MPS.
"""

from collections import Counter
from typing import Any, ClassVar

import torch
import torch.utils._pytree as tree
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _setup_privateuseone_for_python_backend,
)

NAME = "elsewhere"
ran: Counter[str] = Counter()  # operations by name, those that ran here
_aten = torch.ops.aten
_JOINING = {_aten.stack.default, _aten.cat.default}
_CROSSING = {_aten._to_copy.default, _aten.copy_.default, _aten._local_scalar_dense.default}


class Elsewhere(torch.Tensor):
    """A tensor of the second device, around one of the CPU."""

    held: torch.Tensor
    __torch_function__: ClassVar[Any] = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "Elsewhere":
        return torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=torch.device(NAME, 0),
        )

    def __init__(self, inner: torch.Tensor) -> None:
        self.held = inner

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})

    def tolist(self) -> Any:
        return self.detach().cpu().tolist()

    def numpy(self, *, force: bool = False) -> Any:
        raise TypeError(f"can't convert {NAME} tensor to numpy; use .cpu() first")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.numpy()


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    given = [a for a in tree.tree_leaves((args, kwargs)) if isinstance(a, torch.Tensor)]
    here = any(isinstance(a, Elsewhere) for a in given)
    if here and func not in _CROSSING:
        joined = func in _JOINING  # there a stranger without dimensions is one, too
        strangers = [a for a in given if not isinstance(a, Elsewhere) and (a.dim() or joined)]
        if strangers:
            raise RuntimeError(f"{func}: expected all tensors to be on the same device")
        ran[func.__name__] += 1
    target = kwargs.get("device")
    there = here if target is None else torch.device(target).type == NAME
    generator = kwargs.get("generator")
    if there and generator is not None and generator.device.type != NAME:
        raise RuntimeError(f"{func}: expected a '{NAME}' generator but found '{generator.device}'")
    plain_args, plain_kwargs = tree.tree_map(_on_the_cpu, (args, kwargs))
    result = func(*plain_args, **plain_kwargs)
    known = {id(a.held): a for a in given if isinstance(a, Elsewhere)}

    def back(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or not there:
            return value
        return known.get(id(value)) if id(value) in known else Elsewhere(value)

    return tree.tree_map(back, result)


def _on_the_cpu(value: Any) -> Any:
    if isinstance(value, Elsewhere):
        return value.held
    return torch.device("cpu") if isinstance(value, torch.device) else value


class _Backend(_DummyBackendModule):
    """What ``fork_rng`` and checkpoints ask of every device: nothing is random or half here."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return []

    def get_rng_state(self, device: object = None) -> torch.Tensor:
        return torch.empty(0)

    def set_rng_state(self, state: torch.Tensor, device: object = None) -> None:
        pass


_setup_privateuseone_for_python_backend(NAME, backend_module=_Backend())
_library = torch.library.Library("_", "IMPL")
_library.fallback(lambda op, *args, **kwargs: _run(op, args, kwargs), "PrivateUse1")
