"""Runs: recorded once, made by torch and by the page alike, step by step."""

import pytest
import torch

from networks import FIGURE, NETWORK, POINTS, start, step
from trainability.programs import Run
from trainability.programs.tracing import TraceError, trace_run
from trainability.training import OPTIMIZERS

ENDS = {
    "sizes": {"width": (1, 40)},
    "numbers": {"spread": (0.0, 2.0), "lr": (0.0, 10.0)},
    "tables": {"points": (1, 200, 3)},
}
RUN = """
  const run = new module.Run(given.plan);
  run.begin(given.settings);
  for (let i = 0; i < given.steps; i++) run.step();
  return Object.fromEntries(Object.entries(run.outputs()).map(
    ([name, array]) => [name, [Array.from(array), run.shapeOf(name)]]));
"""


def plan(**choices):
    return NETWORK.plan(**ENDS, **{"optimizer": "SGD", "dropout": "none"} | choices).document()


def made_in_page(in_module, document, steps, settings):
    given = {"plan": document, "steps": steps, "settings": settings | {"points": rows(settings)}}
    found = in_module("run.js", RUN, given)
    return {name: torch.tensor(flat).view(shape) for name, (flat, shape) in found.items()}


def rows(settings):
    return settings.get("points", POINTS).tolist()


