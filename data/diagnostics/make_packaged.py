"""Diagnose the models of other packages and write packaged.json.

It needs those packages in an environment of its own::

    python -m venv packaged && packaged/bin/pip install . transformers timm torchvision peft
    packaged/bin/python data/diagnostics/make_packaged.py
"""

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from examples import Example  # noqa: E402
from packaged_models import PACKAGED  # noqa: E402

from trainability.diagnostics import diagnose  # noqa: E402

FILE = HERE / "packaged.json"
PACKAGES = ("torch", "transformers", "timm", "torchvision", "peft")


def entry(example: Example) -> dict[str, Any]:
    """Return what a diagnosis says of a model, remarks included."""
    arguments = example.arguments()
    parameters = sum(p.numel() for p in arguments["model"].parameters())
    report = diagnose(**arguments)
    found = [
        {"kind": f.kind, "severity": f.severity, "where": list(f.where)} for f in report.findings
    ]
    said = {"found": found, "cannot_say": list(report.cannot_say)}
    return {"name": example.name, "parameters": parameters, **said}


def main() -> None:
    """Write the file."""
    warnings.simplefilter("ignore")  # what the packages say of themselves
    results = [entry(Example(name, make)) for name, make in PACKAGED.items()]
    whole = {"versions": {name: version(name) for name in PACKAGES}, "results": results}
    FILE.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
