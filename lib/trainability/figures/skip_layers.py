"""Pictures for the lesson on skip layers: shattered slopes, and who learns what when."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainability.figures import two_digits

SHATTERED, SMOOTH = 0.4, 0.75


def slopes_on_a_line(
    x: np.ndarray, slope: np.ndarray, *, correlation: float, lag: float, setting: str
) -> dict[str, Any]:
    """Draw the slope of a network along a line of inputs, in units of its typical size.

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

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``correlation``, ``size`` (the root
        mean square of f') and the ``verdict``: ``"shattered"``, ``"rough"`` or ``"smooth"``.
    """
    size = float(np.sqrt(np.mean(np.square(slope))))
    verdict = "smooth" if correlation > SMOOTH else "rough"
    verdict = "shattered" if correlation < SHATTERED else verdict
    title = {
        "smooth": "The slope changes slowly along the line of inputs",
        "rough": "The slope is getting rough",
        "shattered": "The slope is shattered: it looks like noise",
    }[verdict]
    return {
        "data": [
            {"type": "scatter", "x": x, "y": slope / size, "mode": "lines", "name": "slope f'(x)"},
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}: slopes {lag:.2g} apart have correlation "
                f"{correlation:.2f}, typical size {two_digits(size)}: {verdict}.",
                "verdict": verdict,
                "correlation": float(f"{correlation:.3g}"),
                "size": float(f"{size:.3g}"),
            },
            "xaxis": {"title": {"text": "input x"}},
            "yaxis": {"title": {"text": "slope f'(x) / typical size"}, "range": [-4, 4]},
        },
    }


def who_learns(
    steps: np.ndarray,
    curves: Mapping[str, np.ndarray],
    share: np.ndarray | None,
    *,
    linear: float,
    setting: str,
) -> dict[str, Any]:
    """Draw how well a network predicts through training, and which path makes its output.

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

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``best``, the highest held-out R²,
        ``best_step``, ``last`` and the ``verdict``: ``"stalled"`` where R² has not reached 0.1 yet,
        ``"overfits"`` where the last is 0.05 or more below the best, else ``"learns"``.
    """
    held_out = curves["held out"]
    at, last = int(held_out.argmax()), float(held_out[-1])
    best = float(held_out[at])
    verdict = "overfits" if best - last > 0.05 else "learns"
    verdict = "stalled" if best < 0.1 else verdict
    title = {
        "stalled": f"After {steps[-1]} steps no better than the mean",
        "learns": f"R² {last:.2f} on held-out patients",
        "overfits": f"Best at step {steps[at]}: R² {best:.2f}; at the end {last:.2f}",
    }[verdict]
    second = {"type": "scatter", "x": steps, "xaxis": "x2", "yaxis": "y2", "mode": "lines"}
    drawn = np.zeros(len(steps)) if share is None else share
    flat = np.full(len(steps), linear)
    return {
        "data": [
            {"type": "scatter", "x": steps, "y": values, "mode": "lines", "name": name}
            | {"line": {"dash": dash, "width": 3}}
            for (name, values), dash in zip(curves.items(), ("dash", "solid"), strict=False)
        ]
        + [
            {"type": "scatter", "x": steps, "y": flat, "mode": "lines"}
            | {"name": "linear regression, held out", "line": {"dash": "dot", "width": 2}},
            second | {"y": 100 * drawn, "name": "share of the linear path", "showlegend": False},
        ],
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}: held-out R² is best at step {steps[at]} with {best:.2f}, "
                f"and {last:.2f} at the end: {verdict}.",
                "verdict": verdict,
                "best": float(f"{best:.3g}"),
                "best_step": int(steps[at]),
                "last": float(f"{last:.3g}"),
            },
            "height": 660,
            "xaxis": {"title": {"text": "step of gradient descent"}},
            "yaxis": {
                "title": {"text": "R² (1: perfect, 0: the mean)"},
                "domain": [0.45, 1],
                "range": [-0.2, 1.02],
            },
            "xaxis2": {"title": {"text": "step of gradient descent"}, "anchor": "y2"},
            "yaxis2": {
                "title": {"text": "linear path's share (%)"},
                "domain": [0, 0.28],
                "anchor": "x2",
                "range": [-3, 103],
            },
        },
    }
