"""Lesson 9's statements on the first losses, on weights that matter, and on the sheet's words."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

from trainability.cafe import CAFENet, fit, get_cafe_data, loss_after_first_step
from trainability.training import train_softmax

PIXELS = 380 * 240


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def train():
    return get_cafe_data("train", "synthetic")


@pytest.fixture(scope="module")
def test_data():
    return get_cafe_data("test", "synthetic")


@pytest.fixture(scope="module")
def first_losses(train):
    """The loss before and after Adam's first step, for 30 random starts and three inputs."""
    X, y = train
    found = {}
    for name, taken in {"raw": 0.0, "pixel": X.mean(), "face": X.mean(0)}.items():
        centered, losses = X - taken, []
        for seed in range(30):
            start = [part.detach() for part in CAFENet(seeded(seed)).parameters()]
            losses.append([loss_after_first_step(*start, centered, y, lr) for lr in (0.0, 0.001)])
        found[name] = torch.tensor(losses).T
    return found


@pytest.mark.claims("S3-3b,c")
def test_centering_lowers_the_first_rise_of_the_loss_and_does_not_remove_it(first_losses):
    rise = {name: after - before for name, (before, after) in first_losses.items()}
    assert (rise["raw"] > rise["pixel"]).all() and (rise["pixel"] > rise["face"]).all()
    assert rise["face"].min() > 0.3  # it rises from every start
    assert 15 <= (rise["face"] > 1).sum() <= 23  # by more than 1 from 19 of 30
    assert first_losses["raw"][1].min() > 26 and first_losses["raw"][1].max() < 59
    assert rise["raw"].min() > 24 and 7 < rise["pixel"].max() < 8 and rise["face"].max() < 2.2


@pytest.mark.claims("S3-3b,c")
def test_a_start_at_zero_rises_less_than_30_random_starts_but_not_by_half(train, first_losses):
    X, y = train
    zeros = loss_after_first_step(torch.zeros(6, PIXELS), torch.zeros(6), X, y, 0.001)
    shares = zeros / first_losses["raw"][1]
    assert zeros == pytest.approx(24.3, abs=0.2) and shares.max() < 1
    assert shares.min() < 0.45 and shares.median() > 0.55 and shares.max() > 0.85


def test_without_momentum_the_peak_is_higher_from_most_starts_and_not_from_all(train):
    X, y = train
    nets = [CAFENet(seeded(seed)) for seed in (0, 5)]
    start = [
        torch.stack([p.detach() for p in parts])
        for parts in zip(*(n.parameters() for n in nets), strict=True)
    ]
    peaks = {}
    for beta in (0.9, 0.0):
        adam = lambda params, b=beta: torch.optim.Adam(params, betas=(b, 0.999))  # noqa: E731
        peaks[beta] = train_softmax(*start, X, y, 12, optimizer=adam).loss.max(dim=1).values
    assert peaks[0.0][0] > 1.05 * peaks[0.9][0] and peaks[0.0][1] < 0.95 * peaks[0.9][1]
    assert peaks[0.0].min() > 40  # so momentum is not the cause


@pytest.mark.claims("S3-3b,c")
def test_a_logit_jumps_with_the_brightness_of_its_image_and_less_where_signs_are_mixed(train):
    X, y = train
    most = 0.001 * X.sum(1)
    assert most.mean() == pytest.approx(43.6, abs=0.1)
    assert most.min() < 30 and most.max() > 55  # not 44 for every image
    net = CAFENet(seeded())
    logits = net(X)
    (slope,) = torch.autograd.grad(cross_entropy(logits, y), net.linear.weight)
    change = -0.001 * X @ slope.sign().T
    assert (change.abs() <= most[:, None] + 1e-3).all()
    assert 10 < change[:, 0].mean().abs() < 20  # anger: 65% of the signs are positive
    assert (change[:, [1, 2, 3]].mean(0).abs() > 43).all()
    single = cross_entropy(logits + change, y, reduction="none")
    assert single.min() < 1 and 95 < single.max() < 105  # not 88 at most


