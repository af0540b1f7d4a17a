"""Healthy networks with one planted fault each: a table of hosts and faults."""

from collections.abc import Callable

import torch
from attention_models import GPT2, LENGTH, VOCABULARY
from examples import Arguments, Example, clusters, curve, pictures, sentences
from faults import (
    Fault,
    adam,
    all_zero,
    another_model,
    appended,
    batch_of_one,
    bent,
    bfloat16_slow,
    constant,
    constant_hidden,
    copied_half,
    detached,
    float16_adam,
    frozen_all,
    frozen_first,
    head_only,
    inputs_times,
    logarithm,
    nan_input,
    negative_biases,
    normalized_one,
    one_layer_scaled,
    scaled,
    sgd,
    targets_times,
    unused,
)
from sequence_models import Tagger
from torch import nn
from vision_models import LeNet, ResNet, mlp


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
