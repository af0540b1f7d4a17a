"""From a torch function to a plan."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._guards import Source
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv

from trainability.programs.operations import DECOMPOSED, LOWERED
from trainability.programs.plan import Plan
from trainability.programs.recorder import Recorder, TraceError

__all__ = ["Plan", "TraceError", "trace"]
# Any of these would do; odd ones hide no division by two.
_HINT = 13
_SEED = 8_271_828


@dataclass(frozen=True)
class _Setting(Source):
    """What a symbol stands for."""

    setting: str

    @property
    def _name_template(self) -> str:
        return self.setting


def trace(
    function: Callable[..., Mapping[str, Tensor]],
    *,
    sizes: Mapping[str, tuple[int, int]] | None = None,
    numbers: Mapping[str, tuple[float, float]] | None = None,
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
    sizes, numbers = dict(sizes or {}), dict(numbers or {})
    env = ShapeEnv(specialize_zero_one=False, duck_shape=False)
    settings: dict[str, Any] = {}
    names: dict[Any, str] = {}
    for place, (name, (low, high)) in enumerate(sizes.items()):
        hint = min(max(low, _HINT + place), high)
        symbol = env.create_symbol(hint, _Setting(name), dynamic_dim=DimDynamic.DYNAMIC)
        settings[name] = env.create_symintnode(symbol, hint=hint, source=_Setting(name))
        names[symbol] = name
    for name, (start, stop) in numbers.items():
        inside = float(start + (stop - start) * 0.382)
        symbol = env.create_unspecified_symbol(
            inside, _Setting(name), dynamic_dim=DimDynamic.DYNAMIC
        )
        settings[name] = env.create_symfloatnode(symbol, hint=inside, source=_Setting(name))
        names[symbol] = name
    plan = Plan(settings=[*sizes, *numbers])
    generator = torch.Generator().manual_seed(_SEED)
    fakes = FakeTensorMode(shape_env=env, allow_non_fake_inputs=True)
    with fakes, Recorder(plan, fakes, generator, LOWERED, DECOMPOSED) as recorder:
        draws = "generator" in inspect.signature(function).parameters
        given = {"generator": generator} if draws else {}
        outputs = function(**settings, **choices, **given)
        plan.outputs = {name: recorder.place(tensor) for name, tensor in outputs.items()}
    _rename(plan, {str(symbol): name for symbol, name in names.items()})
    # Of a dimension of one torch asks only how it lies in memory, and the page's shapes hold then.
    wide = {name: (max(least, 2), most) for name, (least, most) in sizes.items()}
    _check_guards(env, names, wide | numbers, function)
    return plan


def _rename(plan: Plan, names: Mapping[str, str]) -> None:
    """Name settings in expressions as the author does."""

    def renamed(part: Any) -> Any:
        if isinstance(part, list | tuple):
            return type(part)(map(renamed, part))
        if isinstance(part, dict):
            return {key: renamed(value) for key, value in part.items()}
        return names.get(part, part) if isinstance(part, str) else part

    plan.code[:] = renamed(plan.code)
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
                    "on a setting out of if, and of what broadcasts"
                )
