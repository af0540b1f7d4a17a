"""Plans: what a page does, as inert data."""

import json
from dataclasses import dataclass, field
from typing import Any

VERSION = 1


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
    """

    settings: list[str]
    values: list[Value] = field(default_factory=list)
    code: list[list[Any]] = field(default_factory=list)
    outputs: dict[str, int] = field(default_factory=dict)
    constants: dict[int, list[float]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON has it; the same function gives the same text."""
        return {
            "version": VERSION,
            "settings": self.settings,
            "values": [[value.dtype, list(value.shape)] for value in self.values],
            "code": self.code,
            "outputs": self.outputs,
            "constants": [[place, numbers] for place, numbers in sorted(self.constants.items())],
        }

    def text(self) -> str:
        """Return the plan's JSON in its shortest form."""
        return json.dumps(self.document(), separators=(",", ":"), allow_nan=False)
