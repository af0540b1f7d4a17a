"""A deep and a linear path that learn one task together, so that a page can train them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainability.nonlinearities import as_function, vector_jacobian_product
from trainability.programs import scan


@dataclass(frozen=True)
class PathRace:
    """Train a regressor with a deep and a linear path, each at a rate and a decay of its own.

    The output is v·h_L + b + s·(u·x): the last of L hidden layers, and ``skip`` times a linear
    model of the inputs. :meth:`begin` and :meth:`step` are what
    :class:`trainability.programs.Run` takes.

    Attributes
    ----------
    inputs : Tensor, shape (n, d)
        Standardized features.
    targets : Tensor, shape (n,)
        Standardized.
    learned : Tensor, shape (n,)
        1 for the examples that are learned from, 0 for those held out.

    Examples
    --------
    A target that is linear in the inputs: the linear path makes most of the output.

    >>> x = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    >>> race = PathRace(x, x.sum(1), (torch.arange(60) < 40).float())
    >>> state = race.begin(depth=2, width=12, generator=torch.Generator().manual_seed(1))
    >>> for _ in range(60):
    ...     state, kept = race.step(state)
    >>> kept["held"].item() > 0.9, kept["share"].item() > 0.5
    (True, True)
    """

    inputs: Tensor
    targets: Tensor
    learned: Tensor

    def begin(
        self,
        depth: int = 4,
        width: int = 20,
        output_scale: float = 0.0,
        *,
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        """Draw the weights, of variance one over fan-in; the biases are 0.

        Parameters
        ----------
        depth, width : int
            Hidden layers, two or more, and units in each.
        output_scale : float
            Multiplies the last weights of both paths; at 0 both start silent.
        generator : torch.Generator
            Source of the weights.
        """
        features = self.inputs.shape[1]

        def normal(*shape: int) -> Tensor:
            size: float = shape[-1] ** 0.5
            return torch.randn(*shape, generator=generator) / size

        return {
            "w_first": normal(width, features),
            "b_first": torch.zeros(width),
            "w": normal(depth - 1, width, width),
            "b": torch.zeros(depth - 1, width),
            "w_last": output_scale * normal(1, width),
            "b_last": torch.zeros(()),
            "direct": output_scale * normal(1, features),
            "best": torch.full((), -torch.inf),
        }

    def paths(
        self, state: dict[str, Tensor], nonlinearity: str = "tanh", skip: float = 1.0
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the outputs of the deep and the linear path, (n,), and the layers', (L, n, H)."""
        layers, _ = self._forward(state, nonlinearity)
        return self._deep(state, layers), self._linear(state, skip), layers

    @staticmethod
    def _deep(state: dict[str, Tensor], layers: Tensor) -> Tensor:
        output: Tensor = (layers[-1] @ state["w_last"].T)[:, 0] + state["b_last"]
        return output

    def _linear(self, state: dict[str, Tensor], skip: float) -> Tensor:
        output: Tensor = skip * (self.inputs @ state["direct"].T)[:, 0]
        return output

    def _forward(self, state: dict[str, Tensor], nonlinearity: str) -> tuple[Tensor, Tensor]:
        """The hidden layers' outputs, and what their units summed up, both (L, n, H)."""
        g = as_function(nonlinearity)

        def layer(signal: Tensor, own: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
            z = signal @ own[0].T + own[1]
            return g(z), (g(z), z)

        first = self.inputs @ state["w_first"].T + state["b_first"]
        _, (layers, sums) = scan(layer, g(first), (state["w"], state["b"]))
        return (
            torch.cat([g(first).unsqueeze(0), layers]),
            torch.cat([first.unsqueeze(0), sums]),
        )

    def step(
        self,
        state: dict[str, Tensor],
        nonlinearity: str = "tanh",
        skip: float = 1.0,
        deep_lr: float = 0.1,
        linear_lr: float = 0.1,
        deep_decay: float = 0.0,
        linear_decay: float = 0.0,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Make one step of gradient descent on half the mean squared error.

        Parameters
        ----------
        state : dict of str to Tensor
            Of :meth:`begin` or of this.
        nonlinearity : str
            As :func:`trainability.nonlinearities.as_function` knows it.
        skip : float
            How much of the linear path counts; without it, 0.
        deep_lr, linear_lr : float
            Learning rates of the two paths; the bias belongs to the deep one.
        deep_decay, linear_decay : float
            Weight decay of the two paths.

        Returns
        -------
        tuple of dict
            The state after the step; of before it the ``loss``, R² on the examples learned from,
            ``learned``, and on those ``held`` out, and ``share``, the variance of the linear path's
            output over the sum of both paths' variances; 0 where both are silent.
        """
        g = as_function(nonlinearity)
        layers, sums = self._forward(state, nonlinearity)
        deep = self._deep(state, layers)
        linear = self._linear(state, skip)
        measured = self.measure(deep, linear)
        missed = (deep + linear - self.targets) * self.learned / self.learned.sum()
        loss = ((deep + linear - self.targets).square() * self.learned).sum() / 2

        def backward(
            arriving: Tensor, kept: tuple[Tensor, ...]
        ) -> tuple[Tensor, tuple[Tensor, ...]]:
            signal, z, weight = kept
            dz = vector_jacobian_product(g, z, arriving)
            return dz @ weight, (dz.T @ signal, dz.sum(0))

        missed_row = missed.view(1, -1)
        top = missed_row.T * state["w_last"]
        arriving, (dw, db) = scan(backward, top, (layers[:-1], sums[1:], state["w"]), reverse=True)
        dz = vector_jacobian_product(g, sums[0], arriving)
        slopes = {
            "w_first": dz.T @ self.inputs,
            "b_first": dz.sum(0),
            "w": dw,
            "b": db,
            "w_last": missed_row @ layers[-1],
            "b_last": missed.sum(),
        }
        kept = 1 - deep_lr * deep_decay
        after = {name: kept * state[name] - deep_lr * slope for name, slope in slopes.items()}
        pull = skip * (missed_row @ self.inputs)
        direct = (1 - linear_lr * linear_decay) * state["direct"] - linear_lr * pull
        best = torch.maximum(state["best"], measured["held"])
        told = {"loss": loss / self.learned.sum(), **measured}
        return {**state, **after, "direct": direct, "best": best}, told

    def measure(self, deep: Tensor, linear: Tensor) -> dict[str, Tensor]:
        """Return R² on both parts, and the linear path's share, as :meth:`step` keeps them."""
        missed = (deep + linear - self.targets).square()
        r2 = {
            name: 1 - (missed * part).sum() / _spread(self.targets, part)
            for name, part in (("learned", self.learned), ("held", 1 - self.learned))
        }
        straight, through = _spread(linear, self.learned), _spread(deep, self.learned)
        return r2 | {"share": straight / (straight + through).clamp(min=1e-12)}


def _spread(values: Tensor, part: Tensor) -> Tensor:
    """Sum of squares about the mean, over some of the examples."""
    mean = (values * part).sum() / part.sum()
    return ((values - mean).square() * part).sum()
