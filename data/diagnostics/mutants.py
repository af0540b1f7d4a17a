"""Healthy networks with one planted fault each: a table of hosts and faults."""

from collections.abc import Callable
from typing import Any

import torch
from examples import Example, clusters, curve, pictures, sentences
from healthy_sequences import GPT2, LENGTH, VOCABULARY, Tagger
from healthy_vision import Arguments, LeNet, ResNet, mlp
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


class Detached(nn.Module):
    """Cuts the graph."""

    def forward(self, x: Tensor) -> Tensor:
        return x.detach()


def detached(arguments: Arguments) -> None:
    layers = list(_model(arguments))
    arguments["model"] = nn.Sequential(*layers[:2], Detached(), *layers[2:])


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
    layers = list(_model(arguments))
    arguments["model"] = nn.Sequential(*layers[:2], Logarithm(), *layers[2:])


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


def _relu(g: torch.Generator) -> Arguments:
    inputs, targets = clusters(g, 20)
    return {"model": mlp(20, 64, 64, 64, 4), "inputs": inputs, "targets": targets}


def _tanh(g: torch.Generator) -> Arguments:
    inputs, targets = clusters(g, 20)
    model = mlp(20, 64, 64, 64, 4, activation=nn.Tanh)
    return {"model": model, "inputs": inputs, "targets": targets}


def _deep(activation: type[nn.Module], depth: int) -> Callable[[torch.Generator], Arguments]:
    def make(g: torch.Generator) -> Arguments:
        inputs, targets = clusters(g, 20)
        model = mlp(20, *[64] * depth, 4, activation=activation)
        for module in model:
            if isinstance(module, nn.Linear):
                gain = 2**0.5 if activation is nn.ReLU else 1.0
                nn.init.orthogonal_(module.weight, gain)
                nn.init.zeros_(module.bias)
        return {"model": model, "inputs": inputs, "targets": targets}

    return make


def _default(activation: type[nn.Module], depth: int) -> Callable[[torch.Generator], Arguments]:
    def make(g: torch.Generator) -> Arguments:
        inputs, targets = clusters(g, 20)
        model = mlp(20, *[64] * depth, 4, activation=activation)
        return {"model": model, "inputs": inputs, "targets": targets}

    return make


def _regression(g: torch.Generator) -> Arguments:
    inputs, targets = curve(g, 5)
    return {"model": mlp(5, 64, 64, 1), "inputs": inputs, "targets": targets}


def _lenet(g: torch.Generator) -> Arguments:
    images, labels = pictures(g, 1, 28)
    return {"model": LeNet(), "inputs": images, "targets": labels}


def _resnet(g: torch.Generator) -> Arguments:
    images, labels = pictures(g, 3, 16)
    return {"model": ResNet(1), "inputs": images, "targets": labels}


def _gpt2(g: torch.Generator) -> Arguments:
    tokens, following = sentences(g, VOCABULARY, LENGTH)
    return {"model": GPT2(layers=2), "inputs": tokens, "targets": following}


def _lstm(g: torch.Generator) -> Arguments:
    tokens, following = sentences(g, VOCABULARY, LENGTH)
    labels = (following[:, 0] - tokens[:, 0]) % VOCABULARY - 1
    return {"model": Tagger(nn.LSTM), "inputs": tokens, "targets": labels}


HOSTS: dict[str, Callable[[torch.Generator], Arguments]] = {
    "relu": _relu,
    "tanh": _tanh,
    "deep_relu": _deep(nn.ReLU, 20),
    "deep_tanh": _deep(nn.Tanh, 20),
    "regression": _regression,
    "lenet": _lenet,
    "resnet": _resnet,
    "gpt2": _gpt2,
    "lstm": _lstm,
    "default_50": _default(nn.ReLU, 50),
    "default_tanh_30": _default(nn.Tanh, 30),
    "default_sigmoid_10": _default(nn.Sigmoid, 10),
}
_EXPLODES = "exploding_signal exploding_gradient saturated_units"
_VANISHES = "vanishing_signal vanishing_gradient inputs_indistinguishable"


def _nothing(arguments: Arguments) -> None:
    """The host is the fault."""


