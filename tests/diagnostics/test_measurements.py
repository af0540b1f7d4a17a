"""What is measured agrees with oracles that do not share its code."""

import pytest
import torch
from samples import classifier, points, seeded
from sklearn.metrics.pairwise import cosine_similarity
from torch import nn

from trainability import diagnose
from trainability.diagnostics.functions import (
    FunctionWatch,
    dead_share,
    distinctness,
    no_dropout,
    saturated_share,
)
from trainability.diagnostics.normalization import normalizes_one
from trainability.diagnostics.weights import duplicate_labels
from trainability.symmetry import unit_labels


@pytest.fixture(autouse=True)
def drawn_from_a_seed():
    with seeded():
        yield


def test_signal_and_gradient_of_each_layer_are_those_of_retain_grad():
    model, (inputs, targets) = classifier(), points()
    report = diagnose(model, inputs, targets)
    values, outputs = inputs, []
    for layer in model:
        values = layer(values)
        values.retain_grad()
        outputs.append(values)
    nn.functional.cross_entropy(values, targets).backward()
    assert [row.name for row in report.layers] == ["0", "1", "2", "3", "4"]
    for row, output in zip(report.layers, outputs, strict=True):
        assert row.shape == tuple(output.shape)
        assert row.forward == pytest.approx(output.square().mean().sqrt().item(), rel=1e-5)
        assert row.gradient == pytest.approx(output.grad.square().mean().sqrt().item(), rel=1e-5)


def test_correlation_is_the_mean_cosine_of_pairs():
    model, (inputs, targets) = classifier(), points()
    row = diagnose(model, inputs, targets).layers[0]
    for values, measured in ((inputs, row.correlation_in), (model[0](inputs), row.correlation_out)):
        cosines = cosine_similarity(values.detach().numpy())
        pairs = len(values) * (len(values) - 1)
        assert measured == pytest.approx((cosines.sum() - len(values)) / pairs, abs=1e-5)


def test_the_step_is_that_of_the_optimizer():
    model, (inputs, targets) = classifier(), points()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    row = diagnose(model, inputs, targets, optimizer=optimizer).layers[2]
    before = model[2].weight.detach().clone(), model[2].bias.detach().clone()
    nn.functional.cross_entropy(model(inputs), targets).backward()
    optimizer.step()
    after = model[2].weight, model[2].bias
    ratios = [((b - a).norm() / a.norm()).item() for a, b in zip(before, after, strict=True)]
    assert row.step == pytest.approx(max(ratios), rel=1e-4)


def test_distinctness_keeps_its_digits_where_cosines_lose_them():
    direction, noise = torch.randn(50).double(), torch.randn(8, 50).double()
    rows = direction + 1e-7 * noise
    cosines = 1 - torch.cdist(*[rows / rows.norm(dim=1, keepdim=True)] * 2).square() / 2
    expected = (8 * 8 - cosines.sum().item()) / (8 * 7)
    assert distinctness(rows) == pytest.approx(expected, rel=1e-2)
    assert 0 < distinctness(rows) < 1e-13


@pytest.mark.parametrize("rows", [torch.zeros(3, 2), torch.ones(1, 2), torch.tensor([1.0, 2.0])])
def test_distinctness_says_nothing_of_zeros_and_of_single_examples(rows):
    assert distinctness(rows) is None


@pytest.mark.parametrize(("name", "function"), [("tanh", torch.tanh), ("sigmoid", torch.sigmoid)])
def test_saturated_is_where_autograd_s_slope_is_below_a_twentieth(name, function):
    z = torch.linspace(-8, 8, 1001, requires_grad=True)
    (slope,) = torch.autograd.grad(function(z).sum(), z)
    expected = (slope < 0.05 * slope.max()).float().mean().item()
    assert saturated_share(name, function(z.detach())) == pytest.approx(expected, abs=2e-3)


def test_dead_units_are_counted_along_channels_and_along_features():
    values = torch.rand(4, 3, 5) + 0.1
    values[:, 1] = 0
    values[:, :, 2] = 0
    assert dead_share(values, axis=1) == pytest.approx(1 / 3)
    assert dead_share(values, axis=-1) == pytest.approx(1 / 5)


def test_duplicates_are_those_of_comparing_all_pairs():
    rows = torch.randn(40, 17)
    rows[[5, 9, 30]] = rows[2].clone()
    rows[31] = rows[4] + 1e-4
    assert torch.equal(duplicate_labels(rows), unit_labels(rows))


def test_a_difference_in_one_weight_parts_two_units():
    rows = torch.ones(2, 4096)
    rows[1, 77] += 1e-3
    assert duplicate_labels(rows).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("layer", "shape", "one"),
    [
        (nn.LayerNorm(1), (8, 1), True),
        (nn.LayerNorm(2), (8, 2), False),
        (nn.RMSNorm(1), (8, 1), True),
        (nn.GroupNorm(4, 4), (8, 4), True),
        (nn.GroupNorm(2, 4), (8, 4), False),
        (nn.GroupNorm(4, 4), (8, 4, 3), False),
        (nn.BatchNorm1d(4), (1, 4), True),
        (nn.BatchNorm1d(4), (2, 4), False),
        (nn.BatchNorm2d(4), (1, 4, 2, 2), False),
        (nn.BatchNorm1d(4).eval(), (1, 4), False),
        (nn.InstanceNorm2d(4), (8, 4, 1, 1), True),
        (nn.Linear(1, 1), (8, 1), False),
    ],
)
def test_a_normalization_of_one_forgets_its_input(layer, shape, one):
    assert normalizes_one(layer, torch.zeros(shape)) is one
    if one and not isinstance(layer, nn.modules.batchnorm._NormBase):
        first, second = (layer(torch.full(shape, value)) for value in (1.0, 5.0))
        assert torch.allclose(first, second, atol=1e-4)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Dropout(),
        nn.MultiheadAttention(8, 2, dropout=0.9, batch_first=True),
        nn.LSTM(8, 8, num_layers=2, dropout=0.9),
        nn.GRU(8, 8, num_layers=2, dropout=0.9),
        nn.TransformerEncoderLayer(8, 2, 16, dropout=0.9, batch_first=True),
    ],
)
def test_dropout_is_off_inside_attention_and_recurrent_layers_as_well(layer):
    x = torch.randn(4, 5, 8)
    inputs = (x, x, x) if isinstance(layer, nn.MultiheadAttention) else (x,)

    def twice():
        made = [layer(*inputs) for _ in "ab"]
        return [values[0] if isinstance(values, tuple) else values for values in made]

    with FunctionWatch(replaced=no_dropout()):
        assert torch.equal(*twice())
    assert not torch.equal(*twice())


def test_functions_are_seen_wherever_they_are_called():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.head = nn.Linear(10, 8), nn.Linear(8, 4)

        def forward(self, x):
            return self.head(nn.functional.relu(self.layer(x) - 100))

    found = diagnose(Functional(), *points()).findings[0]
    assert (found.kind, found.severity, found.where) == ("dead_units", "severe", ("layer", ""))
    assert found.measured == 1.0
