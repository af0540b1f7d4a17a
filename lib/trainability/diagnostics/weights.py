"""What is measured of each parameter: norms, equal units, singular values."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainability.norms import euclidean_norms
from trainability.symmetry import unit_labels

_MOST_UNITS = 512
_SAME = 1e-6
_SAME_GRADIENT = 1e-3
# A decomposition of more entries than this costs more than the pass that is diagnosed.
_MOST_ENTRIES = 2**20
_LAYERS = (
    nn.Linear,
    nn.Bilinear,
    nn.RNNBase,
    nn.RNNCellBase,
    nn.MultiheadAttention,
    nn.modules.conv._ConvNd,
)
_NORMALIZATIONS = (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.modules.batchnorm._NormBase)


@dataclass
class Weight:
    """What was measured of one parameter.

    Attributes
    ----------
    name, module, shape
        Its name, the module that owns it, and its shape.
    norm : float
        ‖W‖.
    usual : float
        The norm that torch's default start would give it, √(entries / (3 fan_in)).
    gradient : float or None
        ‖∂L/∂W‖; None where the gradient has no path to it.
    judged : bool
        Whether there was a loss to take a gradient of.
    finite : bool
        Whether parameter and gradient are.
    is_matrix : bool
        Whether it multiplies, in contrast to biases, scales, embeddings.
    entries, units : int
        How many numbers it holds, and how many units, at most 512 of which are compared.
    duplicates : int
        Units whose incoming weights equal another unit's.
    uniform : bool
        Whether all units start with the same weights, which are not zero.
    equal_gradients : bool
        Whether these units' gradients are equal; all zero, too.
    spread : float or None
        σ_max over the median singular value (over the least, of fewer than eight); None where
        it was too large to decompose, or zero.
    """

    name: str
    module: str
    shape: tuple[int, ...]
    norm: float
    usual: float
    gradient: float | None
    judged: bool
    finite: bool
    is_matrix: bool
    entries: int
    units: int = 1
    duplicates: int = 0
    uniform: bool = False
    equal_gradients: bool = False
    spread: float | None = None

    @property
    def size(self) -> float:
        """‖W‖, or the usual norm of a matrix that starts smaller; only a matrix has one."""
        return max(self.norm, self.usual) if self.is_matrix else self.norm

    @property
    def effect(self) -> float:
        """‖∂L/∂W‖·‖W‖: how much the loss changes where W changes by its own size.

        It is the same for all layers of a chain of linear or ReLU layers without biases,
        whatever their scales. A weight that starts at zero counts with its usual size.
        """
        return (self.gradient or 0.0) * self.size


def measured_weights(model: nn.Module, gradients: dict[str, Tensor | None] | None) -> list[Weight]:
    """Return a :class:`Weight` for each floating parameter, shared ones once.

    Parameters
    ----------
    model : torch.nn.Module
        Unchanged.
    gradients : dict or None
        By name of the parameter, None where no path leads to it; None without a loss.
    """
    owners = {
        parameter: (module, name)
        for name, module in reversed(list(model.named_modules()))
        for parameter in module.parameters(recurse=False)
    }
    measured = []
    for name, parameter in model.named_parameters():
        if not parameter.is_floating_point() or parameter.numel() == 0:
            continue
        module, owner = owners[parameter]
        gradient = (gradients or {}).get(name)
        weight = Weight(
            name,
            owner,
            tuple(parameter.shape),
            norm=_norm(parameter),
            usual=(parameter.numel() / (3 * _fan_in(module, parameter))) ** 0.5,
            gradient=None if gradient is None else _norm(gradient),
            judged=gradients is not None,
            finite=_is_finite(parameter) and (gradient is None or _is_finite(gradient)),
            is_matrix=_multiplies(module, name, parameter),
            entries=parameter.numel(),
        )
        if weight.finite and weight.is_matrix:
            _measure_units(weight, module, parameter.detach(), gradient)
            weight.spread = _spread(parameter.detach())
        measured.append(weight)
    return measured


def units(module: nn.Module, parameter: Tensor) -> Tensor:
    """Return a matrix with the incoming weights of one unit a row.

    Layers of torch, and those made from them, keep units first, transposed convolutions second;
    matrices that a model of the reader's own keeps are taken as they are multiplied, x @ W, with
    units last.
    """
    if isinstance(module, nn.modules.conv._ConvTransposeNd):
        return parameter.transpose(0, 1).flatten(1)
    own = not type(module).__module__.startswith("torch.") and not isinstance(module, _LAYERS)
    if parameter.ndim == 2 and own:
        return parameter.T
    return parameter.flatten(1)


def _measure_units(
    weight: Weight, module: nn.Module, parameter: Tensor, gradient: Tensor | None
) -> None:
    rows = units(module, parameter)
    labels = duplicate_labels(rows)
    sizes = labels.bincount()
    weight.units = len(labels)
    weight.uniform = len(labels) > 1 and not bool(labels.any()) and weight.norm > 0
    weight.duplicates = int(sizes[sizes > 1].sum())
    if not weight.duplicates or gradient is None:
        return
    slopes = units(module, gradient)[: len(labels)].double()
    twins = sizes[labels] > 1
    apart = (slopes - slopes[labels])[twins].abs().max().item()
    largest = slopes[twins].abs().max().item()
    weight.equal_gradients = apart <= _SAME_GRADIENT * largest


def duplicate_labels(rows: Tensor) -> Tensor:
    """Return for each of the first 512 units the first one that it equals, to a millionth.

    Examples
    --------
    >>> duplicate_labels(torch.tensor([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]])).tolist()
    [0, 1, 0]
    """
    rows = rows[:_MOST_UNITS].double()
    places = torch.arange(1, rows.shape[1] + 1, device=rows.device, dtype=rows.dtype)
    # Four numbers a row, each a sum with other weights, in place of all pairs of rows.
    weights = torch.cos(places[:, None] * torch.tensor([0.0, 1.0, 2.0**0.5, 3.0**0.5]).to(rows))
    largest = rows.abs().max().clamp(min=torch.finfo(rows.dtype).tiny)
    marks = (rows / largest) @ weights / rows.shape[1] ** 0.5
    return unit_labels(marks, atol=_SAME)


def _multiplies(module: nn.Module, name: str, parameter: Tensor) -> bool:
    if isinstance(module, _LAYERS):
        # Some layers add a gain of one number a unit, which starts at one.
        weight = name.rpartition(".")[2].startswith("weight")
        return parameter.ndim > 1 and (weight or parameter[0].numel() > 1)
    no_matrix = isinstance(module, (*_NORMALIZATIONS, nn.Embedding, nn.EmbeddingBag))
    return parameter.ndim == 2 and min(parameter.shape) > 1 and not no_matrix


def _spread(parameter: Tensor) -> float | None:
    matrix = parameter.flatten(1)
    if min(matrix.shape) < 2 or matrix.numel() > _MOST_ENTRIES:
        return None
    values = torch.linalg.svdvals(matrix.float())
    if values[0] == 0:
        return None
    low = values[-1] if len(values) < 8 else values[len(values) // 2]
    return (values[0] / low).item() if low > 0 else float("inf")


def _fan_in(module: nn.Module, parameter: Tensor) -> int:
    return max(1, units(module, parameter).shape[1]) if parameter.ndim > 1 else 1


def _norm(tensor: Tensor) -> float:
    norm: float = euclidean_norms([tensor.detach()])[0].item()
    return norm


def _is_finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())
