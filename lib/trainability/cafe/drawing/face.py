"""Drawn faces: a person, an expression, a pose and a light in; a gray image out."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trainability.cafe.drawing.canvas import Canvas, Take, below, bump, number, positive, root
from trainability.cafe.drawing.features import (
    ACTIONS,
    ONE_SIDED,
    Action,
    Features,
    draw_brows,
    draw_eyes,
    draw_folds,
    draw_glasses,
    draw_mouth,
    draw_nose,
    relief,
)

# The movements that are usually drawn for each word; see the Facial Action Coding System.
EXPRESSIONS = {
    "anger": Action(-0.9, -0.1, 1.0, 0.25, 0.5, 0, 0.2, 0, -0.25, -0.25, 0, -0.8),
    "disgusted": Action(-0.55, -0.1, 0.5, -0.4, 0.9, 0.5, 1.0, 0.9, -0.45, -0.05, 0.22, 0.1),
    "happy": Action(0.05, 0.1, 0, -0.1, 0.8, 1.0, 0, 0.1, 1.0, 0.9, 0.18, -0.1),
    "maudlin": Action(1.0, -0.5, 0.5, -0.6, 0.1, 0, 0, -0.15, -0.9, -0.3, 0, 0.1),
    "fear": Action(1.0, 0.2, 0.6, 1.0, 0.2, 0, 0, 0, -0.5, 0.7, 0.45, -0.2),
    "surprise": Action(0.35, 1.25, 0, 1.0, -0.3, 0, 0, 0, 0, -1.0, 1.6, 0),
}


@dataclass(frozen=True)
class Person:
    """One face at rest, and how strongly it moves.

    Attributes
    ----------
    features : Features
        Eyes, brows, nose, mouth.
    half_width, chin, jaw : float
        Half the width of the face and its height below the middle in pixels; how square it is.
    tone, hair, background, shirt : float
        Gray values from 0 (black) to 1.
    hairline : float
        Where the hair begins above the middle, in pixels.
    long_hair, glasses : bool
    beard : float
        From 0 to 1.
    rest, strength : Action
        What the face does at rest, and the factor on each movement.
    """

    features: Features
    half_width: float
    chin: float
    jaw: float
    tone: float
    hair: float
    background: float
    shirt: float
    hairline: float
    long_hair: bool
    glasses: bool
    beard: float
    rest: Action
    strength: Action

    def acting(self, expression: Action) -> Action:
        """Return what this face does when it acts an expression."""
        moved = {}
        for name in ACTIONS:
            amount = getattr(self.strength, name) * getattr(expression, name)
            amount += getattr(self.rest, name)
            moved[name] = positive(amount) if name in ONE_SIDED else number(amount)
        return Action(**moved)


def random_person(generator: np.random.Generator) -> Person:
    """Return a person whose traits are drawn independently of each other."""
    u = generator.uniform
    features = Features(
        eye_x=u(32, 36),
        eye_y=u(-25, -19),
        eye=u(15.5, 19.5),
        brow=u(3.5, 7),
        brow_y=u(21, 26),
        brow_tilt=u(-1.5, 2),
        nose=u(43, 50),
        nose_width=u(13, 20),
        mouth_y=u(58, 67),
        mouth=u(25, 33),
        lip=u(4.5, 8),
    )
    moving = {name: 0.0 if name in ONE_SIDED else u(-0.15, 0.15) for name in ACTIONS}
    return Person(
        features=features,
        half_width=u(74, 92),
        chin=u(118, 136),
        jaw=u(0.55, 0.9),
        tone=u(0.45, 0.82),
        hair=u(0.05, 0.55),
        background=u(0.25, 0.7),
        shirt=u(0.1, 0.8),
        hairline=u(-112, -92),
        long_hair=bool(u(0, 1) > 0.55),
        glasses=bool(u(0, 1) > 0.75),
        beard=max(0.0, u(-0.8, 0.7)),
        rest=Action(**moving),
        strength=Action(**{name: u(0.55, 1.15) for name in ACTIONS}),
    )


def random_take(generator: np.random.Generator) -> Take:
    """Return a pose and a light, drawn independently of person and expression."""
    u = generator.uniform
    return Take(
        x=u(-3.3, 3.3),
        y=u(-4, 4),
        tilt=u(-0.018, 0.018),
        scale=u(1.1, 1.15),
        turn=u(-4, 4),
        light_x=u(-0.6, 0.6),
        light_y=u(-0.55, -0.15),
        ambient=u(0.52, 0.65),
        exposure=u(0.92, 1.08),
    )


def draw_face(person: Person, expression: Action, take: Take, every: int = 1) -> Tensor:
    """Draw one face.

    Parameters
    ----------
    person : Person
    expression : Action
        One of :data:`EXPRESSIONS`, or any other; its amounts may be settings of a page.
    take : Take
        Pose and light.
    every : int
        Draw one pixel for so many in a row and a column, of 1, 2 and 4: the same face, smaller.

    Returns
    -------
    float64 tensor, shape (380 / every, 240 / every)
        Gray values from 0 (black) to 1.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> person, take = random_person(generator), random_take(generator)
    >>> calm = draw_face(person, Action(), take)
    >>> smile = draw_face(person, EXPRESSIONS["happy"], take)
    >>> moved = abs(smile - calm) > 0.1
    >>> bool(moved[:100].any()), bool(moved[240:280].any())  # hair and forehead, mouth
    (False, True)
    """
    features, action = person.features, person.acting(expression)
    canvas = Canvas(take, person.background, every)
    chin = person.chin + 9 * action.open
    strand = canvas.x * 0.35 + canvas.y * 0.06
    hair = person.hair + 0.03 * (strand - 2.0 * (strand / 2.0).floor() - 1).abs()
    crown = _draw_behind(canvas, person, hair, chin)
    out = _outline(canvas, person, chin)
    canvas.x = canvas.x - take.turn * positive(1 - out)
    _draw_skin(canvas, person, action, take, out, chin)
    draw_nose(canvas, features, action, person.tone)
    draw_eyes(canvas, features, action, take)
    draw_brows(canvas, features, action, 0.8 * min(person.hair, 0.6 * person.tone))
    if person.glasses:
        draw_glasses(canvas, features, person.half_width)
    draw_mouth(canvas, features, action, person.tone)
    curve = 0.0035 if person.long_hair else 0.0063
    fringe = canvas.y - person.hairline - curve * canvas.x * canvas.x
    canvas.paint(hair, below(torch.maximum(fringe, crown), 3))
    return (canvas.gray * take.exposure).clamp(0.0, 1.0)


def _draw_behind(canvas: Canvas, person: Person, hair: Tensor, chin: float | Tensor) -> Tensor:
    """Draw hair, neck, shoulders and ears; return the distance from the edge of the hair."""
    x, y, half = canvas.x, canvas.y, person.half_width + 16
    along, across = x / half, (y + 28) / 118
    crown = (along * along + across * across - 1) * 60
    if person.long_hair:
        hanging = torch.maximum(x.abs() - 0.98 * half, torch.maximum(-(y + 28), y - 120))
        crown = torch.minimum(crown, hanging)
    canvas.paint(hair, below(crown, 3))
    neck = torch.maximum(x.abs() - 0.56 * person.half_width, chin - 40 - y)
    canvas.paint(0.72 * person.tone, below(neck, 2))
    canvas.paint(person.shirt, below(chin + 22 + 0.0028 * x * x - y, 2))
    for side in (-1, 1):
        along, across = (x - side * (person.half_width + 1)) / 9, (y - 2) / 22
        ear = (along * along + across * across - 1) * 9
        canvas.paint(0.85 * person.tone, below(ear, 2))
    return crown


def _outline(canvas: Canvas, person: Person, chin: float | Tensor) -> Tensor:
    """Return a function of place that is 1 on the outline of the face and less inside."""
    down = positive(canvas.y / chin)
    half = person.half_width * (1 - 0.55 * (1 - person.jaw) * down * down)
    along, up = canvas.x / half, torch.where(canvas.y > 0, canvas.y / chin, canvas.y / 122)
    square = up * up
    return along * along + square * (0.55 + 0.45 * square)


def _draw_skin(
    canvas: Canvas, person: Person, action: Action, take: Take, out: Tensor, chin: float | Tensor
) -> None:
    features = person.features
    height = 62 * root(1.04 - out.clamp(max=1.0)) + relief(canvas, features, action)
    height = height + 5 * bump(canvas.x, canvas.y, 0, chin - 22, 30, 20)
    canvas.shine(height, take)
    behind, canvas.gray = canvas.gray, torch.full_like(canvas.gray, person.tone)
    bearded = below(features.mouth_y - 12 + 0.004 * canvas.x * canvas.x - canvas.y, 14)
    canvas.darken(0.38 * person.beard * bearded)
    draw_folds(canvas, features, action)
    skin, canvas.gray = canvas.gray * canvas.light, behind
    canvas.paint(skin, below((out - 1) * 50, 2.5))
