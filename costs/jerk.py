"""Move a point without jolts."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene
from .expect import expect_number
from .motion import path, rate


@dataclass(frozen=True)
class Jerk:
    """Size of a point's jerk in m/s³, by third differences over time; what makes a carried drink spill.

    The first two steps are 0: the acceleration before the chunk is not known here.
    """

    unit: ClassVar[str] = "m/s³"
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
        return rate(path(scene, self.of), 3, self.fps)
