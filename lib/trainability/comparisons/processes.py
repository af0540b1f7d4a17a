"""The processes that torchrun starts for one training: joined, and of one mind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist


class RunError(ValueError):
    """A request that cannot be carried out; its text says how to fix it."""


@dataclass(frozen=True)
class Process:
    """Which of how many processes this is, and where its tensors live."""

    rank: int
    count: int
    device: torch.device


@contextmanager
def process_group() -> Iterator[Process]:
    """Join the processes that torchrun started: NCCL on GPUs, gloo on CPUs, else alone."""
    rank, count = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    local = int(os.environ.get("LOCAL_RANK", 0))
    gpus = torch.cuda.device_count()
    if gpus and local >= gpus:
        here = "there is 1 GPU" if gpus == 1 else f"there are {gpus} GPUs"
        fewer = " or fewer" if gpus > 1 else ""
        raise RunError(f"{here} here; use --nproc-per-node={gpus}{fewer}")
    device = torch.device("cuda", local) if gpus else torch.device("cpu")
    if gpus:
        torch.cuda.set_device(device)  # collectives of Python objects go by the current one
    if count == 1:
        yield Process(0, 1, device)
        return
    if gpus:
        dist.init_process_group("nccl", device_id=device)
    else:
        dist.init_process_group("gloo")
    try:
        yield Process(rank, count, device)
    finally:
        dist.destroy_process_group()


def agree(done: int, process: Process) -> None:
    """Raise RunError unless all processes have found the same state."""
    if process.count == 1:
        return
    counts = [0] * process.count
    dist.all_gather_object(counts, done)
    if len(set(counts)) > 1:
        raise RunError(
            f"the processes found checkpoints after {counts} epochs; "
            "keep the checkpoint where all of them can read it"
        )
