"""Keep an object level."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Tilt:
    """Angle between an object's up axis and the vertical, in degrees, 0 to 180."""

    unit: ClassVar[str] = "degrees"
    object: str

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"{self.object}.up",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        up = scene[f"{self.object}.up"]  # (..., T, 3), world frame; a learned one need not have unit length
        sideways = torch.linalg.vector_norm(up[..., :2], dim=-1)
        # Unlike the arc cosine: exact near 0°, and its slope stays finite there.
        angle = torch.rad2deg(torch.atan2(sideways, up[..., 2]))
        # A vector of no length points nowhere; atan2 would call that level.
        return angle.masked_fill((up == 0).all(dim=-1), torch.nan)
