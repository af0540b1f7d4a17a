"""LAMB: Adam whose step has the length of the weights, tensor by tensor."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from trainability.arguments import checked_nonnegative, checked_number
from trainability.norms import euclidean_norms
from trainability.optim.layerwise import Layerwise
from trainability.optim.trust_ratio import add_scaled_, no_ratios, trust_ratios


class LAMB(Layerwise):
    r"""Adam whose step is given the length of the weights, tensor by tensor.

    With m̂ and v̂ Adam's bias-corrected averages and β the weight decay,

        u = m̂ / (√v̂ + ε) + β·w,   w ← w − γ (‖w‖/‖u‖) u,

    so ‖Δw‖ = γ‖w‖. The ratio is 1 where ‖w‖ or ‖u‖ is 0. (φ of the paper is the identity.)

    Parameters
    ----------
    params : iterable
        Parameters or groups of them, real and floating. Every setting may differ by group.
    lr : float or Tensor of shape ()
        γ, the length of a step in lengths of the weights.
    betas : pair of float
        How much of the two averages stays at a step, each from 0 up to but not including 1.
    eps : float
        ε, not negative. At 0 an entry whose gradients have all been 0 becomes nan.
    weight_decay : float
        β, added to Adam's direction, not to the gradient.
    adapt : bool
        False leaves the ratio at 1, which is AdamW.
    maximize : bool
        True climbs: −g takes the place of g.

    Raises
    ------
    TypeError, ValueError
        Naming the setting out of range, or a parameter that is complex or integer.
    RuntimeError
        From ``step`` while a CUDA graph is captured.

    Notes
    -----
    Gradients are never changed. Where a group adapts, a gradient with inf or nan makes its
    whole parameter nan. As in Adam, squares are kept in the parameter's type: in the first
    step a float16 gradient above 256, or a float32 one above 1.8e19, leaves its entry where it is.
    Later it takes up to 30 times more, and then the entry stands still for good. Of zeros, 16 bits,
    tensors that hold several matrices, shards and ``torch.compile`` the notes of
    :class:`LARS` hold here as well.

    References
    ----------
    You et al. (2020), "Large batch optimization for deep learning: training BERT in 76
    minutes", algorithm 2, https://arxiv.org/abs/1904.00962.

    Examples
    --------
    A tenth of the rate moves a weight by a tenth of its length:

    >>> weight = torch.tensor([3.0, 4.0], requires_grad=True)
    >>> weight.grad = torch.tensor([1e-3, 1e-3])
    >>> optimizer = LAMB([weight], lr=0.1)
    >>> optimizer.step()
    >>> round((weight - torch.tensor([3.0, 4.0])).norm().item(), 4)
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        adapt: bool = True,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings | {"adapt": adapt, "maximize": maximize})

    def _checked(self, group: dict[str, Any]) -> dict[str, Any]:
        settings = super()._checked(group)
        betas = group["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise TypeError(f"betas={betas!r} must be a pair of numbers")
        settings["betas"] = tuple(checked_number("betas: a beta", beta) for beta in betas)
        if not all(0 <= beta < 1 for beta in settings["betas"]):
            raise ValueError(f"betas={betas!r} must each be from 0 up to, not at, 1")
        return settings | {"eps": checked_nonnegative("eps", group["eps"])}

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> Tensor:
        if torch.cuda.is_available() and torch.cuda.is_current_stream_capturing():
            raise RuntimeError(
                "LAMB counts its steps on the host, so a CUDA graph would repeat one count; "
                "step outside of the graph"
            )
        first, second = group["betas"]
        counts = [self.state[param].get("step", 0) + 1 for param in params]
        for param, count in zip(params, counts, strict=True):
            self.state[param]["step"] = count
        mean = self._buffers(params, "exp_avg")
        square = self._buffers(params, "exp_avg_sq")
        torch._foreach_lerp_(mean, grads, 1 - first)
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, grads, grads, value=1 - second)
        below = torch._foreach_div(square, [1 - second**count for count in counts])
        torch._foreach_sqrt_(below)
        torch._foreach_add_(below, group["eps"])
        update = torch._foreach_div(mean, [1 - first**count for count in counts])
        torch._foreach_div_(update, below)
        if group["weight_decay"]:
            torch._foreach_add_(update, params, alpha=group["weight_decay"])
        ratios = no_ratios(params)
        if group["adapt"]:
            weights, steps = euclidean_norms(params + list(update)).chunk(2)
            ratios = trust_ratios(weights, steps)
        add_scaled_(params, update, -group["lr"] * ratios)
        return ratios
