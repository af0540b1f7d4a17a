"""A canvas in the coordinates of a face: soft masks, bumps, light from the side.

Only sums, products, quotients and square roots are used, which every computer that keeps to
IEEE 754 rounds alike: a drawing is the same byte for byte wherever it is made.
"""

import copy
import math
from dataclasses import dataclass

import numpy as np

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


def below(distance: np.ndarray, soft: float) -> np.ndarray:
    """Return 1 where the distance is below -soft, 0 above soft, smooth between."""
    t = np.clip(0.5 - distance / (2 * soft), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def bump(
    x: np.ndarray, y: np.ndarray, at_x: float, at_y: float, radius_x: float, radius_y: float
) -> np.ndarray:
    """Return a smooth hill of height 1 that ends at the ellipse of these radii."""
    along, across = (x - at_x) / radius_x, (y - at_y) / radius_y
    t = np.maximum(0.0, 1 - along * along - across * across)
    return t * t * t


class Canvas:
    """Gray values from 0 (black) to 1, with coordinates whose middle is the face's.

    Attributes
    ----------
    gray, x, y, light : array, shape (380, 240)
        Gray values; coordinates in pixels, y downward; how much light falls on the skin.
    """

    def __init__(self, take: Take, background: float) -> None:
        columns, rows = np.meshgrid(np.arange(WIDTH) - MIDDLE_X, np.arange(HEIGHT) - MIDDLE_Y)
        columns, rows = columns - take.x, rows - take.y
        square = take.tilt * take.tilt
        cosine, sine = (1 - square) / (1 + square), 2 * take.tilt / (1 + square)
        self.x = (cosine * columns + sine * rows) / take.scale
        self.y = (cosine * rows - sine * columns) / take.scale
        self.gray = background + 0.0006 * (self.y - 0.3 * self.x)
        self.light = np.ones_like(self.gray)

    def band(self, top: float, bottom: float) -> "Canvas":
        """Return the rows that reach between two heights, as a canvas that shares this one's."""
        reach = np.flatnonzero((self.y.max(axis=1) >= top) & (self.y.min(axis=1) <= bottom))
        rows = slice(reach[0], reach[-1] + 1) if len(reach) else slice(0)
        part = copy.copy(self)
        for name in ("gray", "x", "y", "light"):
            setattr(part, name, getattr(self, name)[rows])
        return part

    def paint(self, shade: float | np.ndarray, mask: np.ndarray) -> None:
        """Lay a shade over the part that the mask, from 0 to 1, covers."""
        self.gray += (shade - self.gray) * mask

    def darken(self, share: np.ndarray) -> None:
        """Take a share, from 0 to 1, off the gray values."""
        self.gray *= 1 - share

    def shine(self, height: np.ndarray, take: Take) -> None:
        """Set the light on a surface of this height: Lambert's cosine plus the ambient part."""
        down, right = np.gradient(height)
        steep = 1.6  # how flat the relief is taken to be
        normal = np.sqrt(right * right + down * down + steep * steep)
        length = math.sqrt(take.light_x * take.light_x + take.light_y * take.light_y + 1)
        facing = (steep - right * take.light_x - down * take.light_y) / (normal * length)
        self.light = take.ambient + 1.15 * (1 - take.ambient) * np.maximum(0.0, facing)
