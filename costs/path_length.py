"""Take a short way."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene
from .motion import path, rate


@dataclass(frozen=True)
class PathLength:
    """Way that a point has come since the chunk began, in metres; it only grows."""

    unit: ClassVar[str] = "m"
    of: str
    """A position, such as gripper.position; its position@now is read too."""

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of, f"{self.of}@now")

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return rate(path(scene, self.of), 1, 1.0).cumsum(dim=-1)
