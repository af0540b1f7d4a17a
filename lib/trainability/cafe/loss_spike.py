"""Why the loss of a softmax regression rises at first: the size of its inputs."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from trainability.arguments import checked_count, checked_nonnegative


def loss_after_first_step(
    weights: Tensor, biases: Tensor, inputs: Tensor, labels: Tensor, lr: float
) -> float:
    """Return the loss after Adam's first step, from the signs of the gradient alone.

    With m̂ = g and v̂ = g², Adam's first step is -lr·g/(|g| + eps): each weight moves by lr,
    however small its gradient, as long as that is far above eps. A logit then moves by up to
    lr·‖x‖₁.

    Parameters
    ----------
    weights : Tensor, shape (K, d)
        Before the step; not changed.
    biases : Tensor, shape (K,)
        Not changed.
    inputs : Tensor, shape (n, d)
    labels : Tensor of int64, shape (n,)
    lr : float
        Adam's learning rate.

    References
    ----------
    Kingma and Ba (2015), section 2.1, https://arxiv.org/abs/1412.6980

    Examples
    --------
    >>> x, y = torch.full((2, 1000), 0.5), torch.tensor([0, 1])
    >>> weights = torch.linspace(-0.01, 0.02, 2000).view(2, 1000)
    >>> round(loss_after_first_step(weights, torch.zeros(2), x, y, lr=0.001), 2)
    3.25
    >>> round(loss_after_first_step(weights, torch.zeros(2), x - 0.5, y, lr=0.001), 2)
    0.69
    """
    lr = checked_nonnegative("lr", lr)
    slope = (inputs @ weights.T + biases).softmax(dim=1) - one_hot(labels, len(weights))
    moved = weights - lr * (slope.T @ inputs).sign()
    return cross_entropy(inputs @ moved.T + biases - lr * slope.sum(dim=0).sign(), labels).item()


def descent_losses(
    weights: Tensor, biases: Tensor, inputs: Tensor, labels: Tensor, lr: float, steps: int
) -> Tensor:
    """Return the losses of gradient descent on the mean cross entropy, before and after each step.

    A step changes the logits by the inner products of the inputs, so that the logits alone need
    be followed, however many inputs an image has.

    Parameters
    ----------
    weights : Tensor, shape (K, d)
        The start; not changed.
    biases : Tensor, shape (K,)
        Not changed.
    inputs : Tensor, shape (n, d)
    labels : Tensor of int64, shape (n,)
    lr : float
        Learning rate, not negative.
    steps : int
        T, at least 0.

    Returns
    -------
    Tensor, shape (T + 1,)
        On the CPU.

    Examples
    --------
    >>> x, y = torch.tensor([[3.0, 4.0], [-3.0, 4.0]]), torch.tensor([0, 1])
    >>> start = torch.zeros(2, 2), torch.zeros(2)
    >>> [round(loss, 2) for loss in descent_losses(*start, x, y, lr=0.01, steps=2).tolist()]
    [0.69, 0.65, 0.61]
    """
    lr, steps = checked_nonnegative("lr", lr), checked_count("steps", steps, least=0)
    products, wanted = (inputs @ inputs.T + 1).cpu(), one_hot(labels, len(weights)).cpu()
    logits, losses = (inputs @ weights.T + biases).cpu(), []
    for step in range(steps + 1):
        losses.append(cross_entropy(logits, labels.cpu()))
        if step < steps:
            logits = logits - lr / len(labels) * products @ (logits.softmax(dim=1) - wanted)
    return torch.stack(losses)


def largest_curvature(inputs: Tensor, classes: int) -> float:
    r"""Return λ_max of the Hessian of the mean cross entropy where all classes are equally likely.

    The Hessian over weights and biases is (diag p - ppᵀ) ⊗ Σ_i x_i x_iᵀ/n, with a 1 appended
    to each x_i. At p = 1/K the first factor has the eigenvalue 1/K, and the second shares its
    largest one with the n × n matrix XXᵀ/n. At rates above 2/λ_max gradient descent leaves that
    neighborhood, and the loss rises. On separable data it may fall again later. Everywhere else
    λ_max is at most K/2 times as large.

    Parameters
    ----------
    inputs : Tensor, shape (n, d)
    classes : int
        K.

    Examples
    --------
    >>> x = torch.tensor([[3.0, 4.0]])
    >>> round(largest_curvature(x, classes=2), 4)  # (3² + 4² + 1)/2
    13.0
    """
    x = inputs.double()
    largest: float = torch.linalg.eigvalsh((x @ x.T + 1) / len(x))[-1].item()
    return largest / classes


def share_outside_span(change: Tensor, inputs: Tensor) -> float:
    """Return how much of a change of the weights no combination of the inputs can make.

    Gradient descent changes each row of the weights by Σ_i β_i x_i, so its share is 0 up to
    rounding, at any number of steps.

    Parameters
    ----------
    change : Tensor, shape (K, d)
        W_T - W_0.
    inputs : Tensor, shape (n, d)

    Returns
    -------
    float
        ‖change - its projection on the span‖/‖change‖, from 0 to 1.

    Raises
    ------
    ValueError
        If nothing changed.

    Examples
    --------
    >>> x = torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    >>> share_outside_span(torch.tensor([[0.0, 3.0, 4.0]]), x)
    0.8
    """
    moved, basis = change.double(), torch.linalg.svd(inputs.double(), full_matrices=False)
    size = moved.norm()
    if size == 0:
        raise ValueError("change is 0 everywhere; train before you ask where the weights went")
    rank = int(torch.linalg.matrix_rank(inputs.double()))
    rows = basis.Vh[:rank]
    share: float = ((moved - moved @ rows.T @ rows).norm() / size).item()
    return share
