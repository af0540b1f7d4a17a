"""A network that fails, trained by eight remedies at all rates, so that a page can do it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from trainability.linear import nearly_orthogonal
from trainability.nonlinearities import as_function, vector_jacobian_product
from trainability.norms import matrix_norms
from trainability.programs import scan

SWEPT = ("SGD", "clipping", "Adam", "Muon", "LAMB", "LARS", "RMSNorm", "RMSNorm + LARS")
_FIRST_NORMALIZED = 6  # from this place on remedies normalize
_AVERAGED = {2: 0, 4: 1}  # the places of those that keep Adam's averages, and where these lie
# Two rates for each factor of ten, over twelve of them.
RATES = 10 ** torch.arange(-10.0, 2.01, 0.5, dtype=torch.float64).float()
_COUNT = RATES.shape[0]
_LAYERS = ("w_first", "w", "w_last")
_MOMENTUM, _BETAS = 0.9, (0.9, 0.999)
_MUON_MOMENTUM = 0.95
_TRUST = 1e-3
_TINY = 1e-30
_EPS = torch.finfo(torch.float32).eps
_PLAIN = slice(0, _FIRST_NORMALIZED * _COUNT)
_NORMALIZED = slice(_FIRST_NORMALIZED * _COUNT, len(SWEPT) * _COUNT)
_RATE = RATES.view(-1, 1, 1)


@dataclass(frozen=True)
class RateSweep:
    """Train copies of one network, each with a remedy and a rate of its own.

    The network has hidden layers of one width and no biases. :meth:`begin` and :meth:`step` are
    what :class:`trainability.programs.Run` takes. The S copies stand remedy by remedy, in the
    order of ``SWEPT``, and by rising rate, ``RATES``.

    Attributes
    ----------
    inputs : Tensor, shape (n, d)
        Centered features of mean square about 1.
    targets : Tensor, shape (n, classes)
        1 for each example's class, else 0.

    Examples
    --------
    A healthy network of few layers: each remedy has a rate that heals it.

    >>> sweep = RateSweep(torch.eye(4), torch.eye(4))
    >>> generator = torch.Generator().manual_seed(0)
    >>> state = sweep.begin(depth=2, width=12, init_scale=1.4, generator=generator)
    >>> for _ in range(60):
    ...     state, _ = sweep.step(state, nonlinearity="relu")
    >>> losses = sweep.losses(state, nonlinearity="relu")
    >>> bool((losses.nan_to_num(nan=9.0).amin(1) < 0.5).all())
    True
    """

    inputs: Tensor
    targets: Tensor

    def begin(
        self,
        init_scale: float = 2.0,
        depth: int = 12,
        width: int = 16,
        spread: float = 1.0,
        uneven: float = 1.0,
        shared: float = 0.0,
        *,
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        """Draw the network, break it, and copy it.

        Parameters
        ----------
        init_scale : float
            σ_w: the hidden weights' standard deviation times √fan-in; 1 for the last layer.
        depth, width : int
            Hidden layers, two or more, and units in each.
        spread : float
            Share of the weights that is drawn for each unit; at 0 a layer's units are equal.
        uneven : float
            What all layers but one are multiplied by; the one, in the middle, is divided by
            this for each of them, which leaves a ReLU network's function as it is.
        shared : float
            A number added to every input, before they are divided by their root mean square.
        generator : torch.Generator
            Source of the weights.
        """
        inputs, classes = self.inputs.shape[1], self.targets.shape[1]
        same = 1 - spread

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator)

        first = spread * normal(width, inputs) + same * normal(1, inputs)
        hidden = spread * normal(depth - 1, width, width) + same / width**0.5
        last = spread * normal(classes, width) + same * normal(classes, 1)
        place = torch.arange(depth - 1).view(-1, 1, 1)
        weak = (place == (depth - 1) // 2).float()
        factor = uneven * (1 - weak) + weak * uneven ** (0.0 - depth)
        network = {
            "w_first": first * (uneven * init_scale / inputs**0.5),
            "w": hidden * factor * (init_scale / width**0.5),
            "w_last": last * (uneven / width**0.5),
        }
        zeros = torch.zeros(len(SWEPT) * _COUNT, 1, 1)
        state = {name: zeros + weight.unsqueeze(-3) for name, weight in network.items()}
        state |= {f"moment {name}": 0 * weight for name, weight in state.items()}
        some = torch.zeros(len(_AVERAGED) * _COUNT, 1, 1)
        state |= {f"square {name}": 0 * (some + w.unsqueeze(-3)) for name, w in network.items()}
        moved = self.inputs + shared
        state["x"] = moved / moved.square().mean().sqrt()
        return state | {"count": torch.zeros((), dtype=torch.float64)}

    def losses(self, state: dict[str, Tensor], nonlinearity: str = "relu") -> Tensor:
        """Return the mean cross entropy of each copy, shape (remedies, rates)."""
        return self._back(state, nonlinearity)[0].view(len(SWEPT), _COUNT)

    def unevenness(self, state: dict[str, Tensor]) -> Tensor:
        """Return the largest over the smallest size of a layer's weights, of the slowest copy.

        The size is the root mean square times √fan-in; the slowest copy is plain SGD's at the
        smallest rate, which stays where it starts for long.
        """
        sizes = [
            (state[name][..., 0, :, :].square().sum((-2, -1)) / rows).sqrt().view(-1)
            for name, rows in (
                ("w_first", state["w_first"].shape[-2]),
                ("w", state["w"].shape[-2]),
                ("w_last", state["w_last"].shape[-2]),
            )
        ]
        together = torch.cat(sizes)
        return together.amax() / together.amin().clamp(min=_TINY)

    def step(
        self,
        state: dict[str, Tensor],
        nonlinearity: str = "relu",
        weight_decay: float = 0.0,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Make one step of every copy; keep the lowest loss before it.

        Parameters
        ----------
        state : dict of str to Tensor
            Of :meth:`begin` or of this.
        nonlinearity : str
            As :func:`trainability.nonlinearities.as_function` knows it.
        weight_decay : float
            β of all remedies: added to the gradient as β·w, by LAMB to its direction, by Adam and
            Muon apart from it, and by LARS inside its norms.
        """
        loss, gradients = self._back(state, nonlinearity)
        after = {**state, "count": state["count"] + 1}
        clipped = SWEPT.index("clipping")
        whole = _length_of_all([_of(gradients[name], clipped) for name in _LAYERS])
        for name in _LAYERS:
            after |= _updated(name, state, gradients[name], whole, after["count"], weight_decay)
        lowest = torch.where(loss == loss, loss, torch.full_like(loss, torch.inf)).amin()
        return after, {"loss": lowest}

    def _back(
        self, state: dict[str, Tensor], nonlinearity: str
    ) -> tuple[Tensor, dict[str, Tensor]]:
        g = as_function(nonlinearity)

        def normalized(z: Tensor) -> Tensor:
            return g(z * (z.square().mean(-1, keepdim=True) + _EPS).rsqrt())

        parts = [
            _pass(
                state["x"], self.targets, [state[name][..., which, :, :] for name in _LAYERS], layer
            )
            for which, layer in ((_PLAIN, g), (_NORMALIZED, normalized))
        ]
        losses, gradients = zip(*parts, strict=True)
        pairs = zip(*gradients, strict=True)
        whole = {name: torch.cat(pair, -3) for name, pair in zip(_LAYERS, pairs, strict=True)}
        return torch.cat(losses), whole


