"""A canvas in the coordinates of a face: soft masks, bumps, light from the side.

Only sums, products, quotients and square roots are used, which every computer that keeps to
IEEE 754 rounds alike: a drawing is the same byte for byte wherever it is made, in a page too.
Nothing is changed in place and nothing depends on what a tensor holds, so a page can run it.
"""

import copy
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

HEIGHT, WIDTH = 380, 240
MIDDLE_X, MIDDLE_Y = 119.5, 185.0


@dataclass(frozen=True)
class Take:
    """What differs from one photograph of a person to the next.

    Attributes
    ----------
    x, y : float
        Shift of the face in pixels, to the right and down.
    tilt : float
        Tangent of half the angle that the head is tilted by.
    scale : float
        Size; at 1 a face is about 160 pixels wide.
    turn : float
        How far the features move sideways on the head, in pixels.
    light_x, light_y : float
        Where the light comes from: right and below are positive.
    ambient, exposure : float
        Share of the light that comes from everywhere; a factor on all gray values.
    """

    x: float = 0.0
    y: float = 0.0
    tilt: float = 0.0
    scale: float = 1.0
    turn: float = 0.0
    light_x: float = 0.0
    light_y: float = -0.3
    ambient: float = 0.6
    exposure: float = 1.0


def number(value: float | Tensor) -> Tensor:
    """Return a number, or a setting of a page, as a tensor of no dimension in float64."""
    if isinstance(value, Tensor):
        return value
    return torch.zeros((), dtype=torch.float64) + value


def positive(value: float | Tensor) -> Tensor:
    """Return the number where it is above 0, and 0 elsewhere."""
    return number(value).clamp(min=0.0)


def root(value: Tensor) -> Tensor:
    """Return the square root, rounded as IEEE 754 asks for, which torch's own may miss by a bit."""
    if type(value) is Tensor:
        return torch.from_numpy(np.sqrt(value.numpy()))
    return value.sqrt()  # recorded for a page, whose square root is exact


def either(condition: Tensor, yes: Tensor | float, no: Tensor | float) -> Tensor:
    """Return ``yes`` where the condition holds and ``no`` elsewhere, in float64."""
    return torch.where(condition, number(yes), number(no))


def below(distance: Tensor, soft: float) -> Tensor:
    """Return 1 where the distance is below -soft, 0 above soft, smooth between."""
    t = (0.5 - distance / (2 * soft)).clamp(0.0, 1.0)
    return t * t * (3 - 2 * t)


def bump(
    x: Tensor,
    y: Tensor,
    at_x: float | Tensor,
    at_y: float | Tensor,
    radius_x: float | Tensor,
    radius_y: float | Tensor,
) -> Tensor:
    """Return a smooth hill of height 1 that ends at the ellipse of these radii."""
    along, across = (x - at_x) / radius_x, (y - at_y) / radius_y
    t = positive(1 - along * along - across * across)
    return t * t * t


class Canvas:
    """Gray values from 0 (black) to 1, with coordinates whose middle is the face's.

    Attributes
    ----------
    gray, x, y, light : float64 tensor, shape (380 / every, 240 / every)
        Gray values; coordinates in pixels of the full size, y downward; how much light falls on
        the skin.
    """

    def __init__(self, take: Take, background: float, every: int = 1) -> None:
        if HEIGHT % every or WIDTH % every:
            raise ValueError(f"every={every!r} must divide {HEIGHT} and {WIDTH}; try 1, 2 or 4")
        self._every = every
        first = (every - 1) / 2 - take.x, (every - 1) / 2 - take.y
        columns = torch.arange(WIDTH // every, dtype=torch.float64) * every
        rows = torch.arange(HEIGHT // every, dtype=torch.float64)[:, None] * every
        columns, rows = columns - MIDDLE_X + first[0], rows - MIDDLE_Y + first[1]
        square = take.tilt * take.tilt
        cosine, sine = (1 - square) / (1 + square), 2 * take.tilt / (1 + square)
        self.x = (cosine * columns + sine * rows) / take.scale
        self.y = (cosine * rows - sine * columns) / take.scale
        self.gray = background + 0.0006 * (self.y - 0.3 * self.x)
        self.light = torch.ones_like(self.gray)
        ends = [-sine * (column - MIDDLE_X - take.x) for column in (0, WIDTH - 1)]
        centers = [cosine * (row - MIDDLE_Y + first[1]) for row in range(0, HEIGHT, every)]
        self._reach = [
            ((at + min(ends)) / take.scale, (at + max(ends)) / take.scale) for at in centers
        ]
        self._rows = slice(0, HEIGHT // every)

    def band(self, top: float, bottom: float) -> "Canvas":
        """Return the rows that reach between two heights; :meth:`lay` puts them back."""
        inside = [i for i, (low, high) in enumerate(self._reach) if high >= top and low <= bottom]
        part = copy.copy(self)
        part._rows = slice(inside[0], inside[-1] + 1) if inside else slice(0, 0)
        for name in ("gray", "x", "y", "light"):
            setattr(part, name, getattr(self, name)[part._rows])
        return part

    def lay(self, part: "Canvas") -> None:
        """Take over the gray values of a band."""
        rows = part._rows
        self.gray = torch.cat([self.gray[: rows.start], part.gray, self.gray[rows.stop :]])

    def paint(self, shade: float | Tensor, mask: Tensor) -> None:
        """Lay a shade over the part that the mask, from 0 to 1, covers."""
        self.gray = self.gray + (shade - self.gray) * mask

    def darken(self, share: Tensor) -> None:
        """Take a share, from 0 to 1, off the gray values."""
        self.gray = self.gray * (1 - share)

    def shine(self, height: Tensor, take: Take) -> None:
        """Set the light on a surface of this height: Lambert's cosine plus the ambient part."""
        down, right = _slope(height, self._every), _slope(height.T, self._every).T
        steep = 1.6  # how flat the relief is taken to be
        normal = root(right * right + down * down + steep * steep)
        length = math.sqrt(take.light_x * take.light_x + take.light_y * take.light_y + 1)
        facing = (steep - right * take.light_x - down * take.light_y) / (normal * length)
        self.light = take.ambient + 1.15 * (1 - take.ambient) * positive(facing)


def _slope(height: Tensor, apart: int) -> Tensor:
    """Return differences along rows that lie so far apart: central, and one-sided at both ends."""
    inner = (height[2:] - height[:-2]) / (2 * apart)
    ends = (height[1:2] - height[:1]) / apart, (height[-1:] - height[-2:-1]) / apart
    return torch.cat([ends[0], inner, ends[1]])
