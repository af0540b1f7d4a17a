"""New tests; the report says where each belongs."""

from itertools import product

import pytest
import torch
from torch import nn

from trainability.symmetry import (
    constant_init_limit,
    distinct_units,
    loss_curvature,
    rescale_units,
    unit_spread,
)
from trainability.training import train_two_layer


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def four_clusters() -> tuple[torch.Tensor, torch.Tensor]:
    corner = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]).double()
    points = corner.repeat(12, 1) + 0.25 * normal(48, 2)
    labels = torch.tensor([1.0, -1.0]).double().repeat(24)[:, None]
    return torch.cat([points, torch.ones(48, 1).double()], dim=1), labels


def test_tied_relu_units_settle_on_a_kink_where_a_small_spread_grows_and_then_stays_small():
    x, y = four_clusters()

    def relu(start, steps, record, rate=0.3, decay=0.0):
        options = {"optimizer": lambda p: torch.optim.SGD(p, lr=rate, weight_decay=decay)}
        options |= {"nonlinearity": "relu", "steps": steps, "record": record}
        weights = start[..., :3], start[..., 3:].mT
        return train_two_layer(x, y, *weights, generator=torch.Generator(), **options)

    noise = normal(16, 8, 4, seed=2)
    run = relu(0.4 + torch.cat([1e-6 * noise, 1e-4 * noise]), 1600, [0, 800, 1600])
    small, larger = unit_spread(run.units).split(16)
    assert (small[:, 1] / small[:, 0]).median() > 100  # it does not "hardly grow"
    assert (larger < 0.02).all() and (run.loss[:, 1:] > 0.4).all()  # and yet nothing is solved
    assert (larger[:, 2] / larger[:, 1]).median() < 1.5  # it has stopped growing
    # Where the tied network rests: not at a smooth stationary point.
    equal = torch.full((1, 8, 4), 0.4, dtype=torch.float64)
    tied = relu(equal, 4000, [3999, 4000], rate=0.1, decay=0.003)
    w = tied.w_in[0, -1].mean(dim=0)
    assert (x @ w).abs().min() < 5e-3  # an example at the kink
    # The last step is still that of a gradient: it jumps to and fro across the kink.
    gradient = (tied.units[0, 1] - tied.units[0, 0]).norm() / 0.1
    assert gradient > 3e-3
    assert unit_spread(tied.units[0, -1]) < 1e-9


@pytest.mark.claims("S1-10", "S1-11")
def test_a_mask_parts_units_whose_gradient_is_zero_unless_it_is_zero_under_every_mask():
    x, masks = normal(10, 3), list(product((0.0, 2.0), repeat=4))

    def slopes(w, v, mask, y, g=torch.tanh):
        w, v = w.clone().requires_grad_(), v.clone().requires_grad_()
        loss = ((g(x @ w.T) * torch.tensor(mask).double() @ v - y) ** 2).mean()
        parts = torch.autograd.grad(loss, (w, v))
        return torch.cat([parts[0], parts[1][:, None]], dim=1)

    w, v = torch.full((4, 3), 0.4).double(), torch.full((4,), 0.4).double()
    fitted = torch.tanh(x @ w.T) @ v  # every example's loss is 0: a stationary point
    assert slopes(w, v, (1.0,) * 4, fitted).abs().max() < 1e-12
    for mask in masks:
        # Half of the units at twice the strength is the same function; any other mask is not.
        moved = sum(mask) != 4
        assert (slopes(w, v, mask, fitted).abs().max() > 1e-3) == (moved and any(mask)), mask
        kinds = distinct_units(slopes(w, v, mask, fitted), atol=1e-9)
        assert kinds == (2 if moved and len(set(mask)) == 2 else 1), mask
    # Units that put out 0 and pass no slope on, for every example, are parted by no mask.
    target = normal(10, seed=1)
    dead = torch.zeros(4, 3).double(), torch.ones(4).double()
    for weights, g in ((tuple(0 * part for part in dead), torch.tanh), (dead, torch.relu)):
        assert max(slopes(*weights, m, target, g).abs().max() for m in masks) == 0


@pytest.mark.claims("S1-10", "S3-4b,c")
@pytest.mark.parametrize("constant", [0.1, 0.4, 0.8])
def test_layer_norm_over_equal_units_leaves_nothing_to_learn_and_parts_no_units(constant):
    x, y = four_clusters()

    def train(layer):
        hidden, out = nn.Linear(2, 8), nn.Linear(8, 1)
        network = nn.Sequential(hidden, layer, nn.Tanh(), out).double()
        for parameter in (*hidden.parameters(), *out.parameters()):
            nn.init.constant_(parameter, constant)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.3)
        for _ in range(100):
            optimizer.zero_grad()
            nn.functional.soft_margin_loss(network(x[:, :2]), y).backward()
            optimizer.step()
        assert unit_spread(hidden.weight.detach()) < 1e-9
        moved = (hidden.weight.detach() - constant).abs().max().item()
        return moved, network(x[:, :2]).detach().std().item()

    assert max(train(nn.LayerNorm(8))) < 1e-9  # the output ignores the input
    for layer in (nn.Identity(), nn.BatchNorm1d(8)):
        assert min(train(layer)) > 1e-3


