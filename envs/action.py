"""Normalised actions and the metres, radians and limits behind them; the limits hold without any learned part."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

GRIPPER_OPEN = 0.08
"""Widest opening between the fingers, metres."""


@dataclass
class Pose:
    """What the controller commands: where the grasp target shall be and how wide the fingers."""

    position: np.ndarray
    """Grasp target, world frame, metres. Shape (3,)."""
    angles: np.ndarray
    """Yaw about the vertical, then roll and pitch of the hand if tilting is on, radians. Shape (3,)."""
    width: float
    """Opening between the fingers, metres."""

    def rotation(self) -> Rotation:
        """Orientation of the hand, which points straight down when roll and pitch are 0."""
        yaw, roll, pitch = self.angles
        return Rotation.from_euler("ZXY", [yaw, np.pi + roll, pitch])


def between(a: Pose, b: Pose, share: float) -> Pose:
    """The arm's pose a share of the way from a to b; the fingers are as fast as they are."""
    position = a.position + share * (b.position - a.position)
    return Pose(position, a.angles + share * (b.angles - a.angles), b.width)


@dataclass(frozen=True)
class ActionMap:
    """Turns actions in [-1, 1] into commanded poses inside the limits, and says what was really commanded."""

    tilt: bool = False
    """Whether two more axes, roll and pitch of the hand, follow the yaw."""
    step: float = 0.04
    """Metres that the grasp target moves at 1."""
    turn: float = 0.4
    """Radians that the hand turns at 1."""
    squeeze: float = 0.04
    """Metres that the opening changes at 1."""
    low: tuple[float, float, float] = (0.30, -0.32, 0.015)
    """Lower corner of the workspace, metres; the fingertips reach 7 mm lower."""
    high: tuple[float, float, float] = (0.70, 0.32, 0.40)
    """Upper corner of the workspace, metres."""
    yaw_limit: float = 1.9
    """Largest yaw either way, radians."""
    tilt_limit: float = 0.6
    """Largest roll and pitch either way, radians."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each number of an action moves."""
        return ("x", "y", "z", "yaw", *(("roll", "pitch") if self.tilt else ()), "gripper")

    @property
    def size(self) -> int:
        """Size A of an action."""
        return len(self.names)

    def apply(self, pose: Pose, action: np.ndarray) -> tuple[Pose, np.ndarray]:
        """Return the pose commanded next and the action really commanded, which the limits may have cut. Shape (A,)."""
        action = np.clip(np.nan_to_num(np.asarray(action, dtype=np.float64)), -1.0, 1.0)
        turns = 3 if self.tilt else 1
        position = np.clip(pose.position + self.step * action[:3], self.low, self.high)
        angles = pose.angles.copy()
        angles[:turns] += self.turn * action[3 : 3 + turns]
        limit = np.array([self.yaw_limit, self.tilt_limit, self.tilt_limit])
        angles = np.clip(angles, -limit, limit)
        width = float(np.clip(pose.width + self.squeeze * action[-1], 0.0, GRIPPER_OPEN))
        executed = np.concatenate(
            [
                (position - pose.position) / self.step,
                (angles - pose.angles)[:turns] / self.turn,
                [(width - pose.width) / self.squeeze],
            ]
        )
        return Pose(position, angles, width), executed.clip(-1.0, 1.0)
