"""Pictures of the first epochs: the loss, and what was predicted of it."""

from typing import Any

import numpy as np

from trainability.figures import two_digits


def hump(
    losses: np.ndarray, *, predicted: float | None, share: float | None, jump: float, setting: str
) -> dict[str, Any]:
    """Draw the first epochs of the loss, and what was predicted before any step.

    Parameters
    ----------
    losses : array, shape (T,)
        Before the step of each epoch.
    predicted : float, optional
        The loss after the first step, from the signs of the first gradient (Adam).
    share : float, optional
        The rate in units of 2/λ_max (gradient descent).
    jump : float
        The most that a logit can move in Adam's first step: rate times mean ‖x‖₁.
    setting : str
        Optimizer, inputs, rate and start, in words.

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``predicted``, ``first`` (the loss
        after one step), ``peak``, ``share``, ``jump`` and the ``verdict``: ``"hump"`` where
        the loss rises by more than 1 above its start, ``"small rise"`` where it rises by more
        than 0.05, ``"slow"`` where it neither does that nor falls by 0.1, else ``"falls"``.

    Raises
    ------
    ValueError
        Where both ``predicted`` and ``share`` are None.
    """
    first, peak, start = float(losses[1]), float(np.max(losses)), float(losses[0])
    verdict = "falls" if start - losses[-1] > 0.1 else "slow"
    verdict = "small rise" if peak > start + 0.05 else verdict
    verdict = "hump" if not peak < start + 1 else verdict
    title = {
        "hump": f"The loss rises from {start:.2f} to {two_digits(peak)}",
        "small rise": f"The loss rises a little, from {start:.2f} to {peak:.2f}",
        "falls": f"The loss falls from {start:.2f} to {losses[-1]:.2f}",
        "slow": f"After {len(losses) - 1} steps the loss is still {losses[-1]:.2f}",
    }[verdict]
    told = f"the loss goes from {start:.2f} to {first:.2f} in one step"
    if predicted is not None:
        told += f" (predicted {predicted:.2f}; a logit can jump by {two_digits(jump)})"
    elif share is None:
        raise ValueError("predicted and share are both None; give one, by which to tell the rate")
    else:
        told += f"; the rate is {two_digits(share)} times 2/λ_max"
    measured = {"type": "scatter", "x": list(range(len(losses))), "y": losses, "name": "measured"}
    data: list[dict[str, Any]] = [measured]
    data[0] |= {"mode": "lines+markers", "line": {"color": "#0072b2"}}
    if predicted is not None:
        data.append(
            {"type": "scatter", "x": [1], "y": [predicted], "mode": "markers"}
            | {"name": "predicted", "marker": {"symbol": "diamond-open", "size": 16}}
        )
        data[-1]["marker"] |= {"color": "#d55e00", "line": {"width": 3}}
    return {
        "data": data,
        "layout": {
            "title": {"text": title},
            "meta": {
                "summary": f"{setting}: {told}; its peak is {two_digits(peak)}: {verdict}.",
                "verdict": verdict,
                "predicted": None if predicted is None else float(f"{predicted:.4g}"),
                "first": float(f"{first:.4g}"),
                "peak": float(f"{peak:.4g}"),
                "share": None if share is None else float(f"{share:.4g}"),
                "jump": float(f"{jump:.3g}"),
            },
            "xaxis": {"title": {"text": "steps taken"}},
            "yaxis": {"title": {"text": "loss"}, "rangemode": "tozero"},
        },
    }
