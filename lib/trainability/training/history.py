"""The record of a training run of networks side by side."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class History:
    """What S networks went through, measured at T counts of steps.

    Attributes
    ----------
    loss : Tensor, shape (S, T)
        Mean loss.
    weights : tuple of Tensor, each of shape (S, R, fan_out, fan_in)
        Layer by layer, kept at R counts of steps; empty where none were kept.
    biases : tuple of Tensor, each of shape (S, R, fan_out)
        Of the layers that have them, in their order.

    Examples
    --------
    >>> history = History(loss=torch.tensor([[0.7, 0.5], [0.7, 0.1]]))
    >>> history.loss[:, -1].argmin().item()
    1
    """

    loss: Tensor
    weights: tuple[Tensor, ...] = ()
    biases: tuple[Tensor, ...] = ()

    def cpu(self) -> Self:
        """Return it with all tensors on the CPU."""

        def moved(value: Any) -> Any:
            return tuple(map(moved, value)) if isinstance(value, tuple) else value.cpu()

        return replace(self, **{f.name: moved(getattr(self, f.name)) for f in fields(self)})


@dataclass(frozen=True, kw_only=True)
class ClassifierHistory(History):
    """The history of networks that classify.

    Attributes
    ----------
    accuracy : Tensor of float64, shape (S, T)
        Share of the examples that get their own label.
    """

    accuracy: Tensor


class TwoLayerHistory(History):
    """The history of networks V g(W x) + b, with their parts by name."""

    @property
    def w_in(self) -> Tensor:
        """Incoming weights W of the H hidden units: shape (S, T, H, d)."""
        return self.weights[0]

    @property
    def w_out(self) -> Tensor:
        """Outgoing weights V: shape (S, T, K, H)."""
        return self.weights[1]

    @property
    def bias(self) -> Tensor:
        """Biases b of the outputs: shape (S, T, K)."""
        return self.biases[0]

    @property
    def units(self) -> Tensor:
        """All weights of a unit in a row: shape (S, T, H, d + K)."""
        return torch.cat([self.w_in, self.w_out.mT], dim=-1)
