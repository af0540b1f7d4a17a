"""Draw the symptoms of a network that does not learn, and its recovery."""

import math
from collections.abc import Sequence
from typing import Any

from trainability.figures.numbers import two_digits
from trainability.figures.palette import MEASURED, REFERENCE, WARNING
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import LOWER_PANEL, axis, curve, powers_of_ten

HEALED = 0.5  # of the loss that stays without the remedy


def symptoms(
    losses: Sequence[float],
    layers: Sequence[tuple[str, float | None, float | None]],
    *,
    title: str,
) -> dict[str, Any]:
    """Draw the loss of a run, and below it the size of signal and gradient in every layer.

    ``meta`` holds the ``first`` and the ``last`` loss.

    Parameters
    ----------
    losses : sequence of float
        One a step, the first before any step.
    layers : sequence of (name, signal, gradient)
        Root mean squares of a layer's output and of the loss's gradient with respect to it;
        None where there is none.
    title : str
        The figure's title.
    """
    names = [name for name, _, _ in layers]
    numbers = list(range(1, len(names) + 1))
    every = math.ceil(len(names) / 8)
    ticks = {"tickvals": numbers[::every], "ticktext": names[::every]}
    circles, squares = {"symbol": "circle"}, {"symbol": "square", "color": REFERENCE}
    look: dict[str, Any] = {"mode": "lines+markers", **LOWER_PANEL}
    return figure(
        read_symptoms(losses, layers, title=title),
        [
            curve(list(range(len(losses))), list(losses), "loss", line={"color": WARNING}),
            curve(
                numbers,
                [signal for _, signal, _ in layers],
                "signal",
                marker=circles | {"color": MEASURED},
                line={"color": MEASURED},
                **look,
            ),
            curve(
                numbers,
                [gradient for _, _, gradient in layers],
                "gradient",
                marker=squares,
                line={"dash": "dash", "color": REFERENCE},
                **look,
            ),
        ],
        height=560,
        xaxis=axis("step", anchor="y"),
        yaxis=powers_of_ten("loss", [0.62, 1]),
        xaxis2=axis("module", anchor="y2", **ticks),
        yaxis2=powers_of_ten("root mean square", [0, 0.42]),
    )


def read_symptoms(
    losses: Sequence[float],
    layers: Sequence[tuple[str, float | None, float | None]],
    *,
    title: str,
) -> Reading:
    """Say where the loss begins and ends, and what the layers make of the signal.

    Examples
    --------
    >>> layers = [("0", 1.0, 1e-3), ("2", 0.01, 0.1)]
    >>> print(read_symptoms([2.3, 2.3], layers, title="").sentence)
    In 1 steps the loss goes from 2.3 to 2.3. From module 0 to module 2 the signal goes from 1 to \
0.01, the gradient from 0.001 to 0.1.
    """
    signals = [(name, value) for name, value, _ in layers if value is not None]
    gradients = [value for _, _, value in layers if value is not None]
    parts = [
        f"In {len(losses) - 1} steps the loss goes from {_text(losses[0])} to {_text(losses[-1])}."
    ]
    if signals and gradients:
        ends = [_text(value) for value in (signals[0][1], signals[-1][1])]
        slopes = [_text(value) for value in (gradients[0], gradients[-1])]
        parts.append(
            f"From module {signals[0][0]} to module {signals[-1][0]} the signal goes from "
            f"{ends[0]} to {ends[1]}, the gradient from {slopes[0]} to {slopes[1]}."
        )
    ends_of_loss = {"first": float(losses[0]), "last": float(losses[-1])}
    return Reading("", title, " ".join(parts), ends_of_loss)


def recovery(before: Sequence[float], after: Sequence[float]) -> dict[str, Any]:
    """Draw the loss of a program as it was, and of the same program with the remedy.

    ``meta`` holds the last losses, ``before`` and ``after``, and the ``verdict``: ``"healed"``,
    or ``"not healed"``.

    Parameters
    ----------
    before, after : sequence of float
        One loss a step, of the same batch.
    """
    lines = [
        curve(list(range(len(before))), list(before), "as it was", line={"color": WARNING}),
        curve(
            list(range(len(after))),
            list(after),
            "with the remedy",
            line={"color": MEASURED, "dash": "dash"},
        ),
    ]
    return figure(
        read_recovery(before, after),
        lines,
        height=320,
        xaxis=axis("step"),
        yaxis=axis("loss", type="log", exponentformat="power"),
    )


def read_recovery(before: Sequence[float], after: Sequence[float]) -> Reading:
    """Say where both runs end; a loss that overflowed counts as infinite.

    Examples
    --------
    >>> read_recovery([2.3, 2.3], [2.3, 0.1]).verdict, read_recovery([2, 1.9], [2, 1.8]).verdict
    ('healed', 'not healed')
    """
    sick, cured = (run[-1] if math.isfinite(run[-1]) else math.inf for run in (before, after))
    healed = cured < HEALED * sick
    verdict = "healed" if healed else "not healed"
    title = "With the remedy it learns" if healed else "The remedy changes little"
    sentence = (
        f"After {len(before) - 1} steps the loss is {_text(sick)} without the remedy and "
        f"{_text(cured)} with it: {verdict}."
    )
    return Reading(verdict, title, sentence, {"before": sick, "after": cured})


def _text(value: float) -> str:
    return two_digits(value) if math.isfinite(value) else "not a number"
