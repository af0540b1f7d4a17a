"""Healthy models of images and vectors, with the data and optimizers people give them."""

from typing import Any

import torch
from examples import Arguments, arguments_of, clusters, curve, pictures
from torch import Tensor, nn
from vision_models import (
    VAE,
    ConvNeXt,
    Coupling,
    DenseBlock,
    LeNet,
    Mixer,
    PreActivationBlock,
    ResNet,
    Siren,
    UNet,
    flow_loss,
    mlp,
    mobilenet,
    vae_loss,
)


def _he(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    return model


def _xavier(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_normal_(module.weight)
            nn.init.zeros_(module.bias)
    return model


def _classifier(activation: type[nn.Module] = nn.ReLU, optimizer: str = "", depth: int = 3) -> Any:
    def make(g: torch.Generator) -> Arguments:
        model = mlp(20, *[64] * (depth - 1), 4, activation=activation)
        return arguments_of(model, clusters(g, 20), optimizer)

    return make


def _frozen(g: torch.Generator) -> Arguments:
    model = ResNet(1)
    for part in (model.stem, model.stages):
        part.requires_grad_(False)
    return arguments_of(model, pictures(g, 3, 16), "adam")


def _segmentation(g: torch.Generator) -> Arguments:
    images, _ = pictures(g, 3, 16, batch=8)
    return arguments_of(UNet(), (images, images.argmax(1)), "adam")


def _autoencoder(g: torch.Generator) -> Arguments:
    images = pictures(g, 1, 28)[0].flatten(1).sigmoid()
    model = nn.Sequential(mlp(784, 128, 32), nn.ReLU(), mlp(32, 128, 784), nn.Sigmoid())
    return arguments_of(model, (images, images), "adam")


def _conv_autoencoder(g: torch.Generator) -> Arguments:
    images, _ = pictures(g, 1, 16)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(16, 8, 3, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 16, 2, 2),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 2, 2),
    )
    return arguments_of(model, (images, images))


def _variational(g: torch.Generator) -> Arguments:
    images = pictures(g, 1, 28)[0].flatten(1).sigmoid()
    return arguments_of(VAE(), (images, images), "adam", loss=vae_loss)


def _flow(g: torch.Generator) -> Arguments:
    points = torch.randn(64, 2, generator=g)
    points[:, 1] = 0.5 * points[:, 1] + points[:, 0].square() - 1
    return arguments_of(Coupling(), (points, points), "adam", loss=flow_loss)


def _normalized_inside(g: torch.Generator) -> Arguments:
    images, labels = pictures(g, 3, 16)
    raw = ((images - images.min()) / (images.max() - images.min()) * 255).to(torch.uint8)

    class Scaled(nn.Module):
        """Takes bytes, as decoders return them."""

        def __init__(self) -> None:
            super().__init__()
            self.net = ResNet(1)

        def forward(self, x: Tensor) -> Tensor:
            return self.net((x.float() / 255 - 0.5) / 0.25)

    return arguments_of(Scaled(), (raw, labels), "sgd")


def _batchnorm_first(g: torch.Generator) -> Arguments:
    inputs, labels = clusters(g, 20)
    inputs = inputs * 100 + 1000
    return arguments_of(
        nn.Sequential(nn.BatchNorm1d(20), *mlp(20, 64, 64, 4)), (inputs, labels), "adam"
    )


def _regularized(g: torch.Generator) -> Arguments:
    model = nn.Sequential(
        nn.Linear(20, 128),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 64),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(64, 4),
    )
    return arguments_of(model, clusters(g, 20), "adam")


