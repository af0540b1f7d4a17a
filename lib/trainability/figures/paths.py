"""Draw an optimizer's path over a loss of two weights."""

import math
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded
from trainability.figures.palette import LOSS, MEASURED, PREDICTED, REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, curve

AT_THE_END = 0.02  # the distance from where theory says that still counts as there
ARRIVED, DIVERGED = 0.1, 1.5  # of the distance at the start
SIDE = 4.0  # half the side of the square of weights that is shown


def same_start_path(
    path: np.ndarray,
    *,
    closed_form: np.ndarray,
    is_limit: bool,
    loss: np.ndarray,
    minimizers: np.ndarray,
    c: float,
    setting: str,
) -> dict[str, Any]:
    """Draw the way of two weights that start at one value, over the loss.

    ``meta`` holds ``end_1``, ``end_2``, ``gap`` (from the closed form; inf where there is none)
    and the ``verdict``: ``"as predicted"``, ``"elsewhere"`` or ``"no minimum"``.

    Parameters
    ----------
    path : array, shape (T, 2)
        The weights, from the start to the end.
    closed_form : array, shape (2,)
        Where theory says that gradient descent ends; NaN where it never does.
    is_limit : bool
        Whether the end of this path is to be there too.
    loss : array, shape (K, K)
        Root of the loss above its least value on a grid from -4 to 4; rows are the second
        weight. Darker is lower.
    minimizers : array, shape (2, 2)
        Ends of the line of all minimizers, or NaN where there is one or none.
    c : float
        The value that both weights start at.
    setting : str
        What else was set, in words.
    """
    reading = read_end(path[-1], closed_form=closed_form, is_limit=is_limit, c=c, setting=setting)
    theory = {"size": 14, "symbol": "x", "color": PREDICTED}
    line = {"dash": "dash", "width": 2, "color": PREDICTED}
    shown = {"range": [-SIDE, SIDE], "zeroline": False}
    return figure(
        reading,
        [
            _loss_levels(loss),
            curve(minimizers[:, 0], minimizers[:, 1], "all minimizers", line=line),
            curve(
                path[:, 0], path[:, 1], "path of the weights", line={"width": 3, "color": MEASURED}
            ),
            curve(path[:1, 0], path[:1, 1], "start", mode="markers")
            | {"marker": {"size": 11, "symbol": "circle", "color": MEASURED}},
            curve(closed_form[:1], closed_form[1:], "gradient descent's end", mode="markers")
            | {"marker": theory},
        ],
        height=520,
        xaxis=axis("weight w₁", **shown),
        yaxis=axis("weight w₂", **shown),
    )


def read_end(
    end: np.ndarray, *, closed_form: np.ndarray, is_limit: bool, c: float, setting: str
) -> Reading:
    """Say whether a path ends where theory says that gradient descent ends.

    Parameters
    ----------
    end : array, shape (2,)
        Where the path ends.
    closed_form, is_limit, c, setting
        As for :func:`same_start_path`.

    Examples
    --------
    >>> theory = {"closed_form": np.ones(2), "is_limit": True, "c": 1.0, "setting": "linear"}
    >>> [read_end(np.full(2, end), **theory).verdict for end in (1.01, 1.1)]
    ['as predicted', 'elsewhere']
    """
    gap = float(np.linalg.norm(end - closed_form))
    place = f"({end[0]:.2f}, {end[1]:.2f})"
    if math.isnan(gap):
        verdict = "no minimum"
        title = "No minimum: the weights grow, slower and slower"
        story = f"after all steps at {place}, and still on its way"
    elif gap >= AT_THE_END:
        verdict, title = "elsewhere", "It ends elsewhere than gradient descent would"
        story = f"it ends at {place}, {gap:.2g} from gradient descent's end"
    elif is_limit:
        verdict, title = "as predicted", f"From ({c:.2g}, {c:.2g}) to where theory says"
        story = f"it ends at {place}"
    else:
        verdict, title = "as predicted", "Here it ends where gradient descent ends"
        story = f"it ends at {place}, where gradient descent ends too"
    numbers = {"end_1": rounded(end[0]), "end_2": rounded(end[1])}
    numbers["gap"] = math.inf if math.isnan(gap) else rounded(gap, 2)
    return Reading(verdict, title, f"{setting}, start {c:.3g}: {story}: {verdict}.", numbers)


