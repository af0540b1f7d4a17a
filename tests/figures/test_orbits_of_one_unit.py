"""The plane of one unit's two weights: orbits, what flow keeps, and where a path ends."""

import math

import plotly.graph_objects as go
import pytest
import torch

from trainability.figures.orbits import ORBITS, SIDE, flow_line_of, orbit_of, read_orbits
from trainability.programs.figure import filled


def read(*places):
    return read_orbits(torch.tensor(places, dtype=torch.float64))


@pytest.mark.parametrize("product", [0.25, 1.0, 7.0])
def test_an_orbit_crosses_the_whole_square_at_one_product(product):
    places = orbit_of(torch.tensor(product).double())
    torch.testing.assert_close(places.prod(dim=1), torch.full((61,), product).double())
    assert places[:, 0].min() < 0.3 and places[:, 0].max() > SIDE
    assert places[:, 1].min() < 0.3 and places[:, 1].max() > SIDE


@pytest.mark.parametrize("difference", [-4.0, 0.0, 9.0])
def test_a_flow_line_is_at_right_angles_to_the_orbits_that_it_meets(difference):
    places = flow_line_of(difference)
    w, v = places.T
    torch.testing.assert_close(w.square() - v.square(), torch.full_like(w, difference))
    steps = places.diff(dim=0)
    middle = (places[1:] + places[:-1]) / 2
    along_orbit = torch.stack([middle[:, 0], -middle[:, 1]], dim=1)  # wv stays
    cosine = torch.cosine_similarity(steps, along_orbit)
    assert cosine.abs().max() < 1e-6


@pytest.mark.parametrize("place", [(2.0, 0.5), (1.4, 0.5), (0.3, 3.0)])
def test_the_sharpness_is_the_largest_eigenvalue_of_the_hessian(place):
    def loss(weights):
        return (weights[0] * weights[1] - 1).square() / 2

    weights = torch.tensor(place, dtype=torch.float64)
    largest = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, weights))[-1]
    assert read(place, place)["sharpness"].item() == pytest.approx(largest.item())


@pytest.mark.parametrize(
    ("end", "verdict"),
    [((2.0, 0.5), "arrived"), ((2.0, 0.52), "not arrived"), ((math.nan, 1.0), "not arrived")],
)
def test_it_has_arrived_where_the_product_is_one(end, verdict):
    found = read((3.0, 1.0), end)
    shown = go.Figure(filled(ORBITS, {"lr": 0.1} | found))
    assert shown.layout.meta["verdict"] == verdict
    assert shown.layout.meta["summary"].startswith("From w = 3, v = 1 at rate 0.1 to w = ")


def test_a_unit_whose_weight_is_negative_puts_out_nothing():
    assert read((3.0, 1.0), (-0.5, 2.0))["product"] == 0
