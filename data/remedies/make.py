"""Train the networks of the table of failures and remedies and write remedies.json.

Run it from anywhere, ``.venv/bin/python data/remedies/make.py``: some 20 minutes on one core. One
cell can be had alone: ``cell(failure, remedy)``. Every remedy is tried with rates a factor of ten
apart and, around the best one of each draw, a factor of √10. Where the best rate is the first
or the last, rates are added beyond it until it is not.
"""

import json
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from rules import adam, agc, clipped, lamb, lars, muon, sgd
from torch import Tensor
from torch.nn import functional

from trainability.comparisons import FAILURES, Failure, failing_network, split_digits
from trainability.datafiles import write_data
from trainability.training import random_start

FILE = Path(__file__).with_name("remedies.json")
DRAWS = [0, 1, 2]
STRONG = "exploding, strong"
BROKEN = ["vanishing", "exploding", STRONG, *FAILURES[3:]]
# The strong explosion starts at a loss of millions and gets twice the time.
RECORD = {failure: [50, 100, 200, 400] for failure in BROKEN} | {STRONG: [100, 200, 400, 800]}
CHANCE, HEALED = math.log(10), 0.5

# ---------------------------------------------------------------- networks


def _nothing(z: Tensor) -> Tensor:
    return z


def _root_mean_square(z: Tensor) -> Tensor:
    return functional.rms_norm(z, z.shape[-1:])


def _layer(z: Tensor) -> Tensor:
    return _root_mean_square(z - z.mean(dim=-1, keepdim=True))


def _centered(z: Tensor) -> Tensor:
    return z - z.mean(dim=-2, keepdim=True)


def _batch(z: Tensor) -> Tensor:
    z = _centered(z)
    return z * (z.square().mean(dim=-2, keepdim=True) + torch.finfo(z.dtype).eps).rsqrt()


