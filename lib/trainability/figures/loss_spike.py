"""Draw the first epochs of a loss: whether it spikes, and what was predicted of it."""

from typing import Any

import numpy as np

from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import MEASURED, PREDICTED
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

SPIKE, SMALL_RISE, FALL = 1, 0.05, 0.1  # nats, from the loss at the start


def loss_spike(
    losses: np.ndarray, *, predicted: float | None, share: float | None, jump: float, setting: str
) -> dict[str, Any]:
    """Draw the first epochs of the loss, and what was predicted before any step.

    ``meta`` holds ``predicted``, ``first`` (the loss after one step), ``peak``, ``share``,
    ``jump`` and the ``verdict``: ``"spike"`` where the loss rises by 1 or more above its start,
    ``"small rise"`` where it rises by more than 0.05, ``"slow"`` where it neither does that nor
    falls by more than 0.1, else ``"falls"``.

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

    Raises
    ------
    ValueError
        Where both ``predicted`` and ``share`` are None.
    """
    reading = read_losses(losses, predicted=predicted, share=share, jump=jump, setting=setting)
    epochs = list(range(len(losses)))
    look = {"line": {"color": MEASURED}}
    data = [curve(epochs, losses, "measured", mode="lines+markers", **look)]
    if predicted is not None:
        mark = {"symbol": "diamond-open", "size": 16, "color": PREDICTED, "line": {"width": 3}}
        data.append(curve([1], [predicted], "predicted", mode="markers", marker=mark))
    loss_axis = axis("loss", rangemode="tozero")
    return figure(reading, data, xaxis=axis("steps taken"), yaxis=loss_axis)


def read_losses(
    losses: np.ndarray, *, predicted: float | None, share: float | None, jump: float, setting: str
) -> Reading:
    """Say whether a loss spikes, rises a little, falls or crawls; see :func:`loss_spike`.

    Examples
    --------
    >>> rate = {"predicted": None, "share": 2.5, "jump": 44.0, "setting": "descent"}
    >>> [read_losses(np.array([1.8, peak, 1.5]), **rate).verdict for peak in (1.7, 1.9, 9.0)]
    ['falls', 'small rise', 'spike']
    """
    first, peak, start = float(losses[1]), float(np.max(losses)), float(losses[0])
    verdict = "falls" if start - losses[-1] > FALL else "slow"
    verdict = "small rise" if peak > start + SMALL_RISE else verdict
    verdict = "spike" if not peak < start + SPIKE else verdict  # nan after overflow
    title = {
        "spike": f"The loss rises from {start:.2f} to {two_digits(peak)}",
        "small rise": f"The loss rises a little, from {start:.2f} to {peak:.2f}",
        "falls": f"The loss falls from {start:.2f} to {losses[-1]:.2f}",
        "slow": f"After {len(losses) - 1} steps the loss is still {losses[-1]:.2f}",
    }[verdict]
    step = f"the loss goes from {start:.2f} to {first:.2f} in one step"
    return Reading(
        verdict,
        title,
        f"{setting}: {step}{_expected(predicted, share, jump)}; its peak is {two_digits(peak)}: "
        f"{verdict}.",
        {
            "predicted": None if predicted is None else rounded(predicted, 4),
            "first": rounded(first, 4),
            "peak": rounded(peak, 4),
            "share": None if share is None else rounded(share, 4),
            "jump": rounded(jump),
        },
    )


def _expected(predicted: float | None, share: float | None, jump: float) -> str:
    if predicted is not None:
        return f" (predicted {predicted:.2f}; a logit can jump by {two_digits(jump)})"
    if share is None:
        raise ValueError("predicted and share are both None; give one, by which to tell the rate")
    return f"; the rate is {two_digits(share)} times 2/λ_max"
