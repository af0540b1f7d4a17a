"""See, and where asked replace, the functions of torch that a model calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

# How flat a function must be to count as saturated: 5 % of its steepest slope.
FLAT = 0.05
BOUNDED = ("tanh", "sigmoid", "hardtanh", "hardsigmoid")
RECTIFIERS = ("relu", "relu6", "threshold")
SOFTMAXES = ("softmax", "log_softmax")
ACTIVATIONS = (*BOUNDED, *RECTIFIERS, *SOFTMAXES)
LOSSES = (
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
)
PRODUCTS = ("matmul", "mm", "bmm", "addmm", "einsum", "baddbmm", "rmatmul")
LAYERS = (
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "multi_head_attention_forward",
    "lstm",
    "gru",
    "rnn_tanh",
    "rnn_relu",
    "lstm_cell",
    "gru_cell",
    "rnn_tanh_cell",
    "rnn_relu_cell",
    "bilinear",
)
_RANDOM_DROPS = (
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "alpha_dropout",
    "feature_alpha_dropout",
    "feature_dropout",
)

# An estimate from so many features is exact enough, and spares a second copy of large outputs.
_MOST_FEATURES = 2**13
_HOLD_DROPOUT = (
    "multi_head_attention_forward",
    "scaled_dot_product_attention",
    "lstm",
    "gru",
    "rnn_tanh",
    "rnn_relu",
)

Seen = Callable[[str, tuple[Any, ...], Any], None]
Replacement = Callable[..., Any]


class FunctionWatch(TorchFunctionMode):
    """Report each function that is called, and call replacements in place of some.

    Parameters
    ----------
    seen : callable, optional
        Called with the function's name without trailing underscores, its positional
        arguments and its result.
    replaced : mapping of str to callable, optional
        Functions by name; a replacement is called with the function and its arguments.

    Examples
    --------
    >>> names = []
    >>> with FunctionWatch(lambda name, arguments, result: names.append(name)):
    ...     _ = torch.nn.functional.relu(torch.zeros(2))
    >>> names[-1]
    'relu'
    """

    def __init__(
        self, seen: Seen | None = None, replaced: Mapping[str, Replacement] | None = None
    ) -> None:
        super().__init__()
        self.seen, self.replaced = seen, dict(replaced or {})

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call the function or its replacement, and report it."""
        named = kwargs or {}
        name = getattr(func, "__name__", "").strip("_")
        if name in self.replaced:
            result = self.replaced[name](func, *args, **named)
        else:
            result = func(*args, **named)
        if self.seen is not None:
            self.seen(name, (*args, *named.values()), result)
        return result


def _kept(function: Callable[..., Any], values: Tensor, *args: Any, **named: Any) -> Tensor:
    return values


def _without_dropout(function: Callable[..., Any], *args: Any, **named: Any) -> Any:
    # The one number among the arguments of these that is no whole one is dropout's probability.
    kept = [0.0 if isinstance(value, float) else value for value in args]
    if "dropout_p" in named:
        named["dropout_p"] = 0.0
    return function(*kept, **named)


def no_dropout() -> dict[str, Replacement]:
    """Return the replacements that turn dropout off, also inside attention and recurrent layers.

    Examples
    --------
    >>> with FunctionWatch(replaced=no_dropout()):
    ...     torch.nn.functional.dropout(torch.ones(3), 0.9).tolist()
    [1.0, 1.0, 1.0]
    """
    return dict.fromkeys(_RANDOM_DROPS, _kept) | dict.fromkeys(_HOLD_DROPOUT, _without_dropout)


def saturated_share(name: str, values: Tensor) -> float:
    """Return the share of outputs of a bounded function that lie on its flat parts.

    tanh′ = 1 − y² and sigmoid′ = y(1 − y) are below 5 % of their largest value for |y| above
    .975, where y = 2·sigmoid − 1 for the second.

    Examples
    --------
    >>> saturated_share("tanh", torch.tensor([0.0, 0.99, -0.99, 0.5]))
    0.5
    """
    centered = values * 2 - 1 if "sigmoid" in name else values
    share: float = (centered.abs() > (1 - FLAT) ** 0.5).float().mean().item()
    return share


def dead_share(values: Tensor, axis: int) -> float:
    """Return the share of units, along ``axis``, that are zero everywhere.

    Examples
    --------
    >>> dead_share(torch.tensor([[0.0, 1.0], [0.0, 0.0]]), axis=1)
    0.5
    """
    others = [dim for dim in range(values.ndim) if dim != axis % values.ndim]
    share: float = (values == 0).all(dim=others).float().mean().item() if others else 0.0
    return share


def distinctness(values: Tensor) -> float | None:
    """Return 1 − the mean cosine between two examples, which stand along the first axis.

    It is Σ|u − ū|²/(n − 1) of the examples' directions u, which keeps its digits where 1 −
    cosine would lose them. None for a single example, and where one is zero or not finite.

    Examples
    --------
    >>> distinctness(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    1.0
    """
    if values.ndim < 2 or len(values) < 2:
        return None
    rows = values.detach().reshape(len(values), -1)
    rows = rows[:, :: max(1, rows.shape[1] // _MOST_FEATURES)]
    rows = rows.float() if rows.dtype != torch.float64 else rows
    lengths = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    if not bool((torch.isfinite(lengths) & (lengths > 0)).all()):
        return None
    directions = rows / lengths
    spread: float = (directions - directions.mean(dim=0)).square_().sum().item()
    return spread / (len(rows) - 1)
