"""Draw an optimizer's path over a loss of two weights."""

import math
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded
from trainability.figures.palette import LOSS, MEASURED, PREDICTED, REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

AT_THE_END = 0.02  # the distance from where theory says that still counts as there
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
