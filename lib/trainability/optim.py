"""Optimizers that set the length of a step layer by layer: LARS and LAMB."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainability.arguments import checked_nonnegative, checked_number
from trainability.trust import as_factors, euclidean_norms, trust_ratios


class _Layerwise(Optimizer):
    """What the two share: checks, closures, groups of one device and dtype, the ratios."""

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own, as in every torch optimizer."""
        self._check({**self.defaults, **param_group})
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        for entry in params:
            param = entry[1] if isinstance(entry, tuple) else entry
            if isinstance(param, Tensor) and not param.is_floating_point():
                name = type(self).__name__
                raise ValueError(f"{name} updates real floating parameters, not {param.dtype}")
        super().add_param_group({**param_group, "params": params})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step; return what ``closure`` returned, where one was given.

        Raises
        ------
        RuntimeError
            For a sparse gradient, before any parameter has changed.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        batches = [(group, params) for group in self.param_groups for params in _batches(group)]
        for _, params in batches:
            if any(param.grad.is_sparse for param in params):
                name = type(self).__name__
                raise RuntimeError(f"{name} needs dense gradients; make embeddings sparse=False")
        for group, params in batches:
            ratios = self._update(group, params, [param.grad for param in params])
            for param, ratio in zip(params, ratios.unbind(), strict=True):
                self.state[param]["trust_ratio"] = ratio
        return loss

    def trust_ratios(self) -> list[float]:
        """Return what multiplied each parameter's rate in the last step.

        Returns
        -------
        list of float
            One for each parameter, in the order of the groups: 1 where the group does not
            adapt or a norm was 0, nan where a norm was not finite or no step was taken yet.
        """
        params = [param for group in self.param_groups for param in group["params"]]
        found = [self.state.get(param, {}).get("trust_ratio", torch.nan) for param in params]
        return [float(ratio) for ratio in found]

    def _check(self, group: dict[str, Any]) -> None:
        for name in ("lr", "weight_decay"):
            checked_nonnegative(name, group[name])

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> Tensor:
        raise NotImplementedError

    def _buffers(self, params: list[Tensor], name: str) -> list[Tensor]:
        for param in params:
            if name not in self.state[param]:
                self.state[param][name] = torch.zeros_like(param)
        return [self.state[param][name] for param in params]


def _batches(group: dict[str, Any]) -> Iterator[list[Tensor]]:
    """Yield the parameters that have gradients, those of one device and dtype together."""
    batches: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for param in group["params"]:
        if param.grad is not None:
            batches.setdefault((param.device, param.dtype), []).append(param)
    yield from batches.values()


