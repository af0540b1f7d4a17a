"""Mutants that were written after the last threshold: other hosts, other ways to go wrong."""

from collections.abc import Callable

import torch
from attention_models import LENGTH, VOCABULARY, Llama, ViT
from examples import Arguments, Example, clusters, curve, pictures, sentences
from faults import Fault, adam, appended, inputs_times, scaled, sgd
from sequence_models import Tagger, TextCNN
from torch import Tensor, nn
from torch.nn import functional
from vision_models import ConvNeXt, Mixer, UNet, mlp


def _classes(g: torch.Generator) -> tuple[Tensor, Tensor]:
    tokens, following = sentences(g, VOCABULARY, LENGTH)
    return tokens, (following[:, 0] - tokens[:, 0]) % VOCABULARY - 1


def _arguments(model: nn.Module, data: tuple[Tensor, Tensor]) -> Arguments:
    return {"model": model, "inputs": data[0], "targets": data[1]}


def _plain_cnn(g: torch.Generator) -> Arguments:
    layers: list[nn.Module] = []
    for inputs, outputs in ((3, 16), (16, 32), (32, 32)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return _arguments(nn.Sequential(*layers, nn.Flatten(), nn.Linear(128, 10)), pictures(g, 3, 16))


def _gelu(g: torch.Generator) -> Arguments:
    return _arguments(mlp(12, 48, 48, 5, activation=nn.GELU), clusters(g, 12, 5))


def _sigmoid_head(g: torch.Generator) -> Arguments:
    inputs, labels = clusters(g, 12, 2)
    arguments = _arguments(
        nn.Sequential(*mlp(12, 48, 48, 1), nn.Sigmoid()), (inputs, labels.float()[:, None])
    )
    return arguments | {"loss": nn.BCELoss()}


def _wide_regression(g: torch.Generator) -> Arguments:
    return _arguments(mlp(8, 128, 128, 1, activation=nn.Tanh), curve(g, 8))


def _segmentation(g: torch.Generator) -> Arguments:
    images, _ = pictures(g, 3, 16, batch=8)
    return _arguments(UNet(), (images, images.argmax(1)))


HOSTS: dict[str, Callable[[torch.Generator], Arguments]] = {
    "cnn": _plain_cnn,
    "gelu": _gelu,
    "probability": _sigmoid_head,
    "wide": _wide_regression,
    "unet": _segmentation,
    "mixer": lambda g: _arguments(Mixer(), pictures(g, 3, 16)),
    "convnext": lambda g: _arguments(ConvNeXt(), pictures(g, 3, 16)),
    "vit": lambda g: _arguments(ViT(), pictures(g, 3, 16)),
    "llama": lambda g: _arguments(Llama(), sentences(g, VOCABULARY, LENGTH)),
    "gru": lambda g: _arguments(Tagger(nn.GRU), _classes(g)),
    "textcnn": lambda g: _arguments(TextCNN(), _classes(g)),
}


def every_weight(value: float) -> Fault:
    def plant(arguments: Arguments) -> None:
        for parameter in arguments["model"].parameters():
            if parameter.ndim > 1:
                nn.init.constant_(parameter, value)

    return plant


def normal_start(std: float) -> Fault:
    def plant(arguments: Arguments) -> None:
        for module in arguments["model"].modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                nn.init.normal_(module.weight, std=std)

    return plant


def dead(arguments: Arguments) -> None:
    module = [m for m in arguments["model"].modules() if isinstance(m, nn.Linear | nn.Conv2d)][1]
    nn.init.constant_(module.bias, -50.0)


def one_feature_large(arguments: Arguments) -> None:
    inputs = arguments["inputs"].clone()
    inputs[:, 0] = 5000 * inputs[:, 0] + 20000
    arguments["inputs"] = inputs


def dollars(arguments: Arguments) -> None:
    arguments["targets"] = 200_000 + 80_000 * arguments["targets"]


def probabilities_of_logits(arguments: Arguments) -> None:
    arguments["loss"] = nn.BCEWithLogitsLoss()


def negative_log(arguments: Arguments) -> None:
    appended(lambda: nn.Softmax(dim=1))(arguments)
    arguments["loss"] = nn.NLLLoss()


class Functional(nn.Module):
    """Calls softmax in forward, as people do."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return functional.softmax(self.body(x), dim=1)


def functional_softmax(arguments: Arguments) -> None:
    arguments["model"] = Functional(arguments["model"])


def frozen_but_norm(arguments: Arguments) -> None:
    for module in arguments["model"].modules():
        if not isinstance(module, nn.LayerNorm | nn.BatchNorm2d):
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(False)


def old_parameters(arguments: Arguments) -> None:
    """Make the optimizer, then replace the head."""
    model = arguments["model"]
    adam(1e-3)(arguments)
    name = next(n for n in ("head", "fc", "lm_head") if hasattr(model, n))
    head = getattr(model, name)
    setattr(model, name, nn.Linear(head.in_features, head.out_features))


class NoGradient(nn.Module):
    """A body computed without gradients."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.body, self.head = nn.Sequential(*list(model)[:-1]), list(model)[-1]

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            x = self.body(x)
        return self.head(x)


def no_gradient(arguments: Arguments) -> None:
    arguments["model"] = NoGradient(arguments["model"])


def infinite_weight(arguments: Arguments) -> None:
    parameter = next(p for p in arguments["model"].parameters() if p.ndim > 1)
    with torch.no_grad():
        parameter.view(-1)[0] = float("inf")


TABLE: tuple[tuple[str, Fault, str, str], ...] = (
    ("every_weight_0.02", every_weight(0.02), "duplicate_units", "cnn gelu mixer unet textcnn"),
    ("normal_1", normal_start(1.0), "exploding_signal exploding_gradient", "cnn gelu llama"),
    (
        "normal_1e-3",
        normal_start(1e-3),
        "vanishing_signal vanishing_gradient inputs_indistinguishable",
        "cnn gelu wide",
    ),
    ("times_30", scaled(30.0), "saturated_units exploding_signal chaotic", "wide cnn"),
    ("dead", dead, "dead_units vanishing_signal", "cnn probability"),
    ("pixels", inputs_times(60.0, 120.0), "unscaled_inputs", "cnn convnext vit mixer unet gelu"),
    ("one_feature", one_feature_large, "unscaled_inputs", "gelu probability wide"),
    ("dollars", dollars, "unscaled_targets", "wide"),
    ("logits_twice", probabilities_of_logits, "output_range", "probability"),
    ("nll_of_softmax", negative_log, "output_range double_softmax", "gelu"),
    ("functional_softmax", functional_softmax, "double_softmax", "gelu cnn vit convnext"),
    ("adam_2", adam(2.0), "rate_too_high", "cnn gelu vit llama gru textcnn wide"),
    ("sgd_300", sgd(300.0), "rate_too_high", "cnn gelu mixer unet wide"),
    ("adam_1e-9", adam(1e-9), "rate_too_low", "cnn vit llama gru textcnn unet"),
    ("frozen_but_norm", frozen_but_norm, "frozen_parameters", "mixer unet convnext"),
    ("old_parameters", old_parameters, "not_optimized", "vit mixer gru textcnn"),
    ("no_gradient", no_gradient, "unused_parameters", "gelu wide"),
    ("infinite_weight", infinite_weight, "nonfinite", "cnn vit gru"),
)


def fresh_mutants() -> list[Example]:
    """Return every host of the table with every fault planted in it."""
    made = []
    for fault, plant, kinds, hosts in TABLE:
        for host in hosts.split():

            def make(g: torch.Generator, plant: Fault = plant, host: str = host) -> Arguments:
                arguments = HOSTS[host](g)
                plant(arguments)
                return arguments

            made.append(Example(f"{host}__{fault}", make, frozenset(kinds.split())))
    return made
