"""LARS and LAMB: values by hand, scale, torch's manners, and hostile input."""

import copy
import math
import warnings
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrizations
from torch.utils._python_dispatch import TorchDispatchMode

from trainability.optim import LAMB, LARS, parameter_groups


def leaf(values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def step(optimizer, param, gradient, lr=None):
    if lr is not None:
        optimizer.param_groups[0]["lr"] = lr
    param.grad = torch.as_tensor(gradient, dtype=param.dtype)
    optimizer.step()
    return param.detach().clone()


# Worked out by hand in the sources: w = (3, 4), g = (.6, -.8), rates .1 and .05.
HAND = {
    "the paper": ({}, (2.99279959, 4.00955267)),
    "norm of the sum": ({"joint_norm": True}, (2.99277655, 4.00958324)),
    "rate outside": ({"rate_outside": True}, (2.99414959, 4.00776164)),
}


@pytest.mark.claims("S1-6")
@pytest.mark.parametrize("variant", HAND)
def test_two_steps_of_each_variant_are_those_computed_by_hand(variant):
    options, expected = HAND[variant]
    w = leaf([3, 4])
    optimizer = LARS([w], 0.1, weight_decay=5e-4, trust_coefficient=0.01, **options)
    step(optimizer, w, [0.6, -0.8])
    found = step(optimizer, w, [0.6, -0.8], lr=0.05)
    assert all(abs(a - b) < 1e-8 for a, b in zip(found.tolist(), expected, strict=True))


def test_one_step_of_each_variant_against_numbers_typed_from_the_formula():
    # ‖w‖ = 5, ‖g‖ = 1, β = .0005: λ = .05/1.0025; ‖g + βw‖² = .6015² + .798².
    ratio = 0.01 * 5 / (1 + 0.0005 * 5)
    joint = 0.05 / math.hypot(0.6015, -0.798)
    rates = [
        ({}, 0.1 * ratio),
        ({"joint_norm": True}, 0.1 * joint),
        ({"rate_outside": True}, 0.1 * ratio),
        ({"clip": True}, min(ratio, 0.1)),
    ]
    for options, rate in rates:
        w = leaf([3, 4])
        optimizer = LARS([w], 0.1, weight_decay=5e-4, trust_coefficient=0.01, **options)
        found = step(optimizer, w, [0.6, -0.8]).tolist()
        expected = [3 - rate * 0.6015, 4 + rate * 0.798]
        assert all(abs(a - b) < 1e-12 for a, b in zip(found, expected, strict=True)), options
        assert optimizer.trust_ratios() == [pytest.approx(rate / 0.1)]


def test_the_cap_binds_where_the_ratio_is_larger_than_the_rate():
    w = leaf([3, 4])
    found = step(LARS([w], 0.1, 0.0, trust_coefficient=1.0, clip=True), w, [0.6, -0.8])
    torch.testing.assert_close(found, torch.tensor([2.94, 4.08]).double(), rtol=1e-6, atol=0)


VARIANTS: dict[str, dict[str, Any]] = {
    "the paper": {},
    "joint norm": {"joint_norm": True},
    "rate outside": {"rate_outside": True},
    "both": {"joint_norm": True, "rate_outside": True},
}


@pytest.mark.claims("S0-4", "S1-6")
@pytest.mark.parametrize("variant", VARIANTS)
@given(
    exponent=st.floats(-6, 6),
    values=st.lists(st.floats(0.1, 10), min_size=2, max_size=6),
    momentum=st.sampled_from([0.0, 0.9]),
)
def test_scaling_a_gradient_leaves_the_steps_of_lars_as_they_are(
    variant, exponent, values, momentum
):
    start, gradient = torch.tensor(values).double(), torch.tensor(values[::-1]).double().neg()
    ends = []
    for factor in (1.0, 10.0**exponent):
        w = start.clone().requires_grad_()
        optimizer = LARS([w], 3.0, momentum, **VARIANTS[variant])
        for _ in range(3):
            end = step(optimizer, w, factor * gradient)
        ends.append(end)
    torch.testing.assert_close(*ends, rtol=1e-10, atol=0)


def steps_of(rates, gradients, start=(3.0, -4.0, 0.5), **options):
    w = leaf(list(start))
    optimizer = LARS([w], rates[0], trust_coefficient=0.01, **options)
    ends = [step(optimizer, w, g, lr) for lr, g in zip(rates, gradients, strict=True)]
    return torch.stack(ends)


GRADIENTS = st.lists(
    st.lists(st.floats(0.1, 10), min_size=3, max_size=3), min_size=4, max_size=4
).map(lambda rows: torch.tensor(rows).double() * torch.tensor([1, -1, 1]))
RATES = st.lists(st.floats(0.1, 10), min_size=4, max_size=4)


@given(gradients=GRADIENTS, rates=RATES)
def test_the_joint_norm_is_the_papers_without_decay_and_the_longer_step_with_it(gradients, rates):
    paper = steps_of(rates, gradients)
    torch.testing.assert_close(steps_of(rates, gradients, joint_norm=True), paper)
    start, decay = torch.tensor([3.0, -4.0, 0.5]).double(), {"weight_decay": 0.1}
    one = {"rates": rates[:1], "gradients": gradients[:1]}
    paper, joint = (
        (steps_of(**one, **decay, joint_norm=on)[0] - start).norm() for on in (False, True)
    )
    assert joint >= paper * (1 - 1e-9)


@given(gradients=GRADIENTS, rates=RATES)
def test_the_rate_outside_is_the_papers_as_long_as_the_rate_stays(gradients, rates):
    still = [rates[0]] * 4
    paper = steps_of(still, gradients, weight_decay=0.01)
    outside = steps_of(still, gradients, weight_decay=0.01, rate_outside=True)
    torch.testing.assert_close(outside, paper, rtol=1e-9, atol=1e-12)
    if abs(rates[0] - rates[1]) > 0.01:
        outside = steps_of(rates[:2], gradients[:2], rate_outside=True)
        assert not torch.allclose(outside[1], steps_of(rates[:2], gradients[:2])[1], rtol=1e-7)


@given(gradients=GRADIENTS, rates=RATES, size=st.floats(-4, 4))
def test_the_cap_takes_the_smaller_of_the_ratio_and_the_rate(gradients, rates, size):
    gradient = 10.0**size * gradients[:1]
    start = torch.tensor([3.0, -4.0, 0.5]).double()
    ratio = 0.01 * start.norm() / gradient.norm()
    found = steps_of(rates[:1], gradient, clip=True)[0]
    torch.testing.assert_close(found, start - min(ratio, rates[0]) * gradient[0])


@given(exponent=st.floats(-3, 6))
def test_scaling_a_gradient_leaves_the_steps_of_lamb_as_they_are_up_to_eps(exponent):
    ends = []
    for factor in (1.0, 10.0**exponent):
        w = leaf([3, 4, -1])
        optimizer = LAMB([w], 0.1, eps=0.0)
        for gradient in ([1, 2, -1], [-1, 0.5, 2]):
            end = step(optimizer, w, factor * torch.tensor(gradient).double())
        ends.append(end)
    torch.testing.assert_close(*ends, rtol=1e-10, atol=0)


@pytest.mark.claims("S0-4")
@given(share=st.floats(1e-4, 0.5), scale=st.floats(-8, 8))
def test_without_momentum_a_layer_moves_by_the_share_asked_for(share, scale):
    w = leaf([3, 4])
    moved = step(LARS([w], 1e3 * share, momentum=0.0), w, [0.6 * 10**scale, -0.8 * 10**scale])
    start = torch.tensor([3.0, 4.0]).double()
    assert (moved - start).norm().item() / 5 == pytest.approx(share, rel=1e-9)


def test_with_decay_the_ratio_stays_below_the_trust_coefficient_over_the_decay():
    w = leaf([3, 4])
    optimizer = LARS([w], 0.1, weight_decay=5e-4)
    for size in (1e-2, 1e-6, 1e-300):
        step(optimizer, w, [size, size])
        assert optimizer.trust_ratios()[0] <= 2.0
    assert optimizer.trust_ratios()[0] == pytest.approx(2.0)


def test_momentum_lets_steps_grow_tenfold_and_no_further():
    w, optimizer = leaf([1.0] * 4), None
    optimizer = LARS([w], 1e-3)
    lengths, before = [], w.detach().clone()
    for _ in range(200):
        after = step(optimizer, w, [1.0] * 4)
        lengths.append(((after - before).norm() / before.norm()).item())
        before = after
    assert lengths[0] == pytest.approx(1e-6, rel=1e-6)
    assert lengths[-1] == pytest.approx(1e-5, rel=1e-2) and max(lengths) < 1.001e-5


@pytest.mark.parametrize("start", [[0.0, 0.0], [3.0, 4.0]])
def test_where_a_norm_is_zero_the_ratio_is_one(start):
    w = leaf(start)
    optimizer = LARS([w], 0.1)
    gradient = [0.6, -0.8] if start[0] == 0 else [0.0, 0.0]
    moved = step(optimizer, w, gradient)
    assert optimizer.trust_ratios() == [1.0]
    expected = torch.tensor(start).double() - 0.1 * torch.tensor(gradient).double()
    torch.testing.assert_close(moved, expected)


def test_without_adaptation_lars_is_momentum_sgd_with_the_rate_in_the_buffer():
    ours, theirs = leaf([3, 4]), leaf([3, 4])
    mine = LARS([ours], 0.1, weight_decay=0.01, adapt=False, rate_outside=True)
    torchs = torch.optim.SGD([theirs], 0.1, momentum=0.9, weight_decay=0.01)
    for lr in (0.1, 0.05, 0.2):
        a, b = (step(o, w, [0.6, -0.8], lr) for o, w in ((mine, ours), (torchs, theirs)))
        torch.testing.assert_close(a, b, rtol=1e-14, atol=0)


def test_without_adaptation_lamb_is_adamw():
    ours, theirs = leaf([3, 4, 0]), leaf([3, 4, 0])
    mine = LAMB([ours], 0.1, weight_decay=0.01, adapt=False)
    torchs = torch.optim.AdamW([theirs], 0.1, eps=1e-6, weight_decay=0.01)
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        gradient = torch.randn(3, generator=generator)
        a, b = step(mine, ours, gradient), step(torchs, theirs, gradient)
        torch.testing.assert_close(a, b, rtol=1e-12, atol=0)


def test_lamb_moves_by_the_rate_times_the_length_of_the_weights():
    w = leaf([3, 4])
    moved = step(LAMB([w], 0.1), w, [1e-3, 5.0])
    # First step: m̂ = g and v̂ = g², so u = sign(g) up to eps.
    expected = torch.tensor([3.0, 4.0]).double() - 0.1 * 5 / 2**0.5
    torch.testing.assert_close(moved, expected, rtol=1e-3, atol=0)


def test_agrees_with_pytorch_optimizers_lars_where_the_two_define_the_same():
    import pytorch_optimizer

    generator = torch.Generator().manual_seed(0)
    start = torch.randn(5, 4, generator=generator).double()
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    # Without decay, and with the rate outside of the buffer, where theirs keeps it.
    mine = LARS([ours], 2.0, rate_outside=True)
    other = pytorch_optimizer.LARS([theirs], 2.0, momentum=0.9, trust_coefficient=1e-3)
    for lr in (2.0, 1.0, 4.0):
        gradient = torch.randn(5, 4, generator=generator)
        a, b = step(mine, ours, gradient, lr), step(other, theirs, gradient, lr)
        torch.testing.assert_close(a, b, rtol=1e-6, atol=0)


MAKE = {
    "LARS": (partial(LARS, lr=20.0), partial(LARS, lr=1.0)),
    "LARS, rate outside": (
        partial(LARS, lr=20.0, rate_outside=True),
        partial(LARS, lr=1.0, rate_outside=True),
    ),
    "LAMB": (partial(LAMB, lr=0.05), partial(LAMB, lr=0.01)),
}


def parabola(w):
    return ((w - torch.tensor([1.0, -2.0]).double()) ** 2 * torch.tensor([1.0, 3.0])).sum()


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("loss", [parabola, rosenbrock])
def test_converges_when_the_rate_decays(name, loss):
    w = leaf([3.0, 4.0] if loss is parabola else [-1.2, 1.0])
    optimizer = MAKE[name][loss is rosenbrock]([w])
    steps = 400 if loss is parabola else 12_000
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, steps, power=2)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(w).backward()
        optimizer.step()
        schedule.step()
    assert loss(w).item() < 1e-3


