"""Every operation of a plan, in a real browser, against torch."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainability.programs.operations import BINARY, LOWERED, UNARY
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
ODD = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e-40, -1e-40, 3e38, -3e38, 0.5, 88.8]
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
        functions = {name: getattr(torch, name)(x(), y()) for name in (*BINARY, "add", "sub")}
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


def test_the_page_knows_every_operation_of_the_list(in_module):
    assert len(LOWERED) > 80
    known = in_module("kernels.js", "return Object.keys(module.KERNELS)")
    assert {*UNARY, *BINARY, "add", "sub", "where", "copy"} <= set(known)