def close(found, wanted):
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        torch.testing.assert_close(found[name].double(), tensor.double(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dropout", ["none", "per example"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fifty_steps_in_the_page_are_torchs(in_module, optimizer, dropout):
    settings = {"width": 12, "spread": 0.3, "lr": 0.05, "seed": 123456}
    choices = {"optimizer": optimizer, "dropout": dropout}
    found = made_in_page(in_module, plan(**choices), 50, settings)
    wanted = NETWORK.run(50, **settings, **choices)
    assert wanted["loss"].shape == (50,) and wanted["loss"][-1] < wanted["loss"][0]
    close(found, wanted)


@pytest.mark.parametrize("steps", [0, 1])
def test_a_run_that_has_not_begun_is_its_start(in_module, steps):
    found = made_in_page(
        in_module, plan(), steps, {"width": 3, "spread": 1.0, "lr": 0.1, "seed": 0}
    )
    close(found, NETWORK.run(steps, width=3, spread=1.0, lr=0.1, seed=0))


def test_other_examples_may_be_more_or_fewer(in_module):
    more = torch.cat([POINTS, -POINTS, POINTS[:1]])
    for points in (more, POINTS[:1]):
        settings = {"width": 5, "spread": 1.0, "lr": 0.1, "seed": 2, "points": points}
        close(made_in_page(in_module, plan(), 20, settings), NETWORK.run(20, **settings))


def test_rate_dropout_and_optimizer_act_at_once_and_the_run_goes_on(in_module):
    body = """
      const run = new module.Run(given.sgd);
      run.begin(given.settings);
      for (let i = 0; i < 10; i++) run.step();
      run.take({ ...given.settings, lr: 0.5 });
      for (let i = 0; i < 10; i++) run.step();
      const next = new module.Run(given.adam);
      next.resume(run, given.settings);
      for (let i = 0; i < 10; i++) next.step();
      const { w_in, loss } = next.outputs();
      return [Array.from(w_in), Array.from(loss), next.count];
    """
    settings = {"width": 4, "spread": 0.5, "lr": 0.05, "seed": 7}
    generator = torch.Generator().manual_seed(7)
    state = start(spread=0.5, width=4, generator=generator)
    losses = []
    for i in range(30):
        choices = {"optimizer": "Adam", "dropout": "per example"} if i >= 20 else {}
        lr = 0.5 if 10 <= i < 20 else 0.05
        state, kept = step(state, lr=lr, **choices, generator=generator)
        losses.append(kept["loss"])
    given = {
        "sgd": plan(),
        "adam": plan(optimizer="Adam", dropout="per example"),
        "settings": settings | {"points": POINTS.tolist()},
    }
    w_in, loss, count = in_module("run.js", body, given)
    assert count == 30
    torch.testing.assert_close(
        torch.tensor(loss).double(), torch.stack(losses), rtol=1e-4, atol=1e-6
    )
    torch.testing.assert_close(
        torch.tensor(w_in).double().view(4, 3), state["w_in"], rtol=1e-4, atol=1e-6
    )


def test_a_size_that_only_a_step_takes_may_change_while_the_state_goes_on(in_module):
    def add(state, terms=3):
        return {"x": state["x"] + torch.arange(terms).double().sum()}, {"x0": state["x"][0]}

    run = Run(lambda: {"x": torch.ones(2).double()}, add, FIGURE)
    body = """
      const run = new module.Run(given.plan);
      run.begin({ terms: 3 });
      for (let i = 0; i < 4; i++) run.step();
      run.resume(run, { terms: 50 });
      for (let i = 0; i < 2; i++) run.step();
      return [Array.from(run.outputs().x), Array.from(run.outputs().x0)];
    """
    document = run.plan({"terms": (1, 90)}, {}, {}).document()
    x, history = in_module("run.js", body, {"plan": document})
    assert x == [1 + 4 * 3 + 2 * 1225] * 2
    assert history == [1, 4, 7, 10, 13, 13 + 1225]


def test_a_run_begun_again_is_the_same_run(in_module):
    body = """
      const run = new module.Run(given.plan);
      const losses = [];
      for (const seed of [1, 2, 1]) {
        run.begin({ ...given.settings, seed });
        for (let i = 0; i < 20; i++) run.step();
        losses.push(String(Array.from(run.outputs().loss)));
      }
      return [losses[0] === losses[2], losses[0] === losses[1]];
    """
    settings = {"width": 4, "spread": 0.5, "lr": 0.05, "points": POINTS.tolist()}
    given = {"plan": plan(dropout="per example"), "settings": settings}
    assert in_module("run.js", body, given) == [True, False]


def grow(state, rate=1.0):
    return {"x": state["x"] * 10 ** (10 * rate)}, {"size": state["x"].abs()}


def test_a_run_that_diverges_stays_where_its_numbers_were_finite(in_module):
    run = Run(lambda: {"x": torch.ones(())}, grow, FIGURE)
    document = run.plan({}, {"rate": (0.0, 1.0)}, {}).document()
    body = """
      const run = new module.Run(given.plan);
      run.begin({ rate: 1 });
      const went = [1, 2, 3, 4, 5, 6].map(() => run.step());
      const { diverged, count } = run;
      const sizes = Array.from(run.outputs().size);
      run.take({ rate: 0 });
      return { went, diverged, count, sizes, after: run.diverged };
    """
    found = in_module("run.js", body, {"plan": document})
    assert found["went"] == [True] * 4 + [False] * 2
    assert found["diverged"] == "size" and found["count"] == 4 and found["after"] is None
    assert found["sizes"] == pytest.approx(run.run(4, rate=1.0)["size"].tolist())
    assert torch.isinf(run.run(5, rate=1.0)["size"][-1])


SWAPPED = Run(
    lambda: {"a": torch.zeros(2), "b": torch.ones(2), "c": torch.full((2,), 2.0)},
    lambda state: (
        {"a": state["b"], "b": state["c"], "c": state["a"] + state["b"]},
        {"first": state["a"][0]},
    ),
    FIGURE,
)


def test_one_part_of_a_state_may_become_another(in_module):
    document = SWAPPED.plan({}, {}, {}).document()
    body = """
      const run = new module.Run(given.plan);
      run.begin({});
      for (let i = 0; i < 7; i++) run.step();
      return Array.from(run.outputs().first);
    """
    assert in_module("run.js", body, {"plan": document}) == SWAPPED.run(7)["first"].tolist()


REFUSED = {
    "a state that grows": (
        lambda state: ({"x": torch.cat([state["x"], state["x"]])}, {}),
        r"changes the shape or type of x: it was torch.float32 \(3,\) and is torch.float32 \(6,\)",
    ),
    "a state of another type": (
        lambda state: ({"x": state["x"].double()}, {}),
        "changes the shape or type of x: it was torch.float32",
    ),
    "a state with another part": (
        lambda state: (state | {"y": state["x"]}, {}),
        "must return the state's x, and no other",
    ),
    "kept numbers in a row": (
        lambda state: (state, {"row": state["x"]}),
        "keeps row, which is not one number a step",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_step_that_no_page_can_make_is_refused(case):
    stepping, message = REFUSED[case]
    with pytest.raises(TraceError, match=message):
        trace_run(lambda: {"x": torch.ones(3)}, stepping, lambda state: {})


def test_a_name_means_one_thing():
    with pytest.raises(TraceError, match="returns x, a name of the state"):
        trace_run(
            lambda: {"x": torch.ones(3)}, lambda state: (state, {}), lambda state: {"x": state["x"]}
        )


@pytest.mark.parametrize("steps", [-1, 1.5, True, "3"])
def test_a_number_of_steps_is_a_whole_number(steps):
    with pytest.raises(ValueError, match="must be a whole number of at least 0"):
        NETWORK.run(steps)


def test_settings_act_at_once_unless_the_start_takes_them():
    assert NETWORK.begins_anew == ["spread", "width", "points", "seed"]
    assert Run(start, step, FIGURE, restart=("optimizer",)).begins_anew == [
        *("spread", "width", "optimizer", "points", "seed")
    ]


def test_the_figure_says_how_many_steps_were_made():
    figure = NETWORK(step=3, optimizer="Adam")
    assert figure["layout"]["meta"]["summary"] == "3 steps of Adam at 0.1."
    assert figure["data"][1]["x"] == [0, 1, 2]
    assert figure["data"][1]["y"] == NETWORK.run(3, optimizer="Adam")["loss"].tolist()


def test_a_setting_that_acts_at_once_may_change_on_the_way():
    settings = {"width": 4, "seed": 3}
    generator = torch.Generator().manual_seed(3)
    state = start(width=4, generator=generator)
    losses = []
    for i in range(9):
        lr = 0.1 if i < 2 else 0.5 if i < 6 else 0.02
        state, kept = step(state, lr=lr, generator=generator)
        losses.append(kept["loss"])
    for until in ([(2, "lr", 0.1), (6, "lr", 0.5)], [(6, "lr", 0.5), (2, "lr", 0.1)]):
        found = NETWORK.run(9, until=until, lr=0.02, **settings)
        assert torch.equal(found["loss"], torch.stack(losses))
    plain = NETWORK.run(9, lr=0.02, **settings)
    assert torch.equal(
        plain["loss"], NETWORK.run(9, until=[(0, "lr", 9.0)], lr=0.02, **settings)["loss"]
    )


@pytest.mark.parametrize("name", ["width", "seed", "points", "no such"])
def test_what_begins_a_run_anew_cannot_change_on_the_way(name):
    with pytest.raises(ValueError, match=f"until names '{name}'; on the way may change: .*lr"):
        NETWORK.run(3, until=[(1, name, 2)])
