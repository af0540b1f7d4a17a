"""Eyes, brows, nose, mouth and folds, as an expression moves them."""

from dataclasses import dataclass, fields

import numpy as np

from trainability.cafe.drawing.canvas import Canvas, Take, below, bump


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

    inner: float = 0.0
    outer: float = 0.0
    squeeze: float = 0.0
    lid: float = 0.0
    lower: float = 0.0
    cheek: float = 0.0
    wrinkle: float = 0.0
    upper: float = 0.0
    corner: float = 0.0
    width: float = 0.0
    open: float = 0.0
    lips: float = 0.0


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
    canvas = canvas.band(features.eye_y - 100, features.mouth_y + 40)
    x, y, eye_y = canvas.x, canvas.y, features.eye_y
    squeeze, wrinkle = max(0.0, action.squeeze), max(0.0, action.wrinkle)
    raised = max(0.0, 0.5 * (action.inner + action.outer))
    frown = eye_y - features.brow_y + 6 * max(0.0, -action.inner) - 2
    bent = 0.0022 * (1.0 if action.outer > 0.7 else -0.4) * x * x
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
            canvas.darken(0.22 * max(0.0, action.cheek - 0.3) * crow)


def relief(canvas: Canvas, features: Features, action: Action) -> np.ndarray:
    """Return what nose, cheeks, lips and eye sockets add to the height of the face, in pixels."""
    x, y = canvas.x, canvas.y
    eye_y, nose_y, mouth_y = features.eye_y, features.nose_y, features.mouth_y
    height = 15 * bump(x, y, 0, nose_y - 4, features.nose_width * 1.1, 26)
    height += 9 * bump(x, y, 0, nose_y - 24, 11, 40) + 5 * bump(x, y, 0, mouth_y, 44, 26)
    height -= 4 * bump(x, y, 0, mouth_y + 20 + 5 * action.open, 34, 8)
    middle = (nose_y + mouth_y) / 2 + 2
    for side in (-1, 1):
        height += 5 * bump(x, y, side * features.nose_width * 0.72, nose_y + 1, 10, 9)
        cheek_y = eye_y + 36 - 5 * action.cheek
        height += (5 + 5 * action.cheek) * bump(x, y, side * 46, cheek_y, 30, 30)
        height -= 9 * bump(x, y, side * features.eye_x, eye_y, 26, 17)
        height += 4 * bump(x, y, side * features.eye_x, eye_y - 24, 34, 14)
        line = _beside_the_nose(canvas, features, side)
        height -= 3.2 * _depth(action) * bump(line, y, 0, middle, 6, 30)
    return height


def _beside_the_nose(canvas: Canvas, features: Features, side: int) -> np.ndarray:
    fall = canvas.y - features.nose_y
    distance: np.ndarray = side * canvas.x - (
        features.nose_width + 4 + 0.42 * fall + 0.004 * fall * fall
    )
    return distance


def _depth(action: Action) -> float:
    return max(action.cheek, 0.9 * action.upper, 0.0) + 0.15


def draw_nose(canvas: Canvas, features: Features, action: Action, tone: float) -> None:
    """Draw nostrils and the wings of the nose."""
    canvas = canvas.band(features.nose_y - 25, features.nose_y + 25)
    x, y = canvas.x, canvas.y
    lift = 3 * max(0.0, action.wrinkle)
    for side in (-1, 1):
        along = (x - side * features.nose_width * 0.5) / 5.5
        across = (y - features.nose_y - 6 + lift) / 3.2
        canvas.paint(tone * 0.3, 0.8 * below((along * along + across * across - 1) * 4, 1.5))
        wing = side * features.nose_width * (1 + lift / 30)
        canvas.darken(0.35 * bump(x, y, wing, features.nose_y + 1 - lift, 3.4, 10))


def draw_eyes(canvas: Canvas, features: Features, action: Action, take: Take) -> None:
    """Draw both eyes between their lids."""
    canvas = canvas.band(features.eye_y - 40, features.eye_y + 40)
    y, eye_y = canvas.y, features.eye_y
    opening = max(1.6, 7.0 * (1 + 0.55 * action.lid))
    low = max(0.8, 5.0 * (1 - 0.55 * action.lower))
    for side in (-1, 1):
        x = canvas.x - side * features.eye_x
        along = x / features.eye
        dome = np.maximum(0.0, 1 - along * along)
        top, bottom = (eye_y + edge * dome - 1.2 * side * along for edge in (-opening, low))
        between = below(np.maximum(top - y, y - bottom), 1.2) * (np.abs(along) < 1)
        gaze = x - 0.35 * take.turn
        out = np.sqrt(gaze * gaze + (y - eye_y + 0.6) * (y - eye_y + 0.6))
        glint = np.sqrt((gaze - 2) * (gaze - 2) + (y - eye_y + 2.6) * (y - eye_y + 2.6))
        ball = np.full_like(x, 0.86)
        for shade, edge in ((0.3, out - 7.4), (0.05, out - 3.4), (1.0, glint - 1.3)):
            ball += (shade - ball) * below(edge, 1.0)
        ball *= 1 - 0.3 * bump(x, y - top, 0, 0, 1.2 * features.eye, 5)
        canvas.paint(ball * np.minimum(1.0, canvas.light + 0.15), between)
        crease = eye_y - (opening + 5 - 1.2 * action.lid) * np.maximum(0.0, 1 - 0.8 * along * along)
        canvas.darken(0.85 * bump(along, y - top, 0, 0, 1.12, 2.4))
        canvas.darken(0.35 * bump(along, y - bottom, 0, 0, 1.1, 1.8))
        canvas.darken(0.3 * bump(along, y - crease + 1.2 * side * along, 0, 0, 1.15, 2.2))
        pouch = 3 + 2 * max(0.0, action.lower)
        canvas.darken(0.2 * bump(along, y - bottom - 6, 0, 0, 1.0, pouch))


