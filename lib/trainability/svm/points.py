"""Points with labels 1 and -1, checked for the SVM solvers."""

import torch
from torch import Tensor

from trainability.arguments import checked_tensor


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
    x_name, y_name = names
    checked_tensor(x_name, x, shape="(points, features), not empty")
    checked_tensor(y_name, y, shape=f"({len(x)},), a label a point", finite=False)
    wide = torch.float32 if x.device.type == "mps" else torch.float64
    points, labels = x.detach().to(wide, copy=True), y.detach().to(x.device, wide)
    if not (labels.abs() == 1).all():
        raise ValueError(f"{y_name} must hold the labels 1 and -1 only; map others to these first")
    return points, labels
