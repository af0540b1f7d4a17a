"""Tensors that use the same memory one after the other: less of it, and the same numbers."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainability.programs import Run
from trainability.programs.tracing import trace

BYTES = """
  const program = new module.Program(given.plan);
  program.run(given.settings);
  return program.bytes;
"""


def test_a_long_chain_takes_the_memory_of_a_few_tensors(in_module):
    def chain(size):
        signal = torch.arange(size) / size
        for _ in range(50):
            signal = torch.tanh(signal * 1.1 + 0.1)
        return {"signal": signal}

    plan = trace(chain, sizes={"size": (1, 10_000)}).document()
    bytes_ = in_module("runtime.js", BYTES, {"plan": plan, "settings": {"size": 1000}})
    assert bytes_ <= 6 * 8 * 1000  # one is of whole numbers, which take 8 bytes; 151 are made


def test_a_step_of_training_takes_the_memory_of_what_the_gradient_needs(in_module):
    layers, width = 10, 64

    def start(generator):
        return {f"w{i}": torch.randn(width, width, generator=generator) for i in range(layers)}

    def step(state):
        weights = {name: weight.detach().requires_grad_() for name, weight in state.items()}
        with torch.enable_grad():
            signal = torch.ones(width, width)
            for weight in weights.values():
                signal = torch.tanh(signal @ weight / 8)
            loss = signal.square().mean()
            gradients = torch.autograd.grad(loss, list(weights.values()))
        moved = zip(weights.items(), gradients, strict=True)
        return {name: weight.detach() - 0.1 * slope for (name, weight), slope in moved}, {}

    body = """
      const run = new module.Run(given);
      run.begin({ seed: 0 });
      run.step();
      return run.bytes;
    """
    matrix = 4 * width * width
    taken = in_module("run.js", body, Run(start, step, {}).plan({}, {}, {}).document()) / matrix
    # The state as it began, is and becomes, and a few more: what a layer's gradient has used is
    # free for its next weight. Each layer makes ten matrices a step.
    assert 3 * layers <= taken <= 4 * layers


def build(recipe):
    """A function of two settings: each entry combines two tensors made before."""

    def function(scale, shift, generator):
        made = [torch.randn(6, generator=generator), torch.arange(6) / 6]
        for kind, first, second in recipe:
            a, b = made[first % len(made)], made[second % len(made)]
            made.append(
                {
                    "sum": lambda a=a, b=b: a - b / 2,
                    "tanh": lambda a=a: torch.tanh(a),
                    "scale": lambda a=a: torch.sin(a * scale),
                    "shift": lambda a=a: torch.cos(a + shift),
                    "turned": lambda a=a, b=b: torch.tanh(a.view(2, 3).T.reshape(6) + b),
                    "outer": lambda a=a, b=b: torch.tanh(a.view(6, 1) @ b.view(1, 6)).mean(0),
                    "part": lambda a=a, b=b: torch.cat([a[:2], b[2:]]),
                }[kind]()
            )
        return {"last": made[-1], "middle": made[len(made) // 2]}

    return function


kinds = st.sampled_from(["sum", "tanh", "scale", "shift", "turned", "outer", "part"])
recipes = st.lists(
    st.tuples(kinds, st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=30
)
numbers = st.sampled_from([0.25, 0.5, 1.5])
# Where a run is torn off, and the settings of the next.
visits = st.lists(
    st.tuples(st.integers(0, 40), numbers, numbers, st.integers(0, 2)), min_size=3, max_size=8
)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(recipe=recipes, visits=visits)
def test_shared_memory_changes_no_number_however_settings_change(in_module, recipe, visits):
    function = build(recipe)
    ends = {"scale": (0.0, 2.0), "shift": (0.0, 2.0)}
    plan = trace(function, numbers=ends).document()
    body = """
      const program = new module.Program(given.plan);
      return given.states.map(([stop, settings]) => {
        const torn = program.inSteps({ ...settings, shift: 2 - settings.shift });
        for (let i = 0; i < stop; i++) torn.next();
        torn.return();
        const outputs = Object.entries(program.run(settings));
        return Object.fromEntries(outputs.map(([name, array]) => [name, Array.from(array)]));
      });
    """
    states = [[stop, {"scale": a, "shift": b, "seed": seed}] for stop, a, b, seed in visits]
    found = in_module("runtime.js", body, {"plan": plan, "states": states})
    for (_, state), outputs in zip(states, found, strict=True):
        generator = torch.Generator().manual_seed(state["seed"])
        wanted = function(state["scale"], state["shift"], generator)
        for name, tensor in wanted.items():
            torch.testing.assert_close(torch.tensor(outputs[name]), tensor, rtol=1e-4, atol=1e-4)
