"""A classifier of any depth as a start and a step, so that a page can train it."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from trainability.nonlinearities import as_function
from trainability.training.backpropagation import Backpropagation, backpropagate, draw_network

NORMS = ("none", "LayerNorm")
_EPS = 1e-5  # of torch's nn.LayerNorm


@dataclass(frozen=True)
class DeepRun:
    """Train a network of hidden layers of one width, by gradient descent on all examples.

    :meth:`begin` and :meth:`step` are what :class:`trainability.programs.Run` takes; a look at
    the state begins with :meth:`backpropagation`.

    Attributes
    ----------
    inputs : Tensor, shape (n, d)
        Each feature is centered over the examples, and all are divided by one number, so that
        their mean square is 1.
    targets : Tensor, shape (n, classes)
        1 for each example's class, else 0.

    Examples
    --------
    >>> run = DeepRun(torch.eye(3), torch.eye(3))
    >>> state = run.begin(depth=2, width=16, generator=torch.Generator().manual_seed(0))
    >>> for _ in range(50):
    ...     state, kept = run.step(state, lr=0.5)
    >>> kept["loss"].item() < 0.1
    True
    """

    inputs: Tensor
    targets: Tensor

    def begin(
        self,
        init_scale: float = 1.0,
        bias_scale: float = 0.0,
        depth: int = 30,
        width: int = 32,
        init: str = "normal",
        *,
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        """Draw the network, and prepare the examples.

        Parameters
        ----------
        init_scale, bias_scale : float
            σ_w and σ_b: standard deviations of the weights times √fan-in, and of the biases.
        depth, width : int
            Hidden layers, two or more, and units in each.
        init : {"normal", "uniform", "orthogonal"}
            As for :func:`draw_network`; ``"uniform"``, torch's default, takes no scales.
        generator : torch.Generator
            Source of every number.
        """
        inputs, classes = self.inputs.shape[1], self.targets.shape[1]
        network = draw_network(
            inputs, depth, width, classes, init_scale, init=init, generator=generator
        )
        if init != "uniform":
            network["b_first"] = bias_scale * torch.randn(width, generator=generator)
            network["b"] = bias_scale * torch.randn(depth - 1, width, generator=generator)
        centered = self.inputs - self.inputs.mean(0)
        return network | {"x": centered / centered.square().mean().sqrt()}

    def backpropagation(
        self,
        state: dict[str, Tensor],
        nonlinearity: str = "tanh",
        norm: str = "none",
        skip: float = 0.0,
        number_type: str = "float32",
        loss_scale: float = 1.0,
    ) -> Backpropagation:
        """Send all examples through the network, and the gradient of their loss back.

        Parameters
        ----------
        state : dict of str to Tensor
            Of :meth:`begin` or :meth:`step`.
        nonlinearity : str
            As :func:`trainability.nonlinearities.as_function` knows it.
        norm : {"none", "LayerNorm"}
            What stands before each nonlinearity, without weights of its own.
        skip, number_type, loss_scale
            See :func:`backpropagate`.
        """
        if norm not in NORMS:
            raise ValueError(f"norm={norm!r} is unknown; use one of {', '.join(map(repr, NORMS))}")
        g = as_function(nonlinearity)

        def layer(z: Tensor) -> Tensor:
            if norm == "LayerNorm":
                z = z - z.mean(1, keepdim=True)
                z = z / (z.square().mean(1, keepdim=True) + _EPS).sqrt()
            return g(z)

        return backpropagate(
            state,
            state["x"],
            self.targets,
            layer,
            skip=skip,
            number_type=number_type,
            loss_scale=loss_scale,
        )

    def step(
        self,
        state: dict[str, Tensor],
        lr: float = 0.1,
        nonlinearity: str = "tanh",
        norm: str = "none",
        skip: float = 0.0,
        number_type: str = "float32",
        loss_scale: float = 1.0,
    ) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Make one step of gradient descent; keep the loss before it.

        The arguments are those of :meth:`backpropagation`, and the learning rate.
        """
        back = self.backpropagation(state, nonlinearity, norm, skip, number_type, loss_scale)
        after = {name: state[name] - lr * slope for name, slope in back.gradients.items()}
        return {**state, **after}, {"loss": back.loss}
