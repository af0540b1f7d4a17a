"""A face drawn by its muscles, and two classifiers in training that judge it, in a page too."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from trainability.cafe.dataset import CafeFaces
from trainability.cafe.drawing.canvas import Take
from trainability.cafe.drawing.face import EXPRESSIONS, draw_face
from trainability.cafe.drawing.features import ACTIONS, Action
from trainability.cafe.synthetic import drawn_person
from trainability.cafe.two_classifiers import (
    CLASSES,
    answers,
    count_right,
    losses_and_slopes,
    one_hot,
    with_one,
)
from trainability.training.updates import fresh_memory, updated

BLOCK, EVERY = 10, 2  # pixels of a file in a row of a block; that one drawn pixel stands for
POSE = Take(scale=1.12)
# The index of a drawn person, and another background than that of the images.
PEOPLE_TO_DRAW: dict[str, tuple[int, float | None]] = {
    "068, learned from": (3, None),
    "052, learned from": (2, None),
    "036, never seen": (8, None),
    "023, never seen": (6, None),
    "023, before middle gray": (6, 0.5),
}
ROWS, COLUMNS = 380 // BLOCK, 240 // BLOCK


def block_means(images: Tensor) -> Tensor:
    """Return the means of blocks of 10 by 10 pixels, rounded to whole gray values.

    Parameters
    ----------
    images : Tensor of uint8, shape (n, 380, 240)

    Returns
    -------
    int64 tensor, shape (n, 912)

    Examples
    --------
    >>> images = torch.zeros(1, 380, 240, dtype=torch.uint8)
    >>> images[0, :10, :10] = 200
    >>> block_means(images)[0, :2].tolist()
    [200, 0]
    """
    blocks = images.double().view(-1, ROWS, BLOCK, COLUMNS, BLOCK).mean((2, 4))
    return (blocks + 0.5).floor().long().flatten(1)


@dataclass(frozen=True)
class OwnFace:
    """Two softmax classifiers that learn the same faces, one with shuffled labels.

    :meth:`begin`, :meth:`step` and :meth:`judge` are what :class:`trainability.programs.Run`
    takes.

    Attributes
    ----------
    inputs, others : int64 tensor, shape (n, 912) and (m, 912)
        Faces to learn from, and of other people, as :func:`block_means` makes them.
    labels, shuffled, others_labels : int64 tensor, shape (n,), (n,) and (m,)

    Examples
    --------
    >>> from trainability.cafe import load_cafe
    >>> own = OwnFace.of(load_cafe("synthetic"), load_cafe("synthetic", "test"))
    >>> state = own.begin(generator=torch.Generator().manual_seed(0))
    >>> for _ in range(400):
    ...     state, kept = own.step(state, lr=0.02)
    >>> read = own.judge(state, corner=0.9, cheek=0.9)  # a smile
    >>> tuple(read["face"].shape), read["right_0"].item(), read["right_1"].item()
    ((190, 120), 36.0, 36.0)
    """

    inputs: Tensor
    labels: Tensor
    shuffled: Tensor
    others: Tensor
    others_labels: Tensor

    @classmethod
    def of(cls, faces: CafeFaces, others: CafeFaces, seed: int = 0) -> "OwnFace":
        """Take two splits of the images; ``seed`` is of the shuffle of the labels."""
        order = torch.randperm(len(faces.labels), generator=torch.Generator().manual_seed(seed))
        return cls(
            block_means(faces.images),
            faces.labels,
            faces.labels[order],
            block_means(others.images),
            others.labels,
        )

    def begin(self, *, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw both classifiers alike, as ``nn.Linear`` draws them."""
        size = self.inputs.shape[1]
        bound = size**-0.5
        drawn = torch.rand(CLASSES, size + 1, generator=generator)
        start = (2 * drawn - 1) * bound
        weight = torch.stack([start, start])
        return {"weight": weight, **fresh_memory({"weight": weight})}

    def step(
        self, state: dict[str, Tensor], lr: float = 0.01
    ) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Make one step of Adam on all faces; keep both losses before it."""
        wanted = torch.stack([one_hot(self.labels), one_hot(self.shuffled)])
        loss, slope = losses_and_slopes(state["weight"], with_one(self.inputs), wanted)
        after = updated("Adam", {"weight": state["weight"]}, {"weight": slope}, state, lr)
        return after, {"loss": loss[0], "loss_shuffled": loss[1]}

    def judge(
        self,
        state: dict[str, Tensor],
        person: str = next(iter(PEOPLE_TO_DRAW)),
        inner: float = 0.0,
        outer: float = 0.0,
        squeeze: float = 0.0,
        lid: float = 0.0,
        lower: float = 0.0,
        cheek: float = 0.0,
        wrinkle: float = 0.0,
        upper: float = 0.0,
        corner: float = 0.0,
        width: float = 0.0,
        open: float = 0.0,
        lips: float = 0.0,
    ) -> dict[str, Tensor]:
        """Draw the face, and say what both classifiers make of it.

        Parameters
        ----------
        state : dict of str to Tensor
            Of :meth:`begin` or :meth:`step`.
        person : str
            One of ``PEOPLE_TO_DRAW``.
        inner, outer, … : float
            What the muscles do; see :class:`trainability.cafe.drawing.features.Action`.

        Returns
        -------
        dict
            ``face``, gray values of shape (190, 120), and ``blocks``, their means, shape (912,);
            ``evidence``, shape (38, 24), what each block adds to the lead of the answer (true
            labels) over the mean of all classes, compared with the mean face, and its ends
            ``least`` and ``most``; ``lead``, the largest logit less their mean. Of true labels,
            0, and shuffled ones, 1: ``logits_0`` and ``logits_1``, shape (6,), less their mean;
            ``right_0`` and ``right_1``, of the faces learned from; ``others_right_0`` and
            ``others_right_1``. ``says_0`` to ``says_5`` and ``says_shuffled_0`` to
            ``says_shuffled_5``, 1 for the answers. ``faces`` and ``people``, how many there are.
        """
        action = Action(
            inner, outer, squeeze, lid, lower, cheek, wrinkle, upper, corner, width, open, lips
        )
        index, background = PEOPLE_TO_DRAW[person]
        drawn = drawn_person(index)
        if background is not None:
            drawn = replace(drawn, background=background)
        gray = 255 * draw_face(drawn, action, POSE, EVERY)
        face = (gray + 0.5).floor()
        side = BLOCK // EVERY
        blocks = face.view(ROWS, side, COLUMNS, side).mean((1, 3)).view(1, -1)
        weight = state["weight"] - state["weight"].mean(1, keepdim=True)
        logits = (with_one(blocks) @ weight.transpose(1, 2)).squeeze(1)
        says = answers(logits)
        answer = (says[0].unsqueeze(1) * weight[0]).sum(0)[:-1]
        evidence = answer * (blocks[0] - self.inputs.double().mean(0)) / 255
        largest = evidence.abs().amax()
        taught = torch.stack([one_hot(self.labels), one_hot(self.shuffled)])
        truth = one_hot(self.others_labels).expand(2, -1, -1)
        right = count_right(weight, with_one(self.inputs), taught)
        others = count_right(weight, with_one(self.others), truth)
        read = {
            "face": face,
            "blocks": blocks[0],
            "evidence": evidence.view(ROWS, COLUMNS),
            "least": -largest,
            "most": largest,
            "lead": logits[0].amax(),
            "faces": torch.full((), self.inputs.shape[0]),
            "people": torch.full((), self.others.shape[0]),
        }
        for k in range(2):
            read |= {f"logits_{k}": logits[k], f"right_{k}": right[k]}
            read |= {f"others_right_{k}": others[k]}
        for k in range(CLASSES):
            read |= {f"says_{k}": says[0, k], f"says_shuffled_{k}": says[1, k]}
        return read


def muscles_of(expression: str) -> dict[str, float]:
    """Return what the muscles do in one of the six expressions, as drawn people act them.

    Examples
    --------
    >>> muscles_of("happy")["corner"]
    1.0
    """
    return {name: float(getattr(EXPRESSIONS[expression], name)) for name in ACTIONS}
