"""Propagation against autograd, against closed forms, and against bad input."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from conftest import HUGE, short
from trainability.arguments import checked_device
from trainability.signal import Propagation, layer_activations, propagate

NAMES = ["tanh", "relu", "sigmoid", "linear"]
FUNCTIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "linear": lambda z: z,
}
fixed = settings(derandomize=True, deadline=None, max_examples=40)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def by_autograd(widths, scale, function, *, sigma_b=0.0, batch=64, seed=0) -> Propagation:
    """One scale at a time in float64, every gradient by autograd, weights scaled one by one."""
    generator = seeded(seed)

    def normal(*shape: int, over: float = 1.0) -> Tensor:
        # The draw is in float32, its division by √fan_in too: sums may cancel to any size.
        return (torch.randn(*shape, generator=generator, dtype=torch.float32) / over).double()

    activation = normal(batch, widths[0])
    preactivations: list[Tensor] = []
    for fan_in, fan_out in pairwise(widths):
        weight = normal(fan_out, fan_in, over=math.sqrt(fan_in)) * scale
        bias = normal(fan_out) * sigma_b
        if not preactivations:
            activation.requires_grad_()
        z = nn.functional.linear(activation, weight, bias)
        preactivations.append(z)
        activation = function(z)
    slopes = torch.autograd.grad(
        (preactivations[-1] * normal(batch, widths[-1])).sum(), preactivations
    )
    return Propagation(
        torch.stack([z.detach().square().mean() for z in preactivations]),
        torch.stack([slope.square().mean() for slope in slopes]),
    )


def assert_agree(found: Propagation, wanted: Propagation, rtol: float = 1e-6) -> None:
    for mine, reference in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, reference, rtol=rtol, atol=1e-30)


@fixed
@given(
    widths=st.lists(st.integers(1, 7), min_size=2, max_size=6),
    scales=st.lists(st.floats(0, 4), min_size=1, max_size=3),
    sigma_b=st.sampled_from([0.0, 0.3, 2.0]),
    name=st.sampled_from(NAMES),
    batch=st.integers(1, 5),
    seed=st.integers(0, 2**31),
)
def test_every_scale_agrees_with_autograd_on_a_network_of_its_own(
    widths, scales, sigma_b, name, batch, seed
):
    found = propagate(
        widths,
        sigma_w=scales,
        sigma_b=sigma_b,
        nonlinearity=name,
        batch=batch,
        generator=seeded(seed),
        dtype=torch.float64,
    )
    for i, scale in enumerate(scales):
        wanted = by_autograd(
            widths, scale, FUNCTIONS[name], sigma_b=sigma_b, batch=batch, seed=seed
        )
        assert_agree(Propagation(found.forward[i], found.backward[i]), wanted)


@pytest.mark.parametrize("widths", [[5, 9], [3, 17, 2, 11, 4], [20, 6, 6, 1], [1, 1, 1]])
@pytest.mark.parametrize("name", NAMES)
def test_layers_of_unequal_widths_agree_with_autograd(widths, name):
    found = propagate(
        widths,
        sigma_w=1.3,
        sigma_b=0.2,
        nonlinearity=name,
        generator=seeded(),
        dtype=torch.float64,
    )
    assert_agree(found, by_autograd(widths, 1.3, FUNCTIONS[name], sigma_b=0.2))


@pytest.mark.parametrize(
    "function",
    [torch.sin, nn.GELU(), nn.PReLU(init=0.3).double(), lambda z: z**3 / 3, lambda z: z, abs],
    ids=["sin", "GELU", "PReLU", "cubic", "identity", "abs"],
)
def test_a_callable_is_differentiated_by_autograd(function):
    widths = [6, 8, 5, 7]
    found = propagate(
        widths, sigma_w=[0.7], nonlinearity=function, generator=seeded(3), dtype=torch.float64
    )
    wanted = by_autograd(widths, 0.7, function, seed=3)
    assert_agree(Propagation(found.forward[0], found.backward[0]), wanted)


@pytest.mark.parametrize("name", NAMES)
def test_a_named_nonlinearity_equals_the_same_function_passed_as_a_callable(name):
    def run(nonlinearity):
        return propagate(
            [10, 12, 9, 8],
            sigma_w=[0.5, 2.0],
            sigma_b=0.1,
            nonlinearity=nonlinearity,
            generator=seeded(),
            dtype=torch.float64,
        )

    assert_agree(run(name), run(FUNCTIONS[name]), rtol=1e-12)


@pytest.mark.parametrize(
    ("dtype", "rtol"),
    [(torch.float32, 1e-4), (torch.bfloat16, 0.05), (torch.float16, 0.01)],
    ids=str,
)
@pytest.mark.parametrize("name", NAMES)
def test_lower_precisions_measure_the_same_network_up_to_their_rounding(name, dtype, rtol):
    widths = [32, 48, 24, 40]
    found = propagate(
        widths, sigma_w=1.2, sigma_b=0.3, nonlinearity=name, generator=seeded(1), dtype=dtype
    )
    assert_agree(found, by_autograd(widths, 1.2, FUNCTIONS[name], sigma_b=0.3, seed=1), rtol=rtol)


def test_lower_precisions_really_compute_in_their_type():
    def run(dtype):
        return propagate([32] * 6, sigma_w=1.2, generator=seeded(1), dtype=dtype).forward

    exact = run(torch.float64)
    error = {t: ((run(t) - exact) / exact).abs().max() for t in (torch.float32, torch.bfloat16)}
    assert 1e-10 < error[torch.float32] < 1e-5
    assert error[torch.bfloat16] > 1e-5


def test_mean_squares_come_in_float64_whatever_the_type_of_the_pass():
    for dtype in (None, torch.bfloat16, torch.float32, torch.float64):
        found = propagate([3, 4, 5], sigma_w=1.0, generator=seeded(), dtype=dtype)
        assert {part.dtype for part in found} == {torch.float64}
        assert not any(part.requires_grad for part in found)


def test_the_type_of_the_pass_is_float32_unless_one_is_given():
    default = propagate([9, 9, 9], sigma_w=1.0, generator=seeded())
    named = propagate([9, 9, 9], sigma_w=1.0, generator=seeded(), dtype=torch.float32)
    wide = propagate([9, 9, 9], sigma_w=1.0, generator=seeded(), dtype=torch.float64)
    assert torch.equal(default.forward, named.forward)
    assert not torch.equal(default.forward, wide.forward)


def test_a_scalar_scale_gives_one_row_and_a_vector_one_row_a_scale():
    def shapes(sigma_w):
        return [
            tuple(part.shape)
            for part in propagate([3, 4, 5, 6], sigma_w=sigma_w, generator=seeded())
        ]

    for scalar in (1, 1.0, np.float32(1.0), np.float64(1.0), torch.tensor(1.0)):
        assert shapes(scalar) == [(3,), (3,)]
    for vector in ([1.0], (1.0,), np.ones(1), torch.ones(1)):
        assert shapes(vector) == [(1, 3), (1, 3)]
    for vector in ([1, 2], (1.0, 2), np.arange(2), torch.arange(2), range(2)):
        assert shapes(vector) == [(2, 3), (2, 3)]


@pytest.mark.parametrize("name", [*NAMES, torch.sin])
@pytest.mark.parametrize("sigma_b", [0.0, 0.5])
def test_a_vector_of_scales_gives_what_one_scale_at_a_time_gives(name, sigma_b):
    scales = [0.0, 0.3, 1.0, 1.7, 5.0]

    def run(sigma_w):
        return propagate(
            [7, 20, 3, 15],
            sigma_w=sigma_w,
            sigma_b=sigma_b,
            nonlinearity=name,
            generator=seeded(),
            dtype=torch.float64,
        )

    together, alone = run(scales), [run(scale) for scale in scales]
    one_by_one = Propagation(*(torch.stack(parts) for parts in zip(*alone, strict=True)))
    assert_agree(together, one_by_one, rtol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_a_deeper_network_begins_with_the_layers_of_the_shallower_one(name):
    widths = [12, 30, 9, 21, 5, 14, 8]
    shared = {"sigma_w": [0.6, 1.4], "sigma_b": 0.2, "nonlinearity": name}
    deep = propagate(widths, generator=seeded(5), **shared).forward
    for depth in range(1, len(widths)):
        shallow = propagate(widths[: depth + 1], generator=seeded(5), **shared).forward
        torch.testing.assert_close(deep[:, :depth], shallow, rtol=1e-6, atol=0)


def test_biases_leave_the_draw_of_the_weights_alone():
    widths = [10] * 5
    without = propagate(widths, sigma_w=1.1, generator=seeded())
    tiny = propagate(widths, sigma_w=1.1, sigma_b=1e-12, generator=seeded())
    large = propagate(widths, sigma_w=1.1, sigma_b=1.0, generator=seeded())
    assert_agree(tiny, without, rtol=1e-5)
    assert not torch.allclose(large.forward, without.forward, rtol=0.01)


def test_with_scale_zero_the_biases_are_the_signal_and_no_gradient_passes():
    q, gradient = propagate([4, 5, 6, 7], sigma_w=0.0, sigma_b=0.5, generator=seeded())
    assert (q > 0).all()
    assert gradient[:-1].tolist() == [0.0, 0.0]
    assert gradient[-1] > 0


def mean_and_error(rows: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean over independent networks, and its standard error."""
    stacked = torch.stack(rows)
    return stacked.mean(dim=0), stacked.std(dim=0) / math.sqrt(len(rows))


