"""Line two directions up."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .cost import Scene
from .expect import Point, is_point


@dataclass(frozen=True)
class Aligned:
    """Angle in degrees between two directions: 0 to 180, or 0 to 90 where `symmetric`."""

    unit: ClassVar[str] = "degrees"
    of: str
    """A direction, such as gripper.side."""
    to: str | Point
    """A direction, or a fixed one x, y, z, world frame, of any length."""
    symmetric: bool = False
    """Whether a direction and its opposite are the same, as for the axis along which fingers close."""

    def __post_init__(self):
        if not isinstance(self.to, str) and not (is_point(self.to) and any(self.to)):
            raise ValueError(
                f"Aligned: 'to' is a direction's name or a vector (x, y, z) with a length, got {self.to!r}."
            )

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of, self.to) if isinstance(self.to, str) else (self.of,)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        one = scene[self.of]  # (..., T, 3); a learned one need not have unit length
        other = scene[self.to] if isinstance(self.to, str) else one.new_tensor(self.to)
        return angle(one, other, self.symmetric)


def angle(one: Tensor, other: Tensor, symmetric: bool = False) -> Tensor:
    """Angle between two directions in degrees; not a number where one has no length. Shapes (..., 3) -> (...)."""
    one, other = torch.broadcast_tensors(one, other)
    across = torch.linalg.vector_norm(torch.linalg.cross(one, other), dim=-1)
    along = (one * other).sum(dim=-1)
    # Unlike the arc cosine: exact near 0°, and its slope stays finite there.
    degrees = torch.rad2deg(torch.atan2(across, along.abs() if symmetric else along))
    return degrees.masked_fill((one == 0).all(dim=-1) | (other == 0).all(dim=-1), torch.nan)
