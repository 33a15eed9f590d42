"""Bring one point to another."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .cost import Scene
from .expect import Point, is_point


@dataclass(frozen=True)
class Distance:
    """Distance |of - (to + offset)| in metres."""

    unit: ClassVar[str] = "m"
    of: str
    """A position, such as gripper.position."""
    to: str | Point
    """A position, or a fixed point x, y, z in metres, world frame."""
    offset: Point = (0.0, 0.0, 0.0)
    """Added to the target, x, y, z in metres, world frame."""

    def __post_init__(self):
        if not isinstance(self.to, str) and not is_point(self.to):
            raise ValueError(f"Distance: 'to' is a position's name or a point (x, y, z) in metres, got {self.to!r}.")
        if not is_point(self.offset):
            raise ValueError(f"Distance: 'offset' is a vector (x, y, z) in metres, got {self.offset!r}.")

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of, self.to) if isinstance(self.to, str) else (self.of,)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        here = scene[self.of]  # (..., T, 3)
        target = scene[self.to] if isinstance(self.to, str) else here.new_tensor(self.to)
        return torch.linalg.vector_norm(here - target - here.new_tensor(self.offset), dim=-1)
