"""Train the networks of the trainability map and write accuracy.json.

Run it from anywhere, ``.venv/bin/python data/trainability_map/make.py``: about eight minutes on
two cores. A row, one depth and one draw, can be had alone: ``train_row(depth, draw)``.
"""

import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from trainability.datafiles import write_data
from trainability.training import ClassifierHistory, train_networks

FILE = Path(__file__).with_name("accuracy.json")
DEPTHS = [2, 4, 8, 12, 16, 20, 32, 48, 64]
DRAWS = list(range(8))
SETTINGS = {
    "width": 64,
    "sigma_w": [2 ** (quarter / 8) for quarter in range(-8, 13)],  # σ_w² = 1/4 … 8
    "sigma_b": 0.0,
    "nonlinearity": "tanh",
    "steps": 600,
    "lr": 0.015,
    "batch": 64,
    "record": [10, 30, 100, 300, 600],
}
NOTES = {
    "what": "Share of the 1,797 digits that deep networks classify as labeled, all of them the "
    "digits they were trained on, after some steps of plain gradient descent.",
    "axes": "accuracy[depth][draw][scale][count]: depth in depths, draw in draws, scale in "
    "settings.sigma_w, count in settings.record.",
    "inputs": "X = load_digits().data; X = X - X.mean(axis=0); X = X / X.std(); in float32",
    "row": "trainability.training.train_networks(X, y, depth=depth, "
    "generator=torch.Generator().manual_seed(1000 * depth + draw), **settings)",
    "origin": "Computed by make.py from the digits of scikit-learn; see README.md.",
    "license": "CC BY 4.0",
}


def digits() -> tuple[Tensor, Tensor]:
    """Return the 1,797 images, each pixel of mean 0 and all of mean square 1, and the labels."""
    images, labels = load_digits(return_X_y=True)
    images = images - images.mean(axis=0)
    images = images / images.std()
    return torch.tensor(images, dtype=torch.float32), torch.tensor(labels)


def train_row(depth: int, draw: int) -> ClassifierHistory:
    """Train the networks of one depth and one draw, all weight scales at once."""
    generator = torch.Generator().manual_seed(1000 * depth + draw)
    return train_networks(*digits(), depth=depth, generator=generator, **SETTINGS)


def _timed_row(pair: tuple[int, int]) -> tuple[list[list[float]], int]:
    start = time.perf_counter()
    trained = train_row(*pair)
    print(f"depth {pair[0]:2}, draw {pair[1]}: {time.perf_counter() - start:5.1f} s", flush=True)
    accuracy = [[round(value, 3) for value in scale] for scale in trained.accuracy.tolist()]
    return accuracy, int(torch.isinf(trained.loss[:, -1]).sum())


def main() -> None:
    """Train every row, two at a time, and put the file in place when all is well."""
    pairs = [(depth, draw) for depth in reversed(DEPTHS) for draw in DRAWS]
    # A process for each core, with one thread: faster than one process with many.
    with ProcessPoolExecutor(
        os.cpu_count(), get_context("spawn"), torch.set_num_threads, (1,)
    ) as pool:
        rows = dict(zip(pairs, pool.map(_timed_row, pairs), strict=True))
    versions = {"torch": torch.__version__, "numpy": np.__version__}
    head = {
        **NOTES,
        "versions": versions | {"scikit-learn": sklearn.__version__},
        "diverged": sum(diverged for _, diverged in rows.values()),
        "settings": SETTINGS,
        "depths": DEPTHS,
        "draws": DRAWS,
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    blocks = [",\n".join(json.dumps(rows[depth, draw][0]) for draw in DRAWS) for depth in DEPTHS]
    table = "],\n[".join(f"\n{block}\n" for block in blocks)
    text = "{\n" + ",\n".join([*lines, f'"accuracy": [\n[{table}]\n]']) + "\n}\n"
    print(write_data(FILE, text), FILE)


if __name__ == "__main__":
    main()
