"""Draw what skip layers do: shattered slopes, and who learns what when."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, curve

SHATTERED, SMOOTH = 0.4, 0.75  # correlations
STALLED, OVERFITS = 0.1, 0.05  # R², and how much of it is lost after the best step


def slopes_on_a_line(
    x: np.ndarray, slope: np.ndarray, *, correlation: float, lag: float, setting: str
) -> dict[str, Any]:
    """Draw the slope of a network along a line of inputs, in units of its typical size.

    ``meta`` holds ``correlation``, ``size`` (the root mean square of f') and the ``verdict``:
    ``"shattered"``, ``"rough"`` or ``"smooth"``.

    Parameters
    ----------
    x, slope : array, shape (N,)
        Places and f' there.
    correlation : float
        Of f' at x and at x + ``lag``.
    lag : float
        The distance of the neighbors that are compared.
    setting : str
        What the network is, in words.
    """
    size = _root_mean_square(slope)
    return figure(
        read_slopes(slope, correlation=correlation, lag=lag, setting=setting),
        [curve(x, slope / size, "slope f'(x)")],
        xaxis=axis("input x"),
        yaxis=axis("slope f'(x) / typical size", range=[-4, 4]),
    )


def read_slopes(slope: np.ndarray, *, correlation: float, lag: float, setting: str) -> Reading:
    """Say how alike neighboring slopes are; see :func:`slopes_on_a_line`.

    Examples
    --------
    >>> network = {"lag": 0.08, "setting": "50 blocks"}
    >>> [read_slopes(np.ones(3), correlation=c, **network).verdict for c in (0.3, 0.5, 0.9)]
    ['shattered', 'rough', 'smooth']
    """
    size = _root_mean_square(slope)
    verdict = "smooth" if correlation > SMOOTH else "rough"
    verdict = "shattered" if correlation < SHATTERED else verdict
    title = {
        "smooth": "The slope changes slowly along the line of inputs",
        "rough": "The slope is getting rough",
        "shattered": "The slope is shattered: it looks like noise",
    }[verdict]
    return Reading(
        verdict,
        title,
        f"{setting}: slopes {lag:.2g} apart have correlation {correlation:.2f}, typical size "
        f"{two_digits(size)}: {verdict}.",
        {"correlation": rounded(correlation), "size": rounded(size)},
    )


def _root_mean_square(slope: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(slope))))


def who_learns(
    steps: np.ndarray,
    curves: Mapping[str, np.ndarray],
    share: np.ndarray | None,
    *,
    linear: float,
    setting: str,
) -> dict[str, Any]:
    """Draw how well a network predicts through training, and which path makes its output.

    ``meta`` holds ``best``, the highest held-out R², ``best_step``, ``last`` and the
    ``verdict``: ``"stalled"`` where R² has not reached 0.1 yet, ``"overfits"`` where the last
    is more than 0.05 below the best, else ``"learns"``.

    Parameters
    ----------
    steps : array, shape (T,)
        Counts of steps.
    curves : mapping of str to array, shape (T,)
        R² on the examples trained on (``"learned"``) and on others (``"held out"``).
    share : array, shape (T,), or None
        The linear path's share of the variance of the two paths' outputs; None without one.
    linear : float
        R² of linear regression on the examples held out.
    setting : str
        What else was set, in words.
    """
    lines = [
        curve(steps, values, name, line={"dash": dash, "width": 3})
        for (name, values), dash in zip(curves.items(), ("dash", "solid"), strict=False)
    ]
    flat = np.full(len(steps), linear)
    regression = curve(steps, flat, "linear regression, held out")
    drawn = np.zeros(len(steps)) if share is None else share
    path = curve(steps, 100 * drawn, "share of the linear path", showlegend=False)
    return figure(
        read_learning(steps, curves["held out"], setting=setting),
        [*lines, regression | {"line": {"dash": "dot", "width": 2}}, path | LOWER_PANEL],
        height=660,
        xaxis=axis("step of gradient descent"),
        yaxis=axis("R² (1: perfect, 0: the mean)", domain=[0.45, 1], range=[-0.2, 1.02]),
        xaxis2=axis("step of gradient descent", anchor="y2"),
        yaxis2=axis("linear path's share (%)", domain=[0, 0.28], anchor="x2", range=[-3, 103]),
    )


def read_learning(steps: np.ndarray, held_out: np.ndarray, *, setting: str) -> Reading:
    """Say whether a network learns, has not begun to, or overfits.

    Parameters
    ----------
    steps, held_out : array, shape (T,)
        Counts of steps, and R² on held-out examples after each.
    setting : str
        As for :func:`who_learns`.

    Examples
    --------
    >>> curves = [0.0, 0.05], [0.0, 0.4], [0.4, 0.3]
    >>> [read_learning(np.arange(2), np.array(c), setting="").verdict for c in curves]
    ['stalled', 'learns', 'overfits']
    """
    at, last = int(held_out.argmax()), float(held_out[-1])
    best = float(held_out[at])
    verdict = "overfits" if best - last > OVERFITS else "learns"
    verdict = "stalled" if best < STALLED else verdict
    title = {
        "stalled": f"After {steps[-1]} steps no better than the mean",
        "learns": f"R² {last:.2f} on held-out patients",
        "overfits": f"Best at step {steps[at]}: R² {best:.2f}; at the end {last:.2f}",
    }[verdict]
    return Reading(
        verdict,
        title,
        f"{setting}: held-out R² is best at step {steps[at]} with {best:.2f}, and {last:.2f} at "
        f"the end: {verdict}.",
        {"best": rounded(best), "best_step": int(steps[at]), "last": rounded(last)},
    )
