"""Signal and gradient at many scales at once: a picture for each, and what was set in words."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from trainability.figures.initialization_variance import signal_profile

USUAL_WIDTH = 128


def signal_profiles(
    forward: Tensor,
    backward: Tensor,
    scales: Sequence[float],
    nonlinearity: str,
    width: int = USUAL_WIDTH,
    *,
    number_type: str = "",
    pick: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Draw how large signal and gradient are in each layer, once for each scale.

    Parameters
    ----------
    forward, backward : Tensor, shape (S, L)
        Mean squares as :func:`trainability.signal.propagate` returns them.
    scales : sequence of float, S of them
        σ_w, for the readings.
    nonlinearity, number_type : str
        Named in the readings; an empty ``number_type`` is not.
    width : int
        Of the network; named where it is not 128.
    pick : mapping, optional
        What a click on a layer sets; see :func:`trainability.explore.explore`.

    Returns
    -------
    list of dict
        What :func:`trainability.figures.initialization_variance.signal_profile` returns.

    Raises
    ------
    ValueError
        For a count of scales that is not the count of rows.

    Examples
    --------
    >>> import torch
    >>> one = torch.ones(2, 30)
    >>> for figure in signal_profiles(one, one, [0.9, 1.0], "linear"):
    ...     print(figure["layout"]["meta"]["summary"])
    Scale 0.9, linear, 30 layers: the gradient reaches the first layer at 1 times its size: healthy.
    Scale 1, linear, 30 layers: the gradient reaches the first layer at 1 times its size: healthy.
    """
    layers = f"{forward.shape[1]} layers" + (f" of {width}" if width != USUAL_WIDTH else "")
    setting = ", ".join(part for part in (nonlinearity, layers, number_type) if part)
    return [
        signal_profile(q, g, scale=scale, setting=setting, pick=pick)
        for q, g, scale in zip(forward, backward, scales, strict=True)
    ]