@pytest.mark.parametrize(("name", "kept"), [("linear", 1.0), ("relu", 0.5)])
@pytest.mark.parametrize("sigma_w", [0.8, 1.5])
def test_each_layer_multiplies_the_mean_squares_as_the_closed_form_says(name, kept, sigma_w):
    # E q_1 = σ_w², E q_{l+1} = kept·σ_w²·E q_l; backward kept·σ_w²·n_{l+1}/n_l: exact in any width.
    # 200 networks, five standard errors, eight comparisons: wrong alarm below 1 in 10⁵.
    widths = [30, 40, 60, 25, 50]
    runs = [
        propagate(
            widths,
            sigma_w=sigma_w,
            nonlinearity=name,
            batch=16,
            generator=seeded(seed),
            dtype=torch.float64,
        )
        for seed in range(200)
    ]
    gain = kept * sigma_w**2
    forward = [sigma_w**2 * gain**layer for layer in range(4)]
    backward = [1.0]
    for fan_in, fan_out in [(25, 50), (60, 25), (40, 60)]:
        backward.insert(0, backward[0] * gain * fan_out / fan_in)
    for measured, exact in zip(zip(*runs, strict=True), (forward, backward), strict=True):
        mean, error = mean_and_error(list(measured))
        wanted = torch.tensor(exact, dtype=torch.float64)
        assert (error < 0.05 * wanted).all()
        assert ((mean - wanted).abs() < 5 * error).all()


