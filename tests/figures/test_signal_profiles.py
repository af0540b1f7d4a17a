"""A picture for each scale: the same as one by one, with what was set in words."""

import pytest
import torch

from trainability.figures.initialization_variance import signal_profile
from trainability.figures.signal_profiles import signal_profiles
from trainability.signal import propagate

SCALES = [0.5, 1.0, 2.0]
Q, G = propagate([16] * 11, sigma_w=SCALES, generator=torch.Generator().manual_seed(0))


def summaries(**options) -> list[str]:
    figures = signal_profiles(Q, G, SCALES, "tanh", **options)
    return [figure["layout"]["meta"]["summary"] for figure in figures]


def test_each_scale_has_its_own_picture():
    figures = signal_profiles(Q, G, SCALES, "tanh")
    for figure, q, g, scale in zip(figures, Q, G, SCALES, strict=True):
        alone = signal_profile(q, g, scale=scale, setting="tanh, 10 layers")
        assert figure["layout"] == alone["layout"]
        assert figure["data"][0]["y"].tolist() == alone["data"][0]["y"].tolist()


def test_the_words_name_the_width_where_it_is_not_the_usual_one_and_the_type_of_numbers():
    assert summaries()[0].startswith("Scale 0.5, tanh, 10 layers: ")
    assert summaries(width=256)[1].startswith("Scale 1, tanh, 10 layers of 256: ")
    assert summaries(number_type="bfloat16")[2].startswith("Scale 2, tanh, 10 layers, bfloat16: ")


def test_a_click_sets_what_it_is_told_to():
    pick = {"set": {"layer": "x"}}
    figures = signal_profiles(Q, G, SCALES, "tanh", pick=pick)
    assert all(figure["layout"]["meta"]["pick"] == pick for figure in figures)


def test_there_must_be_a_scale_for_each_row():
    with pytest.raises(ValueError, match="shorter"):
        signal_profiles(Q, G, SCALES[:2], "tanh")
