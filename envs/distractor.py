"""A third thing on the table of the red cup, which nobody asked for."""

from dataclasses import replace

import numpy as np

from .arrangement import RANGES, TABLE
from .factors import Factors

DISTRACTORS = ("green_block", "yellow_block", "green_bottle", "yellow_bottle")
"""Things of the catalogue that are neither red nor blue."""
GAP = 0.05
"""Least gap to every other thing, metres: a hand fits in between."""
WAY = 0.13
"""Least distance of its centre from the straight way of the hand to the cup, metres."""


def distract(rng: np.random.Generator, scene: Factors) -> Factors:
    """Put a distractor where it hinders neither the hand on its way to the cup nor the other things."""
    name = DISTRACTORS[int(rng.integers(len(DISTRACTORS)))]
    own = {n: v for entries in RANGES.values() for n, v in entries.items() if n.startswith(f"{name}.")}
    numbers = scene.numbers | {n: float(rng.uniform(low, high)) for n, (_, low, high) in own.items()}
    scene = replace(scene, numbers=numbers, objects=[*scene.objects, name])
    while True:
        place = rng.uniform(TABLE[:2], TABLE[2:])
        if _clear(scene, name, place):
            return replace(scene, positions=scene.positions | {name: [float(v) for v in place]})


def _clear(scene: Factors, name: str, place: np.ndarray) -> bool:
    """Whether a place is far enough from the other things and from the way."""
    hand, cup = np.array(scene.start[:2]), np.array(scene.positions["cup"])
    along = np.clip((place - hand) @ (cup - hand) / max((cup - hand) @ (cup - hand), 1e-9), 0.0, 1.0)
    gaps = [
        np.linalg.norm(place - other) - scene.shape(name).radius - scene.shape(thing).radius
        for thing, other in scene.positions.items()
    ]
    return bool(min(gaps) >= GAP and np.linalg.norm(place - hand - along * (cup - hand)) >= WAY)
