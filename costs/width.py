"""Open or close the fingers."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene
from .expect import expect_number


@dataclass(frozen=True)
class Width:
    """Difference |opening between the fingers - to| in metres."""

    unit: ClassVar[str] = "m"
    to: float
    """Wanted opening in metres."""

    def __post_init__(self):
        expect_number("to", self.to, least=0)

    @property
    def needs(self) -> tuple[str, ...]:
        return ("gripper.width",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return (scene["gripper.width"] - self.to).abs()
