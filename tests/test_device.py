"""Which device is chosen, what fits into its memory, and that results agree between devices."""

import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import elsewhere
from benchmarks import devices as benchmark
from trainability import device as devices
from trainability.device import (
    VARIABLE,
    available_devices,
    describe_device,
    first_that_fits,
    free_memory,
    live_device,
    live_widths,
    pick_device,
)
from trainability.signal import propagate_wide
from trainability.signal.random_network import _MeanSquare
from trainability.signal.wide_networks import bytes_needed


@pytest.fixture
def machine(monkeypatch):
    """Pretend that a machine has these accelerators."""

    def has(cuda=False, mps=False):
        monkeypatch.delenv(VARIABLE, raising=False)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Large GPU")
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return has


@pytest.mark.parametrize(
    ("cuda", "mps", "double", "expected"),
    [
        (True, True, False, ["cuda", "mps", "cpu"]),
        (True, False, True, ["cuda", "cpu"]),
        (False, True, False, ["mps", "cpu"]),
        (False, True, True, ["cpu"]),  # MPS has no float64
        (False, False, False, ["cpu"]),
    ],
)
def test_cuda_comes_before_mps_before_the_cpu(machine, cuda, mps, double, expected):
    machine(cuda, mps)
    assert list(available_devices(double=double).values()) == expected
    assert pick_device(double=double).type == expected[0]


@pytest.mark.parametrize("double", [False, True])
def test_a_live_explorer_offers_the_devices_that_are_here(machine, double):
    machine(mps=True)
    names = list(live_device(double=double)["device"].values())
    assert names == (["cpu"] if double else ["mps", "cpu"])


def test_a_live_explorer_offers_wider_networks_where_an_accelerator_computes_them(machine):
    machine()
    assert live_widths(100) == [100, 200, 400, 800]
    machine(cuda=True)
    assert live_widths(100) == [100, 200, 400, 800, 1600, 3200]


def test_where_apples_gpu_has_no_float64_the_cpu_stands_in_and_says_so():
    with pytest.warns(UserWarning, match="no float64: computed on the CPU"):
        assert pick_device("mps", double=True).type == "cpu"
    assert pick_device("mps").type == "mps"
    with pytest.warns(UserWarning, match="no float64"):
        there, _ = propagate_wide(8, 3, sigma_w=1.0, seed=0, device="mps", dtype=torch.float64)
    assert there.forward.dtype == torch.float64


def test_mean_squares_that_float32_cannot_hold_are_right_without_float64():
    scales = torch.ones(3)
    values = torch.randn(3, 500, generator=torch.Generator().manual_seed(0))
    values = values * torch.tensor([[1e-30], [1.0], [1e25]])
    wide, narrow = _MeanSquare(scales, 500), _MeanSquare(scales, 500)
    narrow.narrow = True  # as on MPS
    torch.testing.assert_close(narrow(values), wide(values), rtol=1e-5, atol=0)
    for entry in (0.0, torch.inf, torch.nan):
        rows = torch.full((3, 500), entry)
        torch.testing.assert_close(narrow(rows), wide(rows), equal_nan=True)


def test_a_device_is_named_in_words(machine):
    machine(cuda=True)
    assert list(available_devices()) == ["Large GPU (CUDA)", describe_device("cpu")]


def test_one_variable_chooses_the_device_of_every_lesson(machine, monkeypatch):
    machine(cuda=True, mps=True)
    monkeypatch.setenv(VARIABLE, "cpu")
    assert list(available_devices().values()) == ["cpu"]
    monkeypatch.setenv(VARIABLE, "mps")
    assert pick_device().type == "mps"
    assert pick_device(double=True).type == "cpu"


@pytest.mark.parametrize("name", ["cuda", "mps", "tpu"])
def test_a_device_that_is_not_here_is_refused_by_name(machine, monkeypatch, name):
    machine()
    monkeypatch.setenv(VARIABLE, name)
    with pytest.raises(ValueError, match=f"TRAINABILITY_DEVICE='{name}' is not here; use one of"):
        available_devices()


def test_what_is_no_device_is_refused():
    with pytest.raises(ValueError, match="device='gpu' is no device of torch"):
        pick_device("gpu")


def test_a_container_limits_the_memory_of_the_cpu(tmp_path, monkeypatch):
    monkeypatch.setattr(devices.psutil, "virtual_memory", lambda: SimpleNamespace(available=900))
    monkeypatch.setattr(devices, "GROUP", tmp_path)
    assert free_memory("cpu") == 900
    (tmp_path / "memory.max").write_text("500\n")
    (tmp_path / "memory.current").write_text("300\n")
    (tmp_path / "memory.stat").write_text("anon 200\ninactive_file 100\n")
    assert free_memory("cpu") == 300  # what the system keeps of files can be had, too
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory("cpu") == 900


