"""Press no harder than needed."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Force:
    """Force with which the fingers press, in newtons."""

    unit: ClassVar[str] = "N"

    @property
    def needs(self) -> tuple[str, ...]:
        return ("gripper.force",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return scene["gripper.force"].abs()
