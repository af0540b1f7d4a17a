"""What a step and a look at the state both compute stands in a plan once."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from trainability.programs.plan import RunPlan, Value

_DRAWS = ('"randn"', '"rand"')


def share(plan: RunPlan) -> None:
    """Move what ``step`` and ``read`` both compute of one state into ``both``.

    Of instructions that do the same with the same values the first stays, and values that nothing
    needs any more are dropped. What is drawn is never the same.

    Examples
    --------
    The loss of a state is what the next step keeps, and what is read:

    >>> import torch
    >>> from trainability.programs.tracing import trace_run
    >>> plan = trace_run(
    ...     lambda: {"x": torch.full((), 1.0)},
    ...     lambda state: ({"x": state["x"] / 2}, {"before": state["x"] ** 2}),
    ...     lambda state: {"loss": state["x"] ** 2},
    ... )
    >>> plan.both, plan.step, plan.read
    ([['pow', 3, 1, {'is': 2}]], [['div', 2, 1, {'is': 2}]], [])
    """
    first: dict[int, int] = {}
    known: dict[str, list[int]] = {}
    for place, numbers in plan.constants.items():
        key = json.dumps([_as_json(plan.values[place]), numbers])
        first[place] = known.setdefault(key, [place])[0]
    step, read = (list(_without_doubles(plan, code, first, known)) for code in plan.parts()[-2:])
    plan.outputs = {name: first.get(place, place) for name, place in plan.outputs.items()}
    plan.kept = {name: first.get(place, place) for name, place in plan.kept.items()}
    for name, (made, held, after) in plan.state.items():
        plan.state[name] = made, held, first.get(after, after)
    needed = {*plan.outputs.values()}.union(*map(_places, read))
    plan.step.clear()
    for instruction in reversed(step):
        if needed.isdisjoint(_results(instruction)):
            plan.step.insert(0, instruction)
        else:
            needed |= set(_places(instruction))
            plan.both.insert(0, instruction)
    plan.read[:] = read
    _close_ranks(plan)


def _without_doubles(
    plan: RunPlan, code: list[list[Any]], first: dict[int, int], known: dict[str, list[int]]
) -> Iterator[list[Any]]:
    """The instructions that do what none before did; ``first`` learns who stands for the rest."""

    def standing(place: int) -> int:
        return first.get(place, place)

    for given in code:
        instruction = _mapped(given, standing)
        key = _key(instruction, plan.values)
        results = _results(instruction)
        if any(draw in key for draw in _DRAWS) or key not in known:
            known[key] = results
            yield instruction
        else:
            first |= dict(zip(results, known[key], strict=True))


def _key(instruction: list[Any], values: list[Value]) -> str:
    """What an instruction does, whatever the places of what it makes."""
    made = list(_made(instruction))
    names = {place: f"made {i}" for i, place in enumerate(made)}
    plain = _mapped(instruction, lambda place: names.get(place, place))
    return json.dumps([plain, [_as_json(values[place]) for place in made]])


def _as_json(value: Value) -> list[Any]:
    return [value.dtype, list(value.shape)]


def _mapped(instruction: list[Any], to: Callable[[int], Any]) -> list[Any]:
    """The instruction with other places; what is no place stays."""
    name, place, *operands = instruction
    if name == "scan":
        reverse, *pairs, inside, finals = operands
        moved = [[list(map(to, places)) for places in group] for group in pairs]
        body = [_mapped(each, to) for each in inside]
        return [name, place, reverse, *moved, body, list(map(to, finals))]
    if name == "cat":
        parts, dim = operands
        return [name, to(place), list(map(to, parts)), dim]
    return [name, to(place), *(to(o) if isinstance(o, int) else o for o in operands)]


def _places(instruction: list[Any]) -> list[int]:
    """Every place that an instruction names, those of its body among them."""
    places: list[int] = []

    def note(place: int) -> int:
        places.append(place)
        return place

    _mapped(instruction, note)
    return places


def _results(instruction: list[Any]) -> list[int]:
    """The places that are there once an instruction has run."""
    if instruction[0] != "scan":
        return [instruction[1]]
    *_, stacks, _, finals = instruction
    return [*(whole for whole, _ in stacks), *finals]


def _made(instruction: list[Any]) -> Iterator[int]:
    """The same, with those that its body makes."""
    yield from _results(instruction)
    if instruction[0] == "scan":
        *_, carries, slices, _, inside, _ = instruction
        yield from (inner for inner, *_ in (*carries, *slices))
        for each in inside:
            yield from _made(each)


def _close_ranks(plan: RunPlan) -> None:
    """Drop the values that are left over, and number the others anew."""
    used = {*plan.outputs.values(), *plan.kept.values(), *plan.tables.values()}
    used.update(*plan.state.values(), *(_places(each) for code in plan.parts() for each in code))
    order = {place: i for i, place in enumerate(sorted(used))}
    for code in plan.parts():
        code[:] = [_mapped(each, order.__getitem__) for each in code]
    plan.values[:] = [plan.values[place] for place in order]
    plan.constants = {order[p]: each for p, each in plan.constants.items() if p in order}
    plan.outputs, plan.kept, plan.tables = (
        {name: order[place] for name, place in named.items()}
        for named in (plan.outputs, plan.kept, plan.tables)
    )
    plan.state = {
        name: (order[made], order[held], order[after])
        for name, (made, held, after) in plan.state.items()
    }
