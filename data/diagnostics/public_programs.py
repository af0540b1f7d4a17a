"""Programs that people asked about in public, rewritten from the facts, and their fixed twins.

Data are of the same kind and size; no line of the originals is copied.
"""

from typing import Any

import torch
from examples import Arguments, Example, clusters, curve, pictures
from torch import Tensor, nn
from vision_models import mlp

SO = "https://stackoverflow.com/q/"
GITHUB = "https://github.com/"


def _arguments(
    model: nn.Module, inputs: Tensor, targets: Tensor, optimizer: torch.optim.Optimizer, **more: Any
) -> Arguments:
    data = {"inputs": inputs, "targets": targets}
    return {"model": model, "optimizer": optimizer, **data, **more}


def _adam(model: nn.Module, rate: float = 1e-3, **options: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=rate, **options)


def _sgd(model: nn.Module, rate: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=rate)


def _start(model: nn.Module, std: float, bias: float | None = None) -> nn.Module:
    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=std)
        elif bias is not None:
            nn.init.normal_(parameter, std=bias)
    return model


def xor_softmax(g: torch.Generator, fixed: bool) -> Arguments:
    inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    last = nn.Sigmoid() if fixed else nn.Softmax(dim=1)
    model = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1), last)
    loss = nn.MSELoss()
    optimizer = _adam(model, 0.05)
    return _arguments(model, inputs, targets, optimizer, loss=loss)


