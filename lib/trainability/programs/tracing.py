"""From a torch function to a plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor
from torch._guards import Source
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv

from trainability.programs.operations import DECOMPOSED, LOWERED
from trainability.programs.plan import Plan, RunPlan
from trainability.programs.recorder import Recorder, TraceError
from trainability.programs.settings import named_in
from trainability.programs.sharing import share

__all__ = ["Plan", "RunPlan", "TraceError", "trace", "trace_run"]
# Any of these would do; odd ones hide no division by two.
_HINT = 13
_SEED = 8_271_828
_MOST_STEPS = 1e9


@dataclass(frozen=True)
class _Setting(Source):
    """What a symbol stands for."""

    setting: str

    @property
    def _name_template(self) -> str:
        return self.setting


def trace(
    function: Callable[..., Mapping[str, Tensor]],
    /,
    *,
    sizes: Mapping[str, tuple[int, int]] | None = None,
    numbers: Mapping[str, tuple[float, float]] | None = None,
    tables: Mapping[str, tuple[int, int, int]] | None = None,
    **choices: Any,
) -> Plan:
    """Record a torch function as a plan that a page can run.

    The function is called once, with tensors that have no data, and with settings that are
    symbols. What it does, its gradients included, becomes a list of instructions.

    Parameters
    ----------
    function : callable
        Takes the settings by name, and ``generator`` where it draws. Returns named tensors. It
        must be pure: no tensor is changed in place, no number is drawn from elsewhere, no
        branch depends on what a tensor holds.
    sizes : mapping of str to (int, int)
        Settings that are whole numbers, widths or depths, with the least and the greatest.
    numbers : mapping of str to (float, float)
        Settings that are other numbers, with their ends.
    tables : mapping of str to (int, int, int)
        Settings that are tables of float64, a row an example: the fewest rows, the most, and
        the number of columns.
    **choices
        Settings that the plan holds fixed, such as the name of a nonlinearity.

    Returns
    -------
    Plan

    Raises
    ------
    TraceError
        For a function that no page can run; the message names the line.

    Examples
    --------
    >>> plan = trace(
    ...     lambda width, scale, generator: {
    ...         "mean": (scale * torch.randn(width, generator=generator)).mean()
    ...     },
    ...     sizes={"width": (2, 100)},
    ...     numbers={"scale": (0.1, 4)},
    ... )
    >>> plan.code
    [['randn', 0], ['mul', 1, 0, {'is': 'scale'}], ['mean', 2, 1, [0]]]
    """
    tables = dict(tables or {})
    all_sizes = {**(sizes or {}), **_rows(tables)}
    plan = Plan(settings=[*all_sizes, *(numbers or {})])
    with _Recording(function, plan, all_sizes, dict(numbers or {})) as recording:
        recording.take_tables(tables)
        draws = named_in(function, {"generator": recording.generator})
        outputs = function(**recording.settings, **choices, **draws)
        plan.outputs = recording.placed(outputs)
    return plan


def trace_run(
    init: Callable[..., Mapping[str, Tensor]],
    step: Callable[..., tuple[Mapping[str, Tensor], Mapping[str, Tensor]]],
    read: Callable[..., Mapping[str, Tensor]],
    /,
    *,
    sizes: Mapping[str, tuple[int, int]] | None = None,
    numbers: Mapping[str, tuple[float, float]] | None = None,
    tables: Mapping[str, tuple[int, int, int]] | None = None,
    **choices: Any,
) -> RunPlan:
    """Record a start, a step and a look at a state as one plan.

    Parameters
    ----------
    init, step, read : callable
        See :class:`trainability.programs.Run`. Each takes those settings that it names.
    sizes, numbers, tables, **choices
        As for :func:`trace`.

    Returns
    -------
    RunPlan

    Raises
    ------
    TraceError
        For a function that no page can run, and for a step that returns another state than it
        was given.

    Examples
    --------
    >>> plan = trace_run(
    ...     lambda start: {"x": torch.full((), 1.0) * start},
    ...     lambda state, lr: ({"x": state["x"] - lr * state["x"]}, {"loss": state["x"] ** 2}),
    ...     lambda state: {},
    ...     numbers={"start": (0.0, 1.0), "lr": (0.0, 1.0)},
    ... )
    >>> plan.step
    [['mul', 3, 2, {'is': 'lr'}], ['sub', 4, 2, 3], ['pow', 5, 2, {'is': 2}]]
    """
    sizes, tables = dict(sizes or {}), dict(tables or {})
    rows = _rows(tables)
    numbers = {**(numbers or {}), "step": (0.0, _MOST_STEPS)}
    plan = RunPlan(settings=[*sizes, *rows, *numbers])
    with _Recording(step, plan, sizes | rows, numbers) as recording:
        recording.take_tables(tables)
        start = dict(init(**recording.given(init, choices)))
        made = recording.placed(start)
        held = {name: recording.given_tensor(t.shape, t.dtype) for name, t in start.items()}
        recording.record_into(plan.step)
        following, kept = step(dict(held), **recording.given(step, choices))
        _check_state(step, held, following)
        plan.kept = recording.placed(kept)
        for name, tensor in kept.items():
            if tensor.dim():
                raise TraceError(f"{step.__name__} keeps {name}, which is not one number a step")
        for name in held:
            found, after = recording.place(held[name]), recording.place(following[name])
            plan.state[name] = made[name], found, after
        recording.record_into(plan.read)
        plan.outputs = recording.placed(read(dict(held), **recording.given(read, choices)))
    share(plan)
    for name in plan.outputs.keys() & (plan.state.keys() | plan.kept.keys()):
        raise TraceError(f"{read.__name__} returns {name}, a name of the state or of what is kept")
    return plan


def rows_of(table: str) -> str:
    """What stands in a plan for the number of rows of a table."""
    return f"{table}.rows"


def _rows(tables: Mapping[str, tuple[int, int, int]]) -> dict[str, tuple[int, int]]:
    return {rows_of(name): (least, most) for name, (least, most, _) in tables.items()}


def _check_state(
    step: Callable[..., Any], held: Mapping[str, Tensor], following: Mapping[str, Tensor]
) -> None:
    """A state goes on as it was, or no loop could carry it."""
    if not isinstance(following, Mapping) or following.keys() != held.keys():
        raise TraceError(f"{step.__name__} must return the state's {', '.join(held)}, and no other")
    for name, tensor in held.items():
        after = following[name]
        if after.dtype != tensor.dtype or [*after.shape] != [*tensor.shape]:
            raise TraceError(
                f"{step.__name__} changes the shape or type of {name}: it was {tensor.dtype} "
                f"{tuple(tensor.shape)} and is {after.dtype} {tuple(after.shape)}"
            )


class _Recording:
    """What all parts of a plan share: the symbols of its settings, and a recorder."""

    def __init__(
        self,
        function: Callable[..., Any],
        plan: Plan,
        sizes: dict[str, tuple[int, int]],
        numbers: dict[str, tuple[float, float]],
    ) -> None:
        self.function, self.plan, self.sizes, self.numbers = function, plan, sizes, numbers
        self.env = ShapeEnv(specialize_zero_one=False, duck_shape=False)
        self.settings: dict[str, Any] = {}
        self.names: dict[Any, str] = {}
        for place, (name, (low, high)) in enumerate(sizes.items()):
            hint = min(max(low, _HINT + place), high)
            symbol = self._symbol(self.env.create_symbol, name, hint)
            node = self.env.create_symintnode(symbol, hint=hint, source=_Setting(name))
            self.settings[name] = node
        for name, (start, stop) in numbers.items():
            inside = float(start + (stop - start) * 0.382)
            symbol = self._symbol(self.env.create_unspecified_symbol, name, inside)
            value = self.env.create_symfloatnode(symbol, hint=inside, source=_Setting(name))
            self.settings[name] = value
        self.generator = torch.Generator().manual_seed(_SEED)
        self.fakes = FakeTensorMode(shape_env=self.env, allow_non_fake_inputs=True)
        self.recorder = Recorder(plan, self.fakes, self.generator, LOWERED, DECOMPOSED)
        self.place = self.recorder.place

    def _symbol(self, create: Callable[..., Any], name: str, hint: float) -> Any:
        symbol = create(hint, _Setting(name), dynamic_dim=DimDynamic.DYNAMIC)
        self.names[symbol] = name
        return symbol

    def given(self, function: Callable[..., Any], choices: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that a function takes, as symbols, and the generator."""
        offered = {**self.settings, **choices, "generator": self.generator}
        return named_in(function, offered)

    def given_tensor(self, shape: Sequence[Any], dtype: torch.dtype) -> Tensor:
        """A tensor without data that no instruction makes: the page puts it there."""
        tensor = self.recorder.placeholder(shape, dtype)
        self.recorder.new(tensor)
        return tensor

    def take_tables(self, tables: Mapping[str, tuple[int, int, int]]) -> None:
        """Make settings of tables, which the page fills."""
        for name, (_, _, columns) in tables.items():
            shape = self.settings.pop(rows_of(name)), columns
            self.settings[name] = self.given_tensor(shape, torch.float64)
            self.plan.tables[name] = self.place(self.settings[name])

    def placed(self, tensors: Mapping[str, Tensor]) -> dict[str, int]:
        """The places of named tensors."""
        return {name: self.place(tensor) for name, tensor in tensors.items()}

    def record_into(self, code: list[list[Any]]) -> None:
        """Write what follows as another part of the plan."""
        self.recorder.code = code

    def __enter__(self) -> Self:
        self.fakes.__enter__()
        self.recorder.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.recorder.__exit__(*error)
        self.fakes.__exit__(*error)
        if error[0] is None:
            _rename(self.plan, {str(symbol): name for symbol, name in self.names.items()})
            # Of a dimension of one torch asks only how it lies in memory, and the page's shapes
            # hold then.
            wide = {name: (max(least, 2), most) for name, (least, most) in self.sizes.items()}
            _check_guards(self.env, self.names, wide | self.numbers, self.function)


