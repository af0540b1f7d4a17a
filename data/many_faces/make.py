"""Train softmax classifiers on 1 to 500 drawn people; write weights.json and blocks.json.

Run it from anywhere, ``.venv/bin/python data/many_faces/make.py``: about seven minutes, most
of it to draw 6,000 faces.
"""

import base64
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trainability.cafe import synthetic_person
from trainability.datafiles import write_data
from trainability.training import train_softmax

FILE, BLOCKS = (Path(__file__).with_name(name) for name in ("weights.json", "blocks.json"))
COUNTS = [1, 2, 3, 6, 12, 30, 60, 120, 250, 500]
DRAWS, TRAIN_PEOPLE, TEST_PEOPLE = list(range(8)), 850, 150
# Whose faces blocks.json holds: some to learn from, then some to ask about.
SHOWN = [*range(72), *range(TRAIN_PEOPLE, TRAIN_PEOPLE + 20)]
POOL, LR, MOMENTUM, STEPS = 20, 1.0, 0.9, 3000
NOTES = {
    "what": "Weights of softmax classifiers of drawn faces, 19 by 12 pixels, trained on the "
    "six faces of each of some drawn people, by gradient descent with momentum from zero.",
    "axes": "weights[draw][count]: int8 in base64, shape (6, 19, 12), the mean of the six "
    "taken off, the largest entry 127. train, test, rank [draw][count]: right answers among "
    "the training faces and the 900 test faces; rank of the training faces, a half taken off. "
    "missed: share of the weights learned from 500 people, by length, that no combination of "
    "the training faces can make.",
    "people": "Those of trainability.cafe.synthetic.synthetic_person(index): draw 0 takes index "
    "0, 1, 2 and so on; draw d takes the first of torch.randperm(850) with seed d. The test "
    "people are index 850 to 999.",
    "inputs": "Mean over blocks of 20 by 20 pixels, over 255, less a half; in float64.",
    "origin": "Computed by make.py; see README.md.",
    "license": "CC BY 4.0",
}


def small(faces: np.ndarray) -> Tensor:
    """Return gray faces of shape (n, 380, 240) as rows of 228 block means, from -1/2 to 1/2."""
    blocks = faces.reshape(len(faces), 380 // POOL, POOL, 240 // POOL, POOL)
    return torch.from_numpy(blocks.mean(axis=(2, 4)) / 255 - 0.5).flatten(1)


def people_of(draw: int) -> list[int]:
    """Return the people of one draw; those of a smaller count come first."""
    if draw == 0:
        return list(range(TRAIN_PEOPLE))
    return torch.randperm(TRAIN_PEOPLE, generator=torch.Generator().manual_seed(draw)).tolist()


def train(inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return weights and biases after 3,000 steps of gradient descent with momentum from zero."""
    start = torch.zeros(1, 6, inputs.shape[1]).to(inputs), torch.zeros(1, 6).to(inputs)
    descent = lambda params: torch.optim.SGD(params, lr=LR, momentum=MOMENTUM)  # noqa: E731
    path = train_softmax(*start, inputs, labels, STEPS, optimizer=descent)
    return path.weights[0][0, 0], path.biases[0][0, 0]


def cell(faces: Tensor, people: list[int], test: Tensor) -> dict:
    """Train on some people; ``faces`` has shape (people, 6, 228)."""
    inputs, labels = faces[people].flatten(0, 1), torch.arange(6).repeat(len(people))
    weight, bias = train(inputs, labels)
    emotions = torch.arange(6).repeat(len(test) // 6)
    pairs = (inputs, labels), (test, emotions)
    right = [((x @ weight.T + bias).argmax(1) == y).sum().item() for x, y in pairs]
    centered = weight - weight.mean(0)
    steps = torch.round(127 * centered / centered.abs().max()).to(torch.int8)
    text = base64.b64encode(steps.numpy().tobytes()).decode()
    rank = int(torch.linalg.matrix_rank(inputs))
    return {"train": right[0], "test": right[1], "rank": rank, "weights": text}


def missed(inputs: Tensor, picture: Tensor) -> float:
    """Return the share of a picture's length outside the span of the rows of ``inputs``."""
    left = torch.linalg.svd(inputs, full_matrices=False)
    rows = left.Vh[left.S / left.S[0] > 1e-9]
    return ((picture - picture @ rows.T @ rows).norm() / picture.norm()).item()


def whole(text: str) -> Tensor:
    """Return stored weights as six rows of 228 numbers."""
    data = np.frombuffer(base64.b64decode(text), dtype=np.int8)
    return torch.from_numpy(data.astype(float)).view(6, -1)


def main() -> None:
    """Draw everybody, train every network, and put the file in place when all is well."""
    everybody = range(TRAIN_PEOPLE + TEST_PEOPLE)
    write(torch.stack([small(synthetic_person(index)) for index in everybody]))
    write_blocks([synthetic_person(index) for index in SHOWN])


def write_blocks(people: list[np.ndarray]) -> None:
    """Write the block means of people's faces, as whole gray values."""
    gray = [torch.floor(255 * (small(faces) + 0.5) + 0.5).byte() for faces in people]
    stored = [base64.b64encode(faces.numpy().tobytes()).decode() for faces in gray]
    head = {
        "what": "The six faces of each of 92 drawn people, as means over blocks of 20 by 20 "
        "pixels, rounded to whole gray values.",
        "axes": "blocks[person]: uint8 in base64, shape (6, 19, 12).",
        "people": SHOWN,
        "origin": NOTES["origin"],
        "license": NOTES["license"],
        "blocks": stored,
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    print(write_data(BLOCKS, "{\n" + ",\n".join(lines) + "\n}\n"), BLOCKS)


def write(faces: Tensor) -> None:
    """Train on the faces of all people, shape (1000, 6, 228), and write the file."""
    test = faces[TRAIN_PEOPLE:].flatten(0, 1)
    rows = []
    for draw in DRAWS:
        order = people_of(draw)
        rows.append([cell(faces, order[:count], test) for count in COUNTS])
        last = whole(rows[-1][-1]["weights"])
        for count, row in zip(COUNTS, rows[-1], strict=True):
            row["missed"] = round(missed(faces[order[:count]].flatten(0, 1), last), 3)
        print(f"draw {draw}: right of 900 {[row['test'] for row in rows[-1]]}", flush=True)
    head = {
        **NOTES,
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "settings": {"pool": POOL, "lr": LR, "momentum": MOMENTUM, "steps": STEPS},
        "counts": COUNTS,
        "draws": DRAWS,
    }
    table = {key: [[row[key] for row in line] for line in rows] for key in rows[0][0]}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in (head | table).items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    print(write_data(FILE, text), FILE)


if __name__ == "__main__":
    main()
