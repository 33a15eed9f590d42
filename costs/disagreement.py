"""Stay where the imagined futures agree."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Disagreement:
    """Spread of the possible futures' object positions, in metres: how unsure the world model is."""

    unit: ClassVar[str] = "m"

    @property
    def needs(self) -> tuple[str, ...]:
        return ("disagreement",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return scene["disagreement"]