def test_small_relative_steps_get_stuck_where_the_weights_are_near_zero():
    w = leaf([-1.2, 1.0])
    optimizer = LAMB([w], 0.003)
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, 6000, power=2)
    for _ in range(6000):
        optimizer.zero_grad()
        rosenbrock(w).backward()
        optimizer.step()
        schedule.step()
    assert w.norm() < 0.05 and rosenbrock(w).item() > 0.9  # the minimum is at (1, 1)


@pytest.mark.parametrize("name", MAKE)
def test_a_saved_state_goes_on_to_the_last_bit(name):
    def run(optimizer, w, first, last):
        for count in range(first, last):
            step(optimizer, w, torch.sin(torch.arange(6) + count).view(2, 3))

    make, start = MAKE[name][0], torch.arange(1.0, 7).view(2, 3)
    whole = start.clone().requires_grad_()
    run(make([whole]), whole, 0, 8)
    half = start.clone().requires_grad_()
    first = make([half])
    run(first, half, 0, 4)
    second_w = half.detach().clone().requires_grad_()
    second = make([second_w])
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    run(second, second_w, 4, 8)
    assert torch.equal(whole, second_w)


def test_a_state_survives_saving_without_pickled_code(tmp_path):
    w = leaf([3.0, 4.0])
    optimizer = LAMB([w], 0.1)
    step(optimizer, w, [1.0, 2.0])
    torch.save(optimizer.state_dict(), tmp_path / "state.pt")
    loaded = torch.load(tmp_path / "state.pt", weights_only=True)
    other = LAMB([leaf([3.0, 4.0])], 0.1)
    other.load_state_dict(loaded)
    assert other.state_dict()["state"][0]["step"] == 1


