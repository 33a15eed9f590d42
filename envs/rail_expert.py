"""A scripted pick on the rail that sees the true scene."""

from collections.abc import Mapping

import numpy as np

from .rail import STEP

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


def _step(x: float, z: float, squeeze: float) -> np.ndarray:
    return np.clip([x / STEP, z / STEP, squeeze], -1.0, 1.0).astype(np.float32)
