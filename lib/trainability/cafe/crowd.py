"""Classifiers that learn from few or many drawn people, in a page too."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainability.cafe.inner_face import outside_inner_face
from trainability.cafe.two_classifiers import (
    CLASSES,
    count_right,
    losses_and_slopes,
    one_hot,
    with_one,
)
from trainability.training.updates import fresh_memory, updated

SHAPE = 19, 12
_HALF = 255 / 2


def read_blocks(text: str) -> Tensor:
    """Read ``many_faces/blocks.json``: faces of drawn people as 19 by 12 blocks.

    Returns
    -------
    int64 tensor, shape (P, 6, 228)
        Gray values from 0 to 255.

    Examples
    --------
    >>> stored = base64.b64encode(bytes(6 * 228)).decode()
    >>> tuple(read_blocks(json.dumps({"blocks": [stored]})).shape)
    (1, 6, 228)
    """
    people = [base64.b64decode(person) for person in json.loads(text)["blocks"]]
    gray = np.frombuffer(b"".join(people), dtype=np.uint8).astype(np.int64)
    return torch.from_numpy(gray).view(len(people), CLASSES, -1)


@dataclass(frozen=True)
class Crowd:
    """Two softmax classifiers of the faces of the first few people, one with shuffled labels.

    The faces are 19 by 12 blocks of 20 by 20 pixels. :meth:`begin`, :meth:`step` and :meth:`look`
    are what :class:`trainability.programs.Run` takes.

    Attributes
    ----------
    inputs, others : int64 tensor, shape (6 n, 228) and (6 m, 228)
        Gray values, people one after the other, each with six expressions; ``others`` are never
        learned from.
    labels, shuffled, others_labels : int64 tensor, shape (6 n,), (6 n,) and (6 m,)

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> crowd = Crowd.of(torch.randint(256, (4, 6, 228), generator=generator), 3)
    >>> state = crowd.begin()
    >>> for _ in range(300):
    ...     state, kept = crowd.step(state, people=3, lr=1.0)
    >>> seen = crowd.look(state, people=3)
    >>> seen["right_0"].item(), seen["right_1"].item()  # percent, with true and shuffled labels
    (100.0, 100.0)
    """

    inputs: Tensor
    labels: Tensor
    shuffled: Tensor
    others: Tensor
    others_labels: Tensor

    @classmethod
    def of(cls, blocks: Tensor, learned: int, seed: int = 0) -> "Crowd":
        """Take the people of :func:`read_blocks`: the first to learn from, the rest to ask about.

        ``seed`` is of the shuffle of the labels.
        """
        order = torch.randperm(CLASSES * learned, generator=torch.Generator().manual_seed(seed))
        inputs, others = blocks[:learned].flatten(0, 1), blocks[learned:].flatten(0, 1)
        labels = torch.arange(len(inputs)) % CLASSES
        return cls(inputs, labels, labels[order], others, torch.arange(len(others)) % CLASSES)

    def begin(self) -> dict[str, Tensor]:
        """Start both classifiers at zero."""
        weight = torch.zeros(2, CLASSES, self.inputs.shape[1] + 1)
        return {"weight": weight, **fresh_memory({"weight": weight})}

    def step(
        self, state: dict[str, Tensor], people: int = 6, lr: float = 1.0
    ) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Make one step of gradient descent with momentum 0.9; keep both losses before it.

        Parameters
        ----------
        state : dict of str to Tensor
        people : int
            How many to learn from.
        lr : float
            Learning rate.
        """
        loss, slope = losses_and_slopes(state["weight"], *self._taught(people))
        after = updated("momentum", {"weight": state["weight"]}, {"weight": slope}, state, lr)
        return after, {"loss": loss[0], "loss_shuffled": loss[1]}

    def look(self, state: dict[str, Tensor], people: int = 6) -> dict[str, Tensor]:
        """Measure what both classifiers have learned.

        Returns
        -------
        dict
            ``images_0`` and ``images_1``, of true and shuffled labels: the six weight images
            less their mean, the largest entry 1, shape (6, 228); ``right_0`` and ``right_1``,
            percent of the faces learned from; ``others_right_0`` and ``others_right_1``, of
            other people's; ``outside_0`` and ``outside_1``, percent of Σw² outside the inner face;
            ``asked``, the number of other people.
        """
        x, wanted = self._taught(people)
        weight = state["weight"]
        truth = one_hot(self.others_labels).expand(2, -1, -1)
        right = 100 * count_right(weight, x, wanted) / x.shape[0]
        others = _input(self.others)
        others_right = 100 * count_right(weight, others, truth) / others.shape[0]
        images = (weight - weight.mean(1, keepdim=True))[:, :, :-1]
        energy = images.square().sum(1)
        outer = torch.from_numpy(outside_inner_face(SHAPE).ravel()).float()
        outside = 100 * (energy * outer).sum(1) / energy.sum(1).clamp(min=1e-30)
        images = images / images.abs().amax((1, 2), keepdim=True).clamp(min=1e-30)
        read = {"asked": torch.full((), self.others.shape[0] // CLASSES)}
        for k in range(2):
            read |= {f"images_{k}": images[k], f"right_{k}": right[k]}
            read |= {f"others_right_{k}": others_right[k], f"outside_{k}": outside[k]}
        return read

    def _taught(self, people: int) -> tuple[Tensor, Tensor]:
        """Inputs, and both sets of labels."""
        count = CLASSES * people
        wanted = torch.stack([one_hot(self.labels), one_hot(self.shuffled)], 1)
        return _input(_first(self.inputs, count)), _first(wanted, count).transpose(0, 1)


def _input(gray: Tensor) -> Tensor:
    """Gray values less a half, from -1/2 to 1/2, and a 1 for the bias."""
    return with_one(gray - _HALF)


def _first(rows: Tensor, count: int) -> Tensor:
    """The first rows; a page's plan may not end where the tensor does, so there is a spare one."""
    return torch.cat([rows, torch.zeros_like(rows[:1])])[:count]