def test_a_state_of_another_optimizer_is_refused():
    w = leaf([3.0, 4.0])
    with pytest.raises(ValueError, match=r"no state of LARS: it lacks adapt"):
        LARS([w], 0.1).load_state_dict(torch.optim.SGD([w], 0.1).state_dict())


def test_a_closure_is_called_with_gradients_on_and_its_loss_returned():
    w = leaf([3.0, 4.0])
    optimizer = LARS([w], 10.0)

    def closure():
        optimizer.zero_grad()
        loss = parabola(w)
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == pytest.approx(4 + 108)
    assert parabola(w) < 112


@pytest.mark.parametrize("name", MAKE)
def test_gradients_and_settings_stay_as_they_are(name):
    w = leaf([3.0, 4.0])
    optimizer = MAKE[name][0]([w], weight_decay=0.1)
    before = {k: v for k, v in optimizer.param_groups[0].items() if k != "params"}
    w.grad = torch.tensor([1.0, 2.0]).double()
    optimizer.step()
    assert w.grad.tolist() == [1.0, 2.0]
    assert {k: v for k, v in optimizer.param_groups[0].items() if k != "params"} == before


def test_the_buffer_is_what_is_subtracted_and_has_the_parameters_shape():
    w = leaf([[3.0, 4.0]])
    optimizer = LARS([w], 0.1)
    after = step(optimizer, w, [[0.6, -0.8]])
    buffer = optimizer.state[w]["momentum_buffer"]
    assert buffer.shape == w.shape
    torch.testing.assert_close(torch.tensor([[3.0, 4.0]]).double() - buffer, after)