def one_unit_softmax(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, labels = clusters(g, 16, 2)
    last = nn.Sigmoid() if fixed else nn.Softmax(dim=-1)
    model = nn.Sequential(*mlp(16, 64, 64, 1), last)
    targets = labels.float()[:, None]
    return _arguments(model, inputs, targets, _adam(model), loss=nn.BCELoss())


def normal_without_activations(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, labels = pictures(g, 1, 28)
    if fixed:
        model = mlp(784, 30, 10)
    else:
        layers = [nn.Linear(784, 30), nn.Linear(30, 30), nn.Linear(30, 10)]
        model = _start(nn.Sequential(*layers), 1.0, 1.0)
    return _arguments(model, inputs.flatten(1), labels, _sgd(model, 0.05 if fixed else 3.0))


def raw_pixels(g: torch.Generator, fixed: bool) -> Arguments:
    images, labels = pictures(g, 3, 16)
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(784, 10)
    )
    if not fixed:
        images = ((images - images.min()) / (images.max() - images.min()) * 255).round()
        model.append(nn.Sigmoid())
    return _arguments(model, images, labels, _adam(model))


def unscaled_features(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, labels = clusters(g, 6, 2)
    if not fixed:
        scale = torch.tensor([1.0, 40.0, 3000.0, 0.1, 1.0, 500.0])
        inputs = inputs * scale + torch.tensor([0.0, 40.0, 20000.0, 0.0, 1.0, 900.0])
    model = mlp(6, 32, 16, 2)
    return _arguments(model, inputs, labels, _adam(model))


def unscaled_regression(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, targets = curve(g, 4)
    last: list[nn.Module] = [] if fixed else [nn.ELU()]
    hidden = nn.ReLU() if fixed else nn.Sigmoid()
    model = nn.Sequential(nn.Linear(4, 32), hidden, nn.Linear(32, 1), *last)
    if not fixed:
        inputs, targets = inputs * 300 + 1500, targets * 4000 + 20000
    return _arguments(model, inputs, targets, _adam(model))


def fast_regression(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, targets = curve(g, 3)
    if not fixed:
        inputs, targets = inputs * 50 + 100, targets * 30 + 60
    model = mlp(3, 32, 1)
    return _arguments(model, inputs, targets, _sgd(model, 0.05 if fixed else 0.1))


def sigmoid_for_unbounded(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, targets = curve(g, 5)
    targets = 3 * targets
    last: list[nn.Module] = [] if fixed else [nn.Sigmoid()]
    model = nn.Sequential(*mlp(5, 64, 1), *last)
    return _arguments(model, inputs, targets, _adam(model, 1e-2))


def relu_output(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, labels = clusters(g, 20, 5)
    last: list[nn.Module] = [] if fixed else [nn.ReLU()]
    model = nn.Sequential(*mlp(20, 64, 5), *last)
    return _arguments(model, inputs, labels, _adam(model))


def sigmoid_small_weights(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, labels = pictures(g, 1, 28)
    if fixed:
        model = mlp(784, 128, 64, 32, 10)
    else:
        model = _start(mlp(784, 128, 64, 32, 10, activation=nn.Sigmoid), 0.01, 0.0)
    optimizer = _sgd(model, 0.1)
    return _arguments(model, inputs.flatten(1), labels, optimizer)


def softmax_before_cross_entropy(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, labels = pictures(g, 1, 28)
    last: list[nn.Module] = [] if fixed else [nn.Softmax(dim=1)]
    model = nn.Sequential(nn.Linear(784, 64), nn.Dropout(), nn.ReLU(), nn.Linear(64, 10), *last)
    loss = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    return _arguments(model, inputs.flatten(1), labels, optimizer, loss=loss)


class Gated(nn.Module):
    """Features that a gate of two linear layers multiplies, beside a shortcut."""

    def __init__(self, fixed: bool) -> None:
        super().__init__()
        self.proj, self.head = nn.Linear(20, 32), nn.Linear(32, 4)
        self.gate = nn.Sequential(
            nn.Linear(32, 32, bias=False), nn.ReLU(), nn.Linear(32, 32, False)
        )
        nn.init.zeros_(self.gate[2].weight)
        if not fixed:
            nn.init.zeros_(self.gate[0].weight)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.proj(x))
        return self.head(hidden + hidden * torch.tanh(self.gate(hidden)))


def two_zero_layers(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, labels = clusters(g, 20)
    model = Gated(fixed)
    return _arguments(model, inputs, labels, _adam(model))


class DeepEncoder(nn.Module):
    """torch's encoder over continuous inputs, 12 layers."""

    def __init__(self, fixed: bool) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(32, 4, 64, 0.1, batch_first=True, norm_first=fixed)
        self.embed = nn.Embedding(50, 32)
        self.encoder = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
        self.head = nn.Linear(32, 50)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.encoder(self.embed(tokens)))


def deep_postnorm(g: torch.Generator, fixed: bool) -> Arguments:
    tokens = torch.randint(50, (16, 12), generator=g)
    model = DeepEncoder(fixed)
    return _arguments(model, tokens, tokens.flip(1), _adam(model, 1e-3))


def float16_adam(g: torch.Generator, fixed: bool) -> Arguments:
    inputs, labels = clusters(g, 20)
    model = mlp(20, 64, 4)
    if not fixed:
        model, inputs = model.half(), inputs.half()
    return _arguments(model, inputs, labels, _adam(model))


def all_but_norm_frozen(g: torch.Generator, fixed: bool) -> Arguments:
    images, labels = pictures(g, 3, 16)
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    if not fixed:
        for module in model:
            if not isinstance(module, nn.BatchNorm2d):
                module.requires_grad_(False)
    trained = [p for p in model.parameters() if p.requires_grad]
    return _arguments(model, images, labels, torch.optim.Adam(trained, lr=1e-3))


_PROGRAMS = {
    "xor_softmax": (xor_softmax, "softmax_over_one", SO + "34311586"),
    "one_unit_softmax": (one_unit_softmax, "softmax_over_one", SO + "31880720"),
    "normal_without_activations": (
        normal_without_activations,
        "exploding_signal rate_too_high exploding_gradient",
        SO + "48385830",
    ),
    "raw_pixels": (raw_pixels, "unscaled_inputs output_range", SO + "55328966"),
    "unscaled_features": (unscaled_features, "unscaled_inputs", SO + "39525358"),
    "unscaled_regression": (
        unscaled_regression,
        "unscaled_inputs unscaled_targets",
        SO + "52800582",
    ),
    "fast_regression": (
        fast_regression,
        "rate_too_high unscaled_inputs unscaled_targets",
        SO + "48934338",
    ),
    "sigmoid_for_unbounded": (sigmoid_for_unbounded, "output_range", SO + "48221692"),
    "relu_output": (relu_output, "output_range", SO + "47352366"),
    "sigmoid_small_weights": (
        sigmoid_small_weights,
        "vanishing_gradient vanishing_signal inputs_indistinguishable",
        SO + "39217567",
    ),
    "softmax_before_cross_entropy": (
        softmax_before_cross_entropy,
        "double_softmax",
        GITHUB + "shaoxiongji/federated-learning/issues/9",
    ),
    "two_zero_layers": (
        two_zero_layers,
        "vanishing_gradient duplicate_units vanishing_signal",
        GITHUB + "yz93/LAVT-RIS/issues/25",
    ),
    "deep_postnorm": (
        deep_postnorm,
        "vanishing_gradient inputs_indistinguishable rate_too_high exploding_gradient",
        GITHUB + "pytorch/pytorch/issues/55270",
    ),
    "float16_adam": (float16_adam, "underflow nonfinite", GITHUB + "pytorch/pytorch/issues/8860"),
    "all_but_norm_frozen": (
        all_but_norm_frozen,
        "frozen_parameters",
        "https://discuss.pytorch.org/t/84911",
    ),
}


def programs(fixed: bool) -> list[Example]:
    """Return the programs as they were asked about, or their fixed twins."""
    made = []
    for name, (function, kinds, source) in _PROGRAMS.items():

        def make(g: torch.Generator, function: Any = function) -> Arguments:
            return function(g, fixed)

        wanted = frozenset() if fixed else frozenset(kinds.split())
        made.append(Example(name + "_fixed" * fixed, make, wanted, source))
    return made