def test_biases_add_their_variance_to_every_linear_layer():
    # E q_{l+1} = σ_w²·E q_l + σ_b², five standard errors as above.
    runs = [
        propagate(
            [40] * 5,
            sigma_w=0.9,
            sigma_b=0.6,
            nonlinearity="linear",
            batch=16,
            generator=seeded(seed),
        )
        for seed in range(200)
    ]
    wanted = [0.81 + 0.36]
    for _ in range(3):
        wanted.append(0.81 * wanted[-1] + 0.36)
    mean, error = mean_and_error([run.forward for run in runs])
    exact = torch.tensor(wanted, dtype=torch.float64)
    assert (error < 0.05 * exact).all()
    assert ((mean - exact).abs() < 5 * error).all()


@pytest.mark.parametrize(
    ("name", "function"), [("tanh", np.tanh), ("sigmoid", lambda z: 1 / (1 + np.exp(-z)))]
)
def test_wide_saturating_layers_follow_the_mean_field_recursion(name, function):
    # q_{l+1} = σ_w² E g(√q_l Z)² + σ_b² by Gauss-Hermite quadrature (Poole et al., eq. 3).
    # 40 networks of width 400: finite-width bias is of order 1/400, so 5 standard errors + 1 %.
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    q = [1.5**2 + 0.3**2]
    for _ in range(3):
        mean_square = weights @ function(math.sqrt(q[-1]) * nodes) ** 2 / weights.sum()
        q.append(1.5**2 * mean_square + 0.3**2)
    runs = [
        propagate(
            [400] * 5,
            sigma_w=1.5,
            sigma_b=0.3,
            nonlinearity=name,
            batch=4,
            generator=seeded(seed),
        )
        for seed in range(40)
    ]
    mean, error = mean_and_error([run.forward for run in runs])
    wanted = torch.tensor(q, dtype=torch.float64)
    assert (error < 0.03 * wanted).all()
    assert ((mean - wanted).abs() < 5 * error + 0.01 * wanted).all()