def _loss_levels(loss: np.ndarray) -> dict[str, Any]:
    side = np.linspace(-SIDE, SIDE, len(loss))
    return {
        "type": "contour",
        "x": side,
        "y": side,
        "z": loss,
        "colorscale": LOSS,
        "zmin": 0,
        "zmax": 8,
        "contours": {"start": 1, "end": 8, "size": 1},
        "line": {"width": 0.5, "color": REFERENCE},
        "showscale": False,
        "name": "root of the loss above its least",
        "hoverinfo": "skip",
    }


def descent_on_a_quadratic(
    path: np.ndarray, *, condition: float, rate: float, momentum: float
) -> dict[str, Any]:
    """Draw gradient descent on ½(κx² + y²): its path over level lines, and how far it is off.

    ``meta`` holds ``steps`` until the distance from the minimum is below a tenth of its start
    (inf where it is not) and the ``verdict``: ``"diverges"``, ``"arrives"`` or ``"crawls"``.

    Parameters
    ----------
    path : array, shape (T + 1, 2)
        The points, from the start on.
    condition : float
        κ, the curvature along x; along y it is 1.
    rate : float
        Step size times κ; beyond 2 (1 + momentum) it diverges.
    momentum : float
        The share of the last step that is kept.
    """
    reading = read_descent(path, condition=condition, rate=rate, momentum=momentum)
    levels, shown = _ellipses(condition), np.clip(path, -9, 9)  # beyond the picture
    decades = np.log10(np.clip(_distance(path), 1e-6, 1e6))
    below = {"line": {"dash": "dash"}, "showlegend": False, **LOWER_PANEL}
    return figure(
        reading,
        [
            curve(levels[:, 0], levels[:, 1], "level lines of the loss", hoverinfo="skip")
            | {"line": {"color": REFERENCE, "width": 1}},
            curve(shown[:, 0], shown[:, 1], "path", mode="lines+markers", marker={"size": 5}),
            curve(np.arange(len(path)), decades, "distance", **below),
        ],
        height=680,
        xaxis=axis("steep direction", range=[-1.2, 1.2]),
        yaxis=axis("flat direction", domain=[0.42, 1], range=[-1.2, 1.6]),
        xaxis2=axis("step", anchor="y2"),
        yaxis2=axis("log₁₀ (distance / start)", domain=[0, 0.28], anchor="x2", range=[-3, 1.5]),
    )


def read_descent(path: np.ndarray, *, condition: float, rate: float, momentum: float) -> Reading:
    """Say whether descent arrives, crawls or diverges; see :func:`descent_on_a_quadratic`.

    Examples
    --------
    >>> valley = {"condition": 10.0, "rate": 1.0, "momentum": 0.0}
    >>> [read_descent(np.array([[1.0, 1.0], [0, end]]), **valley).verdict for end in (0.1, 1, 9)]
    ['arrives', 'crawls', 'diverges']
    """
    distance = _distance(path)
    above = distance > ARRIVED
    steps = math.inf if above[-1] else float(np.flatnonzero(above)[-1] + 1)
    verdict = "arrives" if math.isfinite(steps) else "crawls"
    verdict = "diverges" if not distance[-1] < DIVERGED else verdict
    title = {
        "diverges": "The step is too long for the steep direction: it diverges",
        "crawls": f"Not there after {len(path) - 1} steps: it crawls along the valley",
        "arrives": f"A tenth of the distance is left after {steps:.0f} steps",
    }[verdict]
    return Reading(
        verdict,
        title,
        f"κ = {condition:.3g}, step {rate:.3g}/κ, momentum {momentum:g}: "
        f"{title[0].lower()}{title[1:]}: {verdict}.",
        {"steps": steps},
    )


def _distance(path: np.ndarray) -> np.ndarray:
    """Return the distance from the minimum, in units of that at the start."""
    share: np.ndarray = np.linalg.norm(path, axis=1) / np.linalg.norm(path[0])
    return share


def _ellipses(condition: float) -> np.ndarray:
    """Return level lines of the loss, each ended by NaN."""
    turn = np.append(np.linspace(0, 2 * np.pi, 61), np.nan)
    ring = np.column_stack([np.cos(turn) / condition**0.5, np.sin(turn)])
    return np.concatenate([level * ring for level in (0.3, 0.6, 1.0, 1.5)])
