"""What a behaviour on the tabletop sees, and where it sends the hand."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .catalogue import GRASPABLE, kind

if TYPE_CHECKING:
    from .tabletop import Tabletop


@dataclass
class Goal:
    """Where the hand heads next."""

    position: np.ndarray
    """Grasp target, metres. Shape (3,)."""
    yaw: float | None = None
    """Radians; None keeps the present one."""
    squeeze: float = 0.0
    """The gripper's action meanwhile."""
    patience: int = 10
    """Steps after which the goal is given up, reached or not."""
    pace: float = 1.0
    """Share of full speed."""
    dwell: int = 0
    """Least number of steps, reached or not."""


class View:
    """What a behaviour knows: the live world, and what its objects are."""

    def __init__(self, env: "Tabletop", rng: np.random.Generator):
        self.world, self.rng = env.world, rng
        self.names = list(env.factors.objects)
        self.shapes = {name: env.factors.shape(name) for name in self.names}
        self.grasps = [name for name in self.names if kind(name) in GRASPABLE]

    def any(self) -> str:
        """A random object."""
        return str(self.rng.choice(self.names))

    def centre(self, name: str) -> np.ndarray:
        """Centre of an object, metres. Shape (3,)."""
        return self.world.pose(name)[0]

    def upright(self, name: str) -> bool:
        """Whether an object stands as it should."""
        return bool(self.world.pose(name)[1][2] > 0.9)

    def top(self, name: str) -> float:
        """Height of an object's highest point above the table, metres."""
        shape = self.shapes[name]
        return float(self.centre(name)[2] + (shape.height / 2 if self.upright(name) else shape.radius))

    def reach(self, name: str) -> float:
        """Radius of an object's outline, metres."""
        return self.shapes[name].half or self.shapes[name].radius

    def held(self) -> str | None:
        """What is in the hand."""
        return next((name for name in self.grasps if self.world.held(name)), None)

    def hand(self) -> tuple[np.ndarray, float]:
        """Grasp target (metres) and yaw (radians) of the hand."""
        position, rotation = self.world.hand()
        return position, float(np.arctan2(rotation[0, 1], -rotation[1, 1]))

    def turn(self, name: str) -> float:
        """A good yaw for a grasp: along a block's sides, or with no finger towards the nearest neighbour."""
        centre, (_, now) = self.centre(name), self.hand()
        if kind(name) == "block":
            wanted, step = self.world.yaw(name), np.pi / 2
        else:
            others = [self.centre(other)[:2] - centre[:2] for other in self.names if other != name]
            near = min(others, key=np.linalg.norm, default=np.array([np.cos(now), np.sin(now)]))
            wanted, step = float(np.arctan2(near[1], near[0])), np.pi
        choices = wanted + step * np.arange(-5, 6)
        choices = choices[np.abs(choices) <= 1.8]
        return float(choices[np.abs(choices - now).argmin()])
