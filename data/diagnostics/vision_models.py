"""Models of images and vectors, written as people write them."""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional


def mlp(*widths: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Return linear layers with an activation between them."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), activation()]
    return nn.Sequential(*layers[:-1])


class LeNet(nn.Module):
    """LeNet-5 with ReLU and pooling, as the tutorials of torch have it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 4 * 4, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = functional.relu(self.fc1(x))
        x = functional.relu(self.fc2(x))
        return self.fc3(x)


class BasicBlock(nn.Module):
    """Two convolutions and a shortcut; the last scale may start at zero."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, zero: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        for conv in (self.conv1, self.conv2):
            nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
        if zero:
            nn.init.zeros_(self.bn2.weight)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += shortcut
        return self.relu(out)


class ResNet(nn.Module):
    """A ResNet of three stages."""

    def __init__(self, blocks: int = 2, width: int = 16, zero: bool = False) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)
        )
        stages, inputs = [], width
        for stage in range(3):
            outputs = width * 2**stage
            for block in range(blocks):
                stride = 2 if stage and block == 0 else 1
                stages.append(BasicBlock(inputs, outputs, stride, zero))
                inputs = outputs
        self.stages = nn.Sequential(*stages)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inputs, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(self.stages(self.stem(x))).flatten(1))


class PreActivationBlock(nn.Module):
    """Normalization and ReLU before each convolution, and nothing on the shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


class SqueezeExcite(nn.Module):
    """Channels scaled by a sigmoid of their means."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(width, width // 4, 1), nn.Conv2d(width // 4, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = functional.relu(self.fc1(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.fc2(scale))


def mobilenet() -> nn.Sequential:
    """Depthwise and pointwise convolutions with ReLU6 and squeeze-and-excitation."""
    layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16)]
    for _ in range(3):
        layers += [
            nn.Conv2d(16, 16, 3, 1, 1, groups=16, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU6(inplace=True),
            SqueezeExcite(16),
            nn.Conv2d(16, 16, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU6(inplace=True),
        ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))


class ConvNeXtBlock(nn.Module):
    """Depthwise 7 × 7, LayerNorm, two linear layers, and a scale of 1e-6 on the branch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(1e-6 * torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        out = self.dwconv(x).permute(0, 2, 3, 1)
        out = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(self.norm(out))))
        return x + out.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """A patchifying stem, blocks, and a normalized head."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, width, 4, 4)
        self.blocks = nn.Sequential(*(ConvNeXtBlock(width) for _ in range(3)))
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, 10)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(self.blocks(self.stem(x)).mean((2, 3))))


class DenseBlock(nn.Module):
    """Each layer reads all that came before."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3 + 8 * i, 8, 3, padding=1) for i in range(4))
        self.norms = nn.ModuleList(nn.BatchNorm2d(3 + 8 * i) for i in range(4))
        self.head = nn.Linear(35, 10)

    def forward(self, x: Tensor) -> Tensor:
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = torch.cat([x, conv(torch.relu(norm(x)))], dim=1)
        return self.head(x.mean((2, 3)))


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    """Down, up, and shortcuts across."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.inc, self.down, self.bottom = _double(3, 16), _double(16, 32), _double(32, 64)
        self.up1 = nn.ConvTranspose2d(64, 32, 2, 2)
        self.up2 = nn.ConvTranspose2d(32, 16, 2, 2)
        self.dec1, self.dec2 = _double(64, 32), _double(32, 16)
        self.outc = nn.Conv2d(16, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.inc(x)
        second = self.down(functional.max_pool2d(first, 2))
        x = self.bottom(functional.max_pool2d(second, 2))
        x = self.dec1(torch.cat([second, self.up1(x)], dim=1))
        return self.outc(self.dec2(torch.cat([first, self.up2(x)], dim=1)))


class VAE(nn.Module):
    """A variational autoencoder; returns reconstruction, mean and log variance."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.mean, self.logvar = nn.Linear(784, 128), nn.Linear(128, 8), nn.Linear(128, 8)
        self.fc3, self.fc4 = nn.Linear(8, 128), nn.Linear(128, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = functional.relu(self.fc1(x))
        mean, logvar = self.mean(hidden), self.logvar(hidden)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        return torch.sigmoid(self.fc4(functional.relu(self.fc3(code)))), mean, logvar


def vae_loss(output: tuple[Tensor, Tensor, Tensor], targets: Tensor) -> Tensor:
    """Return reconstruction error and divergence, a pixel."""
    picture, mean, logvar = output
    fit = functional.binary_cross_entropy(picture, targets)
    return fit - 0.5 * (1 + logvar - mean.square() - logvar.exp()).mean() / 98


class Mixer(nn.Module):
    """MLP-Mixer: across patches, then across channels."""

    def __init__(self, width: int = 32, patches: int = 16) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, width, 4, 4)
        self.tokens = nn.ModuleList(mlp(patches, 64, patches, activation=nn.GELU) for _ in "ab")
        self.channels = nn.ModuleList(mlp(width, 64, width, activation=nn.GELU) for _ in "ab")
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in "abcde")
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x).flatten(2).mT
        for i, (tokens, channels) in enumerate(zip(self.tokens, self.channels, strict=True)):
            x = x + tokens(self.norms[2 * i](x).mT).mT
            x = x + channels(self.norms[2 * i + 1](x))
        return self.head(self.norms[-1](x).mean(1))


class Siren(nn.Module):
    """Sines of frequency 30 with their own start."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, width), nn.Linear(width, width)])
        self.head = nn.Linear(width, 1)
        nn.init.uniform_(self.layers[0].weight, -1 / 2, 1 / 2)
        for layer in (self.layers[1], self.head):
            bound = (6 / width) ** 0.5 / 30
            nn.init.uniform_(layer.weight, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.sin(30 * layer(x))
        return self.head(x)


class Coupling(nn.Module):
    """RealNVP: affine couplings whose last layers start at zero."""

    def __init__(self) -> None:
        super().__init__()
        self.nets = nn.ModuleList(mlp(1, 32, 2) for _ in range(4))
        for net in self.nets:
            nn.init.zeros_(net[-1].weight)
            nn.init.zeros_(net[-1].bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first, second = x[:, :1], x[:, 1:]
        volume = torch.zeros_like(first)
        for net in self.nets:
            scale, shift = net(first).chunk(2, dim=1)
            second = second * scale.tanh().exp() + shift
            volume = volume + scale.tanh()
            first, second = second, first
        return torch.cat([first, second], dim=1), volume


def flow_loss(output: tuple[Tensor, Tensor], targets: Tensor) -> Tensor:
    """Return the negative log likelihood under a normal distribution."""
    points, volume = output
    return (points.square().sum(1) / 2 - volume[:, 0]).mean()
