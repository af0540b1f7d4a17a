"""The closed list of ATen operations that a page can run, and what each becomes in a plan."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._decomp import get_decompositions

from trainability.programs.expressions import written
from trainability.programs.recorder import Recorder

aten = torch.ops.aten
Lowering = Callable[..., None]


def _simple(name: str) -> Lowering:
    def lower(recorder: Recorder, out: Tensor, *operands: Any) -> None:
        recorder.emit(name, out, *operands)

    return lower


def _scaled(name: str) -> Lowering:
    """``add`` and ``sub``, whose second operand may have a factor."""

    def lower(recorder: Recorder, out: Tensor, one: Any, other: Any, *, alpha: Any = 1) -> None:
        if isinstance(alpha, int) and alpha == 1:
            recorder.emit(name, out, one, other)
        elif isinstance(other, Tensor):
            product = recorder.placeholder(other.shape, out.dtype)
            recorder.emit("mul", product, other, alpha)
            recorder.emit(name, out, one, product)
        else:
            recorder.emit(name, out, one, other * alpha)

    return lower


def _power(recorder: Recorder, out: Tensor, base: Tensor, exponent: Any) -> None:
    if isinstance(exponent, int | float) and exponent == 1 and base.dtype == out.dtype:
        recorder.same(out, base)  # what the gradient of a square asks for
    else:
        recorder.emit("pow", out, base, exponent)


def _turned(name: str) -> Lowering:
    def lower(recorder: Recorder, out: Tensor, one: Any, other: Any, *, alpha: Any = 1) -> None:
        if not isinstance(alpha, int) or alpha != 1:
            _no("rsub with a factor")
        recorder.emit(name, out, other, one)

    return lower


def _no(what: str) -> None:
    raise ValueError(f"a page has no {what}")


def _cast(recorder: Recorder, out: Tensor, source: Tensor, **options: Any) -> None:
    recorder.emit("cast", out, source)


def _alias(recorder: Recorder, out: Tensor, source: Tensor, *rest: Any, **options: Any) -> None:
    if [*map(written, out.shape)] == [*map(written, source.shape)]:
        recorder.same(out, source)  # nothing is changed in place, so a copy is the thing itself
    else:
        recorder.emit("view", out, source)


def _permute(recorder: Recorder, out: Tensor, source: Tensor, dims: Sequence[int]) -> None:
    recorder.emit("permute", out, source, [dim % source.dim() for dim in dims])


def _transpose(recorder: Recorder, out: Tensor, source: Tensor, one: int, other: int) -> None:
    dims = list(range(source.dim()))
    dims[one], dims[other] = dims[other], dims[one]
    recorder.emit("permute", out, source, dims)


def _t(recorder: Recorder, out: Tensor, source: Tensor) -> None:
    recorder.emit("permute", out, source, list(range(source.dim()))[::-1])


def _expand(recorder: Recorder, out: Tensor, source: Tensor, *rest: Any, **options: Any) -> None:
    recorder.emit("expand", out, source)


def _select(recorder: Recorder, out: Tensor, source: Tensor, dim: int, index: Any) -> None:
    if isinstance(index, int) and index < 0:
        index = source.shape[dim] + index
    recorder.emit("select", out, source, dim % source.dim(), index)


def _slice(
    recorder: Recorder,
    out: Tensor,
    source: Tensor,
    dim: int = 0,
    start: Any = None,
    end: Any = None,
    step: Any = 1,
) -> None:
    start = 0 if start is None else start
    if isinstance(start, int) and start < 0:
        start = source.shape[dim] + start
    recorder.emit("slice", out, source, dim % source.dim(), start, step)


def _reduced(name: str) -> Lowering:
    def lower(
        recorder: Recorder,
        out: Tensor,
        source: Tensor,
        dims: int | Sequence[int] | None = None,
        keepdim: bool = False,
        **options: Any,
    ) -> None:
        if dims is None or dims == []:
            dims = range(source.dim())
        dims = [dims] if isinstance(dims, int) else dims
        if source.dtype != out.dtype:
            wide = recorder.placeholder(source.shape, out.dtype)
            recorder.emit("cast", wide, source)
            source = wide
        recorder.emit(name, out, source, sorted(dim % max(source.dim(), 1) for dim in dims))

    return lower


def _full(recorder: Recorder, out: Tensor, *arguments: Any, **options: Any) -> None:
    recorder.emit("full", out, arguments[-1])


def _ones(recorder: Recorder, out: Tensor, *arguments: Any, **options: Any) -> None:
    recorder.emit("full", out, 1)


def _zeros(recorder: Recorder, out: Tensor, *arguments: Any, **options: Any) -> None:
    recorder.emit("full", out, 0)


def _arange(recorder: Recorder, out: Tensor, *ends: Any, **options: Any) -> None:
    start, step = (0, 1) if len(ends) == 1 else (ends[0], ends[2] if len(ends) > 2 else 1)
    recorder.emit("arange", out, start, step)


def _addmm(
    recorder: Recorder,
    out: Tensor,
    bias: Tensor,
    one: Tensor,
    other: Tensor,
    *,
    beta: Any = 1,
    alpha: Any = 1,
) -> None:
    if (alpha, beta) != (1, 1):
        _no("addmm with factors")
    product = recorder.placeholder(out.shape, out.dtype)
    recorder.emit("mm", product, one, other)
    recorder.emit("add", out, bias, product)


def _cat(recorder: Recorder, out: Tensor, parts: Sequence[Tensor], dim: int = 0) -> None:
    places = [recorder.place(part) for part in parts]
    recorder.code.append(["cat", recorder.new(out), places, dim % out.dim()])


def _stack(recorder: Recorder, out: Tensor, parts: Sequence[Tensor], dim: int = 0) -> None:
    dim %= out.dim()
    wide = []
    for part in parts:
        shape = [*part.shape]
        wide.append(recorder.placeholder([*shape[:dim], 1, *shape[dim:]], part.dtype))
        recorder.emit("view", wide[-1], part)
    _cat(recorder, out, wide, dim)


def _threshold(recorder: Recorder, out: Tensor, gradient: Any, source: Any, limit: Any) -> None:
    recorder.emit("threshold_backward", out, gradient, source, limit)


def _clamp(
    recorder: Recorder, out: Tensor, source: Tensor, low: Any = None, high: Any = None
) -> None:
    if low is not None and high is not None:
        middle = recorder.placeholder(source.shape, out.dtype)
        recorder.emit("maximum", middle, source, low)
        recorder.emit("minimum", out, middle, high)
    elif high is None:
        recorder.emit("maximum", out, source, low)
    else:
        recorder.emit("minimum", out, source, high)


def _truth(name: str) -> Lowering:
    """``&``, ``|`` and ``~`` of what is true or false."""

    def lower(recorder: Recorder, out: Tensor, *operands: Any) -> None:
        if out.dtype != torch.bool:
            _no("bits of numbers")
        recorder.emit(name, out, *operands)

    return lower


UNARY = (
    *("abs", "acos", "ceil", "cos", "exp", "expm1", "floor", "log", "log1p", "logical_not", "neg"),
    *("reciprocal", "relu", "rsqrt", "sigmoid", "sign", "sin", "sqrt", "tanh"),
)
BINARY = ("div", "eq", "ge", "gt", "le", "lt", "mul", "ne")

LOWERED: dict[Any, Lowering] = {
    **{getattr(aten, name).default: _simple(name) for name in UNARY},
    **{
        getattr(getattr(aten, name), overload): _simple(name)
        for name in BINARY
        for overload in ("Tensor", "Scalar")
    },
    aten.maximum.default: _simple("maximum"),
    aten.minimum.default: _simple("minimum"),
    aten.pow.Tensor_Tensor: _simple("pow"),
    aten.pow.Tensor_Scalar: _power,
    aten.pow.Scalar: _simple("pow"),
    aten.add.Tensor: _scaled("add"),
    aten.add.Scalar: _scaled("add"),
    aten.sub.Tensor: _scaled("sub"),
    aten.sub.Scalar: _scaled("sub"),
    aten.rsub.Scalar: _turned("sub"),
    aten.logical_and.default: _simple("mul"),
    aten.bitwise_and.Tensor: _truth("mul"),
    aten.bitwise_or.Tensor: _truth("maximum"),
    aten.bitwise_not.default: _truth("logical_not"),
    aten.where.self: _simple("where"),
    aten.clamp.default: _clamp,
    aten.clamp_min.default: _clamp,
    aten.tanh_backward.default: _simple("tanh_backward"),
    aten.sigmoid_backward.default: _simple("sigmoid_backward"),
    aten.threshold_backward.default: _threshold,
    aten._to_copy.default: _cast,
    aten.clone.default: _alias,
    aten.detach.default: _alias,
    aten.alias.default: _alias,
    aten.lift_fresh.default: _alias,
    aten.view.default: _alias,
    aten._unsafe_view.default: _alias,
    aten._reshape_alias.default: _alias,
    aten.unsqueeze.default: _alias,
    aten.squeeze.default: _alias,
    aten.squeeze.dim: _alias,
    aten.squeeze.dims: _alias,
    aten.permute.default: _permute,
    aten.transpose.int: _transpose,
    aten.t.default: _t,
    aten.expand.default: _expand,
    aten.select.int: _select,
    aten.slice.Tensor: _slice,
    aten.sum.default: _reduced("sum"),
    aten.sum.dim_IntList: _reduced("sum"),
    aten.mean.default: _reduced("mean"),
    aten.mean.dim: _reduced("mean"),
    aten.amax.default: _reduced("amax"),
    aten.amin.default: _reduced("amin"),
    aten.full.default: _full,
    aten.full_like.default: _full,
    aten.new_full.default: _full,
    aten.scalar_tensor.default: _full,
    aten.ones_like.default: _ones,
    aten.ones.default: _ones,
    aten.zeros_like.default: _zeros,
    aten.zeros.default: _zeros,
    aten.new_zeros.default: _zeros,
    aten.arange.default: _arange,
    aten.arange.start: _arange,
    aten.arange.start_step: _arange,
    aten.mm.default: _simple("mm"),
    aten.bmm.default: _simple("bmm"),
    aten.addmm.default: _addmm,
    aten.cat.default: _cat,
    aten.stack.default: _stack,
}


def _slice_backward(
    gradient: Tensor, sizes: Sequence[Any], dim: int, start: int, end: int, step: int
) -> Tensor:
    """The gradient between zeros, which stand for what the slice left out."""
    if step != 1:
        _no("gradient of a slice with steps")

    def zeros(length: Any) -> list[Tensor]:
        shape = [*sizes[:dim], length, *sizes[dim + 1 :]]
        return [] if written(length) == 0 else [gradient.new_zeros(shape)]

    begin = start if start >= 0 else sizes[dim] + start
    after = sizes[dim] - begin - gradient.shape[dim]
    return torch.cat([*zeros(begin), gradient, *zeros(after)], dim)


DECOMPOSED: dict[Any, Callable[..., Any]] = {
    aten.slice_backward.default: _slice_backward,
} | get_decompositions(
    [
        aten._softmax,
        aten._softmax_backward_data,
        aten._log_softmax,
        aten._log_softmax_backward_data,
        aten.mse_loss,
        aten.mse_loss_backward,
        aten.softplus,
        aten.softplus_backward,
        aten.silu,
        aten.silu_backward,
        aten.select_backward,
        aten.select_scatter,
        aten.addcmul,
        aten.addcdiv,
        aten.lerp,
    ]
)