class LARS(_Layerwise):
    r"""Momentum SGD whose rate is set for each parameter tensor by two norms.

    With g the gradient, β the weight decay, m the momentum, γ the rate and η the trust
    coefficient, each parameter tensor w moves by

        λ = η‖w‖ / (‖g‖ + β‖w‖),   v ← m·v + γ·λ·(g + β·w),   w ← w − v.

    So at β = m = 0 a step has length ‖Δw‖ = γη‖w‖ whatever the scale of the gradient.
    λ is 1 where ‖w‖ or ‖g‖ is 0, so that what starts at zero can move. No parameter is
    excluded by itself, not even a bias: see :func:`parameter_groups`.

    Parameters
    ----------
    params : iterable
        Parameters or groups of them, real and floating. Every setting may differ by group.
    lr : float
        γ, the rate. It multiplies η; schedules change it.
    momentum : float
        m, from 0 up to but not including 1.
    weight_decay : float
        β, inside the norms and the step.
    trust_coefficient : float
        η, positive.
    adapt : bool
        False leaves λ = 1: plain momentum SGD, for biases and normalization parameters.
    joint_norm : bool
        True takes λ = η‖w‖/‖g + βw‖, as TensorFlow's implementation with classic momentum.
    rate_outside : bool
        True keeps γ out of the buffer: v ← m·v + λ·(g + β·w), w ← w − γ·v. The two differ
        when γ changes. The form of torch's own SGD, and so of LARC in NVIDIA's Apex.
    clip : bool
        True makes γ a cap: the rate is min(λ, γ) in place of γλ, as LARC does. The trust
        ratio is then min(λ/γ, 1).

    Raises
    ------
    TypeError, ValueError
        Naming the setting out of range, or a parameter that is complex or integer.

    Notes
    -----
    Gradients are never changed. A gradient with inf or nan makes its whole parameter nan,
    and no other; ``torch.nn.utils.get_total_norm`` before the step tells. Nothing waits
    for a GPU. Norms are right where their squares leave float32.

    References
    ----------
    You, Gitman, Ginsburg (2017), "Large batch training of convolutional networks",
    algorithm 1, https://arxiv.org/abs/1708.03888.

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

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 1e-3,
        *,
        adapt: bool = True,
        joint_norm: bool = False,
        rate_outside: bool = False,
        clip: bool = False,
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        settings |= {"trust_coefficient": trust_coefficient, "adapt": adapt}
        settings |= {"joint_norm": joint_norm, "rate_outside": rate_outside, "clip": clip}
        super().__init__(params, settings)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if not 0 <= checked_number("momentum", group["momentum"]) < 1:
            raise ValueError(f"momentum={group['momentum']!r} must be from 0 up to, not at, 1")
        if checked_nonnegative("trust_coefficient", group["trust_coefficient"]) == 0:
            raise ValueError("trust_coefficient is 0, so no weight would move; use 1e-3 or so")

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> Tensor:
        lr, momentum, decay = group["lr"], group["momentum"], group["weight_decay"]
        ratios = _lars_ratios(group, params, grads)
        factors = as_factors(ratios, params[0].dtype)
        if momentum == 0:
            if decay:
                torch._foreach_addcmul_(params, params, factors, value=-lr * decay)
            torch._foreach_addcmul_(params, grads, factors, value=-lr)
            return ratios
        buffers = self._buffers(params, "momentum_buffer")
        inside = 1.0 if group["rate_outside"] else lr
        torch._foreach_mul_(buffers, momentum)
        torch._foreach_addcmul_(buffers, grads, factors, value=inside)
        if decay:
            torch._foreach_addcmul_(buffers, params, factors, value=inside * decay)
        torch._foreach_add_(params, buffers, alpha=-lr if group["rate_outside"] else -1)
        return ratios


def _lars_ratios(group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> Tensor:
    decay = group["weight_decay"]
    if not group["adapt"]:
        return torch.ones(len(params), device=params[0].device)
    weights, slopes = euclidean_norms(params + grads).chunk(2)
    steps = slopes + decay * weights
    if group["joint_norm"] and decay:
        steps = euclidean_norms(torch._foreach_add(grads, params, alpha=decay))
    steps = torch.where(slopes > 0, steps, slopes)
    ratios = trust_ratios(weights, steps, group["trust_coefficient"])
    return (ratios / group["lr"]).clamp(max=1) if group["clip"] and group["lr"] else ratios


class LAMB(_Layerwise):
    r"""Adam whose step is given the length of the weights, tensor by tensor.

    With m̂ and v̂ Adam's bias-corrected averages and β the weight decay,

        u = m̂ / (√v̂ + ε) + β·w,   w ← w − γ (‖w‖/‖u‖) u,

    so ‖Δw‖ = γ‖w‖. The ratio is 1 where ‖w‖ or ‖u‖ is 0. (φ of the paper is the identity.)

    Parameters
    ----------
    params : iterable
        Parameters or groups of them, real and floating. Every setting may differ by group.
    lr : float
        γ, the length of a step in lengths of the weights.
    betas : pair of float
        How much of the two averages stays at a step, each from 0 up to but not including 1.
    eps : float
        ε, not negative.
    weight_decay : float
        β, added to Adam's direction, not to the gradient.
    adapt : bool
        False leaves the ratio at 1, which is AdamW.

    Raises
    ------
    TypeError, ValueError
        Naming the setting out of range, or a parameter that is complex or integer.

    Notes
    -----
    Gradients are never changed. A gradient with inf or nan makes its parameter nan.

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
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        adapt: bool = True,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings | {"adapt": adapt})

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        checked_nonnegative("eps", group["eps"])
        betas = group["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise TypeError(f"betas={betas!r} must be a pair of numbers")
        for beta in betas:
            if not 0 <= checked_number("betas: a beta", beta) < 1:
                raise ValueError(f"betas={betas!r} must each be from 0 up to, not at, 1")

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> Tensor:
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
        ratios = torch.ones(len(params), device=params[0].device)
        if group["adapt"]:
            ratios = trust_ratios(*euclidean_norms(params + list(update)).chunk(2))
        factors = as_factors(ratios, params[0].dtype)
        torch._foreach_addcmul_(params, update, factors, value=-group["lr"])
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
        of a normalization layer and every other one with fewer than two dimensions or
        whose name ends in ``bias``.

    Raises
    ------
    ValueError
        For a model without parameters to train.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 2))
    >>> [len(group["params"]) for group in parameter_groups(model)]
    [2, 4]
    """
    weights: dict[Tensor, None] = {}
    rest: dict[Tensor, None] = {}
    for module in model.modules():
        for name, param in module.named_parameters(recurse=False):
            normalizes = isinstance(module, _NORMALIZATIONS)
            if normalizes or param.ndim < 2 or name.endswith("bias"):
                rest[param] = None
            else:
                weights[param] = None
    settings = {"weight_decay": 0.0, "adapt": False} | excluded
    groups = [{"params": list(weights)}, {"params": list(rest), **settings}]
    for group in groups:
        group["params"] = [param for param in group["params"] if param.requires_grad]
    if not any(group["params"] for group in groups):
        raise ValueError("the model has no parameters that require gradients")
    return [group for group in groups if group["params"]]
