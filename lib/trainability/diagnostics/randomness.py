"""Global generators, kept as they were."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def random_states_kept(generator: torch.Generator | None) -> Iterator[None]:
    """Let models draw from global generators, which are as before in the end.

    What is drawn inside depends on ``generator`` alone, which gives one number; on seed 0
    where there is none.
    """
    seed = 0
    if generator is not None:
        draw = torch.randint(2**31, (), generator=generator, device=generator.device)
        seed = int(draw)
    numpy = sys.modules.get("numpy")
    kept = numpy.random.get_state() if numpy else None
    state = random.getstate()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices):
        try:
            torch.default_generator.manual_seed(seed)  # manual_seed would reach other devices
            if devices:
                torch.cuda.manual_seed_all(seed)
            random.seed(seed)
            if numpy:
                numpy.random.seed(seed)
            yield
        finally:
            random.setstate(state)
            if numpy:
                numpy.random.set_state(kept)
