"""Losses along the first steps of optimizers: held against torch's own steps."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from trainability.comparisons import LENGTHS, RULES, TrustRadius
from trainability.figures.trust_radius import by_rule, read_trust, trust_radius
from trainability.optim import LARS
from trainability.programs.figure import filled
from trainability.training import DeepRun

LABELS = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
RUN = DeepRun(
    torch.randn(12, 20, generator=torch.Generator().manual_seed(1)), torch.eye(10)[LABELS]
)
TASK = TrustRadius(RUN)
SHAPE = {"depth": 4, "width": 12}


def stepped(rule, length, nonlinearity, skip, norm, seed=0):
    """The loss after torch's own first step, stretched to a relative length."""
    state = RUN.begin(1.0, 0.0, **SHAPE, generator=torch.Generator().manual_seed(seed))
    leaves = [state["w_first"], *state["w"], state["w_last"]]
    leaves = [leaf.double().clone().requires_grad_() for leaf in leaves]

    def loss():
        def layer(z):
            z = torch.nn.functional.layer_norm(z, z.shape[-1:]) if norm == "LayerNorm" else z
            return getattr(torch, nonlinearity)(z)

        signal = layer(state["x"].double() @ leaves[0].T)
        for weight in leaves[1:-1]:
            signal = layer(signal @ weight.T) + skip * signal
        return cross_entropy(signal @ leaves[-1].T, LABELS)

    loss().backward()
    before = [leaf.detach().clone() for leaf in leaves]
    make = {
        "SGD": lambda: torch.optim.SGD(leaves, lr=1e-6),
        "Adam": lambda: torch.optim.Adam(leaves, lr=1e-6, eps=1e-30),
        "Muon": lambda: torch.optim.Muon(
            leaves, lr=1e-6, momentum=0.0, nesterov=False, weight_decay=0.0
        ),
        "LARS": lambda: LARS(leaves, lr=1e-3, momentum=0.0),
    }
    make[rule]().step()
    moves = [leaf.detach() - old for leaf, old in zip(leaves, before, strict=True)]
    shares = [move.norm() / old.norm() for move, old in zip(moves, before, strict=True)]
    scale = length / torch.stack(shares).square().mean().sqrt()
    with torch.no_grad():
        for leaf, old, move in zip(leaves, before, moves, strict=True):
            leaf.copy_(old + scale * move)
    return loss().item()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("nonlinearity", "skip", "norm"),
    [("tanh", 0.0, "none"), ("relu", 1.0, "none"), ("tanh", 0.5, "LayerNorm")],
)
def test_the_loss_along_a_step_is_that_of_torchs_own_step(rule, nonlinearity, skip, norm):
    found = TASK.measure(
        1.0,
        **SHAPE,
        nonlinearity=nonlinearity,
        skip=skip,
        norm=norm,
        generator=torch.Generator().manual_seed(0),
    )
    losses = found["losses"][RULES.index(rule)]
    for at in (16, 28, 34):
        expected = stepped(rule, LENGTHS[at].item(), nonlinearity, skip, norm)
        # torch's Muon turns matrices in bfloat16.
        near = 0.02 if rule == "Muon" else 1e-4
        assert losses[at].item() == pytest.approx(expected, abs=near)


def test_a_promise_is_the_slope_times_the_length():
    found = TASK.measure(1.0, **SHAPE, generator=torch.Generator().manual_seed(0))
    fallen = found["start"] - found["losses"][:, 0]
    torch.testing.assert_close(fallen, found["promises"][:, 0], rtol=1e-2, atol=1e-9)
    ratio = found["promises"][:, 8] / found["promises"][:, 0]
    torch.testing.assert_close(ratio, torch.full_like(ratio, 10.0))


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({}, "holds for short steps"),
        ({"init_scale": 4.0, "depth": 30}, "holds for very short steps only"),
        ({"init_scale": 0.1, "skip": 1.0}, "holds far"),
    ],
)
def test_the_figure_says_how_far_the_gradient_holds(settings, verdict):
    settings = {"init_scale": 1.0, "depth": 20, "width": 20} | settings
    found = TASK.measure(**settings, generator=torch.Generator().manual_seed(0))
    read = by_rule(read_trust(**found, lengths=LENGTHS), RULES)
    words = {"nonlinearity": "tanh", "skip": 0.0, "norm": "none"} | settings
    figure = filled(trust_radius(RULES, LENGTHS.tolist()), words | read)
    assert figure["layout"]["meta"]["verdict"] == verdict


def test_where_the_start_overflows_nothing_is_kept():
    nan = torch.full((2, 3), torch.nan)
    read = read_trust(torch.tensor(2.0), nan, torch.ones(2, 3), torch.tensor([0.1, 0.2, 0.3]))
    assert read["radius"].tolist() == [0.0, 0.0] and read["short"].item()
