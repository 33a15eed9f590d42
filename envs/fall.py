"""Objects that begin in a fall: leaning anywhere, just above the table, and let go of."""

from collections.abc import Mapping

import numpy as np

from .arrangement import HAIR
from .objects import Shape

FALLING = (2, 70)
"""Physics steps that pass before the first picture: some are still falling."""
LEANS = (0.15, 2.0)
"""How far what falls leans at first, radians."""
FLAT = 0.04
"""What is not higher than this does not fall, metres."""
MOST = 2
"""So many objects fall at most: they need room."""


def fall(rng: np.random.Generator, shapes: Mapping[str, Shape]) -> dict[str, list[float]]:
    """Choose which tall objects fall, one at least, each in its own way: object -> direction and angle, radians."""
    names = [name for name, shape in shapes.items() if shape.height > FLAT]
    chosen = [names[i] for i in rng.permutation(len(names))[: int(rng.integers(1, MOST + 1))]]
    return {name: [float(rng.uniform(-np.pi, np.pi)), float(rng.uniform(*LEANS))] for name in chosen}


def reach(shape: Shape) -> float:
    """Largest distance of a point of an object from its centre, metres."""
    return float(np.hypot(shape.radius, shape.height / 2))


def rise(shape: Shape, lean: list[float] | None) -> float:
    """Height of the centre of an object that just touches the table, metres."""
    if lean is None:
        return shape.height / 2 + HAIR
    return abs(float(np.cos(lean[1]))) * shape.height / 2 + abs(float(np.sin(lean[1]))) * shape.radius + HAIR
