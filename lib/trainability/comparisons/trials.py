"""What remedies did for networks that fail, as ``data/remedies/make.py`` trained them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

HEALS, HELPS = 0.5, 0.5


@dataclass(frozen=True)
class Trial:
    """One remedy against one failure, with R rates, from D draws of the weights.

    Attributes
    ----------
    rates : tuple of float
        R rates, rising.
    loss : array, shape (D, R, T)
        Mean cross entropy in nats after each recorded number of steps; nan after overflow.
    """

    rates: tuple[float, ...]
    loss: np.ndarray

    def ends(self, at: int = -1) -> np.ndarray:
        """Return each draw's lowest loss over all rates at one record; inf where all overflow."""
        lowest: np.ndarray = np.nan_to_num(self.loss[..., at], nan=np.inf).min(axis=1)
        return lowest

    def best_rates(self, at: int = -1) -> list[float]:
        """Return the rate of each draw's lowest loss."""
        places = np.nan_to_num(self.loss[..., at], nan=np.inf).argmin(axis=1)
        return [self.rates[place] for place in places]


@dataclass(frozen=True)
class Trials:
    """Every remedy against every failure.

    Attributes
    ----------
    record : dict of str to tuple of int
        The T counts of steps of each failure, 0 first.
    cells : dict of str to dict of str to Trial
        By failure and remedy.
    """

    record: dict[str, tuple[int, ...]]
    cells: dict[str, dict[str, Trial]]

    @property
    def failures(self) -> list[str]:
        """Names of the F failures."""
        return list(self.cells)

    @property
    def remedies(self) -> list[str]:
        """Names of the M remedies, the same for every failure."""
        return list(next(iter(self.cells.values()), {}))

    def median_losses(self, at: int = -1) -> np.ndarray:
        """Return the median over draws of the lowest loss over all rates.

        Parameters
        ----------
        at : int
            Which record, as an index into ``record``; the last by default.

        Returns
        -------
        array, shape (F, M)
            A row a failure; inf where most draws overflow at every rate.
        """
        rows = [
            [np.median(trial.ends(at)) for trial in row.values()] for row in self.cells.values()
        ]
        return np.array(rows)

    def judgments(self, at: int = -1, *, chance: float) -> dict[str, dict[str, str]]:
        """Judge every remedy against every failure; see :func:`judged`.

        Parameters
        ----------
        at : int
            Which record, as an index into ``record``; the last by default.
        chance : float
            The loss of a uniform guess.

        Examples
        --------
        >>> trial = Trial((0.1, 1.0), np.array([[[2.3, 0.1], [2.3, np.nan]]]))
        >>> trials = Trials({"dead": (0, 9)}, {"dead": {"norm": trial}})
        >>> trials.judgments(0, chance=2.3), trials.judgments(chance=2.3)
        ({'dead': {'norm': 'does not help'}}, {'dead': {'norm': 'heals'}})
        """
        return {
            failure: {name: judged(trial.ends(at), chance=chance) for name, trial in row.items()}
            for failure, row in self.cells.items()
        }


def read_trials(text: str) -> Trials:
    """Read ``remedies.json``.

    Examples
    --------
    >>> cell = '{"rates": [1, 2], "loss": [[[2.3, 0.1], [2.3, null]]]}'
    >>> read = read_trials('{"record": {"a": [0, 9]}, "cells": {"a": {"b": ' + cell + "}}}")
    >>> read.cells["a"]["b"].ends().tolist(), read.cells["a"]["b"].best_rates()
    ([0.1], [1])
    """
    read = json.loads(text)
    cells = {
        failure: {
            remedy: Trial(tuple(cell["rates"]), np.array(cell["loss"], dtype=float))
            for remedy, cell in row.items()
        }
        for failure, row in read["cells"].items()
    }
    return Trials({failure: tuple(counts) for failure, counts in read["record"].items()}, cells)


def judged(ends: Iterable[float], *, chance: float) -> str:
    """Say what a remedy did, by the median of several draws.

    Parameters
    ----------
    ends : iterable of float
        Last losses, one a draw; what is not finite counts as ``chance``.
    chance : float
        The loss of a uniform guess.

    Returns
    -------
    str
        ``"heals"`` below 0.5, ``"helps"`` at least 0.5 below ``chance``, else
        ``"does not help"``.

    Examples
    --------
    >>> [judged(ends, chance=2.3) for ends in ([0.1, 0.2, 2.3], [1.5], [2.2], [np.nan])]
    ['heals', 'helps', 'does not help', 'does not help']
    """
    middle = float(np.median([min(end, chance) if np.isfinite(end) else chance for end in ends]))
    if middle < HEALS:
        return "heals"
    return "helps" if middle < chance - HELPS else "does not help"
