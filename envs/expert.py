"""A scripted pick that sees the true scene: the floor every planner is compared with, and a source of data."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .action import ActionMap

HOVER, BITE = 0.045, 0.024
"""The grasp target hovers this far above the cup's rim, and closes this far below it, metres."""
APART = 0.14
"""Beyond this distance from every object the hand may rise and travel at once, metres."""


@dataclass
class Pick:
    """Rise, travel, turn so that no finger comes between cup and bowl, descend, close, lift.

    It decides from the present scene alone, so that it recovers from disturbances.
    """

    actions: ActionMap
    lift: float = 0.26
    """Height at which the held cup is kept, metres."""
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Deliberate error of the grasp, metres; a large one makes a near miss."""

    def __call__(self, scene: Mapping[str, np.ndarray]) -> np.ndarray:
        """Choose the next action from the true scene. Shape (A,)."""
        hand, cup = scene["gripper.position"].astype(np.float64), scene["cup.position"] + np.array(self.offset)
        rim = 2 * scene["cup.position"][2] if scene["cup.up"][2] > 0.9 else 0.08
        turn = self._turn(scene)
        off = cup[:2] - hand[:2]
        if scene["cup.held"]:
            return self._step(np.array([0.0, 0.0, self.lift - hand[2]]), 0.0, -1.0)
        over = np.linalg.norm(off) < 0.012 and abs(turn) < 0.15
        if over and hand[2] < rim - BITE + 0.008:
            return self._step(np.zeros(3), 0.0, -1.0)
        if over:
            return self._step(np.array([*off, rim - BITE - hand[2]]), turn, 1.0)
        hover = rim + HOVER
        clear = min(
            np.linalg.norm(scene[name][:2] - hand[:2]) for name in scene if name in ("cup.position", "bowl.position")
        )
        if hand[2] < hover - 0.012 and clear < APART and np.linalg.norm(off) > 0.02:
            off = np.zeros(2)
        return self._step(np.array([*off, hover - hand[2]]), turn, 1.0)

    def _turn(self, scene: Mapping[str, np.ndarray]) -> float:
        """Smallest turn (radians) within the wrist's range that brings the closing axis across the line to the bowl."""
        side = scene["gripper.side"]
        yaw = np.arctan2(side[0], -side[1])
        wanted = 0.0
        if "bowl.position" in scene:
            line = (scene["bowl.position"] - scene["cup.position"])[:2]
            wanted = np.arctan2(line[1], line[0])
        choices = wanted + np.pi * np.arange(-2, 3)  # a gripper is the same after half a turn
        choices = choices[np.abs(choices) <= self.actions.yaw_limit - 0.1]
        return float(choices[np.abs(choices - yaw).argmin()] - yaw)

    def _step(self, metres: np.ndarray, turn: float, squeeze: float) -> np.ndarray:
        action = np.zeros(self.actions.size)
        action[:3] = metres / self.actions.step
        action[:3] /= max(1.0, np.abs(action[:3]).max())
        action[3] = turn / self.actions.turn
        action[-1] = squeeze
        return action.clip(-1.0, 1.0).astype(np.float32)
