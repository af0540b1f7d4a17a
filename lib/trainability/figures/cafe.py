"""Draw what a classifier of faces has learned after some epochs: loss, weights, answers."""

from typing import Any

import numpy as np

from trainability.figures.mosaic import faces, picture_axes
from trainability.figures.numbers import rounded, two_digits
from trainability.figures.palette import COUNTS, HERE, MEASURED
from trainability.figures.reading import Reading, figure
from trainability.figures.traces import axis, curve

SHORT = ("ang", "dis", "hap", "mau", "fea", "sur")
TWICE_CHANCE = 1 / 3  # of six classes


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


def epochs(
    losses: np.ndarray,
    weights: np.ndarray,
    trained: np.ndarray,
    tested: np.ndarray,
    *,
    epoch: int,
    setting: str,
) -> dict[str, Any]:
    """Draw the loss, the six weight images and both confusion matrices after some epochs.

    ``meta`` holds ``loss``, ``train`` and ``test`` (shares of right answers) and the
    ``verdict``: ``"fits all, knows some"`` where all of the training faces are right and more
    than a third of the others, twice chance, ``"fits all, knows little"`` where not more, else
    ``"not fitted"``.

    Parameters
    ----------
    losses : array, shape (T,)
        Before the step of each epoch.
    weights : array, shape (6, h, w)
        Weight images, gray values from 0 to 255 on one scale.
    trained, tested : array of int, shape (6, 6)
        Confusion matrices: rows are the true classes, columns the answers.
    epoch : int
        Number of steps behind weights and matrices.
    setting : str
        Labels and start, in words.
    """
    reading = read_epochs(losses, trained, tested, epoch=epoch, setting=setting)
    drawn, notes = faces(weights, list(SHORT), "x2", "y2")
    here = {"size": 12, "symbol": "diamond", "color": HERE}
    side = {"tickfont": {"size": 10}, "fixedrange": True}
    rows = side | {"autorange": "reversed", "domain": [0, 0.2]}
    return figure(
        reading,
        [
            curve(list(range(len(losses))), losses, "loss", line={"color": MEASURED}),
            curve([epoch], [float(losses[epoch])], "here", mode="markers", marker=here)
            | {"cliponaxis": False},
            drawn,
            _confusion(trained, "learned from", "3"),
            _confusion(tested, "others", "4"),
        ],
        height=900,
        showlegend=False,
        annotations=[*notes, *_heads(trained, tested)],
        xaxis=axis("epoch", anchor="y"),
        yaxis=axis("loss", domain=[0.8, 1], rangemode="tozero"),
        **picture_axes("2", [0.27, 0.69]),
        xaxis3=axis("answer", domain=[0, 0.44], anchor="y3", **side),
        yaxis3=axis("shown", anchor="x3", **rows),
        xaxis4=axis("answer", domain=[0.56, 1], anchor="y4", **side),
        yaxis4=rows | {"anchor": "x4"},
    )


def read_epochs(
    losses: np.ndarray, trained: np.ndarray, tested: np.ndarray, *, epoch: int, setting: str
) -> Reading:
    """Say whether a classifier is right about the faces it learned from, and about others.

    The arguments are those of :func:`epochs`.

    Examples
    --------
    >>> right, wrong = np.eye(6, dtype=int), np.roll(np.eye(6, dtype=int), 1, axis=0)
    >>> read_epochs(np.ones(3), right, wrong, epoch=2, setting="True labels").verdict
    'fits all, knows little'
    """
    right = [float(np.trace(counts) / counts.sum()) for counts in (trained, tested)]
    verdict = "not fitted"
    if right[0] == 1:
        verdict = "fits all, knows some" if right[1] > TWICE_CHANCE else "fits all, knows little"
    shares = [f"{np.trace(counts)} of {counts.sum()}" for counts in (trained, tested)]
    loss = float(losses[epoch])
    return Reading(
        verdict,
        f"Right: {shares[0]} learned from, {shares[1]} others",
        f"{setting}, after {epoch} epochs: the loss is {two_digits(loss)}; {shares[0]} faces it "
        f"learned from are right, {shares[1]} faces of other people: {verdict}.",
        {"loss": rounded(loss), "train": round(right[0], 4), "test": round(right[1], 4)},
    )


def _heads(trained: np.ndarray, tested: np.ndarray) -> list[dict[str, Any]]:
    """Return the titles above the two confusion matrices."""
    place = {"xref": "paper", "yref": "paper", "y": 0.205, "yanchor": "bottom", "showarrow": False}
    place |= {"xanchor": "center", "font": {"size": 12}}
    heads = [(0.22, f"{trained.sum()} learned from"), (0.78, f"{tested.sum()} of others")]
    return [place | {"x": x, "text": text} for x, text in heads]
