"""A softmax classifier of raw pixels: six acted expressions, 36 faces to learn from."""

from pathlib import Path

import torch
from torch import Tensor, nn

from trainability.arguments import checked_number
from trainability.cafe.dataset import EMOTIONS, IMAGE_DIMS, CafeFaces, load_cafe
from trainability.cafe.leave_one_out import LeftOut
from trainability.linear import linear
from trainability.training import train_softmax


def get_cafe_data(split: str = "train", folder: str | Path | None = None) -> tuple[Tensor, Tensor]:
    """Return the inputs and labels of one split.

    Parameters
    ----------
    split, folder
        As for :func:`load_cafe`.

    Returns
    -------
    X : Tensor of float32, shape (n, 91200)
        Gray values from 0 (black) to 1, row by row.
    y : Tensor of int64, shape (n,)

    Examples
    --------
    >>> X, y = get_cafe_data("test", "synthetic")
    >>> tuple(X.shape), y.bincount().tolist()
    ((18, 91200), [3, 3, 3, 3, 3, 3])
    """
    faces = load_cafe(folder, split)
    return faces.inputs(), faces.labels


class CAFENet(nn.Module):
    """Softmax regression: one linear layer from pixels to logits.

    It returns logits, not probabilities: ``CrossEntropyLoss`` applies the softmax itself, in a
    form that does not overflow.

    Parameters
    ----------
    generator : torch.Generator, optional
        Draws the start as ``torch.nn.Linear`` does, uniform within ±1/√91200; torch's own
        generator by default.

    Examples
    --------
    >>> net = CAFENet(torch.Generator().manual_seed(0))
    >>> sum(parameter.numel() for parameter in net.parameters())
    547206
    >>> tuple(net(torch.zeros(2, 91200)).shape)
    (2, 6)
    """

    def __init__(self, generator: torch.Generator | None = None) -> None:
        super().__init__()
        pixels = IMAGE_DIMS[0] * IMAGE_DIMS[1]
        self.linear = linear(pixels, len(EMOTIONS), generator=generator)

    def forward(self, X: Tensor) -> Tensor:
        """Return logits of shape (n, 6) for inputs of shape (n, 91200)."""
        logits: Tensor = self.linear(X)
        return logits


def fit(net: CAFENet, X: Tensor, y: Tensor, n_epochs: int = 201) -> list[float]:
    """Train with cross entropy and torch's default Adam, the whole batch at every step.

    Parameters
    ----------
    net : CAFENet
        Changed in place, by ``n_epochs`` steps.
    X : Tensor of float32, shape (n, 91200)
        On the device of ``net``.
    y : Tensor of int64, shape (n,)
        Labels from 0 to 5.
    n_epochs : int
        At least 1.

    Returns
    -------
    list of float
        The mean loss at the start of each epoch, before its step: the zeroth is that of the
        untrained net.

    Examples
    --------
    >>> X, y = get_cafe_data("train", "synthetic")
    >>> losses = fit(CAFENet(torch.Generator().manual_seed(0)), X, y)
    >>> losses[0] < 2, losses[1] > 40, losses[200] < 0.1  # why it rises is the lesson
    (True, True, True)
    """
    if not isinstance(net, CAFENet):
        raise TypeError(f"net must be a CAFENet, not {type(net).__name__}; loop over others")
    _check_examples(X, y)
    weight, bias = net.linear.weight, net.linear.bias
    history = train_softmax(weight.detach()[None], bias.detach()[None], X.to(weight), y, n_epochs)
    with torch.no_grad():
        weight.copy_(history.weights[0][0, 0])
        bias.copy_(history.biases[0][0, 0])
    return history.loss[0].tolist()


