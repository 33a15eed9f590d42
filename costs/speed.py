"""Move a point slowly."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene
from .expect import expect_number
from .motion import path, rate


@dataclass(frozen=True)
class Speed:
    """Speed of a point in m/s, from step to step; the first step counts from where the chunk begins."""

    unit: ClassVar[str] = "m/s"
    of: str
    """A position, such as cup.position; its position@now is read too."""
    fps: float = 5.0
    """Steps a second."""

    def __post_init__(self):
        expect_number("fps", self.fps, above=0)

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of, f"{self.of}@now")

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return rate(path(scene, self.of), 1, self.fps)
