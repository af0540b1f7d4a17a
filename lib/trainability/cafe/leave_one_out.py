"""Answers on persons left out, counted person by person."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from trainability.arguments import checked_number


@dataclass(frozen=True, eq=False)
class LeftOut:
    """What was predicted for each image by a classifier that never saw its person.

    Attributes
    ----------
    predicted, labels, persons : Tensor of int64, shape (n,)
        In the order of the images.
    """

    predicted: Tensor
    labels: Tensor
    persons: Tensor

    @property
    def people(self) -> Tensor:
        """The P persons, increasing."""
        people: Tensor = self.persons.unique()
        return people

    @property
    def accuracy(self) -> Tensor:
        """Share of right answers for each person, float64, shape (P,)."""
        right = (self.predicted == self.labels).double()
        return torch.stack([right[self.persons == person].mean() for person in self.people])

    @property
    def mean(self) -> float:
        """Mean over persons of the accuracy."""
        return self.accuracy.mean().item()

    @property
    def spread(self) -> float:
        """Standard deviation of the accuracy from person to person."""
        return self.accuracy.std().item()

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return Student's interval for the mean, with persons as the independent unit.

        Images of one person share a face, so they are no independent trials. The P accuracies
        are not quite independent either, because any two classifiers learned from mostly the
        same persons, and they are not normal: the interval is approximate.

        Parameters
        ----------
        confidence : float
            Above 0 and below 1.

        Returns
        -------
        (float, float)
            Cut to lie from 0 to 1.

        Raises
        ------
        ValueError
            With fewer than two persons, whose spread is unknown.

        Examples
        --------
        >>> labels, persons = torch.zeros(6).long(), torch.tensor([1, 1, 2, 2, 3, 3])
        >>> left_out = LeftOut(torch.tensor([0, 0, 0, 1, 1, 0]), labels, persons)
        >>> left_out.accuracy.tolist()
        [1.0, 0.5, 0.5]
        >>> [round(end, 3) for end in left_out.interval()]
        [0.0, 1.0]
        """
        from scipy.stats import t

        confidence = checked_number("confidence", confidence)
        if not 0 < confidence < 1:
            raise ValueError(f"confidence={confidence} must lie between 0 and 1")
        count = len(self.people)
        if count < 2:
            raise ValueError("one person has no spread; an interval needs at least two")
        quantile = float(t.ppf((1 + confidence) / 2, count - 1))
        half = quantile * self.spread / math.sqrt(count)
        return max(0.0, self.mean - half), min(1.0, self.mean + half)
