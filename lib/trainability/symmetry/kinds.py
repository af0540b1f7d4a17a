"""Which symmetries of networks block learning, which are redundant, which are built in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

Weights = dict[str, Tensor]
_ROUNDING = 1e-9


def _unchanged(tensor: Tensor) -> Tensor:
    return tensor


def _same_weights(weights: Weights) -> Weights:
    return weights


@dataclass(frozen=True)
class Symmetry:
    """A change of a network's weights, or of what it reads and says, to be judged.

    Attributes
    ----------
    shapes : mapping of str to tuple of int
        Of the network's weights, by name; empty where it has none.
    inputs : tuple of int
        The shape of what it reads.
    answer : callable
        ``answer(weights, x)``, what the network says.
    on_weights : callable
        Weights in, changed weights out.
    on_inputs, on_outputs : callable
        What becomes of what is read, and of what is said.

    Examples
    --------
    A hidden unit of a tanh network is flipped:

    >>> flip = Symmetry(
    ...     shapes={"w": (3,), "v": ()},
    ...     inputs=(3,),
    ...     answer=lambda p, x: p["v"] * torch.tanh(p["w"] @ x),
    ...     on_weights=lambda p: {"w": -p["w"], "v": -p["v"]},
    ... )
    >>> kind_of(flip, start=1.0), kind_of(flip, start=0.0)
    ('redundant', 'blocks')
    """

    shapes: Mapping[str, tuple[int, ...]]
    inputs: tuple[int, ...]
    answer: Callable[[Weights, Tensor], Tensor]
    on_weights: Callable[[Weights], Weights] = _same_weights
    on_inputs: Callable[[Tensor], Tensor] = _unchanged
    on_outputs: Callable[[Tensor], Tensor] = _unchanged


def start_weights(symmetry: Symmetry, start: float | None = None, *, seed: int = 0) -> Weights:
    """Return weights that are all one number, or standard normal numbers.

    Parameters
    ----------
    symmetry : Symmetry
        Gives the shapes.
    start : float, optional
        The number. Without one the weights are random.
    seed : int
        Of the random weights.

    Returns
    -------
    dict of str to Tensor
        In float64.

    Examples
    --------
    >>> weights = start_weights(SYMMETRIES["a tanh unit flipped"], 0.5)
    >>> tuple(weights["w"].shape), weights["v"].unique().item()
    ((4, 3), 0.5)
    """
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(shape, generator=generator, dtype=torch.float64)
        if start is None
        else torch.full(shape, float(start), dtype=torch.float64)
        for name, shape in symmetry.shapes.items()
    }


def kind_of(symmetry: Symmetry, start: float | None = None) -> str:
    """Say whether a symmetry moves weights, and whether it leaves the start unchanged.

    Gradient descent from a start that a symmetry of the weights leaves unchanged is confined to
    the weights that it leaves unchanged: it *blocks*. From other starts it is *redundant*: other
    weights, the same function. One that moves no weights is *built in*.

    Parameters
    ----------
    symmetry : Symmetry
    start : float, optional
        The value of all weights; without one they are random.

    Returns
    -------
    {"blocks", "redundant", "built in", "no symmetry"}
        The last where the change does alter what the network computes, for random weights and
        inputs: equal parts then need not stay equal.

    References
    ----------
    Ziyin (2024), "Symmetry induces structure and constraint of learning",
    https://arxiv.org/abs/2309.16932

    Examples
    --------
    >>> [kind_of(SYMMETRIES["two hidden units exchanged"], start) for start in (None, 0.3)]
    ['redundant', 'blocks']
    >>> kind_of(SYMMETRIES["two layers exchanged"], 0.3)
    'no symmetry'
    """
    weights = start_weights(symmetry)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(symmetry.inputs, generator=generator, dtype=torch.float64)
    changed = symmetry.answer(symmetry.on_weights(weights), symmetry.on_inputs(x))
    if _differ(changed, symmetry.on_outputs(symmetry.answer(weights, x))):
        return "no symmetry"
    if not _move(symmetry, weights):
        return "built in"
    return "redundant" if _move(symmetry, start_weights(symmetry, start)) else "blocks"


def _move(symmetry: Symmetry, weights: Weights) -> bool:
    moved = symmetry.on_weights(weights)
    return any(_differ(weights[name], moved[name]) for name in weights)


def _differ(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() > _ROUNDING)


def _swapped(tensor: Tensor, dim: int = 0) -> Tensor:
    """Exchange the first two entries along a dimension."""
    order = torch.arange(tensor.shape[dim], device=tensor.device)
    order[:2] = order[:2].flip(0)
    return tensor.index_select(dim, order)


def _times_first(tensor: Tensor, factor: float, dim: int = 0) -> Tensor:
    """Multiply the first entry along a dimension."""
    factors = torch.ones(tensor.shape[dim], dtype=tensor.dtype, device=tensor.device)
    factors[0] = factor
    shape = [1] * tensor.ndim
    shape[dim] = -1
    return tensor * factors.view(shape)


def _two_layers(g: Callable[[Tensor], Tensor]) -> Callable[[Weights, Tensor], Tensor]:
    return lambda p, x: p["v"] @ g(p["w"] @ x)


def _convolve(p: Weights, x: Tensor) -> Tensor:
    padded = torch.cat([x[..., -1:], x, x[..., :1]], dim=-1)
    return torch.tanh(torch.nn.functional.conv1d(padded[None], p["filters"][:, None]))[0]


def _recur(p: Weights, x: Tensor) -> Tensor:
    h = torch.zeros(len(p["hh"]), dtype=x.dtype, device=x.device)
    for now in x:
        h = torch.tanh(p["hh"] @ h + p["xh"] @ now)
    return p["hy"] @ h


def _attend(p: Weights, x: Tensor) -> Tensor:
    return torch.softmax((x @ p["q"]) @ (x @ p["k"]).T, dim=1) @ x


def _mix_experts(p: Weights, x: Tensor) -> Tensor:
    return torch.softmax(p["gate"] @ x, dim=0) @ torch.tanh(p["experts"] @ x)


def _pass_messages(p: Weights, x: Tensor) -> Tensor:
    """Nodes with their rows of the adjacency matrix, and behind them their features."""
    adjacency, features = x[:, : len(x)], x[:, len(x) :]
    return torch.tanh(adjacency @ features @ p["neighbors"] + features @ p["itself"])


def _renumbered(x: Tensor) -> Tensor:
    n = len(x)
    return torch.cat([_swapped(_swapped(x[:, :n]), 1), _swapped(x[:, n:])], dim=1)


def _both_rows(names: tuple[str, ...], columns: tuple[str, ...]) -> Callable[[Weights], Weights]:
    """Exchange the first two rows of some weights and the first two columns of others."""

    def change(p: Weights) -> Weights:
        rows = {name: _swapped(p[name]) for name in names}
        return {**p, **rows, **{n: _swapped(rows.get(n, p[n]), 1) for n in columns}}

    return change


def _scaled(factor: float, back: float) -> Callable[[Weights], Weights]:
    return lambda p: {
        "w": _times_first(p["w"], factor),
        "v": _times_first(p["v"], back, 1),
    }


def _turned(p: Weights) -> Weights:
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64).to(p["encode"])
    return {"encode": turn @ p["encode"], "decode": p["decode"] @ turn.T}


_HIDDEN = {"w": (4, 3), "v": (2, 4)}

#: The symmetries of lesson 2's map, and one change that is none, by name.
SYMMETRIES: dict[str, Symmetry] = {
    "two hidden units exchanged": Symmetry(
        _HIDDEN, (3,), _two_layers(torch.tanh), _both_rows(("w",), ("v",))
    ),
    "two filters exchanged": Symmetry(
        {"filters": (3, 3), "v": (2, 3)},
        (1, 8),
        lambda p, x: p["v"] @ _convolve(p, x).mean(dim=1),
        _both_rows(("filters",), ("v",)),
    ),
    "two recurrent units exchanged": Symmetry(
        {"hh": (3, 3), "xh": (3, 2), "hy": (1, 3)},
        (4, 2),
        _recur,
        _both_rows(("hh", "xh"), ("hh", "hy")),
    ),
    "two attention channels exchanged": Symmetry(
        {"q": (3, 3), "k": (3, 3)}, (4, 3), _attend, _both_rows((), ("q", "k"))
    ),
    "two experts exchanged": Symmetry(
        {"experts": (3, 3), "gate": (3, 3)}, (3,), _mix_experts, _both_rows(("experts", "gate"), ())
    ),
    "a tanh unit flipped": Symmetry(_HIDDEN, (3,), _two_layers(torch.tanh), _scaled(-1.0, -1.0)),
    "a ReLU unit rescaled": Symmetry(_HIDDEN, (3,), _two_layers(torch.relu), _scaled(2.0, 0.5)),
    "a linear code turned": Symmetry(
        {"encode": (2, 4), "decode": (4, 2)},
        (4,),
        lambda p, x: p["decode"] @ (p["encode"] @ x),
        _turned,
    ),
    "all logits raised": Symmetry(
        {"w": (3, 3), "bias": (3,)},
        (3,),
        lambda p, x: torch.softmax(p["w"] @ x + p["bias"], dim=0),
        lambda p: {**p, "bias": p["bias"] + 1},
    ),
    "the image shifted": Symmetry(
        {"filters": (3, 3)},
        (1, 8),
        _convolve,
        on_inputs=lambda x: x.roll(1, -1),
        on_outputs=lambda y: y.roll(1, -1),
    ),
    "the nodes renumbered": Symmetry(
        {"neighbors": (2, 3), "itself": (2, 3)},
        (4, 6),
        _pass_messages,
        on_inputs=_renumbered,
        on_outputs=_swapped,
    ),
    "the tokens reordered": Symmetry(
        {"q": (3, 2), "k": (3, 2)}, (4, 3), _attend, on_inputs=_swapped, on_outputs=_swapped
    ),
    "a pooling window shuffled": Symmetry({}, (4,), lambda _, x: x.mean(), on_inputs=_swapped),
    "two layers exchanged": Symmetry(
        {"first": (3, 3), "second": (3, 3)},
        (3,),
        lambda p, x: torch.tanh(p["second"] @ torch.tanh(p["first"] @ x)),
        lambda p: {"first": p["second"], "second": p["first"]},
    ),
}
