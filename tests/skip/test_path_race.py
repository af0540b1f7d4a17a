"""Two paths that learn together: held against autograd, and against the networks of the book."""

import pytest
import torch

from trainability.figures.path_race import edge_by_edge, path_race, read_race
from trainability.programs.figure import filled
from trainability.skip import PathRace

X = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
Y = torch.randn(30, generator=torch.Generator().manual_seed(1)) + X[:, 0]
LEARNED = (torch.arange(30) < 20).float()
RACE = PathRace(X, Y, LEARNED)
LAYERS = ("w_first", "b_first", "w", "b", "w_last", "b_last")


def began(seed=0, **settings):
    shape = {"depth": 3, "width": 6, "output_scale": 1.0}
    return RACE.begin(**shape | settings, generator=torch.Generator().manual_seed(seed))


def outputs(leaves, nonlinearity, skip):
    signal = getattr(torch, nonlinearity)(X @ leaves["w_first"].T + leaves["b_first"])
    for weight, bias in zip(leaves["w"], leaves["b"], strict=True):
        signal = getattr(torch, nonlinearity)(signal @ weight.T + bias)
    deep = (signal @ leaves["w_last"].T)[:, 0] + leaves["b_last"]
    return deep, skip * (X @ leaves["direct"].T)[:, 0]


@pytest.mark.parametrize("nonlinearity", ["tanh", "sigmoid"])
@pytest.mark.parametrize("skip", [1.0, 0.5, 0.0])
def test_a_step_is_descent_with_two_rates_and_two_decays(nonlinearity, skip):
    state = began()
    leaves = {name: state[name].clone().requires_grad_() for name in (*LAYERS, "direct")}
    groups = [
        {"params": [leaves[name] for name in LAYERS], "lr": 0.3, "weight_decay": 0.02},
        {"params": [leaves["direct"]], "lr": 0.05, "weight_decay": 0.1},
    ]
    optimizer = torch.optim.SGD(groups)
    for _ in range(5):
        deep, linear = outputs(leaves, nonlinearity, skip)
        loss = (deep + linear - Y)[LEARNED > 0].square().mean() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state, kept = RACE.step(
            state,
            nonlinearity,
            skip,
            deep_lr=0.3,
            linear_lr=0.05,
            deep_decay=0.02,
            linear_decay=0.1,
        )
        spread = (Y[LEARNED > 0] - Y[LEARNED > 0].mean()).square().mean()
        assert kept["learned"].item() == pytest.approx((1 - 2 * loss / spread).item(), abs=1e-4)
    for name, leaf in leaves.items():
        if name != "direct" or skip:
            torch.testing.assert_close(state[name], leaf.detach(), rtol=1e-4, atol=1e-6)


def test_examples_held_out_pull_nothing():
    other = PathRace(X, torch.where(LEARNED > 0, Y, 100.0), LEARNED)
    state = began()
    ours, theirs = RACE.step(state)[0], other.step(state)[0]
    assert all(torch.equal(ours[name], theirs[name]) for name in (*LAYERS, "direct"))


def test_paths_that_start_silent_add_nothing_and_the_linear_one_learns_at_once():
    state = began(output_scale=0.0)
    deep, linear, _ = RACE.paths(state)
    assert not deep.any() and not linear.any()
    state, _ = RACE.step(state, deep_lr=0.0)
    deep, linear, _ = RACE.paths(state)
    assert not deep.any() and linear.any()


def test_the_best_score_is_kept():
    state, scores = began(), []
    for _ in range(30):
        state, kept = RACE.step(state, deep_lr=1.0)
        scores.append(kept["held"].item())
    assert state["best"].item() == pytest.approx(max(scores))


def drawn(**changes):
    state = began(output_scale=changes.pop("output_scale", 0.0))
    for _ in range(changes.pop("steps", 0)):
        state, _ = RACE.step(state, **changes)
    deep, linear, layers = RACE.paths(state)
    measured = RACE.measure(deep, linear)
    read = read_race(deep, linear, layers, state["direct"][0], 1.0, measured, state["best"], 7)
    read = edge_by_edge(read, 4)
    words = dict.fromkeys(("deep_lr", "linear_lr", "deep_decay", "linear_decay"), 0.1)
    words |= {"skip": 1.0, "output_scale": 0.0, "depth": 3, "width": 6, "nonlinearity": "tanh"}
    history = dict.fromkeys(("held", "learned", "share"), torch.zeros(1))
    figure = path_race(["a", "b", "c", "d"], linear=0.4)
    return read, filled(figure, words | history | {"step": 7, "steps": torch.zeros(1)} | read)


def test_an_edge_is_as_thick_as_its_weight_and_colored_by_its_sign():
    read, figure = drawn(steps=5, linear_lr=0.2)
    direct = [trace for trace in figure["data"][4:12] if trace["line"]["width"] > 0]
    assert len(direct) == 4 and {t["name"][0] for t in direct} == set("abcd")
    assert read["plus"].max() > 0 and not (read["plus"] * read["minus"]).any()


def test_a_network_that_predicts_the_mean_has_not_begun():
    _, figure = drawn()
    assert figure["layout"]["meta"]["verdict"] == "not begun"
    _, figure = drawn(steps=40, linear_lr=0.2, deep_lr=0.0)
    assert figure["layout"]["meta"]["verdict"] == "the linear path leads"
    assert figure["layout"]["meta"]["share"] == 100
