"""Bring a point to a height."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Height:
    """Distance |z - to| from a height, in metres."""

    unit: ClassVar[str] = "m"
    of: str
    """A position, such as cup.position."""
    to: float
    """Wanted z in metres, world frame."""

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of,)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return (scene[self.of][..., 2] - self.to).abs()
