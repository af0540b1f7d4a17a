"""The figures of lesson 4's deeper pages: spectra, bounds broken and kept."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.gradient_conditioning import product_spectrum
from trainability.figures.two_matrices import two_matrices


@pytest.mark.parametrize(
    ("at", "verdict", "kappa"),
    [(1, "well conditioned", "5"), (5, "ill conditioned", "1000"), (9, "beyond float32", "10⁹")],
)
def test_the_spectrum_is_read_at_the_depth_that_is_chosen(at, verdict, kappa):
    spectra = np.array([[0.3, 0, math.log10(0.4)], [1, 0, -2.0], [2, 0, -7.0]])
    figure = go.Figure(
        product_spectrum(
            np.array([1, 5, 9]),
            spectra,
            exponents=np.array([0.2, 0, -0.5]),
            shown={"largest": 0, "smallest": 2},
            at=at,
            setting="gaussian, width 3",
        )
    )
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and kappa in meta["summary"]
    assert [trace.name for trace in figure.data[:2]] == ["largest", "smallest"]
    assert list(figure.data[3].y) == pytest.approx([-0.5, -4.5])  # theory for the smallest
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


@pytest.mark.parametrize(
    ("here", "verdict", "words"),
    [(4.0, "broken", "4 is more than 1"), (0.5, "kept", "0.5 is at most 1")],
)
def test_a_broken_bound_is_told_from_a_kept_one(here, verdict, words):
    angles = np.array([0.0, 90.0])
    arguments = {"here": here, "folklore": 1.0, "norms": 4.0, "angle": 0.0, "setting": "symmetric"}
    figure = go.Figure(two_matrices(angles, np.array([here, 1]), np.array([4, 1]), **arguments))
    assert figure.layout.meta["verdict"] == verdict and words in figure.layout.title.text
    assert set(figure.data[2].y) == {1.0} and set(figure.data[3].y) == {4.0}
    lost = arguments | {"here": math.nan}
    figure = go.Figure(two_matrices(angles, np.array([math.nan, 1]), np.array([4, 1]), **lost))
    assert figure.layout.meta["verdict"] == "complex"
    assert "Turned by 0°" in figure.layout.title.text  # nothing else tells two such states apart
