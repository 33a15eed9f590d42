"""Stay where the robot can work."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene
from .expect import Point
from .region import check_box, excess, outside


@dataclass(frozen=True)
class Workspace:
    """Distance of a point outside of the workspace in metres; 0 inside."""

    unit: ClassVar[str] = "m"
    of: str = "gripper.position"
    low: Point = (0.30, -0.32, 0.015)
    """Least x, y, z in metres, world frame; the tabletop's, if absent."""
    high: Point = (0.70, 0.32, 0.40)
    """Greatest x, y, z, alike."""

    def __post_init__(self):
        check_box("Workspace", self.low, self.high)

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of,)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return outside(excess(scene[self.of], self.low, self.high))
