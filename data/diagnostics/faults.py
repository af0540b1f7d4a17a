"""Faults to plant in a healthy network: each changes the arguments of a diagnosis."""

from collections.abc import Callable
from typing import Any

import torch
from examples import Arguments
from torch import Tensor, nn

Fault = Callable[[Arguments], None]


def _model(arguments: Arguments) -> Any:
    return arguments["model"]


def _matrices(arguments: Arguments) -> list[nn.Module]:
    kinds = (nn.Linear, nn.Conv2d)
    return [module for module in _model(arguments).modules() if isinstance(module, kinds)]


def constant(arguments: Arguments) -> None:
    for module in _matrices(arguments):
        nn.init.constant_(module.weight, 0.05)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def constant_hidden(arguments: Arguments) -> None:
    first = _matrices(arguments)[0]
    second = _matrices(arguments)[1]
    nn.init.constant_(first.weight, 0.1)
    nn.init.zeros_(first.bias)
    nn.init.constant_(second.weight, 0.1)
    nn.init.zeros_(second.bias)


def all_zero(arguments: Arguments) -> None:
    for module in _matrices(arguments):
        nn.init.zeros_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def copied_half(arguments: Arguments) -> None:
    first, second = _matrices(arguments)[:2]
    half = len(first.weight) // 2
    with torch.no_grad():
        first.weight[half:] = first.weight[:half]
        first.bias[half:] = first.bias[:half]
        second.weight[:, half:] = second.weight[:, :half]


def scaled(factor: float) -> Fault:
    def plant(arguments: Arguments) -> None:
        with torch.no_grad():
            for module in _matrices(arguments):
                module.weight *= factor

    return plant


def one_layer_scaled(factor: float) -> Fault:
    def plant(arguments: Arguments) -> None:
        module = _matrices(arguments)[1]
        with torch.no_grad():
            module.weight *= factor

    return plant


def negative_biases(arguments: Arguments) -> None:
    nn.init.constant_(_matrices(arguments)[1].bias, -20.0)


def bent(arguments: Arguments) -> None:
    for module in _matrices(arguments)[:-1]:
        with torch.no_grad():
            matrix = module.weight.flatten(1)
            left, values, right = torch.linalg.svd(matrix, full_matrices=False)
            falling = torch.logspace(0, -5, len(values))
            falling = falling * values.norm() / falling.norm()
            module.weight.copy_((left * falling @ right).view_as(module.weight))


def inputs_times(factor: float, offset: float = 0.0) -> Fault:
    def plant(arguments: Arguments) -> None:
        arguments["inputs"] = arguments["inputs"] * factor + offset

    return plant


def targets_times(factor: float, offset: float = 0.0) -> Fault:
    def plant(arguments: Arguments) -> None:
        arguments["targets"] = arguments["targets"] * factor + offset

    return plant


def appended(module: Callable[[], nn.Module]) -> Fault:
    def plant(arguments: Arguments) -> None:
        old = arguments["model"]
        arguments["model"] = (
            nn.Sequential(*old, module())
            if isinstance(old, nn.Sequential)
            else nn.Sequential(old, module())
        )

    return plant


def sgd(rate: float, momentum: float = 0.0) -> Fault:
    def plant(arguments: Arguments) -> None:
        arguments["optimizer"] = torch.optim.SGD(
            _model(arguments).parameters(), lr=rate, momentum=momentum
        )

    return plant


def adam(rate: float) -> Fault:
    def plant(arguments: Arguments) -> None:
        arguments["optimizer"] = torch.optim.Adam(_model(arguments).parameters(), lr=rate)

    return plant


def frozen_all(arguments: Arguments) -> None:
    _model(arguments).requires_grad_(False)


def frozen_first(arguments: Arguments) -> None:
    _matrices(arguments)[0].requires_grad_(False)


def head_only(arguments: Arguments) -> None:
    arguments["optimizer"] = torch.optim.Adam(_matrices(arguments)[-1].parameters(), lr=1e-3)


def another_model(arguments: Arguments) -> None:
    arguments["optimizer"] = torch.optim.Adam(nn.Linear(2, 2).parameters(), lr=1e-3)


def _inserted(arguments: Arguments, module: nn.Module) -> None:
    layers = list(_model(arguments))
    arguments["model"] = nn.Sequential(*layers[:2], module, *layers[2:])


class Detached(nn.Module):
    """Cuts the graph."""

    def forward(self, x: Tensor) -> Tensor:
        return x.detach()


def detached(arguments: Arguments) -> None:
    _inserted(arguments, Detached())


def unused(arguments: Arguments) -> None:
    _model(arguments).register_module("forgotten", nn.Linear(32, 32))
    model = _model(arguments)
    layers = [module for name, module in model.named_children() if name != "forgotten"]

    class Host(nn.Module):
        """Has a layer that forward does not call."""

        def __init__(self) -> None:
            super().__init__()
            self.layers, self.forgotten = nn.Sequential(*layers), nn.Linear(32, 32)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x)

    arguments["model"] = Host()


def nan_input(arguments: Arguments) -> None:
    arguments["inputs"].view(-1)[3] = float("nan")


class Logarithm(nn.Module):
    """Minus infinity wherever ReLU returned zero."""

    def forward(self, x: Tensor) -> Tensor:
        return x.log()


def logarithm(arguments: Arguments) -> None:
    _inserted(arguments, Logarithm())


def normalized_one(arguments: Arguments) -> None:
    layers = list(_model(arguments))
    width = layers[-1].in_features
    narrow = [nn.Linear(width, 1), nn.LayerNorm(1), nn.Linear(1, width)]
    arguments["model"] = nn.Sequential(*layers[:-1], *narrow, layers[-1])


def batch_of_one(arguments: Arguments) -> None:
    layers = list(_model(arguments))
    width = layers[0].out_features
    arguments["model"] = nn.Sequential(layers[0], nn.BatchNorm1d(width), *layers[1:])
    arguments["inputs"], arguments["targets"] = arguments["inputs"][:1], arguments["targets"][:1]


def float16_adam(arguments: Arguments) -> None:
    arguments["model"] = _model(arguments).half()
    arguments["inputs"] = arguments["inputs"].half()
    adam(1e-3)(arguments)


def bfloat16_slow(arguments: Arguments) -> None:
    arguments["model"] = _model(arguments).bfloat16()
    arguments["inputs"] = arguments["inputs"].bfloat16()
    adam(1e-6)(arguments)
