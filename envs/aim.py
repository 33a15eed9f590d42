"""A scene as it should become: some of its objects stand somewhere else, and the hand is out of the way."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .action import GRIPPER_OPEN
from .arrange import TRIES
from .arrangement import TABLE, Arrangement

FAR, APART = 0.10, 0.03
"""An object moves at least so far, and ends at least so far from every outline; metres."""
AWAY = (0.34, 0.30)
"""Where the hand is, x and z, metres; y is on the emptier side."""


def check_goal(goal: Sequence[str], objects: Sequence[str]) -> tuple[str, ...]:
    """Refuse a goal for an object that has no name here."""
    strange = [name for name in goal if name not in objects]
    if strange:
        raise ValueError(f"goal moves {strange[0]!r}, which is not among the objects {list(objects)}")
    return tuple(goal)


def moved(rng: np.random.Generator, scene: Arrangement, names: Sequence[str]) -> Arrangement:
    """Draw free places for some objects of a scene; the others stay."""
    positions, reach = dict(scene.positions), {o: _reach(scene, o) for o in scene.objects}
    for name in names:
        for _ in range(TRIES):
            spot = rng.uniform(TABLE[:2], TABLE[2:])
            gaps = [
                np.hypot(*(spot - positions[other][:2])) - reach[name] - reach[other]
                for other in scene.objects
                if other != name
            ]
            if np.hypot(*(spot - scene.positions[name][:2])) >= FAR and min(gaps, default=1.0) >= APART:
                positions[name] = [*map(float, spot), scene.shape(name).height / 2 + 0.0005]
                break
        else:
            raise ValueError(f"found no free place for the goal of {name}; ask for fewer or smaller objects")
    side = -0.25 if sum(p[1] for p in positions.values()) > 0 else 0.25
    return replace(scene, positions=positions, start=[AWAY[0], side, AWAY[1], 0.0, GRIPPER_OPEN], held=None, stack=[])


def _reach(scene: Arrangement, name: str) -> float:
    """Radius of an object's outline, metres."""
    shape = scene.shape(name)
    return 1.42 * shape.half if shape.half else shape.radius