def linear_layers(depth, sigma_w, dtype):
    setting = {"sigma_w": sigma_w, "nonlinearity": "linear", "batch": 8}
    return propagate([64] * (depth + 1), generator=seeded(), dtype=dtype, **setting)


@pytest.mark.parametrize(
    ("dtype", "smallest"), [(torch.float32, 45), (torch.float16, 7.2), (torch.bfloat16, 40)]
)
def test_a_narrow_type_underflows_to_exactly_zero_where_its_numbers_end(dtype, smallest):
    # σ_w = 0.1: sizes fall by a decade a layer; the smallest number is 10^-smallest.
    depth = 60
    narrow, wide = (linear_layers(depth, 0.1, kind) for kind in (dtype, torch.float64))
    safe, gone = int(smallest) - 4, int(smallest) + 4
    assert (narrow.forward[:safe] > 0).all()
    assert not narrow.forward[gone:].any()
    assert (narrow.backward[depth - safe :] > 0).all()
    assert not narrow.backward[: depth - gone].any()
    assert all((part > 0).all() for part in wide)


@pytest.mark.parametrize(
    ("dtype", "largest"), [(torch.float32, 38.5), (torch.float16, 4.8), (torch.bfloat16, 38.5)]
)
def test_a_narrow_type_overflows_to_infinity_where_its_numbers_end(dtype, largest):
    # σ_w = 10: sizes rise by a decade a layer; the largest number is 10^largest.
    depth = 50
    narrow, wide = (linear_layers(depth, 10.0, kind) for kind in (dtype, torch.float64))
    for part in (narrow.forward, narrow.backward.flip(0)):
        broken = [layer for layer, value in enumerate(part.tolist()) if not math.isfinite(value)]
        assert abs(broken[0] - largest) <= 3
        assert part[broken[0]] == math.inf
        assert broken == list(range(broken[0], depth))
    assert all(torch.isfinite(part).all() for part in wide)


def test_sums_do_not_overflow_before_the_numbers_do():
    # Sizes near 10³⁰ have squares that float32 could not hold.
    q, _ = propagate([64] * 31, sigma_w=10.0, nonlinearity="linear", batch=8, generator=seeded())
    assert torch.isfinite(q).all()
    assert q[-1] > 1e50


def test_the_global_random_numbers_stay_where_they_are():
    torch.manual_seed(11)
    before = torch.get_rng_state()
    propagate([5, 6, 7], sigma_w=[0.5, 1.0], sigma_b=0.1, generator=seeded())
    propagate([5, 6, 7], sigma_w=1.0, nonlinearity=torch.sin, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)


