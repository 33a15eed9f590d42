"""Put an object into a container."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .cost import Scene
from .expect import expect_number


@dataclass(frozen=True)
class Inside:
    """Distance in metres of the object's centre from the upright cylinder around the container's centre; 0 inside."""

    unit: ClassVar[str] = "m"
    object: str
    container: str
    within: float = 0.02
    """Radius of the cylinder in metres: how far apart the centres may be horizontally."""
    above: float = 0.06
    """How far the object's centre may be above the container's, metres."""
    below: float = 0.02
    """How far it may be below, metres."""

    def __post_init__(self):
        for option in ("within", "above", "below"):
            expect_number(option, getattr(self, option), least=0)

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"{self.object}.position", f"{self.container}.position")

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        offset = scene[f"{self.object}.position"] - scene[f"{self.container}.position"]  # (..., T, 3)
        aside = (torch.linalg.vector_norm(offset[..., :2], dim=-1) - self.within).clamp(min=0.0)
        height = offset[..., 2]
        beyond = (height - self.above).clamp(min=0.0) + (-self.below - height).clamp(min=0.0)
        return torch.linalg.vector_norm(torch.stack([aside, beyond], dim=-1), dim=-1)