def told(run, *arguments):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        return run(*arguments), [str(one.message) for one in found]


SIZES = [{"width": width, "device": "cpu"} for width in (8, 4, 2)]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
        MemoryError(),
    ],
    ids=["cuda", "mps", "cpu", "python"],
)
def test_a_run_whose_memory_runs_out_is_followed_by_a_smaller_one(error):
    def run(width, device):
        if width > 2:
            raise error
        return width

    (result, settings), said = told(first_that_fits, run, SIZES)
    assert result == settings["width"] == 2
    (sentence,) = said
    assert sentence.startswith("width 8 on CPU") and "shown with width 2 on CPU" in sentence


def test_a_run_that_would_not_fit_is_not_begun(monkeypatch):
    monkeypatch.setattr(devices, "free_memory", lambda device: 5e9)
    begun = []

    def run(width, device):
        begun.append(width)

    _, said = told(first_that_fits, run, SIZES, lambda width, device: width * 10**9)
    assert begun == [4]
    assert "it needs 8.0 GB and 5.0 are free" in said[0]


def test_a_run_that_fits_says_nothing():
    assert told(first_that_fits, lambda width, device: width, SIZES)[1] == []


def test_another_error_passes_and_an_end_without_room_is_said():
    def broken(width, device):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        first_that_fits(broken, SIZES)
    with pytest.raises(MemoryError, match=r"width 8 .* nothing smaller is left"):
        first_that_fits(lambda **s: None, SIZES, lambda **s: 10**18)


def test_a_network_too_wide_for_memory_is_measured_at_half_its_width(monkeypatch):
    need = bytes_needed(256, 5, batch=64, scales=1, dtype=torch.float32)
    monkeypatch.setattr(devices, "free_memory", lambda device: need - 1)
    options = {"sigma_w": 1.0, "seed": 0, "device": "cpu"}
    (measured, width), said = told(lambda: propagate_wide(256, 5, **options))
    assert width == 128 and "width 256" in said[0]
    direct, same = propagate_wide(128, 5, **options)
    assert same == 128 and torch.equal(measured.forward, direct.forward)


def test_the_estimate_of_memory_is_close_to_what_is_taken():
    # A fresh process, since a peak counts from its start.
    grown = """
import torch
from memory import peak
from trainability.signal.wide_networks import bytes_needed
from trainability.signal import propagate_wide
torch.set_num_threads(1)
propagate_wide(64, 2, sigma_w=1.0, seed=0, device="cpu")
before = peak()
propagate_wide(1024, 60, sigma_w=[1.0, 2.0], seed=0, device="cpu")
need = bytes_needed(1024, 60, batch=64, scales=2, dtype=torch.float32)
print((peak() - before) / need)
"""
    ran = subprocess.run(
        [sys.executable, "-c", grown],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 0.7 < float(ran.stdout) < 1.3


def test_the_second_device_is_as_strict_as_a_gpu():
    here = torch.ones(3, device=elsewhere.NAME)
    assert here.device.type == elsewhere.NAME
    with pytest.raises(RuntimeError, match="same device"):
        here + torch.ones(3)
    with pytest.raises(TypeError, match="numpy"):
        here.numpy()
    with pytest.raises(RuntimeError, match="generator"):
        torch.randn(3, generator=torch.Generator(), device=elsewhere.NAME)
    with pytest.raises(RuntimeError, match="same device"):
        torch.stack([torch.tensor(1.0), here[0]])
    assert (here + 1).cpu().tolist() == [2, 2, 2]


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "sigmoid", "linear"])
def test_a_network_measured_on_another_device_is_the_same_network(nonlinearity):
    options = {"sigma_w": [0.5, 1.5], "seed": 3, "nonlinearity": nonlinearity}
    there, _ = propagate_wide(32, 12, device=elsewhere.NAME, **options)
    here, _ = propagate_wide(32, 12, device="cpu", **options)
    for one, other in zip(there, here, strict=True):
        assert one.device.type == elsewhere.NAME
        assert torch.allclose(one.cpu(), other, rtol=1e-4)


def test_devices_agree_at_the_depth_and_to_the_tolerance_of_the_benchmark():
    assert 0 <= benchmark._apart(elsewhere.NAME) < benchmark.TOLERANCE