def test_the_generator_is_advanced_and_the_same_seed_gives_the_same_network():
    generator = seeded(4)
    first = propagate([6, 7, 8], sigma_w=1.0, generator=generator)
    second = propagate([6, 7, 8], sigma_w=1.0, generator=generator)
    again = propagate([6, 7, 8], sigma_w=1.0, generator=seeded(4))
    assert torch.equal(first.forward, again.forward)
    assert torch.equal(first.backward, again.backward)
    assert not torch.equal(first.forward, second.forward)


def test_numbers_are_drawn_in_float32_whatever_the_default_type_is():
    wanted = propagate([6, 7, 8], sigma_w=1.0, generator=seeded(), dtype=torch.float64)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        found = propagate([6, 7, 8], sigma_w=1.0, generator=seeded(), dtype=torch.float64)
    finally:
        torch.set_default_dtype(before)
    assert_agree(found, wanted, rtol=1e-12)


def test_the_scales_of_the_caller_are_left_unchanged():
    scales = torch.tensor([0.5, 2.0], dtype=torch.float64)
    propagate([5, 6, 7], sigma_w=scales, generator=seeded(), dtype=torch.float64)
    assert scales.tolist() == [0.5, 2.0]


def test_a_caller_who_records_gradients_gets_none():
    with torch.enable_grad():
        scales = torch.tensor([0.5, 2.0], requires_grad=True)
        found = propagate([5, 6, 7], sigma_w=scales, generator=seeded())
    assert not any(part.requires_grad for part in found)


def test_the_generators_own_device_is_accepted_by_name():
    named = propagate([5, 6], sigma_w=1.0, generator=seeded(), device="cpu")
    meant = propagate([5, 6], sigma_w=1.0, generator=seeded(), device=torch.device("cpu"))
    silent = propagate([5, 6], sigma_w=1.0, generator=seeded())
    assert torch.equal(named.forward, silent.forward)
    assert torch.equal(meant.forward, silent.forward)


GOOD = {"sigma_w": 1.0, "generator": torch.Generator()}


@pytest.mark.parametrize(
    "widths",
    [
        [],
        [3],
        [3, 0],
        [-3, 4],
        [3, 4.0],
        [3, True],
        [3, None],
        [3, "4"],
        [3, math.nan],
        "34",
        5,
        None,
        {3: 4, 5: 6},
        np.array([3, 4]),
        torch.tensor([3, 4]),
        b"\x03\x04",
    ],
    ids=short,
)
def test_widths_that_make_no_network_are_refused_by_name(widths):
    with pytest.raises((TypeError, ValueError), match="widths"):
        propagate(widths, **GOOD)


@pytest.mark.parametrize(
    "sigma_w",
    [
        math.nan,
        math.inf,
        -1.0,
        -math.inf,
        [1.0, math.nan],
        [1.0, -1e-300],
        [1.0, math.inf],
        [],
        [[1.0, 2.0]],
        [[1.0], [1.0, 2.0]],
        "1.0",
        ["1.0"],
        None,
        [None],
        {1.0},
        {"scale": 1.0},
        object(),
        1j,
        torch.ones(2, 2),
        torch.empty(0),
        np.ones((1, 1)),
        torch.tensor([1 + 2j]),
        HUGE,
        True,
        [True, False],
    ],
    ids=short,
)
def test_scales_that_are_no_vector_of_finite_nonnegative_numbers_are_refused_by_name(sigma_w):
    with pytest.raises((TypeError, ValueError), match="sigma_w"):
        propagate([3, 4], sigma_w=sigma_w, generator=seeded())


@pytest.mark.parametrize(
    "sigma_b", [math.nan, math.inf, -0.1, True, "0", None, [0.1], 1j, HUGE], ids=short
)
def test_a_bias_scale_that_is_no_finite_nonnegative_number_is_refused_by_name(sigma_b):
    with pytest.raises((TypeError, ValueError), match="sigma_b"):
        propagate([3, 4], sigma_b=sigma_b, **GOOD)


