"""Optimize layer by layer: LARS, LAMB, adaptive clipping and their parameter groups."""

from trainability.optim.clipping import adaptive_clip_grad_
from trainability.optim.groups import parameter_groups
from trainability.optim.lamb import LAMB
from trainability.optim.lars import LARS

__all__ = [
    "LAMB",
    "LARS",
    "adaptive_clip_grad_",
    "parameter_groups",
]
