"""Stacks of blocks, their slopes and gradients: held against autograd and the theory."""

import pytest
import torch
from torch.nn.functional import layer_norm

from trainability.figures import blocks, shattered
from trainability.figures.smallest_skip import SMALLEST_SKIP, read_smallest
from trainability.programs.figure import filled
from trainability.skip import (
    KINDS,
    LENGTHS,
    PLACES,
    STACKS,
    block_by_block,
    gradient_cosine_after_step,
    skip_gradient,
    slope_along_a_line,
    slope_correlation,
    slopes_side_by_side,
    smallest_network,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_three_networks_are_those_of_slope_along_a_line(seed):
    made = slopes_side_by_side(7, 12, 0.3, generator=seeded(seed))
    for k, scale in enumerate((None, 1.0, 0.3)):
        value, slope = slope_along_a_line(
            PLACES, depth=7, width=12, branch_scale=scale, generator=seeded(seed)
        )
        torch.testing.assert_close(made["value"][k], value, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(made["slope"][k], slope, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_cosine_along_a_step_is_that_of_whole_gradients(seed):
    depth, width, alpha = 6, 10, 0.4
    made = slopes_side_by_side(depth, width, alpha, generator=seeded(seed))
    generator = seeded(seed)
    entry = torch.randn(width, 2, generator=generator)
    start = [
        torch.randn(width, width, generator=generator) * (2 / width) ** 0.5 for _ in range(depth)
    ]
    readout = torch.randn(width, generator=generator)

    def gradient(weights, kind):
        leaves, h = [w.clone().requires_grad_() for w in weights], entry.sum(1)
        for weight in leaves:
            branch = weight @ h.relu()
            h = (branch, h + branch, h + alpha * branch)[kind]
        return torch.autograd.grad(readout @ h, leaves)

    for kind in range(3):
        before = gradient(start, kind)
        for at in (0, 8, 14):
            moved = [
                w - LENGTHS[at] * w.norm() * g / g.norm()
                for w, g in zip(start, before, strict=True)
            ]
            flat = [
                torch.cat([g.flatten() for g in part]) for part in (before, gradient(moved, kind))
            ]
            expected = torch.cosine_similarity(*flat, dim=0)
            assert made["cosine"][kind, at].item() == pytest.approx(expected.item(), abs=2e-3)


def test_the_reading_tells_correlations_sizes_and_the_verdict():
    made = slopes_side_by_side(50, 64, 0.1, generator=seeded())
    read = shattered.read_slopes(**made, lengths=LENGTHS)
    for k in range(3):
        expected = slope_correlation(made["slope"][k], 4)
        assert read[f"alike_{k}"].item() == pytest.approx(expected, abs=1e-3)
        size = made["slope"][k].double().square().mean().sqrt().item()
        assert read[f"size_{k}"].item() == pytest.approx(size, rel=1e-3)
    settings = {"depth": 50, "width": 64, "branch_scale": 0.1}
    figure = shattered.slopes_side_by_side(KINDS, PLACES.tolist(), LENGTHS.tolist())
    told = filled(figure, settings | read)["layout"]["meta"]
    assert told["verdict"] == "smooth" and told["cosine"] > 0.95


def by_autograd(kind, depth, width, alpha, seed):
    generator = seeded(seed)
    inputs = torch.randn(16, width, generator=generator)
    weights = [
        torch.randn(width, width, generator=generator) * (2 / width) ** 0.5 for _ in range(depth)
    ]
    arriving = torch.randn(16, width, generator=generator)
    h, kept = inputs.clone().requires_grad_(), []
    for weight in weights:
        read = layer_norm(h, (width,)) if kind == 3 else h
        branch = read.relu() @ weight.T
        h = (branch, h + branch, h + alpha * branch, h + branch, h + branch)[kind]
        h = layer_norm(h, (width,)) if kind == 4 else h
        h.retain_grad()
        kept.append(h)
    h.backward(arriving)
    return inputs, kept, arriving


@pytest.mark.parametrize("kind", range(5))
def test_signals_and_gradients_of_each_stack_are_those_of_autograd(kind):
    depth, width, alpha = 5, 12, 0.3
    made = block_by_block(depth, width, alpha, generator=seeded(3))
    inputs, kept, arriving = by_autograd(kind, depth, width, alpha, 3)

    def size(t):
        return t.detach().square().mean().sqrt()

    for at, h in enumerate(kept):
        assert made["signal"][kind, at].item() == pytest.approx(size(h).item(), rel=1e-3)
        ratio = size(h.grad) / size(arriving)
        assert made["gradient"][kind, at].item() == pytest.approx(ratio.item(), rel=1e-3)
        cosine = torch.cosine_similarity(h.detach(), inputs, dim=1).mean()
        assert made["kept"][kind, at].item() == pytest.approx(cosine.item(), abs=1e-4)


def test_pre_norm_grows_like_a_root_and_post_norm_forgets_the_input():
    depth = 40
    made = [block_by_block(depth, 96, depth**-0.5, generator=seeded(s)) for s in range(4)]
    signal, kept = (torch.stack([m[name] for m in made]).mean(0) for name in ("signal", "kept"))
    named = dict(zip(STACKS, range(5), strict=True))
    root = (1 + torch.arange(1, depth + 1)).sqrt()
    torch.testing.assert_close(signal[named["pre-norm"]], root, rtol=0.12, atol=0)
    assert (kept[named["pre-norm"], -1] - root[-1] ** -1).abs() < 0.06
    assert kept[named["post-norm"], 5].item() == pytest.approx(2**-3, abs=0.05)
    assert kept[named["post-norm"], -1].abs() < 0.05
    assert kept[named["skip, your α"], -1].item() == pytest.approx(0.61, abs=0.06)


def test_the_figure_of_blocks_says_what_the_third_stack_does():
    verdicts = {}
    for alpha in (0.1, 0.5, 1.0):
        made = block_by_block(50, 32, alpha, generator=seeded())
        settings = {"depth": 50, "width": 32, "branch_scale": alpha}
        figure = filled(blocks.block_by_block(STACKS), settings | blocks.read_blocks(**made))
        verdicts[alpha] = figure["layout"]["meta"]["verdict"]
    assert verdicts == {0.1: "stays clear", 0.5: "explodes", 1.0: "explodes"}


def test_a_gradient_holds_before_the_branch_and_not_behind_the_sum():
    def cosines(norm):
        return torch.tensor(
            [
                gradient_cosine_after_step(
                    depth=30, width=48, branch_scale=1.0, norm=norm, generator=seeded(s)
                )
                for s in range(8)
            ]
        )

    assert cosines("pre").min() > cosines("post").median() + 0.2
    with pytest.raises(ValueError, match="norm='both' is unknown; use 'none', 'pre' or 'post'"):
        gradient_cosine_after_step(depth=2, norm="both", generator=seeded())


@pytest.mark.claims("S2-2d")
@pytest.mark.parametrize("output", ["linear", "squashed"])
@pytest.mark.parametrize("nonlinearity", ["tanh", "sigmoid", "relu"])
def test_the_drawn_network_has_the_gradient_of_skip_gradient(nonlinearity, output):
    for w in ([0.4, -0.7, 0.2], [-1.5, 2.0, 0.3], [0.0, 1.0, -1.0]):
        found = smallest_network(*w, x=1.5, nonlinearity=nonlinearity, output=output)
        kind = "linear" if output == "linear" else "nonlinear"
        y, gradient = skip_gradient(w, 1.5, nonlinearity, kind)
        assert found["y"].item() == pytest.approx(y.item())
        mine = [found[name].item() for name in ("d_xh", "d_hy", "d_xy")]
        assert mine == pytest.approx(gradient.tolist())


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({}, "it learns"),
        ({"w_xh": 4.0, "x": 3.0}, "the first weight stands still"),  # h is 1: w_hy has a slope
        ({"w_hy": 0.0}, "the first weight stands still"),
        ({"x": 0.0}, "no weight learns"),
        ({"nonlinearity": "relu", "w_xh": -1.0}, "the skip learns alone"),
        ({"w_xy": 4.0, "output": "squashed"}, "no weight learns"),
    ],
    ids=str,
)
def test_the_drawn_network_says_which_weights_have_a_slope(settings, verdict):
    words = {"w_xh": 0.4, "w_hy": -0.7, "w_xy": 0.2, "x": 1.5}
    words |= {"nonlinearity": "tanh", "output": "linear"} | settings
    found = smallest_network(**words)
    figure = filled(SMALLEST_SKIP, words | found | read_smallest(**found))
    assert figure["layout"]["meta"]["verdict"] == verdict


def test_an_output_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="output='round' is unknown; use 'linear' or 'squashed'"):
        smallest_network(output="round")