def test_beyond_two_over_the_step_a_network_may_come_back_and_a_quadratic_does_not():
    rate, x = 0.1, 1.0
    for _ in range(100):
        x -= rate * 21.0 * x  # ½·21·x², sharpness above 2/η = 20
    assert abs(x) > 1e3
    axis = torch.linspace(-2, 2, 40).double()
    inputs, sine = torch.stack([axis, torch.ones(40).double()], dim=1), torch.sin(2 * axis)

    def descend(w, v, lr, steps, record):
        options = {"nonlinearity": "relu", "loss": "squared", "steps": steps, "record": record}
        options["optimizer"] = lambda p: torch.optim.SGD(p[:2], lr=lr)
        return train_two_layer(inputs, sine[:, None], w, v, generator=seeded(), **options)

    run = descend(normal(30, 6, 2), normal(30, 1, 6, seed=1) / 2, 0.05, 200, [200])
    w, v = run.w_in[:, -1], run.w_out[:, -1]
    for alpha, comes_back in ((0.1, True), (10.0, False)):
        start = rescale_units(w, v, alpha)
        beyond = loss_curvature(inputs, sine, *start, "relu")[1] > 2 / rate
        loss = descend(*start, rate, 400, [0, 1, 3, 10, 400]).loss[beyond]
        assert beyond.sum() > 20 and (loss[:, 1:4] > loss[:, :1]).any(dim=1).all()  # it rises
        bounded = (loss[:, -1] < 2).double().mean().item()  # nan is not below 2
        assert bounded > 0.9 if comes_back else bounded < 0.1


@pytest.mark.claims("S0-1", "S0-1.4b")
def test_a_linear_code_without_a_direction_stays_so_though_no_two_rows_are_equal():
    data = normal(300, 6) * torch.arange(6, 0, -1).double().sqrt()
    for seed in range(5):
        encoder, decoder = normal(3, 6, seed=seed), normal(6, 3, seed=10 + seed)
        u = nn.functional.normalize(normal(3, seed=20 + seed), dim=0)
        away = torch.eye(3).double() - torch.outer(u, u)  # an element of GL(k)'s fixed set
        weights = [0.3 * away @ encoder, 0.3 * decoder @ away]
        for _ in range(100):
            weights = [w.detach().requires_grad_() for w in weights]
            product = weights[1] @ weights[0]
            loss = (data - data @ product.T).square().sum(dim=1).mean()
            slopes = torch.autograd.grad(loss, weights)
            weights = [w - 0.01 * slope for w, slope in zip(weights, slopes, strict=True)]
        code = weights[0].detach()
        assert torch.linalg.matrix_rank(product.detach(), atol=1e-6) == 2
        assert distinct_units(code, atol=0.01) == 3  # no twins
        least = torch.linalg.eigvalsh(data.T @ data / len(data))
        assert loss > least[:3].sum() + 0.5 * least[3]  # a code of three would do better


@pytest.mark.claims("S0-1")
def test_equal_members_of_an_ensemble_part_as_soon_as_their_batches_differ():
    x, y = four_clusters()
    apart = []
    for seed in range(10):
        start = normal(1, 8, 3, seed=seed), normal(1, 1, 8, seed=50 + seed)
        options = {"optimizer": lambda p: torch.optim.SGD(p, lr=0.3), "batch": 8, "steps": 100}
        runs = [train_two_layer(x, y, *start, generator=seeded(k), **options) for k in (0, 0, 1)]
        assert unit_spread(torch.stack([runs[0].units, runs[1].units], dim=-2)).max() < 1e-9
        apart.append((runs[0].units - runs[2].units).abs().max().item())
    assert min(apart) > 1e-3


@pytest.mark.claims("S0-1.3b")
def test_large_biases_take_the_better_conditioning_of_odd_nonlinearities_away():
    def ratio(g, bias, seed):
        z = normal(3000, 30, seed=seed) @ normal(30, 30, seed=seed + 1) / 30**0.5
        h = g(z + bias * normal(30, seed=seed + 2))
        eigenvalues = torch.linalg.eigvalsh(h.T @ h / len(h))
        return (eigenvalues[-1] / eigenvalues.mean()).item()

    found = [
        [ratio(g, bias, seed) for g in (torch.tanh, torch.relu) for bias in (0.0, 1.0)]
        for seed in range(0, 90, 3)  # 30 draws
    ]
    tanh, biased_tanh, relu, biased_relu = torch.tensor(found).T
    assert (biased_tanh > 2.5 * tanh).all()  # its outputs no longer average to zero
    assert biased_tanh.median() > relu.median()  # worse than ReLU without biases
    assert (biased_tanh < biased_relu).double().mean() > 0.9  # at equal biases still better