def draw_brows(canvas: Canvas, features: Features, action: Action, shade: float) -> None:
    """Draw the brows: curves that thin out to the sides."""
    canvas = canvas.band(features.eye_y - 75, features.eye_y + 10)
    half = features.eye * 1.55
    lowered = 2 * max(0.0, -action.inner)
    for side in (-1, 1):
        along = (side * canvas.x - features.eye_x + 1.5 * max(0.0, action.squeeze)) / half
        inner, outer = 0.5 - 0.5 * along, 0.5 + 0.5 * along
        height = features.eye_y - features.brow_y + features.brow_tilt * along + lowered
        height = height - 13 * action.inner * inner * (0.4 + 0.6 * inner)
        height -= 9.6 * action.outer * (1 - (along - 0.25) * (along - 0.25))
        height += 3 * max(0.0, -action.outer) * outer - 5 * (1 - along * along)
        thick = 0.75 * features.brow * (1 - 0.45 * np.clip(outer, 0, 1))
        ends = below((np.abs(along) - 1) * half, 3)
        canvas.paint(shade, 0.85 * ends * below(np.abs(canvas.y - height) - thick, 2))


def draw_mouth(canvas: Canvas, features: Features, action: Action, tone: float) -> None:
    """Draw lips, and teeth and darkness between them."""
    canvas = canvas.band(features.mouth_y - 30, features.mouth_y + 65)
    x, y, middle_y = canvas.x, canvas.y, features.mouth_y
    half = features.mouth * (1 + 0.3 * action.width)
    along = x / half
    dome = np.maximum(0.0, 1 - along * along)
    edge, gap, full = np.sqrt(dome), 15 * action.open, 1 + 0.55 * action.lips
    raised = max(0.0, action.upper)
    middle = middle_y - 7.5 * action.corner * (along * along - 0.35) - 3 * raised
    top = middle - 0.3 * gap * edge - (3.5 * raised * dome if gap > 1 else 0.0)
    bottom = middle + 0.85 * gap * edge
    bow = 0.75 * features.lip * full * edge * (1 - 0.22 * bump(along, 0 * y, 0, 0, 0.25, 1))
    lips = np.maximum(top - bow - y, y - bottom - 1.05 * features.lip * full * edge)
    canvas.paint(0.62 * tone * canvas.light, 0.85 * below(lips, 1.4) * (np.abs(along) < 1))
    teeth = below(y - top - min(6.0, 0.55 * gap) * (0.2 + 0.8 * edge), 1.2)
    seen = (0.0 if gap <= 1.5 else 0.35 if gap > 14 else 1.0) * teeth
    hole = below(np.maximum(top - y, y - bottom), 1.2) * (np.abs(along) < 0.97)
    canvas.paint(0.1 + 0.75 * seen, hole * min(1.0, gap / 2))
    closed = max(0.0, 1 - gap / 2)
    canvas.darken(0.7 * closed * bump(along, y - middle, 0, 0, 1.06, 2.3))
    for side in (-1, 1):
        canvas.darken(0.4 * bump(x, y, side * half, middle_y - 4.9 * action.corner, 4, 5))
    below_lip = middle_y + features.lip * full + 0.85 * gap + 7
    canvas.darken(0.22 * bump(x, y, 0, below_lip, 0.7 * half, 5))


def draw_glasses(canvas: Canvas, features: Features, half_width: float) -> None:
    """Draw round glasses with a bridge and temples."""
    canvas = canvas.band(features.eye_y - 25, features.eye_y + 25)
    x, y, eye_x = canvas.x, canvas.y - features.eye_y, features.eye_x
    for side in (-1, 1):
        along, across = (x - side * eye_x) / 24, (y - 2) / 18
        ring = np.sqrt(along * along + across * across)
        canvas.paint(0.12, below(np.abs(ring - 1) * 20 - 1.3, 1))
    bridge = np.maximum(np.abs(y + 2 - 0.01 * x * x) - 1.4, np.abs(x) - (eye_x - 23))
    ends = np.maximum(eye_x + 23 - np.abs(x), np.abs(x) - half_width)
    canvas.paint(0.12, below(bridge, 1))
    canvas.paint(0.12, below(np.maximum(np.abs(y + 3) - 1.4, ends), 1))
