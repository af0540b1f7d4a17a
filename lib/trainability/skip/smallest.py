"""The smallest skip-layer network as a function that a page runs."""

import torch
from torch import Tensor

from trainability.nonlinearities import as_function


def smallest_network(
    w_xh: float = 0.4,
    w_hy: float = -0.7,
    w_xy: float = 0.2,
    x: float = 1.5,
    nonlinearity: str = "tanh",
    output: str = "linear",
) -> dict[str, Tensor]:
    """Return what :func:`trainability.skip.skip_gradient` does, by name.

    Parameters
    ----------
    w_xh, w_hy, w_xy : float
        Weights from input to hidden, hidden to output, input to output.
    x : float
        The input.
    nonlinearity : str
        g, as :func:`trainability.nonlinearities.as_function` knows it.
    output : {"linear", "squashed"}
        y = s, or y = g(s).

    Returns
    -------
    dict
        ``h``, ``s`` and ``y``; ``through``, g'(a), and ``end``, g'(s) or 1; ``d_xh``, ``d_hy``,
        ``d_xy``, the gradient of y; ``weights``, the three weights. float64.

    Examples
    --------
    >>> found = smallest_network()
    >>> [round(found[name].item(), 4) for name in ("d_xh", "d_hy", "d_xy")]
    [-0.7472, 0.537, 1.5]
    """
    if output not in ("linear", "squashed"):
        raise ValueError(f"output={output!r} is unknown; use 'linear' or 'squashed'")
    g = as_function(nonlinearity)
    one = torch.ones((), dtype=torch.float64)
    to_hidden, to_output, direct, given = one * w_xh, one * w_hy, one * w_xy, one * x

    def with_slope(z: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            leaf = z.detach().requires_grad_()
            value = g(leaf)
            return value.detach(), torch.autograd.grad(value, leaf)[0]

    h, through = with_slope(to_hidden * given)
    s = to_output * h + direct * given
    y, end = (s, one) if output == "linear" else with_slope(s)
    return {
        "h": h,
        "s": s,
        "y": y,
        "through": through,
        "end": end,
        "d_xh": end * to_output * through * given,
        "d_hy": end * h,
        "d_xy": end * given,
        "weights": torch.stack([to_hidden, to_output, direct]),
    }
