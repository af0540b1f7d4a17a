"""Explorers of the built book in tests: every state at once, clicks, and the notebooks' own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page

# Each state of an explorer's grid: its axes by label, and its readings.
EVERY_STATE = """name => {
  const explorer = window.trainabilityExplorers.explorers.get(name);
  const counts = explorer.axes.map((axis) => axis.labels.length);
  const states = [];
  for (let position = 0; position < counts.reduce((a, b) => a * b); position++) {
    let rest = position;
    const state = {};
    for (let i = counts.length - 1; i >= 0; i--) {
      state[explorer.axes[i].name] = explorer.axes[i].labels[rest % counts[i]];
      rest = Math.floor(rest / counts[i]);
    }
    const { pick, ...readings } = explorer.source.grid.figure(position).layout.meta;
    states.push({ ...readings, ...state });
  }
  return states;
}"""


# What notebooks import in cells further up.
_IMPORTS = """
import numpy as np
import torch
from trainability.explore import explore
from trainability.explore.controls import linear_range, log_range, seeds
from trainability.programs import Program
"""


def maker(notebooks: list[Path], cells: dict[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """What makes an explorer by its name: the variable that holds it, and the cells it takes."""
    code = {
        cell.id: cell.source
        for notebook in notebooks
        for cell in nbformat.read(notebook, as_version=4).cells
    }

    def make(name: str) -> Any:
        variable, *needed = cells[name]
        space: dict[str, Any] = {}
        exec(_IMPORTS + "\n\n".join(code[cell] for cell in needed), space)
        return space[variable]

    return make


def on_page(name: str) -> str:
    """The explorer of that name, for a script in the page."""
    return f"document.querySelector('[data-explorer=\"{name}\"]').explorer"


# As for a reader who points at the figure.
COMPLETE = "root => root.explorer.complete()"


def place_on(root: Locator, x: float | str, y: float | str, subplot: str = "xy") -> list[float]:
    """Where on the screen a place of the figure's own axes is, once plotly has drawn it in view."""
    root.evaluate(COMPLETE)
    found: list[float] = root.locator(".js-plotly-plot").evaluate(
        """(graph, [subplot, x, y]) => {
          graph.scrollIntoView({ block: 'center', behavior: 'instant' });
          const frame = graph.querySelector(`.nsewdrag[data-subplot="${subplot}"]`)
            .getBoundingClientRect();
          const [across, up] = subplot.match(/[xy]\\d*/g).map((axis) =>
            graph._fullLayout[`${axis[0]}axis${axis.slice(1)}`]);
          return [frame.left + across.d2p(x), frame.top + up.d2p(y)];
        }""",
        [subplot, x, y],
    )
    return found


def click_on(page: Page, root: Locator, x: float | str, y: float | str) -> None:
    """Click with the mouse at a place given in the figure's own axes."""
    root.locator(".explorer-graph").scroll_into_view_if_needed()
    page.mouse.move(*place_on(root, x, y))
    page.wait_for_timeout(150)
    page.mouse.down()
    page.mouse.up()
