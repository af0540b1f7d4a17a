"""Optimizers that set the length of a step layer by layer: LARS and LAMB."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrizations import _WeightNorm
from torch.nn.utils.parametrize import ParametrizationList

from trainability.arguments import checked_nonnegative, checked_number
from trainability.layerwise import Layerwise
from trainability.trust import (
    add_scaled_,
    euclidean_norms,
    is_short,
    no_ratios,
    trust_ratios,
)


class LARS(Layerwise):
    r"""Momentum SGD whose rate is set for each parameter tensor by two norms.

    With g the gradient, β the weight decay, m the momentum, γ the rate and η the trust
    coefficient, each parameter tensor w moves by

        λ = η‖w‖ / (‖g‖ + β‖w‖),   v ← m·v + γ·λ·(g + β·w),   w ← w − v.

    So at β = m = 0 a step has length ‖Δw‖ = γη‖w‖ whatever the scale of the gradient.
    λ is 1 where ‖w‖ = 0, so that what starts at zero can move, and where ‖g‖ = β = 0. No
    parameter is excluded by itself, not even a bias: see :func:`parameter_groups`.

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

        def add_direction_(targets: list[Tensor], factors: Tensor) -> None:
            if decay:
                add_scaled_(targets, params, decay * factors)
            add_scaled_(targets, grads, factors)

        if momentum == 0 and not kept:
            add_direction_(params, -lr * ratios)
            return ratios
        buffers = steps = self._buffers(params, "momentum_buffer")
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
            ratios = trust_ratios(*euclidean_norms(params + list(update)).chunk(2))
        add_scaled_(params, update, -group["lr"] * ratios)
        return ratios


# By convention neither a trust ratio nor decay for what scales or shifts a unit.
_NORMALIZATIONS = (
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.LayerNorm,
    nn.RMSNorm,
)


def parameter_groups(model: nn.Module, **excluded: Any) -> list[dict[str, Any]]:
    """Split a model's parameters into weights, and biases with normalization parameters.

    Parameters
    ----------
    model : torch.nn.Module
        Shared parameters are taken once. Those that do not require gradients are left out.
    **excluded
        Settings of the second group, beside and before ``adapt=False, weight_decay=0``.

    Returns
    -------
    list of dict
        One or two groups for LARS or LAMB; none is empty. The second holds every parameter
        of a normalization layer, the gains of weight normalization, and every other one
        with fewer than two dimensions or with ``bias`` as a word of its name (``bias_k``).

    Raises
    ------
    ValueError
        For a model without parameters to train, or with a lazy layer that has no shape yet.

    Notes
    -----
    Without ``lr`` the second group takes plain steps at the rate of the first, which suits
    LAMB and is far too long for LARS. A schedule that is given a rate, like
    ``OneCycleLR(max_lr=...)``, sets it in every group: give it a list, one for each group.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 2))
    >>> [len(group["params"]) for group in parameter_groups(model)]
    [2, 4]
    """
    if "params" in excluded:
        raise TypeError("params are taken from the model; name settings of the second group only")
    kinds: dict[Tensor, bool] = {}
    for module in model.modules():
        for name, param in module.named_parameters(recurse=False):
            if is_lazy(param):
                raise ValueError(f"{name} of a lazy layer has no shape yet; run one batch first")
            leave = param.ndim < 2 or _scales_or_shifts(module, name)
            kinds[param] = kinds.get(param, False) or leave
    groups = [
        {"params": [param for param, left in kinds.items() if param.requires_grad and not left]},
        {"params": [param for param, left in kinds.items() if param.requires_grad and left]},
    ]
    groups[1] |= {"weight_decay": 0.0, "adapt": False} | excluded
    if not any(group["params"] for group in groups):
        raise ValueError("the model has no parameters that require gradients")
    return [group for group in groups if group["params"]]


def _scales_or_shifts(module: nn.Module, name: str) -> bool:
    if isinstance(module, ParametrizationList):
        return name == "original0" and isinstance(module[0], _WeightNorm)
    old_gain = name.endswith("_g") and f"{name[:-1]}v" in module._parameters
    return isinstance(module, _NORMALIZATIONS) or "bias" in name.split("_") or old_gain