def test_a_schedule_may_move_momentum_through_zero():
    w = leaf([1.0, 2.0])
    optimizer = LARS([w], 1.0, adapt=False)
    for momentum, gradient in ((0.9, 1.0), (0.0, 0.0), (0.9, 0.0)):
        optimizer.param_groups[0]["momentum"] = momentum
        before = w.detach().clone()
        after = step(optimizer, w, [gradient] * 2)
    assert torch.equal(before, after)


def test_one_cycle_moves_rate_and_momentum():
    w = leaf([3.0, 4.0])
    optimizer = LARS([w], 1.0)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=10.0, total_steps=20)
    seen = set()
    for _ in range(19):
        step(optimizer, w, [1.0, 1.0])
        cycle.step()
        seen.add((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
    assert len(seen) > 15 and torch.isfinite(w).all()


def test_each_group_has_its_own_settings():
    first, second = leaf([3.0, 4.0]), leaf([3.0, 4.0])
    groups = [{"params": [first]}, {"params": [second], "trust_coefficient": 1e-2, "lr": 0.2}]
    optimizer = LARS(groups, 0.1, momentum=0.0)
    first.grad = second.grad = torch.tensor([0.6, -0.8]).double()
    optimizer.step()
    moved = [(w.detach() - torch.tensor([3.0, 4.0])).norm().item() / 5 for w in (first, second)]
    assert moved == [pytest.approx(1e-4), pytest.approx(2e-3)]
    assert optimizer.trust_ratios() == [pytest.approx(0.005), pytest.approx(0.05)]


def test_parameters_without_gradient_stay_and_tell_no_ratio():
    moving, still = leaf([3.0, 4.0]), leaf([1.0])
    optimizer = LARS([moving, still], 0.1)
    assert all(math.isnan(ratio) for ratio in optimizer.trust_ratios())
    step(optimizer, moving, [1.0, 1.0])
    assert still.item() == 1.0 and math.isnan(optimizer.trust_ratios()[1])
    moving.grad, still.grad = None, torch.ones(1).double()
    optimizer.step()
    assert math.isnan(optimizer.trust_ratios()[0]) and optimizer.trust_ratios()[1] > 0


@pytest.mark.parametrize("name", MAKE)
def test_types_may_be_mixed(name):
    kinds = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    params = [leaf([3.0, 4.0], dtype=kind) for kind in kinds] + [leaf(5.0), leaf([])]
    for param in params:
        param.grad = torch.full_like(param, 0.5)
    MAKE[name][1](params).step()
    wanted = params[3].detach().float()
    for param, rtol in zip(params[:3], (2e-3, 1e-2, 1e-5), strict=True):
        torch.testing.assert_close(param.detach().float(), wanted, rtol=rtol, atol=0)


EVERY = {
    name: partial(LARS, lr=2.0, weight_decay=0.01, **options)
    for name, options in (VARIANTS | {"cap": {"clip": True}}).items()
} | {"LAMB": partial(LAMB, lr=0.01, weight_decay=0.01)}


@pytest.mark.parametrize("name", EVERY)
def test_one_group_may_lie_on_two_devices(name):
    def with_gradient(device):
        param = torch.ones(3, 2, device=device, requires_grad=True)
        param.grad = torch.full((3, 2), 0.5, device=device)
        return param

    here, there, alone = with_gradient("cpu"), with_gradient("meta"), with_gradient("cpu")
    EVERY[name]([here, there]).step()
    EVERY[name]([alone]).step()
    assert torch.equal(here, alone) and there.device.type == "meta"
    assert not torch.equal(here.detach(), torch.ones(3, 2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", EVERY)
def test_no_step_reads_a_number(name, dtype):
    """Tensors of the device meta have none, and go the way of a GPU's."""
    params = [torch.ones(3, 2, device="meta", dtype=dtype, requires_grad=True) for _ in range(4)]
    optimizer = EVERY[name](params)
    for _ in range(2):
        for param in params:
            param.grad = torch.ones_like(param)
        optimizer.step()
    with pytest.raises((RuntimeError, NotImplementedError)):
        params[0].sum().item()


class Reads(TorchDispatchMode):
    """Counts what would make the host wait for a device."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func in {
            torch.ops.aten._local_scalar_dense.default,
            torch.ops.aten.item.default,
        }
        return func(*args, **(kwargs or {}))


def test_what_reads_numbers_is_counted():
    with Reads() as reads:
        torch.ones(2).sum().item()
    assert reads.count == 1


@pytest.mark.parametrize("name", EVERY)
def test_on_a_cpu_too_no_parameter_has_its_numbers_read_one_by_one(name):
    params = [torch.ones(3, 2, requires_grad=True) for _ in range(20)]
    for param in params:
        param.grad = torch.full((3, 2), 0.5)
    optimizer = EVERY[name](params)
    with Reads() as reads:
        optimizer.step()
        optimizer.step()
    assert reads.count == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU to wait for")
@pytest.mark.parametrize("name", EVERY)
def test_no_step_waits_for_a_gpu(name):
    params = [torch.ones(3, 2, device="cuda", requires_grad=True) for _ in range(4)]
    for param in params:
        param.grad = torch.full_like(param, 0.5)
    optimizer = EVERY[name](params)
    optimizer.step()
    torch.cuda.set_sync_debug_mode("error")
    try:
        optimizer.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.isfinite(params[0]).all()


@pytest.mark.parametrize(
    ("kind", "exponents"),
    [
        (torch.float16, (-6, 0, 4)),
        (torch.bfloat16, (-37, -7, 0, 4, 38)),
        (torch.float32, (-37, -30, 0, 30, 38)),
    ],
)
def test_the_share_is_kept_at_the_ends_of_a_type(kind, exponents):
    for exponent in exponents:
        w = torch.full((64,), 1.0, dtype=kind, requires_grad=True)
        w.grad = torch.full((64,), 10.0**exponent, dtype=kind)
        LARS([w], 100.0, momentum=0.0).step()
        torch.testing.assert_close(w.detach().float(), torch.full((64,), 0.9), rtol=5e-3, atol=0)


def test_norms_whose_squares_overflow_still_give_the_share():
    w = leaf([3.0, 4.0], torch.float32)
    found = step(LARS([w], 10.0, momentum=0.0), w, [1e20, 1e20])
    assert torch.isfinite(found).all()
    assert (found - torch.tensor([3.0, 4.0])).norm().item() == pytest.approx(0.05, rel=1e-4)


@pytest.mark.claims("S0-4")
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("make", [partial(LARS, lr=0.1), partial(LAMB, lr=0.1)])
def test_a_gradient_that_is_not_finite_spoils_its_parameter_and_no_other(make, bad):
    spoiled, other = leaf([3.0, 4.0]), leaf([3.0, 4.0])
    optimizer = make([spoiled, other])
    other.grad = torch.ones(2).double()
    step(optimizer, spoiled, [bad, 1.0])
    assert torch.isnan(spoiled).all() and torch.isfinite(other).all()
    assert math.isnan(optimizer.trust_ratios()[0])


@pytest.mark.claims("S0-4")
@pytest.mark.parametrize("name", MAKE)
def test_a_gradient_of_zeros_moves_nothing(name):
    w = leaf([3.0, 4.0])
    assert step(MAKE[name][0]([w]), w, [0.0, 0.0]).tolist() == [3.0, 4.0]


@pytest.mark.parametrize("make", [partial(LARS, lr=0.1), partial(LAMB, lr=0.1)])
def test_sparse_gradients_are_refused_before_anything_has_moved(make):
    dense, table = leaf([3.0, 4.0]), nn.Embedding(4, 2, sparse=True)
    optimizer = make([dense, *table.parameters()])
    dense.grad = torch.ones(2).double()
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match="dense gradients"):
        optimizer.step()
    assert dense.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("dtype", [torch.complex64, torch.float8_e4m3fn])
def test_other_kinds_of_parameters_are_refused(dtype):
    for make in (LARS, LAMB):
        with pytest.raises(ValueError, match="16, 32 or 64 floating bits"):
            make([torch.zeros(2, dtype=dtype)], lr=0.1)


@pytest.mark.parametrize(
    ("make", "settings", "error", "message"),
    [
        (LARS, {"lr": -1.0}, ValueError, "lr=-1.0"),
        (LARS, {"lr": math.inf}, ValueError, "lr"),
        (LARS, {"lr": "1"}, TypeError, "lr="),
        (LARS, {"lr": 1.0, "momentum": 1.0}, ValueError, "momentum"),
        (LARS, {"lr": 1.0, "momentum": math.nan}, ValueError, "momentum is nan"),
        (LARS, {"lr": 1.0, "weight_decay": -1}, ValueError, "weight_decay"),
        (LARS, {"lr": 1.0, "trust_coefficient": 0}, ValueError, "no weight would move"),
        (LARS, {"lr": 1.0, "clip": "yes"}, TypeError, "clip='yes' must be True or False"),
        (LAMB, {"lr": 1.0, "betas": 0.9}, TypeError, "pair"),
        (LAMB, {"lr": 1.0, "betas": (0.9, 1.0)}, ValueError, "betas"),
        (LAMB, {"lr": 1.0, "eps": -1e-8}, ValueError, "eps"),
        (LAMB, {"lr": 1.0, "adapt": None}, TypeError, "adapt"),
    ],
)
def test_settings_out_of_range_are_named(make, settings, error, message):
    with pytest.raises(error, match=message):
        make([leaf([1.0])], **settings)


def test_a_bad_group_leaves_the_optimizer_as_it_was():
    optimizer = LARS([leaf([1.0])], 0.1)
    with pytest.raises(ValueError, match="momentum"):
        optimizer.add_param_group({"params": [leaf([2.0])], "momentum": 2})
    with pytest.raises(TypeError):
        optimizer.add_param_group({"params": {leaf([2.0])}})
    assert len(optimizer.param_groups) == 1


@settings(deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_parameters_of_any_shape_can_be_strided(shape):
    base = torch.ones(*[2 * side for side in shape]).double()
    strided = base[tuple(slice(None, None, 2) for _ in shape)].detach().requires_grad_()
    strided.grad = torch.ones_like(strided)
    LARS([strided], 100.0, momentum=0.0).step()
    torch.testing.assert_close(strided.detach(), torch.full(shape, 0.9).double())


def test_biases_and_normalization_parameters_go_into_a_group_of_their_own():
    shared = nn.Linear(4, 4)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.GroupNorm(1, 2), shared, shared)
    model.append(nn.LayerNorm((2, 3)))
    model.append(nn.MultiheadAttention(4, 2, add_bias_kv=True))
    model[0].bias.requires_grad_(False)
    weights, rest = parameter_groups(model, lr=0.01)
    names = {param: name for name, param in model.named_parameters()}
    assert {names[p] for p in weights["params"]} == {
        "0.weight",
        "3.weight",
        "6.in_proj_weight",
        "6.out_proj.weight",
    }
    everything = [*weights["params"], *rest["params"]]
    assert len(everything) == len(set(everything)) == len(names) - 1
    assert (rest["adapt"], rest["weight_decay"], rest["lr"]) == (False, 0.0, 0.01)
    LARS([weights, rest], lr=1.0)


def test_a_parameter_that_is_a_bias_anywhere_is_excluded():
    first, second = nn.Linear(3, 2, bias=False), nn.Module()
    second.bias = first.weight
    (rest,) = parameter_groups(nn.ModuleList([first, second]))
    assert rest["adapt"] is False


def test_groups_of_nothing_are_refused():
    with pytest.raises(ValueError, match="no parameters"):
        parameter_groups(nn.ReLU())
    with pytest.raises(TypeError, match="params"):
        parameter_groups(nn.Linear(2, 2), params=[])


@pytest.mark.claims("S1-6")
def test_the_rates_of_layers_differ_as_their_gradients_do_and_their_relative_steps_do_not():
    generator = torch.Generator().manual_seed(0)
    layers = [torch.randn(size, 7, generator=generator).requires_grad_() for size in (3, 20)]
    starts = [layer.detach().clone() for layer in layers]
    for layer, scale in zip(layers, (1e-5, 1e5), strict=True):
        layer.grad = scale * torch.randn(layer.shape, generator=generator)
    optimizer = LARS(layers, 5.0, momentum=0.0)
    optimizer.step()
    small, large = optimizer.trust_ratios()
    assert small / large > 1e9
    for layer, start in zip(layers, starts, strict=True):
        assert ((layer - start).norm() / start.norm()).item() == pytest.approx(0.005, rel=1e-4)


def test_decay_alone_moves_by_the_share_however_large_the_rate_times_decay():
    for options in ({}, {"joint_norm": True}):
        w = leaf([3.0, 4.0])
        optimizer = LARS([w], 32.0, weight_decay=0.05, **options)
        moved = step(optimizer, w, [0.0, 0.0])
        assert optimizer.trust_ratios() == [pytest.approx(1e-3 / 0.05)]  # η/β
        torch.testing.assert_close(moved, 0.968 * torch.tensor([3.0, 4.0]).double())
        near = leaf([3.0, 4.0])
        nearly = step(LARS([near], 32.0, weight_decay=0.05, **options), near, [1e-12, 1e-12])
        torch.testing.assert_close(moved, nearly)  # no jump at 0


@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_nesterov_and_maximize_without_adaptation_are_those_of_torchs_sgd(momentum):
    shared = {"momentum": momentum, "weight_decay": 0.01, "nesterov": True, "maximize": True}
    ours, theirs = leaf([3, 4]), leaf([3, 4])
    mine = LARS([ours], 0.1, adapt=False, rate_outside=True, **shared)
    torchs = torch.optim.SGD([theirs], 0.1, **shared)
    for lr, gradient in ((0.1, [0.6, -0.8]), (0.05, [1.0, 2.0]), (0.2, [-3.0, 0.5])):
        a, b = (step(o, w, gradient, lr) for o, w in ((mine, ours), (torchs, theirs)))
        torch.testing.assert_close(a, b, rtol=1e-13, atol=0)


@pytest.mark.parametrize("options", [{}, {"rate_outside": True}])
def test_with_nesterov_the_first_step_is_longer_by_the_momentum(options):
    w = leaf([3.0, 4.0])
    moved = step(LARS([w], 10.0, nesterov=True, **options), w, [0.6, -0.8])
    expected = torch.tensor([3, 4]) - 0.05 * 1.9 * torch.tensor([0.6, -0.8]).double()
    torch.testing.assert_close(moved, expected)


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(ValueError, match="nesterov=True needs momentum"):
        LARS([leaf([1.0])], 0.1, momentum=0.0, nesterov=True)


@pytest.mark.parametrize("name", MAKE)
def test_to_maximize_is_to_minimize_the_negative_and_leaves_gradients_alone(name):
    up, down = leaf([3.0, 4.0]), leaf([3.0, 4.0])
    climbing, falling = MAKE[name][0]([up], maximize=True), MAKE[name][0]([down])
    for gradient in ([1.0, -2.0], [0.5, 3.0]):
        gradient = torch.tensor(gradient)
        assert torch.equal(step(climbing, up, gradient), step(falling, down, -gradient))
    assert up.grad.tolist() == [0.5, 3.0]


@pytest.mark.parametrize("name", EVERY)
def test_a_tensor_serves_as_the_rate_and_schedules_change_it_in_place(name):
    ends = []
    for kind in (float, lambda number: torch.tensor(number, dtype=torch.float64)):
        w = leaf([3.0, 4.0])
        optimizer = EVERY[name]([w], lr=kind(0.5))
        rate = optimizer.param_groups[0]["lr"]
        schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, 5, power=2)
        for _ in range(4):
            end = step(optimizer, w, [0.6, -0.8])
            schedule.step()
        ends.append(end)
    assert optimizer.param_groups[0]["lr"] is rate and rate < 0.5
    torch.testing.assert_close(*ends, rtol=1e-12, atol=0)
    for bad, message in ((torch.tensor(-1.0), "lr="), (torch.ones(2), r"lr has shape \(2,\)")):
        with pytest.raises(ValueError, match=message):
            EVERY[name]([w], lr=bad)


def test_a_loaded_state_has_taken_no_step_in_the_same_optimizer_too():
    w = leaf([3.0, 4.0])
    optimizer = LARS([w], 0.1)
    step(optimizer, w, [0.6, -0.8])
    optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert math.isnan(optimizer.trust_ratios()[0])


def test_lamb_refuses_to_be_captured_where_its_count_would_stand_still(monkeypatch):
    for name in ("is_available", "is_current_stream_capturing"):
        monkeypatch.setattr(torch.cuda, name, lambda: True)
    w = leaf([3.0, 4.0])
    with pytest.raises(RuntimeError, match="counts its steps on the host"):
        step(LAMB([w], 0.1), w, [1.0, 1.0])
    assert w.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("name", ["LARS", "LAMB"])
def test_a_compiled_step_is_the_same_step_and_is_not_compiled_anew_each_time(name):
    graphs = []

    def backend(module, _):
        graphs.append(module)
        return module

    torch._dynamo.reset()
    ours, theirs = leaf([3.0, 4.0]), leaf([3.0, 4.0])
    compiled, plain = MAKE[name][0]([ours]), MAKE[name][0]([theirs])
    fast, made = torch.compile(compiled.step, backend=backend), []
    for count in range(8):
        ours.grad = theirs.grad = torch.tensor([0.6, -0.8 - count]).double()
        fast()
        plain.step()
        made.append(len(graphs))
    torch.testing.assert_close(ours, theirs)
    assert made[0] > 0 and made[-1] == made[3]


def test_what_starts_at_zero_leaps_once_and_then_moves_by_shares_of_the_leap():
    w = leaf([[0.0, 0.0], [0.0, 0.0]])
    optimizer, lengths = LARS([w], 8.0, momentum=0.0), []
    for _ in range(2):
        before = w.detach().clone()
        lengths.append((step(optimizer, w, [[0.5, 0.5], [0.5, 0.5]]) - before).norm().item())
    assert lengths == pytest.approx([8.0, 0.064])


def test_a_share_of_a_thousandth_moves_less_than_a_quarter_of_bfloat16_entries_and_all_of_float32():
    generator = torch.Generator().manual_seed(0)
    start, gradient = (torch.randn(100, 100, generator=generator) for _ in range(2))
    moved = {}
    for kind in (torch.bfloat16, torch.float32):
        w = start.to(kind, copy=True).requires_grad_()
        w.grad = gradient.to(kind)
        LARS([w], 1.0, momentum=0.0).step()
        moved[kind] = (w != start.to(kind)).float().mean().item()
    assert 0.2 < moved[torch.bfloat16] < 0.25 and moved[torch.float32] > 0.98


def test_lazy_layers_are_refused_until_they_have_a_shape():
    model = nn.Sequential(nn.LazyLinear(4), nn.LazyConv1d(2, 1))
    for make in (parameter_groups, lambda m: LARS(m.parameters(), 0.1)):
        with pytest.raises(ValueError, match="no shape yet; run one batch"):
            make(model)
    ready = nn.Sequential(nn.LazyLinear(4))
    ready(torch.ones(2, 3))
    weights, rest = parameter_groups(ready)
    assert weights["params"] == [ready[0].weight] and rest["params"] == [ready[0].bias]


def weight_normed():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return nn.utils.weight_norm(nn.Linear(3, 2))


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.unbiased_w = nn.Parameter(torch.ones(2, 2))
        self.gauge_g = nn.Parameter(torch.ones(2, 2))  # no gain: there is no gauge_v
        self.relative_position_bias_table = nn.Parameter(torch.ones(9, 2))


@pytest.mark.parametrize(
    ("build", "excluded"),
    [
        (Named, {"relative_position_bias_table"}),
        (weight_normed, {"weight_g", "bias"}),
        (
            lambda: parametrizations.weight_norm(nn.Linear(3, 2)),
            {"parametrizations.weight.original0", "bias"},
        ),
        (lambda: parametrizations.spectral_norm(nn.Linear(3, 2)), {"bias"}),
        (lambda: parametrizations.weight_norm(nn.RNN(3, 2), "weight_hh_l0"), None),
        (
            lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True),
            {"in_proj_bias", "bias_k", "bias_v", "out_proj.bias"},
        ),
    ],
)
def test_what_scales_or_shifts_is_excluded_and_no_weight_for_its_name(build, excluded):
    model = build()
    rest = parameter_groups(model)[-1]
    found = {name for name, p in model.named_parameters() if any(p is q for q in rest["params"])}
    if excluded is None:
        excluded = {"bias_ih_l0", "bias_hh_l0", "parametrizations.weight_hh_l0.original0"}
    assert found == excluded


def test_one_tensor_of_three_matrices_has_one_ratio():
    attention = nn.MultiheadAttention(4, 2, bias=False)
    weight = attention.in_proj_weight
    with torch.no_grad():
        weight.copy_(torch.ones(12, 4))
    weight.grad = torch.cat([size * torch.ones(4, 4) for size in (1e-3, 1.0, 1e3)])
    optimizer = LARS([weight], 100.0, momentum=0.0)
    optimizer.step()
    assert len(optimizer.trust_ratios()) == 1
    query, key, value = ((block - 1).norm() / 4 for block in weight.detach().chunk(3))
    assert value.item() == pytest.approx(0.1 * 3**0.5, rel=1e-3) and query < 1e-6 and key < 1e-3


def test_one_rate_for_one_cycle_is_set_in_every_group_and_a_list_is_not():
    ends = []
    for rate in (8.0, [8.0, 0.01]):
        weights, rest = parameter_groups(nn.Linear(3, 2), lr=0.01)
        optimizer = LARS([weights, rest], 8.0)
        torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=10)
        ends.append([group["max_lr"] for group in optimizer.param_groups])
    assert ends == [[8.0, 8.0], [8.0, 0.01]]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU to capture on")
@pytest.mark.parametrize("name", ["the paper", "rate outside", "cap"])
def test_a_captured_step_of_lars_follows_a_rate_that_is_a_tensor(name):
    ends = []
    for captured in (False, True):
        w = torch.tensor([3.0, 4.0], device="cuda", requires_grad=True)
        w.grad = torch.tensor([0.6, -0.8], device="cuda")
        rate = torch.tensor(0.5, device="cuda")
        optimizer = EVERY[name]([w], lr=rate)
        optimizer.step()
        graph = torch.cuda.CUDAGraph()
        if captured:
            with torch.cuda.graph(graph):
                optimizer.step()
        for number in (0.4, 0.3):
            rate.fill_(number)
            graph.replay() if captured else optimizer.step()
        ends.append(w.detach().clone())
    torch.testing.assert_close(*ends)
