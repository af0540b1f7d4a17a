"""The loss that is meant where none is given."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from trainability.diagnostics.containers import main_tensor


def default_loss(output: Any, targets: Tensor) -> Tensor:
    """Return cross entropy for integer targets, and the mean squared error for floating ones.

    Parameters
    ----------
    output : Tensor or container of one
        Logits (N, C), (N, C, d, …) or (N, …, C), or numbers of the shape of the targets;
        a last dimension of one may be missing in either.
    targets : Tensor
        Classes of shape (N, …), or numbers.

    Raises
    ------
    ValueError
        For shapes that do not fit, or classes that are not there.

    Examples
    --------
    >>> default_loss(torch.zeros(2, 3, 10), torch.zeros(2, 3, dtype=torch.long))
    tensor(2.3026)
    """
    logits = main_tensor(output)
    if logits is None:
        raise ValueError("the model returns no floating tensor; pass a loss(output, targets)")
    if targets.is_floating_point():
        return functional.mse_loss(_of_shape(logits, targets.shape), targets.to(logits.dtype))
    classes, axis = targets.long(), _class_axis(logits, targets)
    if bool((classes >= logits.shape[axis]).any()):
        raise ValueError(
            f"targets hold class {int(classes.max())}, but the output has {logits.shape[axis]}; "
            "pass more outputs, or a loss(output, targets) for one output"
        )
    return functional.cross_entropy(logits.movedim(axis, -1).flatten(0, -2), classes.flatten())


def _of_shape(output: Tensor, shape: torch.Size) -> Tensor:
    squeezed = output.shape[:-1] == shape and output.shape[-1] == 1
    widened = shape[:-1] == output.shape and shape[-1:] == (1,)
    if output.shape != shape and not squeezed and not widened:
        raise ValueError(
            f"targets have shape {tuple(shape)} and the output {tuple(output.shape)}; for the "
            "mean squared error they must agree, or pass a loss(output, targets)"
        )
    return output.reshape(shape)


def _class_axis(logits: Tensor, targets: Tensor) -> int:
    if logits.ndim == targets.ndim + 1:
        if (*logits.shape[:1], *logits.shape[2:]) == tuple(targets.shape):
            return 1
        if logits.shape[:-1] == targets.shape:
            return logits.ndim - 1
    raise ValueError(
        f"targets have shape {tuple(targets.shape)} and the output {tuple(logits.shape)}; for "
        "cross entropy the output needs one more dimension, the classes, or pass a loss"
    )