def _check_examples(X: Tensor, y: Tensor) -> None:
    pixels = IMAGE_DIMS[0] * IMAGE_DIMS[1]
    if not isinstance(X, Tensor) or X.ndim != 2 or X.shape[1] != pixels or len(X) == 0:
        raise ValueError(f"X must be a tensor of shape (n, {pixels}), n at least 1")
    if not X.is_floating_point() or not torch.isfinite(X).all():
        raise ValueError("X must hold finite floating numbers, such as pixels divided by 255")
    if not isinstance(y, Tensor) or y.shape != X.shape[:1] or y.dtype != torch.int64:
        raise ValueError(f"y must be a tensor of {len(X)} int64 labels")
    if y.min() < 0 or y.max() >= len(EMOTIONS):
        raise ValueError(f"y must hold labels from 0 to {len(EMOTIONS) - 1}")


def weight_images(net: CAFENet) -> Tensor:
    """Return the weights of the six outputs as gray images on one common scale.

    The smallest weight of all becomes 0 and the largest 255: (w - min)·255/(max - min), cut
    to whole numbers. A weight of zero is therefore some middle gray, not black.

    Returns
    -------
    Tensor of uint8, shape (6, 380, 240)

    Raises
    ------
    ValueError
        If all weights are equal, or some are not finite.

    Examples
    --------
    >>> images = weight_images(CAFENet(torch.Generator().manual_seed(0)))
    >>> tuple(images.shape), images.min().item(), images.max().item()
    ((6, 380, 240), 0, 255)
    """
    weight = net.linear.weight.detach().double()
    least, largest = weight.min(), weight.max()
    if not torch.isfinite(least + largest):
        raise ValueError("the weights are not finite, so there is nothing to draw")
    if least == largest:
        raise ValueError("all weights are equal, so there is no range to map to gray values")
    gray = ((weight - least) / (largest - least) * 255).to(torch.uint8)
    return gray.view(len(EMOTIONS), *IMAGE_DIMS)


def leave_one_person_out(
    faces: CafeFaces,
    *,
    n_epochs: int = 201,
    offset: float = 0.0,
    generator: torch.Generator | None = None,
    device: str | torch.device = "cpu",
) -> LeftOut:
    """Train once for each person without that person's faces, all at once, and ask about them.

    Parameters
    ----------
    faces : CafeFaces
        Of at least two persons, such as ``load_cafe(split="all")``.
    n_epochs : int
        Steps, as for :func:`fit`.
    offset : float
        Subtracted from all inputs, which lie from 0 to 1.
    generator : torch.Generator, optional
        Draws the start that all share; see :class:`CAFENet`.
    device : str or torch.device
        Where to train.

    Returns
    -------
    LeftOut
        In the order of ``faces``, on the CPU.

    Raises
    ------
    ValueError
        With a single person.

    Examples
    --------
    >>> faces = load_cafe("synthetic", "test")
    >>> generator = torch.Generator().manual_seed(0)
    >>> left_out = leave_one_person_out(faces, n_epochs=20, offset=0.5, generator=generator)
    >>> left_out.people.tolist(), tuple(left_out.predicted.shape)
    ([23, 31, 36], (18,))
    """
    people = faces.persons.unique()
    if len(people) < 2:
        raise ValueError("faces are of one person; leaving it out leaves nothing to learn from")
    net, count = CAFENet(generator), len(people)
    weight, bias = net.linear.weight.detach(), net.linear.bias.detach()
    weights, biases = weight.expand(count, -1, -1), bias.expand(count, -1)
    X = faces.inputs() - checked_number("offset", offset)
    out = faces.persons == people[:, None]
    X, weights, biases = (part.to(device) for part in (X, weights, biases))
    history = train_softmax(
        weights, biases, X, faces.labels.to(device), n_epochs, keep=~out.to(device)
    )
    predicted = torch.empty_like(faces.labels)
    for mine, learned, shift in zip(
        out, history.weights[0][:, 0], history.biases[0][:, 0], strict=True
    ):
        predicted[mine] = (X[mine.to(device)] @ learned.T + shift).argmax(dim=1).cpu()
    return LeftOut(predicted, faces.labels, faces.persons)
