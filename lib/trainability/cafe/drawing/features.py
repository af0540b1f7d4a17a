"""Eyes, brows, nose, mouth and folds, as an expression moves them."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from trainability.cafe.drawing.canvas import (
    Canvas,
    Take,
    below,
    bump,
    either,
    number,
    positive,
    root,
)


@dataclass(frozen=True)
class Action:
    """What muscles do to a face at rest; 1 is a strong movement in the named direction.

    Attributes
    ----------
    inner, outer : float
        Inner and outer ends of the brows, up.
    squeeze : float
        Brows drawn together.
    lid, lower : float
        Upper lids opened; lower lids tightened.
    cheek, wrinkle : float
        Cheeks raised; nose wrinkled.
    upper, corner, width : float
        Upper lip raised; corners of the mouth pulled up, and apart.
    open, lips : float
        Mouth open; lips made full, or pressed where negative.
    """

    inner: float | Tensor = 0.0
    outer: float | Tensor = 0.0
    squeeze: float | Tensor = 0.0
    lid: float | Tensor = 0.0
    lower: float | Tensor = 0.0
    cheek: float | Tensor = 0.0
    wrinkle: float | Tensor = 0.0
    upper: float | Tensor = 0.0
    corner: float | Tensor = 0.0
    width: float | Tensor = 0.0
    open: float | Tensor = 0.0
    lips: float | Tensor = 0.0


ACTIONS = tuple(field.name for field in fields(Action))
ONE_SIDED = ("cheek", "wrinkle", "open")  # nothing below a face at rest


@dataclass(frozen=True)
class Features:
    """Where a person's features lie and how large they are, in pixels from the face's middle."""

    eye_x: float
    eye_y: float
    eye: float
    brow: float
    brow_y: float
    brow_tilt: float
    nose: float
    nose_width: float
    mouth_y: float
    mouth: float
    lip: float

    @property
    def nose_y(self) -> float:
        """Height of the tip of the nose."""
        return self.eye_y + self.nose


def draw_folds(canvas: Canvas, features: Features, action: Action) -> None:
    """Darken the furrows of brow, forehead, nose and cheeks."""
    whole, canvas = canvas, canvas.band(features.eye_y - 100, features.mouth_y + 40)
    x, y, eye_y = canvas.x, canvas.y, features.eye_y
    squeeze, wrinkle = positive(action.squeeze), positive(action.wrinkle)
    raised = positive(0.5 * (action.inner + action.outer))
    frown = eye_y - features.brow_y + 6 * positive(-action.inner) - 2
    bent = 0.0022 * either(number(action.outer) > 0.7, 1.0, -0.4) * x * x
    for row in range(3):
        height = eye_y - features.brow_y - 26 - 11 * row - 5 * raised + bent
        canvas.darken(0.2 * raised * bump(x, y - height, 0, 0, 48 - 6 * row, 2.4))
        height = eye_y + 2 + 7 * row - 0.03 * x * x
        canvas.darken(0.3 * wrinkle * bump(x, y - height, 0, 0, 12, 2.2))
    middle = (features.nose_y + features.mouth_y) / 2 + 2
    for side in (-1, 1):
        canvas.darken(0.28 * squeeze * bump(x, y, side * (6 - squeeze), frown, 2.6, 12))
        fold = bump(_beside_the_nose(canvas, features, side), y, 0, middle, 3.2, 27)
        canvas.darken(0.3 * _depth(action) * fold)
        edge = features.eye_x + features.eye
        for ray in (-1, 0, 1):
            height = eye_y + 2 + 0.35 * ray * (side * x - edge)
            crow = bump(x, y - height, side * (edge + 9), 0, 9, 1.8)
            canvas.darken(0.22 * positive(action.cheek - 0.3) * crow)
    whole.lay(canvas)


def relief(canvas: Canvas, features: Features, action: Action) -> Tensor:
    """Return what nose, cheeks, lips and eye sockets add to the height of the face, in pixels."""
    x, y = canvas.x, canvas.y
    eye_y, nose_y, mouth_y = features.eye_y, features.nose_y, features.mouth_y
    height = 15 * bump(x, y, 0, nose_y - 4, features.nose_width * 1.1, 26)
    height = height + (9 * bump(x, y, 0, nose_y - 24, 11, 40) + 5 * bump(x, y, 0, mouth_y, 44, 26))
    height = height - 4 * bump(x, y, 0, mouth_y + 20 + 5 * action.open, 34, 8)
    middle = (nose_y + mouth_y) / 2 + 2
    for side in (-1, 1):
        height = height + 5 * bump(x, y, side * features.nose_width * 0.72, nose_y + 1, 10, 9)
        cheek_y = eye_y + 36 - 5 * action.cheek
        height = height + (5 + 5 * action.cheek) * bump(x, y, side * 46, cheek_y, 30, 30)
        height = height - 9 * bump(x, y, side * features.eye_x, eye_y, 26, 17)
        height = height + 4 * bump(x, y, side * features.eye_x, eye_y - 24, 34, 14)
        line = _beside_the_nose(canvas, features, side)
        height = height - 3.2 * _depth(action) * bump(line, y, 0, middle, 6, 30)
    return height


def _beside_the_nose(canvas: Canvas, features: Features, side: int) -> Tensor:
    fall = canvas.y - features.nose_y
    return side * canvas.x - (features.nose_width + 4 + 0.42 * fall + 0.004 * fall * fall)


def _depth(action: Action) -> Tensor:
    return positive(torch.maximum(number(action.cheek), number(0.9 * action.upper))) + 0.15


def draw_nose(canvas: Canvas, features: Features, action: Action, tone: float) -> None:
    """Draw nostrils and the wings of the nose."""
    whole, canvas = canvas, canvas.band(features.nose_y - 25, features.nose_y + 25)
    x, y = canvas.x, canvas.y
    lift = 3 * positive(action.wrinkle)
    for side in (-1, 1):
        along = (x - side * features.nose_width * 0.5) / 5.5
        across = (y - features.nose_y - 6 + lift) / 3.2
        canvas.paint(tone * 0.3, 0.8 * below((along * along + across * across - 1) * 4, 1.5))
        wing = side * features.nose_width * (1 + lift / 30)
        canvas.darken(0.35 * bump(x, y, wing, features.nose_y + 1 - lift, 3.4, 10))
    whole.lay(canvas)


def draw_eyes(canvas: Canvas, features: Features, action: Action, take: Take) -> None:
    """Draw both eyes between their lids."""
    whole, canvas = canvas, canvas.band(features.eye_y - 40, features.eye_y + 40)
    y, eye_y = canvas.y, features.eye_y
    opening = number(7.0 * (1 + 0.55 * action.lid)).clamp(min=1.6)
    low = number(5.0 * (1 - 0.55 * action.lower)).clamp(min=0.8)
    for side in (-1, 1):
        x = canvas.x - side * features.eye_x
        along = x / features.eye
        dome = positive(1 - along * along)
        top, bottom = (eye_y + edge * dome - 1.2 * side * along for edge in (-opening, low))
        between = below(torch.maximum(top - y, y - bottom), 1.2) * (along.abs() < 1)
        gaze = x - 0.35 * take.turn
        out = root(gaze * gaze + (y - eye_y + 0.6) * (y - eye_y + 0.6))
        glint = root((gaze - 2) * (gaze - 2) + (y - eye_y + 2.6) * (y - eye_y + 2.6))
        ball = torch.full_like(x, 0.86)
        for shade, edge in ((0.3, out - 7.4), (0.05, out - 3.4), (1.0, glint - 1.3)):
            ball = ball + (shade - ball) * below(edge, 1.0)
        ball = ball * (1 - 0.3 * bump(x, y - top, 0, 0, 1.2 * features.eye, 5))
        canvas.paint(ball * (canvas.light + 0.15).clamp(max=1.0), between)
        crease = eye_y - (opening + 5 - 1.2 * action.lid) * positive(1 - 0.8 * along * along)
        canvas.darken(0.85 * bump(along, y - top, 0, 0, 1.12, 2.4))
        canvas.darken(0.35 * bump(along, y - bottom, 0, 0, 1.1, 1.8))
        canvas.darken(0.3 * bump(along, y - crease + 1.2 * side * along, 0, 0, 1.15, 2.2))
        pouch = 3 + 2 * positive(action.lower)
        canvas.darken(0.2 * bump(along, y - bottom - 6, 0, 0, 1.0, pouch))
    whole.lay(canvas)


def draw_brows(canvas: Canvas, features: Features, action: Action, shade: float) -> None:
    """Draw the brows: curves that thin out to the sides."""
    whole, canvas = canvas, canvas.band(features.eye_y - 75, features.eye_y + 10)
    half = features.eye * 1.55
    lowered = 2 * positive(-action.inner)
    for side in (-1, 1):
        along = (side * canvas.x - features.eye_x + 1.5 * positive(action.squeeze)) / half
        inner, outer = 0.5 - 0.5 * along, 0.5 + 0.5 * along
        height = features.eye_y - features.brow_y + features.brow_tilt * along + lowered
        height = height - 13 * action.inner * inner * (0.4 + 0.6 * inner)
        height = height - 9.6 * action.outer * (1 - (along - 0.25) * (along - 0.25))
        height = height + (3 * positive(-action.outer) * outer - 5 * (1 - along * along))
        thick = 0.75 * features.brow * (1 - 0.45 * outer.clamp(0.0, 1.0))
        ends = below((along.abs() - 1) * half, 3)
        canvas.paint(shade, 0.85 * ends * below((canvas.y - height).abs() - thick, 2))
    whole.lay(canvas)


def draw_mouth(canvas: Canvas, features: Features, action: Action, tone: float) -> None:
    """Draw lips, and teeth and darkness between them."""
    whole, canvas = canvas, canvas.band(features.mouth_y - 30, features.mouth_y + 65)
    x, y, middle_y = canvas.x, canvas.y, features.mouth_y
    half = features.mouth * (1 + 0.3 * action.width)
    along = x / half
    dome = positive(1 - along * along)
    edge, gap, full = root(dome), number(15 * action.open), 1 + 0.55 * action.lips
    raised = positive(action.upper)
    middle = middle_y - 7.5 * action.corner * (along * along - 0.35) - 3 * raised
    top = middle - 0.3 * gap * edge - either(gap > 1, 3.5 * raised * dome, 0.0)
    bottom = middle + 0.85 * gap * edge
    bow = 0.75 * features.lip * full * edge * (1 - 0.22 * bump(along, 0 * y, 0, 0, 0.25, 1))
    lips = torch.maximum(top - bow - y, y - bottom - 1.05 * features.lip * full * edge)
    canvas.paint(0.62 * tone * canvas.light, 0.85 * below(lips, 1.4) * (along.abs() < 1))
    teeth = below(y - top - (0.55 * gap).clamp(max=6.0) * (0.2 + 0.8 * edge), 1.2)
    seen = either(gap <= 1.5, 0.0, either(gap > 14, 0.35, 1.0)) * teeth
    hole = below(torch.maximum(top - y, y - bottom), 1.2) * (along.abs() < 0.97)
    canvas.paint(0.1 + 0.75 * seen, hole * (gap / 2).clamp(max=1.0))
    closed = positive(1 - gap / 2)
    canvas.darken(0.7 * closed * bump(along, y - middle, 0, 0, 1.06, 2.3))
    for side in (-1, 1):
        canvas.darken(0.4 * bump(x, y, side * half, middle_y - 4.9 * action.corner, 4, 5))
    below_lip = middle_y + features.lip * full + 0.85 * gap + 7
    canvas.darken(0.22 * bump(x, y, 0, below_lip, 0.7 * half, 5))
    whole.lay(canvas)


def draw_glasses(canvas: Canvas, features: Features, half_width: float) -> None:
    """Draw round glasses with a bridge and temples."""
    whole, canvas = canvas, canvas.band(features.eye_y - 25, features.eye_y + 25)
    x, y, eye_x = canvas.x, canvas.y - features.eye_y, features.eye_x
    for side in (-1, 1):
        along, across = (x - side * eye_x) / 24, (y - 2) / 18
        ring = root(along * along + across * across)
        canvas.paint(0.12, below((ring - 1).abs() * 20 - 1.3, 1))
    bridge = torch.maximum((y + 2 - 0.01 * x * x).abs() - 1.4, x.abs() - (eye_x - 23))
    ends = torch.maximum(eye_x + 23 - x.abs(), x.abs() - half_width)
    canvas.paint(0.12, below(bridge, 1))
    canvas.paint(0.12, below(torch.maximum((y + 3).abs() - 1.4, ends), 1))
    whole.lay(canvas)
