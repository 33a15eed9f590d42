"""A scripted pick on the rail that sees the true scene, and what goes wrong around it."""

from collections.abc import Callable, Mapping

import numpy as np

from .rail import HIGH, LOW, STEP

TRAVEL, LIFT = 0.20, 0.20
"""Heights at which the gripper crosses the bowl, and at which it keeps the cup, metres."""


class RailPick:
    """Rise, travel, descend open, close, lift; decides from the present scene alone."""

    def __call__(self, scene: Mapping[str, np.ndarray]) -> np.ndarray:
        """Choose the next action from the true scene. Shape (3,)."""
        off = (scene["cup.position"] - scene["gripper.position"])[[0, 2]].astype(np.float64)
        if scene["cup.held"]:
            return _step(0.0, LIFT - scene["gripper.position"][2], -1.0)
        if np.abs(off).max() < 0.01:
            return _step(0.0, 0.0, -1.0)
        if abs(off[0]) < 0.01:
            return _step(off[0], off[1], 1.0)
        rise = TRAVEL - scene["gripper.position"][2]
        return _step(off[0] if rise < 0.05 else 0.0, rise, 1.0)


ASIDE = 0.03
"""How far errands to the cup go astray, standard deviation, metres."""
BEHAVIOURS = {"pick": 0.1, "wander": 1.0}
"""Behaviour -> chance that an errand begins where none is under way."""


def behaviour(name: str, rng: np.random.Generator) -> Callable[[dict, dict], np.ndarray]:
    """Make a behaviour for recording: an expert with a shaky hand, or no expert at all, that runs errands.

    An errand goes towards a random point for two to six steps, with a random squeeze; `wander` does nothing else. Every
    second point is about the cup, so that the gripper also closes beside it.
    """
    if name not in BEHAVIOURS:
        raise ValueError(f"the rail has no behaviour {name!r}; it has {', '.join(BEHAVIOURS)}.")
    expert, left, goal, squeeze = RailPick(), 0, LOW, 0.0

    def act(obs: dict, info: dict) -> np.ndarray:
        nonlocal left, goal, squeeze
        scene = info["scene"]
        if left < 1 and rng.random() < BEHAVIOURS[name]:
            left, goal, squeeze = int(rng.integers(2, 7)), rng.uniform(LOW, HIGH), rng.uniform(-1.0, 1.0)
            if rng.random() < 0.5:
                goal = scene["cup.position"][[0, 2]] + rng.normal(0.0, ASIDE, 2)
        x, z = goal - scene["gripper.position"][[0, 2]]
        action = _step(x, z, squeeze) if left > 0 else expert(scene)
        left -= 1
        return np.clip(action + rng.normal(0.0, 0.2, 3), -1.0, 1.0).astype(np.float32)

    return act


def _step(x: float, z: float, squeeze: float) -> np.ndarray:
    return np.clip([x / STEP, z / STEP, squeeze], -1.0, 1.0).astype(np.float32)
