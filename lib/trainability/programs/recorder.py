"""What a torch function does, written down call by call while it runs on tensors without data."""

from __future__ import annotations

import linecache
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from trainability.programs.expressions import written
from trainability.programs.plan import Plan, Value
from trainability.programs.scan import recorders

aten = torch.ops.aten
_HERE = Path(__file__).parent
_TORCH = Path(torch.__file__).parent
TYPES = {
    torch.float32: "float32",
    torch.float16: "float16",
    torch.bfloat16: "bfloat16",
    torch.float64: "float64",
    torch.int64: "int64",
    torch.bool: "bool",
}


class TraceError(Exception):
    """A function that no page can run; the message names the author's line."""


class Recorder(TorchDispatchMode):
    """Writes the calls of a function into a plan.

    Parameters
    ----------
    plan : Plan
        Where to write.
    fakes : FakeTensorMode
        Makes the tensors without data, of sizes that are symbols.
    generator : torch.Generator
        The one that a function may draw from. It is not advanced.
    lowered, decomposed : mapping
        What writes an operation, and what makes it of others.
    """

    def __init__(
        self,
        plan: Plan,
        fakes: FakeTensorMode,
        generator: torch.Generator,
        lowered: Mapping[Any, Callable[..., None]],
        decomposed: Mapping[Any, Callable[..., Any]],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.plan, self.fakes, self.generator = plan, fakes, generator
        self.lowered, self.decomposed = lowered, decomposed
        self.code = plan.code
        # Kept with their tensors, so that no other tensor gets a number of theirs.
        self.places: dict[int, tuple[Tensor, int]] = {}
        self.silent = False

    def __enter__(self) -> Recorder:
        recorders.append(self)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        recorders.pop()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if self.silent or func in _ABOUT_TENSORS:
            return func(*args, **kwargs)
        if func in _DRAWS:
            return self._draw(func, args, kwargs)
        if func in self.decomposed:
            with self:
                return self.decomposed[func](*args, **kwargs)
        lower = self.lowered.get(func)
        if lower is None:
            with self:
                composed = func.decompose(*args, **kwargs)
            if composed is not NotImplemented:
                return composed
            raise TraceError(f"{_why_not(func)} {_where()}")
        try:
            out = func(*args, **kwargs)
        except torch._subclasses.fake_tensor.DataDependentOutputException as error:
            raise TraceError(f"{_BY_DATA} {_where()}") from error
        try:
            lower(self, out, *args, **kwargs)
        except ValueError as error:
            raise TraceError(f"{error}, {_where()}") from error
        return out

    def _draw(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
        given = kwargs.pop("generator", None)
        # Torch wraps a generator anew at each call; this one is known by its seed.
        if given is None or given.initial_seed() != self.generator.initial_seed():
            raise TraceError(f"draw from the generator that is given, {_where()}")
        dtype = kwargs.get("dtype") or torch.float32
        if dtype != torch.float32:
            raise TraceError(f"draw in float32 and convert then, {_where()}")
        out = self.placeholder(args[0], dtype)
        self.emit(_DRAWS[func], out)
        return out

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Make tensors that no call of the function made."""
        before, self.silent = self.silent, True
        try:
            yield
        finally:
            self.silent = before

    def placeholder(self, shape: Sequence[Any], dtype: torch.dtype) -> Tensor:
        """A tensor without data."""
        with self.quiet():
            return torch.empty(tuple(shape), dtype=dtype)

    def new(self, tensor: Tensor) -> int:
        """Give a tensor a place among the plan's values."""
        if tensor.dtype not in TYPES:
            raise TraceError(f"a page has no numbers of type {tensor.dtype}, {_where()}")
        self.plan.values.append(Value(TYPES[tensor.dtype], tuple(map(written, tensor.shape))))
        self.places[id(tensor)] = (tensor, len(self.plan.values) - 1)
        return len(self.plan.values) - 1

    def place(self, tensor: Tensor) -> int:
        """The place of a tensor; one that nothing made is a constant of the function."""
        known = self.places.get(id(tensor))
        if known is not None:
            return known[1]
        if isinstance(tensor, FakeTensor):
            raise TraceError(f"a tensor comes from outside of the function, {_where()}")
        with _disable_current_modes():
            numbers = tensor.detach().double().flatten().tolist()
        if not all(map(math.isfinite, numbers)):
            raise TraceError(f"a tensor of the function holds what is not finite, {_where()}")
        place = self.new(tensor)
        self.plan.constants[place] = numbers
        return place

    def same(self, out: Tensor, source: Tensor) -> None:
        """Let two tensors be one value of the plan."""
        self.places[id(out)] = (out, self.place(source))

    def emit(self, name: str, out: Tensor, *operands: Any) -> None:
        """Write an instruction; tensors become places, numbers expressions."""
        parts = [self.operand(operand) for operand in operands]
        self.code.append([name, self.new(out), *parts])

    def operand(self, operand: Any) -> Any:
        """A place, or what stands for a number."""
        if isinstance(operand, Tensor):
            return self.place(operand)
        if isinstance(operand, list | tuple):
            return [written(each) for each in operand]
        return {"is": written(operand)}

    def scan(self, body: Callable[..., Any], carry: Any, xs: Any, turns: Any, reverse: bool) -> Any:
        """Record the body of a loop once; see :func:`trainability.programs.scan`."""
        starts, carry_form = pytree.tree_flatten(carry)
        sources, xs_form = pytree.tree_flatten(xs)
        if any(start.requires_grad for start in (*starts, *sources) if isinstance(start, Tensor)):
            raise TraceError(f"no gradient goes through a scan; take it inside, {_where()}")
        held = [self.placeholder(start.shape, start.dtype) for start in starts]
        slices = [self.placeholder(source.shape[1:], source.dtype) for source in sources]
        entries = [self._pair(*both) for both in zip(held, starts, strict=True)]
        cuts = [self._pair(*both) for both in zip(slices, sources, strict=True)]
        outer, self.code = self.code, []
        following, kept = body(
            pytree.tree_unflatten(held, carry_form), pytree.tree_unflatten(slices, xs_form)
        )
        inside, self.code = self.code, outer
        ends, end_form = pytree.tree_flatten(following)
        if end_form != carry_form or [(e.shape, e.dtype) for e in ends] != [
            (h.shape, h.dtype) for h in held
        ]:
            raise TraceError(
                f"a scan must carry on what it was given, in form and type, {_where()}"
            )
        parts, kept_form = pytree.tree_flatten(kept)
        stacks = [self.placeholder((turns, *part.shape), part.dtype) for part in parts]
        finals = [self.placeholder(end.shape, end.dtype) for end in ends]
        self.code.append(
            [
                "scan",
                written(turns),
                int(reverse),
                [[*entry, self.place(end)] for entry, end in zip(entries, ends, strict=True)],
                cuts,
                [self._pair(*both) for both in zip(stacks, parts, strict=True)],
                inside,
                [self.new(final) for final in finals],
            ]
        )
        return pytree.tree_unflatten(finals, carry_form), pytree.tree_unflatten(stacks, kept_form)

    def _pair(self, made: Tensor, known: Tensor) -> list[int]:
        return [self.new(made), self.place(known)]


def _where() -> str:
    """The author's line: the innermost that is neither torch's nor this package's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if (
            _HERE not in path.parents
            and _TORCH not in path.parents
            and path.name != "contextlib.py"
        ):
            line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
            return f"in line {frame.f_lineno} of {path.name}: {line}"
        frame = frame.f_back
    return "in a line that is not known"


_BY_DATA = "what a page runs cannot depend on the numbers themselves; use torch.where"


def _why_not(func: Any) -> str:
    name = func._schema.name.removeprefix("aten::")
    if torch.Tag.nondeterministic_seeded in func.tags:
        return f"{name} draws from a global generator; pass the one that is given,"
    if func._schema.is_mutable:
        return f"{name} changes a tensor in place; make a new one,"
    if func is aten._local_scalar_dense.default:
        return f"{_BY_DATA},"
    return f"a page has no operation {name}; see trainability.programs.operations for its list,"


_ABOUT_TENSORS = {
    torch.ops.prim.device.default,
    aten.sym_size.int,
    aten.sym_numel.default,
    aten.sym_stride.int,
    aten.is_contiguous.default,
    aten.empty_like.default,
    aten.empty.memory_format,
}
_DRAWS = {
    aten.randn.generator: "randn",
    aten.rand.generator: "rand",
    aten.randn.default: "randn",
    aten.rand.default: "rand",
}
