"""Tune four optimizers at six batch sizes on ten splits of the digits and write splits.json.

Run it from anywhere, ``.venv/bin/python data/large_batches/make.py``: two minutes on one core.
"""

import json
from functools import partial
from pathlib import Path

import torch

from trainability.comparisons import split_digits, tune_at_batch
from trainability.datafiles import write_data
from trainability.optim import LAMB, LARS

FILE = Path(__file__).with_name("splits.json")
BATCHES, SPLITS, EPOCHS, STARTS = [32, 64, 128, 256, 512, 1024], 10, 5, 3


def doubling(first: float, count: int = 8) -> tuple[float, ...]:
    """Return rates a factor of two apart."""
    return tuple(first * 2.0**k for k in range(count))


TUNED = {
    "SGD": (partial(torch.optim.SGD, momentum=0.9, nesterov=True, foreach=True), doubling(1 / 32)),
    "Adam": (partial(torch.optim.Adam, foreach=True), doubling(2**-8)),
    "LARS": (partial(LARS, lr=1.0), doubling(2.0, 9)),
    "LAMB": (partial(LAMB, lr=1.0), doubling(2**-6)),
}
NOTES = {
    "what": "Accuracy of small networks on held-out digits, by optimizer, batch size and split. "
    "Rate and warm-up are chosen on other digits.",
    "axes": "accuracy[optimizer][split][batch] in batches; scaled[split][batch]: SGD with warm-up "
    "and the best rate of batch 32 times batch/32, null where that rate was not tried.",
    "origin": "Computed by make.py from the digits of scikit-learn; see README.md.",
    "license": "CC BY 4.0",
    "versions": {"torch": torch.__version__},
    "batches": BATCHES,
}


def of_split(seed: int) -> tuple[dict[str, list[float]], list[float | None]]:
    """Return the accuracy of each optimizer at each batch size, and of SGD scaled linearly."""
    digits, accuracy, scaled, best = split_digits(seed), {name: [] for name in TUNED}, [], None
    for batch in BATCHES:
        options = {"batch": batch, "epochs": EPOCHS, "draws": STARTS}
        runs = [tune_at_batch(digits, TUNED, warm_up=share, **options) for share in (0.0, 0.2)]
        for name, values in accuracy.items():
            run = max((one[name] for one in runs), key=lambda run: run.tune[run.best].mean())
            values.append(round(run.test[run.best].mean().item(), 4))
        sgd = runs[1]["SGD"]
        best = sgd.best if best is None else best
        place = best + BATCHES.index(batch)
        tried = place < len(sgd.test)
        scaled.append(round(sgd.test[place].mean().item(), 4) if tried else None)
    return accuracy, scaled


def main() -> None:
    """Compute everything and put the file in place when all is well."""
    torch.set_num_threads(1)
    accuracy: dict[str, list[list[float]]] = {name: [] for name in TUNED}
    scaled = []
    for seed in range(SPLITS):
        here, linear = of_split(seed)
        scaled.append(linear)
        for name, values in here.items():
            accuracy[name].append(values)
        print(seed, here, flush=True)
    text = json.dumps(NOTES | {"accuracy": accuracy, "scaled": scaled}, separators=(",", ":"))
    print(write_data(FILE, text.replace("]],", "]],\n") + "\n"), FILE)


if __name__ == "__main__":
    main()
