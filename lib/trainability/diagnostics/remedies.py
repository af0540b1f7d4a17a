"""Changes of a copied case that the trials compare with leaving it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from trainability.diagnostics.candidates import Remedy
from trainability.diagnostics.case import Case
from trainability.diagnostics.containers import mapped
from trainability.diagnostics.functions import Replacement
from trainability.diagnostics.measurement import Measurement
from trainability.diagnostics.weights import units

# ReLU passes half of the mean square.
GAINS = {"relu": 2**0.5, "relu6": 2**0.5}


def redraw(names: Sequence[str], measurement: Measurement) -> Remedy:
    """Draw the matrices of these modules anew, N(0, gain²/fan_in), and set biases to zero.

    The gain is √2 before ReLU and 1 otherwise. Sigmoids behind these modules become tanh, whose
    slope is 1 where sigmoid's is a quarter.
    """
    sigmoids = [
        seen.call
        for seen in measurement.activations
        if seen.function == "sigmoid" and seen.feeder in names and seen is not measurement.ended_by
    ]
    gains = {seen.feeder: GAINS.get(seen.function, 1.0) for seen in measurement.activations}
    matrices = {weight.name for weight in measurement.weights if weight.is_matrix}

    def apply(case: Case) -> None:
        generator = torch.Generator().manual_seed(0)
        for name in names:
            module = case.model.get_submodule(name)
            for inner, parameter in module.named_parameters(recurse=False):
                full = f"{name}.{inner}" if name else inner
                if full in matrices:
                    _draw_(module, parameter, gains.get(name, 1.0), generator)
                elif parameter.ndim == 1 and "bias" in inner:
                    nn.init.zeros_(parameter)
        if sigmoids:
            replace_calls("sigmoid", sigmoids, as_tanh)(case)

    return apply


def _draw_(module: nn.Module, parameter: Tensor, gain: float, generator: torch.Generator) -> None:
    fan_in = units(module, parameter).shape[1]
    drawn = torch.randn(parameter.shape, generator=generator) * (gain / fan_in**0.5)
    with torch.no_grad():
        parameter.copy_(drawn)


def orthogonalize(names: Sequence[str]) -> Remedy:
    """Give all singular values of these parameters their root mean square."""

    def apply(case: Case) -> None:
        parameters = dict(case.model.named_parameters())
        for name in names:
            matrix = parameters[name].detach().flatten(1).float()
            left, values, right = torch.linalg.svd(matrix, full_matrices=False)
            even = left @ right * values.square().mean().sqrt()
            with torch.no_grad():
                parameters[name].copy_(even.view_as(parameters[name]))

    return apply


def standardize_inputs(names: Sequence[str]) -> Remedy:
    """Let these modules read their inputs with mean 0 and variance 1, feature by feature.

    Of images and sequences all numbers are taken together.
    """

    def standardized(values: Tensor) -> Tensor:
        if not values.is_floating_point() or values.numel() < 2:
            return values
        numbers = values.float()
        dims = (0,) if numbers.ndim == 2 and len(numbers) > 1 else tuple(range(numbers.ndim))
        mean, std = numbers.mean(dims, keepdim=True), numbers.std(dims, keepdim=True)
        scaled = (numbers - mean) / torch.where(std > 0, std, 1.0)
        return scaled.to(values.dtype)

    def hook(module: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return mapped(standardized, args), mapped(standardized, named)

    def apply(case: Case) -> None:
        for name in names:
            case.model.get_submodule(name).register_forward_pre_hook(hook, with_kwargs=True)

    return apply


def standardize_targets(case: Case) -> None:
    """Train on targets of mean 0 and variance 1, and score in the units of the old ones."""
    targets, loss = case.targets, case.loss
    mean, std = targets.mean(), targets.std()
    std = std if bool(std > 0) else torch.ones_like(std)

    def scaled(output: Any, given: Tensor) -> Tensor:
        return loss(output, (given - mean) / std)

    def in_old_units(output: Any, given: Tensor) -> Tensor:
        return loss(output * std + mean, given)

    case.loss, case.score = scaled, in_old_units


def replace_calls(function: str, calls: Sequence[int], replacement: Replacement) -> Remedy:
    """Replace some calls of a function of torch, counted within a forward pass from 0."""

    def apply(case: Case) -> None:
        count = {"calls": 0}

        def replaced(original: Any, *args: Any, **named: Any) -> Any:
            count["calls"] += 1
            if count["calls"] - 1 in calls:
                return replacement(original, *args, **named)
            return original(*args, **named)

        def restart(module: nn.Module, args: Any) -> None:
            count["calls"] = 0

        case.model.register_forward_pre_hook(restart)
        case.replaced[function] = replaced

    return apply


def identity(original: Any, values: Tensor, *args: Any, **named: Any) -> Tensor:
    """Return the values in place of a function of them."""
    return values


def as_tanh(original: Any, values: Tensor, *args: Any, **named: Any) -> Tensor:
    """Return tanh of the values in place of their sigmoid."""
    return torch.tanh(values)


def as_sigmoid(original: Any, values: Tensor, *args: Any, **named: Any) -> Tensor:
    """Return the sigmoid of the values in place of a softmax over one."""
    return torch.sigmoid(values)


def train_all(case: Case) -> None:
    """Let every floating parameter require gradients, and give the optimizer all of them."""
    for parameter in case.model.parameters():
        if parameter.is_floating_point():
            parameter.requires_grad_(True)
    optimize_all(case)


def optimize_all(case: Case) -> None:
    """Give the optimizer the parameters that require gradients and that it does not hold."""
    if case.optimizer is None:
        return
    held = {id(p) for group in case.optimizer.param_groups for p in group["params"]}
    missing = [p for p in case.model.parameters() if p.requires_grad and id(p) not in held]
    if missing:
        case.optimizer.add_param_group({"params": missing})


def scale_rate(factor: float) -> Remedy:
    """Multiply the rate of every group of the optimizer."""

    def apply(case: Case) -> None:
        for group in case.optimizer.param_groups if case.optimizer else ():
            group["lr"] = group["lr"] * factor

    return apply


def raise_eps(case: Case) -> None:
    """Give an optimizer of float16 an eps that float16 holds."""
    for group in case.optimizer.param_groups if case.optimizer else ():
        group["eps"] = 1e-4


def in_float32(case: Case) -> None:
    """Compute in float32 what is in a shorter type."""

    def widened(tensor: Tensor) -> Tensor:
        return tensor.float() if tensor.is_floating_point() else tensor

    case.model.float()
    case.inputs, case.targets = mapped(widened, case.inputs), mapped(widened, case.targets)
