"""`fit` against the textbook's loop, and all persons left out at once against one by one."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.measures import Measure, interleaved
from trainability.cafe import CAFENet, fit, get_cafe_data, leave_one_person_out, load_cafe

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from loops import textbook


def _net() -> CAFENet:
    return CAFENet(torch.Generator().manual_seed(0))


def _fold_after_fold(
    loop: Callable[[CAFENet, Tensor, Tensor, int], object],
    x: Tensor,
    y: Tensor,
    persons: Tensor,
    epochs: int,
) -> None:
    for person in persons.unique():
        kept = persons != person
        loop(_net(), x[kept], y[kept], epochs)


def measure() -> Iterator[Measure]:
    """Yield the ratios, and how far the losses are apart."""
    x, y = get_cafe_data("train", "synthetic")
    calls = {"textbook": lambda: textbook(_net(), x, y, 201), "fit": lambda: fit(_net(), x, y)}
    seconds = interleaved(calls, 7)
    ratio = seconds["textbook"] / seconds["fit"]
    yield Measure("textbook loop / fit (201 epochs, 36 faces)", ratio, 2.0, at_least=True)

    wide = x.double()
    ours, theirs = (loop(_net().double(), wide, y, 201) for loop in (fit, textbook))
    apart = max(abs(a - b) / (1 + b) for a, b in zip(ours, theirs, strict=True))
    yield Measure("largest difference of the losses over 1 + loss, in float64", apart, 1e-6)

    faces, epochs = load_cafe("synthetic", "all"), 51
    parts = faces.inputs(), faces.labels, faces.persons
    start = torch.Generator()
    folds: dict[str, Callable[[], object]] = {
        "textbook": lambda: _fold_after_fold(textbook, *parts, epochs),
        "fit": lambda: _fold_after_fold(fit, *parts, epochs),
        "at once": lambda: leave_one_person_out(
            faces, n_epochs=epochs, generator=start.manual_seed(0)
        ),
    }
    seconds = interleaved(folds, 3)
    for name, bound in (("textbook", 2.0), ("fit", 0.9)):
        label = f"{name}, fold after fold / leave_one_person_out (9 persons, {epochs} epochs)"
        yield Measure(label, seconds[name] / seconds["at once"], bound, at_least=True)