def _vgg(g: torch.Generator) -> Arguments:
    layers: list[nn.Module] = []
    inputs = 3
    for outputs in (16, 16, 32, 32):
        layers += [
            nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
        inputs = outputs
    model = nn.Sequential(
        *layers, nn.MaxPool2d(4), nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    return arguments_of(model, pictures(g, 3, 16), "sgd")


def _preactivation(g: torch.Generator) -> Arguments:
    blocks = [PreActivationBlock(16) for _ in range(6)]
    head = [nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    model = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), *blocks, *head, nn.Linear(16, 10))
    return arguments_of(model, pictures(g, 3, 16))


def _policy(g: torch.Generator) -> Arguments:
    model = mlp(8, 64, 64, 4, activation=nn.Tanh)
    for layer, gain in zip(model[::2], (2**0.5, 2**0.5, 0.01), strict=True):
        nn.init.orthogonal_(layer.weight, gain)
        nn.init.zeros_(layer.bias)
    return arguments_of(model, clusters(g, 8), "adam")


def _binary(g: torch.Generator) -> Arguments:
    inputs, labels = clusters(g, 10, 2)
    targets = labels.float()[:, None]
    loss = nn.BCEWithLogitsLoss()
    return arguments_of(mlp(10, 32, 1), (inputs, targets), "adam", loss=loss)


def _probability(g: torch.Generator) -> Arguments:
    inputs, labels = clusters(g, 10, 2)
    model = nn.Sequential(*mlp(10, 32, 1), nn.Sigmoid())
    return arguments_of(model, (inputs, labels.float()[:, None]), "adam", loss=nn.BCELoss())


def _log_probability(g: torch.Generator) -> Arguments:
    model = nn.Sequential(*mlp(10, 32, 4), nn.LogSoftmax(dim=1))
    return arguments_of(model, clusters(g, 10), "sgd", loss=nn.NLLLoss())


def _zero_logistic(g: torch.Generator) -> Arguments:
    model = nn.Linear(20, 4)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return arguments_of(model, clusters(g, 20), "sgd")


def _bfloat16(g: torch.Generator) -> Arguments:
    inputs, labels = clusters(g, 20)
    return arguments_of(mlp(20, 64, 64, 4).bfloat16(), (inputs.bfloat16(), labels))


HEALTHY = {
    "mlp_relu": _classifier(),
    "mlp_relu_adam": _classifier(optimizer="adam"),
    "mlp_tanh_sgd": _classifier(nn.Tanh, "sgd"),
    "mlp_gelu_adamw": _classifier(nn.GELU, "adamw"),
    "mlp_deep_default": _classifier(depth=6),
    "mlp_sigmoid_shallow": _classifier(nn.Sigmoid, "adam", depth=2),
    "mlp_regression": lambda g: arguments_of(mlp(5, 64, 64, 1), curve(g, 5), "adam"),
    "mlp_dropout_batchnorm": _regularized,
    "mlp_batchnorm_first": _batchnorm_first,
    "mlp_he_30": lambda g: arguments_of(_he(mlp(20, *[64] * 29, 4)), clusters(g, 20)),
    "mlp_tanh_xavier_10": lambda g: arguments_of(
        _xavier(mlp(20, *[64] * 9, 4, activation=nn.Tanh)), clusters(g, 20), "adam"
    ),
    "mlp_bfloat16": _bfloat16,
    "binary_logits": _binary,
    "binary_sigmoid": _probability,
    "log_softmax_nll": _log_probability,
    "logistic_regression_zero": _zero_logistic,
    "policy_small_head": _policy,
    "lenet": lambda g: arguments_of(LeNet(), pictures(g, 1, 28), "adam"),
    "vgg_batchnorm": _vgg,
    "resnet": lambda g: arguments_of(ResNet(), pictures(g, 3, 16), "sgd"),
    "resnet_zero_gamma": lambda g: arguments_of(ResNet(zero=True), pictures(g, 3, 16), "sgd"),
    "resnet_evaluation_mode": lambda g: arguments_of(ResNet().eval(), pictures(g, 3, 16)),
    "resnet_preactivation": _preactivation,
    "resnet_frozen_backbone": _frozen,
    "resnet_bytes": _normalized_inside,
    "mobilenet": lambda g: arguments_of(mobilenet(), pictures(g, 3, 16), "sgd"),
    "convnext": lambda g: arguments_of(ConvNeXt(), pictures(g, 3, 16), "adamw"),
    "densenet": lambda g: arguments_of(DenseBlock(), pictures(g, 3, 16)),
    "mixer": lambda g: arguments_of(Mixer(), pictures(g, 3, 16), "adamw"),
    "unet": _segmentation,
    "autoencoder": _autoencoder,
    "autoencoder_convolutional": _conv_autoencoder,
    "vae": _variational,
    "siren": lambda g: arguments_of(Siren(), curve(g, 2)),
    "flow_couplings": _flow,
}