def _pass(
    x: Tensor, targets: Tensor, weights: list[Tensor], layer: Callable[[Tensor], Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """The losses of some copies, and the gradients of their three kinds of layers."""
    w_first, hidden, w_last = weights

    def forward(signal: Tensor, weight: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        z = signal @ weight.mT
        return layer(z), (signal, z)

    def backward(arriving: Tensor, kept: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        signal, z, weight = kept
        dz = vector_jacobian_product(layer, z, arriving)
        return dz @ weight, dz.mT @ signal

    seen = x + torch.zeros(w_first.shape[0], 1, 1)
    first = seen @ w_first.mT
    last, (signals, z) = scan(forward, layer(first), hidden)
    with torch.enable_grad():
        leaves = [each.detach().requires_grad_() for each in (last, w_last)]
        chances = log_softmax(leaves[0] @ leaves[1].mT, -1)
        loss = -(chances * targets).sum((1, 2)) / targets.shape[0]
        top, slope = torch.autograd.grad(loss.sum(), leaves)
    arriving, slopes = scan(backward, top, (signals, z, hidden), reverse=True)
    dz = vector_jacobian_product(layer, first, arriving)
    return loss.detach(), [dz.mT @ seen, slopes, slope]


def _length_of_all(gradients: list[Tensor]) -> Tensor:
    first, hidden, last = map(matrix_norms, gradients)
    each = torch.cat([first.unsqueeze(0), hidden, last.unsqueeze(0)])
    largest = each.amax(0).clamp(min=_TINY)
    return largest * (each / largest).square().sum(0).sqrt()


def _of(tensor: Tensor, remedy: int) -> Tensor:
    """The copies of one remedy."""
    return tensor[..., remedy * _COUNT : (remedy + 1) * _COUNT, :, :]


def _updated(
    name: str,
    state: dict[str, Tensor],
    gradient: Tensor,
    whole: Tensor,
    count: Tensor,
    decay: float,
) -> dict[str, Tensor]:
    """The copies' weights and memory of one layer after a step."""
    weights, moments, squares = (state[f"{part}{name}"] for part in ("", "moment ", "square "))
    after: dict[str, list[Tensor]] = {"": [], "moment ": [], "square ": []}
    corrections = [(1 - beta**count).float() for beta in _BETAS]
    for at, remedy in enumerate(SWEPT):
        w, g, m = _of(weights, at), _of(gradient, at), _of(moments, at)
        kept = w * (1 - _RATE * decay)  # of those that decay apart from their step
        if at in _AVERAGED:
            m = _BETAS[0] * m + (1 - _BETAS[0]) * g
            v = _BETAS[1] * _of(squares, _AVERAGED[at]) + (1 - _BETAS[1]) * g.square()
            eps = 1e-8 if remedy == "Adam" else 1e-6
            direction = (m / corrections[0]) / ((v / corrections[1]).sqrt() + eps)
            if remedy == "LAMB":
                direction = direction + decay * w
                kept = w
                direction = direction * _ratio(matrix_norms(w), matrix_norms(direction))
            after["square "].append(v)
            w = kept - _RATE * direction
        elif remedy == "Muon":
            keep = _MUON_MOMENTUM
            m = keep * m + (1 - keep) * g
            w = kept - _RATE * nearly_orthogonal(keep * m + (1 - keep) * g)
        elif remedy.endswith("LARS"):
            size, slope = matrix_norms(w), matrix_norms(g)
            trust = _TRUST * _ratio(size, slope + decay * size)
            m = _MOMENTUM * m + _RATE * trust * (g + decay * w)
            w = w - m
        else:
            if remedy == "clipping":
                g = g * (1 / (whole + 1e-6)).clamp(max=1)
            m = _MOMENTUM * m + g + decay * w
            w = w - _RATE * m
        after[""].append(w)
        after["moment "].append(m)
    return {f"{part}{name}": torch.cat(parts, -3) for part, parts in after.items()}


def _ratio(weights: Tensor, steps: Tensor) -> Tensor:
    one = torch.ones_like(steps)
    apart = torch.logical_and(weights > _TINY, steps > _TINY)
    return torch.where(apart, weights / torch.where(apart, steps, one), one)
