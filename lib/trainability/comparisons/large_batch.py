"""Run one large-batch training on one machine or many, under ``torchrun``.

    torchrun --standalone --nproc-per-node=2 -m trainability.comparisons.large_batch --batch 512

trains a network of one hidden layer on the digits of scikit-learn. Every process takes its
share of each batch and torch averages the gradients, so that the result is that of one
process with the same batch, up to rounding. ``--checkpoint`` keeps the state after every
epoch, and ``--resume`` goes on from there.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm import tqdm

from trainability.comparisons.batch_size import TRAIN_COUNT, Digits, split_digits, warm_up_and_decay
from trainability.comparisons.processes import Process, RunError, agree, process_group
from trainability.optim import LAMB, LARS, parameter_groups

OPTIMIZERS: dict[str, Callable[[nn.Module, float], Optimizer]] = {
    "sgd": lambda model, lr: torch.optim.SGD(
        model.parameters(), lr=lr, momentum=0.9, nesterov=True
    ),
    "adam": lambda model, lr: torch.optim.Adam(model.parameters(), lr=lr),
    "lars": lambda model, lr: LARS(parameter_groups(model, lr=lr * 1e-3), lr=lr),
    "lamb": lambda model, lr: LAMB(parameter_groups(model), lr=lr),
}
RATES = {"sgd": 0.5, "adam": 0.03, "lars": 32.0, "lamb": 0.06}


@dataclass(frozen=True)
class Settings:
    """What a run is; a checkpoint of other settings is refused."""

    optimizer: str = "lars"
    lr: float | None = None  # one that suits the optimizer
    batch: int = 512
    epochs: int = 10
    warm_up: float = 0.2
    width: int = 64
    seed: int = 0

    @property
    def rate(self) -> float:
        """The rate as given, or else one that suits the optimizer at batch 512."""
        return RATES[self.optimizer] if self.lr is None else self.lr


def check(settings: Settings, count: int, examples: int) -> None:
    """Raise RunError, with the fix, for settings that ``count`` processes cannot run."""
    if settings.batch > examples:
        raise RunError(f"--batch {settings.batch}: there are {examples} examples; use fewer")
    if settings.batch < 1 or settings.batch % count:
        raise RunError(
            f"--batch {settings.batch} does not divide among {count} processes; "
            f"use a multiple of {count}"
        )
    if settings.epochs < 1 or settings.width < 1:
        raise RunError("--epochs and --width must be at least 1")
    if not 0 < settings.rate < float("inf"):
        raise RunError(f"--lr {settings.lr} must be positive and finite")
    if not 0 <= settings.seed < 2**32:
        raise RunError(f"--seed {settings.seed} must be from 0 to {2**32 - 1}")
    if not 0 <= settings.warm_up <= 1:
        raise RunError(f"--warm-up {settings.warm_up} must be a share of the steps, from 0 to 1")


def train(
    settings: Settings, process: Process, checkpoint: Path | None = None, resume: bool = False
) -> nn.Sequential:
    """Train, or go on training, and return the network.

    Parameters
    ----------
    settings : Settings
        Of the whole run, not of one process: ``batch`` is what all take together.
    process : Process
        See :func:`process_group`.
    checkpoint : Path, optional
        Replaced as a whole after every epoch, by the first process.
    resume : bool
        Go on from the checkpoint, if there is one.

    Raises
    ------
    RunError
        For settings that do not fit, a checkpoint of another run or one that cannot be
        written, and a loss that is no longer finite. Checkpoints before that stay.
    """
    check(settings, process.count, TRAIN_COUNT)
    digits = split_digits(settings.seed)
    model = _model(settings).to(process.device)
    optimizer = OPTIMIZERS[settings.optimizer](model, settings.rate)
    per_epoch = len(digits.train.labels) // settings.batch
    total = per_epoch * settings.epochs
    schedule = warm_up_and_decay(optimizer, total, warm_up=settings.warm_up)
    state = {"model": model, "optimizer": optimizer, "schedule": schedule}
    done = _load(checkpoint, settings, state, process) if resume and checkpoint else 0
    agree(done, process)
    parallel = nn.parallel.DistributedDataParallel(model) if process.count > 1 else model
    with tqdm(total=settings.epochs, initial=done, unit="epoch", disable=process.rank > 0) as bar:
        for epoch in range(done, settings.epochs):
            loss = _epoch(parallel, digits, optimizer, schedule, epoch, settings, process)
            if not math.isfinite(loss):
                raise RunError(
                    f"the loss was {loss} after epoch {epoch + 1}; use a smaller --lr than "
                    f"{settings.rate:g} or a longer --warm-up than {settings.warm_up:g}"
                )
            if checkpoint and process.rank == 0:
                _save(checkpoint, settings, state, epoch + 1)
            bar.set_postfix_str(f"loss {loss:.3f}")
            bar.update()
    return model


def accuracy(model: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Return the share of right answers."""
    device = next(model.parameters()).device
    with torch.no_grad():
        guesses = model(inputs.to(device)).argmax(dim=1).cpu()
    share: float = (guesses == labels).double().mean().item()
    return share