# Name of the fault, its function, the kinds that are right, the hosts.
TABLE: tuple[tuple[str, Fault, str, str], ...] = (
    ("constant", constant, "duplicate_units", "relu tanh lenet resnet regression"),
    ("constant_hidden", constant_hidden, "duplicate_units", "relu tanh lenet regression"),
    (
        "all_zero",
        all_zero,
        "duplicate_units vanishing_signal vanishing_gradient",
        "relu tanh lenet regression",
    ),
    ("copied_half", copied_half, "duplicate_units", "relu tanh regression"),
    ("weights_times_10", scaled(10.0), _EXPLODES + " chaotic", "relu tanh lenet deep_relu"),
    ("weights_times_3", scaled(3.0), _EXPLODES + " chaotic", "deep_relu deep_tanh"),
    ("weights_times_1e-2", scaled(0.01), _VANISHES, "relu tanh lenet deep_relu deep_tanh"),
    ("weights_times_0.5", scaled(0.5), _VANISHES, "deep_relu deep_tanh"),
    ("layer_times_1e5", one_layer_scaled(1e5), _EXPLODES, "relu lenet regression"),
    ("layer_times_1e-6", one_layer_scaled(1e-6), _VANISHES + " dead_units", "relu tanh deep_relu"),
    ("depth", _nothing, _VANISHES, "default_50 default_tanh_30 default_sigmoid_10"),
    ("negative_biases", negative_biases, "dead_units vanishing_signal", "relu lenet deep_relu"),
    (
        "saturating_biases",
        negative_biases,
        "saturated_units inputs_indistinguishable",
        "tanh deep_tanh",
    ),
    ("bent", bent, "ill_conditioned inputs_indistinguishable", "relu tanh deep_tanh"),
    ("inputs_times_1000", inputs_times(1e3), "unscaled_inputs", "relu tanh lenet regression"),
    ("inputs_times_1e-4", inputs_times(1e-4), "unscaled_inputs", "relu tanh lenet regression"),
    ("inputs_plus_1000", inputs_times(1.0, 1e3), "unscaled_inputs", "relu tanh lenet"),
    ("targets_times_1e4", targets_times(1e4, 1e4), "unscaled_targets", "regression"),
    ("targets_plus_300", targets_times(1.0, 300.0), "unscaled_targets", "regression"),
    ("softmax", appended(lambda: nn.Softmax(dim=1)), "double_softmax", "relu tanh lenet resnet"),
    ("sigmoid_output", appended(nn.Sigmoid), "output_range", "relu lenet regression"),
    ("relu_output", appended(nn.ReLU), "output_range", "tanh regression"),
    ("softmax_output", appended(lambda: nn.Softmax(dim=1)), "softmax_over_one", "regression"),
    ("sgd_1000", sgd(1e3), "rate_too_high", "relu tanh lenet resnet gpt2 lstm regression"),
    ("adam_1", adam(3.0), "rate_too_high", "relu tanh lenet gpt2 lstm regression"),
    ("adam_1e-8", adam(1e-8), "rate_too_low", "relu lenet resnet gpt2 lstm regression"),
    ("sgd_1e-7", sgd(1e-7), "rate_too_low", "relu tanh regression"),
    ("frozen_all", frozen_all, "frozen_parameters", "relu lenet gpt2"),
    ("frozen_first", frozen_first, "frozen_parameters", "relu lenet"),
    ("head_only", head_only, "not_optimized", "relu lenet resnet"),
    ("another_model", another_model, "not_optimized", "relu gpt2"),
    ("detached", detached, "unused_parameters vanishing_gradient", "relu tanh regression"),
    ("unused", unused, "unused_parameters", "relu regression"),
    ("nan_input", nan_input, "nonfinite", "relu lenet"),
    ("logarithm", logarithm, "nonfinite", "relu regression"),
    (
        "normalized_one",
        normalized_one,
        "normalization_of_one inputs_indistinguishable",
        "relu regression",
    ),
    ("batch_of_one", batch_of_one, "normalization_of_one", "relu regression"),
    ("float16_adam", float16_adam, "underflow nonfinite", "relu tanh"),
    ("bfloat16_slow", bfloat16_slow, "underflow rate_too_low", "relu tanh"),
)


def _with_usual_optimizer(arguments: Arguments) -> Arguments:
    """Return the arguments with Adam at 1e-3 where the fault brought no optimizer."""
    trained = [p for p in arguments["model"].parameters() if p.requires_grad]
    if "optimizer" not in arguments and trained:
        arguments["optimizer"] = torch.optim.Adam(trained, lr=1e-3)
    return arguments


def mutants() -> list[Example]:
    """Return every host of the table with every fault planted in it."""
    made = []
    for fault, plant, kinds, hosts in TABLE:
        for place, host in enumerate(hosts.split()):

            def make(
                g: torch.Generator,
                plant: Fault = plant,
                host: str = host,
                own: bool = place % 2 == 0,
            ) -> Arguments:
                arguments = HOSTS[host](g)
                plant(arguments)
                return _with_usual_optimizer(arguments) if own else arguments

            least = "remark" if fault == "frozen_first" else "warning"
            made.append(Example(f"{host}__{fault}", make, frozenset(kinds.split()), least=least))
    return made
