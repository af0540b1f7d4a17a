"""Networks with one hidden layer, trained many at a time, with or without dropout."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from trainability.arguments import (
    checked_count,
    checked_device,
    checked_probability,
    checked_record,
    checked_tensor,
    drawn,
)
from trainability.nonlinearities import resolve_nonlinearity
from trainability.training.history import TwoLayerHistory
from trainability.training.stack import NetworkStack

_LOSSES = ("logistic", "squared")
DROPOUTS = ("none", "shared mask", "per example")
Optimizer = Callable[[list[Tensor]], torch.optim.Optimizer]


def outputs(
    inputs: Tensor,
    w_in: Tensor,
    w_out: Tensor,
    bias: Tensor | None = None,
    nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
) -> Tensor:
    """Return V g(W x) + b for every input and every network of a stack.

    Parameters
    ----------
    inputs : Tensor, shape (n, d)
        Append a column of ones for biases of the hidden units.
    w_in, w_out, bias : Tensor, shapes (..., H, d), (..., K, H) and (..., K)
        The networks.
    nonlinearity : str or callable
        g.

    Returns
    -------
    Tensor, shape (..., n, K)

    Examples
    --------
    >>> outputs(torch.ones(1, 2), torch.ones(3, 2), torch.ones(1, 3), nonlinearity="relu")
    tensor([[6.]])
    """
    function = resolve_nonlinearity(nonlinearity)
    result = function.forward_(inputs @ w_in.mT)[0] @ w_out.mT
    return result if bias is None else result + bias.unsqueeze(-2)


def train_two_layer(
    inputs: Tensor,
    targets: Tensor,
    w_in: Tensor,
    w_out: Tensor,
    bias: Tensor | None = None,
    *,
    nonlinearity: str | Callable[[Tensor], Tensor] = "tanh",
    loss: str = "logistic",
    optimizer: Optimizer,
    dropout: str | Sequence[str] = "none",
    keep_prob: float = 0.5,
    batch: int | None = None,
    steps: int,
    record: Sequence[int] = (),
    generator: torch.Generator,
) -> TwoLayerHistory:
    """Train S networks f(x) = V g(W x) + b side by side.

    An optimizer of torch works weight by weight, so one of them serves the whole stack.

    Parameters
    ----------
    inputs : Tensor, shape (n, d), floating
        Append a column of ones for biases of the hidden units.
    targets : Tensor, shape (n, K)
        Labels ±1 for the logistic loss log(1 + exp(−y f)), numbers for the squared loss
        ½(f − y)². Losses are summed over outputs and averaged over examples.
    w_in, w_out, bias : Tensor, shapes (S, H, d), (S, K, H) and (S, K)
        Where the networks start; unchanged. Without a bias it starts at 0.
    nonlinearity : str or callable
        g.
    loss : {"logistic", "squared"}
        See ``targets``.
    optimizer : callable
        Makes an optimizer of the parameters: ``lambda p: torch.optim.SGD(p, lr=0.1)``.
    dropout : str or sequence of S of them
        What each network does with its hidden units: ``"none"``, ``"shared mask"`` (one
        mask a step, the same for all examples) or ``"per example"`` (one for each, as
        ``torch.nn.Dropout`` draws it).
    keep_prob : float
        Probability that dropout keeps a unit; what is kept is divided by it.
    batch : int, optional
        Examples a step, drawn anew with replacement and shared by all networks; all
        examples where none is given.
    steps : int
        Steps of the optimizer, at least 0.
    record : sequence of int
        Step counts to keep, rising; the last alone where none is given.
    generator : torch.Generator
        Source of masks and minibatches; advanced by the call.

    Returns
    -------
    TwoLayerHistory

    Raises
    ------
    TypeError, ValueError
        Naming the argument at fault.

    Examples
    --------
    Four units that start equal are still one unit after 100 steps, unless dropout tells
    them apart:

    >>> from trainability.symmetry import distinct_units
    >>> x = torch.tensor([[1.0, 2.0], [0.0, -1.0]], dtype=torch.float64)
    >>> start = torch.full((2, 4, 2), 0.5, dtype=torch.float64), torch.ones(2, 1, 4).double()
    >>> history = train_two_layer(
    ...     x,
    ...     x[:, :1],
    ...     *start,
    ...     loss="squared",
    ...     optimizer=lambda p: torch.optim.SGD(p, lr=0.1),
    ...     dropout=["none", "per example"],
    ...     steps=100,
    ...     generator=torch.Generator().manual_seed(0),
    ... )
    >>> [distinct_units(w[-1], v[-1]) for w, v in zip(history.w_in, history.w_out)]
    [1, 4]
    """
    _check_shapes(inputs, targets, w_in, w_out)
    if loss not in _LOSSES:
        raise ValueError(f"loss={loss!r} is unknown; use one of {', '.join(map(repr, _LOSSES))}")
    checked_device(generator, inputs.device)
    steps = checked_count("steps", steps, least=0)
    if batch is not None:
        batch = checked_count("batch", batch, least=1)
    record = checked_record(record, steps)
    bias = w_out.new_zeros(w_out.shape[:2]) if bias is None else bias
    if bias.shape != w_out.shape[:2]:
        raise ValueError(f"bias has shape {tuple(bias.shape)}; it must be (S, K)")
    stack = NetworkStack([w_in, w_out], nonlinearity, biases=[None, bias], loss=loss)
    masks = _Masks(dropout, keep_prob, w_in, generator)
    optimizing, kept = optimizer(stack.parameters), []
    for step in range(steps + 1):
        if step in record:
            parts = (part.clone() for part in stack.parameters)
            kept.append((stack.mean_loss(inputs, targets), *parts))
        if step < steps:
            chosen = _chosen(len(inputs), batch, generator, inputs.device)
            examples = inputs[chosen]
            stack.backward(examples, targets[chosen], masks.draw(len(examples)))
            optimizing.step()
    losses, *weights, biases = (torch.stack(part, dim=1) for part in zip(*kept, strict=True))
    return TwoLayerHistory(loss=losses, weights=tuple(weights), biases=(biases,))


def _chosen(
    count: int, batch: int | None, generator: torch.Generator, device: torch.device
) -> slice | Tensor:
    if batch is None:
        return slice(None)
    chosen = torch.randint(count, (batch,), generator=generator, device=generator.device)
    return chosen.to(device)


class _Masks:
    """Draws a dropout mask a step: (S, n, H), or nothing where no network drops units."""

    def __init__(
        self,
        dropout: str | Sequence[str],
        keep_prob: float,
        w_in: Tensor,
        generator: torch.Generator,
    ) -> None:
        names = [dropout] * len(w_in) if isinstance(dropout, str) else list(dropout)
        if len(names) != len(w_in):
            raise ValueError(f"dropout names {len(names)} kinds for {len(w_in)} networks")
        for name in names:
            if name not in DROPOUTS:
                known = ", ".join(map(repr, DROPOUTS))
                raise ValueError(f"dropout={name!r} is unknown; use one of {known}")
        keep_prob = checked_probability("keep_prob", keep_prob)
        if keep_prob == 0:
            raise ValueError("keep_prob=0 drops every unit; it must be above 0")
        self.keep_prob, self.generator, self.like = keep_prob, generator, w_in
        self.shared = [i for i, name in enumerate(names) if name == "shared mask"]
        self.single = [i for i, name in enumerate(names) if name == "per example"]

    def draw(self, count: int) -> Tensor | None:
        if not (self.shared or self.single):
            return None
        networks, units = self.like.shape[:2]
        mask = self.like.new_ones(networks, count, units)
        for chosen, examples in ((self.shared, 1), (self.single, count)):
            if chosen:
                kept = self._kept(len(chosen), examples, units).expand(-1, count, -1)
                mask.index_copy_(0, torch.tensor(chosen).to(mask.device), kept)
        return mask

    def _kept(self, *shape: int) -> Tensor:
        uniform = drawn(torch.rand, *shape, generator=self.generator, device=self.like.device)
        return (uniform < self.keep_prob).to(self.like) / self.keep_prob


def _check_shapes(inputs: Tensor, targets: Tensor, w_in: Tensor, w_out: Tensor) -> None:
    parts = {"inputs": inputs, "targets": targets, "w_in": w_in, "w_out": w_out}
    wanted = ("(n, d)", "(n, K)", "(S, H, d)", "(S, K, H)")
    for (name, value), shape in zip(parts.items(), wanted, strict=True):
        checked_tensor(name, value, shape=shape, floating=True, finite=False)
    networks, units, features = w_in.shape
    fitting = (networks, targets.shape[1], units)
    if inputs.shape[1] != features or len(targets) != len(inputs) or w_out.shape != fitting:
        shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in parts.items())
        raise ValueError(f"these do not fit together: {shapes}")
