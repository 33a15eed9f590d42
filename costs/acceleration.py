"""Change the speed of a point gently."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene
from .expect import expect_number
from .motion import path, rate


@dataclass(frozen=True)
class Acceleration:
    """Size of a point's acceleration in m/s², by second differences over time.

    The first step is 0: the speed before the chunk is not known here.
    """

    unit: ClassVar[str] = "m/s²"
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
        return rate(path(scene, self.of), 2, self.fps)
