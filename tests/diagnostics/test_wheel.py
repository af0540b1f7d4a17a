"""The package as a wheel: an engineer gets torch, numpy and little else, and the command works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

BROKEN = """
import torch
from torch import nn


def arguments():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(dim=1))
    return {"model": model, "inputs": torch.randn(32, 8), "targets": torch.arange(32) % 3}
"""
LIGHT = {"torch", "numpy", "psutil", "trainability"}
HEAVY = {"plotly", "matplotlib", "scipy", "scikit-learn", "ipython", "anywidget", "nbformat"}


def run(*command: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    ours = ("PYTHONPATH", "VIRTUAL_ENV")
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=cwd, env=clean, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    built = run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("trainability-*.whl")
    made = run(sys.executable, "-m", "venv", folder / "empty")
    assert made.returncode == 0, made.stderr
    found = folder / "empty/bin/python"
    constraints = ROOT / "constraints.txt"
    # Of all that is installed little is imported: that is compiled then.
    install = (*pip[1:], "install", "--no-compile", "--constraint", constraints)
    installed = run(found, *install, wheel)
    assert installed.returncode == 0, installed.stderr
    return found


@pytest.mark.processes
def test_the_wheel_brings_torch_numpy_and_little_else(python):
    listed = run(python, "-m", "pip", "list", "--format=freeze").stdout
    names = {line.partition("==")[0].partition(" @")[0].lower() for line in listed.splitlines()}
    assert names >= LIGHT
    assert names & HEAVY == set()


@pytest.mark.processes
def test_the_command_of_the_wheel_names_a_fault_and_ends_with_status_1(python, tmp_path):
    (tmp_path / "broken.py").write_text(BROKEN, encoding="utf-8")
    ran = run(python, "-m", "trainability.diagnostics", "broken:arguments", cwd=tmp_path)
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.startswith("severe: double_softmax")
    wrong = run(python, "-m", "trainability.diagnostics", "broken:nothing", cwd=tmp_path)
    assert wrong.returncode == 2 and len(wrong.stderr.splitlines()) == 1