@pytest.mark.parametrize("batch", [0, -1, 2.0, True, None, "3", math.nan, [4]], ids=short)
def test_a_batch_that_is_no_positive_whole_number_is_refused_by_name(batch):
    with pytest.raises((TypeError, ValueError), match="batch"):
        propagate([3, 4], batch=batch, **GOOD)


@pytest.mark.parametrize("name", ["Tanh", "tanh ", "", "softmax", "</script>"], ids=short)
def test_an_unknown_nonlinearity_is_refused_with_the_names_that_exist(name):
    with pytest.raises(ValueError, match=r"nonlinearity=.*'tanh', 'relu', 'sigmoid', 'linear'"):
        propagate([3, 4], nonlinearity=name, **GOOD)


@pytest.mark.parametrize("nonlinearity", [None, 5, ["tanh"], True, torch.ones(3)], ids=short)
def test_a_nonlinearity_that_cannot_be_called_is_refused_by_name(nonlinearity):
    with pytest.raises(TypeError, match="nonlinearity"):
        propagate([3, 4, 5], nonlinearity=nonlinearity, **GOOD)


@pytest.mark.parametrize(
    "function",
    [
        lambda z: z.sum(),
        lambda z: z[:, :1],
        lambda z: None,
        lambda z: 1.0,
        lambda z: z.tolist(),
        lambda z: (z > 0).to(z.dtype),
        lambda z: z.double().tanh(),
        torch.tanh_,
    ],
    ids=["sum", "slice", "None", "float", "list", "step", "double", "in place"],
)
def test_a_callable_that_is_not_elementwise_and_differentiable_is_refused_by_name(function):
    with pytest.raises((TypeError, ValueError), match="nonlinearity"):
        propagate([3, 4, 5], nonlinearity=function, **GOOD)


@pytest.mark.parametrize(
    "generator", [None, 0, "cpu", np.random.default_rng(0), torch.Generator], ids=short
)
def test_a_generator_of_another_kind_is_refused_by_name(generator):
    with pytest.raises(TypeError, match="generator"):
        propagate([3, 4], sigma_w=1.0, generator=generator)


def test_a_missing_generator_is_refused_by_name():
    with pytest.raises(TypeError, match="generator"):
        propagate([3, 4], sigma_w=1.0)


class OnAnotherDevice(torch.Generator):
    device = torch.device("cuda", 1)


@pytest.mark.parametrize("device", ["cpu", "cuda:0", "meta", torch.device("mps")], ids=str)
def test_a_device_other_than_the_generators_is_refused_with_the_way_to_mend_it(device):
    with pytest.raises(ValueError, match=r"generator lives on cuda:1, but device=.*torch\.Gen"):
        checked_device(OnAnotherDevice(), device)
    assert checked_device(OnAnotherDevice(), "cuda").index == 1


@pytest.mark.parametrize("device", ["cpu", "cuda", "meta"])
def test_a_generator_on_the_cpu_serves_every_device(device):
    assert checked_device(torch.Generator(), device) == torch.device(device)


@pytest.mark.parametrize("device", ["nonsense", "", 3.5, []], ids=short)
def test_what_is_no_device_is_refused_by_name(device):
    with pytest.raises((TypeError, ValueError), match="device="):
        propagate([3, 4], device=device, **GOOD)


@pytest.mark.parametrize(
    "dtype",
    [int, float, "float32", torch.int64, torch.bool, torch.complex64, np.float32],
    ids=str,
)
def test_a_type_that_is_not_floating_is_refused_by_name(dtype):
    with pytest.raises(TypeError, match="dtype"):
        propagate([3, 4], dtype=dtype, **GOOD)


def activations_by_hand(widths, scale, function, *, sigma_b, batch, seed) -> list[Tensor]:
    """g(z_l) in float64, layer by layer, from the same numbers in the same order."""
    generator, found = seeded(seed), []

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float32).double()

    activation = normal(batch, widths[0])
    for fan_in, fan_out in pairwise(widths):
        weight = normal(fan_out, fan_in) * (scale / math.sqrt(fan_in))
        activation = function(activation @ weight.T + sigma_b * normal(fan_out))
        found.append(activation.flatten())
    return found


