"""Points with labels 1 and -1, checked for the SVM solvers."""

import torch
from torch import Tensor


def checked_points(x: Tensor, y: Tensor, names: tuple[str, str]) -> tuple[Tensor, Tensor]:
    """Return copies of points (n, d) and labels (n,), in float64; in float32 on MPS.

    Parameters
    ----------
    x, y : Tensor
        As the caller got them.
    names : pair of str
        What the caller calls them; errors use these names.

    Examples
    --------
    >>> points, labels = checked_points(torch.ones(1, 2), torch.tensor([1]), ("X", "y"))
    >>> points.dtype, labels.tolist()
    (torch.float64, [1.0])
    """
    for name, value in zip(names, (x, y), strict=True):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} must be a tensor, not {type(value).__name__}")
        if value.is_complex() or value.dtype == torch.bool:
            raise TypeError(f"{name} must hold real numbers, not {value.dtype}")
        if value.layout is not torch.strided:
            raise TypeError(f"{name} is sparse; pass {name}.to_dense()")
    x_name, y_name = names
    if x.ndim != 2 or 0 in x.shape:
        shape = tuple(x.shape)
        raise ValueError(f"{x_name} has shape {shape}; it must be (points, features), not empty")
    if y.shape != x.shape[:1]:
        shape = tuple(y.shape)
        raise ValueError(f"{y_name} has shape {shape}; it must be ({len(x)},), a label a point")
    wide = torch.float32 if x.device.type == "mps" else torch.float64
    points, labels = x.detach().to(wide, copy=True), y.detach().to(x.device, wide)
    if not torch.isfinite(points).all():
        raise ValueError(f"{x_name} holds inf or nan; every feature must be finite")
    if not (labels.abs() == 1).all():
        raise ValueError(f"{y_name} must hold the labels 1 and -1 only; map others to these first")
    return points, labels
