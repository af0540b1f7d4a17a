"""One random layer against the correlation map, on two devices, and with too little memory."""

import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

import elsewhere
from conftest import ROOT
from trainability import device as devices
from trainability.mean_field import correlation_map, fixed_point
from trainability.signal import layer_correlations
from trainability.signal.wide_networks import layer_bytes

BEFORE = [-1.0, -0.3, 0.0, 0.5, 0.9, 1.0]


@pytest.mark.parametrize(
    ("nonlinearity", "sigma_w2", "sigma_b2"),
    [("tanh", 4.0, 0.04), ("tanh", 1.2, 0.5), ("relu", 1.2, 0.1), ("sigmoid", 6.0, 0.3)],
)
def test_layers_make_of_correlations_what_theory_says_on_the_average(
    nonlinearity, sigma_w2, sigma_b2
):
    q = fixed_point(nonlinearity, sigma_w2, sigma_b2)
    options = {"length": q, "sigma_w": sigma_w2**0.5, "sigma_b": sigma_b2**0.5, "device": "cpu"}
    options["nonlinearity"] = nonlinearity
    found = np.array(
        [layer_correlations(400, BEFORE, seed=seed, **options)[0].numpy() for seed in range(60)]
    )
    wanted = [correlation_map(nonlinearity, c, sigma_w2, sigma_b2) for c in BEFORE]
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - wanted) < 5 * error + 0.003).all()
    assert (found.std(axis=0) < 1.5 / math.sqrt(400)).all()


def test_the_width_brings_a_layer_nearer_to_theory():
    def off(width):
        options = {"length": 1.0, "sigma_w": 2**0.5, "nonlinearity": "relu", "device": "cpu"}
        rows = [layer_correlations(width, [0.0], seed=s, **options)[0] for s in range(40)]
        return (torch.stack(rows) - 1 / math.pi).square().mean().sqrt().item()

    assert 2.5 < off(32) / off(512) < 6.5  # the root of 16, give or take


def test_a_layer_measured_on_another_device_is_the_same_layer():
    options = {"length": 0.5, "sigma_w": 1.5, "sigma_b": 0.2, "seed": 3}
    there, width = layer_correlations(64, BEFORE, device=elsewhere.NAME, **options)
    here, _ = layer_correlations(64, BEFORE, device="cpu", **options)
    assert there.device.type == elsewhere.NAME and width == 64
    assert torch.allclose(there.cpu(), here, rtol=1e-4, atol=1e-6)


def test_a_layer_too_wide_for_memory_is_measured_at_half_its_width(monkeypatch):
    options = {"length": 0.5, "sigma_w": 1.5, "seed": 3, "device": "cpu"}
    need = layer_bytes(256, len(BEFORE))
    monkeypatch.setattr(devices, "free_memory", lambda device: need - 1)
    with pytest.warns(UserWarning, match="width 256"):
        found, width = layer_correlations(256, BEFORE, **options)
    assert width == 128
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        direct, same = layer_correlations(128, BEFORE, **options)
    assert same == 128 and torch.equal(found, direct)


def test_the_estimate_for_a_layer_is_close_to_what_is_taken():
    # A fresh process, since a peak counts from its start.
    grown = """
import torch
from memory import peak
from trainability.signal.wide_networks import layer_bytes
from trainability.signal import layer_correlations
torch.set_num_threads(1)
options = {"length": 1.0, "sigma_w": 1.0, "sigma_b": 0.1, "seed": 0, "device": "cpu"}
layer_correlations(64, [0.0, 0.5], **options)
before = peak()
layer_correlations(4096, [0.0, 0.5], **options)
print((peak() - before) / layer_bytes(4096, 2))
"""
    ran = subprocess.run(
        [sys.executable, "-c", grown],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        check=True,
    )
    assert 0.7 < float(ran.stdout) < 1.3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 1}, "width"),
        ({"before": [0.0, 1.5]}, r"before=.* from -1 to 1"),
        ({"before": [math.nan]}, "before"),
        ({"length": 0.0}, "length is 0"),
        ({"length": math.inf}, "length"),
        ({"sigma_w": -1.0}, "sigma_w"),
        ({"sigma_b": math.nan}, "sigma_b"),
        ({"nonlinearity": "tan"}, "nonlinearity"),
    ],
)
def test_what_no_layer_has_is_refused_by_name(changes, message):
    given = {"width": 8, "before": BEFORE, "length": 1.0, "sigma_w": 1.0, "seed": 0} | changes
    with pytest.raises(ValueError, match=message):
        layer_correlations(given.pop("width"), given.pop("before"), **given)
