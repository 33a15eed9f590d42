"""What the model thinks a scene is: a robot, and one slot for each object."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

POSITION, UP = slice(0, 3), slice(3, 6)
"""Columns of a slot: centre (m) and up axis, world frame. What follows is learned."""
HAND, SIDE, WIDTH, TARGET, WANTED = slice(0, 3), slice(6, 9), slice(9, 10), slice(10, 13), slice(13, 14)
"""Columns of proprioception: grasp target (m), closing axis, opening (m); commanded target (m) and opening (m)."""
PROPRIO, ACTION = 14, 5
"""Numbers of proprioception, and of an action: x, y, z, yaw, gripper."""
LOW, HIGH, TURNED = (0.30, -0.32, 0.015), (0.70, 0.32, 0.40), 1.9
"""Corners of what can be commanded (m), and the largest yaw either way (rad): the robot's own limits, which nobody has
to learn. At yaw 0 the closing axis is -y."""


class State(NamedTuple):
    """M scenes of S slots; those that are not empty come first."""

    robot: Tensor
    """Proprioception. Shape (..., M, 14)."""
    slots: Tensor
    """Position, up axis and learned features of each object. Shape (..., M, S, 6 + F)."""
    who: Tensor
    """Which object of the catalogue is in a slot; -1 for none. Whole numbers, shape (M, S)."""


def turned(vectors: Tensor, side: Tensor, back: bool = False) -> Tensor:
    """Turn vectors about the vertical into the frame of the hand, whose first axis is the closing axis, or back.

    Args:
        vectors: world frame. Shape (..., M, V, 3).
        side: closing axis. Shape (..., M, 3).
        back: from the hand's frame into the world's.
    """
    cos, sin = F.normalize(side[..., None, :2], dim=-1).split(1, -1)  # (..., M, 1, 1)
    sin = -sin if back else sin
    x, y, z = vectors.split(1, -1)
    return torch.cat([cos * x + sin * y, cos * y - sin * x, z], -1)
