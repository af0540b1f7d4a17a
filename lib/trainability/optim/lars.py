"""LARS: momentum SGD whose rate is set layer by layer by two norms."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from trainability.arguments import checked_nonnegative, checked_number
from trainability.norms import Tensors, euclidean_norms, is_short
from trainability.optim.layerwise import Layerwise
from trainability.optim.trust_ratio import add_scaled_, no_ratios, trust_ratios


class LARS(Layerwise):
    r"""Momentum SGD whose rate is set for each parameter tensor by two norms.

    With g the gradient, β the weight decay, m the momentum, γ the rate and η the trust
    coefficient, each parameter tensor w moves by

        λ = η‖w‖ / (‖g‖ + β‖w‖),   v ← m·v + γ·λ·(g + β·w),   w ← w − v.

    So at β = m = 0 a step has length ‖Δw‖ = γη‖w‖ whatever the scale of the gradient.
    λ is 1 where ‖w‖ = 0, so that what starts at zero can move, and where ‖g‖ = β = 0. No
    parameter is excluded by itself, not even a bias: see
    :func:`trainability.optim.parameter_groups`.

    Parameters
    ----------
    params : iterable
        Parameters or groups of them, real and floating. Every setting may differ by group.
    lr : float or Tensor of shape ()
        γ, the rate. It multiplies η; schedules change it. A captured or compiled step sees
        changes of a tensor only.
    momentum : float
        m, from 0 up to but not including 1.
    weight_decay : float
        β, inside the norms and the step.
    trust_coefficient : float
        η, positive.
    adapt : bool
        False leaves λ = 1: plain momentum SGD, for biases and normalization parameters.
    joint_norm : bool
        True takes λ = η‖w‖/‖g + βw‖, as SimCLR's ``classic_momentum``; λ is then 1 where
        that norm is 0.
    rate_outside : bool
        True keeps γ out of the buffer: v ← m·v + λ·(g + β·w), w ← w − γ·v. The two differ
        when γ changes. The form of torch's own SGD, and so of LARC in NVIDIA's Apex.
    clip : bool
        True makes γ a cap: the rate is min(λ, γ) in place of γλ, as LARC does. What
        ``trust_ratios`` returns is then min(λ/γ, 1).
    nesterov : bool
        True steps by m·v + γ·λ·(g + β·w) with the new v, as torch's SGD does.
    maximize : bool
        True climbs: −g takes the place of g.

    Raises
    ------
    TypeError, ValueError
        Naming the setting out of range, or a parameter that is complex or integer.

    Notes
    -----
    Gradients are never changed. Where a group adapts, a gradient with inf or nan makes its
    whole parameter nan, and no other; ``torch.nn.utils.get_total_norm`` before the step
    tells. Nothing waits for a GPU. Norms are right where their squares leave float32.

    At λ = 1 a step is γ(g + βw), long at LARS's rates. What starts at zero (a bias, LoRA's B,
    Fixup's last layers) leaps by γg once, and from there on moves by shares of that leap. Give
    it a group with ``adapt=False`` and a rate of its own.

    Each tensor has one ratio, whatever it holds: ``in_proj_weight`` of
    ``nn.MultiheadAttention`` has one for Q, K and V together.

    Steps much shorter than an entry round away in 16 bits: in bfloat16 those below 2⁻⁹ of it,
    in float16 below 2⁻¹². Keep parameters in float32 and compute under ``torch.autocast``.

    Of DTensors, as FSDP2's ``fully_shard`` makes, norms are those of the whole. FSDP1's flat
    pieces are refused; other libraries' pieces cannot be told from whole parameters.
    ``torch.compile`` needs ``fullgraph=False``, as for torch's own optimizers.

    References
    ----------
    You, Gitman, Ginsburg (2017), "Large batch training of convolutional networks",
    algorithm 1, https://arxiv.org/abs/1708.03888.

    SimCLR's ``lars_optimizer.py``, https://github.com/google-research/simclr, for ``joint_norm``.

    Apex's ``LARC.py``, https://github.com/NVIDIA/apex, for ``rate_outside`` and ``clip``. Its
    defaults are η = 0.02 and 1e-8 added to the denominator, and where a norm is 0 it takes SGD's
    step without decay.

    Examples
    --------
    A gradient a million times as large, and the same step:

    >>> for scale in (1.0, 1e6):
    ...     weight = torch.tensor([3.0, 4.0], requires_grad=True)
    ...     weight.grad = scale * torch.tensor([0.6, -0.8])
    ...     optimizer = LARS([weight], lr=0.1, trust_coefficient=0.01)
    ...     optimizer.step()
    ...     print([round(entry, 3) for entry in weight.tolist()])
    [2.997, 4.004]
    [2.997, 4.004]
    """

    _switches = (*Layerwise._switches, "joint_norm", "rate_outside", "clip", "nesterov")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 1e-3,
        *,
        adapt: bool = True,
        joint_norm: bool = False,
        rate_outside: bool = False,
        clip: bool = False,
        nesterov: bool = False,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        settings |= {"trust_coefficient": trust_coefficient, "adapt": adapt}
        settings |= {"joint_norm": joint_norm, "rate_outside": rate_outside, "clip": clip}
        settings |= {"nesterov": nesterov, "maximize": maximize}
        super().__init__(params, settings)

    def _checked(self, group: dict[str, Any]) -> dict[str, Any]:
        settings = super()._checked(group)
        settings["momentum"] = checked_number("momentum", group["momentum"])
        if not 0 <= settings["momentum"] < 1:
            raise ValueError(f"momentum={group['momentum']!r} must be from 0 up to, not at, 1")
        if group["nesterov"] and settings["momentum"] == 0:
            raise ValueError("nesterov=True needs momentum above 0")
        coefficient = checked_nonnegative("trust_coefficient", group["trust_coefficient"])
        if coefficient == 0:
            raise ValueError("trust_coefficient is 0, so no weight would move; use 1e-3 or so")
        return settings | {"trust_coefficient": coefficient}

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> Tensor:
        lr, momentum, decay = group["lr"], group["momentum"], group["weight_decay"]
        ratios = _lars_ratios(group, params, grads)
        kept = any("momentum_buffer" in self.state[param] for param in params)

        def add_direction_(targets: Tensors, factors: Tensor) -> None:
            if decay:
                add_scaled_(targets, params, decay * factors)
            add_scaled_(targets, grads, factors)

        if momentum == 0 and not kept:
            add_direction_(params, -lr * ratios)
            return ratios
        buffers = self._buffers(params, "momentum_buffer")
        steps: Tensors = buffers
        factors = ratios if group["rate_outside"] else lr * ratios
        torch._foreach_mul_(buffers, momentum)
        add_direction_(buffers, factors)
        if group["nesterov"]:
            steps = torch._foreach_mul(buffers, momentum)
            add_direction_(steps, factors)
        if group["rate_outside"]:
            add_scaled_(params, steps, -lr * no_ratios(params))
        else:
            torch._foreach_sub_(params, steps)
        return ratios


def _lars_ratios(group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> Tensor:
    decay, eta, lr = group["weight_decay"], group["trust_coefficient"], group["lr"]
    if not group["adapt"]:
        return no_ratios(params)
    weights, slopes = euclidean_norms(params + grads).chunk(2)
    steps = slopes + decay * weights
    if group["joint_norm"] and decay:
        wide = [grad.float() if is_short(grad.dtype) else grad for grad in grads]
        steps = euclidean_norms(torch._foreach_add(wide, params, alpha=decay))
    ratios = trust_ratios(weights, steps, eta)
    return (ratios / lr).clamp(max=1) if group["clip"] else ratios