@pytest.mark.claims("S0-2")
@pytest.mark.parametrize("c", [-2.0, 0.0, 1.5])
def test_adam_on_one_equation_forgets_the_start_and_knows_inputs_by_their_signs_only(c):
    def adam(x, y):
        w = torch.full((len(x),), c, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([w], lr=0.02)
        for _ in range(1000):
            optimizer.zero_grad()
            ((w @ x - y) ** 2 / 2).backward()
            optimizer.step()
        return w.detach()

    end = adam(torch.tensor([1.0, 2.0]).double(), 3.0)
    torch.testing.assert_close(end, torch.ones(2).double(), atol=0.02, rtol=0)
    assert abs(end[0] - end[1]) < 1e-6  # tied, though the gradients are not
    end = adam(torch.tensor([1.0, 3.0, -2.0]).double(), 5.0)
    assert abs(end[0] - end[1]) < 1e-6 < 0.1 < abs(end[0] - end[2])
    # Gradient descent ends at the solution nearest the start, off the diagonal.
    near = constant_init_limit(torch.tensor([[1.0, 2.0]]), torch.tensor([3.0]), c)
    assert abs(near[0] - near[1]) > 0.1


def rotary(rows: torch.Tensor) -> torch.Tensor:
    """Rotary positions: rotate each pair of channels by the place times a frequency."""
    half = rows.shape[1] // 2
    angles = torch.arange(len(rows)).double()[:, None] * 100.0 ** -torch.arange(half).double()
    even, odd = rows[:, 0::2], rows[:, 1::2]
    cos, sin = angles.cos(), angles.sin()
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(1)


@pytest.mark.claims("S0-1.6a")
def test_rotary_positions_between_projection_and_score_end_both_symmetries_of_attention():
    def scores(x, w_q, w_k, place):
        return place(x @ w_q) @ place(x @ w_k).T

    for seed in range(10):
        x, w_q, w_k, a = (normal(*n, seed=10 * seed + k) for k, n in
                          enumerate([(5, 4), (4, 4), (4, 4), (4, 4)]))  # fmt: skip
        other = w_q @ a, w_k @ torch.linalg.inv(a).T
        plain = scores(x, *other, lambda z: z) - scores(x, w_q, w_k, lambda z: z)
        assert plain.abs().max() < 1e-9
        assert (scores(x, *other, rotary) - scores(x, w_q, w_k, rotary)).abs().max() > 0.1
    # Equal columns: without rotary positions they stay equal, with them they part.
    ranks = []
    for place in (lambda z: z, rotary):
        weights = [torch.full((4, 4), 0.3).double().requires_grad_() for _ in range(2)]
        optimizer = torch.optim.Adam(weights, lr=0.01)
        for _ in range(60):
            optimizer.zero_grad()
            mixed = torch.softmax(scores(x, *weights, place) / 2, dim=-1) @ x
            (mixed - x[0]).square().sum().backward()
            optimizer.step()
        ranks.append([torch.linalg.matrix_rank(w.detach(), atol=1e-6).item() for w in weights])
    assert ranks[0] == [1, 1] and min(ranks[1]) > 1


@pytest.mark.claims("S0-1")
def test_the_best_of_equal_experts_is_chosen_by_a_rule_and_not_by_chance():
    tie = torch.zeros(64, 4).softmax(dim=1)
    for choose in (lambda p: p.topk(1).indices[:, 0], lambda p: p.argmax(dim=1)):
        assert len(choose(tie).unique()) == 1  # all 64 tokens go to one expert
        assert torch.equal(choose(tie), choose(tie.clone()))


@pytest.mark.claims("S1-11")
def test_dropout_then_none_solves_the_task_with_tanh_and_almost_never_with_relu():
    x, y = four_clusters()
    solved = {}
    for g in ("tanh", "relu"):
        start = (0.4 + 0.01 * torch.arange(12).double()).view(-1, 1, 1).expand(12, 8, 4)
        networks, generator = (start[..., :3], start[..., 3:].mT), seeded()
        for dropout in ("shared mask", "none"):
            options = {"optimizer": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)}
            options |= {"nonlinearity": g, "dropout": dropout, "steps": 400}
            run = train_two_layer(x, y, *networks, generator=generator, **options)
            networks = run.w_in[:, -1], run.w_out[:, -1], run.bias[:, -1]
        solved[g] = (run.loss[:, -1] < 0.2).sum().item()
    assert solved["tanh"] >= 11 and solved["relu"] <= 2


@pytest.mark.claims("S0-1.0", "S0-1.8")
def test_a_built_in_shift_symmetry_hinders_where_the_place_is_what_is_asked():
    dots = torch.zeros(2, 1, 8, 8).double()
    dots[0, 0, 3, 1] = dots[1, 0, 3, 6] = 1.0  # one on the left, one on the right
    conv = nn.Conv2d(1, 16, 3, padding=1, padding_mode="circular"), nn.ReLU()
    shifting = nn.Sequential(*conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 2))
    dense = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    for seed in range(10):
        generator = seeded(seed)
        for network in (shifting.double(), dense.double()):
            for parameter in network.parameters():
                nn.init.normal_(parameter, generator=generator)
        same = shifting(dots)
        torch.testing.assert_close(same[0], same[1])  # whatever the weights
        answers = dense(dots)
        assert not torch.allclose(answers[0], answers[1], atol=1e-3)
