"""The page draws what torch draws."""

import pytest
import torch

DRAW = """
  return given.map(([seed, calls]) => {
    const generator = new module.Generator(seed);
    return calls.map(([kind, count]) => {
      const out = new Float32Array(count + 2).fill(9);
      generator[kind](out, 1, count);
      return Array.from(out);
    });
  });
"""
TORCH = {"normal": torch.randn, "uniform": torch.rand}
SEEDS = [0, 1, 7, 123456, 2**31, 2**32 - 1]
CALLS = [
    [["normal", count] for count in (1, 2, 3, 15, 16, 17, 31, 32, 100, 1000)],
    [["uniform", count] for count in (1, 15, 16, 623, 624, 625, 1300)],
    [["normal", 3], ["uniform", 5], ["normal", 2], ["normal", 16], ["normal", 1], ["normal", 40]],
]


@pytest.mark.parametrize("calls", CALLS, ids=["normal", "uniform", "mixed"])
def test_a_seed_draws_the_same_numbers_as_in_torch(in_module, calls):
    found = in_module("generator.js", DRAW, [[seed, calls] for seed in SEEDS])
    for seed, parts in zip(SEEDS, found, strict=True):
        generator = torch.Generator().manual_seed(seed)
        for (kind, count), part in zip(calls, parts, strict=True):
            wanted = TORCH[kind](count, generator=generator)
            drawn = torch.tensor(part[1:-1])
            assert part[0] == part[-1] == 9  # and nothing beside them
            torch.testing.assert_close(drawn, wanted, rtol=1e-6, atol=1e-6)


def test_a_state_can_be_taken_and_given_back(in_module):
    body = """
      const generator = new module.Generator(5);
      const draw = () => {
        const out = new Float32Array(3);
        generator.normal(out, 0, 3);
        return [...out];
      };
      draw();
      const state = generator.state;
      const first = draw();
      draw();
      generator.state = state;
      return [first, draw()];
    """
    first, again = in_module("generator.js", body)
    assert first == again