@pytest.mark.claims("S3-3b,c")
def test_on_digits_of_64_pixels_the_first_step_of_adam_lowers_the_loss():
    images, labels = load_digits(return_X_y=True)
    X, y = torch.tensor(images / 16).float(), torch.tensor(labels)
    for seed in range(10):
        bound = 64**-0.5
        weight = torch.empty(10, 64).uniform_(-bound, bound, generator=seeded(seed))
        before, after = (
            loss_after_first_step(weight, torch.zeros(10), X, y, lr) for lr in (0, 0.001)
        )
        assert after < before
        logits = (X @ weight.T).requires_grad_()
        (slope,) = torch.autograd.grad(cross_entropy(logits, y), logits)
        moves = 0.001 * X @ (slope.T @ X).sign().T
        assert moves.abs().mean() < 0.03  # where 91,200 pixels move a logit by 44


@pytest.fixture(scope="module")
def surprise(train):
    """The weights of surprise, less the mean of the six, and the network."""
    net = CAFENet(seeded())
    fit(net, *train)
    weight = net.linear.weight.detach()
    return weight[5] - weight.mean(0), net


def hidden_effect(net, X, pixels, mean):
    hidden = X.clone()
    hidden[:, pixels] = mean[pixels]
    difference = (net(hidden) - net(X)).detach()
    return (difference[:, 5] - difference.mean(1)).square().mean().sqrt().item()


@pytest.mark.claims("S3-3e-i")
def test_most_of_the_darkest_weights_lie_outside_the_mouth_and_matter_too(
    train, test_data, surprise
):
    mine, net = surprise
    X, mean, count = test_data[0], train[0].mean(0), PIXELS // 20
    rows, columns = torch.arange(PIXELS) // 240, torch.arange(PIXELS) % 240
    mouth = (rows > 238) & (rows < 288) & (columns > 72) & (columns < 167)
    darkest = (-mine).topk(count).indices
    inside = mouth[darkest]
    assert 0.2 < inside.float().mean() < 0.3  # not "the mouth"
    parts = [hidden_effect(net, X, darkest[part], mean) for part in (inside, ~inside)]
    assert parts[0] > parts[1] > 0.6 * parts[0]
    brightest = mine.topk(count).indices
    both = [hidden_effect(net, X, part, mean) for part in (darkest, brightest)]
    assert 1.5 < both[0] / both[1] < 2.3


@pytest.mark.claims("S3-3e-i")
def test_large_weights_matter_only_where_pixels_vary(train, test_data, surprise):
    """Large means far from zero here; a pixel that never varies gets a large weight in vain."""
    mine, net = surprise
    X, mean, count = test_data[0], train[0].mean(0), PIXELS // 20
    large = hidden_effect(net, X, mine.abs().topk(count).indices, mean)
    any_ = hidden_effect(net, X, torch.rand(PIXELS, generator=seeded(1)).topk(count).indices, mean)
    assert large > 8 * any_
    small = torch.nn.functional.avg_pool2d(train[0].view(-1, 1, 380, 240), 20).flatten(1)
    x = torch.cat([small - 0.5, torch.ones(36, 1)], dim=1)  # the last pixel is the same in all
    start = torch.zeros(1, 6, 229), torch.zeros(1, 6)
    weight = train_softmax(*start, x, (train[1] > 2).long() * 3, 50).weights[0][0, 0]
    centered = (weight - weight.mean(0)).abs().amax(0)
    assert centered[-1] > centered[:-1].median()
    assert (x - x.mean(0))[:, -1].abs().max() == 0  # to hide it changes nothing at all


@pytest.mark.claims("S3-3f")
def test_the_sheets_map_divides_by_zero_on_equal_weights_and_its_names_do_not_exist():
    def sheets_map(w):
        min_weight, max_weight = w.min(), w.max()
        return (w - min_weight) * 255 / (max_weight - min_weight)

    assert sheets_map(torch.full((6, 10), 0.3)).isnan().all()
    some = torch.randn(6, 10, generator=seeded())
    gray = sheets_map(some).int()
    assert gray.min() == 0 and gray.max() in (254, 255)
    for holder, name in ((torch.nn, "Loss"), (torch.nn, "tensor"), (torch.tensor, "detach")):
        assert not hasattr(holder, name)
    assert callable(torch.Tensor.min) and callable(torch.Tensor.detach)
    linear = torch.nn.Linear(10, 6)
    sequential = torch.nn.Sequential(linear)
    assert torch.equal(sequential(some), linear(some))