def losses(
    weights: list[Tensor], network: Failure, labels: Tensor, forward: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return the mean cross entropy of each of S networks; weights[l] is (S, out, in)."""
    signal = network.inputs.expand(len(weights[0]), -1, -1)
    function = getattr(torch, network.nonlinearity)
    for weight in weights[:-1]:
        signal = function(forward(torch.bmm(signal, weight.mT)))
    logits = torch.bmm(signal, weights[-1].mT)
    wanted = labels.expand(len(logits), -1)
    return functional.cross_entropy(logits.mT, wanted, reduction="none").mean(dim=1)


# ---------------------------------------------------------------- remedies

# Decades of the rates that are tried first, by failure and rule. LARS and LAMB take lengths of the
# weights, Adam and Muon lengths of entries and singular values; SGD's rate depends on the gradient.
USUAL = {"sgd": (-4, 1), "lars": (-2, 2), "lamb": (-5, -1), "adam": (-6, -1), "muon": (-4, 0)}
DECADES = {
    "vanishing": USUAL | {"sgd": (-2, 5)},
    "exploding": USUAL | {"sgd": (-7, 0)},
    STRONG: USUAL | {"sgd": (-10, 0), "lars": (-3, 2), "lamb": (-6, -1), "adam": (-7, -1)},
    "exactly zero": USUAL | {"sgd": (-9, 1), "adam": (-7, -1), "muon": (-6, 0)},
    "uneven layers": USUAL | {"sgd": (-10, 1), "adam": (-7, -1), "muon": (-7, 0)},
}


class Remedy(NamedTuple):
    """A rule, the name of its rates, and what is done to preactivations and gradients."""

    rule: Callable[..., Tensor]
    family: str
    forward: Callable[[Tensor], Tensor] = _nothing
    before: Callable[[list[Tensor]], list[Tensor]] = list


REMEDIES = {
    "SGD": Remedy(sgd, "sgd"),
    "clipping": Remedy(sgd, "sgd", before=clipped),
    "AGC": Remedy(agc, "sgd"),
    "LARS": Remedy(lars, "lars"),
    "LARS, decay": Remedy(partial(lars, decay=0.01), "lars"),
    "LAMB": Remedy(lamb, "lamb"),
    "Adam": Remedy(adam, "adam"),
    "Muon": Remedy(muon, "muon"),
    "RMSNorm": Remedy(sgd, "sgd", _root_mean_square),
    "RMSNorm + LARS": Remedy(lars, "lars", _root_mean_square),
    "RMSNorm + Adam": Remedy(adam, "adam", _root_mean_square),
    "LayerNorm": Remedy(sgd, "sgd", _layer),
    "batch mean": Remedy(sgd, "sgd", _centered),
    "batch mean + LARS": Remedy(lars, "lars", _centered),
    "BatchNorm": Remedy(sgd, "sgd", _batch),
    "BatchNorm + LARS": Remedy(lars, "lars", _batch),
}


def broken(failure: str, draw: int) -> tuple[Failure, Tensor]:
    """Return a network that fails, and the labels of its inputs."""
    inputs, labels = (part[:64] for part in split_digits().train)
    generator = torch.Generator().manual_seed(draw)
    if failure == STRONG:
        return Failure(random_start([64, *[32] * 20, 10], 9.0, generator), inputs, "relu"), labels
    return failing_network(failure, inputs, 10, generator), labels


def train(failure: str, remedy: Remedy, rates: list[float], record: list[int]) -> Tensor:
    """Return losses, shape (draws, rates, 1 + record), first that of the start; nan: overflow."""
    starts = [broken(failure, draw) for draw in DRAWS]
    network, labels = starts[0]
    weights = [
        torch.stack(layer).repeat_interleave(len(rates), dim=0)
        for layer in zip(*(start.weights for start, _ in starts), strict=True)
    ]
    rate = torch.tensor(rates).repeat(len(DRAWS)).view(-1, 1, 1)
    states: list[dict[str, Tensor]] = [{} for _ in weights]
    losses_at = torch.full((len(rate), 1 + len(record)), torch.nan)
    left, still = torch.arange(len(rate)), torch.zeros(len(rate), dtype=torch.bool)
    decays = remedy == REMEDIES["LARS, decay"]
    for done in range(record[-1] + 1):
        for weight in weights:
            weight.requires_grad_()
        loss = losses(weights, network, labels, remedy.forward)
        gradients = torch.autograd.grad(loss.sum(), weights)
        loss = loss.detach()
        if done == 0 or done in record:
            losses_at[left, [0, *record].index(done)] = loss
        keep = torch.isfinite(loss)
        if done % 25 == 0:
            # Without a gradient at the start, or dead at two looks, it stays where it is. (Where
            # the loss has become 0 so has the gradient, but small ones come back.)
            largest = torch.stack([g.abs().amax(dim=(1, 2)) for g in gradients]).amax(dim=0)
            dead = (largest == 0) & (loss > CHANCE - 0.01)
            stuck = dead & (still[left] | (done == 0))
            still[left] = dead
            if done == 0 or not decays:
                later = [1 + k for k, count in enumerate(record) if count > done]
                losses_at[left[stuck][:, None], later] = loss[stuck, None]
                keep &= ~stuck
        if not keep.any() or done == record[-1]:
            break
        with torch.no_grad():
            gradients = remedy.before(list(gradients))
            weights = [
                remedy.rule(w, g, rate, state, done + 1)
                for w, g, state in zip(weights, gradients, states, strict=True)
            ]
            if not keep.all():
                left, rate = left[keep], rate[keep]
                weights = [w[keep] for w in weights]
                states = [{name: s[keep] for name, s in state.items()} for state in states]
    return losses_at.view(len(DRAWS), len(rates), -1)


class Cell(NamedTuple):
    """Rates in increasing order, and losses of shape (draws, rates, 1 + record)."""

    rates: list[float]
    loss: Tensor


def _best(loss: Tensor) -> Tensor:
    """Index of each draw's best rate; overflow and what ends above guessing is no candidate."""
    return loss[:, :, -1].nan_to_num(nan=torch.inf).argmin(dim=1)


def cell(failure: str, remedy: str) -> Cell:
    """Try one remedy on one failure, with as many rates as it takes.

    Rates a factor of ten apart come first, then a factor of √10 around each draw's best, and
    between all of them where a draw is not healed.
    """
    chosen, record = REMEDIES[remedy], RECORD[failure]
    low, high = DECADES.get(failure, USUAL)[chosen.family]
    tried: dict[int, Tensor] = {}  # by twice the exponent of ten
    wanted = list(range(2 * low, 2 * high + 1, 2))
    while wanted:
        trained = train(failure, chosen, [10 ** (half / 2) for half in wanted], record)
        tried |= dict(zip(wanted, trained.unbind(dim=1), strict=True))
        halves = sorted(tried)
        loss = torch.stack([tried[half] for half in halves], dim=1)
        if loss[:, :, 1:].isnan().all() or (loss == loss[:, :, :1]).all():
            break  # infinite, or without a gradient
        places = _best(loss)
        ends = loss.nan_to_num(nan=torch.inf)[torch.arange(len(DRAWS)), places, -1]
        began = loss[:, 0, 0].clamp(max=CHANCE)
        moved = places[(ends < began - 0.05) | (ends < loss[:, 0, 0] - 0.2)].tolist()
        near = {halves[place] + k for place in moved for k in (-2, -1, 1, 2)}
        inner = {half for half in near if halves[0] < half < halves[-1]}
        outer = near - inner
        fill = set(range(2 * low, 2 * high + 1)) if (ends > HEALED).any() else set()
        odd = {half for half in inner if half % 2}
        wanted = sorted((odd | outer | fill) - set(tried))
    return Cell([10 ** (half / 2) for half in halves], loss)


# ---------------------------------------------------------------- file


def _rounded(value: float) -> float | None:
    return float(f"{value:.3g}") if math.isfinite(value) else None


def main() -> None:
    """Compute every cell and put the file in place when all is well."""
    torch.set_num_threads(1)
    rows: dict[str, dict[str, Any]] = {}
    whole = time.perf_counter()
    for failure in BROKEN:
        rows[failure] = {}
        for remedy in REMEDIES:
            start = time.perf_counter()
            tried = cell(failure, remedy)
            ends = tried.loss.nan_to_num(nan=torch.inf)[:, :, 1:].amin(dim=1)
            rates = [f"{tried.rates[place]:.1g}" for place in _best(tried.loss)]
            shown = [" ".join(f"{loss:6.3g}" for loss in draw) for draw in ends.tolist()]
            took = time.perf_counter() - start
            print(f"{failure[:18]:18} {remedy:17} {took:5.1f} s  ", end="")
            print(" | ".join(shown), " at", rates, flush=True)
            rows[failure][remedy] = {
                "rates": [float(f"{rate:.3g}") for rate in tried.rates],
                "loss": [[[_rounded(x) for x in r] for r in d] for d in tried.loss.tolist()],
            }
        _write(rows)
    print(f"{time.perf_counter() - whole:.0f} s")


def _write(rows: dict[str, dict[str, Any]]) -> None:
    head = {
        "what": "Mean cross entropy in nats of networks that fail, after steps of full-batch "
        "training with a remedy. Guessing costs ln 10.",
        "axes": "cells[failure][remedy].loss[draw][rate][count]: draw in draws, rate in the "
        "cell's rates, count in record[failure]; the first is the start. null: overflow.",
        "origin": "Computed by make.py from 64 digits of scikit-learn; see README.md.",
        "license": "CC BY 4.0",
        "versions": {"torch": torch.__version__},
        "draws": DRAWS,
        "record": {failure: [0, *RECORD[failure]] for failure in rows},
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    tight = partial(json.dumps, separators=(",", ":"))
    blocks = [
        f"{json.dumps(failure)}: {{\n"
        + ",\n".join(f"{json.dumps(name)}: {tight(one)}" for name, one in row.items())
        + "\n}"
        for failure, row in rows.items()
    ]
    text = "{\n" + ",\n".join([*lines, '"cells": {\n' + ",\n".join(blocks) + "\n}"]) + "\n}\n"
    print(write_data(FILE, text), FILE)


if __name__ == "__main__":
    main()