@pytest.mark.parametrize("sigma_b", [0.0, 0.4])
@pytest.mark.parametrize("name", [*NAMES, torch.sin])
def test_activations_are_those_of_the_network_drawn(name, sigma_b):
    widths, scales = [6, 9, 4, 7], [0.0, 0.8, 2.5]
    found = layer_activations(
        widths,
        sigma_w=scales,
        layers=[1, 2, 3],
        sigma_b=sigma_b,
        nonlinearity=name,
        batch=5,
        generator=seeded(2),
        dtype=torch.float64,
    )
    assert [tuple(part.shape) for part in found] == [(3, 45), (3, 20), (3, 35)]
    for row, scale in enumerate(scales):
        wanted = activations_by_hand(
            widths, scale, FUNCTIONS.get(name, name), sigma_b=sigma_b, batch=5, seed=2
        )
        for part, exact in zip(found, wanted, strict=True):
            torch.testing.assert_close(part[row], exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_activations_belong_to_the_networks_that_propagate_measures(dtype):
    widths, scales = [20, 30, 10, 25, 15], [0.5, 1.3]

    def of(nonlinearity):
        given = {"sigma_w": scales, "nonlinearity": nonlinearity, "batch": 8, "dtype": dtype}
        q = propagate(widths, generator=seeded(), **given).forward
        layers = layer_activations(widths, layers=range(1, 5), generator=seeded(), **given)
        return q, [layer.double() for layer in layers]

    for name, inverse in [("linear", lambda a: a), ("tanh", torch.atanh)]:
        q, layers = of(name)
        for index, activation in enumerate(layers):
            assert activation.dtype == torch.float64
            found = inverse(activation).square().mean(dim=1)
            torch.testing.assert_close(found, q[:, index], rtol=1e-4, atol=0)


def test_activations_come_in_the_order_asked_and_do_not_depend_on_it():
    def run(layers, sigma_w=1.2):
        return layer_activations([8, 9, 10, 11], sigma_w=sigma_w, layers=layers, generator=seeded())

    first, second, third = run([1, 2, 3])
    for layers, wanted in [
        ([3, 1], [third, first]),
        ((2, 2), [second] * 2),
        (range(1, 2), [first]),
    ]:
        found = run(layers)
        assert isinstance(found, tuple)
        assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
    assert first.shape == (64 * 9,)
    assert run([1], [1.2])[0].shape == (1, 64 * 9)
    assert first.dtype == torch.float32
    assert not first.requires_grad


def test_activations_and_propagation_advance_the_generator_alike():
    one, other = seeded(), seeded()
    propagate([5, 6, 7, 8], sigma_w=1.0, generator=one)
    layer_activations([5, 6, 7, 8], sigma_w=1.0, layers=[1], generator=other)
    assert torch.equal(one.get_state(), other.get_state())


@pytest.mark.parametrize(
    "layers", [[0], [4], [-1], [1.0], [True], [None], [], "1", 2, None, [1, 10**30]], ids=short
)
def test_layers_that_the_network_does_not_have_are_refused_with_the_range(layers):
    with pytest.raises((TypeError, ValueError), match="layers") as caught:
        layer_activations([3, 4, 5, 6], layers=layers, **GOOD)
    if isinstance(layers, list):
        assert "1 to 3" in str(caught.value)


@pytest.mark.parametrize(
    "bad",
    [
        *[{"sigma_w": -1.0}, {"sigma_b": True}, {"batch": 0}, {"dtype": torch.int64}],
        *[
            {"device": "nonsense"},
            {"nonlinearity": "softmax"},
            {"generator": None},
            {"widths": [3]},
        ],
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_activations_refuse_by_name_what_propagate_refuses(bad):
    (name,) = bad
    with pytest.raises((TypeError, ValueError), match=name):
        layer_activations(**{"widths": [3, 4], "layers": [1]} | GOOD | bad)
