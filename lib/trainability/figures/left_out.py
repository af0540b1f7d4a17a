"""Draw how a classifier answers about people whom it has never seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures.cafe import SHORT
from trainability.figures.mosaic import faces, picture_axes
from trainability.figures.palette import MEASURED, REFERENCE
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

HALF_A_FACE = 1 / 12  # of six faces


def left_out(
    people: Sequence[int],
    accuracy: np.ndarray,
    interval: tuple[float, float],
    images: np.ndarray,
    labels: Sequence[int],
    answers: Sequence[int],
    *,
    person: int,
    setting: str,
) -> dict[str, Any]:
    """Draw the accuracy on each person left out, and one person's faces with the answers.

    ``meta`` holds ``right``, ``mean``, ``low``, ``high`` and the ``verdict``: ``"above the
    mean"``, ``"below the mean"`` or ``"at the mean"``.

    Parameters
    ----------
    people : sequence of int
        P numbers of persons.
    accuracy : array, shape (P,)
        Share of right answers about each.
    interval : (float, float)
        For the mean, by person.
    images : array, shape (n, h, w)
        The person's faces.
    labels, answers : sequence of int
        Their n classes, and what the classifier that never saw the person answered.
    person : int
        Whose faces they are.
    setting : str
        Inputs and start, in words.
    """
    reading = read_person(
        people, accuracy, interval, labels, answers, person=person, setting=setting
    )
    captions = [
        f"{SHORT[label]} ✓" if answer == label else f"{SHORT[label]} → {SHORT[answer]}"
        for label, answer in zip(labels, answers, strict=True)
    ]
    drawn, notes = faces(images, captions, "x2", "y2")
    named = [f"{number:03d}" for number in people]
    size = [16 if number == person else 9 for number in people]
    dots = {"size": size, "color": MEASURED}
    return figure(
        reading,
        [
            curve(named, 100 * accuracy, "one person", mode="markers", marker=dots),
            *_levels([named[0], named[-1]], float(accuracy.mean()), interval),
            drawn,
        ],
        height=760,
        annotations=notes,
        xaxis=axis("person left out", type="category"),
        yaxis=axis("right (%)", domain=[0.63, 1], range=[-4, 104]),
        **picture_axes("2", [0, 0.48]),
    )


def read_person(
    people: Sequence[int],
    accuracy: np.ndarray,
    interval: tuple[float, float],
    labels: Sequence[int],
    answers: Sequence[int],
    *,
    person: int,
    setting: str,
) -> Reading:
    """Say how a person's faces are classified, against the mean over people.

    The arguments are those of :func:`left_out`. The verdict is ``"at the mean"`` within half a
    face of six.

    Examples
    --------
    >>> asked = {"labels": range(6), "answers": [0] * 6, "person": 11, "setting": "Raw"}
    >>> read_person([11, 36], np.array([1 / 6, 5 / 6]), (0.2, 0.8), **asked).verdict
    'below the mean'
    """
    right = sum(answer == label for label, answer in zip(labels, answers, strict=True))
    mean, (low, high) = float(accuracy.mean()), interval
    difference = right / len(answers) - mean
    verdict = "at the mean" if abs(difference) < HALF_A_FACE else "above the mean"
    verdict = "below the mean" if difference < -HALF_A_FACE else verdict
    return Reading(
        verdict,
        f"Person {person:03d}, never seen: {right} of {len(answers)} right",
        f"{setting}: of person {person:03d}, left out, {right} of {len(answers)} faces are right; "
        f"over {len(people)} people the mean is {100 * mean:.0f}%, 95% interval "
        f"{100 * low:.0f}% to {100 * high:.0f}%: {verdict}.",
        {"right": right, "mean": round(mean, 4), "low": round(low, 4), "high": round(high, 4)},
    )


def _levels(ends: list[str], mean: float, interval: tuple[float, float]) -> list[dict[str, Any]]:
    """Return lines at the mean, at both ends of its interval, and at chance."""
    low, high = interval
    band: dict[str, Any] = {"line": {"width": 1, "dash": "dot", "color": MEASURED}}
    chance = {"dash": "dash", "color": REFERENCE}
    return [
        curve(ends, [100 * mean] * 2, "mean", line={"color": MEASURED}),
        curve(ends, [100 * low] * 2, "95% interval", **band),
        curve(ends, [100 * high] * 2, "95% interval", showlegend=False, **band),
        curve(ends, [100 / 6] * 2, "chance", line=chance),
    ]
