"""Describe the linear classifiers that figures draw, whichever package solved for them."""

from typing import Protocol

from torch import Tensor


class LinearClassifier(Protocol):
    """A boundary w·x + b = 0 as :mod:`trainability.svm_bias` solves for it."""

    @property
    def w(self) -> Tensor:
        """Normal of the boundary, shape (d,)."""

    @property
    def b(self) -> float:
        """The effective bias."""

    @property
    def objective(self) -> float:
        """What its program minimizes."""

    @property
    def margin(self) -> float:
        """Distance of the boundary from the nearest point."""
