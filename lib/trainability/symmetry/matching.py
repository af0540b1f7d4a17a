"""Two trained networks: their units matched, and the straight line from one to the other."""

from collections.abc import Sequence

import torch
from torch import Tensor


def match_units(
    w_in: Tensor, w_out: Tensor, other_in: Tensor, other_out: Tensor
) -> tuple[Tensor, Tensor]:
    """Reorder the hidden units of another network so that similar units stand side by side.

    The order is the one in which the weights of both networks have the largest inner product,
    and so the least distance. The other network computes the same function as before.

    Parameters
    ----------
    w_in, w_out : Tensor, shapes (H, d) and (K, H)
        Incoming and outgoing weights of the network that stays as it is.
    other_in, other_out : Tensor, shapes (H, d) and (K, H)
        Those of the network whose units are reordered.

    Returns
    -------
    tuple of Tensor, shapes (H, d) and (K, H)
        New weights of the other network.

    Raises
    ------
    ValueError
        For networks of different shapes.

    References
    ----------
    Ainsworth, Hayase and Srinivasa (2023), "Git Re-Basin", section 3.2,
    https://arxiv.org/abs/2209.04836

    Examples
    --------
    >>> w_in, w_out = torch.tensor([[1.0, 2.0], [0.0, -1.0]]), torch.tensor([[5.0, 6.0]])
    >>> shuffled = w_in[[1, 0]], w_out[:, [1, 0]]
    >>> match_units(w_in, w_out, *shuffled)[1]
    tensor([[5., 6.]])
    """
    if w_in.shape != other_in.shape or w_out.shape != other_out.shape:
        raise ValueError(
            f"the networks have weights of shapes {tuple(w_in.shape)}, {tuple(w_out.shape)} and "
            f"{tuple(other_in.shape)}, {tuple(other_out.shape)}; only units of networks of one "
            "shape can be matched"
        )
    # Here, because who only wants to count units needs no scipy.
    from scipy.optimize import linear_sum_assignment

    similarity = w_in @ other_in.T + w_out.T @ other_out
    _, order = linear_sum_assignment(similarity.detach().cpu().numpy(), maximize=True)
    return other_in[order], other_out[:, order]


def interpolate(first: Sequence[Tensor], second: Sequence[Tensor], places: Tensor) -> list[Tensor]:
    """Return the networks on the straight line from one network to another.

    Parameters
    ----------
    first, second : sequence of Tensor
        The parameters of the two networks, in the same order and of the same shapes.
    places : Tensor, shape (T,)
        0 is the first network, and 1 the second.

    Returns
    -------
    list of Tensor
        Each parameter with the T places in front of its shape.

    Raises
    ------
    ValueError
        Where one network has more parameters than the other.

    Examples
    --------
    >>> first, second = [torch.tensor([0.0, 4.0])], [torch.tensor([2.0, 0.0])]
    >>> interpolate(first, second, torch.tensor([0.0, 0.5, 1.0]))
    [tensor([[0., 4.],
            [1., 2.],
            [2., 0.]])]
    """
    return [
        torch.lerp(a[None], b[None], places.to(a).view(-1, *[1] * a.ndim))
        for a, b in zip(first, second, strict=True)
    ]


def loss_barrier(losses: Tensor) -> Tensor:
    """Return how far the loss on the way rises above the straight line between its ends.

    Parameters
    ----------
    losses : Tensor, shape (..., T)
        At T places, equally far apart, from the first network to the last; at least 2.

    Returns
    -------
    Tensor, shape (...)
        The largest rise; 0 where there is none, because the ends lie on the line.

    Raises
    ------
    ValueError
        For fewer than two places.

    References
    ----------
    Frankle, Dziugaite, Roy and Carbin (2020), "Linear mode connectivity and the lottery ticket
    hypothesis", section 2, https://arxiv.org/abs/1912.05671

    Examples
    --------
    >>> loss_barrier(torch.tensor([[1.0, 4.0, 3.0], [2.0, 1.0, 2.0]]))
    tensor([2., 0.])
    """
    if losses.shape[-1] < 2:
        raise ValueError(f"losses has shape {tuple(losses.shape)}; it needs two places or more")
    places = torch.linspace(0, 1, losses.shape[-1], dtype=losses.dtype, device=losses.device)
    chord = losses[..., :1] + places * (losses[..., -1:] - losses[..., :1])
    return (losses - chord).amax(dim=-1)
