"""Copies of one network, each with a remedy and a rate: held against torch's optimizers."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy, rms_norm

from trainability.comparisons import RATES, SWEPT, RateSweep, split_digits
from trainability.figures.rate_sweep import entries, rate_sweep, read_sweep
from trainability.optim import LAMB, LARS
from trainability.programs.figure import filled

LABELS = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
INPUTS = torch.randn(12, 20, generator=torch.Generator().manual_seed(1))
SWEEP = RateSweep(INPUTS - INPUTS.mean(0), torch.eye(10)[LABELS])
DEPTH, WIDTH, STEPS = 4, 12, 12
LAYERS = ("w_first", "w", "w_last")


def began(seed=0, **settings):
    shape = {"depth": DEPTH, "width": WIDTH}
    return SWEEP.begin(**shape | settings, generator=torch.Generator().manual_seed(seed))


def matrices(state, copy):
    """The weights of one copy, layer by layer."""
    hidden = state["w"][:, copy]
    return [state["w_first"][copy], *hidden, state["w_last"][copy]]


def optimizer(remedy, params, lr, decay):
    def muon(params, lr):
        return torch.optim.Muon(params, lr=lr, weight_decay=decay)

    def sgd(params, lr):
        return torch.optim.SGD(params, lr=lr, momentum=0.9, weight_decay=decay)

    def adam(params, lr):
        return torch.optim.AdamW(params, lr=lr, weight_decay=decay)

    def lars(params, lr):
        return LARS(params, lr=lr, weight_decay=decay)

    def lamb(params, lr):
        return LAMB(params, lr=lr, weight_decay=decay)

    rules = {"Adam": adam, "Muon": muon, "LAMB": lamb, "LARS": lars, "RMSNorm + LARS": lars}
    return rules.get(remedy, sgd)(params, lr)


def trained_by_torch(remedy, rate, state, nonlinearity, decay):
    """Losses before each step, by autograd and torch's or the library's optimizer."""
    copy = SWEPT.index(remedy) * len(RATES)
    leaves = [weight.clone().requires_grad_() for weight in matrices(state, copy)]
    rule, losses = optimizer(remedy, leaves, rate, decay), []
    for _ in range(STEPS):
        signal = state["x"]
        for weight in leaves[:-1]:
            z = signal @ weight.T
            z = rms_norm(z, z.shape[-1:]) if remedy.startswith("RMSNorm") else z
            signal = getattr(torch, nonlinearity)(z)
        loss = cross_entropy(signal @ leaves[-1].T, LABELS)
        rule.zero_grad()
        loss.backward()
        if remedy == "clipping":
            torch.nn.utils.clip_grad_norm_(leaves, 1.0)
        rule.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("remedy", SWEPT)
@pytest.mark.parametrize(
    ("nonlinearity", "settings", "decay"),
    [
        ("tanh", {"init_scale": 1.0}, 0.0),
        ("relu", {"init_scale": 2.0}, 0.01),
        ("relu", {"init_scale": 1.4, "uneven": 1.5, "shared": 3.0}, 0.0),
    ],
)
def test_a_copy_is_trained_as_torch_would(remedy, nonlinearity, settings, decay):
    start = state = began(**settings)
    rate = {"Adam": -2.5, "Muon": -2.0, "LAMB": -2.0}.get(remedy, -1.0)
    rate = 0.5 if remedy.endswith("LARS") else rate
    place = int((RATES.log10() - rate).abs().argmin())
    losses = []
    for _ in range(STEPS):
        losses.append(SWEEP.losses(state, nonlinearity)[SWEPT.index(remedy), place].item())
        state, _ = SWEEP.step(state, nonlinearity, weight_decay=decay)
    expected = trained_by_torch(remedy, RATES[place].item(), start, nonlinearity, decay)
    # torch's Muon turns matrices in bfloat16.
    tolerance = 0.05 if remedy == "Muon" else 2e-3
    alike = [
        abs(a - b) < tolerance * max(1, b) or (math.isnan(a) and math.isnan(b))
        for a, b in zip(losses, expected, strict=True)
    ]
    assert all(alike), list(zip(losses, expected, strict=True))
    assert losses[-1] != losses[0]


def test_all_copies_start_alike_and_only_the_normalized_ones_differ():
    first = SWEEP.losses(began(init_scale=1.0), "tanh")
    assert first[:6].unique().numel() == 1
    assert first[6:].unique().numel() == 1
    assert first[0, 0] != first[-1, 0]


def test_uneven_layers_leave_the_function_of_a_relu_network():
    even, uneven = (SWEEP.losses(began(uneven=u), "relu")[0, 0] for u in (1.0, 2.0))
    torch.testing.assert_close(even, uneven)
    weights = matrices(began(uneven=2.0), 0)
    sizes = [w.norm() / w.shape[0] ** 0.5 for w in weights]
    ratio = SWEEP.unevenness(began(uneven=2.0))
    assert ratio.item() == pytest.approx((max(sizes) / min(sizes)).item(), rel=1e-5)
    assert ratio > 20 > 3 > SWEEP.unevenness(began(init_scale=1.0))
    norms = torch.stack([weight.norm() for weight in weights])
    assert norms.argmin() == 2 and norms.max() / norms.min() > 10


def test_units_that_start_equal_stay_so_under_every_remedy():
    state = began(spread=0.0, init_scale=1.0)
    for _ in range(5):
        state, _ = SWEEP.step(state, "tanh")
    small = (RATES < 0.02).repeat(len(SWEPT))  # long steps amplify what rounding sets apart
    for name in ("w_first", "w"):
        rows = state[name][..., small, :, :]
        torch.testing.assert_close(rows, rows[..., :1, :].expand_as(rows), rtol=1e-3, atol=1e-5)


def test_inputs_moved_by_a_number_keep_their_size_and_share_a_direction():
    moved = began(shared=25.0)["x"]
    assert moved.square().mean().item() == pytest.approx(1, abs=1e-5)
    strengths = torch.linalg.svdvals(moved.double())
    assert strengths[0] > 10 * strengths[1]


def test_a_copy_that_overflows_spoils_no_other():
    state = began(init_scale=30.0, depth=8)
    for _ in range(4):
        state, _ = SWEEP.step(state, "relu")
    losses = SWEEP.losses(state, "relu")
    assert losses[0, -1].isnan() and losses[-1].isfinite().any()


def test_gradients_beyond_the_root_of_float32_still_give_lars_its_share():
    state = began(init_scale=1e5, depth=4)
    after, _ = SWEEP.step(state, "relu")
    lars = SWEPT.index("LARS") * len(RATES) + 16  # the rate 0.01
    before, moved = (torch.stack([w.norm() for w in matrices(s, lars)]) for s in (state, after))
    assert moved.isfinite().all()
    steps = [
        ((a - b).norm() / b.norm()).item()
        for a, b in zip(matrices(after, lars), matrices(state, lars), strict=True)
    ]
    assert steps == pytest.approx([1e-5] * len(steps), rel=0.02)
    assert before.isfinite().all()


def figure(best, rate=0.1):
    """The figure where each remedy has one rate, 0.1, that brings its loss so low."""
    losses = torch.full((len(SWEPT), len(RATES)), 2.3)
    losses[:, (RATES - 0.1).abs().argmin()] = torch.tensor(best)
    losses[:, -1] = torch.nan
    read = entries(read_sweep(losses, RATES, rate, forward=2), SWEPT)
    words = {"depth": 12, "width": 16, "nonlinearity": "relu", "step": 100, "rate": rate}
    words |= dict.fromkeys(("init_scale", "spread", "uneven", "shared", "weight_decay"), 1.0)
    words["unevenness"] = 1.0
    return filled(rate_sweep(SWEPT, RATES.tolist(), chance=math.log(10)), words | read)


@pytest.mark.parametrize(
    ("best", "verdict"),
    [
        ([0.1] + [2.0] * 7, "plain SGD heals"),
        ([2.0] * 5 + [0.4, 2.0, 2.0], "the step can be repaired"),
        ([2.0] * 7 + [0.4], "only the forward pass heals"),
        ([0.6] * 8, "nothing heals yet"),
    ],
)
def test_the_figure_says_what_has_to_be_repaired(best, verdict):
    meta = figure(best)["layout"]["meta"]
    assert meta["verdict"] == verdict
    assert meta["best_lars"] == pytest.approx(best[5]) == meta["here_lars"]
    assert meta["healed"] == sum(loss < 0.5 for loss in best)


def test_overflow_is_drawn_at_the_upper_edge_and_half_a_decade_counts_for_each_rate():
    drawn = figure([0.1] * 8)
    assert all(trace["y"][-1] == 3.0 for trace in drawn["data"][:8])
    (bars,) = (trace for trace in drawn["data"] if trace["type"] == "bar")
    assert [float(x) for x in bars["x"]] == pytest.approx([0.5] * 8, abs=1e-5)


def test_the_readers_rate_is_the_nearest_that_was_tried():
    assert figure([0.1] * 8, rate=0.12)["layout"]["meta"]["here_sgd"] == pytest.approx(0.1)
    assert figure([0.1] * 8, rate=1.0)["layout"]["meta"]["here_sgd"] == pytest.approx(2.3)


DIGITS = split_digits()
DRAWN, KINDS = (part[:20] for part in DIGITS.train)
OF_DIGITS = RateSweep(DRAWN, torch.eye(10)[KINDS])


def swept(steps, nonlinearity, **settings):
    """The lowest loss of each remedy, by name."""
    state = OF_DIGITS.begin(**settings, generator=torch.Generator().manual_seed(0))
    for _ in range(steps):
        state, _ = OF_DIGITS.step(state, nonlinearity)
    losses = OF_DIGITS.losses(state, nonlinearity)
    read = read_sweep(losses, RATES, 0.1, forward=2)
    return dict(zip(SWEPT, read["best"].tolist(), strict=True))


def test_what_vanishes_leaves_sgd_at_guessing_and_not_muon_or_what_normalizes():
    best = swept(100, "tanh", init_scale=2**-1.5)
    assert min(best["SGD"], best["clipping"]) > 1.9
    assert max(best["Muon"], best["RMSNorm"], best["RMSNorm + LARS"]) < 0.5 < best["LARS"] < 1.5


@pytest.mark.claims("S0-4")
def test_exact_zeros_leave_six_flat_lines_and_normalization_makes_two_fall():
    best = swept(60, "relu", init_scale=2**-8, depth=20)
    assert all(best[name] == pytest.approx(math.log(10), abs=1e-3) for name in SWEPT[:6])
    assert max(best["RMSNorm"], best["RMSNorm + LARS"]) < 2


@pytest.mark.claims("S0-4")
def test_saturation_is_healed_at_once_by_normalization_and_not_by_most_steps():
    best = swept(60, "tanh", init_scale=16.0)
    assert max(best["RMSNorm"], best["RMSNorm + LARS"]) < 0.05
    assert min(best[name] for name in ("SGD", "Muon", "LAMB", "LARS")) > 1


@pytest.mark.claims("S0-4")
def test_tied_units_stay_above_what_one_number_can_tell_and_gray_inputs_need_muon():
    tied = swept(100, "tanh", init_scale=1.0, spread=0.0)
    # Of classes on one side of zero the k-th gets at most 1/k; the digits here are 20 of 10 kinds.
    counts = torch.bincount(KINDS, minlength=10).sort(descending=True).values
    least = (counts * torch.arange(1, 11).repeat_interleave(2)[:10].float().log()).sum() / 20
    assert min(tied.values()) > least.item() - 0.02
    gray = swept(100, "tanh", init_scale=1.0, shared=25.0)
    assert gray["Muon"] < 0.8 and min(gray[name] for name in SWEPT if name != "Muon") > 1


def test_uneven_layers_are_trained_by_a_rate_for_each_layer():
    best = swept(100, "relu", init_scale=2**0.5, uneven=3.03)
    assert max(best["LARS"], best["LAMB"]) < 0.5
    assert min(best[name] for name in ("SGD", "clipping", "Adam", "Muon")) > 1
