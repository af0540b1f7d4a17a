"""Draw what a classifier of faces has learned after some epochs: loss, weights, answers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trainability.figures.mosaic import GAP, faces, picture_axes
from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import COUNTS, HERE, MEASURED, WARNING
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

SHORT = ("ang", "dis", "hap", "mau", "fea", "sur")
TWICE_CHANCE = 1 / 3  # of six classes
COLORS = (MEASURED, WARNING)


def _confusion(counts: np.ndarray, name: str, axis: str) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": counts,
        "name": name,
        "zmin": 0,
        "zmax": int(counts[0].sum()),
        "colorscale": COUNTS,
        "showscale": False,
        "texttemplate": "%{z}",
        "hovertemplate": "shown %{y}, answered %{x}: %{z}<extra></extra>",
        "x": list(SHORT),
        "y": list(SHORT),
        "xgap": 1,
        "ygap": 1,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
    }


@dataclass(frozen=True)
class Learned:
    """A classifier after some epochs.

    Attributes
    ----------
    losses : array, shape (T,)
        Before the step of each epoch.
    weights : array, shape (6, h, w)
        Weight images.
    trained, tested : array of int, shape (6, 6)
        Confusion matrices: rows are the labels, columns the answers.
    """

    losses: np.ndarray
    weights: np.ndarray
    trained: np.ndarray
    tested: np.ndarray


def epochs(true: Learned, shuffled: Learned, *, epoch: int, setting: str) -> dict[str, Any]:
    """Draw what true and what shuffled labels teach, side by side: losses, weights, answers.

    Of the six weight images of each the mean is taken off, which changes no answer. Red is
    above it and blue below, on a scale of each classifier's own.

    ``meta`` holds ``loss``, ``train`` and ``test`` (shares of right answers) of the true labels,
    ``loss_shuffled``, ``train_shuffled`` and ``test_shuffled``, and the ``verdict``: ``"fit alike,
    know differently"`` where both have all training faces right, and only the true labels more
    than a third of the others, twice chance; ``"fit alike"`` where both have all training faces
    right; else ``"not both fitted"``.

    Parameters
    ----------
    true, shuffled : Learned
    epoch : int
        Number of steps behind weights and matrices.
    setting : str
        Faces and start, in words.
    """
    both = {"true labels": true, "shuffled labels": shuffled}
    reading = read_epochs(true, shuffled, epoch=epoch, setting=setting)
    images = [_signed(each.weights) for each in both.values()]
    # In each row two of either, the true ones on the left, and nothing between them.
    nothing = np.full_like(images[0][0], np.nan)
    order, names = [], []
    for row in (0, 2, 4):
        order += [*images[0][row : row + 2], nothing, *images[1][row : row + 2]]
        names += [*SHORT[row : row + 2], "", *SHORT[row : row + 2]]
    drawn, notes = faces(np.stack(order), names, "x2", "y2", columns=5, signed=True)
    width = images[0].shape[2] + GAP
    side = {"tickfont": {"size": 10}, "fixedrange": True}
    rows = side | {"autorange": "reversed", "domain": [0, 0.19]}
    lines = []
    for (name, each), color, dash in zip(both.items(), COLORS, ("solid", "dash"), strict=True):
        line = {"color": color, "dash": dash}
        lines.append(curve(list(range(len(each.losses))), each.losses, name, line=line))
    here = {"size": 11, "symbol": "diamond", "color": HERE}
    at = [float(each.losses[epoch]) for each in both.values()]
    return figure(
        reading,
        [
            *lines,
            curve([epoch] * 2, at, "here", mode="markers", marker=here, showlegend=False)
            | {"cliponaxis": False},
            drawn,
            _confusion(true.tested, "others, true labels", "3"),
            _confusion(shuffled.tested, "others, shuffled labels", "4"),
        ],
        height=980,
        annotations=[*notes, *_heads(true, shuffled, width)],
        xaxis=axis("epoch", anchor="y"),
        yaxis=axis("loss", domain=[0.83, 1], type="log", dtick=1, exponentformat="power"),
        **picture_axes("2", [0.28, 0.72]),
        xaxis3=axis("answer", domain=[0, 0.44], anchor="y3", **side),
        yaxis3=axis("shown", anchor="x3", **rows),
        xaxis4=axis("answer", domain=[0.56, 1], anchor="y4", **side),
        yaxis4=rows | {"anchor": "x4"},
    )


def read_epochs(true: Learned, shuffled: Learned, *, epoch: int, setting: str) -> Reading:
    """Say whether both are right about the faces they learned from, and about others.

    The arguments are those of :func:`epochs`.

    Examples
    --------
    >>> right, wrong = np.eye(6, dtype=int), np.roll(np.eye(6, dtype=int), 1, axis=0)
    >>> true, shuffled = (Learned(np.ones(3), right, right, other) for other in (right, wrong))
    >>> read_epochs(true, shuffled, epoch=2, setting="Drawn faces").verdict
    'fit alike, know differently'
    """
    shares = {}
    for name, each in (("", true), ("_shuffled", shuffled)):
        for part, counts in (("train", each.trained), ("test", each.tested)):
            shares[f"{part}{name}"] = float(np.trace(counts) / counts.sum())
        shares[f"loss{name}"] = float(each.losses[epoch])
    verdict = "not both fitted"
    if shares["train"] == shares["train_shuffled"] == 1:
        tells = shares["test"] > TWICE_CHANCE >= shares["test_shuffled"]
        verdict = "fit alike, know differently" if tells else "fit alike"
    told = {
        name: f"{np.trace(counts)} of {counts.sum()}"
        for name, counts in (
            ("train", true.trained),
            ("test", true.tested),
            ("train_shuffled", shuffled.trained),
            ("test_shuffled", shuffled.tested),
        )
    }
    return Reading(
        verdict,
        f"Others right: {told['test']} with true labels, {told['test_shuffled']} with shuffled",
        f"{setting}, after epoch {epoch}: with true labels the loss is "
        f"{two_digits(shares['loss'])}, {told['train']} faces it learned from are right and "
        f"{told['test']} of other people; with shuffled labels "
        f"{two_digits(shares['loss_shuffled'])}, {told['train_shuffled']} and "
        f"{told['test_shuffled']}: {verdict}.",
        {
            name: rounded(value) if name.startswith("loss") else round(value, 4)
            for name, value in shares.items()
        },
    )


def _signed(weights: np.ndarray) -> np.ndarray:
    """Weight images without their mean, from -128 to 128."""
    apart = weights - weights.mean(axis=0)
    largest = np.abs(apart).max()
    scaled: np.ndarray = apart * (128 / largest if largest else 0.0)
    return scaled


def _heads(true: Learned, shuffled: Learned, width: int) -> list[dict[str, Any]]:
    """Return the titles above the weight images and the confusion matrices of both."""
    place = {"yanchor": "bottom", "xanchor": "center", "showarrow": False, "font": {"size": 12}}
    above = place | {"xref": "x2", "yref": "y2", "y": -1, "yshift": 18}
    below = place | {"xref": "paper", "yref": "paper", "y": 0.195}
    heads = []
    for side, name, each in ((0, "true", true), (1, "shuffled", shuffled)):
        learned = f"{name}: {np.trace(each.trained)} of {each.trained.sum()}"
        heads.append(above | {"x": (1 + 3 * side) * width, "text": learned})
        heads.append(below | {"x": 0.22 + 0.56 * side, "text": f"others, {name}"})
    return heads
