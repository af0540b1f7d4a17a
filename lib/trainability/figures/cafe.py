"""Pictures for the lesson on faces: epoch by epoch, and people left out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainability.figures import two_digits

SHORT = ("ang", "dis", "hap", "mau", "fea", "sur")
GAP, CAPTION = 2, 14  # pixels between two faces of a mosaic: beside, and below for words
SHADES = 8  # gray values that are drawn alike, so that a page stays light
_GRAYS = [[0, "#000000"], [1, "#ffffff"]]
_BLUES = [[0, "#f7fbff"], [0.5, "#6baed6"], [1, "#08306b"]]


def mosaic(images: np.ndarray, columns: int = 3) -> np.ndarray:
    """Lay images side by side, row by row, with gaps of nan, the top row first.

    Parameters
    ----------
    images : array, shape (n, h, w)
        Where n is no multiple of ``columns``, places at the end stay nan.

    Examples
    --------
    >>> mosaic(np.array([[[1, 2]], [[3, 4]], [[5, 6]]]), columns=2)[[0, -1]].tolist()
    [[1.0, 2.0, nan, nan, 3.0, 4.0], [5.0, 6.0, nan, nan, nan, nan]]
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    laid = np.full((rows * (height + CAPTION), columns * (width + GAP)), np.nan)
    for k, image in enumerate(images):
        top, left = k // columns * (height + CAPTION), k % columns * (width + GAP)
        laid[top : top + height, left : left + width] = image
    return laid[:-CAPTION, :-GAP]


