"""What a step and a look at a state have in common is computed once, and stays the same."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import FIGURE
from trainability.programs import Run, scan

WEIGHTS = torch.eye(4).repeat(3, 1, 1)
ENDS = {"scale": (0.0, 2.0), "lr": (0.0, 1.0)}


def chain(x, weights, scale):
    """A loop, its turns kept, and its way back."""
    last, kept = scan(lambda h, w: (torch.tanh(h @ w * scale), h), x, weights)
    back, slopes = scan(lambda g, hw: (g @ hw[1].T, g * hw[0]), last, (kept, weights), reverse=True)
    return last, back + slopes.sum(0)


def begin(generator):
    return {"x": torch.randn(4, 4, generator=generator), "w": 1.0 * WEIGHTS}


def advance(state, scale=0.5, lr=0.25):
    last, back = chain(state["x"], state["w"], scale)
    return state | {"x": state["x"] - lr * back}, {"loss": last.square().mean()}


def look(state, step, scale=0.5):
    last, back = chain(state["x"], state["w"], scale)
    return {"last": last, "size": back.abs().amax() * step}


WALK = Run(begin, advance, FIGURE, look)
# Reads after each count; the first settings hold until then.
VISITS = """
  const run = new module.Run(given.plan);
  run.begin({ ...given.visits[0][1], seed: 5 });
  return given.visits.map(([count, settings]) => {
    while (run.count < count) run.step();
    run.take({ ...settings, seed: 5 });
    return Object.fromEntries(Object.entries(run.outputs()).map(
      ([name, array]) => [name, Array.from(array)]));
  });
"""


def numbers(listed):
    return torch.tensor(listed, dtype=torch.float32)


def names(code):
    return [instruction[0] for instruction in code]


def test_a_loop_that_both_need_stands_once_and_the_rest_is_of_each():
    plan = WALK.plan({}, ENDS, {})
    assert names(plan.both).count("scan") == 2
    assert "scan" not in names(plan.step) + names(plan.read)
    used = {place for code in plan.parts() for each in code for place in numbers_in(each)}
    assert set(range(len(plan.values))) <= used  # nothing is left over
    alone = Run(begin, advance, FIGURE).plan({}, ENDS, {})
    assert alone.both == []


def numbers_in(part):
    if isinstance(part, int):
        return [part]
    return [n for each in part for n in numbers_in(each)] if isinstance(part, list) else []


@pytest.mark.parametrize("change", [None, "scale", "lr"])
def test_reading_between_steps_and_other_settings_change_no_number(in_module, change):
    visits = []
    for i, count in enumerate((0, 0, 1, 2, 2, 5, 6)):
        visits.append((count, {"scale": 0.5, "lr": 0.25} | ({change: 0.1 * i} if change else {})))
    document = WALK.plan({}, ENDS, {}).document()
    found = in_module("run.js", VISITS, {"plan": document, "visits": visits})
    generator = torch.Generator().manual_seed(5)
    state, made, held, losses = begin(generator), 0, visits[0][1], []
    for (count, given_now), outputs in zip(visits, found, strict=True):
        while made < count:
            state, kept = advance(state, **held)
            losses.append(kept["loss"].item())
            made += 1
        held = given_now
        wanted = look(state, made, held["scale"]) | {"x": state["x"]}
        for name, tensor in wanted.items():
            torch.testing.assert_close(
                numbers(outputs[name]), tensor.flatten(), rtol=1e-4, atol=1e-5
            )
        torch.testing.assert_close(numbers(outputs["loss"]), torch.tensor(losses))


def test_what_is_drawn_is_never_the_same():
    def noisy(state, generator):
        noise = [torch.randn(2, generator=generator) for _ in range(2)]
        return {"x": state["x"] + noise[0] - noise[1]}, {"loss": state["x"].sum()}

    plan = Run(lambda: {"x": torch.ones(2)}, noisy, FIGURE).plan({}, {}, {})
    assert names(plan.step).count("randn") == 2


def test_equal_constants_are_one_and_unequal_ones_are_not():
    def moved(state):
        by = torch.tensor([1.0, 2.0]) + torch.tensor([1.0, 2.0]) * torch.tensor([1.0, 3.0])
        return {"x": state["x"] + by}, {"loss": state["x"].sum()}

    plan = Run(lambda: {"x": torch.ones(2)}, moved, FIGURE).plan({}, {}, {})
    assert sorted(plan.constants.values()) == [[1.0, 2.0], [1.0, 3.0]]


OPERATIONS = {
    "sum": lambda a, b, scale: a - b / 2,
    "tanh": lambda a, b, scale: torch.tanh(a * scale),
    "turned": lambda a, b, scale: torch.tanh(a.view(2, 3).T.reshape(6) + b),
    "outer": lambda a, b, scale: torch.tanh(a.view(6, 1) @ b.view(1, 6)).mean(0),
    "part": lambda a, b, scale: torch.cat([a[:2], b[2:]]),
    "loop": lambda a, b, scale: scan(lambda s, x: (torch.sin(s + x * b), s), a, b)[1].mean(0),
}
recipes = st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 20), st.integers(0, 20)),
    min_size=1,
    max_size=12,
)


def made(state, recipe, scale):
    values = [state["x"], state["y"]]
    for kind, first, second in recipe:
        a, b = values[first % len(values)], values[second % len(values)]
        values.append(OPERATIONS[kind](a, b, scale))
    return values


@settings(derandomize=True, deadline=None, max_examples=40)
@given(common=recipes, of_step=recipes, of_read=recipes, reads=st.lists(st.booleans(), min_size=6))
def test_any_two_functions_give_what_torch_gives(in_module, common, of_step, of_read, reads):
    def init():
        return {"x": torch.arange(6) / 6, "y": torch.cos(torch.arange(6).float())}

    def step(state, scale=0.7):
        values = made(state, common + of_step, scale)
        following = {"x": torch.tanh(values[-1]), "y": torch.sin(values[len(values) // 2])}
        return following, {"loss": values[len(common) + 1].sum()}

    def read(state, scale=0.7):
        values = made(state, common + of_read, scale)
        return {"last": values[-1], "common": values[len(common) + 1]}

    run = Run(init, step, FIGURE, read)
    visits = [[i, {"scale": 0.7}] for i, wanted in enumerate(reads) if wanted] or [
        [6, {"scale": 0.7}]
    ]
    document = run.plan({}, {"scale": (0.0, 2.0)}, {}).document()
    found = in_module("run.js", VISITS, {"plan": document, "visits": visits})
    for (count, _), outputs in zip(visits, found, strict=True):
        for name, tensor in run.run(count).items():
            torch.testing.assert_close(
                numbers(outputs[name]), tensor.flatten(), rtol=1e-3, atol=1e-4
            )
