"""Strips of small pictures, a valley, a ribbon: what they draw and say, against numpy."""

import math

import numpy as np
import pytest
import torch

from trainability.conditioning import circle_by_layer, gradients_by_layer
from trainability.figures.film_strips import read_circle, read_gradients
from trainability.figures.ribbon import read_ribbon, ribbon
from trainability.figures.rounding import ROUNDING, apart, read_apart
from trainability.figures.valley import VALLEY, read_valley
from trainability.programs.figure import filled


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_strip_holds_every_image_in_rows_of_eight():
    chain = circle_by_layer(12, generator=seeded())
    read = read_circle(**chain)
    points = torch.stack([read["strip_x"], read["strip_y"]], dim=1).view(13, 50, 2)
    assert points[:, -1].isnan().all()
    for k in range(13):
        place = torch.tensor([k % 8, -(k // 8)]).double() * 2.5
        torch.testing.assert_close(points[k, :-1], chain["images"][k] + place)
        assert points[k, :-1].sub(place).norm(dim=1).max().item() == pytest.approx(1)


@pytest.mark.parametrize("kind", ["gaussian", "rotation", "identity + gaussian"])
def test_length_over_width_is_the_condition_number_of_the_product(kind):
    chain = circle_by_layer(9, kind, 0.5, generator=seeded(3))
    # The images of two radii at right angles are the product's columns, up to a factor.
    for radii, log_aspect in zip(chain["radii"], chain["log_aspect"], strict=True):
        condition = np.linalg.cond(radii.T.numpy())
        assert log_aspect.item() == pytest.approx(math.log10(condition), abs=1e-6)


def test_a_circle_reads_as_needle_round_or_oval():
    def read(ends):
        still = torch.eye(2).double().expand(2, 2, 2)
        aspects = torch.tensor([0.0, ends]).double()
        return read_circle(torch.zeros(2, 3, 2).double(), still, aspects)

    for ends, needle, still in ((0.004, False, True), (1.9, False, False), (2.1, True, False)):
        assert (read(ends)["needle"].item(), read(ends)["round"].item()) == (needle, still)
        assert read(ends)["aspect"].item() == pytest.approx(10**ends)


def by_hand(depth, width, seed, nonlinearity, skip):
    """Ranks of the Jacobian by singular values, from autograd alone."""
    generator = seeded(seed)
    signal = torch.randn(1, width, generator=generator)
    torch.randn(10, width, generator=generator)  # the arrows
    gain = 2**0.5 if nonlinearity == "relu" else 1.0
    g = {"linear": lambda z: z, "relu": torch.relu, "tanh": torch.tanh}[nonlinearity]
    weights = [torch.randn(width, width, generator=generator) / width**0.5 for _ in range(depth)]
    signals = [signal[0]]
    for weight in weights:
        signals.append(g(gain * weight @ signals[-1]) + skip * signals[-1])
    ranks = [float(width)]
    for k in range(depth - 1, -1, -1):

        def rest(x, start=k):
            for weight in weights[start:]:
                x = g(gain * weight @ x) + skip * x
            return x

        squared = torch.linalg.svdvals(torch.func.jacrev(rest)(signals[k]).double()).square()
        ranks.append((squared.sum() ** 2 / squared.square().sum()).item())
    return ranks[::-1]


@pytest.mark.parametrize("nonlinearity", ["linear", "relu", "tanh"])
@pytest.mark.parametrize("skip", [0.0, 0.7])
def test_effective_ranks_are_those_of_the_singular_values(nonlinearity, skip):
    back = gradients_by_layer(6, 24, nonlinearity, skip=skip, generator=seeded(5))
    assert back["rank"].tolist() == pytest.approx(by_hand(6, 24, 5, nonlinearity, skip), rel=1e-3)


def test_ten_gradients_are_followed_as_their_jacobian_says():
    back = gradients_by_layer(5, 20, norm="LayerNorm", nonlinearity="tanh", generator=seeded())
    assert torch.allclose(back["cosines"].diagonal(dim1=1, dim2=2), torch.ones(6, 10), atol=1e-5)
    gram = back["cosines"].double()
    eigenvalues = torch.linalg.eigvalsh(gram)
    expected = eigenvalues.sum(1) ** 2 / eigenvalues.square().sum(1)
    torch.testing.assert_close(back["of_ten"].double(), expected, rtol=1e-4, atol=0)


@pytest.mark.parametrize("wrong", [{"weights": "he"}, {"norm": "batch"}], ids=str)
def test_unknown_choices_are_refused_with_those_there_are(wrong):
    with pytest.raises(ValueError, match="is unknown; use one of"):
        gradients_by_layer(2, 16, **wrong, generator=seeded())
    with pytest.raises(ValueError, match="kind='square' is unknown"):
        circle_by_layer(2, "square", generator=seeded())


def test_the_first_arrow_lies_on_the_axis_and_the_second_in_the_plane():
    back = gradients_by_layer(3, 16, generator=seeded(1))
    read = read_gradients(**back)
    stars = torch.stack([read["arrows_x"], read["arrows_y"]], dim=1).view(4, 21, 2)
    for index in range(4):
        gone_back = 3 - index
        tips = stars[index, 1:20:2] - torch.tensor([2.5 * gone_back, 0]).double()
        lengths = tips.norm(dim=1)
        assert tips[0].tolist() == pytest.approx([1, 0], abs=1e-5)
        assert lengths[1].item() == pytest.approx(1, abs=1e-4) and lengths.max() < 1 + 1e-4
        cosines = back["cosines"][index, 0].double()
        torch.testing.assert_close(tips[:, 0], cosines, atol=1e-6, rtol=0)


def valley(rate, condition=10.0, steps=60):
    factor = 1 - rate / condition * torch.tensor([condition, 1.0]).double()
    path = factor ** torch.arange(steps + 1)[:, None]
    read = read_valley(path, torch.tensor(condition).double())
    settings = {"condition": condition, "rate": rate, "momentum": 0.0, "a": 1.0, "b": 1.0}
    numbers = {name: value.numpy() for name, value in read.items()}
    return read, filled(VALLEY, settings | numbers)["layout"]["meta"]


def test_descent_arrives_crawls_or_diverges_and_says_after_how_many_steps():
    read, meta = valley(1.0)
    assert meta["verdict"] == "arrives" and meta["summary"].endswith("steps: arrives.")
    # Only the flat direction is left after one step: 0.9^t = 0.1·√2.
    assert read["steps"].item() == math.ceil(math.log(0.1 * 2**0.5) / math.log(0.9))
    assert valley(0.1)[1]["verdict"] == "crawls"
    read, meta = valley(2.2)
    assert meta["verdict"] == "diverges" and read["path_x"].abs().max() <= 9
    broken = read_valley(torch.tensor([[1.0, 1.0], [math.nan, 1.0]]).double(), torch.tensor(4.0))
    assert broken["diverges"].item() and not broken["arrives"].item()


def test_the_ribbon_is_units_by_digits_by_layers_relative_to_the_first():
    signals = torch.randn(5, 12, 16, generator=seeded()) * torch.logspace(0, -4, 5).view(5, 1, 1)
    slopes = torch.logspace(-12, 0, 5)
    read = read_ribbon(torch.tensor(2.3), torch.tensor(0.1), signals, slopes, step=7)
    drawn = read["ribbon"].view(8, 10, 5)
    size = signals[0].square().mean().sqrt()
    torch.testing.assert_close(drawn[3, 4], signals[:, 4, 3] / size)
    assert read["vanishing"].item() and not read["exploding"].item()
    assert read["ratio"].item() == pytest.approx(1e-6)
    normal = torch.nn.functional.normalize(signals[-1], dim=1)
    cosines = normal @ normal.T
    mean = (cosines.sum() - cosines.trace()) / (12 * 11)
    assert read["cosine"].item() == pytest.approx(mean.item(), abs=1e-5)


def test_the_reading_of_a_ribbon_tells_the_settings_it_is_given():
    texts = [
        part["$text"] for _, part in ribbon("relu, no skip")["layout"]["meta"]["summary"]["$first"]
    ]
    assert len(texts) == 4 and all("relu, no skip, rate" in text for text in texts)
    assert [text.rsplit(" ", 1)[1] for text in texts] == [
        *("learned.", "vanishing.", "exploding.", "healthy.")
    ]


def test_units_are_equal_parting_or_parted_by_their_distance():
    units = torch.tensor([[0.4, 0.1], [0.4, 0.3]])
    deviation = units.double() - units[0].double()
    assert apart(units).item() == pytest.approx(deviation.square().mean().sqrt().item())
    settings = {"units": 2, "number_type": "float32", "nudged": "no", "nudge": -9, "lr": 0.3}
    for distance, verdict in ((0.0, "equal"), (1e-9, "parting"), (0.2, "parted")):
        read = read_apart(torch.tensor(0.5), torch.tensor(distance).double(), step=3)
        numbers = {name: value.numpy() for name, value in read.items()}
        rows = {"steps": np.array([0, 3]), "loss": np.ones(2), "distance": np.ones(2)}
        meta = filled(ROUNDING, settings | numbers | rows | {"step": 3})["layout"]["meta"]
        assert meta["verdict"] == verdict and meta["summary"].endswith(f": {verdict}.")
