"""Softmax regressions side by side: the products of all of them in one pass."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torch.optim import Optimizer

from trainability.arguments import checked_count, checked_record
from trainability.training.history import History

MOST_PIECES = 100


def torch_adam(params: list[Tensor]) -> Optimizer:
    """Return Adam with torch's defaults, its step in one pass over memory."""
    return torch.optim.Adam(params, fused=True)


@torch.no_grad()
def train_softmax(
    weights: Tensor,
    biases: Tensor,
    inputs: Tensor,
    labels: Tensor,
    n_epochs: int,
    *,
    keep: Tensor | None = None,
    optimizer: Callable[[list[Tensor]], Optimizer] = torch_adam,
    record: Sequence[int] = (),
) -> History:
    r"""Train S softmax regressions on the same inputs, one full-batch step an epoch.

    The gradient of the mean cross entropy is taken by hand: for class k it is
    Σ_i (p_ik - 1[y_i = k]) x_i / n, with p the softmax of the logits. The inputs are cut into
    pieces along d whose products run side by side; one long product of few rows would use the
    processor badly.

    Parameters
    ----------
    weights : Tensor, shape (S, K, d)
        Where each starts; not changed.
    biases : Tensor, shape (S, K)
        Not changed.
    inputs : Tensor, shape (n, d)
    labels : Tensor of int64, shape (n,) or (S, n)
        Classes from 0 to K - 1, the same for all or for each its own.
    n_epochs : int
        T, at least 1.
    keep : Tensor of bool, shape (S, n), optional
        Which examples each learns from; all by default.
    optimizer : callable
        Makes an optimizer of two tensors that hold all weights and all biases. It must treat
        every entry by itself, as Adam and gradient descent do.
    record : sequence of int
        Increasing counts of steps after which to keep the weights; T alone by default.

    Returns
    -------
    History
        ``loss``, shape (S, T), before each epoch's step; ``weights`` and ``biases`` of the one
        layer after each recorded number of steps.

    Examples
    --------
    >>> x, y = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1])
    >>> descent = lambda params: torch.optim.SGD(params, lr=1.0)
    >>> start = torch.zeros(1, 2, 2), torch.zeros(1, 2)
    >>> history = train_softmax(*start, x, y, n_epochs=3, optimizer=descent)
    >>> [round(loss, 4) for loss in history.loss[0].tolist()]
    [0.6931, 0.4741, 0.3477]
    """
    n_epochs = checked_count("n_epochs", n_epochs, least=1)
    record = checked_record(record, n_epochs)
    networks, classes, features = weights.shape
    pieces = max(c for c in range(1, min(features, MOST_PIECES) + 1) if features % c == 0)
    x = inputs.unflatten(1, (pieces, -1)).transpose(0, 1).contiguous()
    w = weights.reshape(networks * classes, pieces, -1).transpose(0, 1)
    w = w.clone(memory_format=torch.contiguous_format)
    b = biases.clone()
    share = torch.ones(networks, len(inputs)) if keep is None else keep
    share = share.to(w) / share.sum(dim=1, keepdim=True).to(w)
    target = one_hot(labels.expand(networks, -1), classes).to(w) * share[..., None]
    target, share = target.transpose(1, 2).contiguous(), share[:, None]
    made = optimizer([w, b])
    w.grad, b.grad = torch.empty_like(w), torch.empty_like(b)
    losses, kept = [], []
    for epoch in range(n_epochs):
        if epoch in record:
            kept.append((w.clone(), b.clone()))
        logits = torch.bmm(w, x.transpose(1, 2)).sum(dim=0).view(networks, classes, -1)
        scores = (logits + b[..., None]).log_softmax(dim=1)
        losses.append((scores * target).sum(dim=(1, 2)))
        slope = scores.exp_().mul_(share).sub_(target)
        torch.bmm(slope.view(1, networks * classes, -1).expand(pieces, -1, -1), x, out=w.grad)
        torch.sum(slope, dim=2, out=b.grad)
        made.step()
    if n_epochs in record:
        kept.append((w, b))
    made_weights = [weight.transpose(0, 1).reshape(weights.shape) for weight, _ in kept]
    return History(
        loss=-torch.stack(losses, dim=1),
        weights=(torch.stack(made_weights, dim=1),),
        biases=(torch.stack([bias for _, bias in kept], dim=1),),
    )
