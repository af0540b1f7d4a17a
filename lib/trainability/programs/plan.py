"""Plans: what a page does, as inert data."""

import json
from dataclasses import dataclass, field
from typing import Any

VERSION = 2


@dataclass(frozen=True)
class Value:
    """A tensor of a plan: its type, and its shape as numbers and expressions of the sizes."""

    dtype: str
    shape: tuple[Any, ...]


@dataclass
class Plan:
    """Instructions for one function, in the order of its calls.

    Attributes
    ----------
    settings : list of str
        The numbers that expressions may name.
    values : list of Value
        Every tensor, addressed by its place here.
    code : list
        Instructions: an operation's name, the value it makes, and what it needs.
    outputs : dict of str to int
        The values that the function returns, by name.
    constants : dict of int to list
        Numbers that the function holds, flat.
    tables : dict of str to int
        What the reader's tables are put into, by name.
    """

    settings: list[str]
    values: list[Value] = field(default_factory=list)
    code: list[list[Any]] = field(default_factory=list)
    outputs: dict[str, int] = field(default_factory=dict)
    constants: dict[int, list[float]] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)

    def parts(self) -> list[list[list[Any]]]:
        """Return every list of instructions."""
        return [self.code]

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON has it; the same function gives the same text."""
        return {
            "version": VERSION,
            "settings": self.settings,
            "values": [[value.dtype, list(value.shape)] for value in self.values],
            "code": self.code,
            "outputs": self.outputs,
            "constants": [[place, numbers] for place, numbers in sorted(self.constants.items())],
            "tables": self.tables,
        }

    def text(self) -> str:
        """Return the plan's JSON in its shortest form."""
        return json.dumps(self.document(), separators=(",", ":"), allow_nan=False)


@dataclass
class RunPlan(Plan):
    """Instructions for a run: ``code`` makes its state.

    Attributes
    ----------
    both : list
        Instructions for what a step and a look at the state have in common.
    step, read : list
        Instructions for the rest of one step, and for the rest of a look at the state.
    state : dict of str to (int, int, int)
        Of each part of the state, by name: what ``code`` makes, what ``step`` and ``read`` find,
        and what ``step`` makes of it.
    kept : dict of str to int
        One number a step, by name.
    outputs : dict of str to int
        What ``read`` returns.
    """

    both: list[list[Any]] = field(default_factory=list)
    step: list[list[Any]] = field(default_factory=list)
    read: list[list[Any]] = field(default_factory=list)
    state: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    def parts(self) -> list[list[list[Any]]]:
        """Return every list of instructions."""
        return [self.code, self.both, self.step, self.read]

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON has it; the same functions give the same text."""
        return super().document() | {
            "both": self.both,
            "step": self.step,
            "read": self.read,
            "state": {name: list(places) for name, places in self.state.items()},
            "kept": self.kept,
        }