def _faces(
    images: np.ndarray, captions: Sequence[str], x: str, y: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the trace of faces in rows of three, and their captions as annotations."""
    height, width = images.shape[1] + CAPTION, images.shape[2] + GAP
    shades = SHADES * np.rint(mosaic(images) / SHADES)
    trace = {"type": "heatmap", "z": shades, "colorscale": _GRAYS, "showscale": False}
    trace |= {"xaxis": x, "yaxis": y, "hoverinfo": "skip"}
    place = {"xref": x, "yref": y, "showarrow": False, "yanchor": "bottom", "font": {"size": 12}}
    notes = [
        place | {"text": text, "x": k % 3 * width + images.shape[2] / 2, "y": k // 3 * height - 1}
        for k, text in enumerate(captions)
    ]
    return trace, notes


def _picture_axes(name: str, domain: list[float]) -> dict[str, Any]:
    hidden = {"visible": False, "fixedrange": True}
    return {
        f"xaxis{name}": hidden | {"anchor": f"y{name}", "constrain": "domain"},
        f"yaxis{name}": hidden
        | {"domain": domain, "anchor": f"x{name}", "autorange": "reversed"}
        | {"scaleanchor": f"x{name}", "constrain": "domain"},
    }


def _confusion(counts: np.ndarray, name: str, axis: str) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": counts,
        "name": name,
        "zmin": 0,
        "zmax": int(counts[0].sum()),
        "colorscale": _BLUES,
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

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``loss``, ``train`` and ``test``
        (shares of right answers) and the ``verdict``: ``"fits all, knows some"`` where all
        of the training faces are right and more than a third of the others, twice chance,
        ``"fits all, knows little"`` where not more, else ``"not fitted"``.
    """
    right = [float(np.trace(counts) / counts.sum()) for counts in (trained, tested)]
    verdict = "not fitted"
    if right[0] == 1:
        verdict = "fits all, knows some" if right[1] > 1 / 3 else "fits all, knows little"
    shares = [f"{np.trace(counts)} of {counts.sum()}" for counts in (trained, tested)]
    faces, notes = _faces(weights, list(SHORT), "x2", "y2")
    loss = float(losses[epoch])
    side = {"tickfont": {"size": 10}, "fixedrange": True}
    rows = side | {"autorange": "reversed"}
    heads = [(0.22, f"{trained.sum()} learned from"), (0.78, f"{tested.sum()} of others")]
    head = {"xref": "paper", "yref": "paper", "y": 0.205, "yanchor": "bottom", "showarrow": False}
    head |= {"xanchor": "center", "font": {"size": 12}}
    notes += [head | {"x": x, "text": text} for x, text in heads]
    return {
        "data": [
            {"type": "scatter", "x": list(range(len(losses))), "y": losses, "mode": "lines"}
            | {"name": "loss", "line": {"color": "#0072b2"}},
            {"type": "scatter", "x": [epoch], "y": [loss], "mode": "markers", "name": "here"}
            | {"marker": {"size": 12, "symbol": "diamond", "color": "#d55e00"}}
            | {"cliponaxis": False},
            faces,
            _confusion(trained, "learned from", "3"),
            _confusion(tested, "others", "4"),
        ],
        "layout": {
            "title": {"text": f"Right: {shares[0]} learned from, {shares[1]} others"},
            "meta": {
                "summary": f"{setting}, after {epoch} epochs: the loss is {two_digits(loss)}; "
                f"{shares[0]} faces it learned from are right, {shares[1]} faces of other "
                f"people: {verdict}.",
                "verdict": verdict,
                "loss": float(f"{loss:.3g}"),
                "train": round(right[0], 4),
                "test": round(right[1], 4),
            },
            "height": 900,
            "showlegend": False,
            "annotations": notes,
            "xaxis": {"title": {"text": "epoch"}, "anchor": "y"},
            "yaxis": {"title": {"text": "loss"}, "domain": [0.8, 1], "rangemode": "tozero"},
            **_picture_axes("2", [0.27, 0.69]),
            "xaxis3": side | {"domain": [0, 0.44], "anchor": "y3", "title": {"text": "answer"}},
            "yaxis3": rows | {"domain": [0, 0.2], "anchor": "x3", "title": {"text": "shown"}},
            "xaxis4": side | {"domain": [0.56, 1], "anchor": "y4", "title": {"text": "answer"}},
            "yaxis4": rows | {"domain": [0, 0.2], "anchor": "x4"},
        },
    }


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

    Returns
    -------
    dict
        The plain data of a plotly figure. ``meta`` holds ``right``, ``mean``, ``low``,
        ``high`` and the ``verdict``: ``"above the mean"``, ``"below the mean"`` or ``"at the
        mean"``.
    """
    right = sum(answer == label for label, answer in zip(labels, answers, strict=True))
    mean, named = float(accuracy.mean()), [f"{number:03d}" for number in people]
    difference = right / len(answers) - mean
    verdict = "at the mean" if abs(difference) < 1 / 12 else "above the mean"
    verdict = "below the mean" if difference < -1 / 12 else verdict
    captions = [
        f"{SHORT[label]} ✓" if answer == label else f"{SHORT[label]} → {SHORT[answer]}"
        for label, answer in zip(labels, answers, strict=True)
    ]
    faces, notes = _faces(images, captions, "x2", "y2")
    ends = [100 * end for end in interval]
    size = [16 if number == person else 9 for number in people]
    dots = {"type": "scatter", "x": named, "y": 100 * accuracy, "mode": "markers"}
    level = {"type": "scatter", "x": [named[0], named[-1]], "mode": "lines"}
    band = {"line": {"width": 1, "dash": "dot", "color": "#808080"}}
    return {
        "data": [
            dots | {"name": "one person", "marker": {"size": size, "color": "#0072b2"}},
            level | {"y": [100 * mean] * 2, "name": "mean", "line": {"color": "#d55e00"}},
            level | {"y": [ends[0]] * 2, "name": "95% interval"} | band,
            level | {"y": [ends[1]] * 2, "name": "95% interval", "showlegend": False} | band,
            level
            | {"y": [100 / 6] * 2, "name": "chance", "line": {"dash": "dash", "color": "#009e73"}},
            faces,
        ],
        "layout": {
            "title": {"text": f"Person {person:03d}, never seen: {right} of {len(answers)} right"},
            "meta": {
                "summary": f"{setting}: of person {person:03d}, left out, {right} of "
                f"{len(answers)} faces are right; over {len(people)} people the mean is "
                f"{100 * mean:.0f}%, 95% interval {ends[0]:.0f}% to {ends[1]:.0f}%: {verdict}.",
                "verdict": verdict,
                "right": right,
                "mean": round(mean, 4),
                "low": round(interval[0], 4),
                "high": round(interval[1], 4),
            },
            "height": 760,
            "annotations": notes,
            "xaxis": {"title": {"text": "person left out"}, "type": "category"},
            "yaxis": {"title": {"text": "right (%)"}, "domain": [0.63, 1], "range": [-4, 104]},
            **_picture_axes("2", [0, 0.48]),
        },
    }
