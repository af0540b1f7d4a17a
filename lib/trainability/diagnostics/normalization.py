"""Which normalization layers are left with a single number to normalize."""

import math

from torch import Tensor, nn


def normalizes_one(module: nn.Module, inputs: Tensor) -> bool:
    """Whether a normalization layer takes statistics of one number.

    One number less its own mean is zero, and over its own root mean square a sign: what
    leaves the layer no longer depends on how large the input was, or on the input at all.

    Examples
    --------
    >>> import torch
    >>> normalizes_one(nn.LayerNorm(1), torch.zeros(8, 1))
    True
    >>> normalizes_one(nn.BatchNorm1d(4), torch.zeros(1, 4))
    True
    """
    if isinstance(module, nn.LayerNorm | nn.RMSNorm):
        return math.prod(module.normalized_shape) == 1
    if isinstance(module, nn.GroupNorm):
        group = module.num_channels // module.num_groups
        return group * math.prod(inputs.shape[2:]) == 1
    if isinstance(module, nn.modules.instancenorm._InstanceNorm):
        return inputs.ndim > 2 and math.prod(inputs.shape[2:]) == 1
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        own = module.training or module.running_mean is None
        return own and inputs.ndim > 1 and inputs.numel() == inputs.shape[1]
    return False
