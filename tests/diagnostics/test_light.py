"""Importing it loads torch and nothing heavier."""

import json
import subprocess
import sys

HEAVY = ["plotly", "sklearn", "scipy", "pandas", "matplotlib", "ipywidgets", "IPython", "sympy"]
PROBE = "import json, sys; exec(sys.argv[1]); print(json.dumps(sorted(sys.modules)))"


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has after a statement."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, statement], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(ran.stdout)}


def test_diagnose_loads_torch_and_nothing_heavier():
    loaded = loaded_by("from trainability.diagnostics import diagnose")
    assert "torch" in loaded
    beyond = loaded - loaded_by("import torch, psutil") - set(sys.stdlib_module_names)
    assert beyond == {"trainability"}


def test_the_front_door_loads_nothing_before_it_is_asked():
    assert "torch" not in loaded_by("import trainability")
    assert "torch" in loaded_by("import trainability; trainability.diagnose")


def test_the_probe_can_fail():
    assert set(HEAVY) & loaded_by("import plotly.graph_objects")
