"""How far along a step the loss does what its gradient promises, so that a page can ask."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from trainability.linear import nearly_orthogonal
from trainability.nonlinearities import as_function
from trainability.norms import matrix_norms
from trainability.programs import scan
from trainability.training import DeepRun

RULES = ("SGD", "Adam", "Muon", "LARS")
# Relative steps, eight for each factor of ten.
LENGTHS = 10 ** torch.arange(-5.0, 0.51, 0.125, dtype=torch.float64)
_LAYERS = ("w_first", "w", "w_last")
_TINY = 1e-30
_EPS = 1e-5  # of torch's nn.LayerNorm


@dataclass(frozen=True)
class TrustRadius:
    """Follow the first steps of four optimizers, from too short to too long.

    A step of relative length t changes the layers' weights, in the root mean square over the
    layers of ‖ΔW‖/‖W‖, by t. Its direction is that of the optimizer's first step without
    momentum: SGD's is the gradient's, LARS moves every layer by the same share, Adam every
    weight by as much, Muon every singular direction. Biases stay.

    Attributes
    ----------
    run : DeepRun
        Draws the network and holds the examples.

    Examples
    --------
    Every rule starts downhill:

    >>> task = TrustRadius(DeepRun(torch.eye(8), torch.eye(8)))
    >>> generator = torch.Generator().manual_seed(0)
    >>> found = task.measure(depth=3, width=12, init_scale=1.0, generator=generator)
    >>> tuple(found["losses"].shape), bool((found["promises"][:, 0] > 0).all())
    ((4, 45), True)
    """

    run: DeepRun

    def measure(
        self,
        init_scale: float = 1.0,
        depth: int = 20,
        width: int = 20,
        nonlinearity: str = "tanh",
        skip: float = 0.0,
        norm: str = "none",
        *,
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        """Measure the loss along each rule's step.

        Parameters
        ----------
        init_scale, depth, width, generator
            As for :meth:`DeepRun.begin`.
        nonlinearity, skip, norm
            As for :meth:`DeepRun.backpropagation`.

        Returns
        -------
        dict
            ``start``, the loss before; ``losses``, shape (rules, lengths), that after the steps of
            ``LENGTHS``; ``promises``, by how much it would fall if the gradient held. float64.
        """
        drawn = self.run.begin(init_scale, 0.0, depth, width, generator=generator)
        state = {name: value.double() for name, value in drawn.items()}
        back = self.run.backpropagation(state, nonlinearity, norm, skip, "float64")
        parts = [_directions(state[name], back.gradients[name]) for name in _LAYERS]
        directions = dict(zip(_LAYERS, _of_length_one(parts, state), strict=True))
        slopes = [
            (directions[name] * back.gradients[name]).sum((-2, -1)).view(len(RULES), -1).sum(1)
            for name in _LAYERS
        ]
        promises = (slopes[0] + slopes[1] + slopes[2]).view(-1, 1) * LENGTHS
        moved = {name: _copies(state[name].unsqueeze(0), directions[name]) for name in _LAYERS}
        logits = self._logits(moved, state["x"], nonlinearity, skip, norm)
        chances = (log_softmax(logits, -1) * self.run.targets).sum((1, 2))
        losses = (-chances / self.run.targets.shape[0]).view(len(RULES), -1)
        return {"start": back.loss, "losses": losses, "promises": promises}

    def _logits(
        self, weights: dict[str, Tensor], x: Tensor, nonlinearity: str, skip: float, norm: str
    ) -> Tensor:
        g = as_function(nonlinearity)

        def layer(z: Tensor) -> Tensor:
            if norm == "LayerNorm":
                z = z - z.mean(-1, keepdim=True)
                z = z * (z.square().mean(-1, keepdim=True) + _EPS).rsqrt()
            return g(z)

        def forward(signal: Tensor, weight: Tensor) -> tuple[Tensor, tuple[()]]:
            return layer(signal @ weight.mT) + skip * signal, ()

        copies = len(RULES) * LENGTHS.shape[0]
        seen = x + torch.zeros(copies, 1, 1, dtype=torch.float64)
        last, _ = scan(forward, layer(seen @ weights["w_first"].mT), weights["w"])
        logits: Tensor = last @ weights["w_last"].mT
        return logits


def _directions(weights: Tensor, gradient: Tensor) -> Tensor:
    """Where each rule would go down, shape (rules, …)."""
    slope = matrix_norms(gradient)
    by_share = gradient * (matrix_norms(weights) / slope.clamp(min=_TINY))
    return torch.stack([gradient, gradient.sign(), nearly_orthogonal(gradient), by_share])


def _of_length_one(parts: list[Tensor], state: dict[str, Tensor]) -> list[Tensor]:
    """Scale each rule's directions so that their relative length is 1 over the layers."""
    shares = []
    for part, name in zip(parts, _LAYERS, strict=True):
        share = matrix_norms(part) / matrix_norms(state[name]).clamp(min=_TINY)
        shares.append(share.view(len(RULES), -1))
    together = torch.cat(shares, 1)
    largest = together.amax(1, keepdim=True).clamp(min=_TINY)
    size = (largest * (together / largest).square().mean(1, keepdim=True).sqrt()).flatten()
    return [part / size.view(-1, *[1] * (part.dim() - 1)).clamp(min=_TINY) for part in parts]


def _copies(weight: Tensor, directions: Tensor) -> Tensor:
    """The weights after each step, one of (copies, m, n) or (layers, copies, m, n)."""
    lengths = LENGTHS.view(1, -1, *[1] * (directions.dim() - 1))
    moved = weight.unsqueeze(1) - lengths * directions.unsqueeze(1)
    if directions.dim() == 3:
        return moved.flatten(0, 1)
    return moved.flatten(0, 1).transpose(0, 1)
