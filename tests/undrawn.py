"""A plugin that fails an example of a docstring where it draws from a global generator."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch


def states() -> dict[str, object]:
    """The states of the generators that a caller did not pass."""
    return {
        "random's": random.getstate(),
        "numpy's": repr(np.random.get_state()),  # noqa: NPY002
        "torch's": torch.get_rng_state().tolist(),
    }


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Compare the states before an example and after it."""
    before = states() if isinstance(item, pytest.DoctestItem) else {}
    yield
    after = states() if before else {}
    if drawn := [name for name in before if after[name] != before[name]]:
        pytest.fail(f"the example draws from {', '.join(drawn)} global generator")
