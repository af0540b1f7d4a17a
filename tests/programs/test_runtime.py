"""Plans at work in a browser: what is computed again, and what a damaged plan can do."""

import pytest
import torch

from trainability.programs import scan
from trainability.programs.tracing import trace

RUN = """
  const program = new module.Program(given.plan);
  return given.settings.map((settings) => {
    const outputs = program.run(settings);
    return Object.fromEntries(Object.entries(outputs).map(([n, array]) => [n, Array.from(array)]));
  });
"""


def several(width, scale, shift, generator):
    first = torch.randn(3, generator=generator) * shift
    _, rows = scan(
        lambda _, __: ((), torch.randn(width, generator=generator) / width), (), length=width
    )
    last = torch.rand(5, generator=generator)
    total, steps = scan(lambda c, x: (c * scale + x.sum(), c), first[0], rows)
    swapped, _ = scan(lambda pair, x: ((pair[1], pair[0] + x[0]), ()), (first[1], first[2]), rows)
    return {"first": first, "rows": rows, "last": last, "total": total, "steps": steps} | {
        f"swapped_{i}": part for i, part in enumerate(swapped)
    }


ENDS = {"sizes": {"width": (1, 40)}, "numbers": {"scale": (0.0, 2.0), "shift": (0.0, 2.0)}}


def test_settings_may_change_in_any_order(in_module):
    states = [
        {"width": 4, "scale": 1.0, "shift": 1.0, "seed": 0},
        {"width": 4, "scale": 0.5, "shift": 1.0, "seed": 0},
        {"width": 4, "scale": 0.5, "shift": 0.25, "seed": 0},
        {"width": 20, "scale": 0.5, "shift": 0.25, "seed": 0},
        {"width": 20, "scale": 0.5, "shift": 0.25, "seed": 77},
        {"width": 20, "scale": 2.0, "shift": 0.25, "seed": 77},
        {"width": 1, "scale": 2.0, "shift": 0.25, "seed": 77},
        {"width": 4, "scale": 1.0, "shift": 1.0, "seed": 0},
    ]
    plan = trace(several, **ENDS).document()
    found = in_module("runtime.js", RUN, {"plan": plan, "settings": states})
    for state, outputs in zip(states, found, strict=True):
        seed = state.pop("seed")
        wanted = several(**state, generator=torch.Generator().manual_seed(seed))
        for name, tensor in wanted.items():
            mine = torch.tensor(outputs[name]).view(tensor.shape)
            torch.testing.assert_close(mine, tensor, rtol=2e-5, atol=1e-5)


def test_what_was_left_half_done_is_done_by_the_next_run(in_module):
    body = """
      const whole = new module.Program(given.plan);
      const torn = new module.Program(given.plan);
      const [one, other] = given.settings;
      for (let stop = 0; stop < 30; stop++) {
        const steps = torn.inSteps(one);
        for (let i = 0; i < stop; i++) steps.next();
        steps.return();
        const [mine, wanted] = [torn.run(other), whole.run(other)];
        for (const name in wanted)
          if (String(mine[name]) !== String(wanted[name])) return [stop, name];
      }
      return "equal";
    """
    states = [
        {"width": 6, "scale": 1.0, "shift": 2.0, "seed": 3},
        {"width": 6, "scale": 0.5, "shift": 0.5, "seed": 3},
    ]
    plan = trace(several, **ENDS).document()
    assert in_module("runtime.js", body, {"plan": plan, "settings": states}) == "equal"


REFUSED = {
    "another version": (lambda plan: plan.update(version=1), "version 1"),
    "an unknown operation": (
        lambda plan: plan["code"][0].__setitem__(0, "eval"),
        "no operation eval",
    ),
    "a name from the prototype": (
        lambda plan: plan["code"][0].__setitem__(0, "constructor"),
        "no operation constructor",
    ),
    "an unknown type": (
        lambda plan: plan["values"][0].__setitem__(0, "complex64"),
        "type complex64",
    ),
    "a size below nothing": (lambda plan: plan["values"][0].__setitem__(1, [-4]), "size of -4"),
    "a size that is no number": (
        lambda plan: plan["values"][0].__setitem__(1, [["nan"]]),
        "size of NaN",
    ),
    "a size beyond memory": (
        lambda plan: plan["values"][0].__setitem__(1, [1e9, 1e9]),
        "more memory than a page should",
    ),
    "a setting it does not know": (
        lambda plan: plan["values"][0].__setitem__(1, ["depth"]),
        "asks for a setting depth",
    ),
    "a loop without end": (
        lambda plan: plan["code"].append(["scan", 1e12, 0, [], [], [], [], []]),
        "repeats a part 1000000000000 times",
    ),
    "loops within loops": (
        lambda plan: plan["code"].append(
            ["scan", 5e4, 0, [], [], [], [["scan", 5e4, 0, [], [], [], [], []]], []]
        ),
        "repeats a part 2500000000 times",
    ),
    "a way to compute a size that is no way": (
        lambda plan: plan["values"][0].__setitem__(1, [["constructor", 1]]),
        "computes constructor of numbers",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_damaged_plan_ends_in_a_sentence(in_module, case):
    damage, sentence = REFUSED[case]
    plan = trace(lambda: {"y": torch.ones(3) * 2}).document()
    damage(plan)
    body = """
      try { new module.Program(given).run({ seed: 0 }); return "ran"; }
      catch (error) { return error.message; }
    """
    assert sentence in in_module("runtime.js", body, plan)
