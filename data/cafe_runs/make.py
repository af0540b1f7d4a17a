"""Train the classifiers of lesson 9's two longest figures on drawn faces and write runs.json.

Run it from anywhere, ``.venv/bin/python data/cafe_runs/make.py``: two minutes on one core.
"""

import json
from pathlib import Path

import torch
from torch import Tensor

from trainability.cafe import CAFENet, leave_one_person_out, load_cafe
from trainability.datafiles import write_data
from trainability.explore.controls import log_range
from trainability.training import train_softmax

FILE = Path(__file__).with_name("runs.json")
RATES, STEPS = log_range(1e-6, 1e-1, 26).values, 20
STARTS = {"draw 0": (0, 1), "draw 1": (1, 1), "zeros": (0, 0)}  # seed, factor
SHIFT, DRAWS = {"raw": 0.0, "minus a half": 0.5}, [0, 1, 2]
NOTES = {
    "what": "Losses of softmax regression on 36 drawn faces in Adam's first steps, and what "
    "classifiers answer on persons left out.",
    "axes": "losses[inputs][start][rate][step], rate in rates, step from 0 to 20: mean cross "
    "entropy in nats, whole batch. left_out[inputs][draw][image]: the class answered for each "
    "image of load_cafe(split='all') by the classifier that has not seen its person.",
    "origin": "Computed by make.py; see README.md.",
    "license": "CC BY 4.0",
    "versions": {"torch": torch.__version__},
}


def start_of(name: str) -> list[Tensor]:
    """Return weights (1, 6, 91200) and biases (1, 6) of a start."""
    seed, factor = STARTS[name]
    net = CAFENet(torch.Generator().manual_seed(seed))
    return [factor * part.detach()[None] for part in net.parameters()]


def first_losses(inputs: Tensor, labels: Tensor, start: str, lr: float) -> list[float]:
    """Return the losses before 21 steps of Adam, to five digits."""

    def adam(params: list[Tensor]) -> torch.optim.Optimizer:
        return torch.optim.Adam(params, lr=lr, fused=True)

    path = train_softmax(*start_of(start), inputs, labels, STEPS + 1, optimizer=adam)
    return [float(f"{loss:.5g}") for loss in path.loss[0].tolist()]


def left_out(offset: float, draw: int) -> list[int]:
    """Return the classes answered for persons left out."""
    generator = torch.Generator().manual_seed(draw)
    faces = load_cafe("synthetic", split="all")
    return leave_one_person_out(faces, offset=offset, generator=generator).predicted.tolist()


def main() -> None:
    """Compute everything and put the file in place when all is well."""
    torch.set_num_threads(1)
    faces = load_cafe("synthetic")
    inputs, y = faces.inputs(), faces.labels
    taken = {"raw": 0.0, "minus mean pixel": inputs.mean(), "minus mean face": inputs.mean(0)}
    losses = {
        name: {
            start: [first_losses(inputs - away, y, start, lr) for lr in RATES] for start in STARTS
        }
        for name, away in taken.items()
    }
    answers = {name: [left_out(away, draw) for draw in DRAWS] for name, away in SHIFT.items()}
    made = NOTES | {"rates": list(RATES), "losses": losses, "left_out": answers}
    text = json.dumps(made, separators=(",", ":")).replace('],"', '],\n"') + "\n"
    print(write_data(FILE, text), FILE)


if __name__ == "__main__":
    main()