def _rename(plan: Plan, names: Mapping[str, str]) -> None:
    """Name settings in expressions as the author does."""

    def renamed(part: Any) -> Any:
        if isinstance(part, list | tuple):
            return type(part)(map(renamed, part))
        if isinstance(part, dict):
            return {key: renamed(value) for key, value in part.items()}
        return names.get(part, part) if isinstance(part, str) else part

    for code in plan.parts():
        code[:] = renamed(code)
    plan.values[:] = [type(v)(v.dtype, renamed(v.shape)) for v in plan.values]


def _check_guards(
    env: ShapeEnv,
    names: Mapping[Any, str],
    ends: Mapping[str, tuple[float, float]],
    function: Callable[..., Any],
) -> None:
    """What the recording took for granted must hold at both ends of every setting."""
    least, most = ({symbol: ends[name][i] for symbol, name in names.items()} for i in (0, 1))
    for guard in env.guards:
        for given in (least, most):
            if guard.expr.subs(given) == False:  # noqa: E712  sympy's own false
                known = ", ".join(f"{names[s]}={given[s]}" for s in guard.expr.free_symbols)
                raise TraceError(
                    f"{function.__name__} would take another way at {known}; keep what depends "
                    "on a setting out of if and of what broadcasts, and take a size from shape: "
                    "len() makes it a number"
                )
