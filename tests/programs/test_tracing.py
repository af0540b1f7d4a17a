"""What is recorded, and what is refused with the author's line."""

import json
import math
import re

import pytest
import torch

from conftest import ROOT
from trainability.programs import Program, scan
from trainability.programs.plan import Plan
from trainability.programs.tracing import TraceError, trace

X = torch.ones(3)


def refused(function, **settings) -> str:
    with pytest.raises(TraceError) as caught:
        trace(function, **settings)
    return str(caught.value)


def test_an_operation_that_is_not_in_the_list_is_named_with_its_line():
    def sorts():
        return {"sorted": torch.sort(X + 1).values}

    message = refused(sorts)
    assert "no operation sort" in message
    assert "in line" in message and "test_tracing.py" in message
    assert message.endswith('return {"sorted": torch.sort(X + 1).values}')


def test_a_change_in_place_is_refused():
    def changes():
        x = X + 1
        x.mul_(2)
        return {"x": x}

    message = refused(changes)
    assert "mul_ changes a tensor in place" in message and message.endswith("x.mul_(2)")


def test_numbers_from_elsewhere_are_refused():
    def global_draw():
        return {"x": torch.randn(3)}

    def dropout():
        return {"x": torch.nn.functional.dropout(X + 1, 0.5)}

    assert refused(global_draw).startswith("draw from the generator that is given")
    assert "global generator" in refused(dropout)


def test_another_type_of_draws_is_refused():
    def double(generator):
        return {"x": torch.randn(3, generator=generator, dtype=torch.float64)}

    assert "draw in float32" in refused(double)


def test_a_branch_on_what_a_tensor_holds_is_refused():
    def branches():
        x = X * 2
        return {"x": x if x.sum() > 1 else -x}

    message = refused(branches)
    assert "cannot depend on the numbers themselves; use torch.where" in message


def test_a_branch_on_a_setting_is_refused_where_it_would_turn():
    def branches(width):
        return {"x": torch.ones(width) * (2 if width > 20 else 3)}

    assert "another way at width=100" in refused(branches, sizes={"width": (2, 100)})
    trace(branches, sizes={"width": (30, 100)})


def test_a_branch_on_a_number_is_refused_where_it_would_turn():
    def branches(scale):
        return {"x": X * (2 if scale > 1 else 3)}

    assert "another way at scale=0.25" in refused(branches, numbers={"scale": (0.25, 4.0)})
    trace(branches, numbers={"scale": (1.5, 4.0)})


def test_a_tensor_that_is_not_finite_is_refused():
    broken = torch.tensor([1.0, math.nan])
    assert "not finite" in refused(lambda: {"x": broken + 1})


def test_a_gradient_through_a_scan_is_refused():
    def through():
        w = (X * 1).requires_grad_()
        total, _ = scan(lambda carry, x: (carry + x, ()), w.sum(), w)
        return {"g": torch.autograd.grad(total, w)[0]}

    assert "no gradient goes through a scan" in refused(through)


def test_a_scan_must_carry_what_it_was_given():
    message = refused(lambda: {"x": scan(lambda c, x: (x.double(), ()), X.sum() * 1, X)[0]})
    assert "must carry on what it was given" in message


def test_the_same_function_gives_the_same_plan():
    def draws(width, scale, generator):
        return {"x": torch.randn(width, generator=generator) * scale}

    settings = {"sizes": {"width": (1, 9)}, "numbers": {"scale": (0.0, 1.0)}}
    first = trace(draws, **settings)
    assert isinstance(first, Plan)
    assert first.text() == trace(draws, **settings).text()
    assert json.loads(first.text()) == first.document()


def test_recording_advances_no_generator_and_leaves_no_recorder():
    before = torch.random.get_rng_state()
    trace(lambda generator: {"x": torch.rand(4, generator=generator)})
    refused(lambda: {"x": torch.randn(3)})
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(scan(lambda c, x: (c + x, x), torch.tensor(0.0), X)[0], torch.tensor(3.0))


@pytest.mark.parametrize("turns", [0, 1, 5])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_is_a_loop(turns, reverse):
    xs = torch.arange(float(turns))
    last, kept = scan(lambda c, x: (2 * c + x, (c, x)), torch.tensor(1.0), xs, reverse=reverse)
    carry, seen = torch.tensor(1.0), []
    for x in reversed(xs) if reverse else xs:
        seen.append((carry, x))
        carry = 2 * carry + x
    assert torch.equal(last, carry)
    ordered = seen[::-1] if reverse else seen
    assert kept[0].tolist() == [float(c) for c, _ in ordered]
    assert kept[1].tolist() == [float(x) for _, x in ordered]


def test_a_scan_says_what_it_lacks():
    with pytest.raises(ValueError, match="needs xs to go through, or a length"):
        scan(lambda c, x: (c, x), X)
    with pytest.raises(ValueError, match="not all of length 3"):
        scan(lambda c, x: (c, ()), X, (torch.ones(3), torch.ones(4)))


def test_a_program_is_a_function_of_its_settings():
    def line(slope=1.0, points=3, *, generator):
        return {"y": slope * torch.rand(points, generator=generator)}

    words = {"meta": {"summary": {"$text": "Slope {slope}, sum {total:3}."}}}
    figure = {"data": [{"y": {"$": "y"}}], "layout": words}
    program = Program(line, figure, lambda y: {"total": y.sum()})
    assert program.defaults == {"slope": 1.0, "points": 3, "seed": 0}
    wanted = 2 * torch.rand(4, generator=torch.Generator().manual_seed(5))
    assert torch.equal(program.numbers(slope=2.0, points=4, seed=5)["y"], wanted)
    drawn = program(slope=2.0, points=4, seed=5)
    assert drawn["data"][0]["y"] == wanted.tolist()
    assert drawn["layout"]["meta"]["summary"] == f"Slope 2, sum {float(wanted.sum()):.3g}."


def author_s_page(name: str) -> dict:
    """What a block of CONTRIBUTING defines, run as written."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (block,) = (b for b in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if f"{name} = " in b)
    assert len([line for line in block.splitlines() if line.strip()]) <= 26
    space: dict = {}
    exec(block, space)
    return space


def test_the_program_of_the_author_s_page_runs_as_written():
    walks = author_s_page("walks")["walks"]
    assert list(walks.payload["plans"]) == [""]
    assert len(walks.numbers(steps=9, seed=3)["places"]) == 9
    assert walks.figure(steps=9).layout.meta["summary"].startswith("After 9 steps at ")


def test_the_run_of_the_author_s_page_trains_as_written():
    falls = author_s_page("falls")["falls"]
    assert list(falls.payload["plans"]) == [""] and falls.payload["anew"] == ["spread", "seed"]
    loss = falls.run(50, seed=3)["loss"]
    assert loss.shape == (50,) and loss[-1] < loss[0] / 10
    assert falls.figure(step=9).layout.meta["summary"] == "Step 9 at a rate of 0.1."


def test_the_gradient_of_a_square_takes_no_power():
    def slope(x: float = 1.0) -> dict[str, torch.Tensor]:
        leaf = (torch.ones(3) * x).detach().requires_grad_()
        with torch.enable_grad():
            return {"slope": torch.autograd.grad(leaf.square().sum(), leaf)[0]}

    plan = trace(slope, sizes={}, numbers={"x": (0.0, 1.0)})
    assert "slope" in plan.outputs
    assert not [line for line in plan.code if line[0] == "pow" and line[3] == {"is": 1}]