def _model(settings: Settings) -> nn.Sequential:
    first, last = nn.Linear(64, settings.width), nn.Linear(settings.width, 10)
    generator = torch.Generator().manual_seed(settings.seed)
    for layer, gain in ((first, 2.0), (last, 1.0)):
        std = (gain / layer.in_features) ** 0.5
        nn.init.normal_(layer.weight, std=std, generator=generator)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(first, nn.ReLU(), last)


def _epoch(
    model: nn.Module,
    digits: Digits,
    optimizer: Optimizer,
    schedule: Any,
    epoch: int,
    settings: Settings,
    process: Process,
) -> float:
    """Pass over the data once; return the last loss, the mean over all processes."""
    inputs, labels = digits.train
    # A generator of the epoch's own, so that a resumed run sees the same order.
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
    order = torch.randperm(len(labels), generator=generator)
    for chosen in order[: len(order) // settings.batch * settings.batch].split(settings.batch):
        mine = chosen.chunk(process.count)[process.rank]
        optimizer.zero_grad()
        logits = model(inputs[mine].to(process.device))
        loss = nn.functional.cross_entropy(logits, labels[mine].to(process.device))
        loss.backward()
        optimizer.step()
        schedule.step()
    mean = loss.detach()
    if process.count > 1:
        dist.all_reduce(mean)
    return mean.item() / process.count


def _save(path: Path, settings: Settings, state: dict[str, Any], epochs: int) -> None:
    content = {name: part.state_dict() for name, part in state.items()}
    part = path.with_name(f"{path.name}.part")
    try:
        torch.save(content | {"epochs": epochs, "settings": _as_dict(settings)}, part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:  # torch's writer of files raises the second
        reason = str(error).splitlines()[0]
        raise RunError(
            f"{path} could not be written after epoch {epochs} ({reason}); the checkpoint before "
            "is unchanged. Make room or give another place, then go on with --resume"
        ) from error


def _load(path: Path, settings: Settings, state: dict[str, Any], process: Process) -> int:
    """Take over a checkpoint's state; return how many epochs it has behind it."""
    if not path.exists():
        if process.rank == 0:
            print(f"{path} does not exist yet: starting with the first epoch", file=sys.stderr)
        return 0
    try:
        content = torch.load(path, map_location=process.device, weights_only=True)
        kept, epochs = dict(content["settings"]), int(content["epochs"])
        parts = {name: content[name] for name in state}
    except Exception as error:
        raise RunError(f"{path} is not a checkpoint of this program; give another") from error
    differing = [name for name, value in _as_dict(settings).items() if kept.get(name) != value]
    if differing:
        differences = ", ".join(f"{name} {kept.get(name)}" for name in differing)
        raise RunError(
            f"{path} is of another run ({differences}); give the same settings or another file"
        )
    for name, part in state.items():
        part.load_state_dict(parts[name])
    return epochs


def _as_dict(settings: Settings) -> dict[str, Any]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="trainability.comparisons.large_batch", description=__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default=Settings.optimizer)
    for field in fields(Settings)[1:]:
        option = f"--{field.name.replace('_', '-')}"
        kind = float if field.name == "lr" else type(field.default)
        parser.add_argument(option, type=kind, default=field.default)
    parser.add_argument("--checkpoint", type=Path, help="file to keep the state in")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    arguments = parser.parse_args(given)
    if arguments.resume and not arguments.checkpoint:
        parser.error("--resume needs --checkpoint FILE")
    return arguments


def main(given: list[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status."""
    arguments = vars(_arguments(given))
    checkpoint, resume = arguments.pop("checkpoint"), arguments.pop("resume")
    try:
        if checkpoint and not checkpoint.parent.is_dir():
            raise RunError(f"there is no folder {checkpoint.parent}; make it first")
        if checkpoint and checkpoint.is_dir():
            raise RunError(f"{checkpoint} is a folder; name a file")
        with process_group() as process:
            model = train(Settings(**arguments), process, checkpoint, resume)
            if process.rank == 0:
                share = accuracy(model, *split_digits(arguments["seed"]).test)
                print(f"{process.count} processes, test accuracy {share:.4f}")
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
