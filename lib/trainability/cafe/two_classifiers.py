"""Two softmax classifiers side by side that a page can train: same faces, two sets of labels."""

import torch
from torch import Tensor

CLASSES = 6


def with_one(gray: Tensor) -> Tensor:
    """Return gray values from 0 to 255 as inputs from 0 to 1, and a 1 for the bias.

    Parameters
    ----------
    gray : Tensor, shape (n, d)

    Returns
    -------
    float32 tensor, shape (n, d + 1)

    Examples
    --------
    >>> with_one(torch.tensor([[0, 255]]))
    tensor([[0., 1., 1.]])
    """
    x = (gray.double() / 255).float()
    return torch.cat([x, torch.ones_like(x[:, :1])], 1)


def one_hot(labels: Tensor) -> Tensor:
    """Return 1 for each label's class, else 0, shape (n, 6).

    Examples
    --------
    >>> one_hot(torch.tensor([2]))
    tensor([[0., 0., 1., 0., 0., 0.]])
    """
    return (labels.unsqueeze(1) == torch.arange(CLASSES)).float()


def answers(scores: Tensor) -> Tensor:
    """Return 1 for the largest of the scores, else 0.

    Examples
    --------
    >>> answers(torch.tensor([[0.5, 2.0, -1.0]]))
    tensor([[0., 1., 0.]])
    """
    return (scores == scores.amax(-1, keepdim=True)).float()


def losses_and_slopes(weight: Tensor, x: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean cross entropies, shape (2,), and their gradients.

    Parameters
    ----------
    weight : Tensor, shape (2, 6, d)
    x : Tensor, shape (n, d)
    wanted : Tensor, shape (2, n, 6)
        As :func:`one_hot` makes them.

    Returns
    -------
    (Tensor, Tensor)
        The gradients have the weights' shape.

    Examples
    --------
    >>> wanted = one_hot(torch.tensor([0, 1])).expand(2, -1, -1)
    >>> loss, slope = losses_and_slopes(torch.zeros(2, 6, 3), torch.ones(2, 3), wanted)
    >>> loss.exp(), slope[0, :3, 0]
    (tensor([6., 6.]), tensor([-0.3333, -0.3333,  0.1667]))
    """
    scores = x @ weight.transpose(1, 2)
    scores = scores - scores.amax(2, keepdim=True)
    powers = scores.exp()
    total = powers.sum(2, keepdim=True)
    loss = (total.log() - (wanted * scores).sum(2, keepdim=True)).mean((1, 2))
    return loss, (powers / total - wanted).transpose(1, 2) @ x / x.shape[0]


def count_right(weight: Tensor, x: Tensor, wanted: Tensor) -> Tensor:
    """Return how many answers of each classifier are right, shape (2,).

    Where k classes share the largest score, a right answer counts 1/k, as a guess among them
    would. The arguments are those of :func:`losses_and_slopes`.

    Examples
    --------
    >>> weight = torch.eye(6).expand(2, -1, -1)
    >>> truth = one_hot(torch.arange(6))
    >>> count_right(weight, torch.eye(6), torch.stack([truth, truth.roll(1, 0)]))
    tensor([6., 0.])
    >>> count_right(torch.zeros(2, 6, 6), torch.eye(6), torch.stack([truth, truth]))
    tensor([1., 1.])
    """
    said = answers(x @ weight.transpose(1, 2))
    return (said / said.sum(2, keepdim=True) * wanted).sum((1, 2))
