"""Split a model's parameters into groups for layerwise optimizers."""

from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrizations import _WeightNorm
from torch.nn.utils.parametrize import ParametrizationList

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
        of a normalization layer, the gains of weight normalization, and every other one
        with fewer than two dimensions or with ``bias`` as a word of its name (``bias_k``).

    Raises
    ------
    ValueError
        For a model without parameters to train, or with a lazy layer that has no shape yet.

    Notes
    -----
    Without ``lr`` the second group takes plain steps at the rate of the first, which suits
    LAMB and is far too long for LARS. A schedule that is given a rate, like
    ``OneCycleLR(max_lr=...)``, sets it in every group: give it a list, one for each group.

    Examples
    --------
    >>> ends = nn.Linear(4, 3, device="meta"), nn.Linear(3, 2, device="meta")
    >>> model = nn.Sequential(ends[0], nn.LayerNorm(3), ends[1])
    >>> [len(group["params"]) for group in parameter_groups(model)]
    [2, 4]
    """
    if "params" in excluded:
        raise TypeError("params are taken from the model; name settings of the second group only")
    kinds: dict[Tensor, bool] = {}
    for module in model.modules():
        for name, param in module.named_parameters(recurse=False):
            if is_lazy(param):
                raise ValueError(f"{name} of a lazy layer has no shape yet; run one batch first")
            leave = param.ndim < 2 or _scales_or_shifts(module, name)
            kinds[param] = kinds.get(param, False) or leave
    groups = [
        {"params": [param for param, left in kinds.items() if param.requires_grad and not left]},
        {"params": [param for param, left in kinds.items() if param.requires_grad and left]},
    ]
    groups[1] |= {"weight_decay": 0.0, "adapt": False} | excluded
    if not any(group["params"] for group in groups):
        raise ValueError("the model has no parameters that require gradients")
    return [group for group in groups if group["params"]]


def _scales_or_shifts(module: nn.Module, name: str) -> bool:
    if isinstance(module, ParametrizationList):
        return name == "original0" and isinstance(module[0], _WeightNorm)
    old_gain = name.endswith("_g") and f"{name[:-1]}v" in module._parameters
    return isinstance(module, _NORMALIZATIONS) or "bias" in name.split("_") or old_gain
