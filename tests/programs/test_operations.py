"""Every operation of a plan, in a real browser, against torch."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainability.programs import scan
from trainability.programs.operations import BINARY, DECOMPOSED, LOWERED, UNARY
from trainability.programs.tracing import trace

RUN = """
  const numbers = (array) => Array.from(array, (each) =>
    Number.isFinite(each) ? each : String(each));
  return given.map(({ plan, inputs }) => {
    const program = new module.Program(plan);
    const outputs = program.run({ seed: 0 });
    return Object.fromEntries(Object.entries(outputs).map(([name, array]) =>
      [name, numbers(array)]));
  });
"""
ODD = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    math.inf,
    -math.inf,
    math.nan,
    1e-40,
    -1e-40,
    3e38,
    -3e38,
    0.5,
    88.8,
    2e-4,
]
float32 = st.floats(width=32, allow_nan=True) | st.sampled_from(ODD)


def as_inputs(values: list[float], dtype: torch.dtype = torch.float32):
    """Numbers of a function, infinite ones and NaN among them, which no plan holds as they are."""
    whole = torch.tensor(values, dtype=dtype)
    kinds = [whole.isnan(), whole == math.inf, whole == -math.inf]
    nan, plus, minus = (kind.to(dtype) for kind in kinds)
    rest = torch.where(whole.isfinite(), whole, 0.0)

    def make() -> torch.Tensor:
        zero = plus * 0
        return (
            rest
            + torch.where(plus > 0, 1 / zero, zero)
            - torch.where(minus > 0, 1 / zero, zero)
            + torch.where(nan > 0, zero / zero, zero)
        )

    return make


def compare(in_module, *functions, rtol=2e-6, atol=1e-45):
    plans = [{"plan": trace(function).document()} for function in functions]
    found = in_module("runtime.js", RUN, plans)
    for function, outputs in zip(functions, found, strict=True):
        for name, tensor in function().items():
            numbers = [float(each) for each in outputs[name]]
            mine = torch.tensor(numbers, dtype=torch.float64)
            wanted = tensor.double().flatten()
            torch.testing.assert_close(
                mine,
                wanted,
                rtol=rtol,
                atol=atol,
                equal_nan=True,
                msg=lambda m, n=name: f"{n}: {m}",
            )


PAIRS = (*BINARY, "add", "sub", "pow", "maximum", "minimum")
few = settings(derandomize=True, deadline=None, max_examples=15)


@few
@given(values=st.lists(float32, min_size=1, max_size=20))
def test_functions_of_one_number_are_torchs(in_module, values):
    x = as_inputs(values)

    def each():
        return {name: getattr(torch, name)(x()) for name in UNARY}

    compare(in_module, each)


@few
@given(pairs=st.lists(st.tuples(float32, float32), min_size=1, max_size=20))
def test_functions_of_two_numbers_are_torchs(in_module, pairs):
    x, y = (as_inputs(list(part)) for part in zip(*pairs, strict=True))

    def each():
        functions = {name: getattr(torch, name)(x(), y()) for name in PAIRS}
        return functions | {"where": torch.where(x() > 0, x(), y())}

    compare(in_module, each)


@few
@given(values=st.lists(float32, min_size=1, max_size=20), scalar=st.floats(-50, 50, width=32))
def test_a_number_may_stand_for_a_tensor_on_either_side(in_module, values, scalar):
    x = as_inputs(values)

    def each():
        given = x()
        return {
            "plus": given + scalar,
            "minus": given - scalar,
            "from": scalar - given,
            "times": given * scalar,
            "over": given / (scalar + 0.25),
            "below": given < scalar,
            "square": given**2,
            "add": torch.add(given, given, alpha=3),
            "clamped": given.clamp(-1, 1),
            "least": given.clamp(min=0.5),
        }

    compare(in_module, each)


shapes = st.sampled_from(
    [
        ((3, 4), (4,)),
        ((3, 1), (1, 4)),
        ((2, 3, 4), (3, 1)),
        ((), (5,)),
        ((1,), (1, 1)),
        ((0, 4), (4,)),
    ]
)


@few
@given(both=shapes, seed=st.integers(0, 99))
def test_shapes_broadcast_as_torchs_do(in_module, both, seed):
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(shape, generator=generator) for shape in both)
    compare(in_module, lambda: {"sum": x + y, "product": x * y, "greater": x > y})


@few
@given(sides=st.tuples(*[st.integers(1, 9)] * 3), seed=st.integers(0, 99))
def test_products_of_matrices_are_torchs(in_module, sides, seed):
    m, k, n = sides
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(m, k, generator=generator), torch.randn(k, n, generator=generator)
    c = torch.randn(3, m, k, generator=generator)

    def products():
        return {
            "mm": a @ b,
            "turned": b.T @ a.T,
            "addmm": torch.addmm(torch.ones(n), a, b),
            "bmm": torch.bmm(c, c.transpose(1, 2)),
            "sliced": a[:, ::2] @ b[::2],
        }

    compare(in_module, products, rtol=1e-5, atol=1e-6)


@few
@given(shape=st.tuples(*[st.integers(1, 4)] * 3), seed=st.integers(0, 99))
def test_sums_and_views_are_torchs(in_module, shape, seed):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))

    def looks():
        turned = x.permute(2, 0, 1)
        return {
            "sum": x.sum(),
            "rows": x.sum(1),
            "mean": x.mean((0, 2), keepdim=True),
            "most": turned.amax(0),
            "least": x.amin((1, 2)),
            "flat": turned.reshape(-1) * 1,
            "one": x.select(1, -1) + 0,
            "part": x[:, 1:] * 2,
            "wide": x[:, :1].expand(-1, 5, -1) * 1,
            "stacked": torch.stack([x, 2 * x], dim=1),
            "joined": torch.cat([x, turned.reshape(x.shape)], dim=2),
            "soft": torch.softmax(x, 2),
            "logsoft": torch.log_softmax(x, 0),
            "steps": torch.arange(3, 9, 2) + x.sum() * 0,
        }

    compare(in_module, looks, rtol=2e-6, atol=1e-6)


@few
@given(shape=st.tuples(*[st.integers(1, 4)] * 3), reverse=st.booleans(), seed=st.integers(0, 99))
def test_a_scan_goes_through_any_view_as_torch_does(in_module, shape, reverse, seed):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))

    def scans():
        views = {
            "turned": (2 * x).permute(2, 0, 1),
            "expanded": (2 * x)[:, :1].expand(-1, 3, -1),
            "part": (2 * x)[:, :, ::2].transpose(0, 2),
            "doubly": (2 * x).transpose(0, 1).permute(2, 1, 0),
        }
        out = {}
        for name, view in views.items():
            start = torch.ones(view.shape[1:])
            last, kept = scan(
                lambda held, part: (torch.tanh(held + part.T.T), held * part),
                start,
                view,
                reverse=reverse,
            )
            out |= {f"{name} last": last, f"{name} kept": kept}
        return out

    compare(in_module, scans, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@few
@given(values=st.lists(st.floats(-7e4, 7e4, width=32), min_size=1, max_size=20))
def test_short_types_round_and_overflow_as_torchs(in_module, dtype, values):
    x = torch.tensor(values)

    def each():
        short = x.to(dtype)
        return {
            "cast": short,
            "twice": short + short,
            "square": short * short,
            "back": short.float(),
        }

    compare(in_module, each, rtol=0, atol=0)


def test_types_convert_as_torchs_do(in_module):
    x = torch.tensor([-1.7, -0.0, 0.3, 2.5, 1e-9])
    compare(
        in_module,
        lambda: {
            "whole": x.to(torch.int64),
            "truth": x.to(torch.bool),
            "double": x.double() / 3,
            "count": (x > 0).sum(),
        },
    )


@few
@given(seed=st.integers(0, 2**32 - 1))
def test_gradients_of_a_network_are_torchs(in_module, seed):
    generator = torch.Generator().manual_seed(seed)
    x, w, v = (torch.randn(shape, generator=generator) for shape in ((5, 3), (4, 3), (1, 4)))
    target = torch.randn(5, 1, generator=generator)

    def gradients():
        leaves = [each.detach().requires_grad_() for each in (w, v)]
        losses = []
        for g in (torch.tanh, torch.relu, torch.sigmoid, torch.nn.functional.silu):
            out = g(x @ leaves[0].T) @ leaves[1].T
            losses.append(torch.nn.functional.mse_loss(out, target))
        found = torch.autograd.grad(sum(losses), leaves)
        return dict(zip("wv", found, strict=True)) | {"loss": losses[0].detach()}

    compare(in_module, gradients, rtol=1e-4, atol=1e-6)


A = torch.tensor([[1.5, -2.0, 0.0], [0.25, 3.0, -0.5]])
B = torch.tensor([[0.5, -2.0, 1.0], [2.0, -3.0, 0.25]])
POSITIVE = A.abs() + 0.5
S = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(0))
ONE = torch.tensor([[[1.0], [2.0]]])
aten = torch.ops.aten
# One call of every operation that a plan may hold.
CALLS = {
    **{getattr(aten, name).default: (POSITIVE,) for name in UNARY},
    **{getattr(aten, name).Tensor: (A, B) for name in (*BINARY, "add", "sub")},
    **{getattr(aten, name).Scalar: (A, 1.5) for name in (*BINARY, "add", "sub", "rsub")},
    **{getattr(aten, name).default: (A, B) for name in ("maximum", "minimum")},
    aten.pow.Tensor_Tensor: (POSITIVE, B),
    aten.pow.Tensor_Scalar: (A, 3),
    aten.pow.Scalar: (2, A),
    **dict.fromkeys(
        (aten.logical_and.default, aten.bitwise_and.Tensor, aten.bitwise_or.Tensor), (A > 0, B > 0)
    ),
    aten.bitwise_not.default: (A > 0,),
    aten.where.self: (A > 0, A, B),
    aten.clamp.default: (A, None, 0.0),
    aten.clamp_min.default: (A, 0.5),
    **{getattr(aten, f"{name}_backward").default: (A, B) for name in ("tanh", "sigmoid")},
    aten.threshold_backward.default: (A, B, 0),
    **{getattr(aten, name).default: (A,) for name in ("clone", "detach", "alias", "lift_fresh")},
    **{getattr(aten, name).default: (A, [3, 2]) for name in ("view", "_unsafe_view")},
    aten._reshape_alias.default: (A, [3, 2], [2, 1]),
    aten.unsqueeze.default: (A, 1),
    aten.squeeze.default: (ONE,),
    aten.squeeze.dim: (ONE, 2),
    aten.squeeze.dims: (ONE, [0, 2]),
    aten.permute.default: (S, [2, 0, -2]),
    aten.transpose.int: (S, 0, -1),
    aten.t.default: (A,),
    aten.expand.default: (ONE, [3, 2, 4]),
    aten.select.int: (S, -1, -2),
    aten.slice.Tensor: (S, 2, -3, 4, 2),
    aten.sum.default: (S,),
    aten.sum.dim_IntList: (S, [0, -1], True),
    aten.mean.default: (S,),
    aten.mean.dim: (S, [1]),
    aten.amax.default: (S, [0, 2]),
    aten.amin.default: (S, [1], True),
    aten.full.default: ([2, 3], 0.5),
    **{getattr(aten, name).default: ([2, 3],) for name in ("ones", "zeros")},
    **{getattr(aten, f"{name}_like").default: (A,) for name in ("ones", "zeros")},
    aten.full_like.default: (A, 7.0),
    aten.new_full.default: (A, [2], 7.0),
    aten.new_zeros.default: (A, [4]),
    aten.scalar_tensor.default: (2.5,),
    aten.arange.default: (4,),
    aten.arange.start: (2, 6),
    aten.arange.start_step: (1, 8, 3),
    aten.mm.default: (A, B.T),
    aten.bmm.default: (S, S.transpose(1, 2)),
    aten.addmm.default: (torch.ones(2), A, B.T),
    aten.cat.default: ([A, B], -1),
    aten.stack.default: ([A, B], 1),
}


def every_call():
    outputs = {str(operation): operation(*given) for operation, given in CALLS.items()}
    return outputs | {"aten._to_copy.default": aten._to_copy.default(A, dtype=torch.float64)}


def test_every_operation_of_the_list_is_torchs(in_module):
    assert {*map(str, LOWERED)} == {*every_call()}
    compare(in_module, every_call, rtol=2e-6, atol=1e-6)


def test_what_is_made_of_other_operations_is_torchs_with_its_gradient(in_module):
    functional = torch.nn.functional
    functions = {
        "softmax": lambda x: functional.softmax(x, 1),
        "log_softmax": lambda x: functional.log_softmax(x, 0),
        "mse_loss": lambda x: functional.mse_loss(x, B),
        "softplus": functional.softplus,
        "silu": functional.silu,
        "select": lambda x: x[1],
        "slice": lambda x: torch.cat([x[:, 1:2], x[:, -2:]], 1) + 3 * x[:, :] + x[:, :1],
        "select_scatter": lambda x: torch.select_scatter(x, B[0], 0, -1),
        "addcmul": lambda x: torch.addcmul(x, B, B, value=0.5),
        "addcdiv": lambda x: torch.addcdiv(x, B, POSITIVE, value=2),
        "lerp": lambda x: torch.lerp(x, B, 0.25),
    }
    weights = torch.tensor([[0.3, -1.0, 2.0], [1.0, 0.5, -0.2]])

    def each():
        outputs = {}
        for name, function in functions.items():
            x = A.detach().requires_grad_()
            out = function(x)
            total = (out * weights[: out.shape[0] if out.dim() == 2 else 1]).sum()
            (gradient,) = torch.autograd.grad(total, x)
            outputs |= {name: out.detach(), f"{name}_gradient": gradient}
        return outputs

    made = {overload.__name__.split(".")[0].removeprefix("_") for overload in DECOMPOSED}
    named = {name.removesuffix("_data").removesuffix("_backward") for name in made}
    assert named == {*functions}
    compare(in_module, each, rtol=2e-5, atol=1e-6)
