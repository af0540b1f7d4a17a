"""A deep and a linear path, trained side by side, against torch's own modules."""

import pytest
import torch
from sklearn.metrics import r2_score
from torch import nn

from trainability.skip import PathSettings, TwoPaths, train_two_paths

PARTS = {"learned": torch.arange(30), "held out": torch.arange(30, 40)}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def data():
    generator = seeded(1)
    x = torch.randn(40, 3, generator=generator)
    noise = torch.randn(40, 1, generator=generator)
    return x, x.square().sum(dim=1, keepdim=True) / 3 - 1 + x[:, :1] + 0.1 * noise


def deep_of(network: TwoPaths, at: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for weight, bias in zip(network.weights, network.biases, strict=True):
        layer = nn.Linear(*weight.shape[:0:-1])
        layer.weight.data, layer.bias.data = weight[at].clone(), bias[at, 0].clone()
        layers += [layer, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("skip", [True, False])
def test_each_network_is_trained_as_torch_would_train_it_alone(data, skip):
    x, y = data
    settings = PathSettings(
        depth=2, hidden=5, skip=skip, deep_rate_factor=0.5, deep_weight_decay=0.1
    )
    history = train_two_paths(
        x, y, PARTS, settings, steps=40, every=40, networks=3, generator=seeded()
    )
    network = TwoPaths(3, settings, networks=3, generator=seeded())
    for at in range(3):
        deep, direct = deep_of(network, at), nn.Linear(3, 1, bias=False)
        direct.weight.data = network.direct[at].clone() * skip
        groups = [{"params": deep.parameters(), "lr": 0.05, "weight_decay": 0.1}]
        groups += [{"params": direct.parameters(), "lr": 0.1}] * skip
        optimizer = torch.optim.SGD(groups)
        for _ in range(40):
            optimizer.zero_grad()
            output = deep(x[:30]) + direct(x[:30])
            (nn.functional.mse_loss(output, y[:30]) / 2).backward()
            optimizer.step()
        through, straight = deep(x).detach(), direct(x).detach()
        for name, part in PARTS.items():
            expected = r2_score(y[part], (through + straight)[part])
            assert history.r2[name][1, at].item() == pytest.approx(expected, abs=1e-4)
        own = straight[:30].var(), through[:30].var()
        assert history.linear_share[1, at].item() == pytest.approx((own[0] / sum(own)).item())


def test_the_hidden_layers_are_those_of_the_deep_path(data):
    network = TwoPaths(3, PathSettings(depth=2, hidden=5), networks=2, generator=seeded())
    first, second = network.hidden(data[0])
    modules = deep_of(network, 1)
    torch.testing.assert_close(first[1], modules[:2](data[0]).detach())
    torch.testing.assert_close(second[1], modules[:4](data[0]).detach())


def test_a_start_at_zero_outputs_nothing_and_says_no_share(data):
    settings = PathSettings(depth=2, zero_output=True)
    history = train_two_paths(*data, PARTS, settings, steps=0, generator=seeded())
    assert history.linear_share.shape == (1, 8) and history.linear_share.isnan().all()
    assert history.r2["learned"].max() <= 1e-6  # no better than the mean
    drawn = TwoPaths(3, PathSettings(depth=2), networks=8, generator=seeded())
    zeroed = TwoPaths(3, settings, networks=8, generator=seeded())
    assert torch.equal(drawn.weights[0], zeroed.weights[0]) and drawn.direct.any()


def test_the_global_generator_and_the_data_are_left_alone(data):
    before, kept = torch.get_rng_state(), [part.clone() for part in data]
    train_two_paths(*data, PARTS, PathSettings(), steps=3, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(data, kept, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nonlinearity": "sin"}, "nonlinearity='sin' is unknown; use one of 'tanh'"),
        ({"depth": 0}, "depth=0"),
        ({"hidden": 0}, "hidden=0"),
        ({"rate": -1.0}, "rate=-1.0"),
        ({"deep_rate_factor": float("inf")}, "deep_rate_factor=inf"),
        ({"deep_weight_decay": -0.1}, "deep_weight_decay=-0.1"),
    ],
)
def test_settings_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        PathSettings(**options)


@pytest.mark.parametrize(
    "parts",
    [{}, {"held out": torch.arange(4)}, {"learned": torch.arange(9), "aside": torch.arange(1)}],
)
def test_parts_to_learn_from_are_asked_for(data, parts):
    with pytest.raises(ValueError, match=r"parts must name \"learned\""):
        train_two_paths(*data, parts, PathSettings(), steps=1, generator=seeded())
