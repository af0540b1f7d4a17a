"""Classifiers of drawn faces, learned from few and many people, as the stored file has them."""

import base64
import json
from dataclasses import dataclass

import numpy as np

from trainability.cafe.inner_face import energy_outside

SHAPE, TEST_FACES = (6, 19, 12), 900


@dataclass(frozen=True, eq=False)
class ManyPeople:
    """Softmax classifiers for C numbers of people and D draws of who they are.

    Attributes
    ----------
    counts : tuple of int
        The C numbers of people.
    weights : array of int8, shape (D, C, 6, 19, 12)
        Weight images, the mean of the six taken off, the largest entry 127.
    outside : array, shape (D, C)
        Share of the weight energy outside the inner face.
    right : array, shape (D, C)
        Share of right answers about people never seen.
    rank : array of int, shape (D, C)
        Dimensions that the training images span.
    missed : array, shape (D, C)
        Share of the weights learned from the most people, by length, outside that span.
    """

    counts: tuple[int, ...]
    weights: np.ndarray
    outside: np.ndarray
    right: np.ndarray
    rank: np.ndarray
    missed: np.ndarray


def read_many_people(text: str) -> ManyPeople:
    """Read ``many_faces/weights.json``.

    Examples
    --------
    >>> images = np.arange(6 * 19 * 12, dtype=np.int8)
    >>> stored = {"counts": [1], "rank": [[6]], "test": [[225]], "missed": [[0.9]]}
    >>> stored["weights"] = [[base64.b64encode(images.tobytes()).decode()]]
    >>> many = read_many_people(json.dumps(stored))
    >>> many.counts, many.weights.shape, many.right.tolist()
    ((1,), (1, 1, 6, 19, 12), [[0.25]])
    """
    stored = json.loads(text)
    weights = np.array([[_images(cell) for cell in row] for row in stored["weights"]])
    return ManyPeople(
        counts=tuple(stored["counts"]),
        weights=weights,
        outside=energy_outside(weights),
        right=np.array(stored["test"]) / TEST_FACES,
        rank=np.array(stored["rank"]),
        missed=np.array(stored["missed"]),
    )


def _images(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=np.int8).reshape(SHAPE)
